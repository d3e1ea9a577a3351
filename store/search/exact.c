/* Plans, and the scan of rows without codes: block after block of rows, each while it is in the cache compared with
 * every query, so that all queries together read the matrix from memory once. */
#include "store/search/exact.h"

#include <math.h>
#include <stdlib.h>

#include "store/search/exact_plan.h"

enum {
  BLOCK_BYTES = 64 << 10, /* of rows: well inside a second-level cache, beside some hundred queries */
  QUERY_ALIGNMENT = 64,   /* bytes: a query's loads never straddle a cache line */
  PLAN_BYTES = 8 << 20    /* of queries: more of them take another pass, so that memory stays bounded */
};

static int compare_rows(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

static bool is_excluded(const struct scan *scan, uint32_t row) {
  return scan->excluded_count > 0 &&
         bsearch(&row, scan->excluded, scan->excluded_count, sizeof row, compare_rows) != NULL;
}

/* kernel->dots() of rows that are nowhere as such. */
static __attribute__((noinline)) void joined_dots(const struct exact_plan *plan, const double *values, uint32_t first,
                                                  size_t count, double *out) {
  const struct rows *rows = plan->rows;
  float room[EXACT_JOIN_DIM_MOST];
  size_t most = EXACT_JOIN_DIM_MOST / rows->stride;
  for (size_t done = 0, length; done < count; done += length) {
    length = count - done < most ? count - done : most;
    rows_gather(rows, first + (uint32_t)done, length, room);
    plan->kernel->dots(values, room, rows->stride, length, out + done);
  }
}

static void dots_of(const struct exact_plan *plan, const struct operand *operand, uint32_t first, size_t count,
                    double *out) {
  const struct rows *rows = plan->rows;
  if (rows->join)
    joined_dots(plan, operand->values, first, count, out);
  else
    plan->kernel->dots(operand->values, rows_at(rows, first), rows->stride, count, out);
}

static void cosines(const struct exact_plan *plan, const struct operand *operand, uint32_t first, size_t count,
                    double *out) {
  const struct rows *rows = plan->rows;
  dots_of(plan, operand, first, count, out);
  for (size_t i = 0; i < count; i++) out[i] = rows_cosine(out[i], operand->norm, rows_norm(rows, first + (uint32_t)i));
}

/* Factors are multiplied in their order, so that a score has the same bits wherever it is computed. */
static void scores(const struct exact_plan *plan, const struct scan *scan, uint32_t first, size_t count, double *out) {
  double negative[EXACT_RUN], factor[EXACT_RUN];
  for (size_t i = 0; i < count; i++) out[i] = negative[i] = 1;
  for (size_t f = 0; f < scan->operand_count; f++) {
    const struct operand *operand = &scan->operands[f];
    double *into = operand->weight < 0 ? negative : out;
    cosines(plan, operand, first, count, factor);
    for (size_t i = 0; i < count; i++) into[i] *= cosmul_power(factor[i], operand->weight);
  }
  for (size_t i = 0; i < count; i++) out[i] = cosmul_score(out[i], negative[i]);
}

static bool is_within(const struct scan *scan, struct hit hit) {
  return hit.similarity >= scan->least && !is_excluded(scan, hit.row);
}

/* exact_compare() of those that are more than the nearest to one vector. */
static void compare_others(const struct exact_plan *plan, struct scan *scan, uint32_t first, size_t count,
                           struct topk *top) {
  double similarities[EXACT_RUN];
  uint64_t counted = 0;
  if (scan->product)
    scores(plan, scan, first, count, similarities);
  else
    cosines(plan, &scan->operand, first, count, similarities);
  for (size_t i = 0; i < count; i++) {
    struct hit hit = {.row = first + (uint32_t)i, .similarity = similarities[i]};
    if ((!scan->counts && !topk_accepts(top, hit)) || !is_within(scan, hit)) continue;
    topk_offer(top, hit);
    counted++;
  }
  if (scan->counts && counted > 0) atomic_fetch_add_explicit(&scan->counted, counted, memory_order_relaxed);
}

/* What cannot be in the answer is looked up last: few rows get as far as being accepted. */
void exact_compare(const struct exact_plan *plan, struct scan *scan, uint32_t first, size_t count, struct topk *top) {
  double dots[EXACT_RUN];
  const struct rows *rows = plan->rows;
  if (scan->product || scan->counts) {
    compare_others(plan, scan, first, count, top);
    return;
  }
  dots_of(plan, &scan->operand, first, count, dots);
  for (size_t i = 0; i < count; i++) {
    uint32_t row = first + (uint32_t)i;
    struct hit hit = {.row = row, .similarity = rows_cosine(dots[i], scan->operand.norm, rows_norm(rows, row))};
    if (topk_accepts(top, hit) && is_within(scan, hit)) topk_offer(top, hit);
  }
}

static uint32_t rows_of_block(const struct rows *rows) {
  size_t fit = BLOCK_BYTES / (rows->stride * sizeof(float));
  if (fit > EXACT_RUN) return EXACT_RUN;
  return fit > 0 ? (uint32_t)fit : 1;
}

/* Rows of one slab, for those scans that compare whole ranges. */
static void scan_rows(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops) {
  uint32_t length = rows_of_block(plan->rows);
  uint64_t compared = 0;
  for (uint32_t row = first; row < end; row += length) {
    uint32_t stop = end - row < length ? end : row + length;
    for (size_t i = 0; i < plan->count; i++) {
      struct scan *scan = &plan->scans[i];
      uint32_t from = row > scan->first ? row : scan->first, to = stop < scan->end ? stop : scan->end;
      if (from >= to || scan->sieved || scan->candidates) continue;
      exact_compare(plan, scan, from, to - from, &tops[i]);
      compared += to - from;
    }
  }
  atomic_fetch_add_explicit(&plan->compared, compared, memory_order_relaxed);
}

static void scan_slabs(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops) {
  const struct rows *rows = plan->rows;
  for (uint32_t row = first, stop; row < end; row = stop) {
    uint32_t slab = row >> rows->slab_shift, slab_end = (slab << rows->slab_shift) + rows_in_slab(rows, slab);
    stop = end < slab_end ? end : slab_end;
    scan_rows(plan, row, stop, tops);
  }
}

/* The place of the first candidate that is not below `row`. */
static size_t candidates_below(const struct scan *scan, uint32_t row) {
  size_t low = 0, high = scan->candidate_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (scan->candidates[middle] < row)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Candidates within the range, each by itself: they seldom lie side by side. */
static void scan_candidates(struct exact_plan *plan, struct scan *scan, struct exact_extent range, struct topk *top) {
  if (range.first < scan->first) range.first = scan->first;
  if (range.end > scan->end) range.end = scan->end;
  uint64_t compared = 0;
  for (size_t i = candidates_below(scan, range.first); i < scan->candidate_count; i++, compared++) {
    if (scan->candidates[i] >= range.end) break;
    exact_compare(plan, scan, scan->candidates[i], 1, top);
  }
  atomic_fetch_add_explicit(&plan->compared, compared, memory_order_relaxed);
}

/* All that no codes help with. */
static void sweep(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops) {
  scan_slabs(plan, first, end, tops);
  for (size_t i = 0; i < plan->count; i++)
    if (plan->scans[i].candidates) scan_candidates(plan, &plan->scans[i], (struct exact_extent){first, end}, &tops[i]);
}

/* Whoever scans the last part settles what has been deferred: what other threads wrote down is released by their
 * addition to `scanned` and acquired by ours. */
void exact_plan_scan(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops) {
  if (first >= end) return;
  if (plan->sweeps) sweep(plan, first, end, tops);
  if (!plan->sieves) return;
  exact_codes_scan(plan, first, end, tops);
  uint32_t before = atomic_fetch_add_explicit(&plan->scanned, end - first, memory_order_acq_rel);
  if (before + (end - first) == plan->extent.end - plan->extent.first) exact_codes_settle(plan, tops);
}

struct exact_extent exact_plan_extent(const struct exact_plan *plan) {
  return plan->extent;
}

void exact_plan_tell(const struct exact_plan *plan, const struct exact_query *queries) {
  for (size_t i = 0; i < plan->count; i++)
    if (plan->scans[i].counts)
      *queries[i].scope->count = atomic_load_explicit(&plan->scans[i].counted, memory_order_relaxed);
}

uint64_t exact_plan_compared(const struct exact_plan *plan) {
  return atomic_load_explicit(&plan->compared, memory_order_relaxed);
}

void exact_merge(struct topk *into, const struct topk *from) {
  for (size_t i = 0; i < from->count; i++) topk_offer(into, from->heap[i]);
}

static size_t values_step(const struct rows *rows) {
  size_t unit = QUERY_ALIGNMENT / sizeof(double);
  return (rows->stride + unit - 1) / unit * unit;
}

size_t exact_plan_most(const struct rows *rows) {
  size_t bytes = values_step(rows) * sizeof(double) + sizeof(struct scan);
  if (rows->codes) bytes += EXACT_DEFERRED * sizeof(struct candidate);
  return bytes < PLAN_BYTES ? PLAN_BYTES / bytes : 1;
}

/* A vector as the operand at `place`. */
static struct operand load_operand(struct exact_plan *plan, size_t place, const float *vector, double weight) {
  const struct rows *rows = plan->rows;
  size_t step = values_step(rows);
  double *values = plan->values + place * step;
  for (uint32_t i = 0; i < rows->dim; i++) values[i] = vector[i];
  for (size_t i = rows->dim; i < step; i++) values[i] = 0.0;
  return plan->operands[place] = (struct operand){values, rows_norm_of(vector, rows->dim), weight};
}

/* Similarities are at most 1 but for rounding: beyond 2 the bound is as good as any, and is a float. */
static float floor_of(double least) {
  return least < -2 ? -INFINITY : least > 2 ? INFINITY : (float)least;
}

static void load_scope(struct scan *scan, const struct rows *rows, const struct exact_scope *scope) {
  *scan = (struct scan){.end = rows->count, .least = -INFINITY};
  if (!scope) return;
  scan->first = scope->first < scope->end ? scope->first : scope->end;
  scan->end = scope->end;
  scan->candidates = scope->candidates;
  scan->candidate_count = scope->candidate_count;
  scan->least = scope->least;
  scan->counts = scope->count != NULL;
}

/* *operands of the plan are in use before this query, and after it. */
static void load_query(struct exact_plan *plan, size_t place, const struct exact_query *query, size_t *operands) {
  const struct rows *rows = plan->rows;
  struct scan *scan = &plan->scans[place];
  load_scope(scan, rows, query->scope);
  scan->operands = plan->operands + *operands;
  scan->operand_count = exact_query_weight(query);
  scan->product = query->product != NULL;
  scan->sieved = rows->codes && !scan->product && !scan->candidates;
  for (size_t i = 0; i < scan->operand_count; i++) {
    struct cosmul_factor only = {query->vector, 1}, factor = query->product ? query->product->factors[i] : only;
    scan->operand = load_operand(plan, (*operands)++, factor.vector, factor.weight);
  }
  if (scan->sieved) sieve_load(&scan->sieve, plan->kernel, rows, query->vector);
  atomic_init(&scan->floor, floor_of(scan->least));
  atomic_init(&scan->counted, 0);
  scan->deferred = plan->deferred ? plan->deferred + place * EXACT_DEFERRED : NULL;
  atomic_init(&scan->deferred_count, 0);
}

/* What lies between the lowest and the highest row of all scans. */
static struct exact_extent extent_of(const struct exact_plan *plan) {
  struct exact_extent extent = {UINT32_MAX, 0};
  for (size_t i = 0; i < plan->count; i++) {
    const struct scan *scan = &plan->scans[i];
    if (scan->first == scan->end) continue;
    if (scan->first < extent.first) extent.first = scan->first;
    if (scan->end > extent.end) extent.end = scan->end;
  }
  if (extent.end == 0) extent.first = 0;
  extent.first -= extent.first % EXACT_UNIT;
  return extent;
}

static void load_excluded(struct exact_plan *plan, const struct exact_query *queries) {
  uint32_t *next = plan->excluded;
  for (size_t i = 0; i < plan->count; i++) {
    struct scan *scan = &plan->scans[i];
    scan->excluded = next;
    scan->excluded_count = queries[i].excluded_count;
    for (size_t j = 0; j < queries[i].excluded_count; j++) *next++ = queries[i].excluded[j];
    if (scan->excluded_count > 1) qsort(next - scan->excluded_count, scan->excluded_count, sizeof *next, compare_rows);
  }
}

static void load_queries(struct exact_plan *plan, const struct exact_query *queries) {
  size_t operands = 0;
  for (size_t i = 0; i < plan->count; i++) {
    load_query(plan, i, &queries[i], &operands);
    if (plan->scans[i].sieved)
      plan->sieves = true;
    else
      plan->sweeps = true;
  }
  plan->extent = extent_of(plan);
}

enum status exact_plan_new(const struct kernel *kernel, const struct rows *rows, const struct exact_query *queries,
                           size_t count, struct exact_plan **out) {
  struct exact_plan *plan = calloc(1, sizeof *plan);
  if (!plan) return STATUS_NO_MEMORY;
  size_t excluded_count = 1, operand_count = 0; /* never an allocation of nothing */
  for (size_t i = 0; i < count; i++) {
    excluded_count += queries[i].excluded_count;
    operand_count += exact_query_weight(&queries[i]);
  }
  plan->kernel = kernel;
  plan->rows = rows;
  plan->count = count;
  plan->scans = aligned_alloc(alignof(struct scan), count * sizeof *plan->scans);
  plan->excluded = calloc(excluded_count, sizeof *plan->excluded);
  plan->operands = calloc(operand_count, sizeof *plan->operands);
  plan->values = aligned_alloc(QUERY_ALIGNMENT, operand_count * values_step(rows) * sizeof(double));
  if (rows->codes) plan->deferred = malloc(count * EXACT_DEFERRED * sizeof *plan->deferred);
  if (!plan->scans || !plan->excluded || !plan->operands || !plan->values || (rows->codes && !plan->deferred)) {
    exact_plan_free(plan);
    return STATUS_NO_MEMORY;
  }
  atomic_init(&plan->compared, 0);
  atomic_init(&plan->scanned, 0);
  load_queries(plan, queries);
  load_excluded(plan, queries);
  *out = plan;
  return STATUS_OK;
}

void exact_plan_free(struct exact_plan *plan) {
  if (!plan) return;
  free(plan->scans);
  free(plan->excluded);
  free(plan->operands);
  free(plan->values);
  free(plan->deferred);
  free(plan);
}

/* Answers `count` queries in one pass. */
static enum status search_pass(const struct kernel *kernel, const struct rows *rows, const struct exact_query *queries,
                               size_t count, struct topk *tops) {
  struct exact_plan *plan;
  enum status status = exact_plan_new(kernel, rows, queries, count, &plan);
  if (status != STATUS_OK) return status;
  exact_plan_scan(plan, plan->extent.first, plan->extent.end, tops);
  exact_plan_tell(plan, queries);
  exact_plan_free(plan);
  return STATUS_OK;
}

enum status exact_search(const struct kernel *kernel, const struct rows *rows, const struct exact_query *queries,
                         size_t count, struct hit *const *hits, size_t *found) {
  if (count == 0) return STATUS_OK;
  struct topk *tops = calloc(count, sizeof *tops);
  if (!tops) return STATUS_NO_MEMORY;
  for (size_t i = 0; i < count; i++) topk_init(&tops[i], hits[i], queries[i].k);
  enum status status = STATUS_OK;
  size_t most = exact_plan_most(rows);
  for (size_t first = 0; status == STATUS_OK && first < count; first += most) {
    size_t length = count - first < most ? count - first : most;
    status = search_pass(kernel, rows, queries + first, length, tops + first);
  }
  for (size_t i = 0; status == STATUS_OK && i < count; i++) {
    topk_sort(&tops[i]);
    found[i] = tops[i].count;
  }
  free(tops);
  return status;
}
