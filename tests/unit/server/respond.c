/* The body of a refusal as RFC 9457 and the contract have it, or as the services whose clients ask; how responses leave
 * is seen over HTTP. */
#include "server/respond.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *text_of(const struct refusal *refusal, enum dialect dialect) {
  char *text = respond_refusal_text(refusal, dialect);
  ck_assert_ptr_nonnull(text);
  json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
  ck_assert_int_eq(text[strlen(text) - 1], '\n');
  ck_assert_msg(json_is_object(object), "%s", text);
  free(text);
  return object;
}

static json_t *problem_of(const struct refusal *refusal) {
  return text_of(refusal, DIALECT_OWN);
}

static const char *text_at(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

START_TEST(every_kind_has_the_members) {
  struct refusal refusal;
  const struct refusal_type *type = refusal_type_of((enum refusal_kind)_i);
  refusal_set(&refusal, (enum refusal_kind)_i, "a \"quoted\" %s", "detail");
  json_t *object = problem_of(&refusal);
  ck_assert_str_eq(text_at(object, "code"), type->code);
  ck_assert_str_eq(text_at(object, "title"), type->title);
  ck_assert_str_eq(text_at(object, "detail"), "a \"quoted\" detail");
  ck_assert_int_eq(json_integer_value(json_object_get(object, "status")), type->http_status);
  /* The type ends in the code, with '-' for '_'. */
  const char *uri = text_at(object, "type");
  size_t length = strlen(type->code);
  ck_assert_uint_gt(strlen(uri), length);
  ck_assert_int_eq(uri[strlen(uri) - length - 1], '/');
  for (size_t i = 0; i < length; i++)
    ck_assert_int_eq(uri[strlen(uri) - length + i], type->code[i] == '_' ? '-' : type->code[i]);
  ck_assert_ptr_null(json_object_get(object, "errors"));
  json_decref(object);
}
END_TEST

START_TEST(errors_keep_their_order) {
  struct refusal refusal;
  refusal_set(&refusal, REFUSAL_INVALID, "two things");
  refusal_add_error(&refusal, "#/indices/0/3", "400001 is not below 400000");
  refusal_add_error(&refusal, "#/k", "0 is not from 1 to 1000");
  json_t *object = problem_of(&refusal);
  const json_t *errors = json_object_get(object, "errors");
  ck_assert_uint_eq(json_array_size(errors), 2);
  ck_assert_str_eq(text_at(json_array_get(errors, 0), "pointer"), "#/indices/0/3");
  ck_assert_str_eq(text_at(json_array_get(errors, 0), "detail"), "400001 is not below 400000");
  ck_assert_str_eq(text_at(json_array_get(errors, 1), "pointer"), "#/k");
  json_decref(object);
}
END_TEST

START_TEST(an_unknown_word_has_suggestions) {
  struct refusal refusal;
  refusal_set(&refusal, REFUSAL_NO_WORD, "no");
  json_t *object = problem_of(&refusal);
  ck_assert(json_is_array(json_object_get(object, "suggestions"))); /* also when there are none */
  json_decref(object);
  strcpy(refusal.suggestions[0], "cat");
  strcpy(refusal.suggestions[1], "na\xc3\xafve");
  refusal.suggestion_count = 2;
  object = problem_of(&refusal);
  const json_t *list = json_object_get(object, "suggestions");
  ck_assert_uint_eq(json_array_size(list), 2);
  ck_assert_str_eq(json_string_value(json_array_get(list, 0)), "cat");
  ck_assert_str_eq(json_string_value(json_array_get(list, 1)), "na\xc3\xafve");
  json_decref(object);
  refusal_set(&refusal, REFUSAL_NO_MODEL, "no");
  object = problem_of(&refusal);
  ck_assert_ptr_null(json_object_get(object, "suggestions"));
  json_decref(object);
}
END_TEST

/* https://platform.openai.com/docs/guides/error-codes: four members, `param` and `code` may be null. */
START_TEST(openai_errors) {
  struct refusal refusal;
  enum refusal_kind kind = (enum refusal_kind)_i;
  refusal_set(&refusal, kind, "a \"quoted\" %s", "detail");
  json_t *object = text_of(&refusal, DIALECT_OPENAI);
  const json_t *error = json_object_get(object, "error");
  ck_assert_uint_eq(json_object_size(object), 1);
  ck_assert_uint_eq(json_object_size(error), 4);
  ck_assert_str_eq(text_at(error, "message"), "a \"quoted\" detail");
  unsigned status = refusal_status(kind, DIALECT_OPENAI);
  ck_assert_str_eq(text_at(error, "type"), status < 500 ? "invalid_request_error" : "server_error");
  ck_assert(json_is_null(json_object_get(error, "param")));
  const char *code = refusal_type_of(kind)->code;
  if (kind == REFUSAL_NO_ROUTE) code = "unknown_url";
  if (kind == REFUSAL_UNAUTHORIZED) code = "invalid_api_key";
  ck_assert_str_eq(text_at(error, "code"), code);
  json_decref(object);
}
END_TEST

START_TEST(openai_names_the_first_place) {
  static const char *const places[][2] = {
      {"#/model", "model"}, {"#/input/3", "input[3]"}, {"#/input/3/12", "input[3][12]"}, {"#", NULL}};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    struct refusal refusal;
    refusal_set(&refusal, REFUSAL_INVALID, "two things");
    refusal_add_error(&refusal, places[i][0], "one");
    refusal_add_error(&refusal, "#/user", "another");
    json_t *object = text_of(&refusal, DIALECT_OPENAI);
    const json_t *param = json_object_get(json_object_get(object, "error"), "param");
    if (places[i][1])
      ck_assert_str_eq(json_string_value(param), places[i][1]);
    else
      ck_assert(json_is_null(param));
    json_decref(object);
  }
}
END_TEST

/* What flask-restful answers when arguments do not parse, and otherwise. */
START_TEST(word2vec_errors) {
  struct refusal refusal;
  refusal_set(&refusal, REFUSAL_NO_WORD, "a \"quoted\" detail");
  json_t *object = text_of(&refusal, DIALECT_WORD2VEC);
  ck_assert_uint_eq(json_object_size(object), 1);
  ck_assert_str_eq(text_at(object, "message"), "a \"quoted\" detail");
  json_decref(object);
  refusal_set(&refusal, REFUSAL_INVALID, "three things");
  refusal_add_error(&refusal, "#/w1", "one");
  refusal_add_error(&refusal, "#/w1", "the same");
  refusal_add_error(&refusal, "#/w2", "another");
  object = text_of(&refusal, DIALECT_WORD2VEC);
  const json_t *message = json_object_get(object, "message");
  ck_assert_uint_eq(json_object_size(message), 2);
  ck_assert_str_eq(text_at(message, "w1"), "one");
  ck_assert_str_eq(text_at(message, "w2"), "another");
  json_decref(object);
}
END_TEST

START_TEST(types_and_codes) {
  ck_assert_str_eq(respond_refusal_type(DIALECT_OWN), "application/problem+json");
  ck_assert_str_eq(respond_refusal_type(DIALECT_OPENAI), "application/json");
  ck_assert_str_eq(respond_refusal_type(DIALECT_WORD2VEC), "application/json");
  for (int kind = 0; kind < REFUSAL_COUNT; kind++) {
    unsigned own = refusal_status((enum refusal_kind)kind, DIALECT_OWN);
    ck_assert_uint_eq(own, refusal_type_of((enum refusal_kind)kind)->http_status);
    ck_assert_uint_eq(refusal_status((enum refusal_kind)kind, DIALECT_OPENAI), own == 422 ? 400 : own);
    ck_assert_uint_eq(refusal_status((enum refusal_kind)kind, DIALECT_WORD2VEC), own == 422 ? 400 : own);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/respond");
  TCase *tcase = tcase_create("problem");
  tcase_add_loop_test(tcase, every_kind_has_the_members, 0, REFUSAL_COUNT);
  tcase_add_test(tcase, errors_keep_their_order);
  tcase_add_test(tcase, an_unknown_word_has_suggestions);
  suite_add_tcase(suite, tcase);
  tcase = tcase_create("dialects");
  tcase_add_loop_test(tcase, openai_errors, 0, REFUSAL_COUNT);
  tcase_add_test(tcase, openai_names_the_first_place);
  tcase_add_test(tcase, word2vec_errors);
  tcase_add_test(tcase, types_and_codes);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
