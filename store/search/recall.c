/* Recall over a sample that depends on nothing but the rows. */
#include "store/search/recall.h"

#include <stdlib.h>
#include <string.h>

#include "store/search/exact.h"

enum { MOST = 100, OPERANDS = 3 };

static const uint32_t ladder[RECALL_STEPS] = {10, 20, 40, 60, 80, 120, 160, 240, 320, 480, 800, 1200};
static const size_t columns[] = {1, 10, MOST};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* The sample, and the exact answers to it. */
struct sample {
  uint32_t count, dim;
  float *vectors;                 /* [count * dim] */
  uint32_t (*operands)[OPERANDS]; /* [count] */
  struct exact_query *queries;    /* [count] */
  struct hit *truth;              /* [count * MOST] */
  struct hit **truths;            /* [count] */
  size_t *found;                  /* [count] */
};

static void release(struct sample *sample) {
  free(sample->vectors);
  free(sample->operands);
  free(sample->queries);
  free(sample->truth);
  free(sample->truths);
  free(sample->found);
}

static enum status allocate(struct sample *sample) {
  sample->vectors = calloc((size_t)sample->count * sample->dim, sizeof *sample->vectors);
  sample->operands = calloc(sample->count, sizeof *sample->operands);
  sample->queries = calloc(sample->count, sizeof *sample->queries);
  sample->truth = calloc((size_t)sample->count * MOST, sizeof *sample->truth);
  sample->truths = calloc(sample->count, sizeof *sample->truths);
  sample->found = calloc(sample->count, sizeof *sample->found);
  if (sample->vectors && sample->operands && sample->queries && sample->truth && sample->truths && sample->found)
    return STATUS_OK;
  return STATUS_NO_MEMORY;
}

/* A row as a fraction of the matrix, as evenly spread as the golden section's multiples are. */
static uint32_t row_at(const struct rows *rows, uint32_t number) {
  uint32_t fraction = number * 0x9E3779B9u;
  return (uint32_t)((uint64_t)fraction * rows->count >> 32);
}

/* Even queries are rows; odd ones a - b + c of rows divided by their norms, as /neighbors forms them. */
static void fill_query(struct sample *sample, const struct rows *rows, uint32_t number) {
  static const double signs[OPERANDS] = {1, -1, 1};
  float *vector = sample->vectors + (size_t)number * sample->dim;
  uint32_t operands = number % 2 == 0 ? 1 : OPERANDS;
  for (uint32_t j = 0; j < operands; j++) {
    uint32_t row = row_at(rows, OPERANDS * number + j);
    double norm = rows_norm(rows, row);
    const float *values = rows_at(rows, row);
    for (uint32_t i = 0; i < sample->dim && norm > 0; i++)
      vector[i] = (float)(vector[i] + signs[j] * (values[i] / norm));
    sample->operands[number][j] = row;
  }
  sample->queries[number] = (struct exact_query){
      .vector = vector, .k = MOST, .excluded = sample->operands[number], .excluded_count = operands};
  sample->truths[number] = sample->truth + (size_t)number * MOST;
}

/* How many of the first `k` hits are as near as the last of the exact ones, as a share of what could be found. */
static double share_found(const struct hit *hits, size_t found, const struct hit *truth, size_t exact, size_t k) {
  if (k > exact) k = exact;
  if (k == 0) return 1;
  size_t right = 0;
  for (size_t i = 0; i < found && i < k; i++) right += hits[i].similarity >= truth[k - 1].similarity;
  return (double)right / (double)k;
}

static enum status measure_step(const struct graph_index *index, const struct sample *sample,
                                struct graph_scratch *scratch, struct recall_step *step) {
  double sums[COLUMNS] = {0};
  for (uint32_t number = 0; number < sample->count; number++) {
    const struct exact_query *exact = &sample->queries[number];
    struct graph_query query = {.vector = exact->vector,
                                .width = step->width,
                                .excluded = exact->excluded,
                                .excluded_count = exact->excluded_count};
    for (size_t c = 0; c < COLUMNS; c++) {
      struct hit hits[MOST];
      size_t found;
      query.k = columns[c];
      enum status status = graph_search(index, &query, scratch, hits, &found);
      if (status != STATUS_OK) return status;
      sums[c] += share_found(hits, found, sample->truths[number], sample->found[number], columns[c]);
    }
  }
  step->at_1 = sums[0] / sample->count;
  step->at_10 = sums[1] / sample->count;
  step->at_100 = sums[2] / sample->count;
  return STATUS_OK;
}

static enum status measure(const struct graph_index *index, struct sample *sample, struct graph_scratch *scratch,
                           struct recall_table *table) {
  for (uint32_t number = 0; number < sample->count; number++) fill_query(sample, index->rows, number);
  enum status status =
      exact_search(index->kernel, index->rows, sample->queries, sample->count, sample->truths, sample->found);
  for (size_t i = 0; i < RECALL_STEPS && status == STATUS_OK; i++) {
    table->steps[i].width = ladder[i];
    status = measure_step(index, sample, scratch, &table->steps[i]);
  }
  return status;
}

enum status recall_measure(const struct graph_index *index, struct recall_table *out) {
  struct sample sample = {.dim = index->rows->dim, .count = RECALL_SAMPLE};
  if (sample.count > index->rows->count) sample.count = index->rows->count;
  struct recall_table table = {.queries = sample.count};
  struct graph_scratch *scratch;
  enum status status = graph_scratch_new(index, &scratch);
  if (status != STATUS_OK) return status;
  status = allocate(&sample);
  if (status == STATUS_OK) status = measure(index, &sample, scratch, &table);
  release(&sample);
  graph_scratch_free(scratch);
  if (status == STATUS_OK) *out = table;
  return status;
}

double recall_of(const struct recall_step *step, size_t k) {
  if (k <= 1) return step->at_1;
  return k <= 10 ? step->at_10 : step->at_100;
}

const struct recall_step *recall_cheapest(const struct recall_table *table, size_t k, double wanted) {
  for (size_t i = 0; i < RECALL_STEPS; i++)
    if (recall_of(&table->steps[i], k) >= wanted) return &table->steps[i];
  return NULL;
}
