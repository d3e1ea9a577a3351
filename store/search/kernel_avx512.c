/* The kernel for x86-64 with AVX-512 (F, VL, DQ, BW): sixteen lanes in two registers of eight float64. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "store/matrix/rows.h"
#include "store/search/kernel_forms.h"

/* The lanes of one row's dot product: 0-7 and 8-15. */
struct lanes {
  __m512d low, high;
};

static inline void add_sixteen(struct lanes *lanes, __m512d low, __m512d high, const float *row) {
  _mm_prefetch((const char *)row + KERNEL_AHEAD_BYTES, _MM_HINT_T0);
  lanes->low = _mm512_fmadd_pd(low, _mm512_cvtps_pd(_mm256_loadu_ps(row)), lanes->low);
  lanes->high = _mm512_fmadd_pd(high, _mm512_cvtps_pd(_mm256_loadu_ps(row + 8)), lanes->high);
}

/* The last 0, 4, 8 or 12 floats: what the masks leave out is neither read nor summed, it counts as +0. */
struct tail {
  __mmask8 low_mask, high_mask;
  __m512d low, high; /* of the query */
};

static inline struct tail tail_of(const double *query, uint32_t length) {
  uint32_t mask = (1u << length) - 1;
  struct tail tail = {.low_mask = (__mmask8)(mask & 0xFF), .high_mask = (__mmask8)(mask >> 8)};
  tail.low = _mm512_maskz_loadu_pd(tail.low_mask, query);
  tail.high = _mm512_maskz_loadu_pd(tail.high_mask, query + 8);
  return tail;
}

static inline void add_tail(struct lanes *lanes, const struct tail *tail, const float *row) {
  __m256 low = _mm256_maskz_loadu_ps(tail->low_mask, row);
  __m256 high = _mm256_maskz_loadu_ps(tail->high_mask, row + 8);
  lanes->low = _mm512_fmadd_pd(tail->low, _mm512_cvtps_pd(low), lanes->low);
  lanes->high = _mm512_fmadd_pd(tail->high, _mm512_cvtps_pd(high), lanes->high);
}

static inline double sum_of(struct lanes lanes) {
  __m512d eight = _mm512_add_pd(lanes.low, lanes.high);
  __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd(eight, 1));
  __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

static double one_row(const double *query, const float *row, uint32_t stride) {
  struct lanes lanes = {0};
  uint32_t i = 0;
  for (; i + ROWS_DOT_LANES <= stride; i += ROWS_DOT_LANES)
    add_sixteen(&lanes, _mm512_loadu_pd(query + i), _mm512_loadu_pd(query + i + 8), row + i);
  struct tail tail = tail_of(query + i, stride - i);
  add_tail(&lanes, &tail, row + i);
  return sum_of(lanes);
}

static void four_rows(const double *query, const float *row0, uint32_t stride, double *dots) {
  const float *row1 = row0 + stride, *row2 = row1 + stride, *row3 = row2 + stride;
  struct lanes lanes0 = {0}, lanes1 = {0}, lanes2 = {0}, lanes3 = {0};
  uint32_t i = 0;
  for (; i + ROWS_DOT_LANES <= stride; i += ROWS_DOT_LANES) {
    __m512d low = _mm512_loadu_pd(query + i), high = _mm512_loadu_pd(query + i + 8);
    add_sixteen(&lanes0, low, high, row0 + i);
    add_sixteen(&lanes1, low, high, row1 + i);
    add_sixteen(&lanes2, low, high, row2 + i);
    add_sixteen(&lanes3, low, high, row3 + i);
  }
  struct tail tail = tail_of(query + i, stride - i);
  add_tail(&lanes0, &tail, row0 + i);
  add_tail(&lanes1, &tail, row1 + i);
  add_tail(&lanes2, &tail, row2 + i);
  add_tail(&lanes3, &tail, row3 + i);
  dots[0] = sum_of(lanes0);
  dots[1] = sum_of(lanes1);
  dots[2] = sum_of(lanes2);
  dots[3] = sum_of(lanes3);
}

void dots_avx512(const double *query, const float *rows, uint32_t stride, size_t count, double *dots) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) four_rows(query, rows + i * stride, stride, dots + i);
  for (; i < count; i++) dots[i] = one_row(query, rows + i * stride, stride);
}

#endif
