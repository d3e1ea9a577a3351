/* Drives an export: which rows fit, whether the first of them come back, and then all of them into files that get their
 * names at the end. */
#include "store/export/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/export/form.h"
#include "store/export/paths.h"
#include "store/export/rehearsal.h"
#include "store/import/encoding.h"
#include "store/import/float_parse.h"

enum { ROWS_BETWEEN_REPORTS = 1024 };

static enum status row_of_model(void *context, uint64_t at, struct problem *problem, struct word *word,
                                const float **vector) {
  const struct model *model = context;
  (void)problem;
  *word = vocabulary_word(model_vocabulary(model), (uint32_t)at);
  *vector = rows_at(model_rows(model), (uint32_t)at);
  return STATUS_OK;
}

struct export_rows export_rows_of(const struct model *model) {
  const struct rows *rows = model_rows(model);
  return (struct export_rows){.count = rows->count,
                              .dim = rows->dim,
                              .row = row_of_model,
                              .context = (void *)(uintptr_t)model,
                              .source = model};
}

struct run {
  const struct export_options *options;
  struct export_job job;
  struct output outputs[EXPORT_FILES_MAX];
  char paths[EXPORT_FILES_MAX][MODEL_PATH_MAX];
  struct export_report report;
};

static enum status note_misfit(struct run *run, uint64_t at, struct word word, const char *reason) {
  struct export_report *report = &run->report;
  char shown[100];
  if (report->misfits++ > 0 && run->options->misfits == MISFITS_SKIP) return STATUS_OK;
  encoding_show(word.bytes, word.length, shown, sizeof shown);
  snprintf(report->first_misfit, sizeof report->first_misfit, "row %llu: %s: %s", (unsigned long long)at, shown,
           reason);
  if (run->options->misfits == MISFITS_SKIP) return STATUS_OK;
  return problem_set(run->job.problem, STATUS_UNSUPPORTED, 0,
                     "row %llu (%s): %s cannot hold %s; choose another --format, or --misfits skip to leave such rows "
                     "out",
                     (unsigned long long)at, shown, run->job.form->name, reason);
}

/* How many rows are written; which ones, the same question tells once more when they are. */
static enum status count_fitting(struct run *run) {
  const struct export_rows *rows = &run->options->rows;
  struct export_job *job = &run->job;
  for (uint64_t at = 0; at < rows->count; at++) {
    struct word word;
    const float *vector;
    enum status status = rows->row(rows->context, at, job->problem, &word, &vector);
    if (status != STATUS_OK) return status;
    const char *reason = job->form->misfit(job, word, vector, &status);
    if (status == STATUS_OK && reason) status = note_misfit(run, at, word, reason);
    if (status != STATUS_OK) return status;
  }
  job->count = rows->count - run->report.misfits;
  if (job->count > 0) return STATUS_OK;
  return problem_set(job->problem, STATUS_UNSUPPORTED, 0, "no rows to export%s%s", run->report.misfits ? "; " : "",
                     run->report.first_misfit);
}

static void report_progress(const struct run *run, uint64_t at) {
  if (!run->options->progress || at % ROWS_BETWEEN_REPORTS != 0) return;
  struct export_progress progress = {.done = at, .all = run->options->rows.count};
  for (unsigned i = 0; i < run->job.form->files; i++) progress.bytes += run->outputs[i].bytes;
  run->options->progress(run->options->context, &progress);
}

static enum status write_rows(struct run *run) {
  const struct export_rows *rows = &run->options->rows;
  struct export_job *job = &run->job;
  enum status status = job->form->begin ? job->form->begin(job) : STATUS_OK;
  for (uint64_t at = 0; status == STATUS_OK && at < rows->count; at++) {
    struct word word;
    const float *vector;
    status = rows->row(rows->context, at, job->problem, &word, &vector);
    bool fits = status == STATUS_OK && (run->report.misfits == 0 || !job->form->misfit(job, word, vector, &status));
    if (status == STATUS_OK && fits) status = job->form->row(job, word, vector);
    report_progress(run, at);
  }
  return status == STATUS_OK && job->form->end ? job->form->end(job) : status;
}

/* All are whole before one has its name. If the second then cannot have its own, the first loses what it was given;
 * what it replaced is gone, as it would be a moment later. */
static enum status name_files(struct run *run) {
  enum status status = STATUS_OK;
  unsigned files = run->job.form->files, named = 0;
  for (unsigned i = 0; status == STATUS_OK && i < files; i++) status = output_flush(&run->outputs[i], run->job.problem);
  for (; status == STATUS_OK && named < files; named++) {
    status = output_name(&run->outputs[named], run->job.problem);
    if (status != STATUS_OK) break;
  }
  for (unsigned i = 0; status != STATUS_OK && i < named; i++) output_unname(&run->outputs[i]);
  return status;
}

static enum status write_files(struct run *run) {
  struct problem *problem = run->job.problem;
  unsigned files = run->job.form->files;
  enum status status = STATUS_OK;
  for (unsigned i = 0; i < files && status == STATUS_OK; i++)
    status = output_open(&run->outputs[i], run->paths[i], run->options->replace, problem);
  if (status == STATUS_OK) status = write_rows(run);
  const struct model *source = run->options->rows.source;
  if (source && model_lost(source)) status = model_tell_lost(run->options->name, problem);
  if (status == STATUS_OK) status = name_files(run);
  if (status != STATUS_OK) return status;
  run->report.rows = run->job.count;
  run->report.file_count = files;
  for (unsigned i = 0; i < files; i++) {
    memcpy(run->report.files[i].path, run->paths[i], sizeof run->paths[i]);
    run->report.files[i].bytes = run->outputs[i].bytes;
  }
  return STATUS_OK;
}

static enum status prepare(struct run *run) {
  const struct export_options *options = run->options;
  struct export_job *job = &run->job;
  job->form = export_form_of(options->format);
  job->model = options->model;
  job->dim = options->rows.dim;
  job->outputs = run->outputs;
  job->locale = float_parse_locale();
  job->vector = malloc(sizeof *job->vector * job->dim);
  if (!job->locale || !job->vector) return problem_set(job->problem, STATUS_NO_MEMORY, 0, "out of memory");
  if (job->form->whole && !options->model)
    return problem_set(job->problem, STATUS_BAD_ARGUMENT, 0,
                       "%s is of a whole model: some of its words cannot be chosen", job->form->name);
  return export_paths(job->form, options->path, options->name, job->problem, run->paths);
}

enum status export_run(const struct export_options *options, struct problem *problem, struct export_report *report) {
  struct run *run = calloc(1, sizeof *run);
  struct problem own;
  if (!run) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  run->options = options;
  run->job.problem = problem ? problem : &own;
  for (unsigned i = 0; i < EXPORT_FILES_MAX; i++) run->outputs[i] = OUTPUT_NONE;
  bytes_init(&run->job.line, (size_t)1 << 32);
  enum status status = prepare(run);
  if (status == STATUS_OK) status = count_fitting(run);
  if (status == STATUS_OK) status = export_rehearse(&run->job, &options->rows);
  if (status == STATUS_OK) status = write_files(run);
  if (status == STATUS_OK) *report = run->report;
  for (unsigned i = 0; i < EXPORT_FILES_MAX; i++) output_close(&run->outputs[i]);
  bytes_release(&run->job.line);
  if (run->job.locale) freelocale(run->job.locale);
  free(run->job.vector);
  free(run);
  return status;
}
