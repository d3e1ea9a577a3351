/* How a call is taken in: media types, bodies that are no objects, query strings beside bodies, errors and memory. */
#include "server/reading.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "tests/support/suite.h"

static struct service service;
static struct call call;
static struct reading reading;
static struct refusal refusal;

static void set_up(void) {
  service.limits.json_depth = 64;
  service.parsing.limit = 1 << 20;
  call = (struct call){.service = &service, .has_body = true, .body = "{\"a\":1}", .body_length = 7};
}

static void tear_down(void) {
  reading_release(&reading);
  ck_assert_uint_eq(atomic_load(&service.parsing.used), 0);
}

static const struct {
  const char *content_type;
  bool allowed;
} types[] = {
    {NULL, true},
    {"", true},
    {"application/json", true},
    {" Application/JSON ; charset=UTF-8", true},
    {"application/json;charset=\"utf-8\"", true},
    {"application/json; charset=us-ascii", true},
    {"application/x-www-form-urlencoded", true},
    {"application/json; charset=utf-16", false},
    {"application/json; charset=latin-1", false},
    {"application/jsonl", false},
    {"text/plain", false},
    {"multipart/form-data; boundary=x", false},
    {"application/x-npy", false},
};

START_TEST(media_types) {
  enum body_kind kind = BODY_NPY;
  ck_assert(reading_type_allowed(types[_i].content_type, false, &kind, &refusal) == types[_i].allowed);
  if (types[_i].allowed) ck_assert_int_eq(kind, BODY_JSON);
  if (!types[_i].allowed) ck_assert_int_eq(refusal.kind, REFUSAL_MEDIA_TYPE);
}
END_TEST

START_TEST(arrays_where_they_are_taken) {
  enum body_kind kind = BODY_JSON;
  ck_assert(reading_type_allowed("application/x-npy", true, &kind, &refusal));
  ck_assert_int_eq(kind, BODY_NPY);
  ck_assert(reading_type_allowed("application/json", true, &kind, &refusal));
  ck_assert_int_eq(kind, BODY_JSON);
  ck_assert(!reading_type_allowed("application/x-np", true, &kind, &refusal));
  ck_assert_ptr_nonnull(strstr(refusal.detail, "application/x-npy"));
}
END_TEST

START_TEST(a_body_is_an_object) {
  static const char *const bodies[] = {"[]", "7", "\"a\"", "null"};
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    call.body = bodies[i];
    call.body_length = strlen(bodies[i]);
    ck_assert(!reading_begin(&reading, &call, &refusal));
    ck_assert_int_eq(refusal.kind, REFUSAL_INVALID);
    ck_assert_str_eq(refusal.errors[0].pointer, "#");
    reading_release(&reading);
  }
  call.body_length = 0;
  ck_assert(!reading_begin(&reading, &call, &refusal));
  ck_assert_int_eq(refusal.kind, REFUSAL_MALFORMED);
}
END_TEST

START_TEST(a_query_string_beside_a_body_says_only_the_format) {
  static const struct argument arguments[] = {{"format", "json", 4}, {"model", "zoo", 3}};
  call.arguments = arguments;
  call.argument_count = 1;
  ck_assert(reading_begin(&reading, &call, &refusal));
  reading_release(&reading);
  call.argument_count = 2;
  ck_assert(!reading_begin(&reading, &call, &refusal));
  ck_assert_int_eq(refusal.kind, REFUSAL_UNKNOWN_PARAMETER);
  ck_assert_ptr_nonnull(strstr(refusal.detail, "\"model\""));
}
END_TEST

START_TEST(errors_gather_and_a_refusal_is_final) {
  call.has_body = false;
  ck_assert(reading_begin(&reading, &call, &refusal));
  ck_assert(reading_finish(&reading));
  reading_invalid(&reading, "#/k", "%d is not from 1 to 1000", 0);
  reading_invalid(&reading, "#/exact", "a number where true or false is expected");
  ck_assert(!reading_finish(&reading));
  ck_assert_int_eq(refusal.kind, REFUSAL_INVALID);
  ck_assert_str_eq(refusal.detail, "#/k: 0 is not from 1 to 1000");
  ck_assert_uint_eq(refusal.error_count, 2);
  ck_assert_str_eq(refusal.errors[1].pointer, "#/exact");
  reading_refuse(&reading, REFUSAL_UNKNOWN_PARAMETER, "Unknown parameter \"kk\"");
  reading_refuse(&reading, REFUSAL_BUSY, "later");
  reading_invalid(&reading, "#/k", "later");
  ck_assert_int_eq(refusal.kind, REFUSAL_UNKNOWN_PARAMETER);
  ck_assert_uint_eq(refusal.error_count, 0);
  ck_assert(!reading_finish(&reading));
}
END_TEST

START_TEST(memory_lives_as_long_as_the_reading) {
  ck_assert(reading_begin(&reading, &call, &refusal));
  char *first = reading_alloc(&reading, 10, 3), *none = reading_alloc(&reading, 0, 8);
  ck_assert_ptr_nonnull(first);
  ck_assert_ptr_nonnull(none);
  memset(first, 'x', 30);
  ck_assert_uint_eq((uintptr_t)first % _Alignof(max_align_t), 0);
  ck_assert_ptr_null(reading_alloc(&reading, SIZE_MAX / 2, 3));
  ck_assert_int_eq(refusal.kind, REFUSAL_INVALID);
}
END_TEST

START_TEST(memory_is_within_the_budget) {
  ck_assert(reading_begin(&reading, &call, &refusal));
  size_t before = atomic_load(&service.parsing.used);
  ck_assert_ptr_nonnull(reading_alloc(&reading, 1000, 500));
  ck_assert_uint_ge(atomic_load(&service.parsing.used), before + 500000);
  ck_assert_ptr_null(reading_alloc(&reading, 1000, 900));
  ck_assert_int_eq(refusal.kind, REFUSAL_BUSY);
}
END_TEST

START_TEST(memory_beyond_the_whole_budget_is_impossible) {
  ck_assert(reading_begin(&reading, &call, &refusal));
  ck_assert_ptr_null(reading_alloc(&reading, 1 << 20, 1));
  ck_assert_int_eq(refusal.kind, REFUSAL_INVALID);
  ck_assert_ptr_nonnull(strstr(refusal.detail, "parsing_bytes"));
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/reading", &tcase);
  tcase_add_checked_fixture(tcase, set_up, tear_down);
  tcase_add_loop_test(tcase, media_types, 0, (int)(sizeof types / sizeof *types));
  tcase_add_test(tcase, arrays_where_they_are_taken);
  tcase_add_test(tcase, a_body_is_an_object);
  tcase_add_test(tcase, a_query_string_beside_a_body_says_only_the_format);
  tcase_add_test(tcase, errors_gather_and_a_refusal_is_final);
  tcase_add_test(tcase, memory_lives_as_long_as_the_reading);
  tcase_add_test(tcase, memory_is_within_the_budget);
  tcase_add_test(tcase, memory_beyond_the_whole_budget_is_impossible);
  return suite_run(suite);
}
