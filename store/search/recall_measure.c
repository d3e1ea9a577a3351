/* Recall over a sample that depends on nothing but the rows. */
#include "store/search/recall_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/crew.h"
#include "store/search/exact.h"

enum {
  MOST = 100,
  OPERANDS = 3,
  EXACT_BATCH = 32, /* queries that one pass over the matrix answers */
  WALKS_GRAIN = 4,
  EXACT_WORTH = 3 /* how many steps of the ladder the exact answers take as long as, roughly */
};

static const uint32_t ladder[] = {10, 20, 40, 60, 80, 120, 160, 240, 320, 480, 800, 1200};
static const size_t columns[] = {1, 10, MOST};

enum { STEPS = sizeof ladder / sizeof ladder[0], COLUMNS = sizeof columns / sizeof columns[0] };
_Static_assert((int)STEPS <= (int)RECALL_STEPS_MAX, "a table holds the ladder");

/* The sample, and the exact answers to it. */
struct sample {
  const struct graph_index *index;
  uint32_t count, dim;
  float *vectors;                 /* [count * dim] */
  uint32_t (*operands)[OPERANDS]; /* [count] */
  struct exact_query *queries;    /* [count] */
  struct hit *truth;              /* [count * MOST] */
  struct hit **truths;            /* [count] */
  size_t *found;                  /* [count] */
  double (*shares)[COLUMNS];      /* [count] of the step being measured */
  uint32_t width;                 /* of that step */
  struct crew *crew;
  struct graph_scratch **scratch; /* [threads] */
  enum status *statuses;          /* [threads] */
};

static void release(struct sample *sample, unsigned threads) {
  for (unsigned i = 0; sample->scratch && i < threads; i++) graph_scratch_free(sample->scratch[i]);
  crew_free(sample->crew);
  free(sample->scratch);
  free(sample->statuses);
  free(sample->vectors);
  free(sample->operands);
  free(sample->queries);
  free(sample->truth);
  free(sample->truths);
  free(sample->found);
  free(sample->shares);
}

static enum status allocate(struct sample *sample, unsigned threads) {
  sample->vectors = calloc((size_t)sample->count * sample->dim, sizeof *sample->vectors);
  sample->operands = calloc(sample->count, sizeof *sample->operands);
  sample->queries = calloc(sample->count, sizeof *sample->queries);
  sample->truth = calloc((size_t)sample->count * MOST, sizeof *sample->truth);
  sample->truths = calloc(sample->count, sizeof *sample->truths);
  sample->found = calloc(sample->count, sizeof *sample->found);
  sample->shares = calloc(sample->count, sizeof *sample->shares);
  sample->scratch = calloc(threads, sizeof(struct graph_scratch *));
  sample->statuses = calloc(threads, sizeof *sample->statuses);
  if (!sample->vectors || !sample->operands || !sample->queries || !sample->truth || !sample->truths ||
      !sample->found || !sample->shares || !sample->scratch || !sample->statuses)
    return STATUS_NO_MEMORY;
  enum status status = crew_new(threads, &sample->crew);
  for (unsigned i = 0; status == STATUS_OK && i < threads; i++)
    status = graph_scratch_new(sample->index, &sample->scratch[i]);
  return status;
}

/* A row as a fraction of the matrix, as evenly spread as the golden section's multiples are. */
static uint32_t row_at(const struct rows *rows, uint32_t number) {
  uint32_t fraction = number * 0x9E3779B9u;
  return (uint32_t)((uint64_t)fraction * rows->count >> 32);
}

/* Even queries are rows; odd ones a - b + c of rows divided by their norms, as /neighbors forms them. */
static void fill_query(struct sample *sample, uint32_t number) {
  static const double signs[OPERANDS] = {1, -1, 1};
  const struct rows *rows = sample->index->rows;
  float *vector = sample->vectors + (size_t)number * sample->dim;
  uint32_t operands = number % 2 == 0 ? 1 : OPERANDS;
  for (uint32_t j = 0; j < operands; j++) {
    uint32_t row = row_at(rows, OPERANDS * number + j);
    double norm = rows_norm(rows, row);
    const float *values = rows_at(rows, row);
    for (uint32_t i = 0; i < sample->dim && norm > 0; i++)
      vector[i] = (float)((double)vector[i] + signs[j] * ((double)values[i] / norm));
    sample->operands[number][j] = row;
  }
  sample->queries[number] = (struct exact_query){
      .vector = vector, .k = MOST, .excluded = sample->operands[number], .excluded_count = operands};
  sample->truths[number] = sample->truth + (size_t)number * MOST;
}

static void note(struct sample *sample, unsigned member, enum status status) {
  if (status != STATUS_OK) sample->statuses[member] = status;
}

static enum status worst_of(const struct sample *sample) {
  for (unsigned i = 0; i < crew_size(sample->crew); i++)
    if (sample->statuses[i] != STATUS_OK) return sample->statuses[i];
  return STATUS_OK;
}

static void answer_exactly(void *context, unsigned member, uint32_t first, uint32_t end) {
  struct sample *sample = context;
  note(sample, member,
       exact_search(sample->index->kernel, sample->index->rows, sample->queries + first, end - first,
                    sample->truths + first, sample->found + first));
}

/* How many of the first `k` hits are as near as the last of the exact ones, as a share of what could be found. */
static double share_found(const struct hit *hits, size_t found, const struct hit *truth, size_t exact, size_t k) {
  if (k > exact) k = exact;
  if (k == 0) return 1;
  size_t right = 0;
  for (size_t i = 0; i < found && i < k; i++) right += hits[i].similarity >= truth[k - 1].similarity;
  return (double)right / (double)k;
}

static void walk(void *context, unsigned member, uint32_t first, uint32_t end) {
  struct sample *sample = context;
  for (uint32_t number = first; number < end; number++)
    for (size_t c = 0; c < COLUMNS; c++) {
      const struct exact_query *exact = &sample->queries[number];
      struct graph_query query = {.vector = exact->vector,
                                  .k = columns[c],
                                  .width = sample->width,
                                  .excluded = exact->excluded,
                                  .excluded_count = exact->excluded_count};
      struct hit hits[MOST];
      size_t found = 0;
      note(sample, member, graph_search(sample->index, &query, sample->scratch[member], hits, &found));
      sample->shares[number][c] = share_found(hits, found, sample->truths[number], sample->found[number], columns[c]);
    }
}

/* The mean of a column, rounded down to four digits; what is lacking to a whole number by rounding is given. */
static double mean_of(const struct sample *sample, size_t column) {
  double sum = 0;
  for (uint32_t number = 0; number < sample->count; number++) sum += sample->shares[number][column];
  return floor(sum / sample->count * 1e4 + 1e-6) / 1e4;
}

static enum status measure(struct sample *sample, const struct recall_options *options, struct recall_table *table) {
  for (uint32_t number = 0; number < sample->count; number++) fill_query(sample, number);
  uint32_t slice = crew_size(sample->crew) * EXACT_BATCH, all = sample->count * (EXACT_WORTH + STEPS);
  for (uint32_t first = 0; first < sample->count; first += slice) {
    uint32_t count = sample->count - first < slice ? sample->count - first : slice;
    struct sample part = *sample;
    part.queries += first;
    part.truths += first;
    part.found += first;
    crew_share(sample->crew, count, EXACT_BATCH, answer_exactly, &part);
    if (options->progress) options->progress(options->context, (first + count) * EXACT_WORTH, all);
  }
  for (uint32_t i = 0; i < STEPS; i++) {
    sample->width = ladder[i];
    crew_share(sample->crew, sample->count, WALKS_GRAIN, walk, sample);
    table->steps[table->count++] = (struct recall_step){
        .width = ladder[i], .at_1 = mean_of(sample, 0), .at_10 = mean_of(sample, 1), .at_100 = mean_of(sample, 2)};
    if (options->progress) options->progress(options->context, sample->count * (EXACT_WORTH + i + 1), all);
  }
  return worst_of(sample);
}

enum status recall_measure(const struct graph_index *index, const struct recall_options *options,
                           struct recall_table *out) {
  struct sample sample = {
      .index = index, .dim = index->rows->dim, .count = options->queries > 0 ? options->queries : RECALL_SAMPLE};
  if (sample.count > index->rows->count) sample.count = index->rows->count;
  struct recall_table table = {.queries = sample.count};
  enum status status = allocate(&sample, options->threads);
  if (status == STATUS_OK) status = measure(&sample, options, &table);
  release(&sample, options->threads);
  if (status == STATUS_OK) *out = table;
  return status;
}
