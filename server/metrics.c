/* Counters in several copies. A thread adds to that of the core it is on, so that cores seldom take a line of memory
 * from each other; whoever reads adds the copies up. The order of additions means nothing, so all of it is relaxed.
 * Counting a request takes 15 ns, of which the choice of the copy is 2. What the copies spare could not be measured:
 * the two cores that there were share their caches (2.4 ns an addition to the same line, 2.1 to others). */
#include "server/metrics.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "server/routes.h"

enum {
  STRIPES = 8,              /* a power of two */
  LINE_BYTES = 64,          /* that cores take from each other */
  ROUTES = ROUTES_MOST + 1, /* and one for paths of none */
  CODES = 19,
  CODE_OTHER = CODES - 2,
  CODE_NONE = CODES - 1
};

typedef _Atomic uint64_t counter;

struct histogram {
  counter counts[METRICS_BOUNDS + 1];
  counter microseconds;
};

struct stripe {
  _Alignas(LINE_BYTES) counter requests[ROUTES][METRICS_METHODS][CODES];
  struct histogram durations[ROUTES];
  struct histogram searches[METRICS_SEARCHES];
  counter rejected[REASON_COUNT];
  counter lookups[METRICS_LOOKUPS];
  counter rows;
  counter connections;
  counter connections_ended;
  counter log_dropped;
  counter models_lost;
};

struct metrics {
  struct stripe stripes[STRIPES];
  uint32_t known[ROUTES][METRICS_METHODS]; /* a bit for each code that there is a counter of */
  atomic_size_t waiting[METRICS_QUEUES];
  struct usage_source usage;
  pthread_mutex_t usage_lock;
};

/* The most frequent first: they are looked for in this order. */
static const struct {
  unsigned status;
  const char *text;
} codes[CODES] = {
    {200, "200"}, {304, "304"}, {404, "404"}, {204, "204"}, {400, "400"}, {401, "401"}, {405, "405"},
    {406, "406"}, {413, "413"}, {414, "414"}, {415, "415"}, {417, "417"}, {422, "422"}, {431, "431"},
    {500, "500"}, {503, "503"}, {505, "505"}, {0, "other"}, {0, "none"},
};
_Static_assert(CODES <= 32, "a code is a bit of a word");

static const uint32_t bounds[METRICS_BOUNDS] = {50,     100,     250,     500,     1000,    2500,
                                                5000,   10000,   25000,   50000,   100000,  250000,
                                                500000, 1000000, 2500000, 5000000, 10000000};

/* ---- which counters there are */

static uint32_t bits_of(const unsigned *statuses) {
  uint32_t bits = 1u << CODE_OTHER | 1u << CODE_NONE;
  for (; *statuses; statuses++)
    for (size_t code = 0; code < CODE_OTHER; code++)
      if (codes[code].status == *statuses) bits |= 1u << code;
  return bits;
}

/* What a route may answer: the whole grid is three times as long, and mostly of what can never be. */
static uint32_t known_codes(const struct route *route, enum metrics_method method) {
  static const unsigned of_get[] = {200, 304, 400, 401, 404, 406, 413, 414, 417, 422, 500, 503, 0};
  static const unsigned of_post[] = {200, 400, 401, 404, 406, 413, 414, 415, 417, 422, 500, 503, 0};
  static const unsigned of_options[] = {204, 400, 401, 405, 0};
  static const unsigned of_no_method[] = {400, 401, 405, 0};
  static const unsigned of_no_route[] = {204, 400, 401, 404, 413, 414, 417, 431, 500, 503, 505, 0};
  if (!route) return bits_of(of_no_route);
  bool gets = method == METRICS_GET || method == METRICS_HEAD, posts = method == METRICS_POST;
  if (gets && route->methods & ROUTE_GET) return bits_of(of_get);
  if (posts && route->methods & ROUTE_POST) return bits_of(of_post);
  return bits_of(method == METRICS_OPTIONS ? of_options : of_no_method);
}

enum status metrics_new(struct metrics **out) {
  struct metrics *metrics = aligned_alloc(LINE_BYTES, sizeof *metrics);
  if (!metrics) return STATUS_NO_MEMORY;
  memset(metrics, 0, sizeof *metrics);
  const struct route *route;
  size_t i = 0;
  do {
    route = route_at(i);
    for (unsigned method = 0; method < METRICS_METHODS; method++)
      metrics->known[i][method] = known_codes(route, method);
    i++;
  } while (route);
  pthread_mutex_init(&metrics->usage_lock, NULL);
  usage_open(&metrics->usage);
  *out = metrics;
  return STATUS_OK;
}

void metrics_free(struct metrics *metrics) {
  if (!metrics) return;
  usage_close(&metrics->usage);
  pthread_mutex_destroy(&metrics->usage_lock);
  free(metrics);
}

/* ---- counting */

static struct stripe *stripe_here(struct metrics *metrics) {
  return &metrics->stripes[(unsigned)sched_getcpu() % STRIPES];
}

static void add(counter *at, uint64_t count) {
  if (count > 0) atomic_fetch_add_explicit(at, count, memory_order_relaxed);
}

static void add_duration(struct histogram *histogram, uint64_t microseconds) {
  size_t i = 0;
  while (i < METRICS_BOUNDS && microseconds > bounds[i]) i++;
  add(&histogram->counts[i], 1);
  add(&histogram->microseconds, microseconds);
}

static enum metrics_method method_of(const char *method) {
  for (unsigned i = 0; i < METRICS_OTHER; i++)
    if (strcmp(method, metrics_method(i)) == 0) return i;
  return METRICS_OTHER;
}

static size_t code_of(unsigned status) {
  if (status == 0) return CODE_NONE;
  for (size_t code = 0; code < CODE_OTHER; code++)
    if (codes[code].status == status) return code;
  return CODE_OTHER;
}

/* Why libmicrohttpd refused a request by itself; REASON_COUNT: it did not. */
static unsigned reason_of_status(unsigned status) {
  switch (status) {
    case 413: return REFUSAL_BODY_TOO_LARGE;
    case 414: return REFUSAL_URL_TOO_LONG;
    case 431: return REFUSAL_HEADERS_TOO_LARGE;
    case 500: return REFUSAL_INTERNAL;
    case 503: return REASON_MEMORY;
    default: return status >= 400 ? REFUSAL_MALFORMED : REASON_COUNT;
  }
}

void metrics_count_request(struct metrics *metrics, const struct metrics_request *request) {
  if (!metrics) return;
  struct stripe *stripe = stripe_here(metrics);
  size_t route = route_number(request->route), code = code_of(request->status);
  enum metrics_method method = method_of(request->method);
  if (!metrics_has(metrics, route, method, code)) code = CODE_OTHER;
  add(&stripe->requests[route][method][code], 1);
  add_duration(&stripe->durations[route], request->microseconds);
  for (size_t i = 0; i < METRICS_LOOKUPS; i++) add(&stripe->lookups[i], request->tally.lookups[i]);
  add(&stripe->rows, request->tally.rows);
  unsigned reason = request->reason;
  if (reason == REASON_COUNT && !request->route) reason = reason_of_status(request->status);
  if (reason < REASON_COUNT) add(&stripe->rejected[reason], 1);
}

void metrics_count_connection(struct metrics *metrics, bool ended) {
  if (!metrics) return;
  struct stripe *stripe = stripe_here(metrics);
  add(ended ? &stripe->connections_ended : &stripe->connections, 1);
}

void metrics_count_search(struct metrics *metrics, enum metrics_search mode, uint64_t microseconds) {
  if (metrics) add_duration(&stripe_here(metrics)->searches[mode], microseconds);
}

void metrics_count_log_dropped(struct metrics *metrics, uint64_t lines) {
  if (metrics) add(&stripe_here(metrics)->log_dropped, lines);
}

void metrics_count_model_lost(struct metrics *metrics) {
  if (metrics) add(&stripe_here(metrics)->models_lost, 1);
}

atomic_size_t *metrics_queue(struct metrics *metrics, enum metrics_queue queue) {
  return metrics ? &metrics->waiting[queue] : NULL;
}

/* ---- reading */

const char *metrics_code(size_t code) {
  return code < CODES ? codes[code].text : NULL;
}

const char *metrics_method(enum metrics_method method) {
  static const char *const names[METRICS_METHODS] = {"GET", "HEAD", "POST", "OPTIONS", "other"};
  return names[method];
}

uint32_t metrics_bound(size_t i) {
  return bounds[i];
}

bool metrics_has(const struct metrics *metrics, size_t route, enum metrics_method method, size_t code) {
  return metrics && metrics->known[route][method] >> code & 1;
}

/* The sum of a counter, given as the first stripe has it, over all stripes. */
static uint64_t sum(const struct metrics *metrics, const counter *first) {
  uint64_t total = 0;
  size_t offset = (size_t)((const char *)first - (const char *)&metrics->stripes[0]);
  for (size_t i = 0; i < STRIPES; i++) {
    const counter *at = (const counter *)(const void *)((const char *)&metrics->stripes[i] + offset);
    total += atomic_load_explicit(at, memory_order_relaxed);
  }
  return total;
}

uint64_t metrics_requests(const struct metrics *metrics, size_t route, enum metrics_method method, size_t code) {
  return metrics ? sum(metrics, &metrics->stripes[0].requests[route][method][code]) : 0;
}

static void sum_histogram(const struct metrics *metrics, const struct histogram *first, struct metrics_histogram *out) {
  for (size_t i = 0; i <= METRICS_BOUNDS; i++) out->counts[i] = sum(metrics, &first->counts[i]);
  out->microseconds = sum(metrics, &first->microseconds);
}

void metrics_route_durations(const struct metrics *metrics, size_t route, struct metrics_histogram *out) {
  *out = (struct metrics_histogram){.microseconds = 0};
  if (metrics) sum_histogram(metrics, &metrics->stripes[0].durations[route], out);
}

void metrics_search_durations(const struct metrics *metrics, enum metrics_search mode, struct metrics_histogram *out) {
  *out = (struct metrics_histogram){.microseconds = 0};
  if (metrics) sum_histogram(metrics, &metrics->stripes[0].searches[mode], out);
}

void metrics_totals(const struct metrics *metrics, struct metrics_totals *out) {
  *out = (struct metrics_totals){.log_dropped = 0};
  if (!metrics) return;
  const struct stripe *first = &metrics->stripes[0];
  for (size_t i = 0; i < REASON_COUNT; i++) out->rejected[i] = sum(metrics, &first->rejected[i]);
  for (size_t i = 0; i < METRICS_LOOKUPS; i++) out->tally.lookups[i] = sum(metrics, &first->lookups[i]);
  out->tally.rows = sum(metrics, &first->rows);
  /* In this order: what has ended has also begun. */
  out->connections_ended = sum(metrics, &first->connections_ended);
  out->connections = sum(metrics, &first->connections);
  out->log_dropped = sum(metrics, &first->log_dropped);
  out->models_lost = sum(metrics, &first->models_lost);
  for (size_t i = 0; i < METRICS_QUEUES; i++) out->waiting[i] = atomic_load(&metrics->waiting[i]);
}

void metrics_usage(struct metrics *metrics, struct usage *out) {
  *out = (struct usage){.resident_bytes = 0};
  if (!metrics) return;
  pthread_mutex_lock(&metrics->usage_lock);
  usage_read(&metrics->usage, out);
  pthread_mutex_unlock(&metrics->usage_lock);
}
