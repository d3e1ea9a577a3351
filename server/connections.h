/* Counts connections: how many there are, and how many have not brought a request yet. A stopping daemon waits a moment
 * for the latter: who was just let in is about to ask, and loses the request when the connection ends under it. */
#ifndef WORDVEC_SERVER_CONNECTIONS_H
#define WORDVEC_SERVER_CONNECTIONS_H

#include <microhttpd.h>
#include <stdatomic.h>

struct connections {
  atomic_size_t open;  /* that libmicrohttpd has */
  atomic_size_t fresh; /* taken, and nothing has been asked over them; one that libmicrohttpd had no memory for stays */
};

/* One is about to be handed to libmicrohttpd; or could not be. */
void connections_taken(struct connections *connections);
void connections_refused(struct connections *connections);

/* MHD_OPTION_NOTIFY_CONNECTION. Context: struct connections. */
void connections_notify(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_ConnectionNotificationCode code);

/* A request has come over it. */
void connections_asked(struct connections *connections, struct MHD_Connection *connection);

#endif
