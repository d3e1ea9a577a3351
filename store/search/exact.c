/* The scan: block after block of rows, each while it is in the cache compared with every query, so that all queries
 * together read the matrix from memory once. Rows that have codes are sieved first, see sieve.c. */
#include "store/search/exact.h"

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "store/search/sieve.h"

enum {
  BLOCK_BYTES = 64 << 10, /* of rows: well inside a second-level cache, beside some hundred queries */
  BLOCK_ROWS_MAX = 256,   /* bounds the dot products on the stack */
  BLOCK_GROUPS = 64,      /* of codes: 44 KiB, and as much of the records that survive */
  CACHE_LINE = 64,
  QUERY_ALIGNMENT = 64, /* bytes: a query's loads never straddle a cache line */
  PLAN_BYTES = 8 << 20  /* of queries: more of them take another pass, so that memory stays bounded */
};

/* One query being answered. */
struct scan {
  struct sieve sieve;   /* when the rows have codes */
  const double *values; /* the query as the kernel wants it */
  double norm;
  const uint32_t *excluded; /* ascending */
  size_t excluded_count;
  _Atomic float floor; /* k rows are known to be at least this similar */
};

struct exact_plan {
  const struct kernel *kernel;
  const struct rows *rows;
  size_t count;
  struct scan *scans;
  uint32_t *excluded;
  double *values; /* [count * values_step] */
  atomic_ullong compared;
};

static int compare_rows(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

static bool is_excluded(const struct scan *scan, uint32_t row) {
  return scan->excluded_count > 0 &&
         bsearch(&row, scan->excluded, scan->excluded_count, sizeof row, compare_rows) != NULL;
}

/* Compares `count` rows from `first` on, all of one slab, with one query. Exclusion is looked up last: few rows get as
 * far as being accepted. */
static void compare_block(const struct exact_plan *plan, const struct scan *scan, uint32_t first, size_t count,
                          struct topk *top) {
  double dots[BLOCK_ROWS_MAX];
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
  if (fit > BLOCK_ROWS_MAX) return BLOCK_ROWS_MAX;
  return fit > 0 ? (uint32_t)fit : 1;
}

/* ---- with codes ---- */

/* Groups of codes that are sieved at a time, all of one slab. */
struct block {
  uint32_t slab_start;  /* first row of the slab */
  uint32_t first_group; /* in the slab */
  uint32_t group_count;
  uint32_t first, end; /* rows asked for: the groups may begin before and end behind */
};

/* The rows of a block that its coarse codes could not rule out. */
struct survivors {
  size_t count;
  uint32_t rows[BLOCK_GROUPS * CODES_GROUP];
  float bounds[BLOCK_GROUPS * CODES_GROUP];
};

/* What a row's similarity must reach. */
static float threshold_of(const struct scan *scan, const struct topk *top) {
  float floor = atomic_load_explicit(&scan->floor, memory_order_relaxed);
  float own = top->count < top->k ? -INFINITY : (float)top->heap[0].similarity;
  return own > floor ? own : floor;
}

static void raise_floor(struct scan *scan, float threshold) {
  float floor = atomic_load_explicit(&scan->floor, memory_order_relaxed);
  while (floor < threshold && !atomic_compare_exchange_weak_explicit(&scan->floor, &floor, threshold,
                                                                     memory_order_relaxed, memory_order_relaxed)) {
  }
}

static const struct codes_fine *record_of(const struct rows *rows, uint32_t row) {
  size_t within = row & ((1u << rows->slab_shift) - 1);
  const unsigned char *slab = rows->codes->fine[row >> rows->slab_shift];
  return (const struct codes_fine *)(const void *)(slab + within * rows->codes->fine_bytes);
}

static void sieve_coarse(const struct exact_plan *plan, const struct scan *scan, const struct block *block,
                         float threshold, struct survivors *out) {
  const struct rows *rows = plan->rows;
  struct kernel_coarse query = scan->sieve.coarse;
  const struct codes_coarse *groups = rows->codes->coarse[block->slab_start >> rows->slab_shift];
  float bounds[BLOCK_GROUPS][CODES_GROUP];
  uint16_t masks[BLOCK_GROUPS];
  query.threshold = threshold;
  plan->kernel->coarse(&query, groups + block->first_group, block->group_count, bounds, masks);
  out->count = 0;
  for (uint32_t g = 0; g < block->group_count; g++) {
    uint32_t group_row = block->slab_start + (block->first_group + g) * CODES_GROUP;
    for (unsigned mask = masks[g]; mask != 0; mask &= mask - 1) {
      unsigned lane = (unsigned)__builtin_ctz(mask);
      uint32_t row = group_row + lane;
      if (row < block->first || row >= block->end) continue;
      const char *record = (const char *)record_of(rows, row);
      for (size_t i = 0; i < rows->codes->fine_bytes; i += CODES_FINE_UNIT) __builtin_prefetch(record + i);
      out->rows[out->count] = row;
      out->bounds[out->count++] = bounds[g][lane];
    }
  }
}

/* Those of the rows that the fine codes cannot rule out either. Their floats, and the norm, are asked for. */
static void sieve_fine(const struct exact_plan *plan, const struct scan *scan, float threshold,
                       struct survivors *rows) {
  size_t kept = 0, row_bytes = plan->rows->stride * sizeof(float);
  for (size_t i = 0; i < rows->count; i++) {
    uint32_t row = rows->rows[i];
    if (!sieve_passes(&scan->sieve, plan->kernel, plan->rows->codes->fine_bytes, record_of(plan->rows, row),
                      rows->bounds[i], threshold))
      continue;
    const char *floats = (const char *)rows_at(plan->rows, row);
    for (size_t at = 0; at < row_bytes; at += CACHE_LINE) __builtin_prefetch(floats + at);
    __builtin_prefetch(rows_norm_at(plan->rows, row));
    rows->rows[kept++] = row;
  }
  rows->count = kept;
}

static void sieve_block(struct exact_plan *plan, struct scan *scan, const struct block *block, struct topk *top) {
  struct survivors left;
  sieve_coarse(plan, scan, block, threshold_of(scan, top), &left);
  sieve_fine(plan, scan, threshold_of(scan, top), &left);
  if (left.count == 0) return;
  for (size_t i = 0, run; i < left.count; i += run) {
    for (run = 1; run < BLOCK_ROWS_MAX && i + run < left.count && left.rows[i + run] == left.rows[i] + run;) run++;
    compare_block(plan, scan, left.rows[i], run, top);
  }
  raise_floor(scan, threshold_of(scan, top));
  atomic_fetch_add_explicit(&plan->compared, left.count, memory_order_relaxed);
}

/* ---- the whole ---- */

/* Rows from `first` to `end` - 1, all of the slab that begins with `slab_start`. Blocks grow: before the first has been
 * compared, nothing can be ruled out. */
static void scan_codes(struct exact_plan *plan, uint32_t slab_start, uint32_t first, uint32_t end, struct topk *tops) {
  uint32_t last = codes_groups(end - slab_start), length = 1;
  struct block block = {.slab_start = slab_start, .first = first, .end = end};
  for (uint32_t group = (first - slab_start) / CODES_GROUP; group < last; group += block.group_count) {
    block.first_group = group;
    block.group_count = last - group < length ? last - group : length;
    for (size_t i = 0; i < plan->count; i++) sieve_block(plan, &plan->scans[i], &block, &tops[i]);
    if (length < BLOCK_GROUPS) length *= 2;
  }
}

static void scan_rows(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops) {
  uint32_t length = rows_of_block(plan->rows);
  for (uint32_t row = first; row < end; row += length) {
    uint32_t count = end - row < length ? end - row : length;
    for (size_t i = 0; i < plan->count; i++) compare_block(plan, &plan->scans[i], row, count, &tops[i]);
  }
  atomic_fetch_add_explicit(&plan->compared, (uint64_t)(end - first) * plan->count, memory_order_relaxed);
}

void exact_plan_scan(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops) {
  const struct rows *rows = plan->rows;
  for (uint32_t row = first; row < end;) {
    uint32_t slab = row >> rows->slab_shift, start = slab << rows->slab_shift;
    uint32_t slab_end = start + rows_in_slab(rows, slab), stop = end < slab_end ? end : slab_end;
    if (rows->codes)
      scan_codes(plan, start, row, stop, tops);
    else
      scan_rows(plan, row, stop, tops);
    row = stop;
  }
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
  if (!plan->scans || !plan->excluded || !plan->values) {
    exact_plan_free(plan);
    return STATUS_NO_MEMORY;
  }
  atomic_init(&plan->compared, 0);
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
