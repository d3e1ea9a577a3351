/* Codes keep what they promise, and no bound made of them is ever below the similarity it bounds: for rows and queries
 * chosen to be awkward, with every kernel, and the same bits from each. */
#include "store/search/sieve.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/codes_map.h"
#include "tests/support/codes_fixture.h"
#include "tests/support/effort.h"
#include "tests/support/numbers.h"
#include "tests/support/rows_fixture.h"
#include "tests/support/suite.h"

enum { ROWS_MOST = 290, QUERIES = 12, SLAB_SHIFT = 7 };

static const uint32_t dims[] = {1, 2, 3, 17, 48, 49, 50, 100, 104, 105, 300, 1024};
enum { DIMS = sizeof dims / sizeof dims[0] };

/* What matrices are made of beside what numbers.h makes. */
enum shape { SHAPE_FLAVOURED, SHAPE_IDENTICAL, SHAPE_ANTIPODAL, SHAPE_ULPS, SHAPE_SCALES, SHAPE_AXES, SHAPE_COUNT };

static void fill_row(struct numbers *numbers, enum shape shape, const float *first, float *row, uint32_t dim) {
  switch (shape) {
    case SHAPE_IDENTICAL: memcpy(row, first, dim * sizeof *row); return;
    case SHAPE_ANTIPODAL: {
      float sign = numbers_below(numbers, 2) ? 1.0f : -1.0f;
      for (uint32_t i = 0; i < dim; i++) row[i] = sign * first[i] * (1 + 1e-3f * numbers_float(numbers, FLAVOUR_PLAIN));
      return;
    }
    case SHAPE_ULPS:
      memcpy(row, first, dim * sizeof *row);
      row[numbers_below(numbers, dim)] = nextafterf(row[numbers_below(numbers, dim)], 2);
      return;
    case SHAPE_SCALES: {
      float scale = ldexpf(1, (int)numbers_below(numbers, 240) - 130);
      for (uint32_t i = 0; i < dim; i++) row[i] = scale * numbers_float(numbers, FLAVOUR_PLAIN);
      return;
    }
    case SHAPE_AXES: row[numbers_below(numbers, dim)] = numbers_below(numbers, 2) ? 3.0f : -1e-20f; return;
    case SHAPE_FLAVOURED:
    default: numbers_fill(numbers, (enum flavour)numbers_below(numbers, FLAVOUR_COUNT), row, dim);
  }
}

struct matrix {
  struct rows_fixture rows;
  struct codes_fixture codes;
  float *values;
};

static void matrix_init(struct matrix *matrix, uint64_t seed) {
  struct numbers numbers = {.state = seed};
  uint32_t dim = dims[seed % DIMS], count = 1 + numbers_below(&numbers, ROWS_MOST);
  enum shape shape = (enum shape)(seed / DIMS % SHAPE_COUNT);
  matrix->values = calloc((size_t)count * dim, sizeof(float));
  ck_assert_ptr_nonnull(matrix->values);
  numbers_fill(&numbers, FLAVOUR_PLAIN, matrix->values, dim);
  for (uint32_t row = 1; row < count; row++)
    if (numbers_below(&numbers, 16) > 0) /* otherwise it stays zero */
      fill_row(&numbers, shape, matrix->values, matrix->values + (size_t)row * dim, dim);
  rows_fixture_init(&matrix->rows, matrix->values, count, dim, SLAB_SHIFT);
  codes_fixture_init(&matrix->codes, &matrix->rows.rows, kernel_best(), 2);
  matrix->rows.rows.codes = &matrix->codes.codes;
}

/* Finding axes takes the cube of their number: one shape speaks for each wide dimension, and none where tests are run
 * at a reduced effort; then one in five does for the others. */
static bool too_dear(uint64_t seed) {
  if (effort_skips((int)seed)) return true;
  uint32_t dim = dims[seed % DIMS];
  uint64_t shape = seed / DIMS % SHAPE_COUNT;
  return dim > 105 && (effort(DIMS) < DIMS || shape != (dim == 300 ? SHAPE_ANTIPODAL : SHAPE_FLAVOURED));
}

static void matrix_release(struct matrix *matrix) {
  codes_fixture_release(&matrix->codes);
  rows_fixture_release(&matrix->rows);
  free(matrix->values);
}

START_TEST(a_promise_that_is_broken_is_seen) {
  struct matrix matrix;
  matrix_init(&matrix, 7); /* dimension 100 */
  const struct rows *rows = &matrix.rows.rows;
  uint32_t row = rows->count / 2, within = row % (1u << SLAB_SHIFT), lane = within % CODES_GROUP;
  ck_assert_double_gt(rows_norm(rows, row), 0);
  struct codes_coarse *group = &matrix.codes.coarse[row >> SLAB_SHIFT][within / CODES_GROUP];
  struct codes_fine *record =
      (void *)(matrix.codes.fine[row >> SLAB_SHIFT] + (size_t)within * matrix.codes.codes.fine_bytes);
  ck_assert(codes_row_holds(rows, row, NULL));
  float *const numbers[] = {&group->base[lane], &group->scale[lane], &group->rest[lane], &record->scale, &record->rest};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    float kept = *numbers[i];
    *numbers[i] = kept * 0.9f;
    ck_assert_msg(!codes_row_holds(rows, row, NULL), "number %zu", i);
    *numbers[i] = kept;
  }
  group->codes[1][lane][2] ^= 0x40;
  ck_assert(!codes_row_holds(rows, row, NULL));
  group->codes[1][lane][2] ^= 0x40;
  record->codes[5] ^= 0x40;
  ck_assert(!codes_row_holds(rows, row, NULL));
  record->codes[5] ^= 0x40;
  ck_assert(codes_row_holds(rows, row, NULL));
  matrix.codes.codes.skew = 0;
  ck_assert(!codes_axes_hold(rows));
  matrix_release(&matrix);
}
END_TEST

START_TEST(the_same_rows_give_the_same_codes) {
  static const uint64_t seeds[] = {3, 8, 18, 19, 28, 33}; /* of dimensions up to 105 */
  struct matrix matrix;
  matrix_init(&matrix, seeds[_i]);
  const struct rows *rows = &matrix.rows.rows;
  struct codes_fixture other;
  const struct codes *codes = &matrix.codes.codes;
  const struct kernel *kernels[KERNELS_MOST];
  ck_assert_uint_ge(kernel_usable(kernels), 1);
  codes_fixture_init(&other, rows, kernels[0], 1);
  ck_assert_uint_eq(other.codes.axis_count, codes->axis_count);
  ck_assert_uint_eq(other.codes.fine_bytes, codes->fine_bytes);
  ck_assert_mem_eq(other.codes.axes, codes->axes, (size_t)codes->axis_count * rows->stride * sizeof(float));
  ck_assert_mem_eq(&other.codes.coarse_limit, &codes->coarse_limit, sizeof codes->coarse_limit);
  ck_assert_mem_eq(&other.codes.fine_limit, &codes->fine_limit, sizeof codes->fine_limit);
  for (uint32_t slab = 0; slab < rows->slab_count; slab++) {
    uint32_t count = rows_in_slab(rows, slab);
    ck_assert_mem_eq(other.coarse[slab], codes->coarse[slab], codes_groups(count) * sizeof **other.coarse);
    ck_assert_mem_eq(other.fine[slab], codes->fine[slab], (size_t)count * codes->fine_bytes);
  }
  codes_fixture_release(&other);
  matrix_release(&matrix);
}
END_TEST

/* What one kernel makes of one slab for all queries. */
struct bounds {
  struct kernel_bounds coarse;
  int32_t fine[QUERIES][1 << SLAB_SHIFT];
};

/* Queries made ready. */
struct sieves {
  const float *vectors; /* [QUERIES][CODES_DIM_MAX] */
  struct sieve sieve[QUERIES];
  struct kernel_coarse coarse[QUERIES];
};

static void bound_slab(const struct kernel *kernel, const struct rows *rows, const struct sieves *sieves, uint32_t slab,
                       struct bounds *out) {
  uint32_t count = rows_in_slab(rows, slab);
  memset(out, 0, sizeof *out);
  kernel->coarse(sieves->coarse, QUERIES, rows->codes->coarse[slab], codes_groups(count), &out->coarse);
  for (size_t q = 0; q < QUERIES; q++)
    for (uint32_t i = 0; i < count; i++) {
      const uint8_t *record = rows->codes->fine[slab] + (size_t)i * rows->codes->fine_bytes;
      out->fine[q][i] = kernel->fine(sieves->sieve[q].fine_codes, record, rows->codes->fine_bytes);
    }
}

static void check_row(const struct rows *rows, const struct sieves *sieves, size_t q, uint32_t row,
                      const struct bounds *bounds) {
  const float *query = sieves->vectors + q * CODES_DIM_MAX;
  const struct sieve *sieve = &sieves->sieve[q];
  uint32_t within = row % (1u << SLAB_SHIFT), g = within / CODES_GROUP, lane = within % CODES_GROUP;
  double norms = rows_fixture_norm(query, rows->dim) * rows_norm(rows, row);
  double dot = rows_fixture_dot(query, rows_at(rows, row), rows->dim);
  float similarity = norms > 0 ? (float)(dot / norms) : 0.0f;
  float bound = bounds->coarse.bounds[g * QUERIES + q][lane];
  float most = bound + rows->codes->coarse[row >> SLAB_SHIFT][g].rest[lane] * sieve->coarse.far;
  ck_assert_msg(most >= similarity, "row %u, dim %u: coarse %a for %a", row, rows->dim, most, similarity);
  ck_assert_int_eq(bounds->coarse.survivors[q][g] >> lane & 1, most >= sieves->coarse[q].threshold);
  const unsigned char *record = rows->codes->fine[row >> SLAB_SHIFT] + (size_t)within * rows->codes->fine_bytes;
  most = sieve_most(sieve, kernel_best(), rows->codes->fine_bytes, (const struct codes_fine *)record, bound);
  ck_assert_msg(most >= similarity, "row %u, dim %u: fine %a for %a", row, rows->dim, most, similarity);
}

static void check_queries(const struct rows *rows, const float *vectors) {
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  struct sieves sieves = {.vectors = vectors};
  for (size_t q = 0; q < QUERIES; q++) {
    sieve_load(&sieves.sieve[q], kernels[usable - 1], rows, vectors + q * CODES_DIM_MAX);
    sieves.coarse[q] = sieves.sieve[q].coarse;
    sieves.coarse[q].threshold = 0.25f;
  }
  for (uint32_t slab = 0; slab < rows->slab_count; slab++) {
    struct bounds first, other;
    bound_slab(kernels[0], rows, &sieves, slab, &first);
    for (size_t k = 1; k < usable; k++) {
      bound_slab(kernels[k], rows, &sieves, slab, &other);
      ck_assert_msg(memcmp(&first, &other, sizeof first) == 0, "%s differs", kernels[k]->integers);
    }
    for (uint32_t i = 0; i < rows_in_slab(rows, slab); i++)
      for (size_t q = 0; q < QUERIES; q++) check_row(rows, &sieves, q, (slab << SLAB_SHIFT) + i, &first);
  }
}

START_TEST(codes_keep_their_promises_and_no_bound_is_below_a_similarity) {
  if (too_dear((uint64_t)_i)) return;
  struct matrix matrix;
  matrix_init(&matrix, (uint64_t)_i);
  const struct rows *rows = &matrix.rows.rows;
  ck_assert(codes_axes_hold(rows));
  for (uint32_t row = 0; row < rows->count; row++)
    ck_assert_msg(codes_row_holds(rows, row, NULL), "row %u of %u, dim %u", row, rows->count, rows->dim);
  struct numbers numbers = {.state = (uint64_t)_i + 1000};
  static float queries[QUERIES][CODES_DIM_MAX];
  memset(queries, 0, sizeof queries);
  for (int i = 0; i < QUERIES; i++) {
    const float *row = rows_at(rows, numbers_below(&numbers, rows->count));
    float sign = i % 2 ? 1.0f : -1.0f;
    for (uint32_t j = 0; j < rows->dim; j++) queries[i][j] = sign * row[j];
    if (i % 3 == 0) numbers_fill(&numbers, (enum flavour)numbers_below(&numbers, FLAVOUR_COUNT), queries[i], rows->dim);
  }
  check_queries(rows, queries[0]);
  matrix_release(&matrix);
}
END_TEST

START_TEST(sums_of_extreme_codes_are_exact) {
  alignas(CODES_FINE_UNIT) int8_t query[CODES_FINE_MAX];
  alignas(CODES_FINE_UNIT) uint8_t record[CODES_FINE_MAX];
  static const int8_t queries[] = {-127, 127, 0, 1, -1};
  static const uint8_t stored[] = {0, 255, 1, 128, 127, 129};
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  for (size_t i = 0; i < sizeof queries * sizeof stored; i++)
    for (size_t k = 0; k < usable; k++)
      for (size_t bytes = CODES_FINE_UNIT; bytes <= CODES_FINE_MAX; bytes += CODES_FINE_UNIT) {
        memset(query, queries[i % sizeof queries], sizeof query);
        memset(record, stored[i / sizeof queries], sizeof record);
        int32_t expected = (int32_t)bytes * queries[i % sizeof queries] * stored[i / sizeof queries];
        ck_assert_msg(kernels[k]->fine(query, record, bytes) == expected, "%s, %zu bytes", kernels[k]->integers, bytes);
      }
}
END_TEST

int main(void) {
  TCase *cases;
  Suite *suite = suite_of("store/search/sieve", &cases);
  tcase_set_timeout(cases, 240);
  tcase_add_test(cases, a_promise_that_is_broken_is_seen);
  tcase_add_loop_test(cases, the_same_rows_give_the_same_codes, 0, 6);
  tcase_add_loop_test(cases, codes_keep_their_promises_and_no_bound_is_below_a_similarity, 0, DIMS * SHAPE_COUNT);
  tcase_add_test(cases, sums_of_extreme_codes_are_exact);
  return suite_run(suite);
}
