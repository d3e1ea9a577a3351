/* Percent-encoding: every byte there and back, and what is no escape. */
#include "server/percent.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void expect_encoded(const char *bytes, size_t length, const char *expected) {
  struct bytes out;
  bytes_init(&out, 4096);
  ck_assert_int_eq(percent_encode(&out, bytes, length), STATUS_OK);
  ck_assert_uint_eq(out.length, strlen(expected));
  ck_assert_int_eq(memcmp(out.data, expected, out.length), 0);
  bytes_release(&out);
}

START_TEST(what_is_encoded) {
  expect_encoded("cat", 3, "cat");
  expect_encoded("AZaz09-._~", 10, "AZaz09-._~");
  expect_encoded("a b+c%", 6, "a%20b%2Bc%25");
  expect_encoded("\xff\0/", 3, "%FF%00%2F");
}
END_TEST

START_TEST(every_byte_there_and_back) {
  char all[256], back[3 * 256];
  struct bytes out;
  for (int i = 0; i < 256; i++) all[i] = (char)i;
  bytes_init(&out, 4096);
  ck_assert_int_eq(percent_encode(&out, all, sizeof all), STATUS_OK);
  for (size_t i = 0; i < out.length; i++) ck_assert(out.data[i] > 0x20 && out.data[i] < 0x7f);
  for (int plus = 0; plus < 2; plus++) {
    ck_assert_uint_eq(percent_decode((char *)out.data, out.length, plus, back), sizeof all);
    ck_assert_int_eq(memcmp(back, all, sizeof all), 0);
  }
  bytes_release(&out);
}
END_TEST

START_TEST(what_is_no_escape_stays) {
  static const char *const cases[][3] = {{"100%", "100%", "100%"},
                                         {"%4", "%4", "%4"},
                                         {"%zz%41", "%zzA", "%zzA"},
                                         {"a+b", "a+b", "a b"},
                                         {"%2b+", "++", "+ "},
                                         {"%%41", "%A", "%A"},
                                         {"", "", ""},
                                         {"%e4%F6", "\xe4\xf6", "\xe4\xf6"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (int plus = 0; plus < 2; plus++) {
      char text[16];
      strcpy(text, cases[i][0]);
      text[percent_decode(text, strlen(text), plus, text)] = '\0'; /* in place */
      ck_assert_str_eq(text, cases[i][1 + plus]);
    }
  }
}
END_TEST

START_TEST(where_an_escape_is_broken) {
  static const struct {
    const char *text;
    size_t broken;
  } cases[] = {{"", 0}, {"cat", 3}, {"%63at%FF", 8}, {"100%", 3}, {"%", 0}, {"%4", 0}, {"a%4g%zz", 1}, {"%25%%41", 3}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    ck_assert_uint_eq(percent_broken(cases[i].text, strlen(cases[i].text)), cases[i].broken);
}
END_TEST

START_TEST(the_limit_holds) {
  struct bytes out;
  bytes_init(&out, 8);
  ck_assert_int_eq(percent_encode(&out, "\xff\xff\xff", 3), STATUS_LIMIT);
  ck_assert_uint_eq(out.length, 0);
  bytes_release(&out);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/percent");
  TCase *tcase = tcase_create("percent");
  tcase_add_test(tcase, what_is_encoded);
  tcase_add_test(tcase, every_byte_there_and_back);
  tcase_add_test(tcase, what_is_no_escape_stays);
  tcase_add_test(tcase, where_an_escape_is_broken);
  tcase_add_test(tcase, the_limit_holds);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
