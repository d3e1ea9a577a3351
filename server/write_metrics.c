/* One function a group of families. The first failure sticks, as in json_text. */
#include "server/write_metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/routes.h"
#include "store/matrix/model.h"

struct text {
  struct bytes *out;
  enum status status;
};

static void append(struct text *text, const char *bytes, size_t length) {
  if (text->status == STATUS_OK) text->status = bytes_append(text->out, bytes, length);
}

/* One line, which is always shorter than the buffer: a model's name, escaped, is the longest part. */
__attribute__((format(printf, 2, 3))) static void line(struct text *text, const char *format, ...) {
  char buffer[768];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(buffer, sizeof buffer - 1, format, arguments);
  va_end(arguments);
  if (length < 0) return;
  size_t used = (size_t)length < sizeof buffer - 1 ? (size_t)length : sizeof buffer - 2;
  buffer[used++] = '\n';
  append(text, buffer, used);
}

static void family(struct text *text, const char *name, const char *type, const char *help) {
  line(text, "# HELP %s %s", name, help);
  line(text, "# TYPE %s %s", name, type);
}

/* A family of one counter or gauge without labels. */
static void single(struct text *text, const char *name, const char *type, const char *help, uint64_t value) {
  family(text, name, type, help);
  line(text, "%s %" PRIu64, name, value);
}

/* A label's value as the format wants it, cut where it does not fit. */
enum { LABEL_SIZE = 2 * MODEL_NAME_MAX + 1 };
static const char *label(char out[LABEL_SIZE], const char *value) {
  size_t used = 0;
  for (; *value && used + 2 < LABEL_SIZE; value++) {
    if (*value == '\\' || *value == '"' || *value == '\n') out[used++] = '\\';
    out[used++] = *value == '\n' ? 'n' : *value;
  }
  out[used] = '\0';
  return out;
}

static void histogram(struct text *text, const char *name, const char *key, const char *value,
                      const struct metrics_histogram *durations) {
  uint64_t count = 0;
  for (size_t i = 0; i < METRICS_BOUNDS; i++) {
    count += durations->counts[i];
    line(text, "%s_bucket{%s=\"%s\",le=\"%g\"} %" PRIu64, name, key, value, metrics_bound(i) / 1e6, count);
  }
  count += durations->counts[METRICS_BOUNDS];
  line(text, "%s_bucket{%s=\"%s\",le=\"+Inf\"} %" PRIu64, name, key, value, count);
  line(text, "%s_sum{%s=\"%s\"} %" PRIu64 ".%06" PRIu64, name, key, value, durations->microseconds / 1000000,
       durations->microseconds % 1000000);
  line(text, "%s_count{%s=\"%s\"} %" PRIu64, name, key, value, count);
}

/* ---- requests */

enum { ROUTE_LABEL = 64 };

/* "/models/NAME" for what begins with "/models/"; "other" for paths of no route. */
static const char *route_label(const struct route *route, char out[ROUTE_LABEL]) {
  const char *path = route ? route->path : "other";
  snprintf(out, ROUTE_LABEL, "%s%s", path, path[strlen(path) - 1] == '/' ? "NAME" : "");
  return out;
}

static void write_requests_of(struct text *text, const struct metrics *metrics, size_t number, const char *route) {
  for (unsigned method = 0; method < METRICS_METHODS; method++)
    for (size_t code = 0; metrics_code(code); code++)
      if (metrics_has(metrics, number, method, code))
        line(text, "wordvec_http_requests_total{route=\"%s\",method=\"%s\",code=\"%s\"} %" PRIu64, route,
             metrics_method(method), metrics_code(code), metrics_requests(metrics, number, method, code));
}

static void write_requests(struct text *text, const struct metrics_page *page, const struct metrics_totals *totals) {
  static const char durations_name[] = "wordvec_http_request_duration_seconds";
  const struct route *route;
  char name[ROUTE_LABEL];
  family(text, "wordvec_http_requests_total", "counter",
         "Requests that are over, by route, method and code; code none: the connection ended without an answer.");
  size_t i = 0;
  do {
    route = route_at(i);
    write_requests_of(text, page->metrics, i++, route_label(route, name));
  } while (route);
  family(text, durations_name, "histogram", "From a request's first line to its answer's last byte.");
  i = 0;
  do {
    struct metrics_histogram durations;
    route = route_at(i);
    metrics_route_durations(page->metrics, i++, &durations);
    histogram(text, durations_name, "route", route_label(route, name), &durations);
  } while (route);
  single(text, "wordvec_http_requests_in_flight", "gauge", "Requests whose fields are in and whose answer is not out.",
         page->in_flight);
  single(text, "wordvec_http_connections", "gauge", "Connections that are open.",
         totals->connections - totals->connections_ended);
  single(text, "wordvec_http_connections_accepted_total", "counter", "Connections that were accepted.",
         totals->connections);
}

/* ---- what requests asked for */

static void write_totals(struct text *text, const struct metrics_totals *totals) {
  static const char *const lookups[METRICS_LOOKUPS] = {"hit", "case", "subword", "unknown"};
  family(text, "wordvec_http_requests_rejected_total", "counter", "Requests that were refused, by reason.");
  for (unsigned i = 0; i < REASON_COUNT; i++)
    if (refusal_reason_name(i))
      line(text, "wordvec_http_requests_rejected_total{reason=\"%s\"} %" PRIu64, refusal_reason_name(i),
           totals->rejected[i]);
  family(text, "wordvec_lookups_total", "counter", "Words that requests looked up, by how they were found.");
  for (size_t i = 0; i < METRICS_LOOKUPS; i++)
    line(text, "wordvec_lookups_total{result=\"%s\"} %" PRIu64, lookups[i], totals->tally.lookups[i]);
  single(text, "wordvec_rows_returned_total", "counter", "Vectors and neighbors in answers.", totals->tally.rows);
  single(text, "wordvec_log_lines_dropped_total", "counter", "Lines of the log that nobody took off in time.",
         totals->log_dropped);
}

/* ---- searches */

static void write_passes(struct text *text, const struct scanner_tally *passes) {
  static const char name[] = "wordvec_search_pass_queries";
  uint64_t count = 0;
  family(text, name, "histogram", "Queries that shared a pass over a matrix.");
  for (size_t i = 0; i < SCANNER_SIZES - 1; i++) {
    count += passes->sizes[i];
    line(text, "%s_bucket{le=\"%zu\"} %" PRIu64, name, (size_t)1 << i, count);
  }
  count += passes->sizes[SCANNER_SIZES - 1];
  line(text, "%s_bucket{le=\"+Inf\"} %" PRIu64, name, count);
  line(text, "%s_sum %" PRIu64, name, passes->queries);
  line(text, "%s_count %" PRIu64, name, count);
}

static void write_searches(struct text *text, const struct metrics_page *page, const struct metrics_totals *totals) {
  static const char durations_name[] = "wordvec_search_duration_seconds";
  static const char *const modes[METRICS_SEARCHES] = {"exact", "approximate"};
  static const char *const queues[METRICS_QUEUES] = {"searches", "batches", "suggestions"};
  family(text, durations_name, "histogram",
         "Searches of requests, by mode; an exact one includes its wait for a pass, but not that for a thread.");
  for (unsigned i = 0; i < METRICS_SEARCHES; i++) {
    struct metrics_histogram durations;
    metrics_search_durations(page->metrics, i, &durations);
    histogram(text, durations_name, "mode", modes[i], &durations);
  }
  family(text, "wordvec_queue_depth", "gauge",
         "Requests that wait, by what for: a thread that searches, works on batches or suggests words, or a pass.");
  for (size_t i = 0; i < METRICS_QUEUES; i++)
    line(text, "wordvec_queue_depth{queue=\"%s\"} %zu", queues[i], totals->waiting[i]);
  line(text, "wordvec_queue_depth{queue=\"pass\"} %zu", page->waiting);
  write_passes(text, &page->passes);
}

/* ---- models */

static void write_swaps(struct text *text, const struct metrics_page *page) {
  char name[LABEL_SIZE];
  family(text, "wordvec_swaps_total", "counter",
         "Files of models that were taken into service, refused or removed, the first of a model included.");
  line(text, "wordvec_swaps_total{result=\"ok\"} %" PRIu64, page->swaps[CATALOG_SWAPPED]);
  line(text, "wordvec_swaps_total{result=\"failed\"} %" PRIu64, page->swaps[CATALOG_REFUSED]);
  line(text, "wordvec_swaps_total{result=\"removed\"} %" PRIu64, page->swaps[CATALOG_REMOVED]);
  family(text, "wordvec_model_swaps_total", "counter", "The same of each model that has a file now.");
  for (size_t i = 0; i < page->model_count; i++) {
    const struct catalog_model *model = &page->models[i];
    label(name, model->name);
    line(text, "wordvec_model_swaps_total{model=\"%s\",result=\"ok\"} %" PRIu64, name, model->swaps[CATALOG_SWAPPED]);
    line(text, "wordvec_model_swaps_total{model=\"%s\",result=\"failed\"} %" PRIu64, name,
         model->swaps[CATALOG_REFUSED]);
  }
}

static void write_models(struct text *text, const struct metrics_page *page, const struct metrics_totals *totals) {
  const struct catalog_model *models = page->models;
  char name[LABEL_SIZE];
  size_t served = 0;
  while (served < page->model_count && models[served].model) served++; /* these come first */
  single(text, "wordvec_models", "gauge", "Models that are served.", served);
  family(text, "wordvec_model_info", "gauge", "The version of a model that is served, by the digest of its content.");
  for (size_t i = 0; i < served; i++)
    line(text, "wordvec_model_info{model=\"%s\",digest=\"%s\"} 1", label(name, models[i].name),
         model_info(models[i].model)->digest);
  family(text, "wordvec_model_rows", "gauge", "Rows of a model.");
  for (size_t i = 0; i < served; i++)
    line(text, "wordvec_model_rows{model=\"%s\"} %" PRIu64, label(name, models[i].name),
         model_info(models[i].model)->rows);
  family(text, "wordvec_model_mapped_bytes", "gauge", "Bytes of a model's file, all of which are mapped.");
  for (size_t i = 0; i < served; i++)
    line(text, "wordvec_model_mapped_bytes{model=\"%s\"} %" PRIu64, label(name, models[i].name),
         model_info(models[i].model)->file_size);
  write_swaps(text, page);
  single(text, "wordvec_models_lost_total", "counter", "Models given up as their file changed while it was served.",
         totals->models_lost);
}

/* ---- the process, under the names that Prometheus' client libraries use */

static void write_process(struct text *text, const struct usage *usage) {
  single(text, "process_resident_memory_bytes", "gauge", "Memory in use, with what is in memory of mapped models.",
         usage->resident_bytes);
  single(text, "process_private_memory_bytes", "gauge", "Of that, what no file is behind.", usage->private_bytes);
  single(text, "process_virtual_memory_bytes", "gauge", "Address space in use.", usage->virtual_bytes);
  single(text, "process_minor_page_faults_total", "counter", "Page faults that needed no reading.",
         usage->minor_faults);
  single(text, "process_major_page_faults_total", "counter", "Page faults that waited for a disk.",
         usage->major_faults);
  family(text, "process_cpu_seconds_total", "counter", "Processor time, user and system.");
  line(text, "process_cpu_seconds_total %" PRIu64 ".%06" PRIu64, usage->processor_microseconds / 1000000,
       usage->processor_microseconds % 1000000);
  single(text, "process_open_fds", "gauge", "Descriptors in use.", usage->descriptors);
  single(text, "process_max_fds", "gauge", "Descriptors that the system allows.", usage->descriptors_most);
  family(text, "process_start_time_seconds", "gauge", "When the process began, in seconds since 1970-01-01 UTC.");
  line(text, "process_start_time_seconds %.2f", usage->started);
}

static void write_build(struct text *text, const struct metrics_page *page) {
  char version[LABEL_SIZE], commit[LABEL_SIZE], kernel[LABEL_SIZE];
  family(text, "wordvec_build_info", "gauge", "What is running.");
  line(text, "wordvec_build_info{version=\"%s\",commit=\"%s\",kernel=\"%s\"} 1", label(version, page->version),
       label(commit, page->commit), label(kernel, page->kernel));
}

enum status write_metrics(struct bytes *out, const struct metrics_page *page) {
  struct text text = {out, STATUS_OK};
  struct metrics_totals totals;
  metrics_totals(page->metrics, &totals);
  write_build(&text, page);
  write_requests(&text, page, &totals);
  write_totals(&text, &totals);
  write_searches(&text, page, &totals);
  write_models(&text, page, &totals);
  write_process(&text, &page->usage);
  return text.status;
}
