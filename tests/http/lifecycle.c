/* A daemon's life: start, an empty store, readiness, signals with requests in flight, the log. Each test has a daemon
 * of its own. */
#define XXH_INLINE_ALL
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

static struct fixture zoo;

/* What these tests have in flight is finished; on a slow machine that takes longer than a daemon waits by itself. */
static void start_with_zoo(struct daemon *daemon) {
  daemon_prepare(daemon);
  suite_import(daemon, "zoo", &zoo);
  daemon_start(daemon, "--drain-timeout", "60", NULL);
  daemon_await_ready(daemon, 200);
}

START_TEST(an_empty_store_starts_and_is_not_ready) {
  struct daemon daemon;
  daemon_prepare(&daemon);
  daemon_start(&daemon, NULL);
  struct answer answer;
  client_get(daemon.port, "/livez", &answer);
  ck_assert_int_eq(answer.status, 200);
  answer_release(&answer);
  client_get(daemon.port, "/readyz", &answer);
  ck_assert_int_eq(answer.status, 503);
  answer_release(&answer);
  json_decref(get_problem(daemon.port, 503, "not_ready", "/vector?word=cat"));
  json_t *models = get_json(daemon.port, 200, "/models");
  expect_length(models, "/models", 0);
  json_decref(models);
  daemon_await_log(&daemon, "wordvec import");
  suite_import(&daemon, "zoo", &zoo);
  daemon_await_ready(&daemon, 200);
  json_decref(get_json(daemon.port, 200, "/vector?word=cat"));
  daemon_stop(&daemon);
}
END_TEST

START_TEST(a_store_that_is_not_there_yet) {
  struct daemon daemon;
  daemon_prepare(&daemon);
  ck_assert_int_eq(rmdir(daemon.store), 0);
  daemon_start(&daemon, NULL);
  daemon_await_ready(&daemon, 503);
  suite_import(&daemon, "zoo", &zoo);
  daemon_await_ready(&daemon, 200);
  daemon_stop(&daemon);
}
END_TEST

START_TEST(the_log_says_what_is_served) {
  struct daemon daemon;
  start_with_zoo(&daemon);
  daemon_await_log(&daemon, "listening on http://127.0.0.1:");
  daemon_await_log(&daemon, "zoo");
  daemon_await_log(&daemon, "30");
  daemon_await_log(&daemon, "kernel");
  daemon_stop(&daemon);
}
END_TEST

/* A request whose head the daemon has taken in (its "100 Continue" proves it) and whose body is still to come. */
static void begin_request(struct raw *raw, unsigned port) {
  struct answer answer;
  raw_open(raw, port);
  raw_send_text(raw, "POST /lookup HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 15\r\n\r\n");
  ck_assert(raw_answer(raw, false, &answer));
  ck_assert_int_eq(answer.status, 100);
  answer_release(&answer);
}

static void finish_request(struct raw *raw) {
  struct answer answer;
  raw_send_text(raw, "{\"indices\":[1]}");
  ck_assert_msg(raw_answer(raw, false, &answer), "the request in flight got no answer");
  json_t *root = expect_answer(&answer, 200);
  expect_floats(root, "/vectors/0", fixture_row(&zoo, 1), ZOO_DIM);
  json_decref(root);
  answer_release(&answer);
  ck_assert(raw_closes(raw));
  raw_close(raw);
}

static int exit_code_with_a_request_in_flight(int signal) {
  struct daemon daemon;
  start_with_zoo(&daemon);
  struct raw busy;
  begin_request(&busy, daemon.port);
  kill(daemon.pid, signal);
  daemon_await_log(&daemon, "finishing");
  finish_request(&busy);
  return process_wait(daemon.pid);
}

START_TEST(sigterm_finishes_what_is_in_flight) {
  ck_assert_int_eq(exit_code_with_a_request_in_flight(SIGTERM), 0);
}
END_TEST

START_TEST(sigint_finishes_what_is_in_flight) {
  ck_assert_int_eq(exit_code_with_a_request_in_flight(SIGINT), 0);
}
END_TEST

/* 16 MB that the client has not begun to read when the signal comes. */
START_TEST(a_large_answer_is_finished) {
  struct daemon daemon;
  start_with_zoo(&daemon);
  struct raw raw;
  struct answer answer;
  raw_open(&raw, daemon.port);
  raw_send_text(&raw,
                "POST /lookup HTTP/1.1\r\nHost: a\r\nAccept: application/octet-stream\r\nContent-Length: 34\r\n\r\n"
                "{\"indices\":[[1]],\"maxlen\":838860} ");
  ck_assert_msg(raw_waits_for_reading(&raw), "no answer began");
  kill(daemon.pid, SIGTERM);
  daemon_await_log(&daemon, "finishing");
  ck_assert_msg(raw_answer(&raw, false, &answer), "the answer was cut");
  ck_assert_int_eq(answer.status, 200);
  ck_assert_uint_eq(answer.length, 838860u * ZOO_DIM * 4u);
  answer_release(&answer);
  raw_close(&raw);
  ck_assert_int_eq(process_wait(daemon.pid), 0);
}
END_TEST

/* While it drains, an open connection hears that the daemon is not ready and that the connection ends. */
/* A store file that takes minutes to read and nothing to make: a hole of 1 TiB behind which the trailer that
 * store/FORMAT.md describes is right but for the sums of the blocks. */
static void write_endless_model(const char *store) {
  enum { BLOCKS = 1 << 14 };
  static const uint64_t covered = (uint64_t)1 << 40;
  struct {
    uint64_t sums[BLOCKS];
    char magic[8];
    uint64_t covered, blocks, sum;
  } *trailer = calloc(1, sizeof *trailer);
  ck_assert_ptr_nonnull(trailer);
  memcpy(trailer->magic, "WVECSUM1", sizeof trailer->magic);
  trailer->covered = covered;
  trailer->blocks = BLOCKS;
  trailer->sum = XXH3_64bits(trailer, sizeof *trailer - sizeof trailer->sum);
  char path[SCRATCH_PATH_MAX];
  snprintf(path, sizeof path, "%.900s/endless.mdb", store);
  int descriptor = open(path, O_WRONLY | O_CREAT, 0600);
  ck_assert_int_ge(descriptor, 0);
  ck_assert_int_eq(pwrite(descriptor, trailer, sizeof *trailer, (off_t)covered), sizeof *trailer);
  close(descriptor);
  free(trailer);
}

START_TEST(sigterm_is_heard_during_the_first_look) {
  struct daemon daemon;
  daemon_prepare(&daemon);
  write_endless_model(daemon.store);
  scratch_path(daemon.log, "endless.log");
  const char *const arguments[] = {"serve", "--store", daemon.store, "--listen", "127.0.0.1:0", NULL};
  daemon.pid = process_start(arguments, &(struct process_io){.err = daemon.log, .input = -1});
  daemon_await_log(&daemon, "threads"); /* it has begun */
  ck_assert_int_eq(daemon_signal(&daemon, SIGTERM), 0);
  ck_assert(!daemon_log_has(&daemon, "listening"));
  ck_assert(!daemon_log_has(&daemon, "error"));
}
END_TEST

START_TEST(draining_is_not_ready) {
  struct daemon daemon;
  start_with_zoo(&daemon);
  struct raw idle, busy;
  struct answer answer;
  raw_open(&idle, daemon.port);
  raw_send_text(&idle, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
  ck_assert(raw_answer(&idle, false, &answer));
  answer_release(&answer);
  begin_request(&busy, daemon.port);
  kill(daemon.pid, SIGTERM);
  daemon_await_log(&daemon, "finishing");
  raw_send_text(&idle, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
  if (raw_answer(&idle, false, &answer)) { /* or it has been closed, which says the same */
    ck_assert_int_eq(answer.status, 503);
    char value[64] = "";
    answer_header(&answer, "Connection", value, sizeof value);
    ck_assert_str_eq(value, "close");
  }
  answer_release(&answer);
  finish_request(&busy);
  raw_close(&idle);
  ck_assert_int_eq(process_wait(daemon.pid), 0);
}
END_TEST

START_TEST(a_drain_has_an_end) {
  struct daemon daemon;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--drain-timeout", "1", NULL);
  struct raw busy;
  begin_request(&busy, daemon.port);
  ck_assert_int_eq(daemon_signal(&daemon, SIGTERM), 0); /* the rest of the body never comes */
  raw_close(&busy);
}
END_TEST

/* One line a request, each a JSON object, with its method, path and status. */
START_TEST(the_log_as_json) {
  struct daemon daemon;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--log-format", "json", NULL);
  struct answer answer;
  client_get(daemon.port, "/vector?word=cat", &answer);
  answer_release(&answer);
  client_get(daemon.port, "/no%22where%0aelse", &answer);
  answer_release(&answer);
  daemon_stop(&daemon);
  char *log = scratch_read(daemon.log, NULL), *rest = NULL;
  int requests[2] = {0};
  for (char *line = strtok_r(log, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    json_t *entry = json_loads(line, 0, NULL);
    ck_assert_msg(entry != NULL, "not JSON: %s", line);
    const char *path = json_string_value(json_object_get(entry, "path"));
    if (path) { /* two connections: their lines come in either order */
      expect_text(entry, "/method", "GET");
      expect_integer(entry, "/status", strcmp(path, "/vector") == 0 ? 200 : 404);
      requests[strcmp(path, "/vector") == 0]++;
    }
    json_decref(entry);
  }
  ck_assert_int_eq(requests[0], 1);
  ck_assert_int_eq(requests[1], 1);
  free(log);
}
END_TEST

START_TEST(the_log_as_text_and_off) {
  static const char *const formats[] = {"text", "off"};
  for (size_t i = 0; i < 2; i++) {
    struct daemon daemon;
    daemon_prepare(&daemon);
    suite_import(&daemon, "zoo", &zoo);
    daemon_start(&daemon, "--log-format", formats[i], "--slow-request", "0", NULL);
    struct answer answer;
    client_get(daemon.port, "/vector?word=caat", &answer);
    answer_release(&answer);
    daemon_stop(&daemon);
    ck_assert_int_eq(daemon_log_has(&daemon, "/vector"), i == 0);
    ck_assert_int_eq(daemon_log_has(&daemon, "/vector 404 "), i == 0); /* "404" alone may be of the port */
  }
}
END_TEST

START_TEST(addresses_that_cannot_be_had) {
  struct daemon daemon;
  struct run run;
  start_with_zoo(&daemon);
  char address[64];
  snprintf(address, sizeof address, "127.0.0.1:%u", daemon.port);
  run_wordvec(&run, "serve", "--store", daemon.store, "--listen", address, NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, address));
  run_release(&run);
  run_wordvec(&run, "serve", "--store", daemon.store, "--listen", "0.0.0.0:0", NULL);
  ck_assert_int_eq(run.code, 2);
  ck_assert_ptr_nonnull(strstr(run.err, "--insecure-bind"));
  run_release(&run);
  daemon_stop(&daemon);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/lifecycle", &tcase);
  tcase_add_test(tcase, an_empty_store_starts_and_is_not_ready);
  tcase_add_test(tcase, a_store_that_is_not_there_yet);
  tcase_add_test(tcase, the_log_says_what_is_served);
  tcase_add_test(tcase, sigterm_finishes_what_is_in_flight);
  tcase_add_test(tcase, sigint_finishes_what_is_in_flight);
  tcase_add_test(tcase, a_large_answer_is_finished);
  tcase_add_test(tcase, sigterm_is_heard_during_the_first_look);
  tcase_add_test(tcase, draining_is_not_ready);
  tcase_add_test(tcase, a_drain_has_an_end);
  tcase_add_test(tcase, the_log_as_json);
  tcase_add_test(tcase, the_log_as_text_and_off);
  tcase_add_test(tcase, addresses_that_cannot_be_had);
  scratch_open();
  fixture_zoo(&zoo);
  int failed = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
