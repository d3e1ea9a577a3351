/* How much of the exact answer an index finds, measured against exact search for a ladder of widths, so that a client
 * may ask for a recall and not for a parameter of a graph. */
#ifndef WORDVEC_STORE_SEARCH_RECALL_H
#define WORDVEC_STORE_SEARCH_RECALL_H

#include "store/search/graph_search.h"

enum { RECALL_STEPS = 12, RECALL_SAMPLE = 200 };

/* The share of the exact answer's rows, 0 … 1, found by walks of that width: the mean over the sample. */
struct recall_step {
  uint32_t width;
  double at_1, at_10, at_100;
};

struct recall_table {
  uint32_t queries;                       /* that were asked */
  struct recall_step steps[RECALL_STEPS]; /* ascending widths */
};

/* Asks up to RECALL_SAMPLE queries: rows spread over the matrix, and as many sums a - b + c of rows as analogies ask
 * for, with the rows that make up a query kept out of its answer. The same rows give the same table. A row as near as
 * the last of the exact answer counts as found. STATUS_NO_MEMORY. */
enum status recall_measure(const struct graph_index *index, struct recall_table *out) MUST_USE;

/* The smallest width that reached `wanted` for answers of `k` rows (of the columns, the first for at least as many;
 * more than 100 take the last). NULL when none did: only exact search will do. */
const struct recall_step *recall_cheapest(const struct recall_table *table, size_t k, double wanted);

/* The column of a step for answers of `k` rows. */
double recall_of(const struct recall_step *step, size_t k);

#endif
