/* Sets deadlines; it costs a request some ten nanoseconds at each station. */
#include "server/visit.h"

#include <time.h>

int64_t visit_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Relaxed is enough: the deadline guards no other memory. */
static void set_deadline(struct visit *visit, int64_t deadline) {
  atomic_store_explicit(&visit->deadline, deadline, memory_order_relaxed);
}

static void set_unread(struct visit *visit, bool unread) {
  atomic_store_explicit(&visit->unread, unread, memory_order_relaxed);
}

static void enter(struct visit *visit) {
  visit->since = visit_clock();
  set_deadline(visit, visit->since + visit->patience);
}

/* The time that so many bytes give at so many a second. Bodies and answers are far from where this would overflow;
 * lengths are what clients claim only after they were held against limits. */
static int64_t time_for(uint64_t bytes, uint64_t pace) {
  return (int64_t)(bytes / pace * 1000);
}

void visit_begin(struct visit *visit, int descriptor, int64_t patience) {
  visit->descriptor = descriptor;
  visit->patience = patience;
  enter(visit);
}

void visit_reads_head(struct visit *visit) {
  if (!visit) return;
  set_unread(visit, false);
  enter(visit);
}

void visit_reads_body(struct visit *visit) {
  if (visit) enter(visit);
}

void visit_has_read(struct visit *visit, uint64_t bytes) {
  if (visit) set_deadline(visit, visit->since + visit->patience + time_for(bytes, VISIT_BODY_PACE));
}

void visit_works(struct visit *visit) {
  if (visit) set_deadline(visit, INT64_MAX);
}

void visit_sends(struct visit *visit, uint64_t bytes) {
  if (!visit) return;
  visit->since = visit_clock();
  set_unread(visit, true);
  visit_has_made(visit, bytes);
}

void visit_has_made(struct visit *visit, uint64_t bytes) {
  if (visit) set_deadline(visit, visit->since + visit->patience + time_for(bytes, VISIT_ANSWER_PACE));
}
