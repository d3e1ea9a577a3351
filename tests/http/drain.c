/* How a daemon ends under those who use it: for a while it still lets everybody in, and tells each that this was the
 * last answer over this connection. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

static struct fixture zoo;

static void start_with_delay(struct daemon *daemon, const char *delay) {
  daemon_prepare(daemon);
  suite_import(daemon, "zoo", &zoo);
  daemon_start(daemon, "--drain-delay", delay, "--drain-timeout", "60", NULL);
  daemon_await_ready(daemon, 200);
}

/* Asks over the connection; the answer's status, and whether its head ends the connection. */
static long ask(struct raw *raw, const char *line, bool *closes) {
  char text[256], value[64] = "";
  struct answer answer;
  snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: a\r\n\r\n", line);
  raw_send_text(raw, text);
  ck_assert_msg(raw_answer(raw, strncmp(line, "HEAD", 4) == 0, &answer), "%s: no answer", line);
  long status = answer.status;
  answer_header(&answer, "Connection", value, sizeof value);
  *closes = strcasecmp(value, "close") == 0;
  answer_release(&answer);
  return status;
}

/* A new connection is let in, answered as ever, and ends. */
static void expect_last_answer(unsigned port, const char *line, long status) {
  struct raw raw;
  bool closes;
  raw_open(&raw, port);
  long seen = ask(&raw, line, &closes);
  ck_assert_msg(seen == status, "%s: %ld, not %ld", line, seen, status);
  ck_assert_msg(closes, "%s: the answer does not say that the connection ends", line);
  ck_assert_msg(raw_closes(&raw), "%s: the connection stays open", line);
  raw_close(&raw);
}

/* A second signal ends a delay of an hour. */
START_TEST(during_the_delay_all_are_served_and_told_to_close) {
  struct daemon daemon;
  struct raw kept;
  bool closes;
  start_with_delay(&daemon, "3600");
  raw_open(&kept, daemon.port);
  ck_assert_int_eq(ask(&kept, "GET /vector?word=cat", &closes), 200);
  ck_assert(!closes);
  kill(daemon.pid, SIGTERM);
  daemon_await_log(&daemon, "SIGTERM: accepting connections for 3600 s more");
  expect_last_answer(daemon.port, "GET /readyz", 503);
  expect_last_answer(daemon.port, "GET /livez", 200);
  expect_last_answer(daemon.port, "GET /vector?word=cat", 200);
  expect_last_answer(daemon.port, "HEAD /vector?word=cat", 200);
  expect_last_answer(daemon.port, "GET /neighbors?word=cat", 200); /* from another thread */
  expect_last_answer(daemon.port, "GET /matrix?format=npy", 200);  /* as a stream */
  expect_last_answer(daemon.port, "GET /vector?word=caat", 404);   /* with near spellings */
  expect_last_answer(daemon.port, "GET /nowhere", 404);            /* refused */
  expect_last_answer(daemon.port, "DELETE /vector", 405);
  ck_assert_int_eq(ask(&kept, "GET /vector?word=dog", &closes), 200);
  ck_assert(closes);
  ck_assert(raw_closes(&kept));
  raw_close(&kept);
  ck_assert_int_eq(daemon_signal(&daemon, SIGTERM), 0);
}
END_TEST

START_TEST(the_delay_ends_by_itself) {
  struct daemon daemon;
  start_with_delay(&daemon, "1");
  double from = support_seconds();
  ck_assert_int_eq(daemon_signal(&daemon, SIGINT), 0);
  ck_assert(support_seconds() - from >= 0.9);
}
END_TEST

/* Connections over which all has been answered are closed without waiting for more, or for their time-out. */
START_TEST(idle_connections_do_not_hold_it_up) {
  enum { IDLE = 20 };
  struct daemon daemon;
  struct raw idle[IDLE];
  bool closes;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--drain-timeout", "3600", "--timeout", "86400", NULL);
  daemon_await_ready(&daemon, 200);
  for (size_t i = 0; i < IDLE; i++) {
    raw_open(&idle[i], daemon.port);
    if (i % 4 == 0) continue; /* nor those over which nothing was ever asked */
    ck_assert_int_eq(ask(&idle[i], "GET /vector?word=cat", &closes), 200);
  }
  ck_assert_int_eq(daemon_signal(&daemon, SIGTERM), 0);
  for (size_t i = 0; i < IDLE; i++) {
    ck_assert(raw_closes(&idle[i]));
    raw_close(&idle[i]);
  }
}
END_TEST

/* Nor do bodies that are thrown away, which anyone may send as slowly as they like, without a key, too. */
START_TEST(bodies_that_nobody_reads_do_not_hold_it_up) {
  static const char *const heads[] = {"GET /livez", "POST /livez", "POST /nowhere"};
  enum { HEADS = sizeof heads / sizeof heads[0] };
  struct daemon daemon;
  struct raw slow[HEADS];
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--drain-timeout", "3600", "--timeout", "86400", NULL);
  daemon_await_ready(&daemon, 200);
  for (size_t i = 0; i < HEADS; i++) {
    char text[128];
    raw_open(&slow[i], daemon.port);
    snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx", heads[i]);
    raw_send_text(&slow[i], text);
  }
  ck_assert_int_eq(daemon_signal(&daemon, SIGTERM), 0);
  ck_assert(!daemon_log_has(&daemon, "given up"));
  for (size_t i = 0; i < HEADS; i++) raw_close(&slow[i]);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/drain", &tcase);
  tcase_add_test(tcase, during_the_delay_all_are_served_and_told_to_close);
  tcase_add_test(tcase, the_delay_ends_by_itself);
  tcase_add_test(tcase, idle_connections_do_not_hold_it_up);
  tcase_add_test(tcase, bodies_that_nobody_reads_do_not_hold_it_up);
  scratch_open();
  fixture_zoo(&zoo);
  int failed = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
