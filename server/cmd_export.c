/* wordvec export NAME: writes a model's rows in a layout that others read. The summary goes to standard output, unless
 * the rows do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/chosen_words.h"
#include "server/commands.h"
#include "server/meter.h"
#include "store/clock.h"
#include "store/export/export.h"

static void show_progress(void *context, const struct export_progress *progress) {
  struct meter *meter = context;
  int64_t now = clock_milliseconds();
  if (!meter_is_due(meter, now)) return;
  double share = progress->all > 0 ? (double)progress->done / (double)progress->all : -1;
  double elapsed = (double)(now - meter->started) / 1000;
  char state[160], left[32] = "?";
  if (share > 0) meter_duration(left, sizeof left, (int64_t)(elapsed / share * (1 - share) + 0.5));
  snprintf(state, sizeof state, "%.1f MB/s  ETA %s  %llu of %llu rows", (double)progress->bytes / 1e6 / elapsed, left,
           (unsigned long long)progress->done, (unsigned long long)progress->all);
  meter_show(meter, share, state);
}

static void print_report(FILE *out, const struct export_options *export, const struct chosen_words *chosen,
                         const struct export_report *report) {
  fprintf(out, "%s: %llu rows x %u  (%s)\n", export->name, (unsigned long long)report->rows, export->rows.dim,
          export_format_names[export->format]);
  if (chosen && chosen->unknown > 0)
    fprintf(out, "unknown   %llu%s, the first: %s\n", (unsigned long long)chosen->unknown,
            chosen->oov == OOV_NULL ? " left out" : "", chosen->first_unknown);
  if (chosen && chosen->repeated > 0) fprintf(out, "repeated  %llu\n", (unsigned long long)chosen->repeated);
  if (report->misfits > 0)
    fprintf(out, "left out  %llu, the first: %s\n", (unsigned long long)report->misfits, report->first_misfit);
  for (unsigned i = 0; i < report->file_count; i++)
    fprintf(out, "file      %s, %.1f MB\n",
            strcmp(report->files[i].path, "-") == 0 ? "standard output" : report->files[i].path,
            (double)report->files[i].bytes / 1e6);
}

/* The model's rows, or those of the words that are chosen. */
static enum status write_model(const struct options *options, struct model *model, struct problem *problem) {
  const struct export_flags *flags = &options->export;
  const struct word_policy policy = {.oov = flags->oov, .letter_case = flags->letter_case};
  struct chosen_words chosen = {0};
  struct export_report report;
  struct meter meter;
  enum status status = STATUS_OK;
  if (flags->words) status = chosen_words_read(model, flags->words, policy, problem, &chosen);
  meter_begin(&meter);
  struct export_options export = {.rows = flags->words ? chosen_words_rows(&chosen) : export_rows_of(model),
                                  .model = flags->words ? NULL : model,
                                  .name = options->operand,
                                  .format = flags->format,
                                  .path = flags->output,
                                  .replace = flags->force,
                                  .misfits = flags->misfits,
                                  .progress = show_progress,
                                  .context = &meter};
  if (status == STATUS_OK) status = export_run(&export, problem, &report);
  meter_wipe(&meter);
  bool piped = flags->output && strcmp(flags->output, "-") == 0;
  if (status == STATUS_OK) print_report(piped ? stderr : stdout, &export, flags->words ? &chosen : NULL, &report);
  if (flags->words) chosen_words_release(&chosen);
  return status;
}

int cmd_export(const struct options *options) {
  char path[MODEL_PATH_MAX];
  struct problem problem;
  struct model *model;
  if (command_open_model(options, path, &problem, &model) != STATUS_OK) return command_fail(options, &problem);
  enum status status = write_model(options, model, &problem);
  /* Whatever went wrong, or seemed to go well, it was with zeros then. */
  if (model_lost(model)) status = model_tell_lost(path, &problem);
  model_drop(model);
  return status == STATUS_OK ? EXIT_SUCCESS : command_fail(options, &problem);
}
