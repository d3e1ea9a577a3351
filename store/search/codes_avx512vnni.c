/* Codes for x86-64 with AVX-512 VNNI: sixteen rows a register, four dimensions an instruction. */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "store/search/kernel_forms.h"

enum { QUADS = CODES_COARSE / CODES_QUAD };

static inline __m512i quad_of(const int8_t *codes) {
  int32_t four;
  memcpy(&four, codes, sizeof four);
  return _mm512_set1_epi32(four);
}

void coarse_avx512vnni(const struct kernel_coarse *query, const struct codes_coarse *groups, size_t count,
                       float (*bounds)[CODES_GROUP], uint16_t *survivors) {
  __m512i quads[QUADS];
  for (size_t i = 0; i < QUADS; i++) quads[i] = quad_of(query->codes + i * CODES_QUAD);
  const __m512 start = _mm512_set1_ps(query->start), step = _mm512_set1_ps(query->step);
  const __m512 error = _mm512_set1_ps(query->error), far = _mm512_set1_ps(query->far);
  const __m512 threshold = _mm512_set1_ps(query->threshold);
  for (size_t g = 0; g < count; g++) {
    const struct codes_coarse *group = &groups[g];
    const char *ahead = (const char *)group + KERNEL_AHEAD_BYTES;
    __m512i even = _mm512_set1_epi32(query->offset), odd = _mm512_setzero_si512();
    for (size_t i = 0; i < sizeof *group; i += 64) _mm_prefetch(ahead + i, _MM_HINT_T0);
#pragma GCC unroll 4
    for (size_t i = 0; i < QUADS; i += 2) {
      even = _mm512_dpbusd_epi32(even, _mm512_loadu_si512(group->codes[i]), quads[i]);
      odd = _mm512_dpbusd_epi32(odd, _mm512_loadu_si512(group->codes[i + 1]), quads[i + 1]);
    }
    __m512 sum = _mm512_cvtepi32_ps(_mm512_add_epi32(even, odd));
    __m512 part = _mm512_mul_ps(_mm512_loadu_ps(group->scale), _mm512_add_ps(_mm512_mul_ps(step, sum), error));
    __m512 bound = _mm512_add_ps(_mm512_add_ps(_mm512_loadu_ps(group->base), start), part);
    __m512 most = _mm512_add_ps(bound, _mm512_mul_ps(_mm512_loadu_ps(group->rest), far));
    _mm512_storeu_ps(bounds[g], bound);
    survivors[g] = (uint16_t)_mm512_cmp_ps_mask(most, threshold, _CMP_GE_OQ);
  }
}

int32_t fine_avx512vnni(const int8_t *query, const uint8_t *record, size_t bytes) {
  __m512i sums = _mm512_setzero_si512();
  for (size_t i = 0; i < bytes; i += 64)
    sums = _mm512_dpbusd_epi32(sums, _mm512_loadu_si512(record + i), _mm512_loadu_si512(query + i));
  return _mm512_reduce_add_epi32(sums);
}

#endif
