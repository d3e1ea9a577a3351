/* Where the rows of a matrix lie: their centre, and the orthonormal axes along which they spread most. */
#ifndef WORDVEC_STORE_SEARCH_CODES_AXES_H
#define WORDVEC_STORE_SEARCH_CODES_AXES_H

#include "store/matrix/codes.h"
#include "store/matrix/rows.h"
#include "store/search/kernel.h"

/* The mean of (a sample of) the rows at length 1 into centre[stride], and `count` <= dim axes into
 * axes[count][stride], by falling spread; spread[k] is the part of the rows' mean square distance from the centre that
 * lies along axis k. STATUS_NO_MEMORY. */
enum status codes_axes(const struct kernel *kernel, const struct rows *rows, uint32_t count, float *centre, float *axes,
                       double *spread) MUST_USE;

#endif
