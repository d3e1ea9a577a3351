/* A short list under a lock, and a shorter one of what is being made. */
#include "server/joins.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_MOST = 8, PROVEN_MOST = KEPT_MOST - 2 };

/* A join that somebody makes: on the stack of that caller, who leaves last. */
struct making {
  struct model *const *models;
  size_t count;
  size_t waiting;
  bool done;
  enum status status;
  struct join *join;
};

struct joins {
  joins_maker *make;
  size_t bytes_most, queue_most;
  pthread_mutex_t lock; /* of all that follows */
  pthread_cond_t moved; /* something is made, or nobody waits for it any more, or another can be made */
  size_t queued;
  bool stopping;
  size_t count;
  size_t proven;                /* of them were asked for again, the latest first; those asked for once follow */
  struct join *kept[KEPT_MOST]; /* the latest of each kind comes first */
  struct making *making[JOINS_MAKING_MOST];
};

enum status joins_new(size_t bytes, size_t queue, joins_maker *make, struct joins **out) {
  struct joins *joins = calloc(1, sizeof *joins);
  if (!joins) return STATUS_NO_MEMORY;
  joins->make = make;
  joins->bytes_most = bytes;
  joins->queue_most = queue;
  pthread_mutex_init(&joins->lock, NULL);
  pthread_cond_init(&joins->moved, NULL);
  *out = joins;
  return STATUS_OK;
}

void joins_free(struct joins *joins) {
  if (!joins) return;
  for (size_t i = 0; i < joins->count; i++) join_drop(joins->kept[i]);
  pthread_cond_destroy(&joins->moved);
  pthread_mutex_destroy(&joins->lock);
  free(joins);
}

/* Moves the join at `from` to the place `to` before it. */
static void move(struct joins *joins, size_t from, size_t to) {
  struct join *join = joins->kept[from];
  memmove(&joins->kept[to + 1], &joins->kept[to], (from - to) * sizeof join);
  joins->kept[to] = join;
}

/* One that is kept, acquired; NULL: none is. Asked for again, it comes before all others. */
static struct join *find(struct joins *joins, struct model *const *models, size_t count) {
  for (size_t i = 0; i < joins->count; i++) {
    if (!join_fits(joins->kept[i], models, count)) continue;
    if (i >= joins->proven) joins->proven++;
    if (joins->proven > PROVEN_MOST) joins->proven = PROVEN_MOST;
    move(joins, i, 0);
    return join_acquire(joins->kept[0]);
  }
  return NULL;
}

/* Keeps a new one behind those that were asked for again, as far as it has room there, and lets go of those behind it
 * that have none. */
static void keep(struct joins *joins, struct join *join) {
  size_t bytes = join_size(join), place = 0;
  if (bytes > joins->bytes_most) return;
  while (place < joins->proven && bytes + join_size(joins->kept[place]) <= joins->bytes_most)
    bytes += join_size(joins->kept[place++]);
  joins->proven = place;
  if (joins->count == KEPT_MOST) join_drop(joins->kept[--joins->count]);
  joins->kept[joins->count] = join_acquire(join);
  move(joins, joins->count++, place);
  size_t count = place + 1;
  while (count < joins->count && (bytes += join_size(joins->kept[count])) <= joins->bytes_most) count++;
  while (joins->count > count) join_drop(joins->kept[--joins->count]);
}

/* Who makes that join already; NULL: nobody. */
static struct making *find_making(struct joins *joins, struct model *const *models, size_t count) {
  for (size_t i = 0; i < JOINS_MAKING_MOST; i++) {
    struct making *making = joins->making[i];
    if (making && !making->done && making->count == count &&
        memcmp(making->models, models, count * sizeof(struct model *)) == 0)
      return making;
  }
  return NULL;
}

/* Whether the file of any was lost: a join that was made of it would be found again when the same content is back. */
static bool any_lost(const struct making *making) {
  bool lost = false;
  for (size_t i = 0; i < making->count; i++) lost |= model_lost(making->models[i]);
  return lost;
}

static enum status wait_for(struct joins *joins, struct making *making, struct join **out) {
  making->waiting++;
  while (!making->done) pthread_cond_wait(&joins->moved, &joins->lock);
  enum status status = making->status;
  if (status == STATUS_OK) *out = join_acquire(making->join);
  if (--making->waiting == 0) pthread_cond_broadcast(&joins->moved);
  return status;
}

/* Makes it, in the place of `slot`, without the lock, which is held before and after. */
static enum status make(struct joins *joins, struct making **slot, struct making *making, struct join **out) {
  *slot = making;
  pthread_mutex_unlock(&joins->lock);
  enum status status = joins->make(making->models, making->count, &making->join);
  pthread_mutex_lock(&joins->lock);
  making->status = status;
  making->done = true;
  if (status == STATUS_OK && !any_lost(making)) keep(joins, making->join);
  pthread_cond_broadcast(&joins->moved);
  while (making->waiting > 0) pthread_cond_wait(&joins->moved, &joins->lock);
  *slot = NULL;
  pthread_cond_broadcast(&joins->moved);
  if (status == STATUS_OK) *out = making->join;
  return status;
}

/* Where one more can be made; NULL: nowhere. */
static struct making **free_slot(struct joins *joins) {
  for (size_t i = 0; i < JOINS_MAKING_MOST; i++)
    if (!joins->making[i]) return &joins->making[i];
  return NULL;
}

static enum status get(struct joins *joins, struct model *const *models, size_t count, bool hurried,
                       struct join **out) {
  for (;;) {
    struct join *kept = find(joins, models, count);
    if (kept) {
      *out = kept;
      return STATUS_OK;
    }
    if (hurried) return STATUS_NOT_FOUND;
    if (joins->stopping) return STATUS_BUSY;
    struct making *other = find_making(joins, models, count), **slot = free_slot(joins);
    if (other) return wait_for(joins, other, out);
    if (slot) return make(joins, slot, &(struct making){.models = models, .count = count}, out);
    if (joins->queued == joins->queue_most) return STATUS_BUSY;
    joins->queued++;
    pthread_cond_wait(&joins->moved, &joins->lock);
    joins->queued--;
  }
}

enum status joins_get(struct joins *joins, struct model *const *models, size_t count, bool hurried, struct join **out) {
  pthread_mutex_lock(&joins->lock);
  enum status status = get(joins, models, count, hurried, out);
  pthread_mutex_unlock(&joins->lock);
  return status;
}

void joins_stop(struct joins *joins) {
  pthread_mutex_lock(&joins->lock);
  joins->stopping = true;
  pthread_cond_broadcast(&joins->moved);
  pthread_mutex_unlock(&joins->lock);
}

size_t joins_waiting(struct joins *joins) {
  pthread_mutex_lock(&joins->lock);
  size_t waiting = joins->queued;
  for (size_t i = 0; i < JOINS_MAKING_MOST; i++)
    if (joins->making[i]) waiting += joins->making[i]->waiting;
  pthread_mutex_unlock(&joins->lock);
  return waiting;
}
