/* Words of an open model, against plain arrays: finding, paging in byte order, near spellings. */
#include "store/matrix/vocabulary.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/model.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/words_model.h"

/* Words of every length around what a key holds, many sharing its whole 510 bytes; and short ones of all bytes. */
enum { LONG_WORDS = 60, SHORT_WORDS = 600, WORDS = LONG_WORDS + SHORT_WORDS };

static void make_words(struct word words[WORDS]) {
  for (uint32_t i = 0; i < WORDS; i++) {
    size_t length = i < LONG_WORDS ? 500 + i / 2 : 3;
    char *bytes = malloc(length);
    memset(bytes, 'x', length);
    if (i < LONG_WORDS && i % 2) bytes[length - 1] = (char)('a' + i % 23);
    if (i >= LONG_WORDS) {
      bytes[0] = (char)(i % 256);
      bytes[1] = (char)(i / 256);
      bytes[2] = 0;
      length = i % 3 + (i >= LONG_WORDS + 256 ? 2 : 1);
      if (length > 3) length = 3;
    }
    words[i] = (struct word){bytes, length};
  }
}

/* Leaves out what another word has already said; returns how many are left. */
static uint32_t without_repeats(struct word *words, uint32_t count) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++) {
    bool repeated = false;
    for (uint32_t j = 0; j < kept && !repeated; j++) repeated = word_compare(words[i], words[j]) == 0;
    if (repeated)
      free((char *)(uintptr_t)words[i].bytes);
    else
      words[kept++] = words[i];
  }
  return kept;
}

static void free_words(struct word *words, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) free((char *)(uintptr_t)words[i].bytes);
}

static int by_word(const void *a, const void *b) {
  return word_compare(*(const struct word *)a, *(const struct word *)b);
}

START_TEST(every_word_is_found_and_no_other) {
  struct word words[WORDS];
  make_words(words);
  uint32_t count = without_repeats(words, WORDS);
  ck_assert_uint_gt(count, 300);
  struct model *model = words_model("find", words, count);
  const struct vocabulary *vocabulary = model_vocabulary(model);
  ck_assert_uint_eq(vocabulary_count(vocabulary), count);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t row = UINT32_MAX;
    ck_assert_int_eq(vocabulary_find(vocabulary, words[i], &row), STATUS_OK);
    ck_assert_uint_eq(row, i);
    ck_assert_int_eq(word_compare(vocabulary_word(vocabulary, i), words[i]), 0);
  }
  char other[70000];
  memset(other, 'x', sizeof other);
  uint32_t row = 7;
  const size_t lengths[] = {4, 499, 531, 65535, 65536, 70000};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
    ck_assert_int_eq(vocabulary_find(vocabulary, (struct word){other, lengths[i]}, &row), STATUS_NOT_FOUND);
  ck_assert_int_eq(vocabulary_find(vocabulary, (struct word){"", 0}, &row), STATUS_NOT_FOUND);
  ck_assert_msg(row == 7, "the output is touched");
  model_drop(model);
  free_words(words, count);
}
END_TEST

static bool begins_with(struct word word, struct word prefix) {
  return word.length >= prefix.length && (prefix.length == 0 || memcmp(word.bytes, prefix.bytes, prefix.length) == 0);
}

/* Walks all pages of a prefix and compares with the sorted array. */
static void walk(const struct vocabulary *vocabulary, const struct word *sorted, uint32_t count, struct word prefix,
                 size_t limit) {
  uint32_t rows[WORDS];
  struct vocabulary_range range = {.prefix = prefix};
  struct word last;
  uint32_t at = 0;
  for (bool more = true; more; range.after = &last) {
    size_t found = 0;
    ck_assert_int_eq(vocabulary_page(vocabulary, &range, limit, rows, &found, &more), STATUS_OK);
    ck_assert(found == limit || !more);
    for (size_t i = 0; i < found; i++) {
      while (at < count && !begins_with(sorted[at], prefix)) at++;
      ck_assert_uint_lt(at, count);
      last = vocabulary_word(vocabulary, rows[i]);
      ck_assert_int_eq(word_compare(last, sorted[at++]), 0);
    }
  }
  while (at < count) ck_assert(!begins_with(sorted[at++], prefix));
}

START_TEST(pages_are_in_byte_order) {
  struct word words[WORDS];
  make_words(words);
  uint32_t count = without_repeats(words, WORDS);
  struct model *model = words_model("page", words, count);
  const struct vocabulary *vocabulary = model_vocabulary(model);
  qsort(words, count, sizeof words[0], by_word);
  char letters[520];
  memset(letters, 'x', sizeof letters);
  const struct word prefixes[] = {{"", 0},        {"x", 1},       {"\xFF", 1},    {letters, 505}, {letters, 510},
                                  {letters, 511}, {letters, 520}, {"nothing", 7}, {"\0", 1}};
  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
    for (size_t limit = 1; limit < 400; limit = limit * 3 + 1) walk(vocabulary, words, count, prefixes[i], limit);
  model_drop(model);
  free_words(words, count);
}
END_TEST

START_TEST(a_page_after_a_word_that_is_not_there) {
  const struct word words[] = {{"b", 1}, {"d", 1}, {"a", 1}, {"", 0}};
  struct model *model = words_model("after", words, 4);
  uint32_t rows[4];
  size_t count = 9;
  bool more = true;
  struct word after = {"c", 1};
  struct vocabulary_range range = {.prefix = {"", 0}, .after = &after};
  ck_assert_int_eq(vocabulary_page(model_vocabulary(model), &range, 4, rows, &count, &more), STATUS_OK);
  ck_assert_uint_eq(count, 1);
  ck_assert_uint_eq(rows[0], 1);
  ck_assert(!more);
  after = (struct word){"", 0};
  ck_assert_int_eq(vocabulary_page(model_vocabulary(model), &range, 2, rows, &count, &more), STATUS_OK);
  ck_assert_uint_eq(count, 2);
  ck_assert_uint_eq(rows[0], 2);
  ck_assert_uint_eq(rows[1], 0);
  ck_assert(more);
  model_drop(model);
}
END_TEST

/* Look-ups from several threads at once: what one finds does not depend on the others. */
static void *find_all(void *argument) {
  const struct vocabulary *vocabulary = argument;
  for (int round = 0; round < 20; round++)
    for (uint32_t row = 0; row < vocabulary_count(vocabulary); row++) {
      uint32_t found = UINT32_MAX;
      if (vocabulary_find(vocabulary, vocabulary_word(vocabulary, row), &found) != STATUS_OK || found != row)
        return argument;
    }
  return NULL;
}

START_TEST(threads_look_up_side_by_side) {
  struct word words[WORDS];
  make_words(words);
  uint32_t count = without_repeats(words, WORDS);
  struct model *model = words_model("threads", words, count);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, find_all, (void *)(uintptr_t)model_vocabulary(model)), 0);
  for (int i = 0; i < 4; i++) {
    void *wrong = NULL;
    pthread_join(threads[i], &wrong);
    ck_assert_ptr_null(wrong);
  }
  model_drop(model);
  free_words(words, count);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/vocabulary", &cases);
  tcase_add_test(cases, every_word_is_found_and_no_other);
  tcase_add_test(cases, pages_are_in_byte_order);
  tcase_add_test(cases, a_page_after_a_word_that_is_not_there);
  tcase_add_test(cases, threads_look_up_side_by_side);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
