/* utf8_next() against the boundaries of Unicode's table 3-7 and the maximal subparts of what is ill-formed. */
#include "store/utf8.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct example {
  const char *bytes;
  size_t length;
  size_t step;
  uint32_t code_point;
};

static const struct example examples[] = {
    {"\0", 1, 1, 0},
    {"a", 1, 1, 'a'},
    {"\x7F", 1, 1, 0x7F},
    {"\xC2\x80", 2, 2, 0x80},
    {"\xDF\xBF", 2, 2, 0x7FF},
    {"\xE0\xA0\x80", 3, 3, 0x800},
    {"\xED\x9F\xBF", 3, 3, 0xD7FF},
    {"\xEE\x80\x80", 3, 3, 0xE000},
    {"\xEF\xBF\xBF", 3, 3, 0xFFFF},
    {"\xF0\x90\x80\x80", 4, 4, 0x10000},
    {"\xF4\x8F\xBF\xBF", 4, 4, 0x10FFFF},
    /* Not sequences at all: each byte stands alone. */
    {"\x80", 1, 1, UTF8_ILL_FORMED},
    {"\xBF\x80", 2, 1, UTF8_ILL_FORMED},
    {"\xC0\x80", 2, 1, UTF8_ILL_FORMED},
    {"\xC1\xBF", 2, 1, UTF8_ILL_FORMED},
    {"\xE0\x9F\xBF", 3, 1, UTF8_ILL_FORMED},
    {"\xED\xA0\x80", 3, 1, UTF8_ILL_FORMED},
    {"\xF0\x8F\xBF\xBF", 4, 1, UTF8_ILL_FORMED},
    {"\xF4\x90\x80\x80", 4, 1, UTF8_ILL_FORMED},
    {"\xF5\x80\x80\x80", 4, 1, UTF8_ILL_FORMED},
    {"\xFF", 1, 1, UTF8_ILL_FORMED},
    /* Begun well and then broken: one maximal subpart. */
    {"\xC3", 1, 1, UTF8_ILL_FORMED},
    {"\xC3(", 2, 1, UTF8_ILL_FORMED},
    {"\xE2\x82", 2, 2, UTF8_ILL_FORMED},
    {"\xE2\x82z", 3, 2, UTF8_ILL_FORMED},
    {"\xF0\x9F\x98", 3, 3, UTF8_ILL_FORMED},
    {"\xF0\x9F\x98\xC3", 4, 3, UTF8_ILL_FORMED},
};

START_TEST(next_reads_one_code_point_or_one_maximal_subpart) {
  const struct example *example = &examples[_i];
  uint32_t code_point = 1;
  ck_assert_uint_eq(utf8_next(example->bytes, example->length, &code_point), example->step);
  ck_assert_uint_eq(code_point, example->code_point);
}
END_TEST

START_TEST(valid_looks_at_every_byte) {
  ck_assert(utf8_valid("", 0));
  ck_assert(utf8_valid("a\0b", 3));
  ck_assert(utf8_valid("na\xC3\xAFve", 6));
  ck_assert(!utf8_valid("na\xEFve", 5));
  ck_assert(!utf8_valid("cat\xE2\x82", 5));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/utf8");
  TCase *cases = tcase_create("utf8");
  tcase_add_loop_test(cases, next_reads_one_code_point_or_one_maximal_subpart, 0,
                      (int)(sizeof examples / sizeof examples[0]));
  tcase_add_test(cases, valid_looks_at_every_byte);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
