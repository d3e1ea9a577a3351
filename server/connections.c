/* A counter, and a mark on each connection. */
#include "server/connections.h"

void connections_taken(struct connections *connections) {
  atomic_fetch_add(&connections->fresh, 1);
}

void connections_refused(struct connections *connections) {
  atomic_fetch_sub(&connections->fresh, 1);
}

void connections_asked(struct connections *connections, struct visit *visit) {
  if (!visit || visit->asked) return;
  visit->asked = true;
  atomic_fetch_sub(&connections->fresh, 1);
}
