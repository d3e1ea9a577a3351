/* Every invariant of an open store file, beyond what model_open() checks to be safe. */
#ifndef WORDVEC_STORE_MATRIX_VERIFY_H
#define WORDVEC_STORE_MATRIX_VERIFY_H

#include "store/matrix/model.h"

/* Checks each row (finite, padding zero, norm as recomputed, codes that keep what
 * codes.h promises), each word (found under its row, unique, keys in order
 * and none left over) and the digest. STATUS_OK, or STATUS_DAMAGED with the first broken invariant in *problem. */
enum status verify_model(const struct model *model, struct problem *problem) MUST_USE;

#endif
