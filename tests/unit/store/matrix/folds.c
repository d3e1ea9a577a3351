/* Words found by their folded forms, against a comparison with every row; and tables that are damaged or not there. */
#include "store/matrix/folds.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "store/case_fold.h"
#include "store/matrix/checksum.h"
#include "store/matrix/verify.h"
#include "tests/support/effort.h"
#include "tests/support/metadata_sum.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/words_model.h"

enum { TRAILER = 8 + 32 }; /* of a file under 64 MiB */

static void expect_verified(const struct model *model) {
  struct problem problem = {0};
  ck_assert(verify_folds(model));
  ck_assert_msg(verify_model(model, &(struct verify_options){.threads = 2}, &problem) == STATUS_OK, "%s", problem.text);
}

START_TEST(the_lowest_row_of_a_form_is_found) {
  const struct word words[] = {{"the", 3}, {"Paris", 5},  {"paris", 5}, {"cat", 3},
                               {"CAT", 3}, {"", 0},       {"PARIS", 5}, {"Stra\xC3\x9F\x65", 7},
                               {"Zoo", 3}, {"STRASSE", 7}};
  const struct {
    const char *word;
    uint32_t row; /* UINT32_MAX: none */
  } expected[] = {{"the", 0},          {"THE", 0},
                  {"PaRiS", 1},        {"paris", 1},
                  {"Cat", 3},          {"", 5},
                  {"strasse", 7},      {"zOO", 8},
                  {"zo", UINT32_MAX},  {"stra\xC3\x9F\x65", 7},
                  {"zooo", UINT32_MAX}};
  struct model *model = words_model("lowest", words, 10);
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    uint32_t row = UINT32_MAX;
    struct word word = {expected[i].word, strlen(expected[i].word)};
    enum status status = vocabulary_find_folded(model_vocabulary(model), word, &row);
    ck_assert_msg(status == (expected[i].row == UINT32_MAX ? STATUS_NOT_FOUND : STATUS_OK), "%s", expected[i].word);
    ck_assert_msg(row == expected[i].row, "%s: row %u", expected[i].word, row);
  }
  expect_verified(model);
  model_drop(model);
}
END_TEST

/* Words of few letters in every case, so that most share their form with others. */
static struct word odd_word(char buffer[16]) {
  static const char *const letters[] = {"a", "A", "b", "B", "\xC3\x9F", "s", "S", "\xE1\xBA\x9E", "\xFF", "\xCE\x90"};
  size_t length = 0;
  for (long i = random() % 5; i > 0; i--) {
    const char *letter = letters[random() % 10];
    memcpy(buffer + length, letter, strlen(letter));
    length += strlen(letter);
  }
  return (struct word){buffer, length};
}

static bool same_form(struct word a, struct word b) {
  char folded[3 * 16];
  size_t length = case_fold(a.bytes, a.length, folded);
  return case_fold_equals(b.bytes, b.length, folded, length);
}

START_TEST(forms_at_random_agree_with_a_comparison_of_all) {
  enum { WORDS = 600 };
  struct word words[WORDS];
  char buffers[WORDS][16];
  uint32_t count = 0;
  srandom(7);
  for (uint32_t i = 0; i < WORDS; i++) {
    words[count] = odd_word(buffers[count]);
    bool repeated = false;
    for (uint32_t j = 0; j < count && !repeated; j++) repeated = word_compare(words[j], words[count]) == 0;
    count += !repeated;
  }
  ck_assert_uint_gt(count, 200);
  struct model *model = words_model("random", words, count);
  for (int i = 0; i < effort(5000); i++) {
    char buffer[16];
    struct word word = odd_word(buffer);
    uint32_t row = UINT32_MAX, lowest = 0;
    while (lowest < count && !same_form(words[lowest], word)) lowest++;
    enum status status = vocabulary_find_folded(model_vocabulary(model), word, &row);
    ck_assert_int_eq(status, lowest < count ? STATUS_OK : STATUS_NOT_FOUND);
    if (lowest < count) ck_assert_uint_eq(row, lowest);
  }
  expect_verified(model);
  model_drop(model);
}
END_TEST

START_TEST(tables_grow) {
  const uint32_t count = (uint32_t)effort(20000) + 3000;
  struct word *words = calloc(count, sizeof *words);
  char *text = malloc(16 * (size_t)count);
  for (uint32_t i = 0; i < count; i++) {
    int length = snprintf(text + 16 * (size_t)i, 16, "Word%u", i);
    words[i] = (struct word){text + 16 * (size_t)i, (size_t)length};
  }
  struct model *model = words_model("many", words, count);
  const struct folds_header *header = folds_header(vocabulary_folds(model_vocabulary(model)));
  ck_assert_uint_eq(header->forms, count);
  ck_assert_uint_ge(header->slots, 2 * (uint64_t)count);
  for (uint32_t i = 0; i < count; i++) {
    char other[16];
    uint32_t row = UINT32_MAX;
    int length = snprintf(other, sizeof other, "wORD%u", i);
    struct word word = {other, (size_t)length};
    ck_assert_int_eq(vocabulary_find_folded(model_vocabulary(model), word, &row), STATUS_OK);
    ck_assert_uint_eq(row, i);
  }
  expect_verified(model);
  model_drop(model);
  free(words);
  free(text);
}
END_TEST

START_TEST(the_longest_words_have_forms_too) {
  char *upper = malloc(WORD_LENGTH_MAX + 2), *growing = malloc(WORD_LENGTH_MAX);
  memset(upper, 'X', WORD_LENGTH_MAX + 1);
  for (size_t i = 0; i + 1 < WORD_LENGTH_MAX; i += 2) memcpy(growing + i, "\xCE\x90", 2);
  const struct word words[] = {{upper, WORD_LENGTH_MAX}, {growing, WORD_LENGTH_MAX - 1}};
  struct model *model = words_model("long", words, 2);
  uint32_t row = UINT32_MAX;
  upper[7] = 'x';
  ck_assert_int_eq(vocabulary_find_folded(model_vocabulary(model), words[0], &row), STATUS_OK);
  ck_assert_uint_eq(row, 0);
  ck_assert_int_eq(vocabulary_find_folded(model_vocabulary(model), words[1], &row), STATUS_OK);
  ck_assert_uint_eq(row, 1);
  struct word too_long = {upper, WORD_LENGTH_MAX + 1};
  ck_assert_int_eq(vocabulary_find_folded(model_vocabulary(model), too_long, &row), STATUS_NOT_FOUND);
  expect_verified(model);
  model_drop(model);
  free(upper);
  free(growing);
}
END_TEST

/* ---- bytes changed under right sums ---- */

/* A model of "Zero" and a file of its bytes. */
static char *one_form(const char *name, char path[SCRATCH_PATH_MAX], size_t *length) {
  const struct word words[] = {{"a", 1}, {"Zero", 4}};
  model_drop(words_model(name, words, 2));
  scratch_path(path, "words/%s.mdb", name);
  return scratch_read(path, length);
}

static enum status open_bytes(const char *path, char *bytes, size_t length, struct problem *problem,
                              struct model **model) {
  uint64_t size;
  metadata_sum_remove(bytes, length);
  scratch_write(path, bytes, length - TRAILER);
  int fd = open(path, O_RDWR);
  ck_assert_int_eq(checksum_append(fd, length - TRAILER, 1, path, problem, &size), STATUS_OK);
  close(fd);
  return model_open(path, 1, problem, model);
}

static struct folds_header *header_in(char *bytes, size_t length) {
  const uint32_t begin[] = {FOLDS_VERSION, case_fold_version()};
  for (size_t at = 0; at + sizeof(struct folds_header) <= length; at += 64)
    if (memcmp(bytes + at, begin, sizeof begin) == 0) return (struct folds_header *)(void *)(bytes + at);
  ck_abort_msg("the header of the forms is not in the file");
}

/* The only slot that is taken, in the chunk of 4,096. */
static uint32_t *slot_in(char *bytes, size_t length) {
  const struct folds_header *header = header_in(bytes, length);
  uint64_t slot = XXH3_64bits_withSeed("zero", 4, header->seed) & (header->slots - 1);
  ck_assert_uint_eq(header->slots, 4096);
  for (size_t at = 0; at + 4 * 4096 <= length; at += 64) {
    uint32_t *slots = (uint32_t *)(void *)(bytes + at);
    size_t taken = 0;
    for (size_t i = 0; i < 4096 && taken < 2 && slots[slot] == 2; i++) taken += slots[i] != 0;
    if (taken == 1) return &slots[slot];
  }
  ck_abort_msg("the table is not in the file");
}

START_TEST(a_table_that_leads_elsewhere_is_refused) {
  char path[SCRATCH_PATH_MAX];
  size_t length;
  struct problem problem = {0};
  struct model *model = NULL;
  char *bytes = one_form("elsewhere", path, &length);
  *slot_in(bytes, length) = 1;
  ck_assert_int_eq(open_bytes(path, bytes, length, &problem, &model), STATUS_DAMAGED);
  ck_assert_msg(strstr(problem.text, "folded forms") != NULL, "%s", problem.text);
  free(bytes);
}
END_TEST

/* What is written over the table, and how it is said. */
START_TEST(an_inconsistent_table_is_refused) {
  char path[SCRATCH_PATH_MAX];
  size_t length;
  struct problem problem = {0};
  struct model *model = NULL;
  char *bytes = one_form("inconsistent", path, &length);
  struct folds_header *header = header_in(bytes, length);
  switch (_i) {
    case 0: *slot_in(bytes, length) = 3; break; /* a row that is not there */
    case 1: *slot_in(bytes, length) = 0; break; /* fewer forms than it says */
    case 2: header->forms = 3; break;           /* more than there are rows */
    case 3: header->slots = 4095; break;
    case 4: header->slots = 1; break;
    case 5: header->slots = 1ull << 40; break;
    case 6: header->slots = 1ull << 23; break; /* more than are in the file */
  }
  ck_assert_int_eq(open_bytes(path, bytes, length, &problem, &model), STATUS_DAMAGED);
  ck_assert_msg(strstr(problem.text, path) && strstr(problem.text, "import it again"), "%s", problem.text);
  free(bytes);
}
END_TEST

START_TEST(another_unicode_is_used_and_not_verified) {
  char path[SCRATCH_PATH_MAX];
  size_t length;
  struct problem problem = {0};
  struct model *model = NULL;
  uint32_t row = UINT32_MAX;
  char *bytes = one_form("unicode", path, &length);
  header_in(bytes, length)->unicode = 0x0A0000;
  ck_assert_int_eq(open_bytes(path, bytes, length, &problem, &model), STATUS_OK);
  ck_assert_int_eq(vocabulary_find_folded(model_vocabulary(model), (struct word){"ZERO", 4}, &row), STATUS_OK);
  ck_assert_uint_eq(row, 1);
  ck_assert(!verify_folds(model));
  ck_assert_int_eq(verify_model(model, &(struct verify_options){.threads = 1}, &problem), STATUS_OK);
  model_drop(model);
  free(bytes);
}
END_TEST

/* Gives the record of LMDB another key, in every page that LMDB has left it in: it is behind the flags of a large value
 * and the length of the key. */
static void rename_key(char *bytes, size_t length, char from, char to) {
  const char node[] = {1, 0, 5, 0, from, 0, 0, 0, 0};
  int found = 0;
  for (char *at = bytes; (at = memmem(at, length - (size_t)(at - bytes), node, sizeof node)); found++) at[4] = to;
  ck_assert_int_gt(found, 0);
}

START_TEST(files_without_forms_and_mean_open) {
  const struct word words[] = {{"cat", 3}, {"dog", 3}};
  char path[SCRATCH_PATH_MAX];
  size_t length;
  struct problem problem = {0};
  struct model *model = words_model("older", words, 2);
  ck_assert_ptr_nonnull(model_mean(model));
  model_drop(model);
  scratch_path(path, "words/older.mdb");
  char *bytes = scratch_read(path, &length);
  rename_key(bytes, length, 'i', 'j'); /* the order of the keys stays */
  rename_key(bytes, length, 'm', 'k');
  ck_assert_msg(open_bytes(path, bytes, length, &problem, &model) == STATUS_OK, "%s", problem.text);
  uint32_t row = 9;
  ck_assert_int_eq(vocabulary_find_folded(model_vocabulary(model), words[1], &row), STATUS_UNSUPPORTED);
  ck_assert_uint_eq(row, 9);
  ck_assert_int_eq(vocabulary_find(model_vocabulary(model), words[1], &row), STATUS_OK);
  ck_assert_ptr_null(model_mean(model));
  ck_assert(!verify_folds(model));
  ck_assert_int_eq(verify_model(model, &(struct verify_options){.threads = 1}, &problem), STATUS_OK);
  model_drop(model);
  free(bytes);
}
END_TEST

START_TEST(a_later_version_of_the_table_is_passed_over) {
  char path[SCRATCH_PATH_MAX];
  size_t length;
  struct problem problem = {0};
  struct model *model = NULL;
  uint32_t row;
  char *bytes = one_form("later", path, &length);
  header_in(bytes, length)->version = 2;
  ck_assert_int_eq(open_bytes(path, bytes, length, &problem, &model), STATUS_OK);
  ck_assert_int_eq(vocabulary_find_folded(model_vocabulary(model), (struct word){"a", 1}, &row), STATUS_UNSUPPORTED);
  model_drop(model);
  free(bytes);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/folds", &cases);
  tcase_add_test(cases, the_lowest_row_of_a_form_is_found);
  tcase_add_test(cases, forms_at_random_agree_with_a_comparison_of_all);
  tcase_add_test(cases, tables_grow);
  tcase_add_test(cases, the_longest_words_have_forms_too);
  tcase_add_test(cases, a_table_that_leads_elsewhere_is_refused);
  tcase_add_loop_test(cases, an_inconsistent_table_is_refused, 0, 7);
  tcase_add_test(cases, another_unicode_is_used_and_not_verified);
  tcase_add_test(cases, files_without_forms_and_mean_open);
  tcase_add_test(cases, a_later_version_of_the_table_is_passed_over);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
