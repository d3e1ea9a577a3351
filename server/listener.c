/* Opens a listening socket, or makes sure of one that was handed on. */
#include "server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum status listener_open(const struct address *wanted, struct problem *problem, struct listener *out) {
  char url[ADDRESS_URL_SIZE];
  address_url(wanted, url);
  const char *shown = url + strlen("http://");
  struct listener opened = {.address.length = sizeof opened.address.storage};
  opened.descriptor = socket(wanted->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (opened.descriptor < 0) return problem_set_errno(problem, errno, "cannot make a socket for %s", shown);
  int on = 1;
  /* A restart must not wait for the old connections' TIME_WAIT. */
  setsockopt(opened.descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(opened.descriptor, (const struct sockaddr *)&wanted->storage, wanted->length) != 0 ||
      listen(opened.descriptor, LISTENER_BACKLOG) != 0 ||
      getsockname(opened.descriptor, (struct sockaddr *)&opened.address.storage, &opened.address.length) != 0) {
    int error = errno;
    close(opened.descriptor);
    problem_set_errno(problem, error, "cannot listen on %s", shown);
    return STATUS_IO;
  }
  *out = opened;
  return STATUS_OK;
}

/* A whole decimal number without anything around it. */
static bool parse_number(const char *text, unsigned long most, unsigned long *value) {
  char *end;
  if (*text < '0' || *text > '9') return false;
  errno = 0;
  *value = strtoul(text, &end, 10);
  return errno == 0 && *end == '\0' && *value <= most;
}

enum status listener_count(const struct listener_environment *environment, pid_t self, struct problem *problem,
                           size_t *out) {
  unsigned long process, count;
  if (!environment->process || !environment->count) {
    *out = 0;
    return STATUS_OK;
  }
  if (!parse_number(environment->process, INT32_MAX, &process))
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "LISTEN_PID: '%.40s' is not the number of a process",
                       environment->process);
  if (process != (unsigned long)self) {
    *out = 0; /* variables that a parent left behind */
    return STATUS_OK;
  }
  if (!parse_number(environment->count, LISTENER_INHERITED_MOST, &count))
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "LISTEN_FDS: '%.40s' is not a number of sockets up to %d",
                       environment->count, LISTENER_INHERITED_MOST);
  *out = count;
  return STATUS_OK;
}

size_t listener_named(const struct listener_environment *environment, size_t count, const char *name) {
  const char *at = environment->names;
  for (size_t i = 0; at && i < count; i++) {
    size_t length = strcspn(at, ":");
    if (length == strlen(name) && memcmp(at, name, length) == 0) return i;
    at = at[length] ? at + length + 1 : NULL;
  }
  return count;
}

static bool is_listening_stream(int descriptor) {
  int type = 0, listens = 0;
  socklen_t size = sizeof type;
  if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) return false;
  size = sizeof listens;
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens;
}

enum status listener_inherit(int descriptor, struct problem *problem, struct listener *out) {
  struct listener taken = {.descriptor = descriptor, .inherited = true};
  struct address *address = &taken.address;
  address->length = sizeof address->storage;
  if (!is_listening_stream(descriptor) ||
      getsockname(descriptor, (struct sockaddr *)&address->storage, &address->length) != 0 ||
      (address->storage.ss_family != AF_INET && address->storage.ss_family != AF_INET6))
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0,
                       "descriptor %d, which was handed on by LISTEN_FDS, is not a listening TCP socket (systemd: "
                       "ListenStream= with a port, and Accept=no)",
                       descriptor);
  /* Not blocking matters: another process on the same socket may be faster, and a thread that blocks cannot be told to
   * end. The flag is the socket's, so whoever shares it shares this, too. */
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0)
    return problem_set_errno(problem, errno, "cannot take over descriptor %d", descriptor);
  *out = taken;
  return STATUS_OK;
}

enum status listener_inherit_all(const struct listener_environment *environment, pid_t self, struct problem *problem,
                                 struct listener *serving, struct listener *metrics) {
  struct listener found[2] = {{.descriptor = -1}, {.descriptor = -1}};
  size_t count;
  enum status status = listener_count(environment, self, problem, &count);
  if (status != STATUS_OK) return status;
  size_t named = listener_named(environment, count, "metrics"), others = named < count ? count - 1 : count;
  if (others > 1)
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0,
                       "LISTEN_FDS hands on %zu sockets; there may be one to serve on, and one named \"metrics\" "
                       "(systemd: FileDescriptorName=)",
                       count);
  for (size_t i = 0; i < count && status == STATUS_OK; i++)
    status = listener_inherit(LISTENER_FIRST + (int)i, problem, &found[i == named]);
  if (status != STATUS_OK) return status;
  *serving = found[0];
  *metrics = found[1];
  return STATUS_OK;
}
