/* Joins that are kept, and what is let go of. */
#include "server/joins.h"

#include <check.h>

#include "tests/support/scratch.h"
#include "tests/support/words_model.h"

enum { MODELS = 5 };

static struct model *models[MODELS];

static void open_models(void) {
  static const struct word words[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}};
  scratch_open();
  for (size_t i = 0; i < MODELS; i++) {
    const char name[] = {(char)('a' + i), '\0'};
    models[i] = words_model(name, words, (uint32_t)i + 1);
  }
}

static void close_models(void) {
  for (size_t i = 0; i < MODELS; i++) model_drop(models[i]);
  scratch_close();
}

static struct join *get(struct joins *joins, size_t first, size_t second) {
  struct model *const pair[] = {models[first], models[second]};
  struct join *join = NULL;
  ck_assert_int_eq(joins_get(joins, pair, 2, &join), STATUS_OK);
  ck_assert(join_fits(join, pair, 2));
  return join;
}

START_TEST(the_same_models_get_the_same_join) {
  struct joins *joins = NULL;
  ck_assert_int_eq(joins_new(1 << 20, &joins), STATUS_OK);
  struct join *first = get(joins, 0, 1), *other = get(joins, 1, 0), *again = get(joins, 0, 1);
  ck_assert_ptr_eq(first, again);
  ck_assert_ptr_ne(first, other);
  join_drop(first);
  join_drop(other);
  joins_free(joins);
  struct model *const pair[] = {models[0], models[1]};
  ck_assert(join_fits(again, pair, 2)); /* what is held outlives the list */
  join_drop(again);
}
END_TEST

/* Room for two, as large as the largest. */
START_TEST(those_that_were_not_asked_for_of_late_go) {
  struct joins *joins = NULL;
  struct join *largest = NULL;
  struct model *const pair[] = {models[3], models[4]};
  ck_assert_int_eq(join_new(pair, 2, &largest), STATUS_OK);
  ck_assert_int_eq(joins_new(2 * join_size(largest), &joins), STATUS_OK);
  struct join *a = get(joins, 3, 4), *b = get(joins, 4, 3), *a_again = get(joins, 3, 4), *c = get(joins, 2, 4);
  struct join *b_again = get(joins, 4, 3);
  ck_assert_ptr_eq(a, a_again);
  ck_assert_ptr_ne(b, b_again); /* c took its place, and not that of a */
  struct join *all[] = {largest, a, b, a_again, c, b_again};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) join_drop(all[i]);
  joins_free(joins);
}
END_TEST

START_TEST(more_than_a_list_holds) {
  struct joins *joins = NULL;
  ck_assert_int_eq(joins_new(1 << 20, &joins), STATUS_OK);
  for (int round = 0; round < 3; round++)
    for (size_t i = 0; i < MODELS; i++)
      for (size_t j = 0; j < MODELS; j++) join_drop(get(joins, i, j));
  joins_free(joins);
}
END_TEST

START_TEST(one_that_is_larger_than_all_may_be_is_not_kept) {
  struct joins *joins = NULL;
  ck_assert_int_eq(joins_new(1, &joins), STATUS_OK);
  struct join *first = get(joins, 0, 1), *again = get(joins, 0, 1);
  ck_assert_ptr_ne(first, again);
  join_drop(first);
  join_drop(again);
  joins_free(joins);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/joins");
  TCase *tcase = tcase_create("joins");
  tcase_add_checked_fixture(tcase, open_models, close_models);
  tcase_add_test(tcase, the_same_models_get_the_same_join);
  tcase_add_test(tcase, those_that_were_not_asked_for_of_late_go);
  tcase_add_test(tcase, more_than_a_list_holds);
  tcase_add_test(tcase, one_that_is_larger_than_all_may_be_is_not_kept);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}
