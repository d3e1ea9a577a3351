/* A crew waits at a barrier for a loop, takes pieces from an atomic counter, and meets at the barrier again. */
#include "store/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct member {
  struct crew *crew;
  pthread_t thread;
  unsigned number;
};

struct crew {
  unsigned size;
  bool dismissed;
  pthread_mutex_t lock;
  pthread_cond_t called, finished;
  uint64_t loop;    /* how many loops were called; under the lock, like all that follows but `next` */
  unsigned working; /* members still in the loop */
  void (*work)(void *context, unsigned member, uint32_t first, uint32_t end);
  void *context;
  uint32_t count, grain;
  _Atomic uint64_t next; /* piece; 64 bits, as every member adds once beyond the end */
  struct member members[];
};

static void take_pieces(struct crew *crew, unsigned member) {
  for (;;) {
    uint64_t first = atomic_fetch_add_explicit(&crew->next, crew->grain, memory_order_relaxed);
    if (first >= crew->count) return;
    uint64_t end = first + crew->grain < crew->count ? first + crew->grain : crew->count;
    crew->work(crew->context, member, (uint32_t)first, (uint32_t)end);
  }
}

static void *serve(void *argument) {
  struct member *self = argument;
  struct crew *crew = self->crew;
  uint64_t seen = 0;
  pthread_mutex_lock(&crew->lock);
  for (;;) {
    while (crew->loop == seen && !crew->dismissed) pthread_cond_wait(&crew->called, &crew->lock);
    if (crew->dismissed) break;
    seen = crew->loop;
    pthread_mutex_unlock(&crew->lock);
    take_pieces(crew, self->number);
    pthread_mutex_lock(&crew->lock);
    if (--crew->working == 0) pthread_cond_signal(&crew->finished);
  }
  pthread_mutex_unlock(&crew->lock);
  return NULL;
}

enum status crew_new(unsigned threads, struct crew **out) {
  struct crew *crew = calloc(1, sizeof *crew + threads * sizeof crew->members[0]);
  if (!crew) return STATUS_NO_MEMORY;
  pthread_mutex_init(&crew->lock, NULL);
  pthread_cond_init(&crew->called, NULL);
  pthread_cond_init(&crew->finished, NULL);
  crew->size = 1;
  while (crew->size < threads) {
    struct member *member = &crew->members[crew->size];
    *member = (struct member){.crew = crew, .number = crew->size};
    if (pthread_create(&member->thread, NULL, serve, member) != 0) {
      crew_free(crew);
      return STATUS_NO_MEMORY;
    }
    crew->size++;
  }
  *out = crew;
  return STATUS_OK;
}

void crew_free(struct crew *crew) {
  if (!crew) return;
  pthread_mutex_lock(&crew->lock);
  crew->dismissed = true;
  pthread_cond_broadcast(&crew->called);
  pthread_mutex_unlock(&crew->lock);
  for (unsigned i = 1; i < crew->size; i++) pthread_join(crew->members[i].thread, NULL);
  pthread_cond_destroy(&crew->finished);
  pthread_cond_destroy(&crew->called);
  pthread_mutex_destroy(&crew->lock);
  free(crew);
}

unsigned crew_size(const struct crew *crew) {
  return crew->size;
}

void crew_share(struct crew *crew, uint32_t count, uint32_t grain,
                void (*work)(void *context, unsigned member, uint32_t first, uint32_t end), void *context) {
  pthread_mutex_lock(&crew->lock);
  crew->work = work;
  crew->context = context;
  crew->count = count;
  crew->grain = grain;
  atomic_store_explicit(&crew->next, 0, memory_order_relaxed);
  crew->working = crew->size - 1;
  crew->loop++;
  pthread_cond_broadcast(&crew->called);
  pthread_mutex_unlock(&crew->lock);
  take_pieces(crew, 0);
  pthread_mutex_lock(&crew->lock);
  while (crew->working > 0) pthread_cond_wait(&crew->finished, &crew->lock);
  pthread_mutex_unlock(&crew->lock);
}
