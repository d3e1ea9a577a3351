/* The set of words of an import, against plain arrays and qsort. */
#include "store/matrix/word_table.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/format.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static struct word_table *make_table(void) {
  char folder[SCRATCH_PATH_MAX];
  struct word_table *table = NULL;
  scratch_folder(folder, "table");
  ck_assert_int_eq(word_table_new(folder, NULL, &table), STATUS_OK);
  return table;
}

/* Words that make trouble for sorting: few letters, zero bytes, long shared beginnings, the empty word. */
static struct word odd_word(char buffer[64]) {
  static const char letters[] = {0, 'a', 'b', (char)0xFF};
  size_t length = (size_t)random() % 7 + (random() % 3 == 0 ? 20 : 0);
  memset(buffer, 'a', 64);
  for (size_t i = length > 20 ? 18 : 0; i < length; i++) buffer[i] = letters[random() % 4];
  return (struct word){buffer, length};
}

static int by_word(const void *a, const void *b) {
  return word_compare(*(const struct word *)a, *(const struct word *)b);
}

START_TEST(words_are_a_set_and_sort_as_bytes) {
  enum { TRIES = 30000 };
  struct word_table *table = make_table();
  struct word *kept = calloc(TRIES, sizeof *kept);
  uint32_t count = 0;
  srandom(11);
  for (int i = 0; i < TRIES; i++) {
    char buffer[64];
    struct word word = odd_word(buffer);
    uint32_t row = UINT32_MAX;
    enum status status = word_table_add(table, word, NULL, &row);
    if (status == STATUS_OK) {
      ck_assert_uint_eq(row, count);
      char *copy = malloc(word.length + 1);
      memcpy(copy, word.bytes, word.length);
      kept[count++] = (struct word){copy, word.length};
    } else {
      ck_assert_int_eq(status, STATUS_EXISTS);
      ck_assert_int_eq(word_compare(kept[row], word), 0);
    }
  }
  ck_assert_uint_gt(count, 1000);
  ck_assert_uint_eq(word_table_count(table), count);
  for (uint32_t row = 0; row < count; row++) ck_assert_int_eq(word_compare(word_table_word(table, row), kept[row]), 0);
  const uint32_t *sorted;
  ck_assert_int_eq(word_table_sorted(table, NULL, &sorted), STATUS_OK);
  qsort(kept, count, sizeof *kept, by_word);
  for (uint32_t rank = 0; rank < count; rank++)
    ck_assert_int_eq(word_compare(word_table_word(table, sorted[rank]), kept[rank]), 0);
  for (uint32_t row = 0; row < count; row++) free((char *)(uintptr_t)kept[row].bytes);
  free(kept);
  word_table_free(table);
}
END_TEST

START_TEST(no_word_straddles_two_chunks) {
  struct word_table *table = make_table();
  char *bytes = malloc(WORD_LENGTH_MAX);
  memset(bytes, 'z', WORD_LENGTH_MAX);
  enum { WORDS = 520 }; /* 34 MB: three chunks */
  for (uint32_t i = 0; i < WORDS; i++) {
    uint32_t row;
    memcpy(bytes, &i, sizeof i);
    ck_assert_int_eq(word_table_add(table, (struct word){bytes, WORD_LENGTH_MAX}, NULL, &row), STATUS_OK);
  }
  const uint64_t *places = word_table_places(table);
  for (uint32_t i = 0; i < WORDS; i++) {
    uint64_t offset = format_place_offset(places[i]);
    ck_assert_uint_eq(format_place_length(places[i]), WORD_LENGTH_MAX);
    ck_assert_uint_eq(offset / FORMAT_TEXT_CHUNK, (offset + WORD_LENGTH_MAX - 1) / FORMAT_TEXT_CHUNK);
    ck_assert_mem_eq(word_table_word(table, i).bytes, &i, sizeof i);
  }
  uint64_t length;
  ck_assert_ptr_nonnull(word_table_text(table, &length));
  ck_assert_uint_gt(length, 2ull * FORMAT_TEXT_CHUNK);
  free(bytes);
  word_table_free(table);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named) {
  struct word_table *table = NULL;
  struct problem problem = {0};
  ck_assert_int_eq(word_table_new("/no-such-folder", &problem, &table), STATUS_NOT_FOUND);
  ck_assert_ptr_nonnull(strstr(problem.text, "/no-such-folder"));
  ck_assert_ptr_null(table);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/word_table", &cases);
  tcase_add_test(cases, words_are_a_set_and_sort_as_bytes);
  tcase_add_test(cases, no_word_straddles_two_chunks);
  tcase_add_test(cases, a_folder_that_is_not_there_is_named);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
