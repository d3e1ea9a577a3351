/* Reads binary answers: the .npy format, version 1.0 to 3.0 (NumPy Enhancement Proposal 1), and bare floats. */
#ifndef WORDVEC_TESTS_SUPPORT_NPY_H
#define WORDVEC_TESTS_SUPPORT_NPY_H

#include <stddef.h>

#include "tests/support/http_client.h"

/* Fails unless the answer is a 200 with a .npy of little-endian float32 in C order, of that shape and with exactly
 * these floats behind a header that ends on a multiple of 64 bytes. */
void expect_npy(const struct answer *answer, const size_t *shape, size_t dimensions, const float *floats);

/* Fails unless the answer is a 200 with bare floats, X-Shape `shape` ("2,4,5") and X-Dtype float32. */
void expect_bare_floats(const struct answer *answer, const char *shape, const float *floats, size_t count);

#endif
