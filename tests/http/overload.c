/* More than the daemon will take: connections, bytes being parsed, bytes being sent, descriptors. Refused with 503 and
 * Retry-After, or made to wait; and all is well when the load has gone. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/scrape.h"
#include "tests/support/suite.h"

static struct fixture zoo;

static void expect_busy(const struct answer *answer) {
  char value[64] = "";
  json_decref(expect_problem(answer, 503, "busy"));
  ck_assert_msg(answer_header(answer, "Retry-After", value, sizeof value), "no Retry-After");
  ck_assert_int_gt(atoi(value), 0);
}

/* Asks until the answer is a 200: what others held is given back a moment after they have gone. */
static void await_well(unsigned port, const char *target) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (;;) {
    struct raw raw;
    struct answer answer;
    char text[256];
    raw_open(&raw, port);
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", target);
    raw_send_text(&raw, text);
    bool well = raw_answer(&raw, false, &answer) && answer.status == 200;
    answer_release(&answer);
    raw_close(&raw);
    if (well) return;
    ck_assert_msg(support_seconds() < deadline, "%s is not answered after the load", target);
    support_pause();
  }
}

START_TEST(too_many_connections) {
  enum { MOST = 4 };
  static const struct {
    const char *text;
    bool vital;
  } requests[] = {
      {"GET /vector?word=cat HTTP/1.1\r\nHost: a\r\n\r\n", false},
      {"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n{\"indices\":[1]}", false},
      {"POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n", false}, /* of which nothing comes */
  };
  struct daemon daemon;
  struct raw held[MOST], more;
  struct answer answer;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--limit-connections", "4", NULL);
  for (size_t i = 0; i < MOST; i++) {
    raw_open(&held[i], daemon.port);
    raw_send_text(&held[i], "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(raw_answer(&held[i], false, &answer));
    ck_assert_int_eq(answer.status, 200);
    answer_release(&answer);
  }
  /* What comes now is told at once, probes are answered, and each is closed. */
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    raw_open(&more, daemon.port);
    raw_send_text(&more, requests[i].text);
    ck_assert_msg(raw_answer(&more, false, &answer), "closed without an answer");
    if (requests[i].vital)
      ck_assert_int_eq(answer.status, 200);
    else
      expect_busy(&answer);
    answer_release(&answer);
    ck_assert(raw_closes(&more));
    raw_close(&more);
  }
  double refused = scrape_value(daemon.port, "wordvec_http_requests_rejected_total{reason=\"connections\"}");
  ck_assert_msg(refused == 3, "%g refused for connections", refused);
  /* One that came when there were too many is served when there are fewer. */
  raw_open(&more, daemon.port);
  raw_close(&held[0]);
  raw_close(&held[1]);
  await_well(daemon.port, "/vector?word=cat");
  raw_send_text(&more, requests[0].text);
  ck_assert(raw_answer(&more, false, &answer));
  json_decref(expect_answer(&answer, 200));
  answer_release(&answer);
  raw_close(&more);
  for (size_t i = 2; i < MOST; i++) raw_close(&held[i]);
  await_well(daemon.port, "/vector?word=cat");
  daemon_stop(&daemon);
}
END_TEST

/* Half of a body of 900 kB is there, so that the budget of 1 MiB is taken; a second such body has no room. */
START_TEST(too_many_bytes_being_parsed) {
  enum { LENGTH = 900000 };
  struct daemon daemon;
  struct raw first, second;
  struct answer answer;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--limit-parsing-bytes", "1M", NULL);
  char *body = malloc(LENGTH);
  ck_assert_ptr_nonnull(body);
  memset(body, ' ', LENGTH);
  memcpy(body, "{\"indices\":[1]}", 15);
  static const char head[] =
      "POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\nExpect: 100-continue\r\n\r\n";
  raw_open(&first, daemon.port);
  raw_send_text(&first, head);
  ck_assert(raw_answer(&first, false, &answer));
  ck_assert_int_eq(answer.status, 100);
  answer_release(&answer);
  raw_open(&second, daemon.port);
  raw_send_text(&second, head);
  ck_assert(raw_answer(&second, false, &answer));
  if (answer.status == 100) { /* or it is told before it sends anything */
    answer_release(&answer);
    raw_send(&second, body, LENGTH);
    ck_assert(raw_answer(&second, false, &answer));
  }
  expect_busy(&answer);
  answer_release(&answer);
  raw_close(&second);
  raw_close(&first);
  await_well(daemon.port, "/vector?word=cat");
  free(body);
  daemon_stop(&daemon);
}
END_TEST

/* An answer of 16 MB that nobody reads takes the budget of 24 MiB; a second one has no room, until the first goes. */
START_TEST(too_many_bytes_being_sent) {
  static const char request[] =
      "POST /lookup HTTP/1.1\r\nHost: a\r\nAccept: application/octet-stream\r\nContent-Length: 34\r\n\r\n"
      "{\"indices\":[[1]],\"maxlen\":838860} ";
  struct daemon daemon;
  struct raw first, second;
  struct answer answer;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--limit-answer-bytes", "24M", NULL);
  raw_open(&first, daemon.port);
  raw_send_text(&first, request);
  ck_assert_msg(raw_waits_for_reading(&first), "no answer began");
  raw_open(&second, daemon.port);
  raw_send_text(&second, request);
  ck_assert(raw_answer(&second, false, &answer));
  expect_busy(&answer);
  answer_release(&answer);
  ck_assert(raw_answer(&first, false, &answer));
  ck_assert_uint_eq(answer.length, 838860u * ZOO_DIM * 4u);
  answer_release(&answer);
  raw_close(&first);
  raw_close(&second);
  await_well(daemon.port, "/vector?word=cat");
  daemon_stop(&daemon);
}
END_TEST

/* Waits for the first bytes of an answer, which must be a 200, and leaves them unread. */
static void await_begun(struct raw *raw) {
  static const char wanted[] = "HTTP/1.1 200 ";
  char head[sizeof wanted] = "";
  ck_assert_msg(raw_waits_for_reading(raw), "no answer began");
  ck_assert_int_gt(recv(raw->descriptor, head, sizeof head - 1, MSG_PEEK), 0);
  ck_assert_str_eq(head, wanted);
}

/* All but 16 bytes of the budget are held by an answer that nobody reads: probes and small answers are sent all the
 * same, and large ones are not. */
START_TEST(small_answers_while_nothing_is_left) {
  static const char held_request[] =
      "POST /lookup HTTP/1.1\r\nHost: a\r\nAccept: application/octet-stream\r\nContent-Length: 34\r\n\r\n"
      "{\"indices\":[[1]],\"maxlen\":838860} ";
  static const char *const small[] = {"/livez", "/info", "/vector?word=cat", "/words", "/readyz", "/metrics"};
  struct daemon daemon;
  struct raw held;
  struct answer answer;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--limit-answer-bytes", "16M", NULL);
  raw_open(&held, daemon.port);
  raw_send_text(&held, held_request);
  await_begun(&held);
  for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
    client_get(daemon.port, small[i], &answer);
    ck_assert_msg(answer.status == 200, "%s: %ld", small[i], answer.status);
    answer_release(&answer);
  }
  client_post(daemon.port, "/lookup", "{\"indices\":[[1]],\"maxlen\":10000}", &answer);
  expect_busy(&answer);
  answer_release(&answer);
  raw_close(&held);
  daemon_stop(&daemon);
}
END_TEST

/* Four answers of 9 MB wait in a budget of 64 MiB: each counts as what it is, not as the larger room it was written
 * in. */
START_TEST(answers_that_wait_count_as_their_length) {
  enum { HELD = 4 };
  static const char request[] =
      "POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n{\"indices\":[[1]],\"maxlen\":320000} ";
  struct daemon daemon;
  struct raw held[HELD];
  struct answer answer;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--limit-answer-bytes", "64M", NULL);
  for (size_t i = 0; i < HELD; i++) {
    raw_open(&held[i], daemon.port);
    raw_send_text(&held[i], request);
    await_begun(&held[i]);
  }
  for (size_t i = 0; i < HELD; i++) {
    ck_assert(raw_answer(&held[i], false, &answer));
    ck_assert_uint_gt(answer.length, 8 << 20);
    answer_release(&answer);
    raw_close(&held[i]);
  }
  daemon_stop(&daemon);
}
END_TEST

/* Near spellings take a second turn of the handler, on the one thread that makes them: what takes long has none. */
START_TEST(long_work_is_not_done_twice_for_suggestions) {
  static const char *const middles[] = {"", "\"dog\","};
  enum { TIMES = 4000 };
  struct daemon daemon;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, NULL);
  char *body = malloc(TIMES * 8 + 64);
  ck_assert_ptr_nonnull(body);
  for (int longer = 0; longer < 2; longer++) {
    char *to = body + sprintf(body, "{\"words\":[");
    for (int i = 0; i < TIMES; i++) to += sprintf(to, "%s", middles[longer]);
    sprintf(to, "\"caat\"]}");
    json_t *problem = post_problem(daemon.port, 404, "word_not_found", "/mean", body);
    ck_assert_int_eq(json_array_size(json_object_get(problem, "suggestions")) > 0, !longer);
    json_decref(problem);
  }
  free(body);
  daemon_stop(&daemon);
}
END_TEST

/* What not even the whole budget holds is no matter of trying again. */
START_TEST(an_answer_that_can_never_be_sent) {
  struct daemon daemon;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--limit-answer-bytes", "1M", NULL);
  json_decref(post_problem(daemon.port, 422, "invalid_request", "/lookup", "{\"indices\":[[1]],\"maxlen\":500000}"));
  json_decref(get_json(daemon.port, 200, "/vector?word=cat"));
  daemon_stop(&daemon);
}
END_TEST

/* With 100 descriptors and 200 clients, some wait or are closed; when they have gone it accepts again. */
START_TEST(no_descriptors_left) {
  enum { CLIENTS = 200 };
  struct daemon daemon;
  struct raw held[CLIENTS];
  if (getenv("WORDVEC_WRAPPER")) return; /* which needs descriptors of its own */
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  setenv("WORDVEC_WRAPPER", "prlimit --nofile=100:100", 1);
  daemon_start(&daemon, NULL);
  unsetenv("WORDVEC_WRAPPER");
  for (size_t i = 0; i < CLIENTS; i++) {
    raw_open(&held[i], daemon.port);
    raw_send_text(&held[i], "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  for (size_t i = 0; i < CLIENTS; i++) raw_close(&held[i]);
  await_well(daemon.port, "/vector?word=cat");
  daemon_stop(&daemon);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/overload", &tcase);
  tcase_add_test(tcase, too_many_connections);
  tcase_add_test(tcase, too_many_bytes_being_parsed);
  tcase_add_test(tcase, too_many_bytes_being_sent);
  tcase_add_test(tcase, small_answers_while_nothing_is_left);
  tcase_add_test(tcase, answers_that_wait_count_as_their_length);
  tcase_add_test(tcase, long_work_is_not_done_twice_for_suggestions);
  tcase_add_test(tcase, an_answer_that_can_never_be_sent);
  tcase_add_test(tcase, no_descriptors_left);
  scratch_open();
  fixture_zoo(&zoo);
  int failed = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
