/* Means against the same sums in long double, and at the ends of what floats can be. */
#include "store/search/mean.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "tests/support/effort.h"
#include "tests/support/numbers.h"
#include "tests/support/rows_fixture.h"
#include "tests/support/suite.h"

enum { DIM = 7, TERMS = 9 };

struct trial {
  struct mean_term terms[TERMS];
  float vectors[TERMS][DIM];
  size_t count;
};

static void make(struct trial *trial, struct numbers *numbers, enum flavour flavour) {
  trial->count = 1 + numbers_below(numbers, TERMS);
  for (size_t t = 0; t < trial->count; t++) {
    numbers_fill(numbers, flavour, trial->vectors[t], DIM);
    trial->terms[t] = (struct mean_term){.vector = trial->vectors[t], .norm = 1, .weight = 1};
    if (numbers_below(numbers, 2)) trial->terms[t].norm = rows_fixture_norm(trial->vectors[t], DIM);
    if (numbers_below(numbers, 2)) trial->terms[t].weight = (double)numbers_float(numbers, FLAVOUR_PLAIN) * 3;
  }
}

/* The sum in long double, and how large its terms are: what rounding is measured by. */
static void expected(const struct trial *trial, long double mean[DIM], long double size[DIM]) {
  long double divisor = 0;
  for (size_t i = 0; i < DIM; i++) mean[i] = size[i] = 0;
  for (size_t t = 0; t < trial->count; t++) {
    const struct mean_term *term = &trial->terms[t];
    divisor += fabsl((long double)term->weight);
    for (size_t i = 0; i < DIM && term->norm > 0; i++) {
      long double value = (long double)term->weight * (long double)term->vector[i] / (long double)term->norm;
      mean[i] += value;
      size[i] += fabsl(value);
    }
  }
  for (size_t i = 0; i < DIM; i++) {
    mean[i] /= divisor;
    size[i] /= divisor;
  }
}

START_TEST(means_are_those_of_long_double) {
  struct numbers numbers = {.state = 5};
  static const enum flavour flavours[] = {FLAVOUR_PLAIN, FLAVOUR_COARSE, FLAVOUR_NEAR,  FLAVOUR_TINY,
                                          FLAVOUR_HUGE,  FLAVOUR_ANY,    FLAVOUR_ZEROS, FLAVOUR_PLAIN};
  for (int i = 0; i < effort(20000); i++) {
    struct trial trial;
    make(&trial, &numbers, flavours[i % 8]);
    double sum[DIM];
    float out[DIM];
    long double mean[DIM], size[DIM];
    expected(&trial, mean, size);
    bool nonzero = mean_of(trial.terms, trial.count, DIM, MEAN_AS_IS, sum, out), any = false;
    for (size_t d = 0; d < DIM; d++) {
      long double error = fabsl((long double)out[d] - mean[d]);
      /* Half an ulp of the result, at least of the smallest float, and some float64 ulps of the terms. */
      long double allowed = fabsl(mean[d]) * 0x1p-24L + 0x1p-150L + size[d] * 0x1p-48L;
      ck_assert_msg(error <= allowed * 1.0001L, "%a for %La", (double)out[d], mean[d]);
      any = any || out[d] != 0;
    }
    ck_assert_int_eq(nonzero, any);
  }
}
END_TEST

START_TEST(one_vector_is_itself) {
  struct numbers numbers = {.state = 6};
  for (int i = 0; i < effort(5000); i++) {
    float vector[DIM], out[DIM];
    double sum[DIM];
    numbers_fill(&numbers, FLAVOUR_ANY, vector, DIM);
    const struct mean_term terms[] = {{vector, 1, 1}, {vector, 1, 1}, {vector, 1, 1}};
    for (size_t count = 1; count <= 2; count++) {
      mean_of(terms, count, DIM, MEAN_AS_IS, sum, out);
      ck_assert_mem_eq(out, vector, sizeof out);
    }
  }
}
END_TEST

START_TEST(units_have_length_one) {
  struct numbers numbers = {.state = 7};
  for (int i = 0; i < effort(20000); i++) {
    struct trial trial;
    make(&trial, &numbers, FLAVOUR_PLAIN);
    double sum[DIM];
    float out[DIM], plain[DIM];
    ck_assert(mean_of(trial.terms, trial.count, DIM, MEAN_UNIT, sum, out));
    ck_assert(mean_of(trial.terms, trial.count, DIM, MEAN_AS_IS, sum, plain));
    ck_assert_double_eq_tol(rows_fixture_norm(out, DIM), 1, 1e-6);
    double norm = rows_fixture_norm(plain, DIM);
    for (size_t d = 0; d < DIM; d++) ck_assert_double_eq_tol((double)out[d], (double)plain[d] / norm, 1e-6);
  }
}
END_TEST

/* Only the proportions of weights count, from the smallest number to the largest float32. */
START_TEST(weights_of_any_size) {
  static const float a[DIM] = {1, -2, 3, 0, 5, 1e-3f, 7}, b[DIM] = {0, 4, 1, 1, -1, 0.25f, 2};
  static const double scales[] = {5e-324, 1e-310, 1e-300, 1e-20, 1, 1e20, FLT_MAX / 4};
  double sum[DIM];
  float wanted[DIM], out[DIM];
  const struct mean_term ones[] = {{a, 1, 1}, {b, 1, -3}};
  mean_of(ones, 2, DIM, MEAN_AS_IS, sum, wanted);
  for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
    const struct mean_term terms[] = {{a, 1, scales[i]}, {b, 1, -3 * scales[i]}};
    ck_assert(mean_of(terms, 2, DIM, MEAN_AS_IS, sum, out));
    ck_assert_mem_eq(out, wanted, sizeof out);
  }
}
END_TEST

START_TEST(the_largest_floats_stay_finite) {
  static const float large[DIM] = {FLT_MAX, -FLT_MAX, FLT_MAX, 0, FLT_MAX, -FLT_MAX, 1};
  const struct mean_term terms[] = {{large, 1, FLT_MAX}, {large, 1, 0.1}, {large, 1, FLT_MAX}};
  double sum[DIM];
  float out[DIM];
  ck_assert(mean_of(terms, 3, DIM, MEAN_AS_IS, sum, out));
  for (size_t d = 0; d < DIM; d++) ck_assert_float_eq(out[d], large[d]);
  ck_assert(mean_of(terms, 3, DIM, MEAN_UNIT, sum, out));
  ck_assert_double_eq_tol(rows_fixture_norm(out, DIM), 1, 1e-6);
}
END_TEST

START_TEST(what_cancels_out_is_zero) {
  static const float a[DIM] = {1, 2, 3, 4, 5, 6, 7}, nothing[DIM] = {0};
  double sum[DIM];
  float out[DIM];
  const struct mean_term opposite[] = {{a, 1, 1}, {a, 1, -1}}, zero[] = {{nothing, 0, 1}};
  ck_assert(!mean_of(opposite, 2, DIM, MEAN_AS_IS, sum, out));
  ck_assert_mem_eq(out, nothing, sizeof out);
  ck_assert(!mean_of(opposite, 2, DIM, MEAN_UNIT, sum, out));
  ck_assert_mem_eq(out, nothing, sizeof out);
  ck_assert(!mean_of(zero, 1, DIM, MEAN_UNIT, sum, out));
  ck_assert_mem_eq(out, nothing, sizeof out);
}
END_TEST

START_TEST(what_weighs_nothing_is_zero) {
  static const float a[DIM] = {1, 2, 3, 4, 5, 6, 7}, nothing[DIM] = {0};
  double sum[DIM];
  float out[DIM];
  const struct mean_term terms[] = {{a, 1, 0}, {a, 2, -0.0}};
  for (size_t count = 0; count <= 2; count++) {
    ck_assert(!mean_of(terms, count, DIM, MEAN_AS_IS, sum, out));
    ck_assert_mem_eq(out, nothing, sizeof out);
    ck_assert(!mean_of(terms, count, DIM, MEAN_UNIT, sum, out));
    ck_assert_mem_eq(out, nothing, sizeof out);
  }
}
END_TEST

/* A zero row has no unit vector, but it is one of those that the mean is of. */
START_TEST(a_zero_row_counts) {
  static const float a[DIM] = {2, 4, 6, 8, 10, 12, 14}, nothing[DIM] = {0};
  static const float half[DIM] = {1, 2, 3, 4, 5, 6, 7};
  double sum[DIM];
  float out[DIM];
  const struct mean_term terms[] = {{a, 1, 1}, {nothing, 0, 1}};
  ck_assert(mean_of(terms, 2, DIM, MEAN_AS_IS, sum, out));
  ck_assert_mem_eq(out, half, sizeof out);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/search/mean", &tcase);
  tcase_add_test(tcase, means_are_those_of_long_double);
  tcase_add_test(tcase, one_vector_is_itself);
  tcase_add_test(tcase, units_have_length_one);
  tcase_add_test(tcase, weights_of_any_size);
  tcase_add_test(tcase, the_largest_floats_stay_finite);
  tcase_add_test(tcase, what_cancels_out_is_zero);
  tcase_add_test(tcase, what_weighs_nothing_is_zero);
  tcase_add_test(tcase, a_zero_row_counts);
  return suite_run(suite);
}
