/* The scan: block after block of rows, each while it is in the cache compared with every query, so that all queries
 * together read the matrix from memory once. */
#include "store/search/exact.h"

#include <stdbool.h>
#include <stdlib.h>

enum {
  BLOCK_BYTES = 64 << 10, /* of rows: well inside a second-level cache, beside some hundred queries */
  BLOCK_ROWS_MAX = 256,   /* bounds the dot products on the stack */
  QUERY_ALIGNMENT = 64,   /* bytes: a query's loads never straddle a cache line */
  PASS_BYTES = 8 << 20    /* of float64 queries: more of them take another pass, so that memory stays bounded */
};

/* One query being answered. */
struct scan {
  const double *values; /* the query as the kernel wants it */
  double norm;
  struct topk topk;
  const uint32_t *excluded; /* ascending */
  size_t excluded_count;
};

/* What a search holds: one scan a query, and the memory they borrow. */
struct search {
  const struct kernel *kernel;
  const struct rows *rows;
  struct scan *scans;
  uint32_t *excluded;
  double *values;     /* [pass_count * values_step] */
  size_t values_step; /* float64 from one query to the next */
  size_t pass_count;  /* queries answered in one pass */
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
static void scan_block(const struct search *search, struct scan *scan, uint32_t first, size_t count) {
  double dots[BLOCK_ROWS_MAX];
  const struct rows *rows = search->rows;
  search->kernel->dots(scan->values, rows_at(rows, first), rows->stride, count, dots);
  for (size_t i = 0; i < count; i++) {
    uint32_t row = first + (uint32_t)i;
    struct hit hit = {.row = row, .similarity = rows_cosine(dots[i], scan->norm, rows_norm(rows, row))};
    if (topk_accepts(&scan->topk, hit) && !is_excluded(scan, row)) topk_offer(&scan->topk, hit);
  }
}

static uint32_t rows_of_block(const struct rows *rows) {
  size_t fit = BLOCK_BYTES / (rows->stride * sizeof(float));
  if (fit > BLOCK_ROWS_MAX) return BLOCK_ROWS_MAX;
  return fit > 0 ? (uint32_t)fit : 1;
}

/* Answers `count` queries in one pass. */
static void scan_rows(const struct search *search, struct scan *scans, size_t count) {
  const struct rows *rows = search->rows;
  uint32_t block = rows_of_block(rows);
  for (uint32_t slab = 0; slab < rows->slab_count; slab++) {
    uint32_t in_slab = rows_in_slab(rows, slab), start = slab << rows->slab_shift;
    for (uint32_t done = 0; done < in_slab; done += block) {
      uint32_t length = in_slab - done < block ? in_slab - done : block;
      for (size_t i = 0; i < count; i++) scan_block(search, &scans[i], start + done, length);
    }
  }
}

static void load_query(const struct search *search, size_t place, const struct exact_query *query, struct scan *scan) {
  const struct rows *rows = search->rows;
  double *values = search->values + place * search->values_step;
  for (uint32_t i = 0; i < rows->dim; i++) values[i] = query->vector[i];
  for (size_t i = rows->dim; i < search->values_step; i++) values[i] = 0.0;
  scan->values = values;
  scan->norm = rows_norm_of(query->vector, rows->dim);
}

static void load_excluded(struct search *search, const struct exact_query *queries, size_t count) {
  uint32_t *next = search->excluded;
  for (size_t i = 0; i < count; i++) {
    struct scan *scan = &search->scans[i];
    scan->excluded = next;
    scan->excluded_count = queries[i].excluded_count;
    for (size_t j = 0; j < queries[i].excluded_count; j++) *next++ = queries[i].excluded[j];
    if (scan->excluded_count > 1) qsort(next - scan->excluded_count, scan->excluded_count, sizeof *next, compare_rows);
  }
}

static void release(struct search *search) {
  free(search->scans);
  free(search->excluded);
  free(search->values);
}

/* Allocates everything there is to allocate, so that what follows cannot fail. `count` is at least 1. */
static enum status prepare(struct search *search, const struct exact_query *queries, size_t count) {
  size_t excluded_count = 1; /* never an allocation of nothing */
  for (size_t i = 0; i < count; i++) excluded_count += queries[i].excluded_count;
  size_t unit = QUERY_ALIGNMENT / sizeof(double);
  search->values_step = (search->rows->stride + unit - 1) / unit * unit;
  size_t query_bytes = search->values_step * sizeof(double);
  search->pass_count = query_bytes < PASS_BYTES ? PASS_BYTES / query_bytes : 1;
  if (search->pass_count > count) search->pass_count = count;
  search->scans = calloc(count, sizeof *search->scans);
  search->excluded = calloc(excluded_count, sizeof *search->excluded);
  search->values = aligned_alloc(QUERY_ALIGNMENT, search->pass_count * query_bytes);
  if (search->scans && search->excluded && search->values) return STATUS_OK;
  release(search);
  return STATUS_NO_MEMORY;
}

enum status exact_search(const struct kernel *kernel, const struct rows *rows, const struct exact_query *queries,
                         size_t count, struct hit *const *hits, size_t *found) {
  if (count == 0) return STATUS_OK;
  struct search search = {.kernel = kernel, .rows = rows};
  enum status status = prepare(&search, queries, count);
  if (status != STATUS_OK) return status;
  load_excluded(&search, queries, count);
  for (size_t i = 0; i < count; i++) topk_init(&search.scans[i].topk, hits[i], queries[i].k);
  for (size_t first = 0; first < count; first += search.pass_count) {
    size_t left = count - first;
    size_t length = left < search.pass_count ? left : search.pass_count;
    for (size_t i = 0; i < length; i++) load_query(&search, i, &queries[first + i], &search.scans[first + i]);
    scan_rows(&search, &search.scans[first], length);
  }
  for (size_t i = 0; i < count; i++) {
    topk_sort(&search.scans[i].topk);
    found[i] = search.scans[i].topk.count;
  }
  release(&search);
  return STATUS_OK;
}
