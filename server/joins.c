/* A short list under a lock. */
#include "server/joins.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_MOST = 8 };

struct joins {
  pthread_mutex_t lock;
  size_t bytes_most;
  size_t count;
  struct join *kept[KEPT_MOST]; /* the one that was asked for last comes first */
};

enum status joins_new(size_t bytes, struct joins **out) {
  struct joins *joins = calloc(1, sizeof *joins);
  if (!joins) return STATUS_NO_MEMORY;
  joins->bytes_most = bytes;
  pthread_mutex_init(&joins->lock, NULL);
  *out = joins;
  return STATUS_OK;
}

void joins_free(struct joins *joins) {
  if (!joins) return;
  for (size_t i = 0; i < joins->count; i++) join_drop(joins->kept[i]);
  pthread_mutex_destroy(&joins->lock);
  free(joins);
}

/* Puts the join at `place`, or a new one when that is behind the last, in front. */
static void put_first(struct joins *joins, size_t place, struct join *join) {
  memmove(&joins->kept[1], &joins->kept[0], place * sizeof joins->kept[0]);
  joins->kept[0] = join;
}

/* Keeps a new one, and lets go of those that there is then no room for. */
static void keep(struct joins *joins, struct join *join) {
  if (join_size(join) > joins->bytes_most) return;
  if (joins->count == KEPT_MOST) join_drop(joins->kept[--joins->count]);
  put_first(joins, joins->count++, join_acquire(join));
  size_t bytes = 0, count = 0;
  while (count < joins->count && (bytes += join_size(joins->kept[count])) <= joins->bytes_most) count++;
  while (joins->count > count) join_drop(joins->kept[--joins->count]);
}

enum status joins_get(struct joins *joins, struct model *const *models, size_t count, struct join **out) {
  enum status status = STATUS_OK;
  struct join *found = NULL;
  pthread_mutex_lock(&joins->lock);
  for (size_t i = 0; i < joins->count && !found; i++) {
    if (!join_fits(joins->kept[i], models, count)) continue;
    found = join_acquire(joins->kept[i]);
    put_first(joins, i, joins->kept[i]);
  }
  if (!found) {
    status = join_new(models, count, &found);
    /* One that was made of a lost file would be found again when the same content is back. */
    bool lost = false;
    for (size_t i = 0; i < count; i++) lost |= model_lost(models[i]);
    if (status == STATUS_OK && !lost) keep(joins, found);
  }
  pthread_mutex_unlock(&joins->lock);
  if (status == STATUS_OK) *out = found;
  return status;
}
