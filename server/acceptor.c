/* A thread that waits for connections and for its end. */
#include "server/acceptor.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How long it rests when there is no room, or the system refuses (no descriptors, no memory): either passes, and
 * nothing tells when. */
enum { REST_MILLISECONDS = 10, TURN_MOST = 64 };

struct acceptor {
  struct acceptor_options options;
  int end; /* eventfd: readable when it is over */
  pthread_t thread;
};

enum outcome { TAKEN, NONE_WAITS, CANNOT };

static enum outcome take_one(const struct acceptor *acceptor) {
  struct sockaddr_storage peer;
  socklen_t length = sizeof peer;
  int descriptor =
      accept4(acceptor->options.listener.descriptor, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor >= 0) {
    acceptor->options.take(acceptor->options.context, descriptor, (const struct sockaddr *)&peer, length);
    return TAKEN;
  }
  switch (errno) {
    case EAGAIN: return NONE_WAITS;
    case EINTR:
    case ECONNABORTED: return TAKEN; /* it went before it could be had */
    default: return CANNOT;
  }
}

static void *accept_on(void *argument) {
  const struct acceptor *acceptor = argument;
  const struct acceptor_options *options = &acceptor->options;
  struct pollfd wait[] = {{.fd = acceptor->end, .events = POLLIN},
                          {.fd = options->listener.descriptor, .events = POLLIN}};
  for (;;) {
    poll(wait, 2, -1);
    if (wait[0].revents) return NULL;
    enum outcome outcome = TAKEN;
    for (int i = 0; i < TURN_MOST && outcome == TAKEN; i++)
      outcome = options->has_room(options->context) ? take_one(acceptor) : CANNOT;
    if (outcome == CANNOT) poll(wait, 1, REST_MILLISECONDS);
  }
}

enum status acceptor_start(const struct acceptor_options *options, struct acceptor **out) {
  struct acceptor *acceptor = calloc(1, sizeof *acceptor);
  if (!acceptor) return STATUS_NO_MEMORY;
  acceptor->options = *options;
  acceptor->end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (acceptor->end < 0 || pthread_create(&acceptor->thread, NULL, accept_on, acceptor) != 0) {
    if (acceptor->end >= 0) close(acceptor->end);
    free(acceptor);
    return STATUS_IO;
  }
  *out = acceptor;
  return STATUS_OK;
}

/* What has come. It is never more than the queue holds: who goes on calling does not keep a daemon from its end. */
static void take_rest(const struct acceptor *acceptor) {
  const struct acceptor_options *options = &acceptor->options;
  for (int left = LISTENER_BACKLOG; left > 0 && options->has_room(options->context); left--)
    if (take_one(acceptor) != TAKEN) return;
}

void acceptor_stop(struct acceptor *acceptor) {
  if (!acceptor) return;
  const struct acceptor_options *options = &acceptor->options;
  eventfd_write(acceptor->end, 1);
  pthread_join(acceptor->thread, NULL);
  if (!options->listener.inherited) take_rest(acceptor);
  close(options->listener.descriptor);
  close(acceptor->end);
  free(acceptor);
}
