/* Drives an import: source → reader → rules on what is imperfect → writer, with progress and a report. */
#include "store/import/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/bytes.h"
#include "store/import/detect.h"
#include "store/import/encoding.h"
#include "store/import/import_derive.h"
#include "store/import/last_rows.h"
#include "store/import/reader.h"
#include "store/import/source.h"
#include "store/import/word_list.h"
#include "store/matrix/writer.h"
#include "store/utf8.h"

enum {
  ROWS_BETWEEN_LOOKS = 256, /* at the clock */
  SHOWN = 80                /* bytes of a word in a text */
};
static const double progress_interval = 0.2; /* seconds */

struct run {
  const struct import_options *options;
  struct problem *problem;
  struct import_report report;
  struct source *source;
  struct layout layout;
  struct word_list *words; /* only for a layout without words */
  struct reader *reader;
  struct writer *writer;
  struct last_rows *last; /* only for DUPLICATES_LAST */
  struct bytes repaired;  /* only for ENCODING_REPLACE: the word of the row */
  uint64_t rows_seen;     /* of the source, whatever became of them */
  double started, reported;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void report_stage(struct run *run, enum import_stage stage, uint32_t done, uint32_t all) {
  if (!run->options->progress) return;
  struct import_progress progress = {.stage = stage,
                                     .done = done,
                                     .all = all,
                                     .bytes_read = run->reader->stored_bytes,
                                     .bytes_total = source_total(run->source),
                                     .rows = run->last && stage == IMPORT_READING ? run->rows_seen : run->report.rows};
  run->options->progress(run->options->context, &progress);
}

static void report_derived(void *context, enum import_stage stage, uint32_t done, uint32_t all) {
  report_stage(context, stage, done, all);
}

static void look_at_clock(struct run *run) {
  if (run->rows_seen % ROWS_BETWEEN_LOOKS != 0) return;
  double time = now();
  if (time - run->reported < progress_interval) return;
  run->reported = time;
  report_stage(run, IMPORT_READING, 0, 0);
}

/* The reader's, which reads all of some sources before the first row. */
static void report_reading(void *context) {
  look_at_clock(context);
}

/* ---- what is imperfect ---- */

static enum status warn(struct run *run, const char *text) {
  if (run->options->strict)
    return source_problem(run->source, 0, run->problem, "%s (an error because of --strict)", text);
  run->report.warnings++;
  if (run->options->warning) {
    char line[sizeof run->problem->text];
    snprintf(line, sizeof line, "%.200s: %s", source_label(run->source), text);
    for (char *p = line; *p; p++) /* a file's name may hold anything */
      if ((unsigned char)*p < 0x20 || *p == 0x7F) *p = '?';
    run->options->warning(run->options->context, line);
  }
  return STATUS_OK;
}

/* One row that is left out. `detail` goes behind its word: " (row 3 has it)". */
static enum status skip(struct run *run, enum skip kind, struct word word, uint64_t position, const char *detail) {
  static const char *const reasons[SKIP_COUNT] = {
      [SKIP_DUPLICATE] = "the word occurs more than once",
      [SKIP_CUT_SHORT] = "the last line is cut short",
      [SKIP_NOT_FINITE] = "a number is NaN, infinite or too large for a float32",
      [SKIP_ENCODING] = "the word is not UTF-8",
  };
  char shown[SHOWN], where[sizeof *run->report.first_skipped];
  encoding_show(word.bytes, word.length, shown, sizeof shown);
  snprintf(where, sizeof where, "%s %llu: %s%s", run->reader->unit, (unsigned long long)position, shown, detail);
  bool refused = run->options->strict || (kind == SKIP_DUPLICATE && run->options->duplicates == DUPLICATES_ERROR) ||
                 (kind == SKIP_ENCODING && run->options->encoding == ENCODING_ERROR);
  if (refused) return source_problem(run->source, position, run->problem, "%s: %s", where, reasons[kind]);
  if (run->report.skipped[kind]++ == 0) memcpy(run->report.first_skipped[kind], where, sizeof where);
  return STATUS_OK;
}

/* Applies --encoding-errors to a word that is not UTF-8; *left_out says whether the row is dropped. */
static enum status repair(struct run *run, const struct reader_row *row, struct word *word, bool *left_out) {
  if (run->options->encoding != ENCODING_REPLACE) {
    *left_out = true;
    return skip(run, SKIP_ENCODING, *word, row->position, "");
  }
  run->repaired.length = 0;
  enum status status = encoding_repair(word->bytes, word->length, &run->repaired);
  if (status == STATUS_LIMIT)
    return source_problem(run->source, row->position, run->problem,
                          "%s %llu: with U+FFFD for what is not UTF-8 in it, the word has more than %d bytes",
                          run->reader->unit, (unsigned long long)row->position, WORD_LENGTH_MAX);
  if (status != STATUS_OK) return problem_set(run->problem, status, 0, "no memory to repair a word");
  *word = (struct word){(const char *)run->repaired.data, run->repaired.length};
  return STATUS_OK;
}

/* ---- rows ---- */

static enum status keep(struct run *run, struct word word, const float *vector, uint64_t position) {
  uint32_t row;
  enum status status = writer_add(run->writer, word, vector, run->layout.dim, run->problem, &row);
  if (status == STATUS_EXISTS) {
    char detail[40];
    snprintf(detail, sizeof detail, " (row %u has it)", row);
    return skip(run, SKIP_DUPLICATE, word, position, detail);
  }
  if (status == STATUS_OK) run->report.rows++;
  return status;
}

static enum status put_aside(struct run *run, struct word word, const float *vector, uint64_t position) {
  uint64_t earlier;
  enum status status = last_rows_add(run->last, word, vector, position, run->problem, &earlier);
  if (status != STATUS_EXISTS) return status;
  char detail[64];
  snprintf(detail, sizeof detail, " (%s %llu has it again)", run->reader->unit, (unsigned long long)position);
  return skip(run, SKIP_DUPLICATE, word, earlier, detail);
}

static enum status take_row(struct run *run, const struct reader_row *row) {
  run->rows_seen++;
  if (row->kind == ROW_CUT_SHORT) return skip(run, SKIP_CUT_SHORT, row->word, row->position, "");
  if (row->kind == ROW_NOT_FINITE) return skip(run, SKIP_NOT_FINITE, row->word, row->position, "");
  struct word word = row->word;
  if (run->options->encoding != ENCODING_KEEP && !utf8_valid(word.bytes, word.length)) {
    bool left_out = false;
    enum status status = repair(run, row, &word, &left_out);
    if (status != STATUS_OK || left_out) return status;
  }
  return run->last ? put_aside(run, word, row->vector, row->position) : keep(run, word, row->vector, row->position);
}

static bool is_full(const struct run *run) {
  return run->options->limit > 0 && run->report.rows >= run->options->limit;
}

/* Hands on the rows that were put aside, once all are known. */
static enum status keep_last_rows(struct run *run) {
  struct word word;
  const float *vector;
  enum status status = STATUS_OK;
  while (status == STATUS_OK && !is_full(run) && last_rows_next(run->last, &word, &vector))
    status = keep(run, word, vector, 0);
  return status;
}

/* What only the end of the source can tell. */
static enum status check_end(struct run *run) {
  const char *odd = source_warning(run->source);
  enum status status = odd ? warn(run, odd) : STATUS_OK;
  uint64_t declared = run->layout.declared_rows;
  if (status != STATUS_OK || run->layout.header_length == 0 || declared == run->rows_seen) return status;
  char text[160];
  snprintf(text, sizeof text, "the header says %llu rows, but there are %llu", (unsigned long long)declared,
           (unsigned long long)run->rows_seen);
  return warn(run, text);
}

static enum status read_rows(struct run *run) {
  for (;;) {
    if (is_full(run)) return STATUS_OK;
    struct reader_row row;
    enum status status = reader_next(run->reader, run->problem, &row);
    if (status == STATUS_OK && row.kind == ROW_END) status = check_end(run);
    if (status != STATUS_OK) return status;
    if (row.kind == ROW_END) return run->last ? keep_last_rows(run) : STATUS_OK;
    if ((status = take_row(run, &row)) != STATUS_OK) return status;
    look_at_clock(run);
  }
}

/* ---- the whole ---- */

/* The list of words of a matrix that has none: named, or beside it. */
static enum status find_words(const struct run *run, char path[SOURCE_PATH_MAX]) {
  const char *named = run->options->words;
  struct source_path parts = {.file = "-"};
  if (named && (strcmp(named, "-") == 0 || strlen(named) >= SOURCE_PATH_MAX))
    return problem_set(run->problem, STATUS_BAD_ARGUMENT, 0, "%s: the words must be in a file", named);
  if (named) {
    memcpy(path, named, strlen(named) + 1);
    return STATUS_OK;
  }
  bool standard_input = strcmp(run->options->path, "-") == 0;
  enum status status = standard_input ? STATUS_OK : source_path_split(run->options->path, run->problem, &parts);
  if (status != STATUS_OK) return status;
  status = standard_input || parts.member[0] ? STATUS_NOT_FOUND : word_list_beside(parts.file, path, SOURCE_PATH_MAX);
  if (status == STATUS_OK) return status;
  return problem_set(run->problem, STATUS_BAD_ARGUMENT, 0,
                     "%.200s: an array has no words: name a file of them with --words, one a line for each row (or put "
                     "it beside the array: x.words.txt for x.npy)",
                     source_label(run->source));
}

/* Which words are which rows' is told by their order alone, so their number must be right before one is taken. */
static enum status open_words(struct run *run) {
  char path[SOURCE_PATH_MAX];
  uint64_t count;
  bool needed = run->layout.format == IMPORT_NPY;
  if (!needed && run->options->words)
    return problem_set(run->problem, STATUS_BAD_ARGUMENT, 0, "%.200s has words of its own: --words is for npy",
                       source_label(run->source));
  if (!needed) return STATUS_OK;
  enum status status = find_words(run, path);
  if (status == STATUS_OK) status = word_list_count(path, run->problem, &count);
  if (status == STATUS_OK) status = word_list_open(path, run->problem, &run->words);
  if (status != STATUS_OK || count == run->layout.declared_rows) return status;
  return source_problem(run->source, 0, run->problem, "the array has %llu rows, but %.100s has %llu words",
                        (unsigned long long)run->layout.declared_rows, word_list_label(run->words),
                        (unsigned long long)count);
}

static enum status open_all(struct run *run) {
  const struct import_options *options = run->options;
  struct import_report *report = &run->report;
  const char *name = options->name;
  enum status status = STATUS_OK;
  if (!name) status = import_name_of(options->path, run->problem, report->name);
  if (status == STATUS_OK)
    status = model_path(options->store, name ? name : report->name, report->path, sizeof report->path, run->problem);
  if (status == STATUS_OK && name) memcpy(report->name, name, strlen(name) + 1);
  if (status == STATUS_OK) status = source_open(options->path, run->problem, &run->source);
  if (status == STATUS_OK) status = detect(run->source, options->format, run->problem, &run->layout);
  if (status == STATUS_OK) status = open_words(run);
  struct reader_needs needs = {.threads = options->threads,
                               .words = run->words,
                               .folder = options->store,
                               .tick = report_reading,
                               .context = run};
  if (status == STATUS_OK) status = reader_open(run->source, &run->layout, &needs, run->problem, &run->reader);
  if (status == STATUS_OK)
    status = writer_open(options->store, report->name, options->replace, run->problem, &run->writer);
  if (status == STATUS_OK && options->duplicates == DUPLICATES_LAST)
    status = last_rows_new(options->store, run->layout.dim, run->problem, &run->last);
  return status;
}

/* What searches need beside the rows. */
static enum status derive(struct run *run) {
  const struct import_options *options = run->options;
  struct import_derive derive = {.threads = options->threads,
                                 .no_index = options->no_index,
                                 .graph_rows = options->graph_rows,
                                 .progress = report_derived,
                                 .context = run};
  return import_derive(run->writer, &derive, run->problem, &run->report.graph);
}

static enum status finish(struct run *run) {
  struct import_report *report = &run->report;
  if (report->rows == 0)
    return source_problem(run->source, 0, run->problem, "no rows: %s",
                          run->rows_seen ? "all were skipped" : "nothing follows the header");
  enum status status = STATUS_OK;
  if (run->reader->subwords) status = writer_add_subwords(run->writer, run->reader->subwords, run->problem);
  if (status == STATUS_OK) status = derive(run);
  if (status != STATUS_OK) return status;
  report_stage(run, IMPORT_FINISHING, 0, 0);
  struct writer_origin origin = {.source = source_label(run->source),
                                 .source_format = import_format_names[run->layout.format],
                                 .imported_at = (int64_t)time(NULL),
                                 .declared_rows = run->layout.declared_rows};
  memcpy(origin.skipped, report->skipped, sizeof origin.skipped);
  return writer_finish(run->writer, &origin, run->options->threads, run->problem, &report->file_size, report->digest);
}

static void complete_report(struct run *run) {
  struct import_report *report = &run->report;
  report->source_format = import_format_names[run->layout.format];
  report->dim = run->layout.dim;
  report->declared_rows = run->layout.declared_rows;
  report->bytes_read = run->reader->stored_bytes;
  report->text_bytes = run->reader->text_bytes;
  report->seconds = now() - run->started;
  double seconds = report->seconds - report->graph.seconds;
  if (seconds > 0) report->mb_per_second = (double)report->text_bytes / 1e6 / seconds;
}

enum status import_run(const struct import_options *options, struct problem *problem, struct import_report *report) {
  struct run *run = calloc(1, sizeof *run);
  if (!run) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  struct problem own;
  run->options = options;
  run->problem = problem ? problem : &own;
  run->started = run->reported = now();
  bytes_init(&run->repaired, WORD_LENGTH_MAX);
  enum status status = open_all(run);
  if (status == STATUS_OK) status = read_rows(run);
  if (status == STATUS_OK) status = finish(run);
  if (status == STATUS_OK) {
    complete_report(run);
    *report = run->report;
  }
  bytes_release(&run->repaired);
  last_rows_free(run->last);
  writer_close(run->writer);
  reader_close(run->reader);
  word_list_close(run->words);
  source_close(run->source);
  free(run);
  return status;
}
