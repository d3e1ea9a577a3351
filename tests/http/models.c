/* Several models in one store: model=, the default, /models, /info; and the digits of floats. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

static struct daemon served;       /* zoo and digits, no default */
static struct daemon with_default; /* the same store, --default-model digits */
static struct fixture zoo;
static struct fixture digits;

START_TEST(model_chooses) {
  json_t *answer = get_json(served.port, 200, "/vector?model=zoo&index=1");
  expect_text(answer, "/model", "zoo");
  expect_floats(answer, "/vector", fixture_row(&zoo, 1), zoo.dim);
  json_decref(answer);
  answer = get_json(served.port, 200, "/vector?model=digits&index=1");
  expect_text(answer, "/model", "digits");
  expect_floats(answer, "/vector", fixture_row(&digits, 1), digits.dim);
  json_decref(answer);
}
END_TEST

START_TEST(every_route_takes_model) {
  static const char *const targets[] = {"/vector?word=d3",    "/vectors?word=d3&word=d1",
                                        "/neighbors?word=d3", "/index?word=d3",
                                        "/word?index=3",      "/words?prefix=d"};
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    char target[128];
    snprintf(target, sizeof target, "%s&model=digits", targets[i]);
    json_t *answer = get_json(served.port, 200, target);
    expect_text(answer, "/model", "digits");
    json_decref(answer);
  }
  static const char *const bodies[][2] = {
      {"/vectors", "{\"words\":[\"d3\"],\"model\":\"digits\"}"},
      {"/lookup", "{\"indices\":[3],\"model\":\"digits\"}"},
      {"/neighbors", "{\"word\":\"d3\",\"model\":\"digits\"}"},
  };
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    json_t *answer = post_json(served.port, 200, bodies[i][0], bodies[i][1]);
    expect_text(answer, "/model", "digits");
    json_decref(answer);
  }
}
END_TEST

START_TEST(model_is_needed_when_there_are_several) {
  static const char *const targets[] = {"/vector?word=cat", "/vectors?word=cat", "/neighbors?word=cat",
                                        "/index?word=cat",  "/word?index=1",     "/words"};
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    json_t *problem = get_problem(served.port, 400, "missing_parameter", targets[i]);
    ck_assert_ptr_nonnull(strstr(json_string_value(json_at(problem, "/detail")), "model"));
    json_decref(problem);
  }
  json_decref(post_problem(served.port, 400, "missing_parameter", "/lookup", "{\"indices\":[0]}"));
}
END_TEST

START_TEST(a_default_makes_it_optional) {
  json_t *answer = get_json(with_default.port, 200, "/vector?index=2");
  expect_text(answer, "/model", "digits");
  json_decref(answer);
  answer = get_json(with_default.port, 200, "/vector?index=2&model=zoo");
  expect_text(answer, "/model", "zoo");
  json_decref(answer);
  answer = get_json(with_default.port, 200, "/info");
  expect_text(answer, "/default_model", "digits");
  json_decref(answer);
}
END_TEST

START_TEST(unknown_models) {
  json_t *problem = get_problem(served.port, 404, "model_not_found", "/vector?word=cat&model=zoot");
  ck_assert_ptr_nonnull(strstr(json_string_value(json_at(problem, "/detail")), "zoot"));
  json_decref(problem);
  json_decref(get_problem(served.port, 404, "model_not_found", "/vector?word=cat&model=..%2Fzoo"));
  json_decref(get_problem(served.port, 404, "model_not_found", "/vector?word=cat&model="));
  json_decref(get_problem(served.port, 404, "model_not_found", "/models/zoot"));
  json_decref(get_problem(served.port, 404, "model_not_found", "/models/..%2Fzoo"));
  json_decref(get_problem(served.port, 404, "model_not_found", "/models/zoo.mdb"));
  json_decref(post_problem(served.port, 404, "model_not_found", "/lookup", "{\"indices\":[0],\"model\":\"zoot\"}"));
}
END_TEST

START_TEST(the_list) {
  json_t *answer = get_json(served.port, 200, "/models");
  expect_length(answer, "/models", 2);
  expect_text(answer, "/models/0/name", "digits");
  expect_integer(answer, "/models/0/rows", 4);
  expect_integer(answer, "/models/0/dim", 4);
  expect_text(answer, "/models/1/name", "zoo");
  expect_integer(answer, "/models/1/rows", ZOO_ROWS);
  expect_integer(answer, "/models/1/dim", ZOO_DIM);
  json_decref(answer);
  json_decref(get_problem(served.port, 400, "unknown_parameter", "/models?name=zoo"));
}
END_TEST

START_TEST(one_of_the_list) {
  json_t *answer = get_json(served.port, 200, "/models/zoo");
  expect_text(answer, "/name", "zoo");
  expect_integer(answer, "/rows", ZOO_ROWS);
  expect_integer(answer, "/dim", ZOO_DIM);
  ck_assert_ptr_nonnull(strstr(json_string_value(json_at(answer, "/source")), "zoo.txt"));
  ck_assert_uint_eq(json_string_length(json_at(answer, "/digest")), 32);
  ck_assert_msg(json_is_integer(json_at(answer, "/format_version")), "no format_version");
  ck_assert_ptr_nonnull(json_at(answer, "/imported_at"));
  ck_assert_msg(json_is_object(json_at(answer, "/skipped")), "no skipped");
  json_decref(answer);
}
END_TEST

START_TEST(info) {
  json_t *answer = get_json(served.port, 200, "/info");
  ck_assert_ptr_nonnull(json_string_value(json_at(answer, "/version")));
  ck_assert_ptr_nonnull(json_at(answer, "/build"));
  const char *kernel = json_string_value(json_at(answer, "/kernel"));
  ck_assert_ptr_nonnull(kernel);
  ck_assert_ptr_nonnull(strstr("scalar avx2 avx512 neon", kernel));
  expect_null(answer, "/default_model");
  expect_integer(answer, "/limits/body_bytes", 1048576);
  expect_integer(answer, "/limits/answer_floats", 4194304);
  expect_integer(answer, "/limits/batch_queries", 1000);
  expect_integer(answer, "/limits/k", 1000);
  expect_integer(answer, "/limits/json_depth", 64);
  expect_integer(answer, "/limits/url_bytes", 8192);
  expect_integer(answer, "/limits/query_arguments", 256);
  expect_integer(answer, "/limits/search_batch", 32);
  ck_assert_int_gt(json_integer_value(json_at(answer, "/limits/search_threads")), 0);
  json_decref(answer);
}
END_TEST

START_TEST(health) {
  static const char *const targets[] = {"/livez", "/readyz"};
  for (size_t i = 0; i < 2; i++) {
    struct answer answer;
    client_get(served.port, targets[i], &answer);
    ck_assert_int_eq(answer.status, 200);
    char type[128] = "";
    answer_header(&answer, "Content-Type", type, sizeof type);
    ck_assert_int_eq(strncmp(type, "text/plain", 10), 0);
    ck_assert_uint_gt(answer.length, 0);
    ck_assert_uint_lt(answer.length, 32);
    answer_release(&answer);
  }
}
END_TEST

START_TEST(floats_are_the_shortest_that_read_back) {
  struct answer answer;
  client_get(served.port, "/vector?model=digits&word=d0", &answer);
  ck_assert_int_eq(answer.status, 200);
  ck_assert_ptr_nonnull(strstr(answer.body, "\"vector\":[0.1,1.0,1e-05,16777216.0]"));
  answer_release(&answer);
  client_get(served.port, "/vector?model=digits&word=d1", &answer);
  ck_assert_ptr_nonnull(strstr(answer.body, "\"vector\":[-0.0,0.0,3.4028235e+38,1.1754944e-38]"));
  answer_release(&answer);
  client_get(served.port, "/vector?model=digits&word=d2", &answer);
  ck_assert_ptr_nonnull(strstr(answer.body, "\"vector\":[1e-45,1e+16,123456.79,-6.3681e-05]"));
  answer_release(&answer);
}
END_TEST

/* What leaves as text comes back as the same floats, -0.0 and denormals included. */
START_TEST(floats_read_back) {
  for (size_t row = 0; row < digits.rows; row++) {
    char target[64];
    snprintf(target, sizeof target, "/vector?model=digits&index=%zu", row);
    json_t *answer = get_json(served.port, 200, target);
    expect_floats(answer, "/vector", fixture_row(&digits, row), digits.dim);
    json_decref(answer);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/models", &tcase);
  tcase_add_test(tcase, model_chooses);
  tcase_add_test(tcase, every_route_takes_model);
  tcase_add_test(tcase, model_is_needed_when_there_are_several);
  tcase_add_test(tcase, a_default_makes_it_optional);
  tcase_add_test(tcase, unknown_models);
  tcase_add_test(tcase, the_list);
  tcase_add_test(tcase, one_of_the_list);
  tcase_add_test(tcase, info);
  tcase_add_test(tcase, health);
  tcase_add_test(tcase, floats_are_the_shortest_that_read_back);
  tcase_add_test(tcase, floats_read_back);
  scratch_open();
  fixture_zoo(&zoo);
  fixture_digits(&digits);
  daemon_prepare(&served);
  suite_import(&served, "zoo", &zoo);
  suite_import(&served, "digits", &digits);
  with_default = served;
  daemon_start(&served, NULL);
  daemon_await_ready(&served, 200);
  daemon_start(&with_default, "--default-model", "digits", NULL);
  daemon_await_ready(&with_default, 200);
  int failed = suite_run(suite);
  daemon_stop(&served);
  daemon_stop(&with_default);
  fixture_release(&zoo);
  fixture_release(&digits);
  scratch_close();
  return failed;
}
