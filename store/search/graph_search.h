/* Approximate nearest neighbours by cosine: a walk through the graph finds candidates, exact similarities rank them. */
#ifndef WORDVEC_STORE_SEARCH_GRAPH_SEARCH_H
#define WORDVEC_STORE_SEARCH_GRAPH_SEARCH_H

#include "store/matrix/graph.h"
#include "store/matrix/rows.h"
#include "store/search/kernel.h"
#include "store/search/topk.h"

/* What is searched: nothing of it is changed, any number of threads may share it. */
struct graph_index {
  struct graph graph;
  const struct rows *rows; /* those that the graph was built over */
  const struct kernel *kernel;
};

struct graph_query {
  const float *vector;      /* [dim], finite */
  size_t k;                 /* at least 1 */
  uint32_t width;           /* of the walk: what is found and how long it takes grow with it; at least k is used */
  const uint32_t *excluded; /* rows that may not be in the answer, in any order, repeats allowed */
  size_t excluded_count;
};

/* What a search works in: one for each thread, kept from search to search. */
struct graph_scratch;

enum status graph_scratch_new(const struct graph_index *index, struct graph_scratch **out) MUST_USE;
void graph_scratch_free(struct graph_scratch *scratch); /* NULL is allowed */

/* Fills hits, which has room for query->k, best first, and *found with how many: k, or as many as there are rows not
 * excluded. Similarities are exact, rows_cosine() of rows_dot() and the norms, and ties go to the lower row; only which
 * rows they are is approximate. The same query has the same answer every time. STATUS_NO_MEMORY. */
enum status graph_search(const struct graph_index *index, const struct graph_query *query,
                         struct graph_scratch *scratch, struct hit *hits, size_t *found) MUST_USE;

#endif
