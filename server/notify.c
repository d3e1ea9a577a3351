/* One datagram a message. */
#include "server/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_manager(const char *socket_path, const char *state) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = socket_path ? strlen(socket_path) : 0;
  if (length < 2 || length >= sizeof address.sun_path || !strchr("/@", socket_path[0])) return;
  memcpy(address.sun_path, socket_path, length);
  /* An abstract name begins with a NUL and has none at its end. */
  if (address.sun_path[0] == '@')
    address.sun_path[0] = '\0';
  else
    length++;
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  (void)!sendto(descriptor, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
  close(descriptor);
}
