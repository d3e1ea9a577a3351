/* Exact nearest neighbours by cosine: every row is compared, ties go to the lower row. */
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

#endif
