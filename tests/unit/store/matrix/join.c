/* Joined models against the concatenations of their rows, word for word. */
#include "store/matrix/join.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/numbers.h"
#include "tests/support/scratch.h"
#include "tests/support/words_model.h"

enum { WORDS = 400 };

/* A model of some of the words "w0" to "w399", the empty one, and ones of bytes, in an order of its own. */
static struct model *some_words(const char *name, struct numbers *numbers, unsigned one_in) {
  static char texts[WORDS][8];
  struct word words[WORDS + 3];
  uint32_t count = 0;
  for (unsigned i = 0; i < WORDS; i++) {
    int length = snprintf(texts[i], sizeof texts[i], "w%u", i);
    if (numbers_below(numbers, one_in) == 0) words[count++] = (struct word){texts[i], (size_t)length};
  }
  words[count++] = (struct word){"", 0};
  words[count++] = (struct word){"\xFF\xFE", 2};
  if (one_in == 1) words[count++] = (struct word){"a\0b", 3};
  for (uint32_t i = count - 1; i > 0; i--) {
    uint32_t other = numbers_below(numbers, i + 1);
    struct word word = words[i];
    words[i] = words[other];
    words[other] = word;
  }
  return words_model(name, words, count);
}

static void check_join(struct model *const *models, size_t count) {
  struct join *join = NULL;
  struct join_rows view;
  ck_assert_int_eq(join_new(models, count, &join), STATUS_OK);
  ck_assert(join_fits(join, models, count));
  join_fill(join, models, &view);
  uint32_t joined = 0, row;
  const struct vocabulary *first = model_vocabulary(models[0]);
  for (uint32_t i = 0; i < vocabulary_count(first); i++) {
    struct word word = vocabulary_word(first, i);
    uint32_t rows[JOIN_MODELS_MOST];
    bool all = true;
    for (size_t m = 0; m < count; m++) all &= vocabulary_find(model_vocabulary(models[m]), word, &rows[m]) == STATUS_OK;
    ck_assert_int_eq(join_find(join, i, &row), all ? STATUS_OK : STATUS_NOT_FOUND);
    if (!all) continue;
    ck_assert_uint_eq(row, joined);
    ck_assert_uint_eq(join_first(join, row), i);
    float got[JOIN_MODELS_MOST * 4], wanted[JOIN_MODELS_MOST * 4] = {0};
    for (size_t m = 0, at = 0; m < count; at += model_rows(models[m])->dim, m++)
      memcpy(wanted + at, rows_at(model_rows(models[m]), rows[m]), model_rows(models[m])->dim * sizeof *wanted);
    memset(got, 0xEE, sizeof got);
    rows_gather(&view.rows, joined, 1, got);
    ck_assert_mem_eq(got, wanted, view.rows.stride * sizeof *got);
    ck_assert_double_eq(rows_norm(&view.rows, joined), rows_norm_of(wanted, view.rows.dim));
    joined++;
  }
  ck_assert_uint_eq(view.rows.count, joined);
  join_drop(join);
}

START_TEST(each_word_that_all_have_is_a_row) {
  struct numbers numbers = {.state = (uint64_t)_i};
  struct model *models[3] = {some_words("a", &numbers, 1), some_words("b", &numbers, 2), some_words("c", &numbers, 3)};
  struct model *const turned[] = {models[2], models[0]}, *const same[] = {models[1], models[1]};
  check_join(models, 1);
  check_join(models, 2);
  check_join(models, 3);
  check_join(turned, 2);
  check_join(same, 2);
  for (size_t i = 0; i < 3; i++) model_drop(models[i]);
}
END_TEST

START_TEST(models_need_not_have_a_word_in_common) {
  static const struct word cat = {"cat", 3}, dog = {"dog", 3};
  struct model *models[] = {words_model("a", &cat, 1), words_model("b", &dog, 1)};
  struct join *join = NULL;
  struct join_rows view;
  uint32_t row;
  ck_assert_int_eq(join_new(models, 2, &join), STATUS_OK);
  join_fill(join, models, &view);
  ck_assert_uint_eq(view.rows.count, 0);
  ck_assert_int_eq(join_find(join, 0, &row), STATUS_NOT_FOUND);
  join_drop(join);
  for (size_t i = 0; i < 2; i++) model_drop(models[i]);
}
END_TEST

START_TEST(it_fits_models_of_the_same_contents_in_their_order) {
  static const struct word words[] = {{"cat", 3}, {"dog", 3}};
  struct model *models[] = {words_model("a", words, 2), words_model("b", words, 1)};
  struct model *const others[] = {models[1], models[0]}, *const alike[] = {words_model("c", words, 2), models[1]};
  struct join *join = NULL;
  ck_assert_int_eq(join_new(models, 2, &join), STATUS_OK);
  ck_assert(join_fits(join, models, 2));
  ck_assert(join_fits(join, alike, 2));
  ck_assert(!join_fits(join, models, 1));
  ck_assert(!join_fits(join, others, 2));
  struct join *held = join_acquire(join);
  join_drop(join);
  ck_assert(join_fits(held, models, 2));
  ck_assert_uint_gt(join_size(held), 0);
  join_drop(held);
  model_drop(alike[0]);
  for (size_t i = 0; i < 2; i++) model_drop(models[i]);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/matrix/join");
  TCase *tcase = tcase_create("join");
  tcase_add_checked_fixture(tcase, scratch_open, scratch_close);
  tcase_add_loop_test(tcase, each_word_that_all_have_is_a_row, 0, 4);
  tcase_add_test(tcase, models_need_not_have_a_word_in_common);
  tcase_add_test(tcase, it_fits_models_of_the_same_contents_in_their_order);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}
