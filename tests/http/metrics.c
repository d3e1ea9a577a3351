/* GET /metrics of a real daemon: every series is there from the start, requests of each kind move the series of their
 * kind and no other, and Prometheus' own tool finds nothing wrong with the text. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/scrape.h"
#include "tests/support/suite.h"

static struct fixture zoo;

/* ---- the set of series */

static bool begins(const char *line, const char *with) {
  return strncmp(line, with, strlen(with)) == 0;
}

/* Ends the line, and gives the next one; NULL behind the last. */
static char *end_line(char *line) {
  char *end = strchr(line, '\n');
  ck_assert_msg(end != NULL, "a line without an end: %s", line);
  *end = '\0';
  return end[1] ? end + 1 : NULL;
}

/* The names of all series, one a line, in their order; a copy. */
static char *names_of(const char *text) {
  char *copy = strdup(text), *names = calloc(1, strlen(text) + 1), *to = names;
  ck_assert(copy && names);
  for (char *line = copy, *next; line; line = next) {
    next = end_line(line);
    char *space = strrchr(line, ' ');
    if (*line == '#' || !space) continue;
    to += sprintf(to, "%.*s\n", (int)(space - line), line);
  }
  free(copy);
  return names;
}

/* What a daemon that was asked nothing has done. */
static bool may_have_begun(const char *line) {
  static const char *const names[] = {"process_",
                                      "wordvec_build_info",
                                      "wordvec_model",
                                      "wordvec_swaps_total{result=\"ok",
                                      "wordvec_http_requests_in_flight",
                                      "wordvec_http_connections"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (begins(line, names[i])) return true;
  return strstr(line, "route=\"/metrics\"") || strstr(line, "route=\"/readyz\"");
}

static void expect_zeros(const char *text) {
  char *copy = strdup(text);
  ck_assert_ptr_nonnull(copy);
  for (char *line = copy, *next; line; line = next) {
    next = end_line(line);
    if (*line == '#' || may_have_begun(line)) continue;
    ck_assert_msg(strtod(strrchr(line, ' '), NULL) == 0, "not 0 at the start: %s", line);
  }
  free(copy);
}

/* ---- Prometheus' tool */

static bool tool_accepts(const char *text) {
  FILE *tool = popen("promtool check metrics >/dev/null 2>&1", "w");
  ck_assert_ptr_nonnull(tool);
  fputs(text, tool);
  return pclose(tool) == 0;
}

/* PROMTOOL_REQUIRED set to anything: it is an error, and not a reason to skip, that there is none. */
START_TEST(the_text_is_in_order) {
  struct daemon daemon;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo.v1_a-b", &zoo);
  daemon_start(&daemon, NULL);
  daemon_await_ready(&daemon, 200);
  char *text = scrape(daemon.port);
  daemon_stop(&daemon);
  if (system("command -v promtool >/dev/null 2>&1") == 0) {
    ck_assert(tool_accepts(text));
    strcat(strcpy(text, "wordvec_"), "a 1 2 3\n");
    ck_assert(!tool_accepts(text));
  } else {
    ck_assert_msg(getenv("PROMTOOL_REQUIRED") == NULL, "there is no promtool (Debian's package prometheus)");
    printf("skipped: /metrics by promtool, which is in Debian's package prometheus\n");
  }
  free(text);
}
END_TEST

START_TEST(head_and_type) {
  struct daemon daemon;
  struct answer answer;
  char value[128];
  daemon_prepare(&daemon);
  daemon_start(&daemon, NULL);
  client_send(daemon.port, &(struct client_request){.method = "HEAD", .target = "/metrics?what=ever"}, &answer);
  ck_assert_int_eq(answer.status, 200);
  ck_assert_uint_eq(answer.length, 0);
  ck_assert(answer_header(&answer, "Content-Type", value, sizeof value));
  ck_assert_str_eq(value, "text/plain; version=0.0.4; charset=utf-8");
  answer_release(&answer);
  daemon_stop(&daemon);
}
END_TEST

/* ---- what requests count as */

enum { LONG_URL = 9000, MANY_FIELDS = 40000 };

static void send_raw(unsigned port, const char *bytes, long status) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, port);
  raw_send_text(&raw, bytes);
  ck_assert(raw_answer(&raw, false, &answer));
  ck_assert_int_eq(answer.status, status);
  answer_release(&answer);
  raw_close(&raw);
}

static void send_long(unsigned port, const char *before, size_t length, const char *behind, long status) {
  char *text = malloc(strlen(before) + length + strlen(behind) + 1);
  ck_assert_ptr_nonnull(text);
  char *to = stpcpy(text, before);
  memset(to, 'q', length);
  strcpy(to + length, behind);
  send_raw(port, text, status);
  free(text);
}

static const struct {
  const char *method, *target, *body, *header;
  long status;
} requests[] = {
    {NULL, "/vector?word=cat", NULL, NULL, 200},
    {NULL, "/vector?word=CAT&case=fold", NULL, NULL, 200},
    {NULL, "/vector?word=xyzzyword", NULL, NULL, 404},
    {"HEAD", "/vector?word=cat", NULL, NULL, 200},
    {NULL, "/vectors", "{\"words\":[\"cat\",\"xyzzyword\"]}", NULL, 200},
    {NULL, "/lookup", "{\"indices\":[[0,1,2,0],[3]]}", NULL, 200},
    {NULL, "/lookup", "{\"indices\":[[0,999]]}", NULL, 422},
    {NULL, "/lookup", "{}", "Content-Type: text/csv", 415},
    {NULL, "/neighbors?word=cat&k=3", NULL, NULL, 200},
    {NULL, "/matrix", "{\"words\":[\"dog\",\"xyzzyword\"],\"oov\":\"error\"}", "Accept: application/x-npy", 422},
    {NULL, "/models/zoo", NULL, NULL, 200},
    {NULL, "/models/xyzzymodel", NULL, NULL, 404},
    {NULL, "/vector?xyzzyname=1", NULL, NULL, 400},
    {NULL, "/v1/embeddings", "{\"model\":\"zoo\",\"input\":\"cat dog\"}", NULL, 200},
    {NULL, "/mean?word=cat&word=dog", NULL, NULL, 200},
    {NULL, "/matrix", "{\"words\":[\"dog\",\"cat\",\"mouse\"]}", "Accept: application/x-npy", 200},
    {NULL, "/word2vec/most_similar?positive=cat&topn=2", NULL, NULL, 200},
    {NULL, "/xyzzypath", NULL, NULL, 404},
    {"XYZZYMETHOD", "/vector", NULL, NULL, 405},
    {NULL, "/lookup", NULL, NULL, 405},
};

static const struct {
  const char *series;
  double more;
} counted[] = {
#define REQUESTS(route, method, code) \
  "wordvec_http_requests_total{route=\"" route "\",method=\"" method "\",code=\"" code "\"}"
    {REQUESTS("/vector", "GET", "200"), 2},
    {REQUESTS("/vector", "GET", "404"), 1},
    {REQUESTS("/vector", "GET", "400"), 1},
    {REQUESTS("/vector", "HEAD", "200"), 1},
    {REQUESTS("/vector", "other", "405"), 1},
    {REQUESTS("/vectors", "POST", "200"), 1},
    {REQUESTS("/lookup", "POST", "200"), 1},
    {REQUESTS("/lookup", "POST", "422"), 1},
    {REQUESTS("/lookup", "POST", "415"), 1},
    {REQUESTS("/lookup", "POST", "413"), 1},
    {REQUESTS("/lookup", "GET", "405"), 1},
    {REQUESTS("/neighbors", "GET", "200"), 1},
    {REQUESTS("/matrix", "POST", "422"), 1},
    {REQUESTS("/models/NAME", "GET", "200"), 1},
    {REQUESTS("/models/NAME", "GET", "404"), 1},
    {REQUESTS("/v1/embeddings", "POST", "200"), 1},
    {REQUESTS("/mean", "GET", "200"), 1},
    {REQUESTS("/matrix", "POST", "200"), 1},
    {REQUESTS("/word2vec/most_similar", "GET", "200"), 1},
    {REQUESTS("other", "GET", "404"), 1},
    {REQUESTS("other", "other", "431"), 1},
    {REQUESTS("/vector", "GET", "414"), 1},
    {"wordvec_http_request_duration_seconds_count{route=\"/vector\"}", 7},
    {"wordvec_http_request_duration_seconds_bucket{route=\"/vector\",le=\"+Inf\"}", 7},
    {"wordvec_http_request_duration_seconds_count{route=\"/lookup\"}", 5},
    {"wordvec_http_request_duration_seconds_count{route=\"other\"}", 2},
#define REJECTED(reason) "wordvec_http_requests_rejected_total{reason=\"" reason "\"}"
    {REJECTED("word_not_found"), 1},
    {REJECTED("model_not_found"), 1},
    {REJECTED("route_not_found"), 1},
    {REJECTED("unknown_parameter"), 1},
    {REJECTED("method_not_allowed"), 2},
    {REJECTED("invalid_request"), 2},
    {REJECTED("unsupported_media_type"), 1},
    {REJECTED("body_too_large"), 1},
    {REJECTED("url_too_long"), 1},
    {REJECTED("headers_too_large"), 1},
    {"wordvec_lookups_total{result=\"hit\"}", 7 + 2 + 3 + 2}, /* most_similar looks a word up twice */
    {"wordvec_lookups_total{result=\"case\"}", 1},
    {"wordvec_lookups_total{result=\"unknown\"}", 3},
    {"wordvec_rows_returned_total", 3 + 2 + 8 + 3 + 1 + 1 + 3 + 2},
    {"wordvec_search_duration_seconds_count{mode=\"exact\"}", 2},
    {"wordvec_search_pass_queries_count", 2},
    {"wordvec_search_pass_queries_bucket{le=\"1\"}", 2},
    {"wordvec_search_pass_queries_sum", 2},
};

/* Whether a counter is one of those above, or need not be: sums of times, and buckets. */
static bool is_expected(const char *line) {
  if (may_have_begun(line) || strstr(line, "_duration_seconds_")) return true;
  if (begins(line, "wordvec_search_pass_queries_bucket")) return true;
  for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
    size_t length = strlen(counted[i].series);
    if (strncmp(line, counted[i].series, length) == 0 && line[length] == ' ') return true;
  }
  return false;
}

static void expect_no_others(const char *text) {
  char *copy = strdup(text);
  ck_assert_ptr_nonnull(copy);
  for (char *line = copy, *next; line; line = next) {
    next = end_line(line);
    if (*line != '#' && !is_expected(line)) ck_assert_msg(strtod(strrchr(line, ' '), NULL) == 0, "counted: %s", line);
  }
  free(copy);
}

static void send_all(unsigned port) {
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    const struct client_request request = {.method = requests[i].method,
                                           .target = requests[i].target,
                                           .body = requests[i].body,
                                           .body_length = requests[i].body ? strlen(requests[i].body) : 0,
                                           .headers = {requests[i].header}};
    struct answer answer;
    client_send(port, &request, &answer);
    ck_assert_msg(answer.status == requests[i].status, "%s: %ld", requests[i].target, answer.status);
    answer_release(&answer);
  }
  send_raw(port, "POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413);
  send_long(port, "GET /vector?word=", LONG_URL, " HTTP/1.1\r\nHost: a\r\n\r\n", 414);
  send_long(port, "GET /vector HTTP/1.1\r\nHost: a\r\nX: ", MANY_FIELDS, "\r\n\r\n", 431);
}

START_TEST(requests_move_their_series_and_no_others) {
  struct daemon daemon;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, NULL);
  daemon_await_ready(&daemon, 200);
  char *before = scrape(daemon.port);
  expect_zeros(before);
  send_all(daemon.port);
  for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
    scrape_await(daemon.port, counted[i].series, counted[i].more);
  char *after = scrape(daemon.port);
  expect_no_others(after);
  char *names_before = names_of(before), *names_after = names_of(after);
  ck_assert_str_eq(names_before, names_after); /* none came, none went */
  ck_assert_ptr_null(strcasestr(after, "xyzzy"));
  free(names_before);
  free(names_after);
  free(before);
  free(after);
  daemon_stop(&daemon);
}
END_TEST

/* Scrapes until the gauge has the value: connections of scrapes before may end a moment later. */
static void await_gauge(unsigned port, const char *series, double value) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS, seen;
  while ((seen = scrape_value(port, series)) != value) {
    ck_assert_msg(support_seconds() < deadline, "%s is %g, not %g", series, seen, value);
    support_pause();
  }
}

START_TEST(connections_that_are_open) {
  enum { HELD = 5 };
  struct daemon daemon;
  struct raw held[HELD];
  daemon_prepare(&daemon);
  daemon_start(&daemon, NULL);
  await_gauge(daemon.port, "wordvec_http_connections", 1); /* its own */
  for (size_t i = 0; i < HELD; i++) raw_open(&held[i], daemon.port);
  await_gauge(daemon.port, "wordvec_http_connections", HELD + 1);
  ck_assert_double_gt(scrape_value(daemon.port, "wordvec_http_connections_accepted_total"), HELD + 1);
  for (size_t i = 0; i < HELD; i++) raw_close(&held[i]);
  await_gauge(daemon.port, "wordvec_http_connections", 1);
  daemon_stop(&daemon);
}
END_TEST

/* ---- an address of its own */

static unsigned port_behind(const struct daemon *daemon, const char *mark) {
  daemon_await_log(daemon, mark);
  char *log = scratch_read(daemon->log, NULL), *at = strstr(log, mark);
  ck_assert_ptr_nonnull(at);
  unsigned long port = strtoul(at + strlen(mark), NULL, 10);
  free(log);
  return (unsigned)port;
}

static void expect_status(unsigned port, const char *target, long status) {
  struct answer answer;
  client_get(port, target, &answer);
  ck_assert_msg(answer.status == status, "%s: %ld", target, answer.status);
  answer_release(&answer);
}

/* Asked there without a key, and while no connection to the other address is left; nothing else is answered there. */
START_TEST(an_address_of_its_own) {
  struct daemon daemon;
  struct answer answer;
  struct raw held;
  char keys[SCRATCH_PATH_MAX];
  static const char key[] = "xyzzy-0123456789abcdef";
  scratch_path(keys, "keys");
  scratch_write(keys, key, strlen(key));
  chmod(keys, 0600);
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--api-key-file", keys, "--metrics-listen", "127.0.0.1:0", "--cors-origin", "*", NULL);
  unsigned port = port_behind(&daemon, "metrics on http://127.0.0.1:");
  expect_status(daemon.port, "/metrics", 401);
  client_send(
      daemon.port,
      &(struct client_request){.target = "/metrics", .headers = {"Authorization: Bearer xyzzy-0123456789abcdef"}},
      &answer);
  json_decref(expect_problem(&answer, 404, "route_not_found"));
  ck_assert_ptr_null(strstr(answer.body, "/readyz, /metrics")); /* nor is it named among those that are there */
  answer_release(&answer);
  expect_status(daemon.port, "/vector?word=cat", 401);
  client_send(port, &(struct client_request){.target = "/metrics", .headers = {"Origin: https://a.example"}}, &answer);
  ck_assert_int_eq(answer.status, 200);
  ck_assert_ptr_null(strstr(answer.head, "Access-Control")); /* no page may read what is told without a key */
  answer_release(&answer);
  expect_status(port, "/readyz", 200);
  expect_status(port, "/livez", 200);
  expect_status(port, "/vector?word=cat", 404);
  scrape_await(port, "wordvec_http_requests_rejected_total{reason=\"unauthorized\"}", 2);
  scrape_await(port, "wordvec_http_requests_total{route=\"/vector\",method=\"GET\",code=\"401\"}", 1);
  raw_open(&held, port);
  raw_send_text(&held, "GET /metr"); /* who stalls there keeps nobody from it, and not the daemon from ending */
  expect_status(port, "/metrics", 200);
  daemon_stop(&daemon);
  raw_close(&held);
}
END_TEST

START_TEST(an_address_of_its_own_is_loopback) {
  struct daemon daemon;
  struct run run;
  daemon_prepare(&daemon);
  run_wordvec(&run, "serve", "--store", daemon.store, "--listen", "127.0.0.1:0", "--metrics-listen", "0.0.0.0:0", NULL);
  ck_assert_int_eq(run.code, 2);
  ck_assert_ptr_nonnull(strstr(run.err, "--metrics-listen: http://0.0.0.0:0 can be reached from other machines"));
  run_release(&run);
}
END_TEST

START_TEST(an_address_of_its_own_that_is_taken) {
  struct daemon daemon;
  struct run run;
  char taken[64];
  daemon_prepare(&daemon);
  daemon_start(&daemon, NULL);
  snprintf(taken, sizeof taken, "127.0.0.1:%u", daemon.port);
  run_wordvec(&run, "serve", "--store", daemon.store, "--listen", "127.0.0.1:0", "--metrics-listen", taken, NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "cannot listen on 127.0.0.1:"));
  run_release(&run);
  daemon_stop(&daemon);
}
END_TEST

START_TEST(models_and_their_swaps) {
  struct daemon daemon;
  char path[SCRATCH_PATH_MAX + 32];
  daemon_prepare(&daemon);
  daemon_start(&daemon, NULL);
  ck_assert(scrape_value(daemon.port, "wordvec_models") == 0);
  ck_assert(scrape_value(daemon.port, "wordvec_swaps_total{result=\"ok\"}") == 0);
  suite_import(&daemon, "zoo", &zoo);
  kill(daemon.pid, SIGHUP); /* it would look by itself, a second later */
  scrape_await(daemon.port, "wordvec_model_swaps_total{model=\"zoo\",result=\"ok\"}", 1);
  ck_assert(scrape_value(daemon.port, "wordvec_model_rows{model=\"zoo\"}") == ZOO_ROWS);
  json_t *model = get_json(daemon.port, 200, "/models/zoo");
  char series[256];
  snprintf(series, sizeof series, "wordvec_model_info{model=\"zoo\",digest=\"%s\"}",
           json_string_value(json_object_get(model, "digest")));
  ck_assert(scrape_value(daemon.port, series) == 1);
  ck_assert(scrape_value(daemon.port, "wordvec_model_mapped_bytes{model=\"zoo\"}") ==
            (double)json_integer_value(json_object_get(model, "file_size")));
  json_decref(model);
  snprintf(path, sizeof path, "%.1000s/zoo.mdb", daemon.store);
  ck_assert_int_eq(unlink(path), 0);
  scratch_write(path, "junk", 4);
  kill(daemon.pid, SIGHUP);
  scrape_await(daemon.port, "wordvec_swaps_total{result=\"failed\"}", 1);
  ck_assert(scrape_value(daemon.port, "wordvec_model_swaps_total{model=\"zoo\",result=\"failed\"}") == 1);
  ck_assert(scrape_value(daemon.port, "wordvec_models") == 1);
  ck_assert_int_eq(unlink(path), 0);
  kill(daemon.pid, SIGHUP);
  scrape_await(daemon.port, "wordvec_swaps_total{result=\"removed\"}", 1);
  ck_assert(scrape_value(daemon.port, "wordvec_models") == 0);
  daemon_stop(&daemon);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/metrics", &tcase);
  tcase_add_test(tcase, the_text_is_in_order);
  tcase_add_test(tcase, head_and_type);
  tcase_add_test(tcase, requests_move_their_series_and_no_others);
  tcase_add_test(tcase, connections_that_are_open);
  tcase_add_test(tcase, an_address_of_its_own);
  tcase_add_test(tcase, an_address_of_its_own_is_loopback);
  tcase_add_test(tcase, an_address_of_its_own_that_is_taken);
  tcase_add_test(tcase, models_and_their_swaps);
  scratch_open();
  fixture_zoo(&zoo);
  int failed = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
