/* Progress and summary of whatever makes a model. */
#include "server/import_view.h"

#include <stdio.h>
#include <string.h>

#include "store/clock.h"

void import_view_begin(struct import_view *view) {
  *view = (struct import_view){0};
  meter_begin(&view->meter);
}

void import_view_end(struct import_view *view) {
  meter_wipe(&view->meter);
}

/* "98.7 MB/s  ETA 0:04  1234 rows  12.3 of 456.7 MB", as far as it is known; what matters most comes first, as a narrow
 * terminal cuts the end. */
static void format_state(char *out, size_t size, const struct import_progress *progress, int64_t elapsed) {
  double read = (double)progress->bytes_read;
  double rate = elapsed > 0 ? read / (double)elapsed / 1000 : 0;
  if (progress->bytes_total == 0 || progress->bytes_read == 0 || elapsed <= 0) {
    snprintf(out, size, "%.1f MB/s  %llu rows  %.1f MB", rate, (unsigned long long)progress->rows, read / 1e6);
    return;
  }
  char left[32];
  double total = (double)progress->bytes_total;
  double rest = total > read ? (total - read) / read * (double)elapsed / 1000 : 0;
  meter_duration(left, sizeof left, (int64_t)(rest + 0.5));
  snprintf(out, size, "%.1f MB/s  ETA %s  %llu rows  %.1f of %.1f MB", rate, left, (unsigned long long)progress->rows,
           read / 1e6, total / 1e6);
}

/* "building the graph for approximate search  ETA 0:41", of a stage behind the reading. */
static void format_stage(char *out, size_t size, const struct import_progress *progress, int64_t elapsed) {
  static const char *const names[] = {
      [IMPORT_READING] = "",
      [IMPORT_CODES] = "making codes for exact search",
      [IMPORT_GRAPH] = "building the graph for approximate search",
      [IMPORT_RECALL] = "measuring what the graph finds",
      [IMPORT_FINISHING] = "sorting the words and writing the file to the disk",
  };
  int length = snprintf(out, size, "%llu rows; %s", (unsigned long long)progress->rows, names[progress->stage]);
  if (progress->done == 0 || length < 0 || (size_t)length >= size) return;
  char left[32];
  double rest = (double)(progress->all - progress->done) / progress->done * (double)elapsed / 1000;
  meter_duration(left, sizeof left, (int64_t)(rest + 0.5));
  snprintf(out + length, size - (size_t)length, ": %.0f%%  ETA %s", 100.0 * progress->done / progress->all, left);
}

/* How much of its stage is done, below 0 where that is not known. */
static double share_done(const struct import_progress *progress) {
  if (progress->all > 0) return (double)progress->done / progress->all;
  if (progress->stage != IMPORT_READING || progress->bytes_total == 0) return -1;
  return (double)progress->bytes_read / (double)progress->bytes_total;
}

void import_view_progress(void *context, const struct import_progress *progress) {
  struct import_view *shown = context;
  struct meter *meter = &shown->meter;
  int64_t now = clock_milliseconds();
  if (progress->stage != shown->stage) {
    shown->stage = progress->stage;
    meter->started = now;
  }
  if (!meter_is_due(meter, now)) return;
  char state[160];
  if (progress->stage == IMPORT_READING)
    format_state(state, sizeof state, progress, now - meter->started);
  else
    format_stage(state, sizeof state, progress, now - meter->started);
  meter_show(meter, share_done(progress), state);
}

void import_view_warning(void *context, const char *text) {
  struct import_view *shown = context;
  meter_wipe(&shown->meter);
  fprintf(stderr, "warning: %s\n", text);
}

/* ---- Summary */

/* "graph     189.5 MB in 81.2 s (build: 74.3 s, 3.1 MB of heap); recall@10 0.9512 at width 80, up to 0.9984 at 1200" */
static void print_graph(const struct import_graph_report *graph) {
  static const double usual = 0.95;
  if (!graph->made) return;
  const struct recall_step *last = &graph->recall.steps[graph->recall.count - 1];
  const struct recall_step *step = recall_cheapest(&graph->recall, 10, usual);
  printf("graph     %.1f MB in %.1f s (build: %.1f s, %.1f MB of heap); recall@10", (double)graph->bytes / 1e6,
         graph->seconds, graph->build_seconds, (double)graph->private_bytes / 1e6);
  if (step) printf(" %g at width %u,", step->at_10, step->width);
  printf(" up to %g at %u\n", last->at_10, last->width);
}

void import_view_report(const struct import_report *report) {
  printf("%s: %llu rows x %u  (%s)\n", report->name, (unsigned long long)report->rows, report->dim,
         report->source_format);
  for (unsigned skip = 0; skip < SKIP_COUNT; skip++) {
    if (report->skipped[skip] == 0) continue;
    printf("skipped   %llu %s, the first: %s\n", (unsigned long long)report->skipped[skip], skip_name((enum skip)skip),
           report->first_skipped[skip]);
  }
  if (report->warnings > 0) printf("warnings  %llu\n", (unsigned long long)report->warnings);
  print_graph(&report->graph);
  printf("time      %.2f s, %.1f MB/s%s\n", report->seconds, report->mb_per_second,
         report->graph.made ? " without the graph" : "");
  printf("file      %s, %.1f MB\n", report->path, (double)report->file_size / 1e6);
  printf("digest    %s\n", report->digest);
}
