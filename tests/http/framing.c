/* HTTP itself over a bare socket: ambiguous framing, keep-alive, pipelining, Expect, HEAD, methods. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

/* Sends the bytes and expects an answer with this status, then the end of the connection. */
static void expect_refused_and_closed(const char *text, size_t length, long status) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send(&raw, text, length);
  ck_assert_msg(raw_answer(&raw, false, &answer), "no answer to: %.300s", text);
  ck_assert_msg(answer.status == status, "%ld, not %ld, to: %.300s", answer.status, status, text);
  answer_release(&answer);
  ck_assert(raw_closes(&raw));
  raw_close(&raw);
}

#define REQUEST(text) \
  { text, sizeof(text) - 1 }

START_TEST(ambiguous_framing_is_refused) {
  static const struct {
    const char *text;
    size_t length;
  } requests[] = {
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\n"
              "f\r\n{\"indices\":[1]}\r\n0\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 15\r\n\r\n"
              "f\r\n{\"indices\":[1]}\r\n0\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\nContent-Length: 15\r\n\r\n{\"indices\":[1]}"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\nContent-Length: 3\r\n\r\n{\"indices\":[1]}"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a/b\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a\r\nX-Y : 1\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a\r\nX(Y): 1\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
              "f\r\n{\"indices\":[1]}\r\n0\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
              "f\r\n{\"indices\":[1]}\r\n0\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"
              "f\r\n{\"indices\":[1]}\r\n0\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\n\r\n"), /* RFC 9112, section 3.2: HTTP/1.1 needs a Host */
      REQUEST("GET /livez HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\n X: 1\r\nHost: a\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: +15\r\n\r\n{\"indices\":[1]}"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n{\"indices\":[1]}"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 15, 15\r\n\r\n{\"indices\":[1]}"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 0x0f\r\n\r\n{\"indices\":[1]}"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n{\"indices\":[1]}"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-f\r\n{}"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n"),
      REQUEST("GET\0x /livez HTTP/1.1\r\nHost: a\r\n\r\n"),
      REQUEST("GET /livez\0abc HTTP/1.1\r\nHost: a\r\n\r\n"),
      REQUEST("GET /livez\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
      REQUEST("GET /livez\0HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n"),
      REQUEST("GET /vector?word=cat\0&x=1 HTTP/1.1\r\nHost: a\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 15\0x\r\n\r\n{\"indices\":[1]}"),
      REQUEST("POST /lookup HTTP/1.1\r\nContent-Length: 15\0x\r\nHost: a\r\n\r\n{\"indices\":[1]}"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\0x\r\n\r\n"
              "f\r\n{\"indices\":[1]}\r\n0\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a\r\n\0X: 1\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a\r\n: c\r\nX: 1\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\n:\r\nHost: a\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n"),
      REQUEST("GET /livez HTTP/1.1\r\nHost: a\r\nX: 1\r\n\tfolded\r\nY: 1\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nContent\r\n -Length: 15\r\n\r\n"),
      REQUEST("POST /lookup HTTP/1.1\r\nHost: a\r\nContent: 15\r\n -Length\r\n\r\n"),
      REQUEST("GET /li%00vez HTTP/1.1\r\nHost: a\r\n\r\n"),
      REQUEST("GET /livez%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
  };
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
    expect_refused_and_closed(requests[i].text, requests[i].length, 400);
}
END_TEST

/* What follows an ambiguous request is never taken for a request of its own. */
START_TEST(nothing_is_smuggled) {
  static const char *const texts[] = {
      ("POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
       "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"),
      "GET /livez HTTP/1.1\r\nHost: a\r\n:\r\nGET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      "GET /livez HTTP/1.1\nHost: a\n:\nGET /readyz HTTP/1.1\nHost: a\nConnection: close\n\n",
  };
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send_text(&raw, texts[_i]);
  ck_assert(raw_answer(&raw, false, &answer));
  ck_assert_int_eq(answer.status, 400);
  answer_release(&answer);
  ck_assert(!raw_answer(&raw, false, &answer));
  answer_release(&answer);
  raw_close(&raw);
}
END_TEST

/* Unusual, but nothing is hidden: bare LFs, empty values, white space around values; in several pieces of 28 kB. */
START_TEST(heads_that_are_whole) {
  static const char *const lines[] = {
      "GET /livez HTTP/1.1\nHost: a\nX:\nY: 1\n\n",
      "GET /livez HTTP/1.1\r\nX:\r\nHost: \t a \r\nY:\t\r\n\r\n",
      "GET   /livez HTTP/1.1\r\nHost:a\r\nCookie: a=b; c=d\r\nX:\r\n\r\n",
      "\r\nGET /livez?a=b HTTP/1.1\r\nHost: a\nX: 1\n\n",
  };
  static char value[28000], text[sizeof value + 64];
  struct raw raw;
  struct answer answer;
  memset(value, 'v', sizeof value - 1);
  snprintf(text, sizeof text, "GET /livez HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n", value);
  raw_open(&raw, served.port);
  for (size_t i = 0; i <= sizeof lines / sizeof *lines; i++) {
    const char *sent = i < sizeof lines / sizeof *lines ? lines[i] : text;
    size_t length = strlen(sent);
    for (size_t at = 0; at < length; at += 1000) raw_send(&raw, sent + at, length - at < 1000 ? length - at : 1000);
    ck_assert_msg(raw_answer(&raw, false, &answer), "no answer to: %.100s", sent);
    ck_assert_msg(answer.status == 200, "%ld to: %.100s", answer.status, sent);
    answer_release(&answer);
  }
  raw_close(&raw);
}
END_TEST

START_TEST(a_malformed_escape_is_a_400) {
  static const char *const targets[] = {"/vector?word=%", "/vector?word=%4", "/vector?word=%zz", "/vec%tor?word=cat"};
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
    json_decref(get_problem(served.port, 400, "malformed_request", targets[i]));
}
END_TEST

/* Requests on one connection until one of them asks to close it. */
START_TEST(keep_alive) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  for (int i = 0; i < 20; i++) {
    char text[128];
    snprintf(text, sizeof text, "GET /vector?index=%d HTTP/1.1\r\nHost: a\r\n%s\r\n", i,
             i == 19 ? "Connection: close\r\n" : "");
    raw_send_text(&raw, text);
    ck_assert(raw_answer(&raw, false, &answer));
    json_t *root = expect_answer(&answer, 200);
    expect_integer(root, "/index", i);
    json_decref(root);
    answer_release(&answer);
  }
  ck_assert(raw_closes(&raw));
  raw_close(&raw);
}
END_TEST

/* As proxies send it (RFC 9112, section 3.2.2). */
START_TEST(the_absolute_form) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send_text(&raw, "GET http://127.0.0.1/vector?word=cat HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  ck_assert(raw_answer(&raw, false, &answer));
  json_decref(expect_answer(&answer, 200));
  answer_release(&answer);
  raw_close(&raw);
}
END_TEST

/* An absolute form without a path is that of "/". */
START_TEST(the_absolute_form_without_a_path) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send_text(&raw, "GET http://x?word=cat HTTP/1.1\r\nHost: x\r\n\r\n");
  ck_assert(raw_answer(&raw, false, &answer));
  json_t *problem = expect_problem(&answer, 404, "route_not_found");
  const char *detail = json_string_value(json_at(problem, "/detail"));
  ck_assert_msg(strstr(detail, "nothing at /;") != NULL, "%s", detail);
  json_decref(problem);
  answer_release(&answer);
  raw_close(&raw);
}
END_TEST

START_TEST(http_1_0_closes_unless_asked) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send_text(&raw, "GET /vector?index=1 HTTP/1.0\r\n\r\n");
  ck_assert(raw_answer(&raw, false, &answer));
  ck_assert_int_eq(answer.status, 200);
  answer_release(&answer);
  ck_assert(raw_closes(&raw));
  raw_close(&raw);
}
END_TEST

START_TEST(pipelining_keeps_the_order) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  char text[8192];
  size_t used = 0;
  for (int i = 0; i < ZOO_ROWS; i++) {
    used += (size_t)sprintf(text + used, "GET /vector?index=%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
    used += (size_t)sprintf(text + used,
                            "POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                            "Content-Length: 16\r\n\r\n{\"indices\":[%2d]}",
                            i);
    raw_send(&raw, text, used);
    used = 0;
  }
  for (int i = 0; i < ZOO_ROWS; i++) {
    ck_assert(raw_answer(&raw, false, &answer));
    json_t *root = expect_answer(&answer, 200);
    expect_integer(root, "/index", i);
    json_decref(root);
    answer_release(&answer);
    ck_assert(raw_answer(&raw, false, &answer));
    root = expect_answer(&answer, 200);
    expect_floats(root, "/vectors/0", fixture_row(&zoo, (size_t)i), ZOO_DIM);
    json_decref(root);
    answer_release(&answer);
  }
  raw_close(&raw);
}
END_TEST

START_TEST(a_refusal_within_a_pipeline_stops_nothing) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send_text(&raw,
                "GET /vector?word=caat HTTP/1.1\r\nHost: a\r\n\r\n"
                "POST /vector HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
                "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"
                "GET /vector?word=cat HTTP/1.1\r\nHost: a\r\n\r\n");
  static const long statuses[] = {404, 405, 404, 200};
  for (size_t i = 0; i < 4; i++) {
    ck_assert(raw_answer(&raw, false, &answer));
    ck_assert_int_eq(answer.status, statuses[i]);
    answer_release(&answer);
  }
  raw_close(&raw);
}
END_TEST

START_TEST(bytes_one_at_a_time) {
  static const char text[] =
      "POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\n{\"ind\r\na;name=value\r\nices\":[1]}\r\n0\r\nTrailer: x\r\n\r\n";
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  for (size_t i = 0; i < sizeof text - 1; i++) raw_send(&raw, text + i, 1);
  ck_assert(raw_answer(&raw, false, &answer));
  json_t *root = expect_answer(&answer, 200);
  expect_floats(root, "/vectors/0", fixture_row(&zoo, 1), ZOO_DIM);
  json_decref(root);
  answer_release(&answer);
  raw_close(&raw);
}
END_TEST

START_TEST(expect_100_continue) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send_text(&raw,
                "POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 15\r\n"
                "Expect: 100-continue\r\n\r\n");
  ck_assert(raw_answer(&raw, false, &answer));
  ck_assert_int_eq(answer.status, 100);
  answer_release(&answer);
  raw_send_text(&raw, "{\"indices\":[1]}");
  ck_assert(raw_answer(&raw, false, &answer));
  ck_assert_int_eq(answer.status, 200);
  answer_release(&answer);
  raw_close(&raw);
}
END_TEST

/* What will be refused anyway is refused before the client sends its body. */
START_TEST(expect_is_refused_early) {
  static const struct {
    const char *text;
    long status;
  } cases[] = {
      {"POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n", 413},
      {"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n", 404},
      {"POST /vector HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n", 405},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct raw raw;
    struct answer answer;
    raw_open(&raw, served.port);
    raw_send_text(&raw, cases[i].text);
    ck_assert(raw_answer(&raw, false, &answer));
    ck_assert_msg(answer.status == cases[i].status, "%zu: %ld", i, answer.status);
    answer_release(&answer);
    raw_close(&raw);
  }
}
END_TEST

/* HEAD answers what GET does, without the body. */
START_TEST(head_wherever_get) {
  static const char *const targets[] = {"/vector?word=cat", "/vectors?word=cat", "/neighbors?word=cat",
                                        "/index?word=cat",  "/word?index=1",     "/words",
                                        "/models",          "/models/zoo",       "/info",
                                        "/livez",           "/readyz",           "/vector?word=cat&format=npy",
                                        "/vector?word=caat"};
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    struct answer get, head;
    client_get(served.port, targets[i], &get);
    struct raw raw;
    char text[256], wanted[128] = "", found[128] = "";
    raw_open(&raw, served.port);
    snprintf(text, sizeof text, "HEAD %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", targets[i]);
    raw_send_text(&raw, text);
    ck_assert(raw_answer(&raw, true, &head));
    ck_assert_msg(head.status == get.status, "%s: %ld", targets[i], head.status);
    ck_assert(answer_header(&get, "Content-Length", wanted, sizeof wanted));
    ck_assert(answer_header(&head, "Content-Length", found, sizeof found));
    ck_assert_str_eq(found, wanted);
    answer_header(&get, "Content-Type", wanted, sizeof wanted);
    answer_header(&head, "Content-Type", found, sizeof found);
    ck_assert_str_eq(found, wanted);
    answer_release(&head);
    ck_assert(!raw_answer(&raw, false, &head)); /* no byte behind the head */
    ck_assert_uint_eq(raw.length, 0);
    answer_release(&head);
    answer_release(&get);
    raw_close(&raw);
  }
}
END_TEST

static void expect_not_allowed(const char *method, const char *target, const char *allow) {
  struct client_request request = {.method = method, .target = target, .body = "{}", .body_length = 2};
  struct answer answer;
  client_send(served.port, &request, &answer);
  json_decref(expect_problem(&answer, 405, "method_not_allowed"));
  char value[128] = "";
  ck_assert(answer_header(&answer, "Allow", value, sizeof value));
  ck_assert_str_eq(value, allow);
  answer_release(&answer);
}

START_TEST(other_methods_are_told_which) {
  static const char *const methods[] = {"PUT", "DELETE", "PATCH", "OPTIONS", "BREW"};
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    expect_not_allowed(methods[i], "/vector", "GET, HEAD");
    expect_not_allowed(methods[i], "/vectors", "GET, HEAD, POST");
    expect_not_allowed(methods[i], "/lookup", "POST");
    expect_not_allowed(methods[i], "/neighbors", "GET, HEAD, POST");
    expect_not_allowed(methods[i], "/models/zoo", "GET, HEAD");
  }
  expect_not_allowed("POST", "/vector", "GET, HEAD");
  expect_not_allowed("POST", "/words", "GET, HEAD");
  expect_not_allowed("GET", "/lookup", "POST");
}
END_TEST

START_TEST(paths_that_are_no_route) {
  static const char *const targets[] = {"/",        "/nowhere", "/vector/", "/Vector",     "/vectorx", "//vector",
                                        "/models/", "/v1/",     "/../etc",  "/models/a/b", "/%ff"};
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    struct answer answer;
    client_get(served.port, targets[i], &answer);
    ck_assert_msg(answer.status == 404, "%s: %ld", targets[i], answer.status);
    answer_release(&answer);
  }
  json_decref(get_problem(served.port, 404, "route_not_found", "/nowhere"));
  json_t *answer = get_json(served.port, 200, "/%76ector?word=cat"); /* an escaped letter is that letter */
  json_decref(answer);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/framing", &tcase);
  tcase_add_test(tcase, ambiguous_framing_is_refused);
  tcase_add_loop_test(tcase, nothing_is_smuggled, 0, 3);
  tcase_add_test(tcase, heads_that_are_whole);
  tcase_add_test(tcase, a_malformed_escape_is_a_400);
  tcase_add_test(tcase, keep_alive);
  tcase_add_test(tcase, the_absolute_form);
  tcase_add_test(tcase, the_absolute_form_without_a_path);
  tcase_add_test(tcase, http_1_0_closes_unless_asked);
  tcase_add_test(tcase, pipelining_keeps_the_order);
  tcase_add_test(tcase, a_refusal_within_a_pipeline_stops_nothing);
  tcase_add_test(tcase, bytes_one_at_a_time);
  tcase_add_test(tcase, expect_100_continue);
  tcase_add_test(tcase, expect_is_refused_early);
  tcase_add_test(tcase, head_wherever_get);
  tcase_add_test(tcase, other_methods_are_told_which);
  tcase_add_test(tcase, paths_that_are_no_route);
  return suite_main_with_zoo(suite, &served, &zoo);
}
