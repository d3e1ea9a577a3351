/* Many similarities at once are the single ones, to the bit: on every kernel, for lists, for rows, and for all shapes
 * that blocks are cut into. */
#include "store/search/cosines.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/effort.h"
#include "tests/support/numbers.h"
#include "tests/support/rows_fixture.h"
#include "tests/support/suite.h"

static double expected(const float *a, const float *b, uint32_t dim) {
  double norms = a && b ? rows_fixture_norm(a, dim) * rows_fixture_norm(b, dim) : 0;
  return norms > 0 ? rows_fixture_dot(a, b, dim) / norms : 0;
}

static void expect_bits(const double *got, const float *const *those, size_t those_count, const float *const *others,
                        size_t other_count, uint32_t dim) {
  for (size_t i = 0; i < those_count; i++)
    for (size_t j = 0; j < other_count; j++) {
      double wanted = expected(those[i], others[j], dim);
      ck_assert_msg(memcmp(&got[i * other_count + j], &wanted, sizeof wanted) == 0, "dim %u, %zu, %zu: %a for %a", dim,
                    i, j, got[i * other_count + j], wanted);
    }
}

/* `count` vectors in one allocation that ends where they do; some are left out, and some are zero. */
static float *make_vectors(struct numbers *numbers, size_t count, uint32_t dim, const float **vectors) {
  float *floats = calloc(count * dim + 1, sizeof *floats);
  ck_assert_ptr_nonnull(floats);
  for (size_t i = 0; i < count; i++) {
    vectors[i] = floats + i * dim;
    uint32_t kind = numbers_below(numbers, 12);
    if (kind == 0) vectors[i] = NULL;
    if (kind > 1) numbers_fill(numbers, (enum flavour)(kind % FLAVOUR_COUNT), floats + i * dim, dim);
  }
  return floats;
}

static void try_lists(struct numbers *numbers, uint32_t dim, size_t those_count, size_t other_count) {
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  const float **those = calloc(those_count + 1, sizeof *those), **others = calloc(other_count + 1, sizeof *others);
  double *out = calloc(those_count * other_count + 1, sizeof *out);
  ck_assert(those && others && out);
  float *a = make_vectors(numbers, those_count, dim, those), *b = make_vectors(numbers, other_count, dim, others);
  const struct cosines_side left = {those, those_count}, right = {others, other_count};
  for (size_t k = 0; k < usable; k++) {
    memset(out, 0x55, (those_count * other_count + 1) * sizeof *out);
    double behind = out[those_count * other_count];
    ck_assert_int_eq(cosines_of(kernels[k], dim, &left, &right, out), STATUS_OK);
    expect_bits(out, those, those_count, others, other_count, dim);
    ck_assert(memcmp(&behind, &out[those_count * other_count], sizeof behind) == 0);
  }
  free(those);
  free(others);
  free(out);
  free(a);
  free(b);
}

START_TEST(lists_of_all_sizes) {
  struct numbers numbers = {.state = 1};
  static const uint32_t dims[] = {1, 3, 4, 5, 16, 17, 50, 100, 300};
  for (size_t d = 0; d < sizeof dims / sizeof *dims; d++)
    for (int i = 0; i < effort(100); i++)
      try_lists(&numbers, dims[d], numbers_below(&numbers, 8), numbers_below(&numbers, 8));
}
END_TEST

/* More than a block holds, on either side and on both: 54 vectors of 300 are a block, and 107 a part. */
START_TEST(more_than_a_block) {
  struct numbers numbers = {.state = 2};
  static const size_t counts[][2] = {{53, 55}, {1, 109}, {109, 1}, {107, 54}, {108, 54}, {215, 3}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) try_lists(&numbers, 300, counts[i][0], counts[i][1]);
  try_lists(&numbers, 40000, 3, 4); /* one vector is more than a part, and than a block */
}
END_TEST

START_TEST(every_row) {
  struct numbers numbers = {.state = 3};
  for (int i = 0; i < effort(300); i++) {
    uint32_t dim = 1 + numbers_below(&numbers, 40), count = 1 + numbers_below(&numbers, 700);
    float *values = calloc((size_t)count * dim, sizeof *values);
    const float *those[7], **others = calloc(count, sizeof *others);
    double *out = calloc((size_t)7 * count, sizeof *out);
    ck_assert(values && others && out);
    numbers_fill(&numbers, FLAVOUR_ANY, values, (size_t)count * dim);
    for (uint32_t row = 0; row < count; row++) others[row] = values + (size_t)row * dim;
    size_t those_count = numbers_below(&numbers, 8);
    float *queries = make_vectors(&numbers, those_count, dim, those);
    struct rows_fixture fixture;
    rows_fixture_init(&fixture, values, count, dim, 2 + numbers_below(&numbers, 8));
    const struct cosines_side left = {those, those_count};
    ck_assert_int_eq(cosines_of_rows(kernel_best(), &fixture.rows, &left, out), STATUS_OK);
    expect_bits(out, those, those_count, others, count, dim);
    rows_fixture_release(&fixture);
    free(values);
    free(others);
    free(out);
    free(queries);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/search/cosines", &tcase);
  tcase_add_test(tcase, lists_of_all_sizes);
  tcase_add_test(tcase, more_than_a_block);
  tcase_add_test(tcase, every_row);
  return suite_run(suite);
}
