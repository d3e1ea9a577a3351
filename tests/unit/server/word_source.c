/* Words from operands and from standard input, in batches. */
#include "server/word_source.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/suite.h"

static struct word_source source;
static struct word_batch batch;

static void begin(const char *const *operands, size_t count) {
  struct options options = {.command = COMMAND_VECTOR, .operands = operands, .operand_count = count};
  word_source_init(&source, &options);
  word_batch_init(&batch);
}

static void end(void) {
  word_batch_release(&batch);
  word_source_release(&source);
}

/* Standard input holds these bytes, and ends when `ends`. The other end, to write more into. */
static int feed(const char *bytes, size_t length, bool ends) {
  int pipes[2];
  ck_assert_int_eq(pipe(pipes), 0);
  ck_assert_int_eq(write(pipes[1], bytes, length), (ssize_t)length);
  ck_assert_int_eq(dup2(pipes[0], STDIN_FILENO), STDIN_FILENO);
  close(pipes[0]);
  if (ends) close(pipes[1]);
  begin(NULL, 0);
  return pipes[1];
}

static void expect_batch(size_t words, size_t bytes, bool whole, const char *expected) {
  const struct word_batch_limits limits = {words, bytes, whole};
  char text[256] = "";
  ck_assert(word_source_next(&source, &limits, &batch));
  for (size_t i = 0; i < batch.count; i++) {
    strcat(text, i ? "|" : "");
    strncat(text, batch.words[i].bytes, batch.words[i].length);
  }
  ck_assert_str_eq(text, expected);
}

START_TEST(operands_in_batches) {
  static const char *const operands[] = {"cat", "", "dog", "-", "the"};
  begin(operands, 5);
  expect_batch(2, SIZE_MAX, true, "cat|");
  ck_assert_uint_eq(batch.count, 2);
  expect_batch(2, SIZE_MAX, false, "dog|-");
  expect_batch(2, SIZE_MAX, false, "the");
  expect_batch(2, SIZE_MAX, false, "");
  ck_assert_uint_eq(batch.count, 0);
  end();
}
END_TEST

START_TEST(lines) {
  static const char input[] = "cat\n\n\r\nat name@domain.com\r\n\xff\n a\rb \nlast";
  static const char *const dash[] = {"-"};
  feed(input, sizeof input - 1, true);
  end();
  begin(dash, 1);
  expect_batch(2, SIZE_MAX, true, "cat|at name@domain.com");
  ck_assert_uint_eq(batch.lines[0], 1);
  ck_assert_uint_eq(batch.lines[1], 4);
  expect_batch(9, SIZE_MAX, true, "\xff| a\rb |last");
  ck_assert_uint_eq(batch.lines[2], 7);
  expect_batch(9, SIZE_MAX, true, "");
  end();
}
END_TEST

/* Who waits for the answer to a line gets it before the next is written. */
START_TEST(what_is_there_is_taken) {
  int more = feed("cat\ndog\nth", 10, false);
  expect_batch(9, SIZE_MAX, false, "cat|dog");
  ck_assert_int_eq(write(more, "e\n", 2), 2);
  expect_batch(9, SIZE_MAX, false, "the");
  close(more);
  expect_batch(9, SIZE_MAX, false, "");
  end();
}
END_TEST

START_TEST(bytes_are_limited) {
  feed("aaaa\nbbbb\ncccccccccc\n", 21, true);
  expect_batch(9, 200, true, "aaaa|bbbb");
  expect_batch(9, 1, true, "cccccccccc"); /* one may pass the limit: nothing less can be asked */
  expect_batch(9, 1, true, "");
  end();
}
END_TEST

START_TEST(a_line_that_is_no_word) {
  const struct word_batch_limits limits = {1, SIZE_MAX, true};
  char *input = malloc(140000);
  ck_assert_ptr_nonnull(input);
  memset(input, 'w', 140000);
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "long");
  for (int round = 0; round < 2; round++) {
    input[WORD_LENGTH_MAX + round] = '\n';
    scratch_write(path, input, 140000);
    input[WORD_LENGTH_MAX + round] = 'w';
    ck_assert_ptr_nonnull(freopen(path, "r", stdin));
    begin(NULL, 0);
    ck_assert_int_eq(word_source_next(&source, &limits, &batch), round == 0);
    if (round == 0) ck_assert_uint_eq(batch.words[0].length, WORD_LENGTH_MAX);
    if (round == 0) ck_assert(!word_source_next(&source, &limits, &batch)); /* the rest, which has no end */
    end();
  }
  free(input);
}
END_TEST

static void expect_split(const char *line, size_t count, const char *expected) {
  struct word words[3];
  char text[64] = "";
  ck_assert_uint_eq(word_source_split((struct word){line, strlen(line)}, words, 3), count);
  for (size_t i = 0; i < count && i < 3; i++) {
    strcat(text, i ? "|" : "");
    strncat(text, words[i].bytes, words[i].length);
  }
  ck_assert_str_eq(text, expected);
}

START_TEST(lines_of_several_words) {
  expect_split("cat dog", 2, "cat|dog");
  expect_split("  cat   dog ", 2, "cat|dog");
  expect_split("at home\tcat\t", 3, "at home|cat|");
  expect_split("\t", 2, "|");
  expect_split("cat", 1, "cat");
  expect_split("   ", 0, "");
  expect_split("a b c d", 4, "a|b|c");
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/word_source", &tcase);
  tcase_add_test(tcase, operands_in_batches);
  tcase_add_test(tcase, lines);
  tcase_add_test(tcase, what_is_there_is_taken);
  tcase_add_test(tcase, bytes_are_limited);
  tcase_add_test(tcase, a_line_that_is_no_word);
  tcase_add_test(tcase, lines_of_several_words);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
