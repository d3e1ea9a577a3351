/* Assertions on JSON answers. */
#include "tests/support/json_expect.h"

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const json_t *json_at(const json_t *root, const char *pointer) {
  char key[128];
  while (root && *pointer == '/') {
    size_t length = strcspn(++pointer, "/");
    snprintf(key, sizeof key, "%.*s", (int)length, pointer);
    pointer += length;
    root = json_is_array(root) ? json_array_get(root, strtoul(key, NULL, 10)) : json_object_get(root, key);
  }
  return root;
}

static const json_t *need(const json_t *root, const char *pointer) {
  const json_t *value = json_at(root, pointer);
  char *whole = value ? NULL : json_dumps(root, JSON_ENCODE_ANY);
  ck_assert_msg(value != NULL, "nothing at \"%s\" of %.2000s", pointer, whole ? whole : "");
  free(whole);
  return value;
}

void expect_text(const json_t *root, const char *pointer, const char *text) {
  const json_t *value = need(root, pointer);
  ck_assert_msg(json_is_string(value), "%s is not a string", pointer);
  ck_assert_str_eq(json_string_value(value), text);
}

void expect_integer(const json_t *root, const char *pointer, long long value) {
  const json_t *found = need(root, pointer);
  ck_assert_msg(json_is_integer(found), "%s is not an integer", pointer);
  ck_assert_int_eq(json_integer_value(found), value);
}

void expect_bool(const json_t *root, const char *pointer, int value) {
  const json_t *found = need(root, pointer);
  ck_assert_msg(json_is_boolean(found), "%s is not true or false", pointer);
  ck_assert_msg(json_is_true(found) == (value != 0), "%s is not %s", pointer, value ? "true" : "false");
}

void expect_null(const json_t *root, const char *pointer) {
  ck_assert_msg(json_is_null(need(root, pointer)), "%s is not null", pointer);
}

void expect_length(const json_t *root, const char *pointer, size_t length) {
  const json_t *value = need(root, pointer);
  ck_assert_msg(json_is_array(value), "%s is not an array", pointer);
  ck_assert_uint_eq(json_array_size(value), length);
}

void expect_absent(const json_t *root, const char *pointer) {
  ck_assert_msg(json_at(root, pointer) == NULL, "%s is there", pointer);
}

void expect_floats(const json_t *root, const char *pointer, const float *values, size_t count) {
  expect_length(root, pointer, count);
  const json_t *array = need(root, pointer);
  for (size_t i = 0; i < count; i++) {
    const json_t *number = json_array_get(array, i);
    ck_assert_msg(json_is_number(number), "%s/%zu is not a number", pointer, i);
    float value = (float)json_number_value(number);
    ck_assert_msg(memcmp(&value, &values[i], sizeof value) == 0, "%s/%zu is %.9g, not %.9g", pointer, i, (double)value,
                  (double)values[i]);
  }
}

void expect_json(const json_t *root, const char *pointer, const char *json) {
  json_t *wanted = json_loads(json, JSON_DECODE_ANY, NULL);
  ck_assert_msg(wanted != NULL, "the test's own JSON is wrong: %s", json);
  const json_t *found = need(root, pointer);
  char *text = json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY);
  ck_assert_msg(json_equal(found, wanted), "%s is %.2000s, not %s", pointer, text, json);
  free(text);
  json_decref(wanted);
}

static json_t *parse(const struct answer *answer, long status, const char *type) {
  ck_assert_msg(answer->status == status, "status %ld, not %ld: %.2000s", answer->status, status, answer->body);
  char value[128] = "";
  answer_header(answer, "Content-Type", value, sizeof value);
  value[strcspn(value, ";")] = '\0';
  ck_assert_str_eq(value, type);
  json_error_t error;
  json_t *root = json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
  ck_assert_msg(root != NULL, "not JSON: %s at %d: %.2000s", error.text, error.position, answer->body);
  return root;
}

json_t *expect_answer(const struct answer *answer, long status) {
  return parse(answer, status, "application/json");
}

json_t *expect_problem(const struct answer *answer, long status, const char *code) {
  json_t *root = parse(answer, status, "application/problem+json");
  expect_integer(root, "/status", status);
  expect_text(root, "/code", code);
  char slug[128];
  snprintf(slug, sizeof slug, "/%s", code);
  for (char *at = slug; *at; at++)
    if (*at == '_') *at = '-';
  const char *type = json_string_value(need(root, "/type"));
  ck_assert_ptr_nonnull(type);
  ck_assert_msg(strlen(type) > strlen(slug) && strcmp(type + strlen(type) - strlen(slug), slug) == 0,
                "the type %s does not end in %s", type, slug);
  const char *title = json_string_value(need(root, "/title"));
  const char *detail = json_string_value(need(root, "/detail"));
  ck_assert_msg(title && title[0] && detail && detail[0], "title or detail is empty");
  return root;
}

void expect_error_at(const json_t *problem, const char *pointer) {
  const json_t *errors = need(problem, "/errors");
  for (size_t i = 0; i < json_array_size(errors); i++) {
    const json_t *error = json_array_get(errors, i);
    const char *place = json_string_value(json_object_get(error, "pointer"));
    const char *detail = json_string_value(json_object_get(error, "detail"));
    ck_assert_msg(place && detail && detail[0], "an error without pointer or detail");
    if (strcmp(place, pointer) == 0) return;
  }
  char *text = json_dumps(problem, JSON_COMPACT);
  ck_abort_msg("no error at %s: %.2000s", pointer, text);
}

json_t *get_json(unsigned port, long status, const char *target) {
  struct answer answer;
  client_get(port, target, &answer);
  json_t *root = expect_answer(&answer, status);
  answer_release(&answer);
  return root;
}

json_t *post_json(unsigned port, long status, const char *target, const char *body) {
  struct answer answer;
  client_post(port, target, body, &answer);
  json_t *root = expect_answer(&answer, status);
  answer_release(&answer);
  return root;
}

json_t *get_problem(unsigned port, long status, const char *code, const char *target) {
  struct answer answer;
  client_get(port, target, &answer);
  json_t *root = expect_problem(&answer, status, code);
  answer_release(&answer);
  return root;
}

json_t *post_problem(unsigned port, long status, const char *code, const char *target, const char *body) {
  struct answer answer;
  client_post(port, target, body, &answer);
  json_t *root = expect_problem(&answer, status, code);
  answer_release(&answer);
  return root;
}
