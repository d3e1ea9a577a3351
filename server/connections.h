/* Counts connections that have not brought a request yet. A stopping daemon waits a moment for them: who was just let
 * in is about to ask, and loses the request when the connection ends under it. */
#ifndef WORDVEC_SERVER_CONNECTIONS_H
#define WORDVEC_SERVER_CONNECTIONS_H

#include <stdatomic.h>

#include "server/visit.h"

struct connections {
  atomic_size_t fresh; /* taken, and nothing has been asked over them, or what has a body that is thrown away */
};

/* One is about to be handed to libmicrohttpd; or could not be, or was not kept for want of memory. */
void connections_taken(struct connections *connections);
void connections_refused(struct connections *connections);

/* A request has come over it; or it ends. NULL: one that was not kept. */
void connections_asked(struct connections *connections, struct visit *visit);

#endif
