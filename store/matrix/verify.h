/* Every invariant of an open store file, beyond what model_open() checks to be safe. */
#ifndef WORDVEC_STORE_MATRIX_VERIFY_H
#define WORDVEC_STORE_MATRIX_VERIFY_H

#include <stdbool.h>

#include "store/matrix/codes_map.h"
#include "store/matrix/model.h"

struct verify_options {
  unsigned threads;      /* at least 1 */
  codes_dots_type *dots; /* a faster one than verify's own, or NULL: most of the time goes into checking codes */
};

/* Checks each row (finite, padding zero, norm as recomputed, codes that keep what codes.h promises), each word (found
 * under its row, unique, keys in order and none left over; by its folded form, the lowest row that has it), the rows of
 * subwords as subwords_verify() does, the mean, the digest, and the graph as graph_verify() does. What a file does not
 * keep is passed over, and so are folded forms that were made with another version of Unicode: verify_folds() says
 * whether they are checked. STATUS_OK, or STATUS_DAMAGED with the first broken invariant in *problem. */
enum status verify_model(const struct model *model, const struct verify_options *options,
                         struct problem *problem) MUST_USE;

bool verify_folds(const struct model *model);

#endif
