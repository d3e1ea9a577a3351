/* Exact nearest neighbours by cosine, or by a product of cosines: the answer is that of comparing every row that may be
 * in it, ties to the lower row. Where the rows have codes, those tell which rows need no comparing. */
#ifndef WORDVEC_STORE_SEARCH_EXACT_H
#define WORDVEC_STORE_SEARCH_EXACT_H

#include "store/matrix/rows.h"
#include "store/search/cosmul.h"
#include "store/search/kernel.h"
#include "store/search/topk.h"

/* Which rows may be in an answer where not all may: rows first to end - 1, and of those only candidates when there are
 * any. What lies outside is not compared. */
struct exact_scope {
  uint32_t first, end;
  const uint32_t *candidates; /* ascending, without repeats, below the row count; NULL: every row of the range */
  size_t candidate_count;
  double least;    /* the similarity that a row must have; -INFINITY: any */
  uint64_t *count; /* NULL, or gets how many rows might be in the answer, were its k large enough */
};

struct exact_query {
  const float *vector;      /* [dim], finite; unused where there is a product */
  size_t k;                 /* at least 1 */
  const uint32_t *excluded; /* rows that may not be in the answer, in any order, repeats allowed */
  size_t excluded_count;
  const struct exact_scope *scope; /* NULL: every row may be in the answer */
  const struct cosmul *product;    /* what is compared is its score; NULL: the cosine with the vector */
};

/* Rows of a join are copied together block by block, into this much room. */
enum { EXACT_JOIN_DIM_MOST = 16384 };

/* Answers queries[0 … count-1] in one pass over the rows: hits[i] has room for queries[i].k hits and is filled best
 * first with found[i] = min(k, rows that may be in it) of them. The similarity is rows_cosine() of rows_dot() and the
 * two norms. Of a join dim is at most EXACT_JOIN_DIM_MOST. STATUS_NO_MEMORY; nothing else can fail. Thread-safe: it
 * shares nothing. */
enum status exact_search(const struct kernel *kernel, const struct rows *rows, const struct exact_query *queries,
                         size_t count, struct hit *const *hits, size_t *found) MUST_USE;

/* The same in pieces, for a caller with threads. A plan holds queries made ready; threads scan parts of the rows for
 * all of them at a time, each into tops of its own, and tell each other through the plan how good a row must be. When
 * every part has been scanned once, in whatever order, the tops merged and sorted are the answer. */
struct exact_plan;

/* How many queries a plan over these rows should hold at most, to stay within some MiB. */
size_t exact_plan_most(const struct rows *rows);

/* As how many queries one counts there: each vector of a product takes the memory and the time of a query. */
static inline size_t exact_query_weight(const struct exact_query *query) {
  return query->product ? query->product->count : 1;
}

/* Takes copies of what it needs, vectors included, but for candidates, which must outlive the plan; count is at least
 * 1. STATUS_NO_MEMORY. */
enum status exact_plan_new(const struct kernel *kernel, const struct rows *rows, const struct exact_query *queries,
                           size_t count, struct exact_plan **out) MUST_USE;
void exact_plan_free(struct exact_plan *plan); /* NULL is allowed */

/* The rows that are to be scanned: all, or as many as lie between the ends of the queries' scopes. */
struct exact_extent {
  uint32_t first, end; /* the first on a multiple of EXACT_UNIT */
};
struct exact_extent exact_plan_extent(const struct exact_plan *plan);

/* Scans rows `first` to `end` - 1 of that extent. tops[i], with the k of query i, belongs to the calling thread, which
 * may use it for several parts. Parts that begin on multiples of EXACT_UNIT waste nothing. Thread-safe. */
enum { EXACT_UNIT = 64 * CODES_GROUP };
void exact_plan_scan(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops);

/* Tells those whose scopes ask for it how many rows there are, when everything has been scanned; `queries` are those
 * that the plan was made of. */
void exact_plan_tell(const struct exact_plan *plan, const struct exact_query *queries);

/* How many rows have been compared, over all queries so far: for those who measure. */
uint64_t exact_plan_compared(const struct exact_plan *plan);

/* Adds the hits of `from` to `into`. */
void exact_merge(struct topk *into, const struct topk *from);

#endif
