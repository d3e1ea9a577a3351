/* Two counters, and a mark on each connection. */
#include "server/connections.h"

#include <stdbool.h>
#include <stdlib.h>

struct mark {
  bool asked;
};

void connections_taken(struct connections *connections) {
  atomic_fetch_add(&connections->fresh, 1);
}

void connections_refused(struct connections *connections) {
  atomic_fetch_sub(&connections->fresh, 1);
}

void connections_notify(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_ConnectionNotificationCode code) {
  struct connections *connections = context;
  struct mark *mark = *state;
  (void)connection;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    atomic_fetch_add(&connections->open, 1);
    *state = calloc(1, sizeof *mark);
    if (!*state) connections_refused(connections); /* without a mark it counts as one that has asked */
    return;
  }
  atomic_fetch_sub(&connections->open, 1);
  if (mark && !mark->asked) connections_refused(connections);
  free(mark);
  *state = NULL;
}

void connections_asked(struct connections *connections, struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  struct mark *mark = info ? info->socket_context : NULL;
  if (!mark || mark->asked) return;
  mark->asked = true;
  atomic_fetch_sub(&connections->fresh, 1);
}
