/* The text of /metrics: its lines as the format wants them, histograms that add up, names that could break a line. */
#include "server/write_metrics.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scrape.h"

static struct metrics *metrics;
static struct metrics_page page;
static struct bytes text;

static void set_up(void) {
  ck_assert_int_eq(metrics_new(&metrics), STATUS_OK);
  page = (struct metrics_page){.metrics = metrics, .version = "1", .commit = "c", .kernel = "scalar"};
  bytes_init(&text, 1 << 20);
}

static void tear_down(void) {
  bytes_release(&text);
  metrics_free(metrics);
}

static const char *write(void) {
  text.length = 0;
  ck_assert_int_eq(write_metrics(&text, &page), STATUS_OK);
  ck_assert_int_eq(bytes_append(&text, "", 1), STATUS_OK);
  return (const char *)text.data;
}

static void expect(const char *series, double value) {
  double seen;
  ck_assert_msg(scrape_find((const char *)text.data, series, &seen), "there is no %s", series);
  ck_assert_msg(seen == value, "%s is %g", series, seen);
}

/* Each line is a comment or a series with its value, each family has its help and type before its series, and no series
 * is there twice. */
START_TEST(every_line_is_in_form) {
  char name[128] = "-";
  const char *all = write();
  ck_assert_uint_lt(text.length, 200000); /* a scrape is small */
  for (const char *line = all; *line; line = strchr(line, '\n') + 1) {
    size_t length = strcspn(line, "\n");
    ck_assert(line[length] == '\n');
    if (strncmp(line, "# HELP ", 7) == 0) {
      size_t end = strcspn(line + 7, " ");
      ck_assert_uint_lt(end, sizeof name);
      snprintf(name, sizeof name, "%.*s", (int)end, line + 7);
      char type[160];
      snprintf(type, sizeof type, "# TYPE %s ", name);
      ck_assert_msg(strncmp(line + length + 1, type, strlen(type)) == 0, "%s has no type", name);
      ck_assert_ptr_null(strstr(line + length + 2, type)); /* nor is it there twice */
    } else if (*line != '#') {
      ck_assert_msg(strncmp(line, name, strlen(name)) == 0, "behind the head of %s: %.80s", name, line);
      const char *value = memrchr(line, ' ', length);
      ck_assert_ptr_nonnull(value);
      char *end;
      strtod(value + 1, &end);
      ck_assert_ptr_eq(end, line + length);
      char series[256];
      snprintf(series, sizeof series, "\n%.*s", (int)(value + 1 - line), line);
      ck_assert_msg(!strstr(line, series), "twice: %s", series);
    }
  }
}
END_TEST

START_TEST(every_family_of_the_contract) {
  static const char *const series[] = {
      "wordvec_http_requests_total{route=\"/vector\",method=\"GET\",code=\"200\"}",
      "wordvec_http_requests_total{route=\"/models/NAME\",method=\"HEAD\",code=\"304\"}",
      "wordvec_http_requests_total{route=\"other\",method=\"other\",code=\"none\"}",
      "wordvec_http_request_duration_seconds_bucket{route=\"/lookup\",le=\"0.0001\"}",
      "wordvec_http_request_duration_seconds_sum{route=\"/lookup\"}",
      "wordvec_http_requests_in_flight",
      "wordvec_http_connections",
      "wordvec_http_connections_accepted_total",
      "wordvec_http_requests_rejected_total{reason=\"queue_full\"}",
      "wordvec_http_requests_rejected_total{reason=\"connections\"}",
      "wordvec_http_requests_rejected_total{reason=\"body_too_large\"}",
      "wordvec_lookups_total{result=\"hit\"}",
      "wordvec_lookups_total{result=\"case\"}",
      "wordvec_lookups_total{result=\"subword\"}",
      "wordvec_lookups_total{result=\"unknown\"}",
      "wordvec_rows_returned_total",
      "wordvec_search_duration_seconds_count{mode=\"exact\"}",
      "wordvec_search_duration_seconds_count{mode=\"approximate\"}",
      "wordvec_queue_depth{queue=\"searches\"}",
      "wordvec_queue_depth{queue=\"batches\"}",
      "wordvec_queue_depth{queue=\"suggestions\"}",
      "wordvec_queue_depth{queue=\"pass\"}",
      "wordvec_search_pass_queries_bucket{le=\"32\"}",
      "wordvec_swaps_total{result=\"ok\"}",
      "wordvec_swaps_total{result=\"failed\"}",
      "wordvec_models",
      "wordvec_models_lost_total",
      "wordvec_log_lines_dropped_total",
      "process_resident_memory_bytes",
      "process_minor_page_faults_total",
      "process_major_page_faults_total",
      "process_open_fds",
  };
  write();
  for (size_t i = 0; i < sizeof series / sizeof *series; i++) expect(series[i], 0);
  expect("wordvec_build_info{version=\"1\",commit=\"c\",kernel=\"scalar\"}", 1);
  ck_assert_ptr_null(strstr((const char *)text.data, "reason=\"busy\"")); /* which is several */
}
END_TEST

START_TEST(histograms_add_up) {
  static const char name[] = "wordvec_search_duration_seconds";
  char series[128];
  uint64_t sum = 0;
  for (size_t i = 0; i < METRICS_BOUNDS; i++) {
    metrics_count_search(metrics, METRICS_EXACT, metrics_bound(i));
    sum += metrics_bound(i);
  }
  metrics_count_search(metrics, METRICS_EXACT, 70000000);
  page.passes = (struct scanner_tally){.sizes = {[0] = 5, [3] = 2, [SCANNER_SIZES - 1] = 1}, .queries = 9999};
  write();
  for (size_t i = 0; i < METRICS_BOUNDS; i++) {
    snprintf(series, sizeof series, "%s_bucket{mode=\"exact\",le=\"%g\"}", name, metrics_bound(i) / 1e6);
    expect(series, (double)(i + 1));
  }
  expect("wordvec_search_duration_seconds_bucket{mode=\"exact\",le=\"+Inf\"}", METRICS_BOUNDS + 1);
  expect("wordvec_search_duration_seconds_count{mode=\"exact\"}", METRICS_BOUNDS + 1);
  expect("wordvec_search_duration_seconds_sum{mode=\"exact\"}", 70 + (double)sum / 1e6);
  expect("wordvec_search_pass_queries_bucket{le=\"1\"}", 5);
  expect("wordvec_search_pass_queries_bucket{le=\"4\"}", 5);
  expect("wordvec_search_pass_queries_bucket{le=\"8\"}", 7);
  expect("wordvec_search_pass_queries_bucket{le=\"1024\"}", 7);
  expect("wordvec_search_pass_queries_bucket{le=\"+Inf\"}", 8);
  expect("wordvec_search_pass_queries_sum", 9999);
}
END_TEST

START_TEST(names_that_could_break_a_line) {
  struct catalog_model model = {.name = "a\"b\\c\nd", .swaps = {3, 4}};
  char longest[1024];
  memset(longest, '"', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  page.models = &model;
  page.model_count = 1;
  page.commit = longest;
  write();
  expect("wordvec_model_swaps_total{model=\"a\\\"b\\\\c\\nd\",result=\"ok\"}", 3);
  expect("wordvec_model_swaps_total{model=\"a\\\"b\\\\c\\nd\",result=\"failed\"}", 4);
  expect("wordvec_models", 0); /* its file could not be taken into service */
  const char *build = strstr((const char *)text.data, "\nwordvec_build_info{");
  ck_assert_ptr_nonnull(build);
  ck_assert_ptr_nonnull(strstr(build, "\",kernel=\"scalar\"} 1\n"));
}
END_TEST

START_TEST(no_room) {
  struct bytes small;
  bytes_init(&small, 1000);
  ck_assert_int_eq(write_metrics(&small, &page), STATUS_LIMIT);
  bytes_release(&small);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/write_metrics");
  TCase *tcase = tcase_create("write_metrics");
  tcase_add_checked_fixture(tcase, set_up, tear_down);
  tcase_add_test(tcase, every_line_is_in_form);
  tcase_add_test(tcase, every_family_of_the_contract);
  tcase_add_test(tcase, histograms_add_up);
  tcase_add_test(tcase, names_that_could_break_a_line);
  tcase_add_test(tcase, no_room);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
