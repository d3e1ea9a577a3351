/* Takes connections from a listening socket on a thread of its own, and hands them on until it is told to stop.
 *
 * libmicrohttpd could accept by itself, but not stop: 0.9.75 aborts when MHD_quiesce_daemon() and a busy thread take
 * the socket out of an epoll set at the same time; and a socket that another process has, too, stays in its sets when
 * it is closed here, so that its threads would turn as long as a connection waits for the next process. */
#ifndef WORDVEC_SERVER_ACCEPTOR_H
#define WORDVEC_SERVER_ACCEPTOR_H

#include "server/listener.h"

struct acceptor;

struct acceptor_options {
  struct listener listener; /* the acceptor's once it has started */
  /* Whether one more can be taken; while not, they wait in the kernel's queue. */
  bool (*has_room)(void *context);
  /* Takes a connection, which does not block and is closed on exec. */
  void (*take)(void *context, int descriptor, const struct sockaddr *peer, socklen_t length);
  void *context;
};

/* STATUS_IO, STATUS_NO_MEMORY, when the system gives no thread or no descriptor. */
enum status acceptor_start(const struct acceptor_options *options, struct acceptor **out) MUST_USE;

/* Takes no more and frees. Of a socket of its own, what has come is still taken, and the socket is closed. Of an
 * inherited one, what has come is left for the next process. NULL is allowed. */
void acceptor_stop(struct acceptor *acceptor);

#endif
