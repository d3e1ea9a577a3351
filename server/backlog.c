/* A linked list under a lock that is held for a few instructions, and threads that wait for something in it. */
#include "server/backlog.h"

#include <pthread.h>
#include <stdlib.h>

#include "store/clock.h"
#include "store/workers.h"

struct backlog {
  struct backlog_options options;
  struct workers workers;
  pthread_mutex_t lock; /* of all that follows */
  pthread_cond_t filled;
  struct backlog_task *first, **end;
  size_t places; /* taken */
  bool ended;
};

/* So many places are taken now; with the lock. */
static void set_places(struct backlog *backlog, size_t places) {
  backlog->places = places;
  if (backlog->options.waiting) atomic_store_explicit(backlog->options.waiting, places, memory_order_relaxed);
}

/* Takes the first task out; with the lock, and there is one. */
static struct backlog_task *pop(struct backlog *backlog, bool *late) {
  struct backlog_task *task = backlog->first;
  backlog->first = task->next;
  if (!backlog->first) backlog->end = &backlog->first;
  set_places(backlog, backlog->places - 1);
  *late = backlog->ended || clock_microseconds() >= task->deadline;
  return task;
}

/* The next task; NULL when the backlog has ended and none is left. */
static struct backlog_task *take(struct backlog *backlog, bool *late) {
  pthread_mutex_lock(&backlog->lock);
  while (!backlog->first && !backlog->ended) pthread_cond_wait(&backlog->filled, &backlog->lock);
  struct backlog_task *task = backlog->first ? pop(backlog, late) : NULL;
  pthread_mutex_unlock(&backlog->lock);
  return task;
}

/* The next task if its deadline has passed, else NULL. */
static struct backlog_task *take_late(struct backlog *backlog) {
  bool late;
  pthread_mutex_lock(&backlog->lock);
  bool passed = backlog->first && clock_microseconds() >= backlog->first->deadline;
  struct backlog_task *task = passed ? pop(backlog, &late) : NULL;
  pthread_mutex_unlock(&backlog->lock);
  return task;
}

static void work(void *context) {
  struct backlog *backlog = context;
  struct backlog_task *task;
  bool late;
  while ((task = take(backlog, &late)) != NULL) backlog->options.work(backlog->options.context, task, late);
}

enum status backlog_new(const struct backlog_options *options, struct backlog **out) {
  struct backlog *backlog = calloc(1, sizeof *backlog);
  if (!backlog) return STATUS_NO_MEMORY;
  backlog->options = *options;
  pthread_mutex_init(&backlog->lock, NULL);
  pthread_cond_init(&backlog->filled, NULL);
  backlog->end = &backlog->first;
  enum status status = workers_start(&backlog->workers, options->threads, work, backlog);
  if (status == STATUS_OK)
    *out = backlog;
  else
    backlog_free(backlog);
  return status;
}

bool backlog_reserve(struct backlog *backlog) {
  pthread_mutex_lock(&backlog->lock);
  bool free_place = !backlog->ended && backlog->places < backlog->options.length;
  if (free_place) set_places(backlog, backlog->places + 1);
  pthread_mutex_unlock(&backlog->lock);
  return free_place;
}

void backlog_add(struct backlog *backlog, struct backlog_task *task) {
  task->next = NULL;
  task->deadline = clock_microseconds() + (int64_t)backlog->options.seconds * 1000000;
  pthread_mutex_lock(&backlog->lock);
  bool ended = backlog->ended;
  if (!ended) {
    *backlog->end = task;
    backlog->end = &task->next;
    pthread_cond_signal(&backlog->filled);
  }
  pthread_mutex_unlock(&backlog->lock);
  if (ended) backlog->options.work(backlog->options.context, task, true);
}

void backlog_turn(struct backlog *backlog) {
  struct backlog_task *task;
  while ((task = take_late(backlog)) != NULL) backlog->options.work(backlog->options.context, task, true);
}

void backlog_end(struct backlog *backlog) {
  pthread_mutex_lock(&backlog->lock);
  backlog->ended = true;
  pthread_cond_broadcast(&backlog->filled);
  pthread_mutex_unlock(&backlog->lock);
  workers_join(&backlog->workers);
}

void backlog_free(struct backlog *backlog) {
  if (!backlog) return;
  backlog_end(backlog);
  pthread_cond_destroy(&backlog->filled);
  pthread_mutex_destroy(&backlog->lock);
  free(backlog);
}
