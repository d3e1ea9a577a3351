/* What the graph finds, beside what comparing every row finds: recall, similarities to the bit, exclusion, and the
 * matrices that pull a graph apart. */
#include "store/search/graph_search.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/search/exact.h"
#include "tests/support/effort.h"
#include "tests/support/graph_fixture.h"
#include "tests/support/numbers.h"

#define SAMPLE "deploy/sample/classics.50d.txt.gz"
enum { SAMPLE_ROWS = 5000, SAMPLE_DIM = 50, K_MOST = 400 };

static float *made_up(uint32_t count, uint32_t dim, enum flavour flavour) {
  float *values = calloc((size_t)count * dim, sizeof *values);
  ck_assert_ptr_nonnull(values);
  struct numbers numbers = {count * 31 + dim};
  numbers_fill(&numbers, flavour, values, (size_t)count * dim);
  return values;
}

static size_t exact(const struct graph_fixture *fixture, const struct graph_query *query, struct hit *hits) {
  struct exact_query asked = {
      .vector = query->vector, .k = query->k, .excluded = query->excluded, .excluded_count = query->excluded_count};
  size_t found;
  ck_assert_int_eq(exact_search(kernel_best(), fixture->index.rows, &asked, 1, &hits, &found), STATUS_OK);
  return found;
}

static size_t ask(struct graph_fixture *fixture, const struct graph_query *query, struct hit *hits) {
  size_t found = SIZE_MAX;
  ck_assert_int_eq(graph_search(&fixture->index, query, fixture->scratch, hits, &found), STATUS_OK);
  return found;
}

/* An answer's form: similarities as documented, best first, each row once, none excluded. */
static void check_form(const struct graph_fixture *fixture, const struct graph_query *query, const struct hit *hits,
                       size_t found) {
  const struct rows *rows = fixture->index.rows;
  double norm = rows_fixture_norm(query->vector, rows->dim);
  for (size_t i = 0; i < found; i++) {
    const float *row = rows_at(rows, hits[i].row);
    double other = rows_fixture_norm(row, rows->dim);
    double similarity = norm > 0 && other > 0 ? rows_fixture_dot(query->vector, row, rows->dim) / (norm * other) : 0.0;
    ck_assert(hits[i].similarity == similarity);
    if (i > 0) ck_assert(hit_before(hits[i - 1], hits[i]));
    for (size_t j = 0; j < query->excluded_count; j++) ck_assert_uint_ne(hits[i].row, query->excluded[j]);
  }
}

/* Asks for all rows: every one comes back, in the exact order. */
static void check_all_found(struct graph_fixture *fixture, const float *vector) {
  uint32_t count = fixture->index.rows->count;
  struct hit *hits = calloc(count + 5, sizeof *hits), *expected = calloc(count + 5, sizeof *expected);
  ck_assert(hits && expected);
  struct graph_query query = {.vector = vector, .k = count + 5, .width = 1};
  size_t found = ask(fixture, &query, hits);
  ck_assert_uint_eq(found, count);
  ck_assert_uint_eq(exact(fixture, &query, expected), count);
  check_form(fixture, &query, hits, found);
  for (uint32_t i = 0; i < count; i++) ck_assert_uint_eq(hits[i].row, expected[i].row);
  free(hits);
  free(expected);
}

static double sample_recall(struct graph_fixture *fixture, const float *values, uint32_t width, size_t k) {
  double sum = 0, asked = 0;
  uint32_t count = fixture->index.rows->count;
  enum { STEP = 50 };
  for (uint32_t row = 0; row < count; row += STEP, asked++) {
    struct hit hits[K_MOST], expected[K_MOST];
    struct graph_query query = {
        .vector = values + (size_t)row * SAMPLE_DIM, .k = k, .width = width, .excluded = &row, .excluded_count = 1};
    size_t found = ask(fixture, &query, hits), right = 0;
    ck_assert_uint_eq(found, k);
    check_form(fixture, &query, hits, found);
    ck_assert_uint_eq(exact(fixture, &query, expected), k);
    for (size_t i = 0; i < k; i++) right += hits[i].similarity >= expected[k - 1].similarity;
    sum += (double)right / (double)k;
  }
  return sum / asked;
}

START_TEST(sample_is_found) {
  uint32_t count = effort(100) < 100 ? SAMPLE_ROWS / 5 : SAMPLE_ROWS;
  float *values = graph_fixture_read(SAMPLE, count, SAMPLE_DIM);
  struct graph_options options = graph_options_default();
  options.threads = 2;
  struct graph_fixture fixture;
  graph_fixture_init(&fixture, values, count, SAMPLE_DIM, &options);
  double narrow = sample_recall(&fixture, values, 20, 10), wide = sample_recall(&fixture, values, 200, 10);
  ck_assert_double_ge(narrow, 0.70);
  ck_assert_double_ge(wide, 0.97);
  ck_assert_double_ge(wide, narrow);
  ck_assert_double_ge(sample_recall(&fixture, values, 400, 100), 0.95);
  graph_fixture_release(&fixture);
  free(values);
}
END_TEST

/* One, two, three rows and on; every flavour of numbers, zero rows and equal rows among them. */
START_TEST(small_matrices_are_found_whole) {
  size_t step = effort(100) == 1 ? 4 : 1; /* one in four dimensions and in four counts, where every instruction costs */
  static const uint32_t counts[] = {1, 2, 3, 4, 7, 33, 64, 65, 150};
  static const uint32_t dims[] = {1, 2, 3, 16, 50, 61, 100, 300};
  for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c += step)
    for (size_t d = 0; d < sizeof dims / sizeof dims[0]; d += step)
      for (int flavour = 0; flavour < FLAVOUR_COUNT; flavour++) {
        float *values = made_up(counts[c], dims[d], (enum flavour)flavour);
        struct graph_fixture fixture;
        graph_fixture_init(&fixture, values, counts[c], dims[d], NULL);
        check_all_found(&fixture, values);
        check_all_found(&fixture, values + (size_t)(counts[c] - 1) * dims[d]);
        graph_fixture_release(&fixture);
        free(values);
      }
}
END_TEST

/* Two thousand rows of which most are the same few, and rows of zeros. */
START_TEST(equal_rows_do_not_cut_the_graph) {
  enum { COUNT = 2000, DIM = 20, KINDS = 5 };
  float *values = made_up(COUNT, DIM, FLAVOUR_PLAIN);
  for (uint32_t row = 0; row < COUNT; row++) {
    if (row % 3 != 0) memcpy(values + row * DIM, values + row % KINDS * 3 * DIM, DIM * sizeof *values);
    if (row % 7 == 6) memset(values + row * DIM, 0, DIM * sizeof *values);
  }
  struct graph_fixture fixture;
  graph_fixture_init(&fixture, values, COUNT, DIM, NULL);
  check_all_found(&fixture, values);
  check_all_found(&fixture, values + 6 * DIM);
  graph_fixture_release(&fixture);
  free(values);
}
END_TEST

START_TEST(excluded_rows_make_room) {
  enum { COUNT = 600, DIM = 24, OUT = 300 };
  float *values = made_up(COUNT, DIM, FLAVOUR_PLAIN);
  struct graph_fixture fixture;
  graph_fixture_init(&fixture, values, COUNT, DIM, NULL);
  uint32_t excluded[OUT + 2];
  struct hit best[OUT], hits[K_MOST];
  struct graph_query query = {.vector = values, .k = OUT, .width = 20};
  ck_assert_uint_eq(exact(&fixture, &query, best), OUT);
  for (size_t i = 0; i < OUT; i++) excluded[i] = best[OUT - 1 - i].row;
  excluded[OUT] = excluded[OUT + 1] = excluded[0];
  query = (struct graph_query){.vector = values, .k = 10, .width = 20, .excluded = excluded, .excluded_count = OUT + 2};
  size_t found = ask(&fixture, &query, hits);
  ck_assert_uint_eq(found, 10);
  check_form(&fixture, &query, hits, found);
  query.k = K_MOST;
  found = ask(&fixture, &query, hits);
  ck_assert_uint_eq(found, COUNT - OUT);
  check_form(&fixture, &query, hits, found);
  graph_fixture_release(&fixture);
  free(values);
}
END_TEST

/* A zero query is as near to every row: the lowest rows, each with similarity 0. */
START_TEST(zero_query_has_an_answer) {
  enum { COUNT = 500, DIM = 10 };
  float *values = made_up(COUNT, DIM, FLAVOUR_PLAIN), zero[DIM] = {0};
  struct graph_fixture fixture;
  graph_fixture_init(&fixture, values, COUNT, DIM, NULL);
  struct hit hits[K_MOST];
  struct graph_query query = {.vector = zero, .k = 5, .width = 30};
  ck_assert_uint_eq(ask(&fixture, &query, hits), 5);
  for (size_t i = 0; i < 5; i++) ck_assert(hits[i].similarity == 0);
  check_all_found(&fixture, zero);
  graph_fixture_release(&fixture);
  free(values);
}
END_TEST

START_TEST(same_query_same_answer_with_every_kernel) {
  enum { DIM = 70 };
  const uint32_t count = effort(100) < 100 ? 600 : 3000;
  float *values = made_up(count, DIM, FLAVOUR_PLAIN);
  struct graph_fixture fixture;
  graph_fixture_init(&fixture, values, count, DIM, NULL);
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  for (uint32_t row = 0; row < count; row += 100) {
    struct hit first[20], again[20];
    struct graph_query query = {.vector = values + (size_t)row * DIM, .k = 20, .width = 40};
    ck_assert_uint_eq(ask(&fixture, &query, first), 20);
    ck_assert_uint_eq(first[0].row, row);
    for (size_t f = 0; f < usable; f++) {
      fixture.index.kernel = kernels[f];
      ck_assert_uint_eq(ask(&fixture, &query, again), 20);
      for (size_t i = 0; i < 20; i++) ck_assert(first[i].row == again[i].row);
    }
  }
  graph_fixture_release(&fixture);
  free(values);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/search/graph_search");
  TCase *tcase = tcase_create("all");
  tcase_set_timeout(tcase, 300);
  tcase_add_test(tcase, sample_is_found);
  tcase_add_test(tcase, small_matrices_are_found_whole);
  tcase_add_test(tcase, equal_rows_do_not_cut_the_graph);
  tcase_add_test(tcase, excluded_rows_make_room);
  tcase_add_test(tcase, zero_query_has_an_answer);
  tcase_add_test(tcase, same_query_same_answer_with_every_kernel);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed > 0;
}
