/* A list of all connections under a lock, which each takes when it comes and when it goes. */
#include "server/admission.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
  RESERVE_SHARE = 8, /* of the connections, one in so many */
  RESERVE_LEAST = 8,
  RESERVE_MOST = 1024,        /* 33 MB of connections, were they all there */
  EXCESS_MILLISECONDS = 2000, /* that one in the reserve has to send its request */
  TURN_MILLISECONDS = 500     /* turns that come sooner do nothing: the list is long when it matters */
};

struct admission {
  size_t connections; /* that are served */
  int64_t patience;   /* milliseconds */
  atomic_size_t count;
  int64_t next_turn;
  pthread_mutex_t lock; /* of the list, and of descriptors that would otherwise be closed and become others' */
  struct visit *first;
};

static size_t within(size_t value, size_t least, size_t most) {
  return value < least ? least : value > most ? most : value;
}

size_t admission_reserve(size_t connections) {
  return within(connections / RESERVE_SHARE, RESERVE_LEAST, RESERVE_MOST);
}

size_t admission_fit(size_t descriptors) {
  size_t reserve = within(descriptors / (RESERVE_SHARE + 1), RESERVE_LEAST, RESERVE_MOST);
  return descriptors > reserve ? descriptors - reserve : 1;
}

enum status admission_new(size_t connections, unsigned seconds, struct admission **out) {
  struct admission *admission = calloc(1, sizeof *admission);
  if (!admission) return STATUS_NO_MEMORY;
  admission->connections = connections;
  admission->patience = (int64_t)seconds * 1000;
  pthread_mutex_init(&admission->lock, NULL);
  *out = admission;
  return STATUS_OK;
}

void admission_free(struct admission *admission) {
  if (!admission) return;
  pthread_mutex_destroy(&admission->lock);
  free(admission);
}

struct visit *admission_arrive(struct admission *admission, int descriptor) {
  struct visit *visit = calloc(1, sizeof *visit);
  if (!visit) {
    shutdown(descriptor, SHUT_RDWR);
    return NULL;
  }
  visit->excess = atomic_fetch_add(&admission->count, 1) >= admission->connections;
  bool hurry = visit->excess && admission->patience > EXCESS_MILLISECONDS;
  visit_begin(visit, descriptor, hurry ? EXCESS_MILLISECONDS : admission->patience);
  pthread_mutex_lock(&admission->lock);
  visit->next = admission->first;
  visit->link = &admission->first;
  if (visit->next) visit->next->link = &visit->next;
  admission->first = visit;
  pthread_mutex_unlock(&admission->lock);
  return visit;
}

void admission_leave(struct admission *admission, struct visit *visit) {
  if (!visit) return;
  pthread_mutex_lock(&admission->lock);
  *visit->link = visit->next;
  if (visit->next) visit->next->link = visit->link;
  pthread_mutex_unlock(&admission->lock);
  atomic_fetch_sub(&admission->count, 1);
  free(visit);
}

bool admission_admits(struct admission *admission, struct visit *visit) {
  if (!visit || !visit->excess) return true;
  if (atomic_load(&admission->count) > admission->connections) return false;
  visit->excess = false;
  visit->patience = admission->patience;
  return true;
}

bool admission_has_room(const struct admission *admission) {
  return atomic_load(&admission->count) < admission->connections + admission_reserve(admission->connections);
}

size_t admission_count(const struct admission *admission) {
  return atomic_load(&admission->count);
}

/* Its own thread sees the end of the connection, and closes it. What the kernel still holds of an answer that is not
 * taken goes, too, when it does: it may be megabytes, kept for as long as the client likes. */
static void end_overdue(const struct visit *visit) {
  const struct linger none = {.l_onoff = 1, .l_linger = 0};
  if (atomic_load(&visit->unread)) setsockopt(visit->descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  shutdown(visit->descriptor, SHUT_RDWR);
}

void admission_turn(struct admission *admission) {
  int64_t now = visit_clock();
  if (now < admission->next_turn) return;
  admission->next_turn = now + TURN_MILLISECONDS;
  pthread_mutex_lock(&admission->lock);
  for (const struct visit *visit = admission->first; visit; visit = visit->next)
    if (atomic_load_explicit(&visit->deadline, memory_order_relaxed) < now) end_overdue(visit);
  pthread_mutex_unlock(&admission->lock);
}
