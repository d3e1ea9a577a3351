/* The body of a refusal as RFC 9457 and the contract have it; how responses leave is seen over HTTP. */
#include "server/respond.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *problem_of(const struct refusal *refusal) {
  char *text = respond_problem_text(refusal);
  ck_assert_ptr_nonnull(text);
  json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
  ck_assert_int_eq(text[strlen(text) - 1], '\n');
  ck_assert_msg(json_is_object(object), "%s", text);
  free(text);
  return object;
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

int main(void) {
  Suite *suite = suite_create("server/respond");
  TCase *tcase = tcase_create("problem");
  tcase_add_loop_test(tcase, every_kind_has_the_members, 0, REFUSAL_COUNT);
  tcase_add_test(tcase, errors_keep_their_order);
  tcase_add_test(tcase, an_unknown_word_has_suggestions);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
