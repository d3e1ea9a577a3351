/* The definition of the dot product: the documented order of summing, and what follows from it. */
#include "store/matrix/rows.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

/* The order that rows.h documents, written as its formula: lane j sums every sixteenth product from the j-th. */
static double by_formula(const float *a, const float *b, uint32_t dim) {
  double lane[16];
  for (uint32_t j = 0; j < 16; j++) {
    lane[j] = 0.0;
    for (uint32_t i = j; i < dim; i += 16) lane[j] = lane[j] + (double)a[i] * (double)b[i];
  }
  for (int j = 0; j < 8; j++) lane[j] += lane[j + 8];
  for (int j = 0; j < 4; j++) lane[j] += lane[j + 4];
  for (int j = 0; j < 2; j++) lane[j] += lane[j + 2];
  return lane[0] + lane[1];
}

START_TEST(dot_sums_in_the_documented_order) {
  enum { DIM_MAX = 330 };
  float a[DIM_MAX], b[DIM_MAX];
  srandom(7);
  for (uint32_t dim = 1; dim <= DIM_MAX; dim++) {
    for (uint32_t i = 0; i < dim; i++) {
      a[i] = (float)((double)random() / 1e9 - 1.07) * (random() % 9 ? 1.0f : 1e20f);
      b[i] = (float)((double)random() / 1e9 - 1.07) * (random() % 9 ? 1.0f : 1e-20f);
    }
    double got = rows_dot(a, b, dim), expected = by_formula(a, b, dim);
    ck_assert_mem_eq(&got, &expected, sizeof got);
  }
}
END_TEST

START_TEST(norms_are_finite_and_zero_only_for_a_zero_row) {
  const float largest[3] = {FLT_MAX, FLT_MAX, -FLT_MAX}, smallest[3] = {0, FLT_TRUE_MIN, 0}, zero[3] = {0, -0.0f, 0};
  ck_assert_double_eq(rows_norm_of(largest, 3), (double)FLT_MAX * sqrt(3.0));
  ck_assert_double_eq(rows_norm_of(smallest, 3), (double)FLT_TRUE_MIN);
  ck_assert_double_eq(rows_norm_of(zero, 3), 0.0);
  ck_assert_double_eq(rows_cosine(5.0, 0.0, 2.0), 0.0);
  ck_assert_double_eq(rows_cosine(5.0, 2.0, 5.0), 0.5);
}
END_TEST

START_TEST(rows_are_found_across_slabs) {
  float first[2 * 4], second[1 * 4];
  const float *slabs[] = {first, second};
  const double norms_first[2] = {1, 2}, norms_second[1] = {3};
  const double *norms[] = {norms_first, norms_second};
  struct rows rows = {
      .count = 3, .dim = 3, .stride = 4, .slab_shift = 1, .slab_count = 2, .slabs = slabs, .norms = norms};
  ck_assert_ptr_eq(rows_at(&rows, 1), first + 4);
  ck_assert_ptr_eq(rows_at(&rows, 2), second);
  ck_assert_double_eq(rows_norm(&rows, 1), 2);
  ck_assert_double_eq(rows_norm(&rows, 2), 3);
  ck_assert_uint_eq(rows_in_slab(&rows, 0), 2);
  ck_assert_uint_eq(rows_in_slab(&rows, 1), 1);
  ck_assert_uint_eq(rows_stride_of(1), 4);
  ck_assert_uint_eq(rows_stride_of(300), 300);
  ck_assert_uint_eq(rows_stride_of(50), 52);
}
END_TEST

int main(void) {
  TCase *cases;
  Suite *suite = suite_of("store/matrix/rows", &cases);
  tcase_add_test(cases, dot_sums_in_the_documented_order);
  tcase_add_test(cases, norms_are_finite_and_zero_only_for_a_zero_row);
  tcase_add_test(cases, rows_are_found_across_slabs);
  return suite_run(suite);
}
