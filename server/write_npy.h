/* Typed results as binary: a .npy file of format version 1.0 (NumPy's documentation, "numpy.lib.format"), or its floats
 * alone. Little-endian in C order: float32 of vectors, float64 of similarities. */
#ifndef WORDVEC_SERVER_WRITE_NPY_H
#define WORDVEC_SERVER_WRITE_NPY_H

#include "server/call.h"
#include "server/representation.h"
#include "server/result_similarity.h"
#include "store/bytes.h"

/* Appends the vector of a row, as REPRESENTATION_NPY or REPRESENTATION_OCTETS; the shape of the latter goes to `shape`,
 * "50". Fails as bytes_reserve() does. */
enum status write_npy_row(struct bytes *out, enum representation representation, const struct row_result *result,
                          char shape[SHAPE_TEXT]) MUST_USE;

/* What comes before the floats of a matrix [count][dim]: `out` gets the head of a .npy file, or nothing for
 * REPRESENTATION_OCTETS, whose shape goes to `shape`. Returns its length. */
enum { WRITE_NPY_HEAD = 256 };
size_t write_npy_head(char out[WRITE_NPY_HEAD], enum representation representation, size_t count, size_t dim,
                      char shape[SHAPE_TEXT]);

/* "exact=998, zero=2": how many words were found how. */
void write_npy_sources(const size_t counts[FOUND_COUNT], char out[REPLY_SOURCES]);

/* Appends a grid, of which every cell has a vector; shape "2,4,50". */
enum status write_npy_grid(struct bytes *out, enum representation representation, const struct grid_result *result,
                           char shape[SHAPE_TEXT]) MUST_USE;

/* Appends similarities, none of them NaN, as float64; shape "2,25000", or "3" of pairs. */
enum status write_npy_similarities(struct bytes *out, enum representation representation,
                                   const struct similarities_result *result, char shape[SHAPE_TEXT]) MUST_USE;

#endif
