/* Every form of the kernel that this CPU can run gives the bits of rows_dot(), and rows_dot() those of the order that
 * rows.h documents. */
#include "store/search/kernel.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/rows.h"
#include "tests/support/numbers.h"
#include "tests/support/rows_fixture.h"

enum { DIM_LAST_OF_ALL = 70, ROWS_MOST = 9, OFFSETS = 5 };

/* Dimensions beyond 1 … 70: those of published matrices, a power of two, and neighbours of multiples of 16. */
static const uint32_t large_dims[] = {100, 200, 300, 301, 303, 319, 321, 768, 1000, 1023, 1024, 1025};
enum { LARGE_DIMS = sizeof large_dims / sizeof large_dims[0] };

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static void *memory(size_t size) {
  void *data = calloc(1, size);
  ck_assert_ptr_nonnull(data);
  return data;
}

/* `count` rows that start `offset` floats into an allocation which ends where they do. */
struct trial {
  uint32_t dim, stride;
  size_t count, offset;
  float *allocation, *rows, *query;
  double *widened_allocation, *widened;
};

static void trial_init(struct trial *trial, uint32_t dim, size_t count, size_t offset) {
  *trial = (struct trial){.dim = dim, .stride = rows_stride_of(dim), .count = count, .offset = offset};
  trial->allocation = memory((offset + count * trial->stride) * sizeof(float));
  trial->rows = trial->allocation + offset;
  trial->query = memory(dim * sizeof(float));
  trial->widened_allocation = memory((offset + trial->stride) * sizeof(double));
  trial->widened = trial->widened_allocation + offset;
}

static void trial_release(struct trial *trial) {
  free(trial->allocation);
  free(trial->query);
  free(trial->widened_allocation);
}

static void trial_fill(struct trial *trial, struct numbers *numbers, enum flavour rows, enum flavour query) {
  for (size_t i = 0; i < trial->count; i++) numbers_fill(numbers, rows, trial->rows + i * trial->stride, trial->dim);
  numbers_fill(numbers, query, trial->query, trial->dim);
  for (uint32_t i = 0; i < trial->dim; i++) trial->widened[i] = trial->query[i];
}

static void check_kernels(const struct trial *trial) {
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  for (size_t k = 0; k < usable; k++) {
    double dots[ROWS_MOST + 1];
    dots[trial->count] = 12345.0;
    kernels[k]->dots(trial->widened, trial->rows, trial->stride, trial->count, dots);
    for (size_t i = 0; i < trial->count; i++) {
      double expected = rows_fixture_dot(trial->query, trial->rows + i * trial->stride, trial->dim);
      ck_assert_msg(bits_of(dots[i]) == bits_of(expected), "%s, dim %u, row %zu of %zu: %a instead of %a",
                    kernels[k]->name, trial->dim, i, trial->count, dots[i], expected);
    }
    ck_assert_double_eq(dots[trial->count], 12345.0);
  }
}

static void check_dim(uint32_t dim) {
  struct numbers numbers = {.state = dim};
  for (size_t count = 1; count <= ROWS_MOST; count++) {
    struct trial trial;
    trial_init(&trial, dim, count, (dim + count) % OFFSETS);
    for (enum flavour rows = 0; rows < FLAVOUR_COUNT; rows++) {
      trial_fill(&trial, &numbers, rows, rows);
      check_kernels(&trial);
      trial_fill(&trial, &numbers, rows, (enum flavour)numbers_below(&numbers, FLAVOUR_COUNT));
      check_kernels(&trial);
    }
    trial_release(&trial);
  }
}

START_TEST(small_dimension_gives_the_documented_bits) {
  check_dim((uint32_t)_i);
}
END_TEST

START_TEST(large_dimension_gives_the_documented_bits) {
  check_dim(large_dims[_i]);
}
END_TEST

START_TEST(every_alignment_of_floats_will_do) {
  struct numbers numbers = {.state = 1};
  for (size_t offset = 0; offset < 16; offset++) {
    struct trial trial;
    trial_init(&trial, 53, ROWS_MOST, offset);
    trial_fill(&trial, &numbers, FLAVOUR_ANY, FLAVOUR_PLAIN);
    check_kernels(&trial);
    trial_release(&trial);
  }
}
END_TEST

START_TEST(no_rows_write_nothing) {
  struct trial trial;
  trial_init(&trial, 20, 1, 0);
  trial.count = 0;
  check_kernels(&trial);
  trial_release(&trial);
}
END_TEST

START_TEST(a_dot_product_is_never_negative_zero) {
  struct trial trial;
  trial_init(&trial, 37, ROWS_MOST, 0);
  for (uint32_t i = 0; i < trial.dim; i++) trial.widened[i] = trial.query[i] = -0.0f;
  for (size_t i = 0; i < ROWS_MOST; i++)
    for (uint32_t j = 0; j < trial.dim; j++) trial.rows[i * trial.stride + j] = 1.0f;
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  for (size_t k = 0; k < usable; k++) {
    double dots[ROWS_MOST];
    kernels[k]->dots(trial.widened, trial.rows, trial.stride, ROWS_MOST, dots);
    for (size_t i = 0; i < ROWS_MOST; i++) ck_assert_uint_eq(bits_of(dots[i]), bits_of(0.0));
  }
  trial_release(&trial);
}
END_TEST

START_TEST(reference_follows_the_documented_order) {
  struct numbers numbers = {.state = 7};
  float a[1023], b[1023];
  for (uint32_t dim = 1; dim <= 1023; dim++) {
    enum flavour flavour = (enum flavour)(dim % FLAVOUR_COUNT);
    numbers_fill(&numbers, flavour, a, dim);
    numbers_fill(&numbers, flavour, b, dim);
    ck_assert_uint_eq(bits_of(rows_dot(a, b, dim)), bits_of(rows_fixture_dot(a, b, dim)));
    ck_assert_uint_eq(bits_of(rows_norm_of(a, dim)), bits_of(rows_fixture_norm(a, dim)));
  }
}
END_TEST

START_TEST(best_is_the_last_of_the_usable_and_scalar_the_first) {
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  ck_assert_uint_ge(usable, 1);
  ck_assert_str_eq(kernels[0]->name, "scalar");
  ck_assert_ptr_eq(kernel_best(), kernels[usable - 1]);
}
END_TEST

static const struct kernel *usable_of_name(const char *name) {
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  for (size_t i = usable; i > 0; i--)
    if (strcmp(kernels[i - 1]->name, name) == 0) return kernels[i - 1];
  return NULL;
}

static void check_lists_the_usable(const struct problem *problem) {
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  for (size_t i = 0; i < usable; i++)
    ck_assert_msg(strstr(problem->text, kernels[i]->name), "\"%s\" does not name %s", problem->text, kernels[i]->name);
}

static bool built_here(const char *name) {
#if defined(__x86_64__)
  return strcmp(name, "neon") != 0;
#elif defined(__aarch64__)
  return strcmp(name, "neon") == 0 || strcmp(name, "scalar") == 0;
#else
  return strcmp(name, "scalar") == 0;
#endif
}

START_TEST(each_name_gives_its_kernel_or_says_why_not) {
  static const char *const names[] = {"scalar", "avx2", "avx512", "neon"};
  const struct kernel *expected = usable_of_name(names[_i]), *kernel = NULL;
  struct problem problem = {0};
  enum status status = kernel_named(names[_i], &problem, &kernel);
  ck_assert_ptr_eq(kernel, expected);
  if (expected) {
    ck_assert_int_eq(status, STATUS_OK);
    return;
  }
  ck_assert_int_eq(status, built_here(names[_i]) ? STATUS_UNSUPPORTED : STATUS_NOT_FOUND);
  ck_assert_int_eq(problem.status, status);
  ck_assert_ptr_nonnull(strstr(problem.text, names[_i]));
  check_lists_the_usable(&problem);
}
END_TEST

START_TEST(unknown_name_is_not_found) {
  static const char *const names[] = {"", "sse9", "AVX2", "scalar ", "avx"};
  const struct kernel *untouched = kernel_best(), *kernel = untouched;
  struct problem problem = {0};
  ck_assert_int_eq(kernel_named(names[_i], &problem, &kernel), STATUS_NOT_FOUND);
  ck_assert_int_eq(problem.status, STATUS_NOT_FOUND);
  ck_assert_ptr_eq(kernel, untouched);
  check_lists_the_usable(&problem);
  ck_assert_int_eq(kernel_named(names[_i], NULL, &kernel), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(long_unknown_name_leaves_room_for_the_list) {
  char name[4096];
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  const struct kernel *kernel = NULL;
  struct problem problem = {0};
  ck_assert_int_eq(kernel_named(name, &problem, &kernel), STATUS_NOT_FOUND);
  check_lists_the_usable(&problem);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/search/kernel");
  TCase *tcase = tcase_create("kernel");
  tcase_set_timeout(tcase, 120);
  tcase_add_loop_test(tcase, small_dimension_gives_the_documented_bits, 1, DIM_LAST_OF_ALL + 1);
  tcase_add_loop_test(tcase, large_dimension_gives_the_documented_bits, 0, LARGE_DIMS);
  tcase_add_test(tcase, every_alignment_of_floats_will_do);
  tcase_add_test(tcase, no_rows_write_nothing);
  tcase_add_test(tcase, a_dot_product_is_never_negative_zero);
  tcase_add_test(tcase, reference_follows_the_documented_order);
  tcase_add_test(tcase, best_is_the_last_of_the_usable_and_scalar_the_first);
  tcase_add_loop_test(tcase, each_name_gives_its_kernel_or_says_why_not, 0, 4);
  tcase_add_loop_test(tcase, unknown_name_is_not_found, 0, 5);
  tcase_add_test(tcase, long_unknown_name_leaves_room_for_the_list);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}
