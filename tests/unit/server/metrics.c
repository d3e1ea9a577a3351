/* Counting, by itself: each event moves exactly the counters that it should, histograms agree with a plain sort into
 * buckets, and no request creates a counter that was not there. */
#include "server/metrics.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/routes.h"
#include "store/xoshiro.h"

static struct metrics *metrics;

static void set_up(void) {
  ck_assert_int_eq(metrics_new(&metrics), STATUS_OK);
}

static void tear_down(void) {
  metrics_free(metrics);
}

static const struct route *route_of(const char *path) {
  const char *rest;
  const struct route *route = route_find(path, &rest);
  ck_assert_ptr_nonnull(route);
  return route;
}

static size_t code_named(const char *text) {
  size_t code = 0;
  while (metrics_code(code) && strcmp(metrics_code(code), text) != 0) code++;
  ck_assert_msg(metrics_code(code) != NULL, "%s", text);
  return code;
}

static void count(const struct route *route, const char *method, unsigned status) {
  const struct metrics_request request = {.route = route, .method = method, .status = status, .reason = REASON_COUNT};
  metrics_count_request(metrics, &request);
}

/* Of all routes, methods and codes. */
static uint64_t all_requests(void) {
  uint64_t sum = 0;
  for (size_t route = 0; route == 0 || route_at(route - 1); route++)
    for (unsigned method = 0; method < METRICS_METHODS; method++)
      for (size_t code = 0; metrics_code(code); code++) {
        uint64_t requests = metrics_requests(metrics, route, method, code);
        if (requests > 0) ck_assert_msg(metrics_has(metrics, route, method, code), "route %zu", route);
        sum += requests;
      }
  return sum;
}

START_TEST(a_request_is_one_of_its_kind) {
  static const struct {
    const char *path; /* NULL: none */
    const char *method;
    unsigned status;
    enum metrics_method counted_method;
    const char *counted_code;
  } requests[] = {
      {"/vector", "GET", 200, METRICS_GET, "200"},
      {"/vector", "GET", 304, METRICS_GET, "304"},
      {"/vector", "HEAD", 404, METRICS_HEAD, "404"},
      {"/lookup", "POST", 422, METRICS_POST, "422"},
      {"/lookup", "GET", 405, METRICS_GET, "405"},
      {"/models/glove", "GET", 503, METRICS_GET, "503"},
      {"/vector", "OPTIONS", 204, METRICS_OPTIONS, "204"},
      {"/vector", "PROPFIND", 405, METRICS_OTHER, "405"},
      {"/vector", "get", 405, METRICS_OTHER, "405"},
      {"/vector", "GET", 0, METRICS_GET, "none"},
      {"/vector", "GET", 299, METRICS_GET, "other"},
      {"/vector", "GET", 431, METRICS_GET, "other"}, /* known, but not of a route */
      {NULL, "GET", 404, METRICS_GET, "404"},
      {NULL, "-", 431, METRICS_OTHER, "431"},
      {NULL, "-", 0, METRICS_OTHER, "none"},
  };
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    const struct route *route = requests[i].path ? route_of(requests[i].path) : NULL;
    size_t code = code_named(requests[i].counted_code), number = route_number(route);
    uint64_t before = metrics_requests(metrics, number, requests[i].counted_method, code);
    count(route, requests[i].method, requests[i].status);
    ck_assert_uint_eq(metrics_requests(metrics, number, requests[i].counted_method, code), before + 1);
    ck_assert_uint_eq(all_requests(), i + 1);
  }
}
END_TEST

/* Every code that a refusal or a good answer has is told apart on the routes that can give it. */
START_TEST(codes_of_refusals_are_known) {
  const struct route *vector = route_of("/vector"), *lookup = route_of("/lookup");
  for (int kind = 0; kind < REFUSAL_COUNT; kind++) {
    unsigned status = refusal_status((enum refusal_kind)kind, DIALECT_OWN);
    char text[8];
    snprintf(text, sizeof text, "%u", status);
    size_t code = code_named(text);
    bool known = metrics_has(metrics, route_number(vector), METRICS_GET, code) ||
                 metrics_has(metrics, route_number(lookup), METRICS_POST, code) ||
                 metrics_has(metrics, route_number(vector), METRICS_OTHER, code) ||
                 metrics_has(metrics, route_number(NULL), METRICS_GET, code);
    ck_assert_msg(known, "%u", status);
  }
}
END_TEST

static void expect_same(const struct metrics_histogram *got, const uint64_t *counts, uint64_t microseconds) {
  for (size_t i = 0; i <= METRICS_BOUNDS; i++) ck_assert_msg(got->counts[i] == counts[i], "bucket %zu", i);
  ck_assert_uint_eq(got->microseconds, microseconds);
}

START_TEST(durations_fall_into_their_buckets) {
  enum { DRAWS = 20000 };
  struct xoshiro random;
  uint64_t counts[METRICS_BOUNDS + 1] = {0}, sum = 0;
  const struct route *route = route_of("/vector");
  struct metrics_histogram got;
  xoshiro_seed(&random, 7);
  for (size_t i = 1; i < METRICS_BOUNDS; i++) ck_assert_uint_lt(metrics_bound(i - 1), metrics_bound(i));
  for (int i = 0; i < DRAWS; i++) {
    /* Of all magnitudes, and often a bound itself or one beside it. */
    uint64_t drawn = xoshiro_next(&random), value = drawn >> (32 + drawn % 31);
    if (i % 4 == 0) value = metrics_bound(drawn % METRICS_BOUNDS) + (drawn >> 20) % 3 - 1;
    size_t bucket = METRICS_BOUNDS;
    for (size_t b = METRICS_BOUNDS; b-- > 0;)
      if (value <= metrics_bound(b)) bucket = b;
    counts[bucket]++;
    sum += value;
    const struct metrics_request request = {
        .route = route, .method = "GET", .status = 200, .microseconds = value, .reason = REASON_COUNT};
    metrics_count_request(metrics, &request);
    metrics_count_search(metrics, METRICS_APPROXIMATE, value);
  }
  metrics_route_durations(metrics, route_number(route), &got);
  expect_same(&got, counts, sum);
  metrics_search_durations(metrics, METRICS_APPROXIMATE, &got);
  expect_same(&got, counts, sum);
  memset(counts, 0, sizeof counts);
  metrics_search_durations(metrics, METRICS_EXACT, &got);
  expect_same(&got, counts, 0);
  metrics_route_durations(metrics, route_number(NULL), &got);
  expect_same(&got, counts, 0);
}
END_TEST

START_TEST(reasons) {
  struct metrics_totals totals;
  struct metrics_request request = {.route = route_of("/vector"), .method = "GET", .status = 503};
  static const struct {
    unsigned status, reason;
  } by_status[] = {{400, REFUSAL_MALFORMED},         {413, REFUSAL_BODY_TOO_LARGE}, {414, REFUSAL_URL_TOO_LONG},
                   {431, REFUSAL_HEADERS_TOO_LARGE}, {500, REFUSAL_INTERNAL},       {503, REASON_MEMORY},
                   {505, REFUSAL_MALFORMED}};
  for (request.reason = 0; request.reason < REASON_COUNT; request.reason++) metrics_count_request(metrics, &request);
  metrics_totals(metrics, &totals);
  for (unsigned i = 0; i < REASON_COUNT; i++) ck_assert_uint_eq(totals.rejected[i], 1);
  /* What libmicrohttpd refuses has no route and no reason but its status. */
  request = (struct metrics_request){.method = "-", .reason = REASON_COUNT};
  for (size_t i = 0; i < sizeof by_status / sizeof *by_status; i++) {
    struct metrics_totals after;
    request.status = by_status[i].status;
    metrics_totals(metrics, &totals);
    metrics_count_request(metrics, &request);
    metrics_totals(metrics, &after);
    for (unsigned r = 0; r < REASON_COUNT; r++)
      ck_assert_uint_eq(after.rejected[r], totals.rejected[r] + (r == by_status[i].reason));
  }
  request.status = 0; /* nobody refused it */
  metrics_totals(metrics, &totals);
  metrics_count_request(metrics, &request);
  struct metrics_totals after;
  metrics_totals(metrics, &after);
  ck_assert_mem_eq(after.rejected, totals.rejected, sizeof totals.rejected);
}
END_TEST

START_TEST(what_requests_did) {
  struct metrics_totals totals;
  struct metrics_request request = {
      .route = route_of("/vectors"), .method = "GET", .status = 200, .reason = REASON_COUNT};
  request.tally = (struct metrics_tally){.rows = 7, .lookups = {4, 3, 2, 1}};
  metrics_count_request(metrics, &request);
  metrics_count_request(metrics, &request);
  for (int i = 0; i < 3; i++) metrics_count_connection(metrics, false);
  metrics_count_connection(metrics, true);
  metrics_count_log_dropped(metrics, 5);
  metrics_count_model_lost(metrics);
  atomic_store(metrics_queue(metrics, METRICS_QUEUE_BATCHES), 9);
  metrics_totals(metrics, &totals);
  ck_assert_uint_eq(totals.tally.rows, 14);
  for (size_t i = 0; i < METRICS_LOOKUPS; i++) ck_assert_uint_eq(totals.tally.lookups[i], 2 * (4 - i));
  ck_assert_uint_eq(totals.connections, 3);
  ck_assert_uint_eq(totals.connections_ended, 1);
  ck_assert_uint_eq(totals.log_dropped, 5);
  ck_assert_uint_eq(totals.models_lost, 1);
  ck_assert_uint_eq(totals.waiting[METRICS_QUEUE_BATCHES], 9);
  ck_assert_uint_eq(totals.waiting[METRICS_QUEUE_SEARCHES], 0);
}
END_TEST

enum { THREADS = 4, EACH = 20000 };

static void *count_many(void *unused) {
  (void)unused;
  for (int i = 0; i < EACH; i++) count(NULL, "GET", 404);
  return NULL;
}

START_TEST(threads_lose_no_count) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, count_many, NULL), 0);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  ck_assert_uint_eq(metrics_requests(metrics, route_number(NULL), METRICS_GET, code_named("404")), THREADS * EACH);
}
END_TEST

START_TEST(without_counters_nothing_is_counted) {
  const struct metrics_request request = {.method = "GET", .status = 200};
  struct metrics_totals totals;
  struct metrics_histogram durations;
  struct usage usage;
  metrics_count_request(NULL, &request);
  metrics_count_connection(NULL, false);
  metrics_count_search(NULL, METRICS_EXACT, 1);
  metrics_count_log_dropped(NULL, 1);
  metrics_count_model_lost(NULL);
  ck_assert_ptr_null(metrics_queue(NULL, METRICS_QUEUE_SEARCHES));
  ck_assert(!metrics_has(NULL, 0, METRICS_GET, 0));
  ck_assert_uint_eq(metrics_requests(NULL, 0, METRICS_GET, 0), 0);
  metrics_totals(NULL, &totals);
  ck_assert_uint_eq(totals.log_dropped + totals.models_lost + totals.rejected[REASON_MEMORY], 0);
  metrics_route_durations(NULL, 0, &durations);
  ck_assert_uint_eq(durations.counts[0], 0);
  metrics_search_durations(NULL, METRICS_EXACT, &durations);
  ck_assert_uint_eq(durations.counts[0], 0);
  metrics_usage(NULL, &usage);
  ck_assert_uint_eq(usage.resident_bytes, 0);
  metrics_free(NULL);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/metrics");
  TCase *tcase = tcase_create("metrics");
  tcase_add_checked_fixture(tcase, set_up, tear_down);
  tcase_add_test(tcase, a_request_is_one_of_its_kind);
  tcase_add_test(tcase, codes_of_refusals_are_known);
  tcase_add_test(tcase, durations_fall_into_their_buckets);
  tcase_add_test(tcase, reasons);
  tcase_add_test(tcase, what_requests_did);
  tcase_add_test(tcase, threads_lose_no_count);
  tcase_add_test(tcase, without_counters_nothing_is_counted);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
