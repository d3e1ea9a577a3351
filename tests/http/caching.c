/* What caches see: the tag of an answer, and a 304 in place of it, whose head has what the answer's would have and
 * behind which the connection goes on. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

enum { TAG_SIZE = 400 };

static struct daemon served;
static struct fixture zoo;

static void expect_header(const struct answer *answer, const char *name, const char *wanted) {
  char value[TAG_SIZE];
  ck_assert_msg(answer_header(answer, name, value, sizeof value), "no %s in %s", name, answer->head);
  ck_assert_str_eq(value, wanted);
}

/* Asks for `target` and keeps the tag and the length that come with it. */
static void get_tag(const char *target, char tag[TAG_SIZE], char length[32]) {
  struct answer answer;
  client_get(served.port, target, &answer);
  ck_assert_int_eq(answer.status, 200);
  ck_assert_msg(answer_header(&answer, "ETag", tag, TAG_SIZE), "no tag");
  snprintf(length, 32, "%zu", answer.length);
  answer_release(&answer);
}

static void ask(const char *method, const char *target, const char *condition, struct answer *answer) {
  char field[TAG_SIZE + 64];
  snprintf(field, sizeof field, "If-None-Match: %s", condition);
  client_send(served.port, &(struct client_request){.method = method, .target = target, .headers = {field}}, answer);
}

static void expect_unmodified(const char *method, const char *target, const char *condition) {
  struct answer answer;
  char tag[TAG_SIZE], length[32], unused[64];
  get_tag(target, tag, length);
  ask(method, target, condition ? condition : tag, &answer);
  ck_assert_msg(answer.status == 304, "%s %s: %ld", method, target, answer.status);
  ck_assert_uint_eq(answer.length, 0);
  expect_header(&answer, "ETag", tag);
  expect_header(&answer, "Cache-Control", "no-cache");
  expect_header(&answer, "Vary", "Accept, Authorization");
  expect_header(&answer, "Content-Length", length); /* of the answer that it stands for: RFC 9110, section 8.6 */
  ck_assert(!answer_header(&answer, "Content-Type", unused, sizeof unused));
  answer_release(&answer);
}

START_TEST(a_304_stands_for_the_answer) {
  static const char *const targets[] = {
      "/vector?word=cat", "/neighbors?word=cat&k=3", "/matrix?format=npy", "/words?prefix=ca",
      "/models",          "/word2vec/model?word=cat"};
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    expect_unmodified("GET", targets[i], NULL);
    expect_unmodified("HEAD", targets[i], NULL);
    expect_unmodified("GET", targets[i], "*");
  }
}
END_TEST

START_TEST(several_fields_are_one_list) {
  struct answer answer;
  char tag[TAG_SIZE], length[32], field[TAG_SIZE + 64];
  get_tag("/vector?word=cat", tag, length);
  snprintf(field, sizeof field, "If-None-Match: W/%s", tag);
  const struct client_request request = {.target = "/vector?word=cat",
                                         .headers = {"If-None-Match: \"x\", \"y\"", field}};
  client_send(served.port, &request, &answer);
  ck_assert_int_eq(answer.status, 304);
  answer_release(&answer);
}
END_TEST

START_TEST(other_tags_and_other_methods_get_the_answer) {
  struct answer answer;
  char tag[TAG_SIZE], length[32], field[TAG_SIZE + 64];
  get_tag("/vector?word=cat", tag, length);
  ask("GET", "/vector?word=cat&format=npy", tag, &answer);
  ck_assert_int_eq(answer.status, 200);
  answer_release(&answer);
  ask("GET", "/neighbors?word=dog&k=2", "\"x\"", &answer); /* is asked about on one thread, and searched on another */
  json_decref(expect_answer(&answer, 200));
  answer_release(&answer);
  ask("GET", "/vector?word=caat", "*", &answer);
  json_decref(expect_problem(&answer, 404, "word_not_found"));
  answer_release(&answer);
  snprintf(field, sizeof field, "If-None-Match: %s", tag);
  static const char body[] = "{\"indices\":[1]}";
  const struct client_request post = {
      .target = "/lookup", .body = body, .body_length = strlen(body), .headers = {field}};
  client_send(served.port, &post, &answer);
  json_decref(expect_answer(&answer, 200));
  char own[TAG_SIZE];
  ck_assert(answer_header(&answer, "ETag", own, sizeof own));
  ck_assert_mem_eq(own, tag, 33);
  answer_release(&answer);
}
END_TEST

/* As ours are not, but may be sent: an end of the body could then be known by the end of the connection alone. */
START_TEST(a_tag_without_a_length) {
  struct raw raw;
  struct answer answer;
  char tag[TAG_SIZE], length[32], unused[64], request[TAG_SIZE + 256];
  get_tag("/vector?word=cat", tag, length);
  snprintf(strrchr(tag, '-'), 2, "\"");
  raw_open(&raw, served.port);
  snprintf(request, sizeof request, "GET /vector?word=cat HTTP/1.1\r\nHost: x\r\nIf-None-Match: %s\r\n\r\n", tag);
  raw_send_text(&raw, request);
  ck_assert(raw_answer(&raw, true, &answer));
  ck_assert_int_eq(answer.status, 304);
  expect_header(&answer, "ETag", tag);
  expect_header(&answer, "Connection", "close");
  ck_assert(!answer_header(&answer, "Content-Length", unused, sizeof unused));
  ck_assert(!answer_header(&answer, "Transfer-Encoding", unused, sizeof unused));
  answer_release(&answer);
  ck_assert(raw_closes(&raw));
  raw_close(&raw);
}
END_TEST

START_TEST(the_connection_goes_on) {
  struct raw raw;
  struct answer answer;
  char tag[TAG_SIZE], length[32], request[TAG_SIZE + 256];
  get_tag("/vector?word=cat", tag, length);
  raw_open(&raw, served.port);
  snprintf(request, sizeof request,
           "GET /vector?word=cat HTTP/1.1\r\nHost: x\r\nIf-None-Match: %s\r\n\r\n"
           "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
           tag);
  raw_send_text(&raw, request);
  ck_assert(raw_answer(&raw, true, &answer));
  ck_assert_int_eq(answer.status, 304);
  answer_release(&answer);
  ck_assert(raw_answer(&raw, false, &answer));
  ck_assert_int_eq(answer.status, 200);
  ck_assert_str_eq(answer.body, "alive\n");
  answer_release(&answer);
  raw_close(&raw);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/caching", &tcase);
  tcase_add_test(tcase, a_304_stands_for_the_answer);
  tcase_add_test(tcase, several_fields_are_one_list);
  tcase_add_test(tcase, other_tags_and_other_methods_get_the_answer);
  tcase_add_test(tcase, a_tag_without_a_length);
  tcase_add_test(tcase, the_connection_goes_on);
  return suite_main_with_zoo(suite, &served, &zoo);
}
