/* One line at a time: what is the word, what are the numbers, and what is wrong. */
#include "store/import/text_row.h"

#include <stdlib.h>
#include <string.h>

#include "store/import/float_parse.h"
#include "tests/support/suite.h"

static locale_t locale;

static void set_up(void) {
  locale = float_parse_locale();
}

static void tear_down(void) {
  freelocale(locale);
}

static struct word line_of(const char *text) {
  return (struct word){text, strlen(text)};
}

START_TEST(takes_whole_rows_apart) {
  static const struct {
    const char *line, *word;
    float numbers[2];
    bool finite;
  } cases[] = {{"cat 1 2", "cat", {1, 2}, true},
               {" 1 2", "", {1, 2}, true},
               {"  1 2", " ", {1, 2}, true},
               {"a b 1 2", "a b", {1, 2}, true},
               {"cat 1 2 ", "cat", {1, 2}, true},
               {"cat 1 2\r", "cat", {1, 2}, true},
               {"cat 1 2 \r", "cat", {1, 2}, true},
               {"\t 1 2", "\t", {1, 2}, true},
               {"a\rb 1 2", "a\rb", {1, 2}, true},
               {"5 1 2", "5", {1, 2}, true},
               {". . . 1 2", ". . .", {1, 2}, true},
               {"route 66 1.5 2.5", "route 66", {1.5f, 2.5f}, true},
               {"v 3.1 1.25 2.25", "v 3.1", {1.25f, 2.25f}, true},
               {"v 3.1 0 0", "v 3.1", {0, 0}, true},
               {"a  b 1 2", "a  b", {1, 2}, true},
               {"7  1 2", "7 ", {1, 2}, true},
               {"to inf 1 2", "to inf", {1, 2}, true},
               {"cat 1 1e40", "cat", {1, 0}, false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    float vector[2] = {99, 99};
    struct text_row row;
    ck_assert_msg(text_row_parse(locale, line_of(cases[i].line), 2, vector, &row) == TEXT_ROW_WHOLE, "%s",
                  cases[i].line);
    ck_assert_msg(
        row.word.length == strlen(cases[i].word) && memcmp(row.word.bytes, cases[i].word, row.word.length) == 0,
        "%s has the word %.*s", cases[i].line, (int)row.word.length, row.word.bytes);
    ck_assert_msg(row.finite == cases[i].finite, "%s", cases[i].line);
    if (row.finite) ck_assert(vector[0] == cases[i].numbers[0] && vector[1] == cases[i].numbers[1]);
  }
}
END_TEST

START_TEST(says_what_is_wrong) {
  static const struct {
    const char *line;
    enum text_row_kind kind;
    size_t numbers;
    const char *bad;
  } cases[] = {{"", TEXT_ROW_BLANK, 0, ""},
               {"  \r", TEXT_ROW_BLANK, 0, ""},
               {"cat", TEXT_ROW_FEW, 0, ""},
               {"cat 1", TEXT_ROW_FEW, 1, ""},
               {"1 2", TEXT_ROW_FEW, 1, ""},
               {"cat 1 x", TEXT_ROW_BAD_NUMBER, 0, "x"},
               {"cat x 2", TEXT_ROW_BAD_NUMBER, 1, "x"},
               {"cat 1  2", TEXT_ROW_BAD_NUMBER, 1, ""},
               {"cat 1\t2 3", TEXT_ROW_BAD_NUMBER, 1, "1\t2"},
               {"cat 1 2\r\r", TEXT_ROW_BAD_NUMBER, 0, "2\r"},
               {"cat 0.5 1.5 2.5", TEXT_ROW_MANY, 3, ""},
               {"cat 1e-5 1.5 2.5", TEXT_ROW_MANY, 3, ""},
               {"cat 0 1 2", TEXT_ROW_MANY, 3, ""},
               {"cat 0.5 1 0.001", TEXT_ROW_MANY, 3, ""}, /* 1 is written with fewer decimals than 0.5 */
               {"cat  66  1.5 2.5", TEXT_ROW_MANY, 2, ""},
               {"cat 66  x 1.5 2.5", TEXT_ROW_MANY, 2, ""},
               {"cat -7 1 2", TEXT_ROW_MANY, 3, ""},
               {" 0.5 1.5 2.5", TEXT_ROW_MANY, 3, ""},
               {"cat 0.5 1.5dog 0.5 1.5", TEXT_ROW_MANY, 2, ""}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    float vector[2];
    struct text_row row;
    enum text_row_kind kind = text_row_parse(locale, line_of(cases[i].line), 2, vector, &row);
    ck_assert_msg(kind == cases[i].kind, "\"%s\" is of kind %d", cases[i].line, (int)kind);
    if (kind == TEXT_ROW_BLANK) continue;
    ck_assert_msg(row.numbers == cases[i].numbers, "\"%s\" has %zu numbers", cases[i].line, row.numbers);
    if (kind == TEXT_ROW_BAD_NUMBER)
      ck_assert_msg(row.bad.length == strlen(cases[i].bad) && memcmp(row.bad.bytes, cases[i].bad, row.bad.length) == 0,
                    "\"%s\": %.*s", cases[i].line, (int)row.bad.length, row.bad.bytes);
  }
}
END_TEST

START_TEST(limits_words) {
  enum { LENGTH = WORD_LENGTH_MAX + 1 };
  char *line = malloc(LENGTH + 5);
  float value;
  struct text_row row;
  memset(line, 'w', LENGTH);
  memcpy(line + LENGTH, " 0.5", 5);
  ck_assert_int_eq(text_row_parse(locale, (struct word){line, LENGTH + 4}, 1, &value, &row), TEXT_ROW_WORD_TOO_LONG);
  ck_assert_int_eq(text_row_parse(locale, (struct word){line + 1, LENGTH + 3}, 1, &value, &row), TEXT_ROW_WHOLE);
  ck_assert_uint_eq(row.word.length, WORD_LENGTH_MAX);
  line[100] = ' ';
  ck_assert_int_eq(text_row_parse(locale, (struct word){line, LENGTH + 4}, 1, &value, &row), TEXT_ROW_WORD_TOO_LONG);
  free(line);
}
END_TEST

START_TEST(counts_trailing_numbers) {
  static const struct {
    const char *line;
    size_t most, count;
  } cases[] = {{"cat 1 2 3", 9, 3}, {"cat 1 2 3", 2, 2}, {"1 2 3", 9, 2},      {"1", 9, 0},          {"", 9, 0},
               {" 1", 9, 1},        {"cat 1 x 3", 9, 1}, {"cat 1 2 \r", 9, 2}, {"cat nan inf", 9, 2}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    ck_assert_msg(text_row_numbers(locale, line_of(cases[i].line), cases[i].most) == cases[i].count, "%s",
                  cases[i].line);
}
END_TEST

START_TEST(knows_beginnings_of_numbers) {
  static const char *const beginnings[] = {"cat -", "cat +", "cat 1 .", "cat 1e", "cat -1.5e-", "cat ."};
  static const char *const others[] = {"cat", "-", "cat x", "cat 1x", "cat --", "cat - ", "cat 1e-x"};
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
    ck_assert_msg(text_row_ends_in_number(line_of(beginnings[i])), "%s", beginnings[i]);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    ck_assert_msg(!text_row_ends_in_number(line_of(others[i])), "%s", others[i]);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/import/text_row", &tcase);
  tcase_add_checked_fixture(tcase, set_up, tear_down);
  tcase_add_test(tcase, takes_whole_rows_apart);
  tcase_add_test(tcase, says_what_is_wrong);
  tcase_add_test(tcase, limits_words);
  tcase_add_test(tcase, counts_trailing_numbers);
  tcase_add_test(tcase, knows_beginnings_of_numbers);
  return suite_run(suite);
}
