/* Listening sockets: opened here, or inherited from whoever started the process (socket activation, sd_listen_fds(3)),
 * which keeps them open between two processes, so that a restart refuses no connection.
 *
 * The protocol is three environment variables and descriptors from 3 on. libsystemd would be a library of 800 kB, with
 * four that it needs, to read them. */
#ifndef WORDVEC_SERVER_LISTENER_H
#define WORDVEC_SERVER_LISTENER_H

#include <sys/types.h>

#include "server/address.h"

/* Connections that wait in the kernel's queue at most. */
enum { LISTENER_BACKLOG = 4096 };

struct listener {
  int descriptor; /* does not block, and is closed on exec; the owner's to close */
  bool inherited; /* others have it, too: never shut down, only left alone */
  struct address address;
};

/* Binds and listens; port 0 becomes the one that the system chose. STATUS_IO when the address cannot be had. */
enum status listener_open(const struct address *wanted, struct problem *problem, struct listener *out) MUST_USE;

/* What the environment says of descriptors that were handed on; NULL: nothing. */
struct listener_environment {
  const char *process; /* LISTEN_PID: whom they are for */
  const char *count;   /* LISTEN_FDS */
  const char *names;   /* LISTEN_FDNAMES: with colons between */
};

enum { LISTENER_FIRST = 3 /* the first descriptor of them */, LISTENER_INHERITED_MOST = 64 };

/* How many descriptors were handed to the process `self`; 0 when none were, or those were for another.
 * STATUS_BAD_ARGUMENT when what the environment says makes no sense. */
enum status listener_count(const struct listener_environment *environment, pid_t self, struct problem *problem,
                           size_t *out) MUST_USE;

/* Which of `count` descriptors has that name, from 0; `count` when none has. */
size_t listener_named(const struct listener_environment *environment, size_t count, const char *name);

/* Takes over one of them. STATUS_BAD_ARGUMENT when it is no listening TCP socket. */
enum status listener_inherit(int descriptor, struct problem *problem, struct listener *out) MUST_USE;

/* Takes over all that the environment speaks of: one to serve on, and beside it or alone one that is named "metrics"
 * (systemd: FileDescriptorName=). Where there is none, the descriptor is -1. STATUS_BAD_ARGUMENT. */
enum status listener_inherit_all(const struct listener_environment *environment, pid_t self, struct problem *problem,
                                 struct listener *serving, struct listener *metrics) MUST_USE;

#endif
