/* The table of recalls that is measured. */
#include "store/search/recall_measure.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "store/search/exact.h"
#include "tests/support/effort.h"
#include "tests/support/graph_fixture.h"
#include "tests/support/numbers.h"

enum { ROWS = 1000, SAMPLE = 100 };

static void measure(uint32_t count, uint32_t dim, unsigned threads, struct recall_table *table) {
  float *values = calloc((size_t)count * dim, sizeof *values);
  ck_assert_ptr_nonnull(values);
  struct numbers numbers = {count};
  numbers_fill(&numbers, FLAVOUR_PLAIN, values, (size_t)count * dim);
  struct graph_fixture fixture;
  graph_fixture_init(&fixture, values, count, dim, NULL);
  memset(table, 0, sizeof *table);
  ck_assert_int_eq(
      recall_measure(&fixture.index, &(struct recall_options){.threads = threads, .queries = SAMPLE}, table),
      STATUS_OK);
  graph_fixture_release(&fixture);
  free(values);
}

START_TEST(table_holds_shares_that_grow) {
  struct recall_table table, again;
  measure(ROWS, 16, 1, &table);
  measure(ROWS, 16, 3, &again);
  ck_assert_uint_eq(table.count, again.count);
  ck_assert_uint_eq(table.queries, SAMPLE);
  for (size_t i = 0; i < table.count; i++) {
    const struct recall_step *step = &table.steps[i];
    ck_assert(step->at_1 >= 0 && step->at_1 <= 1);
    ck_assert(step->at_10 >= 0 && step->at_10 <= 1);
    ck_assert(step->at_100 >= 0 && step->at_100 <= 1);
    ck_assert_uint_eq(step->width, again.steps[i].width);
    ck_assert_double_eq(step->at_1, again.steps[i].at_1);
    ck_assert_double_eq(step->at_10, again.steps[i].at_10);
    ck_assert_double_eq(step->at_100, again.steps[i].at_100);
    if (i > 0) ck_assert_uint_gt(step->width, table.steps[i - 1].width);
  }
  ck_assert_double_ge(table.steps[table.count - 1].at_10, 0.97);
  ck_assert_double_ge(table.steps[table.count - 1].at_10, table.steps[0].at_10);
}
END_TEST

/* A walk as wide as the matrix has rows finds everything. */
START_TEST(small_matrices_have_full_recall) {
  for (uint32_t count = 1; count <= 100; count += 11) {
    struct recall_table table;
    measure(count, 4, 1, &table);
    ck_assert_uint_eq(table.queries, count);
    const struct recall_step *last = &table.steps[table.count - 1];
    ck_assert(last->at_1 == 1 && last->at_10 == 1 && last->at_100 == 1);
  }
}
END_TEST

/* Real rows, asked for by others than were measured with: what the table says is kept, but for chance. */
START_TEST(what_is_measured_is_what_others_find) {
  enum { COUNT = 2000, DIM = 50, K = 10, QUERIES = 250 };
  static const double chance = 0.03; /* some four standard deviations of either mean */
  if (effort(100) < 100) return;
  float *values = graph_fixture_read("deploy/sample/classics.50d.txt.gz", COUNT, DIM);
  struct graph_fixture fixture;
  struct recall_table table;
  graph_fixture_init(&fixture, values, COUNT, DIM, NULL);
  ck_assert_int_eq(
      recall_measure(&fixture.index, &(struct recall_options){.threads = 2, .queries = 2 * SAMPLE}, &table), STATUS_OK);
  for (uint32_t i = 0; i < table.count; i += 3) {
    double right = 0;
    for (uint32_t number = 0; number < QUERIES; number++) {
      uint32_t row = number * (COUNT / QUERIES) + 3;
      struct hit hits[K], expected[K], *into = expected;
      size_t found, count;
      struct graph_query query = {.vector = values + (size_t)row * DIM,
                                  .k = K,
                                  .width = table.steps[i].width,
                                  .excluded = &row,
                                  .excluded_count = 1};
      struct exact_query exact = {.vector = query.vector, .k = K, .excluded = &row, .excluded_count = 1};
      ck_assert_int_eq(graph_search(&fixture.index, &query, fixture.scratch, hits, &found), STATUS_OK);
      ck_assert_int_eq(exact_search(kernel_best(), fixture.index.rows, &exact, 1, &into, &count), STATUS_OK);
      for (size_t j = 0; j < found; j++) right += hits[j].similarity >= expected[K - 1].similarity;
    }
    ck_assert_double_ge(right / (K * QUERIES), table.steps[i].at_10 - chance);
  }
  graph_fixture_release(&fixture);
  free(values);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/search/recall_measure");
  TCase *tcase = tcase_create("all");
  tcase_set_timeout(tcase, 300);
  tcase_add_test(tcase, table_holds_shares_that_grow);
  tcase_add_test(tcase, small_matrices_have_full_recall);
  tcase_add_test(tcase, what_is_measured_is_what_others_find);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed > 0;
}
