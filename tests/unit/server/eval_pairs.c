/* Numbers as Python's float() reads them, and files of questions as lines. */
#include "server/eval_pairs.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tests/support/suite.h"

static bool read_number(const char *text, double *out) {
  return eval_pairs_number((struct word){text, strlen(text)}, out);
}

START_TEST(numbers) {
  static const struct {
    const char *text;
    double value;
  } good[] = {{"7", 7},
              {" 3.50 ", 3.5},
              {"\t-.5\r", -0.5},
              {"1e3", 1000},
              {"1_000.5", 1000.5},
              {"+2.", 2},
              {"1E-2", 0.01},
              {"inf", INFINITY},
              {"-Infinity", -INFINITY},
              {"\xC2\xA0"
               "4",
               4},
              {"1e999", INFINITY},
              {"007", 7}};
  static const char *const bad[] = {"",       " ",       "x",  "1 2", "0x10", "1_",  "_1",  "1__0",
                                    "nan(1)", "infinit", "1e", "e5",  ".",    "1,5", "--1", "1_.5"};
  double value;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    ck_assert_msg(read_number(good[i].text, &value), "%s", good[i].text);
    ck_assert_msg(value == good[i].value, "%s: %g", good[i].text, value);
  }
  ck_assert(read_number("NaN", &value) && isnan(value));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert_msg(!read_number(bad[i], &value), "%s", bad[i]);
  ck_assert(!eval_pairs_number((struct word){"1\0002", 3}, &value));
}
END_TEST

static void expect_lines(const char *path, bool universal, const char *expected) {
  struct eval_text text;
  struct problem problem;
  struct word line;
  char joined[256] = "";
  ck_assert_msg(eval_text_open(path, universal, &problem, &text) == STATUS_OK, "%s", problem.text);
  size_t count = 0;
  while (eval_text_next(&text, &line)) {
    strncat(joined, line.bytes, line.length);
    strcat(joined, "|");
    ck_assert_uint_eq(text.line, ++count);
  }
  ck_assert_str_eq(joined, expected);
  eval_text_close(&text);
}

START_TEST(lines_of_a_file) {
  static const char bytes[] = "a\r\nb\rc\n\nna\xC3\xAFve";
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "text");
  scratch_write(path, bytes, sizeof bytes - 1);
  expect_lines(path, false, "a\r|b\rc||na\xC3\xAFve|");
  expect_lines(path, true, "a|b|c||na\xC3\xAFve|");
  gzFile file = gzopen(path, "wb");
  ck_assert_int_eq(gzwrite(file, bytes, sizeof bytes - 1), sizeof bytes - 1);
  ck_assert_int_eq(gzclose(file), Z_OK);
  expect_lines(path, true, "a|b|c||na\xC3\xAFve|");
  scratch_write(path, "", 0);
  expect_lines(path, true, "");
}
END_TEST

static void expect_refused(const char *path, enum status status, const char *said) {
  struct eval_text text;
  struct problem problem;
  ck_assert_int_eq(eval_text_open(path, false, &problem, &text), status);
  ck_assert_msg(strstr(problem.text, said) != NULL, "%s", problem.text);
  eval_text_close(&text);
}

START_TEST(files_that_are_none) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "text");
  expect_refused("/nonexistent/text", STATUS_NOT_FOUND, "/nonexistent/text");
  scratch_write(path, "a\nb\xFF\n", 5);
  expect_refused(path, STATUS_BAD_MATRIX, "line 2");
  gzFile file = gzopen(path, "wb");
  for (int i = 0; i < 1000; i++) gzprintf(file, "line %d\n", i);
  ck_assert_int_eq(gzclose(file), Z_OK);
  size_t length;
  char *packed = scratch_read(path, &length);
  scratch_write(path, packed, length / 2);
  expect_refused(path, STATUS_IO, "damaged");
  packed[length / 2] = (char)(packed[length / 2] ^ 1);
  scratch_write(path, packed, length);
  expect_refused(path, STATUS_IO, "damaged");
  free(packed);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/eval_pairs", &tcase);
  tcase_add_test(tcase, numbers);
  tcase_add_test(tcase, lines_of_a_file);
  tcase_add_test(tcase, files_that_are_none);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
