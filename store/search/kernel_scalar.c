/* The kernel in plain C: runs everywhere, valgrind included. It is rows_dot() over a widened query, arranged so that
 * compilers keep the lanes in registers. */
#include "store/matrix/rows.h"
#include "store/search/kernel_forms.h"

static inline double sum_of(double lane[ROWS_DOT_LANES]) {
  for (uint32_t half = ROWS_DOT_LANES / 2; half > 0; half /= 2)
    for (uint32_t j = 0; j < half; j++) lane[j] += lane[j + half];
  return lane[0];
}

/* Unrolled, gcc's -O2 packs the lanes into SSE2 or NEON registers: 422,295 rows of 300 floats in 52 ms instead of
 * 150. */
static double dot(const double *query, const float *row, uint32_t stride) {
  double lane[ROWS_DOT_LANES] = {0};
  uint32_t i = 0;
  for (; i + ROWS_DOT_LANES <= stride; i += ROWS_DOT_LANES) {
    __builtin_prefetch((const char *)(row + i) + KERNEL_AHEAD_BYTES);
#pragma GCC unroll 16
    for (uint32_t j = 0; j < ROWS_DOT_LANES; j++) lane[j] += query[i + j] * (double)row[i + j];
  }
  for (uint32_t j = 0; i + j < stride; j++) lane[j] += query[i + j] * (double)row[i + j];
  return sum_of(lane);
}

void dots_scalar(const double *query, const float *rows, uint32_t stride, size_t count, double *dots) {
  for (size_t i = 0; i < count; i++) dots[i] = dot(query, rows + i * stride, stride);
}
