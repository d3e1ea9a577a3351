/* A build gives one image whatever the number of threads, reaches every row, stops when told to, and refuses what
 * cannot be built. That each image holds what graph.h says is checked by the fixture. */
#include "store/search/graph_build.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/effort.h"
#include "tests/support/graph_fixture.h"
#include "tests/support/numbers.h"

enum { COUNT = 1100, DIM = 37 };

/* Fewer where every instruction costs, and where no batch has to be shared. */
static uint32_t some_rows(void) {
  return effort(100) < 100 ? 150 : COUNT;
}

static float *some_values(void) {
  float *values = calloc((size_t)COUNT * DIM, sizeof *values);
  ck_assert_ptr_nonnull(values);
  struct numbers numbers = {11};
  numbers_fill(&numbers, FLAVOUR_PLAIN, values, (size_t)COUNT * DIM);
  return values;
}

START_TEST(threads_do_not_show) {
  bool less = effort(100) < 100;
  uint32_t count = less ? 600 : COUNT; /* enough for a batch to be shared */
  if (_i > 1 && less) return;
  float *values = some_values();
  struct graph_options options = graph_options_default();
  options.passes = (uint32_t)_i;
  struct graph_fixture one, many;
  graph_fixture_init(&one, values, count, DIM, &options);
  for (unsigned threads = 2; threads <= (less ? 2u : 4u); threads += 2) {
    options.threads = threads;
    graph_fixture_init(&many, values, count, DIM, &options);
    ck_assert_uint_eq(one.image_bytes, many.image_bytes);
    ck_assert_int_eq(memcmp(one.image, many.image, one.image_bytes), 0);
    graph_fixture_release(&many);
  }
  graph_fixture_release(&one);
  free(values);
}
END_TEST

START_TEST(every_row_is_reached_with_few_links) {
  float *values = some_values();
  struct graph_options options = graph_options_default();
  for (options.degree = 2; options.degree < 6; options.degree += 3) {
    struct graph_fixture fixture;
    graph_fixture_init(&fixture, values, some_rows(), DIM, &options);
    ck_assert_uint_eq(fixture.statistics.image_bytes, fixture.image_bytes);
    ck_assert_uint_gt(fixture.statistics.private_bytes, 0);
    ck_assert_uint_le(fixture.statistics.links, (uint64_t)some_rows() * options.degree);
    graph_fixture_release(&fixture);
  }
  free(values);
}
END_TEST

/* An image of a few rows; the caller frees it. */
static uint8_t *image_by(const struct kernel *kernel, const struct rows *rows, size_t *bytes) {
  struct graph_options options = graph_options_default();
  struct graph_statistics statistics;
  struct problem problem;
  size_t work_bytes;
  ck_assert_int_eq(graph_build_sizes(rows, &options, &problem, bytes, &work_bytes), STATUS_OK);
  struct graph_memory memory = {.image = aligned_alloc(GRAPH_LINE, *bytes),
                                .work = aligned_alloc(GRAPH_LINE, work_bytes)};
  ck_assert(memory.image && memory.work);
  memset(memory.image, 0, *bytes);
  memset(memory.work, 0, work_bytes);
  ck_assert_int_eq(graph_build(kernel, rows, &options, &memory, &problem, &statistics), STATUS_OK);
  free(memory.work);
  return memory.image;
}

START_TEST(kernels_do_not_show) {
  enum { FEW = 100 };
  float *values = some_values();
  struct rows_fixture rows;
  rows_fixture_init(&rows, values, FEW, DIM, 9);
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels), bytes, other_bytes;
  uint8_t *image = image_by(kernels[0], &rows.rows, &bytes);
  for (size_t i = 1; i < usable; i++) {
    uint8_t *other = image_by(kernels[i], &rows.rows, &other_bytes);
    ck_assert_uint_eq(bytes, other_bytes);
    ck_assert_int_eq(memcmp(image, other, bytes), 0);
    free(other);
  }
  free(image);
  rows_fixture_release(&rows);
  free(values);
}
END_TEST

struct progress {
  uint32_t last, stop_at;
};

static bool note_progress(void *context, uint32_t done, uint32_t all) {
  struct progress *progress = context;
  ck_assert_uint_eq(all, some_rows());
  ck_assert_uint_ge(done, progress->last);
  progress->last = done;
  return done < progress->stop_at;
}

static enum status build(const struct rows *rows, const struct graph_options *options, struct problem *problem) {
  struct graph_statistics statistics;
  struct graph_memory memory = {0};
  size_t image_bytes, work_bytes;
  enum status status = graph_build_sizes(rows, options, problem, &image_bytes, &work_bytes);
  if (status != STATUS_OK) return status;
  memory.image = aligned_alloc(GRAPH_LINE, image_bytes);
  memory.work = aligned_alloc(GRAPH_LINE, work_bytes);
  ck_assert(memory.image && memory.work);
  memset(memory.image, 0, image_bytes);
  memset(memory.work, 0, work_bytes);
  status = graph_build(kernel_best(), rows, options, &memory, problem, &statistics);
  free(memory.image);
  free(memory.work);
  return status;
}

START_TEST(progress_is_told_and_may_stop) {
  float *values = some_values();
  struct rows_fixture rows;
  rows_fixture_init(&rows, values, some_rows(), DIM, 9);
  struct progress progress = {.stop_at = UINT32_MAX};
  struct graph_options options = graph_options_default();
  options.progress = note_progress;
  options.context = &progress;
  options.passes = 2;
  struct problem problem;
  ck_assert_int_eq(build(&rows.rows, &options, &problem), STATUS_OK);
  ck_assert_uint_eq(progress.last, some_rows());
  progress = (struct progress){.stop_at = some_rows() / 2};
  ck_assert_int_eq(build(&rows.rows, &options, &problem), STATUS_BUSY);
  ck_assert_uint_lt(progress.last, some_rows());
  rows_fixture_release(&rows);
  free(values);
}
END_TEST

START_TEST(impossible_options_are_refused) {
  float value = 1;
  struct rows_fixture rows;
  rows_fixture_init(&rows, &value, 1, 1, 3);
  struct problem problem;
  for (int fault = 0; fault < 6; fault++) {
    struct graph_options options = graph_options_default();
    if (fault == 0) options.degree = 1;
    if (fault == 1) options.degree = GRAPH_DEGREE_MAX + 1;
    if (fault == 2) options.width = 0;
    if (fault == 3) options.passes = 0;
    if (fault == 4) options.alpha = 0.5f;
    if (fault == 5) options.threads = 0;
    ck_assert_int_eq(build(&rows.rows, &options, &problem), STATUS_BAD_ARGUMENT);
  }
  rows_fixture_release(&rows);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/search/graph_build");
  TCase *tcase = tcase_create("all");
  tcase_set_timeout(tcase, 300);
  tcase_add_loop_test(tcase, threads_do_not_show, 1, 3);
  tcase_add_test(tcase, kernels_do_not_show);
  tcase_add_test(tcase, every_row_is_reached_with_few_links);
  tcase_add_test(tcase, progress_is_told_and_may_stop);
  tcase_add_test(tcase, impossible_options_are_refused);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed > 0;
}
