/* A ring of blocks under one lock, which nobody holds while cutting or parsing. A block's number says where in the ring
 * it lies; it is cut by whoever comes first, parsed by the same thread, and taken when its number comes up. */
#include "store/import/text_pipeline.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/import/float_parse.h"

enum { BLOCKS_MAX = TEXT_PIPELINE_THREADS_MAX + 2 };

struct slot {
  struct text_block block;
  bool ready; /* cut and parsed, or failed */
  enum status status;
  struct problem problem;
};

struct text_pipeline {
  struct lines lines; /* belongs to the thread that has set `cutting` */
  locale_t locale;
  uint32_t dim;
  pthread_mutex_t
      lock; /* guards what follows, but for the blocks of slots that are not ready: those are their thread's */
  pthread_cond_t changed;
  struct slot *slots;
  unsigned slot_count;
  uint64_t cut;   /* blocks whose cutting has begun */
  uint64_t taken; /* blocks that have been given back */
  bool holds;     /* block number `taken` is out at the caller */
  bool cutting;
  bool ended; /* there is nothing more to cut: the last block is, or one has failed */
  unsigned threads;
  unsigned started;
  pthread_t others[TEXT_PIPELINE_THREADS_MAX - 1];
};

static struct slot *slot_of(const struct text_pipeline *pipeline, uint64_t number) {
  return &pipeline->slots[number % pipeline->slot_count];
}

/* Cuts and parses the next block, if it is anybody's turn. Called with the lock held, which it lets go meanwhile. */
static bool work(struct text_pipeline *pipeline) {
  if (pipeline->cutting || pipeline->ended || pipeline->cut == pipeline->taken + pipeline->slot_count) return false;
  struct slot *slot = slot_of(pipeline, pipeline->cut++);
  pipeline->cutting = true;
  pthread_mutex_unlock(&pipeline->lock);
  enum status status = lines_cut(&pipeline->lines, &slot->problem, &slot->block.lines);
  pthread_mutex_lock(&pipeline->lock);
  pipeline->cutting = false;
  if (status != STATUS_OK || slot->block.lines.last) pipeline->ended = true;
  pthread_cond_broadcast(&pipeline->changed);
  pthread_mutex_unlock(&pipeline->lock);
  if (status == STATUS_OK && (status = text_block_parse(&slot->block, pipeline->locale, pipeline->dim)) != STATUS_OK)
    problem_set(&slot->problem, status, 0, "no memory to read %s", source_label(pipeline->lines.source));
  pthread_mutex_lock(&pipeline->lock);
  slot->status = status;
  slot->ready = true;
  if (status != STATUS_OK) pipeline->ended = true;
  pthread_cond_broadcast(&pipeline->changed);
  return true;
}

static void *help(void *argument) {
  struct text_pipeline *pipeline = argument;
  pthread_mutex_lock(&pipeline->lock);
  while (!pipeline->ended)
    if (!work(pipeline)) pthread_cond_wait(&pipeline->changed, &pipeline->lock);
  pthread_mutex_unlock(&pipeline->lock);
  return NULL;
}

/* Only once a source has turned out to be longer than a block. */
static void start_others(struct text_pipeline *pipeline) {
  while (pipeline->started + 1 < pipeline->threads &&
         pthread_create(&pipeline->others[pipeline->started], NULL, help, pipeline) == 0)
    pipeline->started++;
  pipeline->threads = pipeline->started + 1;
}

enum status text_pipeline_next(struct text_pipeline *pipeline, struct problem *problem,
                               const struct text_block **block) {
  pthread_mutex_lock(&pipeline->lock);
  if (pipeline->holds) {
    slot_of(pipeline, pipeline->taken++)->ready = false;
    pthread_cond_broadcast(&pipeline->changed);
  }
  struct slot *slot = slot_of(pipeline, pipeline->taken);
  while (!slot->ready)
    if (!work(pipeline)) pthread_cond_wait(&pipeline->changed, &pipeline->lock);
  pipeline->holds = true;
  bool more = !pipeline->ended;
  pthread_mutex_unlock(&pipeline->lock);
  if (more) start_others(pipeline);
  if (slot->status != STATUS_OK) {
    if (problem) *problem = slot->problem;
    return slot->status;
  }
  *block = &slot->block;
  return STATUS_OK;
}

locale_t text_pipeline_locale(const struct text_pipeline *pipeline) {
  return pipeline->locale;
}

enum status text_pipeline_open(struct source *source, uint32_t dim, unsigned threads, struct problem *problem,
                               struct text_pipeline **out) {
  struct text_pipeline *pipeline = calloc(1, sizeof *pipeline);
  if (!pipeline) return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
  pthread_mutex_init(&pipeline->lock, NULL);
  pthread_cond_init(&pipeline->changed, NULL);
  pipeline->dim = dim;
  pipeline->threads = threads < 1 ? 1 : threads > TEXT_PIPELINE_THREADS_MAX ? TEXT_PIPELINE_THREADS_MAX : threads;
  pipeline->slot_count = pipeline->threads > 1 ? pipeline->threads + 2 : 1;
  pipeline->slots = calloc(pipeline->slot_count, sizeof *pipeline->slots);
  pipeline->locale = float_parse_locale();
  enum status status = lines_init(&pipeline->lines, source, problem);
  if (status == STATUS_OK && (!pipeline->slots || !pipeline->locale))
    status = problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
  if (status != STATUS_OK)
    text_pipeline_close(pipeline);
  else
    *out = pipeline;
  return status;
}

void text_pipeline_close(struct text_pipeline *pipeline) {
  if (!pipeline) return;
  pthread_mutex_lock(&pipeline->lock);
  pipeline->ended = true;
  pthread_cond_broadcast(&pipeline->changed);
  pthread_mutex_unlock(&pipeline->lock);
  for (unsigned i = 0; i < pipeline->started; i++) pthread_join(pipeline->others[i], NULL);
  for (unsigned i = 0; pipeline->slots && i < pipeline->slot_count; i++) text_block_release(&pipeline->slots[i].block);
  free(pipeline->slots);
  lines_release(&pipeline->lines);
  if (pipeline->locale) freelocale(pipeline->locale);
  pthread_cond_destroy(&pipeline->changed);
  pthread_mutex_destroy(&pipeline->lock);
  free(pipeline);
}
