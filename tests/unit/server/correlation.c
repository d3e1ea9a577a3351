/* Correlations against values that scipy 1.10 gives. */
#include "server/correlation.h"

#include <check.h>
#include <math.h>
#include <stdint.h>

#include "tests/support/suite.h"

static const double x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
static const double y[] = {2, 1, 4, 3, 7, 8, 6, 5, 10, 9};
static const double tied[] = {1, 1, 2, 2, 2, 3, 5, 5, 4, 9};

static void expect(struct correlation got, double coefficient, double probability) {
  ck_assert_msg(fabs(got.coefficient - coefficient) < 1e-14, "%.17g against %.17g", got.coefficient, coefficient);
  ck_assert_msg(fabs(got.probability - probability) <= 1e-12 * probability, "%.17g against %.17g", got.probability,
                probability);
}

START_TEST(as_scipy_has_them) {
  struct correlation spearman;
  expect(correlation_pearson(x, y, 10), 0.85454545454545461, 0.0016368033159867088);
  expect(correlation_pearson(x, tied, 10), 0.88069511518913501, 0.00076566549706602724);
  ck_assert_int_eq(correlation_spearman(y, tied, 10, &spearman), STATUS_OK);
  expect(spearman, 0.73469388835516414, 0.015508583698813772);
  ck_assert_int_eq(correlation_spearman(tied, y, 10, &spearman), STATUS_OK);
  expect(spearman, 0.73469388835516414, 0.015508583698813772);
  expect(correlation_pearson(x, tied, 3), 0.8660254037844386, 0.33333333333333337);
}
END_TEST

/* 2,000 numbers from a linear congruential generator: hardly any correlation, and a strong one. */
START_TEST(many_numbers) {
  enum { COUNT = 2000 };
  static double a[COUNT], b[COUNT], c[COUNT];
  uint64_t state = 7;
  for (size_t i = 0; i < COUNT; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    a[i] = (double)(state >> 40);
    state = state * 6364136223846793005u + 1442695040888963407u;
    b[i] = (double)(state >> 40);
    c[i] = a[i] + b[i] / 3;
  }
  struct correlation spearman;
  expect(correlation_pearson(a, b, COUNT), 0.01837568828458809, 0.41145186450947269);
  ck_assert_int_eq(correlation_spearman(a, c, COUNT, &spearman), STATUS_OK);
  ck_assert_double_eq_tol(spearman.coefficient, 0.9523267195816798, 1e-13);
  ck_assert(spearman.probability >= 0 && spearman.probability < 1e-300);
}
END_TEST

START_TEST(the_ends) {
  static const double same[] = {3, 3, 3}, down[] = {9, 5, -2};
  struct correlation spearman;
  expect(correlation_pearson(x, x, 10), 1, 0);
  expect(correlation_pearson(x, down, 2), -1, 1);
  ck_assert_int_eq(correlation_spearman(x, down, 3, &spearman), STATUS_OK);
  expect(spearman, -1, 0);
  ck_assert(isnan(correlation_pearson(x, same, 3).coefficient));
  ck_assert(isnan(correlation_pearson(x, y, 1).coefficient));
  ck_assert_int_eq(correlation_spearman(x, y, 0, &spearman), STATUS_OK);
  ck_assert(isnan(spearman.coefficient));
  static const double large[] = {1e120, 2e120, 4e120}, huge[] = {1e110, 2e110, 3e110};
  ck_assert_double_eq_tol(correlation_pearson(large, huge, 3).coefficient, 0.98198050606196574, 1e-14);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/correlation", &tcase);
  tcase_add_test(tcase, as_scipy_has_them);
  tcase_add_test(tcase, many_numbers);
  tcase_add_test(tcase, the_ends);
  return suite_run(suite);
}
