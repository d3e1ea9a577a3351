/* Bodies that are arrays: application/x-npy, on routes that take numbers by the thousands. What else a request says
 * stands in its query string. */
#ifndef WORDVEC_SERVER_REQUEST_NPY_H
#define WORDVEC_SERVER_REQUEST_NPY_H

#include <stdbool.h>
#include <stdint.h>

#include "server/reading.h"
#include "store/npy_header.h"

/* An array of one dimension or two, wholly there. */
struct npy_array {
  struct npy_header header;
  const unsigned char *items;
};

/* Takes the body as an array; `name` is what stands for it in pointers: "indices". False, and noted in the reading: 400
 * for what is no whole .npy file, 422 for types and shapes that are not read. */
bool request_npy(struct reading *reading, const char *name, struct npy_array *out);

/* How many lines it has, one when it has one dimension, and how many items each. */
size_t npy_array_lines(const struct npy_array *array);
size_t npy_array_width(const struct npy_array *array);

/* Its floats, line by line, [lines * width], in memory of the reading; NULL: noted there, as when it is not of floats.
 */
float *npy_array_floats(struct reading *reading, const char *name, const struct npy_array *array);

/* The item at [line][column] of an array of integers; false when it is above INT64_MAX. */
bool npy_array_integer(const struct npy_array *array, size_t line, size_t column, int64_t *out);

/* Whether it is of integers; else that is noted in the reading. */
bool npy_array_is_integers(struct reading *reading, const char *name, const struct npy_array *array);

#endif
