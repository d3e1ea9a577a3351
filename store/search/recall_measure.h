/* Measures how much of the exact answer a graph finds, for a ladder of widths. */
#ifndef WORDVEC_STORE_SEARCH_RECALL_MEASURE_H
#define WORDVEC_STORE_SEARCH_RECALL_MEASURE_H

#include "store/matrix/recall.h"
#include "store/search/graph_search.h"

enum { RECALL_SAMPLE = 500 }; /* queries: by chance, recall@10 of 0.99 is off by some 0.002 */

struct recall_options {
  unsigned threads;                                             /* at least 1 */
  uint32_t queries;                                             /* to ask; 0 is RECALL_SAMPLE */
  void (*progress)(void *context, uint32_t done, uint32_t all); /* may be NULL */
  void *context;
};

/* Asks queries, no more than there are rows: rows spread over the matrix, and as many sums a - b + c of rows as
 * analogies ask for, with the rows that make up a query kept out of its answer. The same rows give the same table,
 * whatever the threads; shares are rounded down to four digits. STATUS_NO_MEMORY. */
enum status recall_measure(const struct graph_index *index, const struct recall_options *options,
                           struct recall_table *out) MUST_USE;

#endif
