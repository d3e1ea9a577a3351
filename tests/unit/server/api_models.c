/* GET /models, /models/NAME and /info, and how every route chooses its model. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/version.h"
#include "tests/support/api_fixture.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct api_fixture zoo;

static void open_zoo(void) {
  api_fixture_open(&zoo);
}

static void close_zoo(void) {
  api_fixture_close(&zoo);
}

static void add_model(const char *name) {
  struct fixture digits;
  fixture_digits(&digits);
  api_fixture_write(zoo.store, name, &digits);
  free(digits.floats);
  api_fixture_look(&zoo);
}

static void remove_model(const char *name) {
  char path[SCRATCH_PATH_MAX + 200];
  snprintf(path, sizeof path, "%s/%s.mdb", zoo.store, name);
  ck_assert_int_eq(unlink(path), 0);
  api_fixture_look(&zoo);
}

static json_t *model_named(const char *name) {
  zoo.call.rest = name;
  return api_get(&zoo, api_model, "");
}

START_TEST(all_models_in_order) {
  add_model("digits");
  json_t *answer = api_get(&zoo, api_models, "");
  expect_length(answer, "/models", 2);
  expect_text(answer, "/models/0/name", "digits");
  expect_integer(answer, "/models/0/dim", 4);
  expect_text(answer, "/models/1/name", "zoo");
  expect_integer(answer, "/models/1/rows", ZOO_ROWS);
  json_decref(answer);
}
END_TEST

START_TEST(no_models_are_an_empty_list) {
  remove_model("zoo");
  json_t *answer = api_get(&zoo, api_models, "");
  expect_length(answer, "/models", 0);
  json_decref(answer);
  api_get_refused(&zoo, api_vector, "word=cat", REFUSAL_NOT_READY, NULL);
}
END_TEST

START_TEST(one_model_with_all_that_is_known) {
  json_t *answer = model_named("zoo");
  expect_text(answer, "/name", "zoo");
  expect_integer(answer, "/rows", ZOO_ROWS);
  expect_integer(answer, "/dim", ZOO_DIM);
  expect_text(answer, "/source", "zoo.txt");
  expect_text(answer, "/source_format", "glove");
  expect_text(answer, "/imported_at", "1970-01-02T01:02:03Z");
  ck_assert_uint_eq(strlen(json_string_value(json_at(answer, "/digest"))), 32);
  expect_integer(answer, "/skipped/duplicate", 0);
  expect_integer(answer, "/skipped/cut_short", 0);
  expect_integer(answer, "/skipped/not_finite", 0);
  expect_integer(answer, "/skipped/encoding", 0);
  expect_null(answer, "/declared_rows");
  expect_length(answer, "/recall", 0);
  expect_null(answer, "/subwords");
  ck_assert_str_eq(zoo.reply.model, "zoo");
  json_decref(answer);
  zoo.call.rest = "nosuch";
  api_get_refused(&zoo, api_model, "", REFUSAL_NO_MODEL, NULL);
  ck_assert_ptr_nonnull(strstr(zoo.refusal.detail, "zoo"));
}
END_TEST

START_TEST(info_tells_what_serves) {
  json_t *answer = api_get(&zoo, api_info, "");
  expect_text(answer, "/name", "wordvec");
  expect_text(answer, "/version", WORDVEC_VERSION);
  expect_text(answer, "/kernel", zoo.service.kernel->name);
  expect_text(answer, "/default_model", "zoo");
  expect_integer(answer, "/models", 1);
  expect_integer(answer, "/limits/k", 1000);
  expect_integer(answer, "/limits/answer_floats", 4194304);
  expect_integer(answer, "/limits/json_depth", 64);
  ck_assert_uint_eq(json_object_size(json_at(answer, "/limits")), 21);
  ck_assert(json_is_string(json_at(answer, "/build/compiler")));
  json_decref(answer);
  add_model("digits");
  answer = api_get(&zoo, api_info, "");
  expect_null(answer, "/default_model");
  json_decref(answer);
  zoo.service.default_model = "digits";
  answer = api_get(&zoo, api_info, "");
  expect_text(answer, "/default_model", "digits");
  json_decref(answer);
}
END_TEST

START_TEST(parameters_that_mean_nothing_here) {
  api_get_refused(&zoo, api_models, "k=3", REFUSAL_UNKNOWN_PARAMETER, NULL);
  api_get_refused(&zoo, api_models, "model=zoo", REFUSAL_UNKNOWN_PARAMETER, NULL);
  zoo.call.rest = "zoo";
  api_get_refused(&zoo, api_model, "model=other", REFUSAL_UNKNOWN_PARAMETER, NULL);
  api_get_refused(&zoo, api_model, "k=3", REFUSAL_UNKNOWN_PARAMETER, NULL);
  api_get_refused(&zoo, api_info, "format=npy", REFUSAL_NOT_ACCEPTABLE, NULL);
  zoo.call.accept = "image/png";
  api_get_refused(&zoo, api_info, "", REFUSAL_NOT_ACCEPTABLE, NULL);
}
END_TEST

START_TEST(several_models_and_none_named) {
  add_model("digits");
  api_get_refused(&zoo, api_vector, "index=0", REFUSAL_MISSING_PARAMETER, NULL);
  ck_assert_ptr_nonnull(strstr(zoo.refusal.detail, "digits, zoo"));
  json_t *answer = api_get(&zoo, api_vector, "index=0&model=digits");
  expect_text(answer, "/model", "digits");
  json_decref(answer);
  zoo.service.default_model = "zoo";
  answer = api_get(&zoo, api_vector, "index=0");
  expect_text(answer, "/model", "zoo");
  json_decref(answer);
  zoo.service.default_model = "gone";
  api_get_refused(&zoo, api_vector, "index=0", REFUSAL_NO_MODEL, NULL);
}
END_TEST

START_TEST(names_that_cannot_be) {
  char query[400] = "index=0&model=";
  memset(query + strlen(query), 'm', 300);
  api_get_refused(&zoo, api_vector, query, REFUSAL_NO_MODEL, NULL);
  api_get_refused(&zoo, api_vector, "index=0&model=..%2Fzoo", REFUSAL_NO_MODEL, NULL);
}
END_TEST

START_TEST(what_can_never_fit_is_impossible) {
  zoo.service.limits.answer_bytes = 8;
  zoo.call.rest = "zoo";
  api_get_refused(&zoo, api_models, "", REFUSAL_INVALID, NULL);
  api_get_refused(&zoo, api_model, "", REFUSAL_INVALID, NULL);
  api_get_refused(&zoo, api_info, "", REFUSAL_INVALID, NULL);
  api_get_refused(&zoo, api_words, "", REFUSAL_INVALID, NULL);
  api_get_refused(&zoo, api_index, "word=cat", REFUSAL_INVALID, NULL);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_models", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, all_models_in_order);
  tcase_add_test(tcase, no_models_are_an_empty_list);
  tcase_add_test(tcase, one_model_with_all_that_is_known);
  tcase_add_test(tcase, info_tells_what_serves);
  tcase_add_test(tcase, parameters_that_mean_nothing_here);
  tcase_add_test(tcase, several_models_and_none_named);
  tcase_add_test(tcase, names_that_cannot_be);
  tcase_add_test(tcase, what_can_never_fit_is_impossible);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
