/* The kernel for x86-64 with AVX2 and FMA: sixteen lanes in four registers of four float64. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "store/matrix/rows.h"
#include "store/search/kernel_forms.h"

/* The lanes of one row's dot product: 0-3, 4-7, 8-11 and 12-15. */
struct lanes {
  __m256d a, b, c, d;
};

static inline __m256d add_four(__m256d sums, __m256d query, const float *row) {
  return _mm256_fmadd_pd(query, _mm256_cvtps_pd(_mm_loadu_ps(row)), sums);
}

static inline void add_sixteen(struct lanes *lanes, const double *query, const float *row) {
  _mm_prefetch((const char *)row + KERNEL_AHEAD_BYTES, _MM_HINT_T0);
  lanes->a = add_four(lanes->a, _mm256_loadu_pd(query), row);
  lanes->b = add_four(lanes->b, _mm256_loadu_pd(query + 4), row + 4);
  lanes->c = add_four(lanes->c, _mm256_loadu_pd(query + 8), row + 8);
  lanes->d = add_four(lanes->d, _mm256_loadu_pd(query + 12), row + 12);
}

/* The last 0, 4, 8 or 12 floats. */
static inline void add_tail(struct lanes *lanes, const double *query, const float *row, uint32_t tail) {
  if (tail > 0) lanes->a = add_four(lanes->a, _mm256_loadu_pd(query), row);
  if (tail > 4) lanes->b = add_four(lanes->b, _mm256_loadu_pd(query + 4), row + 4);
  if (tail > 8) lanes->c = add_four(lanes->c, _mm256_loadu_pd(query + 8), row + 8);
}

static inline double sum_of(struct lanes lanes) {
  __m256d four = _mm256_add_pd(_mm256_add_pd(lanes.a, lanes.c), _mm256_add_pd(lanes.b, lanes.d));
  __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

static double one_row(const double *query, const float *row, uint32_t stride) {
  struct lanes lanes = {0};
  uint32_t i = 0;
  for (; i + ROWS_DOT_LANES <= stride; i += ROWS_DOT_LANES) add_sixteen(&lanes, query + i, row + i);
  add_tail(&lanes, query + i, row + i, stride - i);
  return sum_of(lanes);
}

static void two_rows(const double *query, const float *row, uint32_t stride, double *dots) {
  const float *next = row + stride;
  struct lanes first = {0}, second = {0};
  uint32_t i = 0;
  for (; i + ROWS_DOT_LANES <= stride; i += ROWS_DOT_LANES) {
    add_sixteen(&first, query + i, row + i);
    add_sixteen(&second, query + i, next + i);
  }
  add_tail(&first, query + i, row + i, stride - i);
  add_tail(&second, query + i, next + i, stride - i);
  dots[0] = sum_of(first);
  dots[1] = sum_of(second);
}

void dots_avx2(const double *query, const float *rows, uint32_t stride, size_t count, double *dots) {
  size_t i = 0;
  for (; i + 2 <= count; i += 2) two_rows(query, rows + i * stride, stride, dots + i);
  if (i < count) dots[i] = one_row(query, rows + i * stride, stride);
}

#endif
