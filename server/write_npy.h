/* Typed results as binary: a .npy file of format version 1.0 (NumPy's documentation, "numpy.lib.format"), or its floats
 * alone. Little-endian float32 in C order. */
#ifndef WORDVEC_SERVER_WRITE_NPY_H
#define WORDVEC_SERVER_WRITE_NPY_H

#include "server/representation.h"
#include "server/result.h"
#include "store/bytes.h"

/* Appends the vector of a row, as REPRESENTATION_NPY or REPRESENTATION_OCTETS; the shape of the latter goes to `shape`,
 * "50". Fails as bytes_reserve() does. */
enum status write_npy_row(struct bytes *out, enum representation representation, const struct row_result *result,
                          char shape[SHAPE_TEXT]) MUST_USE;

/* Appends a grid, of which every cell has a vector; shape "2,4,50". */
enum status write_npy_grid(struct bytes *out, enum representation representation, const struct grid_result *result,
                           char shape[SHAPE_TEXT]) MUST_USE;

#endif
