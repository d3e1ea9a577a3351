/* The outcomes' texts, and problem reports: what they hold, how they are cut, how errno becomes a status. */
#include "store/status.h"

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/utf8.h"

enum { TEXT_SIZE = sizeof((struct problem *)0)->text };

static struct problem scribbled(void) {
  struct problem problem;
  memset(&problem, 'X', sizeof problem);
  return problem;
}

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

START_TEST(ok_is_zero_and_every_status_has_a_phrase_of_its_own) {
  ck_assert_int_eq(STATUS_OK, 0);
  for (int i = 0; i < STATUS_COUNT; i++) {
    const char *text = status_text((enum status)i);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_ne(text, "");
    ck_assert_str_ne(text, "unknown status");
    for (int j = 0; j < i; j++) ck_assert_str_ne(text, status_text((enum status)j));
  }
}
END_TEST

START_TEST(any_other_value_is_an_unknown_status) {
  static const int others[] = {STATUS_COUNT, STATUS_COUNT + 1, 1000, -1, -1000};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    ck_assert_str_eq(status_text((enum status)others[i]), "unknown status");
}
END_TEST

START_TEST(set_fills_the_report_and_returns_the_status) {
  struct problem problem = scribbled();
  ck_assert_int_eq(problem_set(&problem, STATUS_BAD_MATRIX, 7, "line %d: \"%s\" is not a number", 7, "x1"),
                   STATUS_BAD_MATRIX);
  ck_assert_int_eq(problem.status, STATUS_BAD_MATRIX);
  ck_assert_uint_eq(problem.position, 7);
  ck_assert_str_eq(problem.text, "line 7: \"x1\" is not a number");
}
END_TEST

START_TEST(set_keeps_positions_beyond_32_bits) {
  struct problem problem = scribbled();
  ck_assert_int_eq(problem_set(&problem, STATUS_DAMAGED, UINT64_MAX, "at the end"), STATUS_DAMAGED);
  ck_assert(problem.position == UINT64_MAX);
}
END_TEST

START_TEST(a_report_may_be_unwanted) {
  ck_assert_int_eq(problem_set(NULL, STATUS_LIMIT, 1, "%s", "nobody reads this"), STATUS_LIMIT);
  ck_assert_int_eq(problem_set_errno(NULL, ENOSPC, "%s", "nor this"), STATUS_NO_SPACE);
}
END_TEST

START_TEST(an_empty_text_is_a_text) {
  struct problem problem = scribbled();
  ck_assert_int_eq(problem_set(&problem, STATUS_BUSY, 0, "%s", ""), STATUS_BUSY);
  ck_assert_str_eq(problem.text, "");
}
END_TEST

/* Texts around the size of the report: those that fit stay whole, the others keep what fits before "...". */
START_TEST(a_long_text_is_cut_and_says_so) {
  for (int length = TEXT_SIZE - 10; length < TEXT_SIZE + 10; length++) {
    struct problem problem = scribbled();
    char text[TEXT_SIZE + 10];
    for (int i = 0; i < length; i++) text[i] = (char)('a' + i % 26);
    text[length] = '\0';
    ck_assert_int_eq(problem_set(&problem, STATUS_IO, 0, "%s", text), STATUS_IO);
    if (length < TEXT_SIZE) {
      ck_assert_str_eq(problem.text, text);
    } else {
      ck_assert_uint_eq(strlen(problem.text), TEXT_SIZE - 1);
      ck_assert_mem_eq(problem.text, text, TEXT_SIZE - 4);
      ck_assert(ends_with(problem.text, "..."));
    }
  }
}
END_TEST

/* Sequences of two, three and four bytes at every distance from the cut. */
START_TEST(a_cut_never_splits_a_utf8_sequence) {
  static const char *const letters[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
  const char *letter = letters[_i];
  for (int shift = 0; shift < 4; shift++) {
    struct problem problem = scribbled();
    char text[3 * TEXT_SIZE];
    int length = 0;
    while (length < shift) text[length++] = '-';
    while (length < 2 * TEXT_SIZE) length += sprintf(text + length, "%s", letter);
    problem_set(&problem, STATUS_IO, 0, "%s", text);
    size_t kept = strlen(problem.text);
    ck_assert(utf8_valid(problem.text, kept));
    ck_assert(ends_with(problem.text, "..."));
    ck_assert_mem_eq(problem.text, text, kept - 3);
    ck_assert_uint_gt(kept, TEXT_SIZE - 1 - strlen(letter));
  }
}
END_TEST

/* Words are bytes: what was never UTF-8 is cut like anything else. */
START_TEST(bytes_that_are_not_utf8_are_cut_too) {
  static const int bytes[] = {0x80, 0xBF, 0xC3, 0xE2, 0xF0, 0xFF};
  for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
    struct problem problem = scribbled();
    char text[2 * TEXT_SIZE];
    memset(text, bytes[i], sizeof text - 1);
    text[sizeof text - 1] = '\0';
    problem_set(&problem, STATUS_IO, 0, "%s", text);
    size_t kept = strlen(problem.text);
    ck_assert_uint_lt(kept, TEXT_SIZE);
    ck_assert_uint_gt(kept, TEXT_SIZE - 6);
    ck_assert(ends_with(problem.text, "..."));
    ck_assert_mem_eq(problem.text, text, kept - 3);
  }
}
END_TEST

START_TEST(errno_becomes_a_status) {
  static const struct {
    int error;
    enum status status;
  } pairs[] = {{ENOSPC, STATUS_NO_SPACE},  {EDQUOT, STATUS_NO_SPACE},
               {ENOMEM, STATUS_NO_MEMORY}, {ENOENT, STATUS_NOT_FOUND},
               {EIO, STATUS_IO},           {EACCES, STATUS_IO},
               {EINTR, STATUS_IO},         {0, STATUS_IO},
               {99999, STATUS_IO},         {-1, STATUS_IO}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    struct problem problem = scribbled();
    ck_assert_int_eq(problem_set_errno(&problem, pairs[i].error, "reading"), pairs[i].status);
    ck_assert_int_eq(problem.status, pairs[i].status);
    ck_assert_uint_eq(problem.position, 0);
    char expected[200];
    snprintf(expected, sizeof expected, "reading: %s", strerror(pairs[i].error));
    ck_assert_str_eq(problem.text, expected);
  }
}
END_TEST

START_TEST(the_reason_survives_a_path_of_any_length) {
  for (int length = 1; length < 3 * TEXT_SIZE; length += length < TEXT_SIZE - 60 ? 50 : 1) {
    struct problem problem = scribbled();
    char path[3 * TEXT_SIZE + 1];
    memset(path, 'p', (size_t)length);
    path[length] = '\0';
    ck_assert_int_eq(problem_set_errno(&problem, ENOENT, "%s", path), STATUS_NOT_FOUND);
    char reason[100];
    snprintf(reason, sizeof reason, ": %s", strerror(ENOENT));
    size_t whole = (size_t)length + strlen(reason), kept = strlen(problem.text);
    ck_assert_uint_eq(kept, whole < TEXT_SIZE ? whole : TEXT_SIZE - 1);
    ck_assert(ends_with(problem.text, reason));
    if (whole >= TEXT_SIZE) ck_assert_mem_eq(problem.text + kept - strlen(reason) - 3, "...", 3);
  }
}
END_TEST

START_TEST(errno_itself_stays) {
  struct problem problem;
  errno = EPIPE;
  problem_set_errno(&problem, 99999, "writing %d", 1);
  ck_assert_int_eq(errno, EPIPE);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/status");
  TCase *cases = tcase_create("status");
  tcase_add_test(cases, ok_is_zero_and_every_status_has_a_phrase_of_its_own);
  tcase_add_test(cases, any_other_value_is_an_unknown_status);
  tcase_add_test(cases, set_fills_the_report_and_returns_the_status);
  tcase_add_test(cases, set_keeps_positions_beyond_32_bits);
  tcase_add_test(cases, a_report_may_be_unwanted);
  tcase_add_test(cases, an_empty_text_is_a_text);
  tcase_add_test(cases, a_long_text_is_cut_and_says_so);
  tcase_add_loop_test(cases, a_cut_never_splits_a_utf8_sequence, 0, 3);
  tcase_add_test(cases, bytes_that_are_not_utf8_are_cut_too);
  tcase_add_test(cases, errno_becomes_a_status);
  tcase_add_test(cases, the_reason_survives_a_path_of_any_length);
  tcase_add_test(cases, errno_itself_stays);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
