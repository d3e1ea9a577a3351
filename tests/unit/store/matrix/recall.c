/* The width that is chosen from a table of recalls. */
#include "store/matrix/recall.h"

#include <check.h>

enum { STEPS = 12 };

START_TEST(cheapest_is_the_first_that_suffices) {
  struct recall_table table = {.queries = 1, .count = STEPS};
  for (uint32_t i = 0; i < STEPS; i++)
    table.steps[i] = (struct recall_step){
        .width = 10 * (i + 1), .at_1 = 0.9 + i * 0.005, .at_10 = 0.8 + i * 0.01, .at_100 = 0.5 + i * 0.02};
  ck_assert_uint_eq(recall_cheapest(&table, 1, 0.9)->width, 10);
  ck_assert_uint_eq(recall_cheapest(&table, 1, 0.911)->width, 40);
  ck_assert_uint_eq(recall_cheapest(&table, 2, 0.845)->width, 60);
  ck_assert_uint_eq(recall_cheapest(&table, 10, 0.845)->width, 60);
  ck_assert_uint_eq(recall_cheapest(&table, 11, 0.645)->width, 90);
  ck_assert_uint_eq(recall_cheapest(&table, 1000, 0)->width, 10);
  ck_assert_ptr_null(recall_cheapest(&table, 1, 0.99));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/matrix/recall");
  TCase *tcase = tcase_create("all");
  tcase_add_test(tcase, cheapest_is_the_first_that_suffices);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed > 0;
}
