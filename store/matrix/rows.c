/* The reference definition of the dot product (search/kernel_*.c are the fast forms of it), and of the mean. */
#include "store/matrix/rows.h"

#include <math.h>
#include <string.h>

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

void rows_gather(const struct rows *rows, uint32_t first, size_t count, float *out) {
  for (size_t i = 0; i < count; i++) {
    float *end = out + rows->stride;
    for (size_t p = 0; p < rows->join->count; p++) {
      const struct rows *part = rows->join->parts[p];
      memcpy(out, rows_at(part, rows->join->numbers[p][first + i]), part->dim * sizeof *out);
      out += part->dim;
    }
    while (out < end) *out++ = 0;
  }
}

double rows_norm_of(const float *a, uint32_t dim) {
  return sqrt(rows_dot(a, a, dim));
}

void rows_sum(double *restrict sums, const float *restrict row, uint32_t stride) {
  _Static_assert(ROWS_STRIDE_UNIT == 4, "four at a time");
  /* Written out, as compilers then add them two by two: half the time. */
  for (; stride > 0; stride -= 4, sums += 4, row += 4) {
    sums[0] += (double)row[0];
    sums[1] += (double)row[1];
    sums[2] += (double)row[2];
    sums[3] += (double)row[3];
  }
}

void rows_mean_of(const double *sums, uint64_t count, uint32_t stride, float *mean) {
  for (uint32_t i = 0; i < stride; i++) mean[i] = (float)(sums[i] / (double)count);
}
