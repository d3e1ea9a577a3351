/* JSON bodies that nobody should send: refused with 400 and the position; and bodies in the forms that curl sends. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

/* Whether `text` holds a number. */
static int has_number(const char *text) {
  return strpbrk(text, "0123456789") != NULL;
}

static void expect_malformed(const char *body, size_t length) {
  struct client_request request = {
      .target = "/lookup", .body = body, .body_length = length, .headers = {"Content-Type: application/json"}};
  struct answer answer;
  client_send(served.port, &request, &answer);
  ck_assert_msg(answer.status == 400, "%.60s: %ld %s", body, answer.status, answer.body);
  json_t *problem = expect_problem(&answer, 400, "malformed_request");
  const char *detail = json_string_value(json_at(problem, "/detail"));
  ck_assert_msg(has_number(detail), "no position in: %s", detail);
  json_decref(problem);
  answer_release(&answer);
}

#define BODY(text) \
  { text, sizeof(text) - 1 }

START_TEST(malformed_bodies) {
  static const struct {
    const char *text;
    size_t length;
  } bodies[] = {
      BODY(" "),
      BODY("{"),
      BODY("{\"indices\":[0}"),
      BODY("{\"indices\":[0]"),
      BODY("{\"indices\":[0],}"),
      BODY("{'indices':[0]}"),
      BODY("{\"indices\":[00]}"),
      BODY("{\"indices\":[0x1]}"),
      BODY("{\"indices\":[+1]}"),
      BODY("{\"indices\":[NaN]}"),
      BODY("{\"indices\":[Infinity]}"),
      BODY("{\"indices\":[0]} trailing"),
      BODY("{\"indices\":[0]}{}"),
      BODY("{\"indices\":[0]}\0"),
      BODY("\xef\xbb\xbf{\"indices\":[0]}"),
      BODY("{\"indices\":[0],\"indices\":[1]}"),
      BODY("{\"indices\":[0],\"indic\\u0065s\":[1]}"),
      BODY("{\"model\":\"a\\u0000b\",\"indices\":[0]}"),
      BODY("{\"mod\\u0000el\":\"a\",\"indices\":[0]}"),
      BODY("{\"model\":\"\xff\",\"indices\":[0]}"),
      BODY("{\"model\":\"\xc0\x80\",\"indices\":[0]}"),
      BODY("{\"model\":\"\xed\xa0\x80\",\"indices\":[0]}"),
      BODY("{\"model\":\"\\ud834\",\"indices\":[0]}"),
      BODY("{\"model\":\"\\udd1e\",\"indices\":[0]}"),
      BODY("{\"model\":\"\\ud834\\u0041\",\"indices\":[0]}"),
      BODY("{\"indices\":[0],\"value\":1e999}"),
      BODY("{\"indices\":[0],\"value\":-1e999}"),
      BODY("{\"indices\":[99999999999999999999999999]}"),
      BODY("{\"indices\":[-99999999999999999999999999]}"),
      BODY("{\"indices\":[0],\"model\":\"line\nbreak\"}"),
      BODY("\xfe\xff\x00{"),
  };
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) expect_malformed(bodies[i].text, bodies[i].length);
}
END_TEST

/* {"indices":[[[…]]]} with `depth` levels, the object included. */
static char *nested(size_t depth) {
  char *body = malloc(depth * 2 + 64);
  ck_assert_ptr_nonnull(body);
  size_t used = (size_t)sprintf(body, "{\"indices\":");
  memset(body + used, '[', depth - 1);
  memset(body + used + depth - 1, ']', depth - 1);
  strcpy(body + used + 2 * (depth - 1), "}");
  return body;
}

START_TEST(depth_is_limited) {
  static const size_t depths[] = {65, 66, 2048, 2049, 100000, 500000};
  for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
    char *body = nested(depths[i]);
    expect_malformed(body, strlen(body));
    free(body);
  }
  char *body = nested(64); /* within the depth: JSON is fine, the request is not */
  json_decref(post_problem(served.port, 422, "invalid_request", "/lookup", body));
  free(body);
}
END_TEST

START_TEST(brackets_within_strings_are_not_depth) {
  char body[512] = "{\"words\":[\"";
  memset(body + strlen(body), '[', 200);
  strcat(body, "\\\"[[[{{{\"]}");
  json_t *answer = post_json(served.port, 200, "/vectors", body);
  expect_json(answer, "/found", "[false]");
  json_decref(answer);
}
END_TEST

START_TEST(a_body_must_be_an_object) {
  static const char *const bodies[] = {"[]", "[0,1]", "\"indices\"", "7", "null", "true"};
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    struct answer answer;
    client_post(served.port, "/lookup", bodies[i], &answer);
    ck_assert_msg(answer.status == 422 || answer.status == 400, "%s: %ld", bodies[i], answer.status);
    json_decref(expect_problem(&answer, answer.status, answer.status == 422 ? "invalid_request" : "malformed_request"));
    answer_release(&answer);
  }
}
END_TEST

START_TEST(a_body_must_be_there) {
  struct answer answer;
  client_post(served.port, "/lookup", "", &answer);
  ck_assert_msg(answer.status == 400, "%ld", answer.status);
  answer_release(&answer);
}
END_TEST

START_TEST(json_under_other_names) {
  static const char *const types[] = {
      "Content-Type:", /* none at all */
      "Content-Type: application/x-www-form-urlencoded",
      "Content-Type: application/json; charset=utf-8",
      "Content-Type: Application/JSON",
      "Content-Type: application/json;charset=\"UTF-8\"",
  };
  static const char body[] = "{\"indices\":[1]}";
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    struct client_request request = {
        .target = "/lookup", .body = body, .body_length = sizeof body - 1, .headers = {types[i]}};
    struct answer answer;
    client_send(served.port, &request, &answer);
    json_t *root = expect_answer(&answer, 200);
    expect_floats(root, "/vectors/0", fixture_row(&zoo, 1), ZOO_DIM);
    json_decref(root);
    answer_release(&answer);
  }
}
END_TEST

START_TEST(other_types_are_refused) {
  static const char *const types[] = {"Content-Type: text/plain", "Content-Type: multipart/form-data; boundary=x",
                                      "Content-Type: application/xml", "Content-Type: nonsense"};
  static const char body[] = "{\"indices\":[1]}";
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    struct client_request request = {
        .target = "/lookup", .body = body, .body_length = sizeof body - 1, .headers = {types[i]}};
    struct answer answer;
    client_send(served.port, &request, &answer);
    json_decref(expect_problem(&answer, 415, "unsupported_media_type"));
    answer_release(&answer);
  }
}
END_TEST

START_TEST(form_fields_get_a_kind_answer) {
  static const char body[] = "word=cat";
  struct client_request request = {.target = "/neighbors",
                                   .body = body,
                                   .body_length = sizeof body - 1,
                                   .headers = {"Content-Type: application/x-www-form-urlencoded"}};
  struct answer answer;
  client_send(served.port, &request, &answer);
  json_decref(expect_problem(&answer, 400, "malformed_request"));
  answer_release(&answer);
}
END_TEST

/* Two-byte objects: jansson would need 80 times their size. Refused or answered, the daemon lives and answers on. */
START_TEST(amplification_does_no_harm) {
  enum { SIZE = 1000000 };
  char *body = malloc(SIZE + 64);
  ck_assert_ptr_nonnull(body);
  size_t used = (size_t)sprintf(body, "{\"words\":[{}");
  while (used < SIZE) {
    memcpy(body + used, ",{}", 3);
    used += 3;
  }
  used += (size_t)sprintf(body + used, "]}");
  for (int i = 0; i < 3; i++) {
    struct client_request request = {
        .target = "/vectors", .body = body, .body_length = used, .headers = {"Content-Type: application/json"}};
    struct answer answer;
    client_send(served.port, &request, &answer);
    ck_assert_msg(answer.status == 422 || answer.status == 503, "%ld", answer.status);
    answer_release(&answer);
  }
  free(body);
  json_decref(get_json(served.port, 200, "/vector?word=cat"));
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/json_faults", &tcase);
  tcase_add_test(tcase, malformed_bodies);
  tcase_add_test(tcase, depth_is_limited);
  tcase_add_test(tcase, brackets_within_strings_are_not_depth);
  tcase_add_test(tcase, a_body_must_be_an_object);
  tcase_add_test(tcase, a_body_must_be_there);
  tcase_add_test(tcase, json_under_other_names);
  tcase_add_test(tcase, other_types_are_refused);
  tcase_add_test(tcase, form_fields_get_a_kind_answer);
  tcase_add_test(tcase, amplification_does_no_harm);
  return suite_main_with_zoo(suite, &served, &zoo);
}
