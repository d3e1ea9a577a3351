/* Tables for people and for programs. */
#include "server/sheet.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

#define WORD(text)         \
  (struct word) {          \
    text, sizeof(text) - 1 \
  }

static char *printed;
static size_t printed_length;

static void open_sheet(struct sheet *sheet, enum ask_format format, size_t columns) {
  sheet_init(sheet, open_memstream(&printed, &printed_length), format, columns);
}

static void expect_printed(struct sheet *sheet, const char *expected) {
  ck_assert(sheet_print(sheet));
  fclose(sheet->out);
  ck_assert_msg(strcmp(printed, expected) == 0, "%s\nagainst\n%s", printed, expected);
  free(printed);
  sheet_release(sheet);
}

static void fill(struct sheet *sheet) {
  sheet_word(sheet, WORD("na\xc3\xafve"));
  sheet_size(sheet, 7);
  sheet_number(sheet, 0.9016578960108997);
  sheet_word(sheet, WORD("a\tb\\c\x1b[0m"));
  sheet_size(sheet, 12345);
  sheet_number(sheet, -1);
  sheet_word(sheet, WORD("\xff"));
  sheet_size(sheet, 0);
  sheet_head(sheet, "", true);
}

START_TEST(for_people) {
  struct sheet sheet;
  open_sheet(&sheet, ASK_TEXT, 3);
  fill(&sheet);
  /* A character is a column, whatever its bytes; no control reaches the terminal, and no line ends in blanks. */
  expect_printed(&sheet,
                 "na\xc3\xafve                7   0.901658\n"
                 "a\\x09b\\c\\x1B[0m  12345  -1.000000\n"
                 "\\xFF                 0\n");
}
END_TEST

START_TEST(for_programs) {
  struct sheet sheet;
  open_sheet(&sheet, ASK_TSV, 3);
  fill(&sheet);
  expect_printed(&sheet,
                 "na\xc3\xafve\t7\t0.9016578960108997\n"
                 "a\\tb\\\\c\x1b[0m\t12345\t-1\n"
                 "\xff\t0\t\n");
  open_sheet(&sheet, ASK_TSV, 1);
  sheet_word(&sheet, WORD("\n\r"));
  ck_assert(sheet_print(&sheet));
  sheet_word(&sheet, WORD("again")); /* what was printed is gone */
  expect_printed(&sheet, "\\n\\r\nagain\n");
}
END_TEST

START_TEST(nothing_is_an_empty_table) {
  struct sheet sheet;
  open_sheet(&sheet, ASK_TEXT, 2);
  expect_printed(&sheet, "");
}
END_TEST

START_TEST(digits_read_back) {
  static const struct {
    double value;
    const char *digits;
  } cases[] = {{0.1, "0.1"}, {1.0 / 3, "0.3333333333333333"}, {1e-5, "1e-05"}, {0.1 + 0.2, "0.30000000000000004"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char digits[SHEET_NUMBER];
    ck_assert_uint_eq(sheet_digits(cases[i].value, digits), strlen(cases[i].digits));
    ck_assert_str_eq(digits, cases[i].digits);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/sheet", &tcase);
  tcase_add_test(tcase, for_people);
  tcase_add_test(tcase, for_programs);
  tcase_add_test(tcase, nothing_is_an_empty_table);
  tcase_add_test(tcase, digits_read_back);
  return suite_run(suite);
}
