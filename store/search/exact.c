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

/* Exclusion is looked up last: few rows get as far as being accepted. */
void exact_compare(const struct exact_plan *plan, const struct scan *scan, uint32_t first, size_t count,
                   struct topk *top) {
  double dots[EXACT_RUN];
  const struct rows *rows = plan->rows;
  plan->kernel->dots(scan->values, rows_at(rows, first), rows->stride, count, dots);
  for (size_t i = 0; i < count; i++) {
    uint32_t row = first + (uint32_t)i;
    struct hit hit = {.row = row, .similarity = rows_cosine(dots[i], scan->norm, rows_norm(rows, row))};
    if (topk_accepts(top, hit) && !is_excluded(scan, row)) topk_offer(top, hit);
  }
}

static uint32_t rows_of_block(const struct rows *rows) {
  size_t fit = BLOCK_BYTES / (rows->stride * sizeof(float));
  if (fit > EXACT_RUN) return EXACT_RUN;
  return fit > 0 ? (uint32_t)fit : 1;
}

/* Rows of one slab. */
static void scan_rows(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops) {
  uint32_t length = rows_of_block(plan->rows);
  for (uint32_t row = first; row < end; row += length) {
    uint32_t count = end - row < length ? end - row : length;
    for (size_t i = 0; i < plan->count; i++) exact_compare(plan, &plan->scans[i], row, count, &tops[i]);
  }
  atomic_fetch_add_explicit(&plan->compared, (uint64_t)(end - first) * plan->count, memory_order_relaxed);
}

static void scan_slabs(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops) {
  const struct rows *rows = plan->rows;
  for (uint32_t row = first, stop; row < end; row = stop) {
    uint32_t slab = row >> rows->slab_shift, slab_end = (slab << rows->slab_shift) + rows_in_slab(rows, slab);
    stop = end < slab_end ? end : slab_end;
    scan_rows(plan, row, stop, tops);
  }
}

/* Whoever scans the last part settles what has been deferred: what other threads wrote down is released by their
 * addition to `scanned` and acquired by ours. */
void exact_plan_scan(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops) {
  const struct rows *rows = plan->rows;
  if (first >= end) return;
  if (!rows->codes) {
    scan_slabs(plan, first, end, tops);
    return;
  }
  exact_codes_scan(plan, first, end, tops);
  uint32_t before = atomic_fetch_add_explicit(&plan->scanned, end - first, memory_order_acq_rel);
  if (before + (end - first) == rows->count) exact_codes_settle(plan, tops);
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

static void load_query(struct exact_plan *plan, size_t place, const struct exact_query *query) {
  const struct rows *rows = plan->rows;
  size_t step = values_step(rows);
  double *values = plan->values + place * step;
  for (uint32_t i = 0; i < rows->dim; i++) values[i] = query->vector[i];
  for (size_t i = rows->dim; i < step; i++) values[i] = 0.0;
  struct scan *scan = &plan->scans[place];
  if (rows->codes) sieve_load(&scan->sieve, plan->kernel, rows, query->vector);
  scan->values = values;
  scan->norm = rows_norm_of(query->vector, rows->dim);
  atomic_init(&scan->floor, -INFINITY);
  scan->deferred = plan->deferred ? plan->deferred + place * EXACT_DEFERRED : NULL;
  atomic_init(&scan->deferred_count, 0);
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

enum status exact_plan_new(const struct kernel *kernel, const struct rows *rows, const struct exact_query *queries,
                           size_t count, struct exact_plan **out) {
  struct exact_plan *plan = calloc(1, sizeof *plan);
  if (!plan) return STATUS_NO_MEMORY;
  size_t excluded_count = 1; /* never an allocation of nothing */
  for (size_t i = 0; i < count; i++) excluded_count += queries[i].excluded_count;
  plan->kernel = kernel;
  plan->rows = rows;
  plan->count = count;
  plan->scans = aligned_alloc(alignof(struct scan), count * sizeof *plan->scans);
  plan->excluded = calloc(excluded_count, sizeof *plan->excluded);
  plan->values = aligned_alloc(QUERY_ALIGNMENT, count * values_step(rows) * sizeof(double));
  if (rows->codes) plan->deferred = malloc(count * EXACT_DEFERRED * sizeof *plan->deferred);
  if (!plan->scans || !plan->excluded || !plan->values || (rows->codes && !plan->deferred)) {
    exact_plan_free(plan);
    return STATUS_NO_MEMORY;
  }
  atomic_init(&plan->compared, 0);
  atomic_init(&plan->scanned, 0);
  for (size_t i = 0; i < count; i++) load_query(plan, i, &queries[i]);
  load_excluded(plan, queries);
  *out = plan;
  return STATUS_OK;
}

void exact_plan_free(struct exact_plan *plan) {
  if (!plan) return;
  free(plan->scans);
  free(plan->excluded);
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
  exact_plan_scan(plan, 0, rows->count, tops);
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
