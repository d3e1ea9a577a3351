/* What padding a batch of rows of different lengths must give, computed by the tests themselves: the semantics of
 * Keras' pad_sequences (with post as the default of both sides), then the rows. */
#ifndef WORDVEC_TESTS_SUPPORT_PADDING_H
#define WORDVEC_TESTS_SUPPORT_PADDING_H

#include <jansson.h>
#include <stddef.h>

#include "tests/support/fixture.h"

struct padded {
  size_t shape[3]; /* sequences, length, dim */
  float *floats;   /* [shape[0]][shape[1]][shape[2]] */
  long long *rows; /* [shape[0]][shape[1]]: the row of a cell; -1: padding */
};

/* `request` is a body of POST /lookup with two-dimensional "indices" and any of maxlen, padding, truncating, value and
 * pad_index. */
void padded_of(struct padded *padded, const struct fixture *fixture, const json_t *request);
void padded_release(struct padded *padded);

/* Fails unless the JSON answer has this shape, these floats, mask and lengths. */
void expect_padded(const json_t *answer, const struct padded *padded);

#endif
