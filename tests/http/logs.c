/* What a client sees of the log: the name of its request in every answer, and in the log none of its secrets. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

static void expect_id(const struct answer *answer, const char *wanted) {
  char id[160], timing[160];
  ck_assert_msg(answer_header(answer, "X-Request-Id", id, sizeof id), "no id: %s", answer->head);
  if (wanted)
    ck_assert_str_eq(id, wanted);
  else
    ck_assert_uint_eq(strspn(id, "0123456789abcdef"), 16);
  ck_assert_msg(answer_header(answer, "Server-Timing", timing, sizeof timing), "no timing: %s", answer->head);
  ck_assert_mem_eq(timing, "total;dur=", 10);
}

static const struct {
  const char *name; /* what the log is searched for */
  struct client_request request;
  long status;
} asked[] = {
    {"id-of-a-vector", {.target = "/vector?word=cat"}, 200},
    {"id-of-a-search", {.target = "/neighbors?word=cat&k=2"}, 200},
    {"id-of-a-stream", {.target = "/matrix?format=npy"}, 200},
    {"id-of-nothing-new", {.target = "/vector?word=cat", .headers = {"If-None-Match: *"}}, 304},
    {"id-of-no-word", {.target = "/vector?word=caat"}, 404},
    {"id-of-no-route", {.target = "/nothing"}, 404},
    {"id-of-a-wrong-method", {.method = "DELETE", .target = "/vector"}, 405},
    {"id-of-a-body", {.target = "/lookup", .body = "{\"indices\":[1]}", .body_length = 15}, 200},
};

START_TEST(every_answer_has_the_name_of_its_request) {
  struct client_request request = asked[_i].request;
  struct answer answer;
  char field[64], in_log[64];
  client_send(served.port, &request, &answer);
  ck_assert_int_eq(answer.status, asked[_i].status);
  expect_id(&answer, NULL);
  answer_release(&answer);
  snprintf(field, sizeof field, "X-Request-Id: %s", asked[_i].name);
  request.headers[request.headers[0] != NULL] = field;
  client_send(served.port, &request, &answer);
  ck_assert_int_eq(answer.status, asked[_i].status);
  expect_id(&answer, asked[_i].name);
  answer_release(&answer);
  snprintf(in_log, sizeof in_log, " %s\n", asked[_i].name);
  daemon_await_log(&served, in_log);
}
END_TEST

/* It is written to the socket in the middle of the body. */
START_TEST(an_answer_beside_libmicrohttpd_too) {
  static char body[2 << 20];
  struct answer answer;
  memset(body, ' ', sizeof body);
  const struct client_request request = {.target = "/lookup",
                                         .body = body,
                                         .body_length = sizeof body,
                                         .chunked = true,
                                         .headers = {"X-Request-Id: id-of-too-much", "Expect:"}};
  client_send(served.port, &request, &answer);
  ck_assert_int_eq(answer.status, 413);
  expect_id(&answer, "id-of-too-much");
  answer_release(&answer);
  daemon_await_log(&served, " id-of-too-much\n");
}
END_TEST

START_TEST(names_that_are_none_are_replaced) {
  static const char *const fields[][2] = {
      {"X-Request-Id: a b", NULL}, {"X-Request-Id: \"quoted\"", NULL}, {"X-Request-Id: one", "X-Request-Id: two"}};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    struct answer answer;
    const struct client_request request = {.target = "/livez", .headers = {fields[i][0], fields[i][1]}};
    client_send(served.port, &request, &answer);
    ck_assert_int_eq(answer.status, 200);
    expect_id(&answer, NULL);
    answer_release(&answer);
  }
}
END_TEST

START_TEST(searches_tell_where_their_time_went) {
  struct answer answer;
  char timing[160];
  double total, queue, search;
  client_get(served.port, "/neighbors?word=cat&k=2", &answer);
  ck_assert(answer_header(&answer, "Server-Timing", timing, sizeof timing));
  ck_assert_int_eq(sscanf(timing, "total;dur=%lf, queue;dur=%lf, search;dur=%lf", &total, &queue, &search), 3);
  ck_assert(queue >= 0 && search > 0 && queue + search <= total);
  answer_release(&answer);
}
END_TEST

#define CANARY "canary"

/* A target in absolute form, which the client's library would not send. */
static void send_target(unsigned port, const char *target) {
  char request[256];
  struct answer answer;
  struct raw raw;
  raw_open(&raw, port);
  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
  raw_send_text(&raw, request);
  ck_assert(raw_answer(&raw, false, &answer));
  answer_release(&answer);
  raw_close(&raw);
}

/* In each place where a client may have something to hide, and where it may only seem to be a place of another kind. */
static void send_secrets(unsigned port) {
  static const char body[] = "{\"words\":[\"" CANARY "\"],\"" CANARY "\":1}";
  static const struct client_request requests[] = {
      {.target = "/vector?word=" CANARY},
      {.target = "/vector?" CANARY "=1"},
      {.target = "/neighbors?word=" CANARY},
      {.target = "/nothing?" CANARY},
      {.target = "/vector?word=cat",
       .headers = {"Authorization: Bearer " CANARY CANARY CANARY, "Cookie: " CANARY, "Referer: http://x/" CANARY,
                   "User-Agent: " CANARY, "If-None-Match: \"" CANARY "\"", "X-Request-Id: a " CANARY}},
      {.target = "/vectors", .body = body, .body_length = sizeof body - 1},
      {.target = "/vectors?" CANARY "=1", .body = CANARY, .body_length = strlen(CANARY)},
      {.target = "/vector?word=cat", .headers = {"Accept: " CANARY "/x", "Host: " CANARY}},
      {.target = "/vector?word=" CANARY, .headers = {"Host: (" CANARY ")"}},
      {.method = "PUT", .target = "/vector?" CANARY},
  };
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    struct answer answer;
    client_send(port, &requests[i], &answer);
    answer_release(&answer);
  }
  send_target(port, "http://user:" CANARY "@a/vector?word=cat");
  send_target(port, "http://user:" CANARY "@a?word=/" CANARY);
}

START_TEST(secrets_stay_out_of_the_log) {
  static const char *const formats[] = {"text", "json", "off"};
  struct daemon daemon;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--log-format", formats[_i], "--log-level", "debug", "--slow-request", "1", NULL);
  send_secrets(daemon.port);
  daemon_stop(&daemon);
  ck_assert(!daemon_log_has(&daemon, CANARY));
  ck_assert(daemon_log_has(&daemon, "stopped"));
  ck_assert(_i == 2 || daemon_log_has(&daemon, "/vectors"));
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/logs", &tcase);
  tcase_add_loop_test(tcase, every_answer_has_the_name_of_its_request, 0, (int)(sizeof asked / sizeof asked[0]));
  tcase_add_test(tcase, an_answer_beside_libmicrohttpd_too);
  tcase_add_test(tcase, names_that_are_none_are_replaced);
  tcase_add_test(tcase, searches_tell_where_their_time_went);
  tcase_add_loop_test(tcase, secrets_stay_out_of_the_log, 0, 3);
  return suite_main_with_zoo(suite, &served, &zoo);
}
