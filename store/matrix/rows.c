/* The reference definition of the dot product; search/kernel_*.c are the fast forms of it. */
#include "store/matrix/rows.h"

#include <math.h>

double rows_dot(const float *a, const float *b, uint32_t dim) {
  double lane[ROWS_DOT_LANES] = {0};
  /* Moving the pointers, and not adding to an index that may wrap, lets compilers see that the loads are contiguous. */
  for (; dim >= ROWS_DOT_LANES; dim -= ROWS_DOT_LANES, a += ROWS_DOT_LANES, b += ROWS_DOT_LANES)
    for (uint32_t j = 0; j < ROWS_DOT_LANES; j++) lane[j] += (double)a[j] * (double)b[j];
  for (uint32_t j = 0; j < dim; j++) lane[j] += (double)a[j] * (double)b[j];
  for (uint32_t half = ROWS_DOT_LANES / 2; half > 0; half /= 2)
    for (uint32_t j = 0; j < half; j++) lane[j] += lane[j + half];
  return lane[0];
}

double rows_norm_of(const float *a, uint32_t dim) {
  return sqrt(rows_dot(a, a, dim));
}
