/* Codes in the store file (../FORMAT.md, keys a, c and f): written from codes.h's struct, and back into it. */
#ifndef WORDVEC_STORE_MATRIX_CODES_MAP_H
#define WORDVEC_STORE_MATRIX_CODES_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "store/matrix/codes.h"
#include "store/matrix/lmdb.h"
#include "store/matrix/rows.h"
#include "store/status.h"

/* The value of the key a, less its lead: how long it is for rows of that stride, and its bytes. */
size_t codes_axes_length(const struct codes *codes, uint32_t stride);
void codes_axes_write(const struct codes *codes, uint32_t stride, unsigned char *out);

/* The codes of `rows`, checked as far as a search needs to be safe; *out is NULL when the file has none. Borrows from
 * the map. STATUS_DAMAGED, STATUS_NO_MEMORY. */
enum status codes_map(const struct lmdb *lmdb, const struct rows *rows, const char *file, struct problem *problem,
                      struct codes **out) MUST_USE;
void codes_unmap(struct codes *codes); /* NULL is allowed */

/* dots[i] = the dot product of w and rows[i], for i < count, as kernel->dots() of search/kernel.h computes them. */
typedef void codes_dots_type(const double *w, const float *rows, uint32_t stride, size_t count, double *dots);

/* Whether the axes are as orthonormal as the codes say, and whether the codes of one row keep what codes.h promises:
 * for verify, and for tests. `dots` may be NULL for a plain one. */
bool codes_axes_hold(const struct rows *rows);
bool codes_row_holds(const struct rows *rows, uint32_t row, codes_dots_type *dots);

#endif
