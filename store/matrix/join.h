/* The words that several models have in common, and which rows are theirs: what it takes to search the models as one,
 * whose rows are the concatenations of theirs. The rows themselves stay where they are.
 *
 * A join depends on the models' contents alone: it holds none of them, and fits whoever has the same contents. It is
 * counted, and never changed: any number of threads may read it. */
#ifndef WORDVEC_STORE_MATRIX_JOIN_H
#define WORDVEC_STORE_MATRIX_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/matrix/model.h"
#include "store/matrix/rows.h"

enum { JOIN_MODELS_MOST = 8 };

struct join;

/* Joins `count` models, from 1 to JOIN_MODELS_MOST: each word that all of them have is one row, in the order of the
 * first model's. One pass over the words of each. STATUS_NO_MEMORY, STATUS_DAMAGED. */
enum status join_new(struct model *const *models, size_t count, struct join **out) MUST_USE;
struct join *join_acquire(struct join *join); /* returns its argument */
void join_drop(struct join *join);            /* NULL is allowed */

/* Whether it is what join_new() would make of these models. */
bool join_fits(const struct join *join, struct model *const *models, size_t count);

/* How many bytes it takes. */
size_t join_size(const struct join *join);

/* The joined row of row `first` of the first model; STATUS_NOT_FOUND when the others have no such word. */
enum status join_find(const struct join *join, uint32_t first, uint32_t *row) MUST_USE;

/* The first model's row of joined row `row`. */
uint32_t join_first(const struct join *join, uint32_t row);

/* Joined rows as a search sees them. It points into itself: where it was filled it stays. */
struct join_rows {
  struct rows rows;
  struct rows_join parts;
  const struct rows *part_rows[JOIN_MODELS_MOST];
  const double *norms[1];
};

/* Those of models that the join fits; borrowed from it and from them. */
void join_fill(const struct join *join, struct model *const *models, struct join_rows *out);

#endif
