/* exact_search() gives what sorting every row by the documented similarity gives: order, ties and bits, with every
 * kernel that this CPU can run. */
#include "store/search/exact.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/search/exact_plan.h"
#include "tests/support/codes_fixture.h"
#include "tests/support/effort.h"
#include "tests/support/numbers.h"
#include "tests/support/rows_fixture.h"

enum { QUERIES_MOST = 40, ROUNDS = 60 };

static void *memory(size_t size) {
  void *data = calloc(1, size > 0 ? size : 1);
  ck_assert_ptr_nonnull(data);
  return data;
}

static int compare(const void *a, const void *b) {
  const struct hit *left = a, *right = b;
  if (left->similarity != right->similarity) return left->similarity > right->similarity ? -1 : 1;
  return left->row < right->row ? -1 : left->row > right->row;
}

static bool is_excluded(const struct exact_query *query, uint32_t row) {
  for (size_t i = 0; i < query->excluded_count; i++)
    if (query->excluded[i] == row) return true;
  const struct exact_scope *scope = query->scope;
  if (!scope) return false;
  bool candidate = !scope->candidates;
  for (size_t i = 0; i < scope->candidate_count; i++) candidate |= scope->candidates[i] == row;
  return !candidate || row < scope->first || row >= scope->end;
}

static double similarity(const float *a, const float *b, uint32_t dim) {
  double norm_a = rows_fixture_norm(a, dim), norm_b = rows_fixture_norm(b, dim);
  if (norm_a == 0 || norm_b == 0) return 0.0;
  return rows_fixture_dot(a, b, dim) / (norm_a * norm_b);
}

/* The score of the paper, from its definition: exponents of the tests are whole or halves. */
static double score(const struct cosmul *product, const float *row, uint32_t dim) {
  double positive = 1, negative = 1;
  for (size_t i = 0; i < product->count; i++) {
    const struct cosmul_factor *factor = &product->factors[i];
    double base = (1 + similarity(factor->vector, row, dim)) / 2, power = 1;
    if (base > 1) base = 1;
    if (base < 0) base = 0;
    for (int j = 1; j <= (int)fabs(factor->weight); j++) power *= base;
    if (fabs(factor->weight) == 0.5) power = pow(base, 0.5);
    *(factor->weight < 0 ? &negative : &positive) *= power;
  }
  return positive / (negative + 1e-6);
}

/* Every row that is not excluded, best first; returns how many. */
static size_t sort_all(const struct rows *rows, const struct exact_query *query, struct hit *hits) {
  size_t count = 0;
  for (uint32_t row = 0; row < rows->count; row++) {
    const float *values = rows_at(rows, row);
    struct hit hit = {
        row, query->product ? score(query->product, values, rows->dim) : similarity(query->vector, values, rows->dim)};
    if (!is_excluded(query, row) && !(query->scope && hit.similarity < query->scope->least)) hits[count++] = hit;
  }
  qsort(hits, count, sizeof *hits, compare);
  return count;
}

static void check_answer(const struct rows *rows, const struct exact_query *query, const struct hit *hits,
                         size_t found) {
  struct hit *expected = memory(rows->count * sizeof *expected);
  size_t all = sort_all(rows, query, expected);
  ck_assert_uint_eq(found, all < query->k ? all : query->k);
  if (query->scope && query->scope->count) ck_assert_uint_eq(*query->scope->count, all);
  for (size_t i = 0; i < found; i++) {
    ck_assert_msg(hits[i].row == expected[i].row, "place %zu: row %u (%a) instead of %u (%a)", i, hits[i].row,
                  hits[i].similarity, expected[i].row, expected[i].similarity);
    ck_assert_msg(memcmp(&hits[i].similarity, &expected[i].similarity, sizeof(double)) == 0, "row %u: %a instead of %a",
                  hits[i].row, hits[i].similarity, expected[i].similarity);
  }
  free(expected);
}

/* Searches with `kernel` and compares; each answer has room for k hits and no more. */
static void check_search(const struct kernel *kernel, const struct rows *rows, const struct exact_query *queries,
                         size_t count) {
  struct hit *hits[QUERIES_MOST] = {0};
  size_t found[QUERIES_MOST];
  for (size_t i = 0; i < count; i++) hits[i] = memory(queries[i].k * sizeof **hits);
  ck_assert_int_eq(exact_search(kernel, rows, queries, count, hits, found), STATUS_OK);
  for (size_t i = 0; i < count; i++) {
    check_answer(rows, &queries[i], hits[i], found[i]);
    free(hits[i]);
  }
}

static void check_codes(const struct rows *rows, const struct exact_query *queries, size_t count) {
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  struct codes_fixture codes;
  struct rows coded = *rows;
  codes_fixture_init(&codes, rows, kernel_best(), 1);
  coded.codes = &codes.codes;
  for (size_t k = 0; k < usable; k++) check_search(kernels[k], &coded, queries, count);
  codes_fixture_release(&codes);
}

/* Finding axes takes the cube of their number: wider rows have a test of their own. */
enum { CODES_WIDEST = 150 };

static void check_all_kernels(const struct rows *rows, const struct exact_query *queries, size_t count) {
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  for (size_t k = 0; k < usable; k++) check_search(kernels[k], rows, queries, count);
  if (rows->dim <= CODES_WIDEST && rows->count > 0) check_codes(rows, queries, count);
}

/* A matrix of made-up rows in which some are zero, some equal to another, and some an ulp from another. */
static float *made_up_rows(struct numbers *numbers, enum flavour flavour, uint32_t count, uint32_t dim) {
  float *values = memory((size_t)count * dim * sizeof *values);
  numbers_fill(numbers, flavour, values, (size_t)count * dim);
  for (uint32_t row = 1; row < count; row++) {
    float *own = values + (size_t)row * dim, *other = values + (size_t)numbers_below(numbers, row) * dim;
    uint32_t fate = numbers_below(numbers, 8), place = numbers_below(numbers, dim);
    if (fate == 0) memset(own, 0, dim * sizeof *own);
    if (fate == 1 || fate == 2) memcpy(own, other, dim * sizeof *own);
    uint32_t bits;
    memcpy(&bits, &own[place], sizeof bits);
    bits ^= 1; /* stays finite: only the lowest bit of the fraction changes */
    if (fate == 2) memcpy(&own[place], &bits, sizeof bits);
  }
  return values;
}

struct round {
  struct rows_fixture fixture;
  float *values;
  struct exact_query queries[QUERIES_MOST];
  size_t query_count;
  float *vectors;
  uint32_t *excluded;
};

enum { EXCLUDED_MOST = 30 };

static void make_queries(struct round *round, struct numbers *numbers, enum flavour flavour) {
  const struct rows *rows = &round->fixture.rows;
  round->query_count = numbers_below(numbers, 6) + 1;
  round->vectors = memory(round->query_count * rows->dim * sizeof(float));
  round->excluded = memory(round->query_count * EXCLUDED_MOST * sizeof(uint32_t));
  for (size_t i = 0; i < round->query_count; i++) {
    float *vector = round->vectors + i * rows->dim;
    uint32_t *excluded = round->excluded + i * EXCLUDED_MOST;
    if (numbers_below(numbers, 2))
      memcpy(vector, rows_at(rows, numbers_below(numbers, rows->count)), rows->dim * sizeof *vector);
    else
      numbers_fill(numbers, flavour, vector, rows->dim);
    round->queries[i] = (struct exact_query){.vector = vector, .k = 1 + numbers_below(numbers, rows->count + 5)};
    round->queries[i].excluded = excluded;
    round->queries[i].excluded_count = numbers_below(numbers, EXCLUDED_MOST);
    for (size_t j = 0; j < round->queries[i].excluded_count; j++) excluded[j] = numbers_below(numbers, rows->count + 3);
  }
}

static void round_init(struct round *round, uint64_t seed) {
  static const uint32_t dims[] = {1, 2, 3, 4, 5, 15, 16, 17, 31, 50, 70, 100, 130, 300, 1000};
  struct numbers numbers = {.state = seed};
  enum flavour flavour = (enum flavour)(seed % FLAVOUR_COUNT);
  uint32_t dim = dims[seed % (sizeof dims / sizeof dims[0])], count = numbers_below(&numbers, 90) + 1;
  round->values = made_up_rows(&numbers, flavour, count, dim);
  rows_fixture_init(&round->fixture, round->values, count, dim, numbers_below(&numbers, 7));
  make_queries(round, &numbers, numbers_below(&numbers, 2) ? flavour : FLAVOUR_PLAIN);
}

static void round_release(struct round *round) {
  rows_fixture_release(&round->fixture);
  free(round->values);
  free(round->vectors);
  free(round->excluded);
}

/* What a round's queries are narrowed to, and the products that some of them become. */
struct narrowing {
  struct exact_scope scopes[QUERIES_MOST];
  uint64_t counts[QUERIES_MOST];
  uint32_t *candidates; /* [QUERIES_MOST][rows] */
  struct cosmul products[QUERIES_MOST];
  struct cosmul_factor factors[QUERIES_MOST][4];
};

static void narrow_candidates(struct numbers *numbers, struct exact_scope *scope, uint32_t *room, uint32_t count) {
  uint32_t one_in = 1 + numbers_below(numbers, 9);
  scope->candidates = room;
  for (uint32_t row = 0; row < count; row++)
    if (numbers_below(numbers, one_in) == 0) room[scope->candidate_count++] = row;
}

static void narrow_scope(struct numbers *numbers, const struct rows *rows, const struct exact_query *query,
                         struct exact_scope *scope) {
  *scope = (struct exact_scope){.end = rows->count, .least = -INFINITY};
  if (numbers_below(numbers, 2)) {
    scope->first = numbers_below(numbers, rows->count + 1);
    scope->end = numbers_below(numbers, rows->count + 1); /* before the first, too: no rows */
  }
  if (numbers_below(numbers, 2)) {
    uint32_t row = numbers_below(numbers, rows->count);
    double at = similarity(query->vector, rows_at(rows, row), rows->dim);
    scope->least = numbers_below(numbers, 2) ? at : nextafter(at, 9);
  }
}

static void multiply(struct numbers *numbers, const struct rows *rows, struct cosmul_factor *factors,
                     struct cosmul *product) {
  static const double weights[] = {1, -1, 1, -1, 2, -3, 0, 0.5, -0.5};
  product->factors = factors;
  product->count = 1 + numbers_below(numbers, 4);
  for (size_t i = 0; i < product->count; i++)
    factors[i] = (struct cosmul_factor){rows_at(rows, numbers_below(numbers, rows->count)),
                                        weights[numbers_below(numbers, sizeof weights / sizeof *weights)]};
}

static void narrow(struct numbers *numbers, const struct rows *rows, struct exact_query *queries, size_t count,
                   struct narrowing *out) {
  memset(out, 0, sizeof *out);
  out->candidates = memory(count * rows->count * sizeof *out->candidates);
  for (size_t i = 0; i < count; i++) {
    if (numbers_below(numbers, 4) == 0) continue;
    narrow_scope(numbers, rows, &queries[i], &out->scopes[i]);
    if (numbers_below(numbers, 3) == 0)
      narrow_candidates(numbers, &out->scopes[i], out->candidates + i * rows->count, rows->count);
    if (numbers_below(numbers, 2)) out->scopes[i].count = &out->counts[i];
    queries[i].scope = &out->scopes[i];
    if (numbers_below(numbers, 3)) continue;
    multiply(numbers, rows, out->factors[i], &out->products[i]);
    queries[i].product = &out->products[i];
    if (numbers_below(numbers, 2)) queries[i].scope = NULL;
  }
}

START_TEST(narrowed_searches_equal_sorting_what_is_left) {
  if (_i >= effort(ROUNDS)) return;
  struct round round;
  struct numbers numbers = {.state = 1000 + (uint64_t)_i};
  struct narrowing *narrowing = memory(sizeof *narrowing);
  round_init(&round, (uint64_t)_i);
  narrow(&numbers, &round.fixture.rows, round.queries, round.query_count, narrowing);
  check_all_kernels(&round.fixture.rows, round.queries, round.query_count);
  round_release(&round);
  free(narrowing->candidates);
  free(narrowing);
}
END_TEST

/* More rows than a part and many queries, so that tiles hold some of the queries and blocks are passed over. */
START_TEST(many_ranges_over_many_blocks_are_kept_apart) {
  enum { ROWS = 5000, DIM = 12 };
  if (_i >= effort(2)) return;
  struct numbers numbers = {.state = 77 + (uint64_t)_i};
  struct rows_fixture fixture;
  struct narrowing *narrowing = memory(sizeof *narrowing);
  float *values = made_up_rows(&numbers, FLAVOUR_PLAIN, ROWS, DIM);
  rows_fixture_init(&fixture, values, ROWS, DIM, 11);
  struct exact_query queries[QUERIES_MOST];
  for (size_t i = 0; i < QUERIES_MOST; i++)
    queries[i] = (struct exact_query){.vector = rows_at(&fixture.rows, (uint32_t)i * 120), .k = 1 + i % 7 * 5};
  narrow(&numbers, &fixture.rows, queries, QUERIES_MOST, narrowing);
  check_search(kernel_best(), &fixture.rows, queries, QUERIES_MOST);
  check_codes(&fixture.rows, queries, QUERIES_MOST);
  rows_fixture_release(&fixture);
  free(narrowing->candidates);
  free(narrowing);
  free(values);
}
END_TEST

/* How many rows a search over `rows` compares. */
static uint64_t compared(const struct rows *rows, const struct exact_query *query, struct exact_extent *extent) {
  struct hit hits[5];
  struct topk top;
  struct exact_plan *plan = NULL;
  topk_init(&top, hits, 5);
  ck_assert_int_eq(exact_plan_new(kernel_best(), rows, query, 1, &plan), STATUS_OK);
  *extent = exact_plan_extent(plan);
  exact_plan_scan(plan, extent->first, extent->end, &top);
  uint64_t count = exact_plan_compared(plan);
  exact_plan_free(plan);
  return count;
}

START_TEST(what_lies_outside_is_not_compared) {
  enum { ROWS = 9000, DIM = 8 };
  struct numbers numbers = {.state = 6};
  struct rows_fixture fixture;
  struct codes_fixture codes;
  struct exact_extent extent;
  float *values = memory(sizeof(float) * ROWS * DIM);
  numbers_fill(&numbers, FLAVOUR_PLAIN, values, (size_t)ROWS * DIM);
  rows_fixture_init(&fixture, values, ROWS, DIM, 12);
  codes_fixture_init(&codes, &fixture.rows, kernel_best(), 1);
  if (_i == 1) fixture.rows.codes = &codes.codes;
  static const uint32_t candidates[] = {3, 4000, 4001, 8999};
  struct exact_scope scope = {.first = 3000, .end = 3100, .least = -INFINITY};
  struct exact_query query = {.vector = values, .k = 5, .scope = &scope};
  ck_assert_uint_le(compared(&fixture.rows, &query, &extent), 100);
  ck_assert_uint_eq(extent.first % EXACT_UNIT, 0);
  ck_assert_uint_gt(extent.first + EXACT_UNIT, 3000);
  ck_assert_uint_eq(extent.end, 3100);
  scope = (struct exact_scope){0, ROWS, candidates, 4, -INFINITY, NULL};
  ck_assert_uint_eq(compared(&fixture.rows, &query, &extent), 4);
  scope.end = 4001;
  ck_assert_uint_eq(compared(&fixture.rows, &query, &extent), 2);
  scope = (struct exact_scope){.first = 7, .end = 7};
  ck_assert_uint_eq(compared(&fixture.rows, &query, &extent), 0);
  ck_assert_uint_eq(extent.first, extent.end);
  scope = (struct exact_scope){.end = ROWS, .least = 1.5};
  ck_assert_uint_le(compared(&fixture.rows, &query, &extent), _i == 1 ? 0 : ROWS);
  codes_fixture_release(&codes);
  rows_fixture_release(&fixture);
  free(values);
}
END_TEST

/* Two matrices seen as one, and the same with its rows copied together. */
struct joined {
  struct rows_fixture parts[2], whole;
  const struct rows *part_rows[2];
  uint32_t numbers[2][600];
  const uint32_t *all_numbers[2];
  const double *norms[1];
  double norm[600];
  struct rows_join join;
  struct rows rows;
};

static void join_init(struct joined *joined, struct numbers *numbers, uint32_t count, const uint32_t dims[2]) {
  uint32_t dim = dims[0] + dims[1];
  float *whole = memory((size_t)count * dim * sizeof *whole);
  for (size_t p = 0; p < 2; p++) {
    uint32_t rows = count + 50;
    float *values = made_up_rows(numbers, FLAVOUR_PLAIN, rows, dims[p]);
    rows_fixture_init(&joined->parts[p], values, rows, dims[p], 6);
    joined->part_rows[p] = &joined->parts[p].rows;
    joined->all_numbers[p] = joined->numbers[p];
    for (uint32_t i = 0; i < count; i++) {
      joined->numbers[p][i] = p == 0 ? i + 7 : numbers_below(numbers, rows);
      memcpy(whole + (size_t)i * dim + p * dims[0], values + (size_t)joined->numbers[p][i] * dims[p],
             dims[p] * sizeof *whole);
    }
    free(values);
  }
  rows_fixture_init(&joined->whole, whole, count, dim, 8);
  for (uint32_t i = 0; i < count; i++) joined->norm[i] = rows_norm(&joined->whole.rows, i);
  joined->norms[0] = joined->norm;
  joined->join = (struct rows_join){2, joined->part_rows, joined->all_numbers};
  joined->rows = (struct rows){.count = count,
                               .dim = dim,
                               .stride = rows_stride_of(dim),
                               .slab_shift = 31,
                               .slab_count = 1,
                               .norms = joined->norms,
                               .join = &joined->join};
  free(whole);
}

static void join_release(struct joined *joined) {
  rows_fixture_release(&joined->parts[0]);
  rows_fixture_release(&joined->parts[1]);
  rows_fixture_release(&joined->whole);
}

START_TEST(joined_rows_are_searched_as_if_they_were_copied_together) {
  static const uint32_t dims[][2] = {{1, 1}, {3, 5}, {16, 50}, {300, 100}, {7000, 1000}, {16383, 1}};
  enum { QUERIES = 6, MOST = 600, K = 20 };
  if (_i < 6 - effort(6)) return; /* the widest are left when few are */
  uint32_t count = _i < 4 ? MOST : 30;
  struct numbers numbers = {.state = 500 + (uint64_t)_i};
  struct joined *joined = memory(sizeof *joined);
  struct narrowing *narrowing = memory(sizeof *narrowing);
  join_init(joined, &numbers, count, dims[_i]);
  struct exact_query queries[QUERIES];
  struct hit room[2][QUERIES][K], *hits[2][QUERIES];
  size_t found[2][QUERIES];
  for (size_t i = 0; i < QUERIES; i++) {
    queries[i] = (struct exact_query){.vector = rows_at(&joined->whole.rows, (uint32_t)i * 3), .k = K};
    hits[0][i] = room[0][i];
    hits[1][i] = room[1][i];
  }
  narrow(&numbers, &joined->whole.rows, queries, QUERIES, narrowing);
  ck_assert_int_eq(exact_search(kernel_best(), &joined->whole.rows, queries, QUERIES, hits[0], found[0]), STATUS_OK);
  ck_assert_int_eq(exact_search(kernel_best(), &joined->rows, queries, QUERIES, hits[1], found[1]), STATUS_OK);
  for (size_t i = 0; i < QUERIES; i++) {
    check_answer(&joined->whole.rows, &queries[i], hits[1][i], found[1][i]);
    ck_assert_uint_eq(found[0][i], found[1][i]);
  }
  join_release(joined);
  free(narrowing->candidates);
  free(narrowing);
  free(joined);
}
END_TEST

START_TEST(made_up_searches_equal_sorting_every_row) {
  if (effort_skips(_i)) return;
  struct round round;
  round_init(&round, (uint64_t)_i);
  check_all_kernels(&round.fixture.rows, round.queries, round.query_count);
  round_release(&round);
}
END_TEST

/* Of every flavour at once, zero rows, equal rows and rows an ulp apart: asked for by rows and by what is no row. */
START_TEST(wide_rows_with_codes_equal_sorting_every_row) {
  static const uint32_t dims[] = {313, 1000};
  enum { ROWS = 300, QUERIES = 40 };
  if (effort(ROWS) < ROWS) return; /* seconds for the axes alone */
  struct numbers numbers = {.state = 4242 + (uint64_t)_i};
  struct rows_fixture fixture;
  uint32_t dim = dims[_i];
  float *values = made_up_rows(&numbers, FLAVOUR_PLAIN, ROWS, dim), *vectors = memory(QUERIES * dim * sizeof *vectors);
  for (uint32_t row = 0; row < ROWS; row += 7)
    numbers_fill(&numbers, (enum flavour)(row % FLAVOUR_COUNT), values + (size_t)row * dim, dim);
  rows_fixture_init(&fixture, values, ROWS, dim, 7);
  struct exact_query queries[QUERIES];
  for (uint32_t i = 0; i < QUERIES; i++) {
    float *vector = vectors + (size_t)i * dim;
    memcpy(vector, values + (size_t)(i * 7) * dim, dim * sizeof *vector);
    if (i % 3 == 0) numbers_fill(&numbers, (enum flavour)(i % FLAVOUR_COUNT), vector, dim);
    queries[i] = (struct exact_query){.vector = vector, .k = 1 + i * i % 60};
  }
  check_codes(&fixture.rows, queries, QUERIES);
  rows_fixture_release(&fixture);
  free(values);
  free(vectors);
}
END_TEST

/* More queries than go through the codes together, and so few rows that all their blocks are unlike. */
START_TEST(a_batch_equals_its_queries_one_by_one) {
  struct numbers numbers = {.state = 99};
  struct rows_fixture fixture;
  struct codes_fixture codes;
  float *values = made_up_rows(&numbers, FLAVOUR_COARSE, 500, 24);
  rows_fixture_init(&fixture, values, 500, 24, 6);
  codes_fixture_init(&codes, &fixture.rows, kernel_best(), 1);
  if (_i == 1) fixture.rows.codes = &codes.codes;
  struct exact_query queries[QUERIES_MOST];
  struct hit batch[QUERIES_MOST][25], *hits[QUERIES_MOST], single[25], *only = single;
  size_t found[QUERIES_MOST], found_single;
  for (size_t i = 0; i < QUERIES_MOST; i++) {
    queries[i] = (struct exact_query){.vector = rows_at(&fixture.rows, (uint32_t)i * 12), .k = 1 + i % 25};
    hits[i] = batch[i];
  }
  ck_assert_int_eq(exact_search(kernel_best(), &fixture.rows, queries, QUERIES_MOST, hits, found), STATUS_OK);
  for (size_t i = 0; i < QUERIES_MOST; i++) {
    ck_assert_int_eq(exact_search(kernel_best(), &fixture.rows, &queries[i], 1, &only, &found_single), STATUS_OK);
    ck_assert_uint_eq(found[i], found_single);
    for (size_t j = 0; j < found_single; j++) {
      ck_assert_uint_eq(batch[i][j].row, single[j].row);
      ck_assert_double_eq(batch[i][j].similarity, single[j].similarity);
    }
    check_answer(&fixture.rows, &queries[i], hits[i], found[i]);
  }
  codes_fixture_release(&codes);
  rows_fixture_release(&fixture);
  free(values);
}
END_TEST

/* More rows than a block holds, several slabs, the last of them short. */
START_TEST(many_blocks_and_slabs_are_all_searched) {
  if (effort_skips(_i)) return;
  static const uint32_t counts[] = {255, 256, 257, 1023, 1024, 1025, 2047, 2600};
  struct numbers numbers = {.state = (uint64_t)_i};
  struct rows_fixture fixture;
  float *values = made_up_rows(&numbers, FLAVOUR_PLAIN, counts[_i], 6);
  rows_fixture_init(&fixture, values, counts[_i], 6, 10);
  struct exact_query all = {.vector = rows_at(&fixture.rows, 0), .k = counts[_i]};
  check_all_kernels(&fixture.rows, &all, 1);
  rows_fixture_release(&fixture);
  free(values);
}
END_TEST

/* Rows wider than a block, and more queries than one pass takes. */
START_TEST(the_largest_dimension_is_searched) {
  enum { DIM = 65536, ROWS = 3, QUERIES = 37 };
  struct numbers numbers = {.state = 5};
  struct rows_fixture fixture;
  float *values = memory((size_t)QUERIES * DIM * sizeof *values);
  numbers_fill(&numbers, FLAVOUR_PLAIN, values, (size_t)QUERIES * DIM);
  rows_fixture_init(&fixture, values, ROWS, DIM, 1);
  struct exact_query queries[QUERIES];
  for (size_t i = 0; i < QUERIES; i++) queries[i] = (struct exact_query){.vector = values + i * DIM, .k = 2};
  check_all_kernels(&fixture.rows, queries, QUERIES);
  rows_fixture_release(&fixture);
  free(values);
}
END_TEST

/* Two clusters that point away from each other, rows an ulp apart in them, zero rows between: 3,000 rows that codes can
 * hardly tell apart. */
static float *near_duplicates(struct numbers *numbers, uint32_t count, uint32_t dim) {
  float *values = memory((size_t)count * dim * sizeof *values);
  numbers_fill(numbers, FLAVOUR_PLAIN, values, dim);
  for (uint32_t row = 1; row < count; row++) {
    float *own = values + (size_t)row * dim, sign = numbers_below(numbers, 2) ? 1.0f : -1.0f;
    if (numbers_below(numbers, 20) == 0) continue;
    for (uint32_t i = 0; i < dim; i++) own[i] = sign * values[i];
    uint32_t place = numbers_below(numbers, dim), bits;
    memcpy(&bits, &own[place], sizeof bits);
    bits ^= numbers_below(numbers, 8);
    memcpy(&own[place], &bits, sizeof bits);
  }
  return values;
}

START_TEST(near_duplicates_are_told_apart) {
  if (effort_skips(_i)) return;
  static const uint32_t dims[] = {1, 2, 64, 150};
  static const size_t ks[] = {1, 10, 100, 1000};
  struct numbers numbers = {.state = (uint64_t)_i};
  struct rows_fixture fixture;
  uint32_t dim = dims[_i % 4];
  float *values = near_duplicates(&numbers, 3000, dim), *tiny = memory(dim * sizeof *tiny);
  rows_fixture_init(&fixture, values, 3000, dim, 10);
  for (uint32_t i = 0; i < dim; i++) tiny[i] = values[i] * 0x1p-140f;
  const uint32_t excluded[] = {7, 0, 2999, 7};
  struct exact_query queries[] = {
      {.vector = values, .k = ks[_i / 4], .excluded = excluded, .excluded_count = 4},
      {.vector = rows_at(&fixture.rows, 1), .k = ks[_i / 4]},
      {.vector = tiny, .k = ks[_i / 4]},
  };
  check_all_kernels(&fixture.rows, queries, 3);
  rows_fixture_release(&fixture);
  free(values);
  free(tiny);
}
END_TEST

/* Two clusters that point away from each other, in which codes can tell no row from the next: more are deferred than
 * there is room for. */
START_TEST(rows_that_find_no_room_among_the_deferred_are_compared) {
  enum { COUNT = 3 * EXACT_DEFERRED, DIM = 60, PLACE = COUNT - 7 };
  struct numbers numbers = {.state = 11};
  struct rows_fixture fixture;
  struct codes_fixture codes;
  float *values = memory(sizeof(float) * COUNT * DIM);
  numbers_fill(&numbers, FLAVOUR_PLAIN, values, (size_t)COUNT * DIM);
  for (size_t i = DIM; i < (size_t)COUNT * DIM; i++)
    values[i] = (i / DIM % 3 ? 1.0f : -1.0f) * (values[i % DIM] + 0.02f * values[i]);
  rows_fixture_init(&fixture, values, COUNT, DIM, 12);
  codes_fixture_init(&codes, &fixture.rows, kernel_best(), 2);
  fixture.rows.codes = &codes.codes;
  struct exact_query query = {.vector = rows_at(&fixture.rows, PLACE), .k = 30};
  struct hit hits[30];
  struct topk top;
  struct exact_plan *plan = NULL;
  topk_init(&top, hits, query.k);
  ck_assert_int_eq(exact_plan_new(kernel_best(), &fixture.rows, &query, 1, &plan), STATUS_OK);
  exact_plan_scan(plan, 0, COUNT, &top);
  ck_assert_uint_gt(plan->scans[0].deferred_count, EXACT_DEFERRED);
  topk_sort(&top);
  check_answer(&fixture.rows, &query, hits, top.count);
  exact_plan_free(plan);
  codes_fixture_release(&codes);
  rows_fixture_release(&fixture);
  free(values);
}
END_TEST

/* Parts of any size in any order, as threads would scan them, into two tops that are merged. */
static void scan_in_parts(struct numbers *numbers, struct exact_plan *plan, uint32_t count, struct topk *tops) {
  uint32_t cuts[] = {0, 1 + numbers_below(numbers, count - 1), count};
  uint32_t middle = cuts[1] / 2;
  exact_plan_scan(plan, cuts[1], cuts[2], &tops[1]);
  exact_plan_scan(plan, middle, cuts[1], &tops[0]);
  exact_plan_scan(plan, cuts[0], middle, &tops[1]);
  exact_merge(&tops[0], &tops[1]);
  topk_sort(&tops[0]);
}

START_TEST(parts_in_any_order_give_the_same_answer) {
  if (effort_skips(_i)) return;
  struct numbers numbers = {.state = (uint64_t)_i + 31};
  struct rows_fixture fixture;
  struct codes_fixture codes;
  float *values = made_up_rows(&numbers, FLAVOUR_COARSE, 700, 60);
  rows_fixture_init(&fixture, values, 700, 60, 8);
  codes_fixture_init(&codes, &fixture.rows, kernel_best(), 2);
  if (_i % 2) fixture.rows.codes = &codes.codes;
  struct exact_query query = {.vector = rows_at(&fixture.rows, numbers_below(&numbers, 700)), .k = 1 + (size_t)_i * 7};
  struct hit *hits = memory(query.k * sizeof *hits), *others = memory(query.k * sizeof *others);
  struct topk tops[2];
  topk_init(&tops[0], hits, query.k);
  topk_init(&tops[1], others, query.k);
  struct exact_plan *plan = NULL;
  ck_assert_int_eq(exact_plan_new(kernel_best(), &fixture.rows, &query, 1, &plan), STATUS_OK);
  scan_in_parts(&numbers, plan, 700, tops);
  check_answer(&fixture.rows, &query, hits, tops[0].count);
  ck_assert_uint_le(exact_plan_compared(plan), 700);
  exact_plan_free(plan);
  free(hits);
  free(others);
  codes_fixture_release(&codes);
  rows_fixture_release(&fixture);
  free(values);
}
END_TEST

/* Clustered rows, as words are: most must be ruled out by their codes, or there would be no point in having them. */
START_TEST(codes_rule_most_rows_out) {
  enum { ROWS = 4000, DIM = 96, CLUSTERS = 40 };
  struct numbers numbers = {.state = 8};
  struct rows_fixture fixture;
  struct codes_fixture codes;
  float *values = memory(sizeof(float) * ROWS * DIM), centres[CLUSTERS][DIM];
  numbers_fill(&numbers, FLAVOUR_PLAIN, centres[0], CLUSTERS * DIM);
  numbers_fill(&numbers, FLAVOUR_PLAIN, values, (size_t)ROWS * DIM);
  for (uint32_t row = 0; row < ROWS; row++)
    for (uint32_t i = 0; i < DIM; i++)
      values[row * DIM + i] = values[row * DIM + i] * 0.3f + centres[row % CLUSTERS][i];
  rows_fixture_init(&fixture, values, ROWS, DIM, 11);
  codes_fixture_init(&codes, &fixture.rows, kernel_best(), 2);
  fixture.rows.codes = &codes.codes;
  struct exact_query query = {.vector = rows_at(&fixture.rows, 1234), .k = 5};
  struct hit hits[5];
  struct topk top;
  struct exact_plan *plan = NULL;
  topk_init(&top, hits, 5);
  ck_assert_int_eq(exact_plan_new(kernel_best(), &fixture.rows, &query, 1, &plan), STATUS_OK);
  exact_plan_scan(plan, 0, ROWS, &top);
  ck_assert_uint_lt(exact_plan_compared(plan), ROWS / 10);
  exact_plan_free(plan);
  codes_fixture_release(&codes);
  rows_fixture_release(&fixture);
  free(values);
}
END_TEST

START_TEST(equal_similarities_go_to_the_lower_row) {
  float values[40][3];
  for (size_t i = 0; i < 40; i++)
    for (size_t j = 0; j < 3; j++) values[i][j] = (float)(j + 1) * (i % 4 == 1 ? 2.0f : 1.0f);
  struct rows_fixture fixture;
  rows_fixture_init(&fixture, values[0], 40, 3, 2);
  struct exact_query query = {.vector = values[0], .k = 7};
  struct hit hits[7], *room = hits;
  size_t found;
  ck_assert_int_eq(exact_search(kernel_best(), &fixture.rows, &query, 1, &room, &found), STATUS_OK);
  ck_assert_uint_eq(found, 7);
  for (uint32_t i = 0; i < 7; i++) ck_assert_uint_eq(hits[i].row, i);
  rows_fixture_release(&fixture);
}
END_TEST

START_TEST(a_zero_row_comes_before_rows_that_point_away) {
  static const float values[5][2] = {{-1, 0}, {-1, -1}, {0, 0}, {1, 0}, {0, 0}};
  struct rows_fixture fixture;
  rows_fixture_init(&fixture, values[0], 5, 2, 1);
  struct exact_query query = {.vector = values[3], .k = 5};
  static const uint32_t order[] = {3, 2, 4, 1, 0};
  struct hit hits[5], *room = hits;
  size_t found;
  ck_assert_int_eq(exact_search(kernel_best(), &fixture.rows, &query, 1, &room, &found), STATUS_OK);
  ck_assert_uint_eq(found, 5);
  for (size_t i = 0; i < 5; i++) ck_assert_uint_eq(hits[i].row, order[i]);
  ck_assert_double_eq(hits[0].similarity, 1.0);
  ck_assert_double_eq(hits[1].similarity, 0.0);
  ck_assert_double_eq(hits[4].similarity, -1.0);
  rows_fixture_release(&fixture);
}
END_TEST

START_TEST(a_zero_query_is_equally_far_from_every_row) {
  struct numbers numbers = {.state = 3};
  float values[30 * 9], zero[9] = {0};
  numbers_fill(&numbers, FLAVOUR_ANY, values, 30 * 9);
  struct rows_fixture fixture;
  rows_fixture_init(&fixture, values, 30, 9, 3);
  static const uint32_t excluded[] = {1, 0};
  struct exact_query query = {.vector = zero, .k = 4, .excluded = excluded, .excluded_count = 2};
  struct hit hits[4], *room = hits;
  size_t found;
  ck_assert_int_eq(exact_search(kernel_best(), &fixture.rows, &query, 1, &room, &found), STATUS_OK);
  ck_assert_uint_eq(found, 4);
  for (uint32_t i = 0; i < 4; i++) {
    ck_assert_uint_eq(hits[i].row, i + 2);
    ck_assert_double_eq(hits[i].similarity, 0.0);
  }
  rows_fixture_release(&fixture);
}
END_TEST

START_TEST(when_every_row_is_excluded_nothing_is_found) {
  static const float values[3] = {1, 2, 3};
  struct rows_fixture fixture;
  rows_fixture_init(&fixture, values, 3, 1, 5);
  static const uint32_t excluded[] = {2, 0, 1, 1, 2, 0};
  struct exact_query query = {.vector = values, .k = 2, .excluded = excluded, .excluded_count = 6};
  struct hit hits[2], *room = hits;
  size_t found = 77;
  ck_assert_int_eq(exact_search(kernel_best(), &fixture.rows, &query, 1, &room, &found), STATUS_OK);
  ck_assert_uint_eq(found, 0);
  rows_fixture_release(&fixture);
}
END_TEST

START_TEST(no_queries_and_no_rows_are_answered) {
  struct rows_fixture fixture;
  rows_fixture_init(&fixture, NULL, 0, 7, 4);
  size_t found = 77;
  ck_assert_int_eq(exact_search(kernel_best(), &fixture.rows, NULL, 0, NULL, &found), STATUS_OK);
  ck_assert_uint_eq(found, 77);
  static const float vector[7] = {1};
  struct exact_query query = {.vector = vector, .k = 1};
  struct hit hit, *room = &hit;
  ck_assert_int_eq(exact_search(kernel_best(), &fixture.rows, &query, 1, &room, &found), STATUS_OK);
  ck_assert_uint_eq(found, 0);
  rows_fixture_release(&fixture);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/search/exact");
  TCase *tcase = tcase_create("exact");
  tcase_set_timeout(tcase, 120);
  tcase_add_loop_test(tcase, made_up_searches_equal_sorting_every_row, 0, ROUNDS);
  tcase_add_loop_test(tcase, narrowed_searches_equal_sorting_what_is_left, 0, ROUNDS);
  tcase_add_loop_test(tcase, many_ranges_over_many_blocks_are_kept_apart, 0, 2);
  tcase_add_loop_test(tcase, what_lies_outside_is_not_compared, 0, 2);
  tcase_add_loop_test(tcase, joined_rows_are_searched_as_if_they_were_copied_together, 0, 6);
  tcase_add_loop_test(tcase, wide_rows_with_codes_equal_sorting_every_row, 0, 2);
  tcase_add_loop_test(tcase, a_batch_equals_its_queries_one_by_one, 0, 2);
  tcase_add_test(tcase, rows_that_find_no_room_among_the_deferred_are_compared);
  tcase_add_loop_test(tcase, many_blocks_and_slabs_are_all_searched, 0, 8);
  tcase_add_test(tcase, the_largest_dimension_is_searched);
  tcase_add_loop_test(tcase, near_duplicates_are_told_apart, 0, 16);
  tcase_add_loop_test(tcase, parts_in_any_order_give_the_same_answer, 0, 20);
  tcase_add_test(tcase, codes_rule_most_rows_out);
  tcase_add_test(tcase, equal_similarities_go_to_the_lower_row);
  tcase_add_test(tcase, a_zero_row_comes_before_rows_that_point_away);
  tcase_add_test(tcase, a_zero_query_is_equally_far_from_every_row);
  tcase_add_test(tcase, when_every_row_is_excluded_nothing_is_found);
  tcase_add_test(tcase, no_queries_and_no_rows_are_answered);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}
