/* What recall a model's graph was measured to have, so that a client may ask for a recall and not for the width of a
 * walk through a graph. */
#ifndef WORDVEC_STORE_MATRIX_RECALL_H
#define WORDVEC_STORE_MATRIX_RECALL_H

#include <stddef.h>
#include <stdint.h>

enum { RECALL_STEPS_MAX = 16 };

/* The share of the exact answer's rows, 0 … 1, found by walks of that width: the mean over the sample. A row as near as
 * the last of the exact answer counts as found. */
struct recall_step {
  uint32_t width;
  double at_1, at_10, at_100;
};

struct recall_table {
  uint32_t queries; /* that were asked */
  uint32_t count;   /* of steps, in ascending width */
  struct recall_step steps[RECALL_STEPS_MAX];
};

/* The smallest width that reached `wanted` for answers of `k` rows. NULL when none did: only exact search will do. */
const struct recall_step *recall_cheapest(const struct recall_table *table, size_t k, double wanted);

/* The width to search with for a step that was found so: it is the step's own, but for answers of more than 100 rows,
 * for which nothing was measured, as much wider as they are longer. */
uint32_t recall_width(const struct recall_step *step, size_t k);

/* What a step reached for answers of `k` rows: of the columns, the first for at least as many; more than 100 take the
 * last. */
double recall_of(const struct recall_step *step, size_t k);

#endif
