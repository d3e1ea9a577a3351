/* Codes in registers of 32 bytes, for codes_avx2.c and codes_avxvnni.c, which differ in one step: each defines before
 * it includes this
 *
 *   static inline __m256i add_products(__m256i sums, __m256i codes, __m256i query)
 *
 * which adds to each of eight sums the four products of its bytes: codes from 0 to 255, query from -127 to 127. */
#if defined(__AVX2__)
#ifndef WORDVEC_STORE_SEARCH_CODES_AVX_H
#define WORDVEC_STORE_SEARCH_CODES_AVX_H

#include <immintrin.h>
#include <string.h>

#include "store/search/kernel_forms.h"

enum { QUADS = CODES_COARSE / CODES_QUAD, HALF = CODES_GROUP / 2 };

static inline __m256i quad_of(const int8_t *codes) {
  int32_t four;
  memcpy(&four, codes, sizeof four);
  return _mm256_set1_epi32(four);
}

/* Eight rows of a group, from lane `first` on: their bounds, and a bit for each that survives. */
static inline unsigned half_group(const struct kernel_coarse *query, const __m256i *quads,
                                  const struct codes_coarse *group, size_t first, float *bounds) {
  __m256i even = _mm256_set1_epi32(query->offset), odd = _mm256_setzero_si256();
#pragma GCC unroll 4
  for (size_t i = 0; i < QUADS; i += 2) {
    even = add_products(even, _mm256_loadu_si256((const __m256i *)group->codes[i][first]), quads[i]);
    odd = add_products(odd, _mm256_loadu_si256((const __m256i *)group->codes[i + 1][first]), quads[i + 1]);
  }
  __m256 sum = _mm256_cvtepi32_ps(_mm256_add_epi32(even, odd));
  __m256 inner = _mm256_add_ps(_mm256_mul_ps(_mm256_set1_ps(query->step), sum), _mm256_set1_ps(query->error));
  __m256 part = _mm256_mul_ps(_mm256_loadu_ps(group->scale + first), inner);
  __m256 base = _mm256_add_ps(_mm256_loadu_ps(group->base + first), _mm256_set1_ps(query->start));
  __m256 bound = _mm256_add_ps(base, part);
  __m256 rest = _mm256_mul_ps(_mm256_loadu_ps(group->rest + first), _mm256_set1_ps(query->far));
  _mm256_storeu_ps(bounds + first, bound);
  __m256 survives = _mm256_cmp_ps(_mm256_add_ps(bound, rest), _mm256_set1_ps(query->threshold), _CMP_GE_OQ);
  return (unsigned)_mm256_movemask_ps(survives) << first;
}

static inline void coarse_groups(const struct kernel_coarse *queries, size_t query_count,
                                 const struct codes_coarse *groups, size_t group_count, struct kernel_bounds *out) {
  for (size_t g = 0; g < group_count; g++) {
    const char *ahead = (const char *)&groups[g] + KERNEL_AHEAD_BYTES;
    for (size_t i = 0; i < sizeof *groups; i += 64) _mm_prefetch(ahead + i, _MM_HINT_T0);
    for (size_t q = 0; q < query_count; q++) {
      float *bounds = out->bounds[g * query_count + q];
      __m256i quads[QUADS];
      for (size_t i = 0; i < QUADS; i++) quads[i] = quad_of(queries[q].codes + i * CODES_QUAD);
      unsigned low = half_group(&queries[q], quads, &groups[g], 0, bounds);
      out->survivors[q][g] = (uint16_t)(low | half_group(&queries[q], quads, &groups[g], HALF, bounds));
    }
  }
}

static inline int32_t fine_record(const int8_t *query, const uint8_t *record, size_t bytes) {
  __m256i even = _mm256_setzero_si256(), odd = even;
  for (size_t i = 0; i < bytes; i += 64) {
    even = add_products(even, _mm256_loadu_si256((const __m256i *)(record + i)),
                        _mm256_loadu_si256((const __m256i *)(query + i)));
    odd = add_products(odd, _mm256_loadu_si256((const __m256i *)(record + i + 32)),
                       _mm256_loadu_si256((const __m256i *)(query + i + 32)));
  }
  __m256i eight = _mm256_add_epi32(even, odd);
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(two) + _mm_extract_epi32(two, 1);
}

#endif
#endif
