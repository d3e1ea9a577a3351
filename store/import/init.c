/* Random rows straight into the writer, and from there on as an import. */
#include "store/import/init.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/clock.h"
#include "store/import/encoding.h"
#include "store/import/import_derive.h"
#include "store/import/word_list.h"
#include "store/matrix/writer.h"
#include "store/xoshiro.h"

enum { ROWS_BETWEEN_REPORTS = 1024 };

static const double normal_most = 12.1; /* of xoshiro_normal() */

struct init {
  const struct init_options *options;
  struct problem *problem;
  struct word_list *words; /* NULL: numbers */
  struct writer *writer;
  struct xoshiro random;
  uint64_t rows;
  float *vector; /* [dim] */
  struct import_report report;
};

static void report_stage(void *context, enum import_stage stage, uint32_t done, uint32_t all) {
  const struct init *init = context;
  if (!init->options->progress) return;
  struct import_progress progress = {.stage = stage, .done = done, .all = all, .rows = init->report.rows};
  init->options->progress(init->options->context, &progress);
}

/* ---- what can be made */

static enum status check(const struct init_options *options, struct problem *problem) {
  double first = options->first, second = options->second;
  if (options->rows > MODEL_ROWS_MAX || options->dim < 1 || options->dim > MODEL_DIM_MAX)
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "a model has 1 to %u rows of 1 to %d numbers", MODEL_ROWS_MAX,
                       MODEL_DIM_MAX);
  if (options->rows == 0 && !options->words)
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "how many rows? --rows N, or a list of --words, says so");
  if (options->distribution == INIT_UNIFORM && !(first < second && first >= -FLT_MAX && second <= FLT_MAX))
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "%g to %g is no range of float32 numbers", first, second);
  if (options->distribution == INIT_NORMAL && !(second >= 0 && fabs(first) + normal_most * second <= FLT_MAX))
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0,
                       "a mean of %g with a standard deviation of %g gives no float32 numbers", first, second);
  return STATUS_OK;
}

static enum status open_words(struct init *init) {
  const struct init_options *options = init->options;
  uint64_t count;
  init->rows = options->rows;
  if (!options->words) return STATUS_OK;
  if (strcmp(options->words, "-") == 0)
    return problem_set(init->problem, STATUS_BAD_ARGUMENT, 0, "the words must be in a file");
  enum status status = word_list_count(options->words, init->problem, &count);
  if (status == STATUS_OK) status = word_list_open(options->words, init->problem, &init->words);
  if (status != STATUS_OK) return status;
  if (init->rows == 0) init->rows = count;
  if (count > 0 && count >= init->rows) return STATUS_OK;
  return problem_set(init->problem, STATUS_BAD_MATRIX, 0, "%.200s has %llu words, but %llu rows are to be made",
                     word_list_label(init->words), (unsigned long long)count,
                     (unsigned long long)(init->rows > 0 ? init->rows : 1));
}

/* ---- rows */

static enum status next_word(struct init *init, char number[24], struct word *word) {
  bool more = false;
  if (!init->words) {
    *word = (struct word){number, (size_t)snprintf(number, 24, "%llu", (unsigned long long)init->report.rows)};
    return STATUS_OK;
  }
  enum status status = word_list_next(init->words, init->problem, &more, word);
  if (status != STATUS_OK || more) return status;
  return problem_set(init->problem, STATUS_BAD_MATRIX, 0, "%.200s: the list of words has become shorter",
                     word_list_label(init->words));
}

static void next_vector(struct init *init) {
  const struct init_options *options = init->options;
  double first = options->first, second = options->second;
  for (uint32_t i = 0; i < options->dim; i++)
    init->vector[i] = options->distribution == INIT_NORMAL
                          ? (float)(first + second * xoshiro_normal(&init->random))
                          : (float)(first + (second - first) * xoshiro_unit(&init->random));
}

static enum status word_twice(const struct init *init, struct word word, uint32_t row) {
  char shown[100];
  unsigned long long line = init->report.rows + 1;
  encoding_show(word.bytes, word.length, shown, sizeof shown);
  return problem_set(init->problem, STATUS_BAD_MATRIX, line, "%.200s: line %llu: %s is in line %llu already",
                     word_list_label(init->words), line, shown, (unsigned long long)row + 1);
}

static enum status add_rows(struct init *init) {
  for (; init->report.rows < init->rows; init->report.rows++) {
    char number[24];
    struct word word;
    uint32_t row;
    enum status status = next_word(init, number, &word);
    if (status != STATUS_OK) return status;
    next_vector(init);
    status = writer_add(init->writer, word, init->vector, init->options->dim, init->problem, &row);
    if (status == STATUS_EXISTS) return word_twice(init, word, row);
    if (status != STATUS_OK) return status;
    if (init->report.rows % ROWS_BETWEEN_REPORTS == 0)
      report_stage(init, IMPORT_READING, (uint32_t)init->report.rows, (uint32_t)init->rows);
  }
  return STATUS_OK;
}

/* ---- the whole */

static enum status finish(struct init *init) {
  const struct init_options *options = init->options;
  struct import_derive derive = {.threads = options->threads,
                                 .no_index = options->no_index,
                                 .graph_rows = options->graph_rows,
                                 .progress = report_stage,
                                 .context = init};
  char source[128];
  snprintf(source, sizeof source, "seed %llu, %s %.9g,%.9g", (unsigned long long)options->seed,
           options->distribution == INIT_NORMAL ? "normal" : "uniform", options->first, options->second);
  struct writer_origin origin = {.source = source, .source_format = "random", .imported_at = (int64_t)time(NULL)};
  enum status status = import_derive(init->writer, &derive, init->problem, &init->report.graph);
  if (status != STATUS_OK) return status;
  report_stage(init, IMPORT_FINISHING, 0, 0);
  return writer_finish(init->writer, &origin, options->threads, init->problem, &init->report.file_size,
                       init->report.digest);
}

static enum status open_all(struct init *init) {
  const struct init_options *options = init->options;
  struct import_report *report = &init->report;
  enum status status = model_path(options->store, options->name, report->path, sizeof report->path, init->problem);
  if (status == STATUS_OK) status = check(options, init->problem);
  if (status == STATUS_OK) status = open_words(init);
  if (status != STATUS_OK) return status;
  memcpy(report->name, options->name, strlen(options->name) + 1);
  report->source_format = "random";
  report->dim = options->dim;
  xoshiro_seed(&init->random, options->seed);
  init->vector = malloc(sizeof *init->vector * options->dim);
  if (!init->vector) return problem_set(init->problem, STATUS_NO_MEMORY, 0, "out of memory");
  return writer_open(options->store, options->name, options->replace, init->problem, &init->writer);
}

enum status init_run(const struct init_options *options, struct problem *problem, struct import_report *report) {
  struct problem own;
  struct init *init = calloc(1, sizeof *init);
  if (!init) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  int64_t started = clock_microseconds();
  init->options = options;
  init->problem = problem ? problem : &own;
  enum status status = open_all(init);
  if (status == STATUS_OK) status = add_rows(init);
  if (status == STATUS_OK) status = finish(init);
  struct import_report *made = &init->report;
  made->seconds = (double)(clock_microseconds() - started) / 1e6;
  made->text_bytes = made->rows * options->dim * sizeof(float);
  double seconds = made->seconds - made->graph.seconds;
  if (seconds > 0) made->mb_per_second = (double)made->text_bytes / 1e6 / seconds;
  if (status == STATUS_OK) *report = init->report;
  writer_close(init->writer);
  word_list_close(init->words);
  free(init->vector);
  free(init);
  return status;
}
