/* Typed results as binary: a .npy file of format version 1.0 (NumPy's documentation, "numpy.lib.format"), or its floats
 * alone. Little-endian float32 in C order. */
#ifndef WORDVEC_SERVER_WRITE_NPY_H
#define WORDVEC_SERVER_WRITE_NPY_H

#include "server/result.h"
#include "store/bytes.h"

/* How the floats go out. */
enum binary_form { BINARY_NPY, BINARY_BARE };

enum { SHAPE_TEXT = 64 };

/* Appends the vector of a row, shape [dim]; the shape goes to `shape` too, as "50". STATUS_LIMIT, STATUS_NO_MEMORY. */
enum status write_npy_row(struct bytes *out, enum binary_form form, const struct row_result *result,
                          char shape[SHAPE_TEXT]) MUST_USE;

/* Appends a grid, of which every cell has a vector; shape "2,4,50". */
enum status write_npy_grid(struct bytes *out, enum binary_form form, const struct grid_result *result,
                           char shape[SHAPE_TEXT]) MUST_USE;

#endif
