/* Budgets: never more than the limit is out, whatever is asked for and by how many threads. */
#include "store/budget.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

START_TEST(what_fits_is_taken) {
  struct budget budget = {.limit = 100};
  ck_assert(budget_take(&budget, 0));
  ck_assert(budget_take(&budget, 60));
  ck_assert(!budget_take(&budget, 41));
  ck_assert(budget_take(&budget, 40));
  ck_assert(!budget_take(&budget, 1));
  ck_assert(budget_take(&budget, 0));
  budget_give(&budget, 60);
  ck_assert(budget_take(&budget, 60));
  ck_assert_uint_eq(atomic_load(&budget.used), 100);
}
END_TEST

START_TEST(sums_do_not_overflow) {
  struct budget budget = {.limit = SIZE_MAX};
  ck_assert(budget_take(&budget, SIZE_MAX - 1));
  ck_assert(!budget_take(&budget, 2));
  ck_assert(!budget_take(&budget, SIZE_MAX));
  ck_assert(budget_take(&budget, 1));
}
END_TEST

/* A share of another budget is bounded by itself and by what is left of the whole. */
START_TEST(a_share_of_a_budget) {
  struct budget whole = {.limit = 100}, share = {.limit = 60, .within = &whole};
  ck_assert(budget_take(&share, 50));
  ck_assert(!budget_take(&share, 11));
  ck_assert(budget_take(&whole, 45));
  ck_assert(!budget_take(&share, 6));
  ck_assert_uint_eq(atomic_load(&share.used), 50);
  ck_assert_uint_eq(atomic_load(&whole.used), 95);
  budget_take_past(&share, 20);
  ck_assert_uint_eq(atomic_load(&whole.used), 115);
  budget_give(&share, 70);
  ck_assert_uint_eq(atomic_load(&share.used), 0);
  ck_assert_uint_eq(atomic_load(&whole.used), 45);
}
END_TEST

enum { THREADS = 4, TURNS = 20000, PART = 10, PARTS = 3 };

struct contest {
  struct budget budget;
  atomic_size_t out; /* what the threads believe they hold */
  atomic_bool passed;
};

static void *take_and_give(void *context) {
  struct contest *contest = context;
  for (int i = 0; i < TURNS; i++) {
    if (!budget_take(&contest->budget, PART)) continue;
    if (atomic_fetch_add(&contest->out, PART) + PART > PART * PARTS) atomic_store(&contest->passed, true);
    atomic_fetch_sub(&contest->out, PART);
    budget_give(&contest->budget, PART);
  }
  return NULL;
}

START_TEST(threads_share_one_limit) {
  struct contest contest = {.budget = {.limit = PART * PARTS}};
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, take_and_give, &contest), 0);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  ck_assert(!atomic_load(&contest.passed));
  ck_assert_uint_eq(atomic_load(&contest.budget.used), 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/budget");
  TCase *tcase = tcase_create("budget");
  tcase_add_test(tcase, what_fits_is_taken);
  tcase_add_test(tcase, sums_do_not_overflow);
  tcase_add_test(tcase, a_share_of_a_budget);
  tcase_add_test(tcase, threads_share_one_limit);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
