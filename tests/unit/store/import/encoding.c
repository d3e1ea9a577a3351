/* Words repaired and words shown. */
#include "store/import/encoding.h"

#include <stdio.h>
#include <string.h>

#include "store/utf8.h"
#include "tests/support/suite.h"

START_TEST(repairs_each_maximal_subpart) {
  static const struct {
    const char *bytes, *repaired;
  } cases[] = {{"plain", "plain"},
               {"caf\xC3\xA9", "caf\xC3\xA9"},
               {"caf\xE9", "caf" UTF8_REPLACEMENT},
               {"\xC3", UTF8_REPLACEMENT},
               {"\xE2\x82", UTF8_REPLACEMENT},
               {"\xE2\x82z", UTF8_REPLACEMENT "z"},
               {"\xC0\xAF", UTF8_REPLACEMENT UTF8_REPLACEMENT},
               {"\xF0\x80\x80", UTF8_REPLACEMENT UTF8_REPLACEMENT UTF8_REPLACEMENT},
               /* Table 3-8 of the Unicode Standard: one replacement for each maximal subpart. */
               {"\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64",
                "a" UTF8_REPLACEMENT UTF8_REPLACEMENT UTF8_REPLACEMENT "b" UTF8_REPLACEMENT
                "c" UTF8_REPLACEMENT UTF8_REPLACEMENT "d"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct bytes out;
    bytes_init(&out, 100);
    ck_assert_int_eq(encoding_repair(cases[i].bytes, strlen(cases[i].bytes), &out), STATUS_OK);
    ck_assert_msg(out.length == strlen(cases[i].repaired) && memcmp(out.data, cases[i].repaired, out.length) == 0,
                  "case %zu: %.*s", i, (int)out.length, (const char *)out.data);
    ck_assert(utf8_valid((const char *)out.data, out.length));
    bytes_release(&out);
  }
}
END_TEST

START_TEST(repairs_within_the_limit) {
  struct bytes out;
  bytes_init(&out, 6);
  ck_assert_int_eq(encoding_repair("\xFF\xFF", 2, &out), STATUS_OK);
  ck_assert_uint_eq(out.length, 6);
  bytes_release(&out);
  bytes_init(&out, 6);
  ck_assert_int_eq(encoding_repair("\xFF\xFF\xFF", 3, &out), STATUS_LIMIT);
  bytes_release(&out);
}
END_TEST

START_TEST(shows_what_cannot_be_seen) {
  static const struct {
    const char *bytes;
    size_t length;
    const char *shown;
  } cases[] = {{"cat", 3, "\"cat\""},
               {"", 0, "\"\""},
               {" ", 1, "\" \""},
               {"a\tb\n\0", 5, "\"a\\x09b\\x0A\\x00\""},
               {"\xC2\xA0\xC2\x85", 4, "\"\\u00A0\\u0085\""},
               {"\xE2\x80\xAE", 3, "\"\\u202E\""},
               {"\xFF\xE2\x82", 3, "\"\\xFF\\xE2\\x82\""},
               {"na\xC3\xAFve", 6, "\"na\xC3\xAFve\""},
               {"a\"b\\", 4, "\"a\\\"b\\\\\""}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[64];
    ck_assert_str_eq(encoding_show(cases[i].bytes, cases[i].length, text, sizeof text), cases[i].shown);
  }
}
END_TEST

START_TEST(shows_names_without_quotes) {
  char text[16];
  ck_assert_str_eq(encoding_show_name("a b.txt", text, sizeof text), "a b.txt");
  ck_assert_str_eq(encoding_show_name("", text, sizeof text), "");
  ck_assert_str_eq(encoding_show_name("a\x1B[1m", text, sizeof text), "a\\x1B[1m");
  ck_assert_str_eq(encoding_show_name("a name that is long", text, sizeof text), "a name tha…");
}
END_TEST

START_TEST(shows_no_more_than_fits) {
  char word[400];
  for (size_t i = 0; i < sizeof word; i += 2) memcpy(word + i, "\xC3\xA9", 2);
  for (size_t size = 16; size < 100; size++) {
    char text[100];
    memset(text, 'x', sizeof text);
    encoding_show(word, sizeof word, text, size);
    ck_assert(memchr(text, '\0', size) != NULL);
    ck_assert(utf8_valid(text, strlen(text)));
    ck_assert_msg(strlen(text) > 5 && strcmp(text + strlen(text) - 4, "…\"") == 0, "%s", text);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/import/encoding", &tcase);
  tcase_add_test(tcase, repairs_each_maximal_subpart);
  tcase_add_test(tcase, repairs_within_the_limit);
  tcase_add_test(tcase, shows_what_cannot_be_seen);
  tcase_add_test(tcase, shows_names_without_quotes);
  tcase_add_test(tcase, shows_no_more_than_fits);
  return suite_run(suite);
}
