/* What json_text writes is read back by jansson; and it stops, once and for all, at the limit of its buffer. */
#include "server/json_text.h"

#include <check.h>
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

static struct bytes out;
static struct json_text text;

static void begin(void) {
  bytes_init(&out, 1 << 20);
  json_text_init(&text, &out);
}

static void end(void) {
  bytes_release(&out);
}

static void expect_text_is(const char *expected) {
  ck_assert_int_eq(text.status, STATUS_OK);
  ck_assert_msg(out.length == strlen(expected) && memcmp(out.data, expected, out.length) == 0, "%.*s, not %s",
                (int)out.length, out.data, expected);
}

START_TEST(commas_stand_between_and_nowhere_else) {
  json_text_open(&text, '{');
  json_text_key(&text, "a");
  json_text_open(&text, '[');
  json_text_close(&text, ']');
  json_text_key(&text, "b");
  json_text_open(&text, '[');
  json_text_unsigned(&text, UINT64_MAX);
  json_text_unsigned(&text, 0);
  json_text_null(&text);
  json_text_open(&text, '{');
  json_text_close(&text, '}');
  json_text_bool(&text, true);
  json_text_bool(&text, false);
  json_text_close(&text, ']');
  json_text_key(&text, "c");
  json_text_terminated(&text, "d");
  json_text_close(&text, '}');
  expect_text_is("{\"a\":[],\"b\":[18446744073709551615,0,null,{},true,false],\"c\":\"d\"}");
}
END_TEST

static const struct {
  const char *bytes;
  size_t length;
  const char *json;
} strings[] = {
    {"", 0, "\"\""},
    {"plain", 5, "\"plain\""},
    {"q\"b\\s/", 6, "\"q\\\"b\\\\s/\""},
    {"\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
    {"\0\x01\x1F\x7F", 4, "\"\\u0000\\u0001\\u001F\x7F\""},
    {"na\xC3\xAFve \xF0\x9D\x84\x9E", 11, "\"na\xC3\xAFve \xF0\x9D\x84\x9E\""},
    {"\xFF\xFEx\xE2\x82", 5, "\"\xEF\xBF\xBD\xEF\xBF\xBDx\xEF\xBF\xBD\""},
};

START_TEST(strings_are_escaped) {
  json_text_string(&text, strings[_i].bytes, strings[_i].length);
  expect_text_is(strings[_i].json);
}
END_TEST

/* Pieces of a long string meet in the middle of characters. */
START_TEST(long_strings_come_back) {
  enum { LENGTH = 20000 };
  char *bytes = malloc(LENGTH);
  ck_assert_ptr_nonnull(bytes);
  for (size_t shift = 0; shift < 4; shift++) {
    memset(bytes, 'x', LENGTH);
    for (size_t i = shift; i + 4 <= LENGTH; i += 4) memcpy(bytes + i, i % 3 ? "\xF0\x9D\x84\x9E" : "\n\"\x01z", 4);
    size_t whole = shift + (LENGTH - shift) / 4 * 4;
    end();
    begin();
    json_text_string(&text, bytes, whole);
    ck_assert_int_eq(text.status, STATUS_OK);
    json_t *value = json_loadb((const char *)out.data, out.length, JSON_DECODE_ANY, NULL);
    ck_assert_ptr_nonnull(value);
    ck_assert_uint_eq(json_string_length(value), whole);
    ck_assert_mem_eq(json_string_value(value), bytes, whole);
    json_decref(value);
  }
  free(bytes);
}
END_TEST

static const struct {
  double value;
  const char *json;
} doubles[] = {
    {0, "0.0"},
    {-0.0, "-0.0"},
    {1, "1.0"},
    {-3, "-3.0"},
    {0.1, "0.1"},
    {1.0 / 3, "0.3333333333333333"},
    {0.1 + 0.2, "0.30000000000000004"},
    {1e300, "1e+300"},
    {1e-5, "1e-05"},
    {123456789012345.0, "123456789012345.0"},
    {DBL_MAX, "1.7976931348623157e+308"},
    {4.9406564584124654e-324, "4.94065645841247e-324"},
};

START_TEST(doubles_are_short_and_read_back) {
  json_text_double(&text, doubles[_i].value);
  expect_text_is(doubles[_i].json);
  json_t *value = json_loadb((const char *)out.data, out.length, JSON_DECODE_ANY, NULL);
  ck_assert(json_is_real(value));
  ck_assert(json_real_value(value) == doubles[_i].value);
  json_decref(value);
}
END_TEST

START_TEST(vectors) {
  static const float vector[] = {0.1f, -0.0f, 1e-5f, 16777216.0f, FLT_MAX};
  json_text_open(&text, '[');
  json_text_vector(&text, vector, 5);
  json_text_vector(&text, vector, 0);
  json_text_vector(&text, vector, 1);
  json_text_close(&text, ']');
  expect_text_is("[[0.1,-0.0,1e-05,16777216.0,3.4028235e+38],[],[0.1]]");
}
END_TEST

/* Whatever the limit, the text is the beginning of the whole one, or all of it. */
START_TEST(the_limit_stops_it_for_good) {
  static const float vector[] = {1, 2, 3};
  for (size_t limit = 0; limit < 400; limit++) {
    end();
    bytes_init(&out, limit);
    json_text_init(&text, &out);
    json_text_expect(&text, 1000);
    json_text_open(&text, '{');
    json_text_key(&text, "key");
    json_text_string(&text, "a\"b", 3);
    json_text_key(&text, "vector");
    json_text_vector(&text, vector, 3);
    json_text_key(&text, "n");
    json_text_double(&text, 0.5);
    json_text_unsigned(&text, 7);
    json_text_null(&text);
    json_text_close(&text, '}');
    static const char whole[] = "{\"key\":\"a\\\"b\",\"vector\":[1.0,2.0,3.0],\"n\":0.5,7,null}";
    ck_assert_uint_le(out.length, limit);
    ck_assert(out.length == 0 || memcmp(out.data, whole, out.length) == 0);
    ck_assert(out.length <= strlen(whole));
    ck_assert_int_eq(text.status, out.length == strlen(whole) ? STATUS_OK : STATUS_LIMIT);
    if (limit > 200) ck_assert_int_eq(text.status, STATUS_OK);
  }
}
END_TEST

START_TEST(expecting_reserves_at_once) {
  json_text_expect(&text, 5000);
  ck_assert_uint_ge(out.capacity, 5000);
  ck_assert_uint_eq(out.length, 0);
  json_text_expect(&text, SIZE_MAX);
  ck_assert_uint_eq(out.capacity, out.limit);
  ck_assert_int_eq(text.status, STATUS_OK);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/json_text", &tcase);
  tcase_add_checked_fixture(tcase, begin, end);
  tcase_add_test(tcase, commas_stand_between_and_nowhere_else);
  tcase_add_loop_test(tcase, strings_are_escaped, 0, (int)(sizeof strings / sizeof *strings));
  tcase_add_test(tcase, long_strings_come_back);
  tcase_add_loop_test(tcase, doubles_are_short_and_read_back, 0, (int)(sizeof doubles / sizeof *doubles));
  tcase_add_test(tcase, vectors);
  tcase_add_test(tcase, the_limit_stops_it_for_good);
  tcase_add_test(tcase, expecting_reserves_at_once);
  return suite_run(suite);
}
