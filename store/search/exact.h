/* Exact nearest neighbours by cosine: the answer is that of comparing every row, ties to the lower row. Where the rows
 * have codes, those tell which rows need no comparing. */
#ifndef WORDVEC_STORE_SEARCH_EXACT_H
#define WORDVEC_STORE_SEARCH_EXACT_H

#include "store/matrix/rows.h"
#include "store/search/kernel.h"
#include "store/search/topk.h"

struct exact_query {
  const float *vector;      /* [dim], finite */
  size_t k;                 /* at least 1 */
  const uint32_t *excluded; /* rows that may not be in the answer, in any order, repeats allowed */
  size_t excluded_count;
};

/* Answers queries[0 … count-1] in one pass over the rows: hits[i] has room for queries[i].k hits and is filled best
 * first with found[i] = min(k, rows not excluded) of them. The similarity is rows_cosine() of rows_dot() and the two
 * norms. STATUS_NO_MEMORY; nothing else can fail. Thread-safe: it shares nothing. */
enum status exact_search(const struct kernel *kernel, const struct rows *rows, const struct exact_query *queries,
                         size_t count, struct hit *const *hits, size_t *found) MUST_USE;

/* The same in pieces, for a caller with threads. A plan holds queries made ready; threads scan parts of the rows for
 * all of them at a time, each into tops of its own, and tell each other through the plan how good a row must be. When
 * every part has been scanned once, in whatever order, the tops merged and sorted are the answer. */
struct exact_plan;

/* How many queries a plan over these rows should hold at most, to stay within some MiB. */
size_t exact_plan_most(const struct rows *rows);

/* Takes copies of what it needs, vectors included; count is at least 1. STATUS_NO_MEMORY. */
enum status exact_plan_new(const struct kernel *kernel, const struct rows *rows, const struct exact_query *queries,
                           size_t count, struct exact_plan **out) MUST_USE;
void exact_plan_free(struct exact_plan *plan); /* NULL is allowed */

/* Scans rows `first` to `end` - 1. tops[i], with the k of query i, belongs to the calling thread, which may use it for
 * several parts. Parts that begin on multiples of CODES_GROUP waste nothing. Thread-safe. */
void exact_plan_scan(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops);

/* How many rows have been compared, over all queries so far: for those who measure. */
uint64_t exact_plan_compared(const struct exact_plan *plan);

/* Adds the hits of `from` to `into`. */
void exact_merge(struct topk *into, const struct topk *from);

#endif
