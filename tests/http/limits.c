/* The limits: each at its default, just within and just beyond, and set by its flag or environment variable. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served; /* every limit at its default */
static struct daemon strict; /* small limits */
static struct fixture zoo;

/* A valid body of POST /lookup of exactly `length` bytes. */
static char *padded_body(size_t length) {
  static const char body[] = "{\"indices\":[1]}";
  char *text = malloc(length + 1);
  ck_assert_ptr_nonnull(text);
  memset(text, ' ', length);
  memcpy(text, body, sizeof body - 1);
  text[length] = '\0';
  return text;
}

static long post_body(unsigned port, size_t length, bool chunked) {
  char *body = padded_body(length);
  struct client_request request = {.target = "/lookup",
                                   .body = body,
                                   .body_length = length,
                                   .chunked = chunked,
                                   .headers = {"Content-Type: application/json"}};
  struct answer answer;
  client_send(port, &request, &answer);
  long status = answer.status;
  if (status == 413) json_decref(expect_problem(&answer, 413, "body_too_large"));
  answer_release(&answer);
  free(body);
  return status;
}

START_TEST(body_bytes) {
  static const bool chunked[] = {false, true};
  for (size_t i = 0; i < 2; i++) {
    ck_assert_int_eq(post_body(served.port, 1048576, chunked[i]), 200);
    ck_assert_int_eq(post_body(served.port, 1048577, chunked[i]), 413);
    ck_assert_int_eq(post_body(served.port, 20000000, chunked[i]), 413);
    ck_assert_int_eq(post_body(strict.port, 100, chunked[i]), 200);
    ck_assert_int_eq(post_body(strict.port, 101, chunked[i]), 413);
  }
}
END_TEST

/* A GET's body means nothing, but is not read without end. */
START_TEST(body_bytes_of_a_get) {
  static const struct {
    size_t length;
    long status;
  } cases[] = {{1000, 200}, {20000000, 413}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *body = padded_body(cases[i].length);
    struct client_request request = {
        .method = "GET", .target = "/livez", .body = body, .body_length = cases[i].length, .chunked = true};
    struct answer answer;
    client_send(served.port, &request, &answer);
    ck_assert_int_eq(answer.status, cases[i].status);
    answer_release(&answer);
    free(body);
  }
}
END_TEST

/* A body that is announced as too large is refused before any of it has come. */
START_TEST(an_announced_body_is_refused_unread) {
  static const char *const lengths[] = {"1048577", "99999999999999", "18446744073709551615"};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    struct raw raw;
    struct answer answer;
    char text[256];
    raw_open(&raw, served.port);
    snprintf(text, sizeof text, "POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: %s\r\n\r\n", lengths[i]);
    raw_send_text(&raw, text);
    ck_assert(raw_answer(&raw, false, &answer));
    ck_assert_msg(answer.status == 413 || (i == 2 && answer.status == 400), "%s: %ld", lengths[i], answer.status);
    answer_release(&answer);
    raw_close(&raw);
  }
}
END_TEST

/* Who is refused and sends on all the same is read for a while: the kernel would else reset the connection, and many
 * clients never see why. */
START_TEST(a_refused_body_is_read_on) {
  enum { LENGTH = 4000000, PIECE = 50000 };
  static char piece[PIECE];
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send_text(&raw, "POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n");
  ck_assert(raw_answer(&raw, false, &answer));
  json_decref(expect_problem(&answer, 413, "body_too_large"));
  answer_release(&answer);
  for (size_t at = 0; at < LENGTH;) {
    ssize_t sent = send(raw.descriptor, piece, sizeof piece, MSG_NOSIGNAL);
    ck_assert_msg(sent > 0, "after %zu bytes: %s", at, strerror(errno));
    at += (size_t)sent;
  }
  raw_close(&raw);
}
END_TEST

/* A target of `length` bytes for a word that is not there. */
static long get_long(unsigned port, size_t length) {
  char *target = malloc(length + 1);
  ck_assert_ptr_nonnull(target);
  memset(target, 'w', length);
  memcpy(target, "/vector?word=", 13);
  target[length] = '\0';
  struct answer answer;
  client_get(port, target, &answer);
  long status = answer.status;
  if (status == 414) json_decref(expect_problem(&answer, 414, "url_too_long"));
  answer_release(&answer);
  free(target);
  return status;
}

START_TEST(url_bytes) {
  ck_assert_int_eq(get_long(served.port, 8192), 404);
  ck_assert_int_eq(get_long(served.port, 8193), 414);
  ck_assert_int_eq(get_long(strict.port, 200), 404);
  ck_assert_int_eq(get_long(strict.port, 201), 414);
}
END_TEST

static void get_words(unsigned port, size_t count, long status) {
  char target[8192] = "/vectors?word=cat";
  size_t used = strlen(target);
  for (size_t i = 1; i < count; i++) used += (size_t)sprintf(target + used, "&word=w");
  struct answer answer;
  client_get(port, target, &answer);
  json_decref(status == 200 ? expect_answer(&answer, 200) : expect_problem(&answer, status, "url_too_long"));
  answer_release(&answer);
}

START_TEST(query_arguments) {
  get_words(served.port, 256, 200);
  get_words(served.port, 257, 414);
  get_words(served.port, 500, 414);
  get_words(served.port, 1100, 414);
  get_words(strict.port, 4, 200);
  get_words(strict.port, 5, 414);
}
END_TEST

START_TEST(thousands_of_empty_arguments) {
  char target[8192];
  memset(target, '&', 8000);
  memcpy(target, "/vector?", 8);
  target[8000] = '\0';
  struct answer answer;
  client_get(served.port, target, &answer);
  ck_assert_msg(answer.status == 414 || answer.status == 400, "%ld", answer.status);
  answer_release(&answer);
}
END_TEST

START_TEST(a_flood_of_headers) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send_text(&raw, "GET /livez HTTP/1.1\r\nHost: a\r\n");
  char line[128];
  for (int i = 0; i < 2000; i++) {
    snprintf(line, sizeof line, "X-Field-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", i);
    raw_send_text(&raw, line);
  }
  raw_send_text(&raw, "\r\n");
  ck_assert(raw_answer(&raw, false, &answer));
  ck_assert_int_eq(answer.status, 431);
  answer_release(&answer);
  raw_close(&raw);
}
END_TEST

START_TEST(k) {
  json_decref(get_json(served.port, 200, "/neighbors?word=cat&k=1000"));
  json_decref(get_problem(served.port, 422, "invalid_request", "/neighbors?word=cat&k=1001"));
  json_decref(get_json(strict.port, 200, "/neighbors?word=cat&k=12"));
  json_decref(get_problem(strict.port, 422, "invalid_request", "/neighbors?word=cat&k=13"));
}
END_TEST

static void post_queries(unsigned port, size_t count, bool fits) {
  char *body = malloc(count * 24 + 64);
  ck_assert_ptr_nonnull(body);
  size_t used = (size_t)sprintf(body, "{\"queries\":[");
  for (size_t i = 0; i < count; i++) used += (size_t)sprintf(body + used, "%s{\"index\":1,\"k\":1}", i ? "," : "");
  sprintf(body + used, "]}");
  if (fits) {
    json_t *answer = post_json(port, 200, "/neighbors", body);
    expect_length(answer, "/results", count);
    json_decref(answer);
  } else {
    json_t *problem = post_problem(port, 422, "invalid_request", "/neighbors", body);
    expect_error_at(problem, "#/queries");
    json_decref(problem);
  }
  free(body);
}

START_TEST(batch_queries) {
  post_queries(served.port, 1000, true);
  post_queries(served.port, 1001, false);
  post_queries(strict.port, 3, true);
  post_queries(strict.port, 4, false);
}
END_TEST

START_TEST(answer_floats) {
  struct answer answer;
  /* 838,860 cells of 5 floats are 4,194,300. */
  client_post(served.port, "/lookup?format=npy", "{\"indices\":[[1]],\"maxlen\":838860}", &answer);
  ck_assert_int_eq(answer.status, 200);
  ck_assert_uint_gt(answer.length, 4194300 * 4);
  answer_release(&answer);
  json_decref(post_problem(served.port, 422, "invalid_request", "/lookup", "{\"indices\":[[1]],\"maxlen\":838861}"));
  json_decref(post_json(strict.port, 200, "/lookup", "{\"indices\":[1,2,3,4]}"));
  json_decref(post_problem(strict.port, 422, "invalid_request", "/lookup", "{\"indices\":[1,2,3,4,5]}"));
  json_decref(
      post_problem(strict.port, 422, "invalid_request", "/vectors", "{\"words\":[\"a\",\"b\",\"c\",\"d\",\"e\"]}"));
}
END_TEST

START_TEST(words) {
  json_decref(get_json(served.port, 200, "/words?limit=1000"));
  json_decref(get_problem(served.port, 422, "invalid_request", "/words?limit=1001"));
  json_decref(get_problem(strict.port, 422, "invalid_request", "/words?limit=8"));
  json_t *answer = get_json(strict.port, 200, "/words");
  expect_length(answer, "/words", 7);
  json_decref(answer);
}
END_TEST

START_TEST(json_depth) {
  json_decref(post_problem(strict.port, 400, "malformed_request", "/lookup", "{\"indices\":[[[0]]]}"));
  json_decref(post_json(strict.port, 200, "/lookup", "{\"indices\":[[0]]}"));
}
END_TEST

START_TEST(limits_in_force_are_in_info) {
  json_t *answer = get_json(strict.port, 200, "/info");
  expect_integer(answer, "/limits/body_bytes", 100);
  expect_integer(answer, "/limits/url_bytes", 200);
  expect_integer(answer, "/limits/query_arguments", 4);
  expect_integer(answer, "/limits/k", 12);
  expect_integer(answer, "/limits/batch_queries", 3);
  expect_integer(answer, "/limits/answer_floats", 20);
  expect_integer(answer, "/limits/json_depth", 3);
  expect_integer(answer, "/limits/words", 7);
  expect_integer(answer, "/limits/drain_delay_seconds", 0);
  expect_integer(answer, "/limits/drain_timeout_seconds", 8);
  json_decref(answer);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/limits", &tcase);
  tcase_add_test(tcase, body_bytes);
  tcase_add_test(tcase, body_bytes_of_a_get);
  tcase_add_test(tcase, an_announced_body_is_refused_unread);
  tcase_add_test(tcase, a_refused_body_is_read_on);
  tcase_add_test(tcase, url_bytes);
  tcase_add_test(tcase, query_arguments);
  tcase_add_test(tcase, thousands_of_empty_arguments);
  tcase_add_test(tcase, a_flood_of_headers);
  tcase_add_test(tcase, k);
  tcase_add_test(tcase, batch_queries);
  tcase_add_test(tcase, answer_floats);
  tcase_add_test(tcase, words);
  tcase_add_test(tcase, json_depth);
  tcase_add_test(tcase, limits_in_force_are_in_info);
  scratch_open();
  fixture_zoo(&zoo);
  daemon_prepare(&served);
  suite_import(&served, "zoo", &zoo);
  strict = served;
  daemon_start(&served, NULL);
  setenv("WORDVEC_LIMIT_K", "12", 1);
  setenv("WORDVEC_LIMIT_URL_BYTES", "9000", 1); /* the flag goes before it */
  daemon_start(&strict, "--limit-body-bytes", "100", "--limit-url-bytes", "200", "--limit-query-arguments", "4",
               "--limit-batch-queries", "3", "--limit-answer-floats", "20", "--limit-json-depth", "3", "--limit-words",
               "7", NULL);
  daemon_await_ready(&served, 200);
  daemon_await_ready(&strict, 200);
  int failed = suite_run(suite);
  daemon_stop(&served);
  daemon_stop(&strict);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
