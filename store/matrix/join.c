/* Walks through the words of the models in byte order, side by side, and keeps what all have. */
#include "store/matrix/join.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct join {
  atomic_uint references;
  size_t model_count;
  uint64_t contents[JOIN_MODELS_MOST][2];
  uint32_t count;
  uint32_t *numbers[JOIN_MODELS_MOST]; /* [count]: of each model; ascending in the first */
  double *norms;                       /* [count] */
};

/* ---- words that all have */

/* The rows of a model in byte order of their words. */
static enum status in_order(const struct model *model, uint32_t **out) {
  const struct vocabulary *vocabulary = model_vocabulary(model);
  const struct vocabulary_range all = {.prefix = {"", 0}};
  uint32_t rows = vocabulary_count(vocabulary), *order = malloc((rows > 0 ? rows : 1) * sizeof *order);
  size_t count = 0;
  bool more;
  if (!order) return STATUS_NO_MEMORY;
  enum status status = vocabulary_page(vocabulary, &all, rows, order, &count, &more);
  if (status == STATUS_OK && count != rows) status = STATUS_DAMAGED;
  if (status == STATUS_OK)
    *out = order;
  else
    free(order);
  return status;
}

/* Takes model i, whose rows are `order`, into a join of the models before it, and leaves what they have in common. */
static void intersect(struct join *join, struct model *const *models, size_t i, uint32_t *order) {
  const struct vocabulary *first = model_vocabulary(models[0]), *own = model_vocabulary(models[i]);
  uint32_t rows = vocabulary_count(own), kept = 0;
  for (uint32_t a = 0, b = 0; a < join->count && b < rows;) {
    int difference = word_compare(vocabulary_word(first, join->numbers[0][a]), vocabulary_word(own, order[b]));
    if (difference == 0) {
      for (size_t m = 0; m < i; m++) join->numbers[m][kept] = join->numbers[m][a];
      order[kept++] = order[b]; /* kept is at most b */
    }
    a += difference <= 0;
    b += difference >= 0;
  }
  join->numbers[i] = order;
  join->count = kept;
}

/* Brings the rows from byte order of their words into the order of the first model. */
static enum status sort(struct join *join, uint32_t first_rows) {
  uint32_t *place = malloc((first_rows > 0 ? first_rows : 1) * sizeof *place); /* by row of the first model */
  uint32_t *sorted = malloc((join->count > 0 ? join->count : 1) * sizeof *sorted);
  if (!place || !sorted) {
    free(place);
    free(sorted);
    return STATUS_NO_MEMORY;
  }
  memset(place, 0xFF, first_rows * sizeof *place);
  for (uint32_t i = 0; i < join->count; i++) place[join->numbers[0][i]] = i;
  uint32_t next = 0;
  for (uint32_t row = 0; row < first_rows; row++)
    if (place[row] != UINT32_MAX) place[next++] = place[row];
  if (next != join->count) { /* a row twice: the words changed while they were read (model_lost()) */
    free(place);
    free(sorted);
    return STATUS_DAMAGED;
  }
  for (size_t m = 0; m < join->model_count; m++) {
    for (uint32_t i = 0; i < join->count; i++) sorted[i] = join->numbers[m][place[i]];
    uint32_t *unsorted = join->numbers[m];
    join->numbers[m] = sorted;
    sorted = unsorted;
  }
  free(place);
  free(sorted);
  return STATUS_OK;
}

static enum status intersect_all(struct join *join, struct model *const *models) {
  for (size_t i = 0; i < join->model_count; i++) {
    uint32_t *order;
    enum status status = in_order(models[i], &order);
    if (status != STATUS_OK) return status;
    if (i == 0) {
      join->numbers[0] = order;
      join->count = vocabulary_count(model_vocabulary(models[0]));
    } else {
      intersect(join, models, i, order);
    }
  }
  return sort(join, vocabulary_count(model_vocabulary(models[0])));
}

/* ---- rows */

static enum status measure(struct join *join, struct model *const *models) {
  struct join_rows view;
  join_fill(join, models, &view);
  float *row = malloc(view.rows.stride * sizeof *row);
  join->norms = malloc((join->count > 0 ? join->count : 1) * sizeof *join->norms);
  if (!row || !join->norms) {
    free(row);
    return STATUS_NO_MEMORY;
  }
  for (uint32_t i = 0; i < join->count; i++) {
    rows_gather(&view.rows, i, 1, row);
    join->norms[i] = rows_norm_of(row, view.rows.dim);
  }
  free(row);
  return STATUS_OK;
}

void join_fill(const struct join *join, struct model *const *models, struct join_rows *out) {
  enum { ONE_SLAB = 31 }; /* as a shift: it holds all rows but those that no machine has */
  uint32_t dim = 0;
  for (size_t i = 0; i < join->model_count; i++) {
    out->part_rows[i] = model_rows(models[i]);
    dim += out->part_rows[i]->dim;
  }
  out->parts = (struct rows_join){join->model_count, out->part_rows, (const uint32_t *const *)join->numbers};
  out->norms[0] = join->norms;
  out->rows = (struct rows){.count = join->count,
                            .dim = dim,
                            .stride = rows_stride_of(dim),
                            .slab_shift = ONE_SLAB,
                            .slab_count = 1,
                            .norms = out->norms,
                            .join = &out->parts};
}

/* ---- the whole */

enum status join_new(struct model *const *models, size_t count, struct join **out) {
  struct join *join = calloc(1, sizeof *join);
  if (!join) return STATUS_NO_MEMORY;
  atomic_init(&join->references, 1);
  join->model_count = count;
  for (size_t i = 0; i < count; i++)
    memcpy(join->contents[i], model_info(models[i])->content, sizeof join->contents[i]);
  enum status status = intersect_all(join, models);
  if (status == STATUS_OK) status = measure(join, models);
  if (status == STATUS_OK)
    *out = join;
  else
    join_drop(join);
  return status;
}

struct join *join_acquire(struct join *join) {
  atomic_fetch_add(&join->references, 1);
  return join;
}

void join_drop(struct join *join) {
  if (!join || atomic_fetch_sub(&join->references, 1) > 1) return;
  for (size_t i = 0; i < join->model_count; i++) free(join->numbers[i]);
  free(join->norms);
  free(join);
}

bool join_fits(const struct join *join, struct model *const *models, size_t count) {
  if (join->model_count != count) return false;
  for (size_t i = 0; i < count; i++)
    if (memcmp(join->contents[i], model_info(models[i])->content, sizeof join->contents[i]) != 0) return false;
  return true;
}

size_t join_size(const struct join *join) {
  return join->count * (join->model_count * sizeof(uint32_t) + sizeof(double)) + sizeof *join;
}

static int compare_rows(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

enum status join_find(const struct join *join, uint32_t first, uint32_t *row) {
  const uint32_t *numbers = join->numbers[0];
  const uint32_t *found = bsearch(&first, numbers, join->count, sizeof first, compare_rows);
  if (!found) return STATUS_NOT_FOUND;
  *row = (uint32_t)(found - numbers);
  return STATUS_OK;
}

uint32_t join_first(const struct join *join, uint32_t row) {
  return join->numbers[0][row];
}
