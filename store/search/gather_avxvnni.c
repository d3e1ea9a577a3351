/* Dot products of a graph's codes for x86-64 with AVX-VNNI: half a cache line an instruction. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "store/search/gather_forms.h"

static inline __m256i half_line(const void *bytes) {
  return _mm256_loadu_si256((const __m256i *)bytes);
}

static inline int32_t sum_of(__m256i eight) {
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(two) + _mm_extract_epi32(two, 1);
}

static inline int32_t dot(const struct gather_query *query, const uint8_t *code) {
  __m256i even = _mm256_setzero_si256(), odd = even;
  const int8_t *values = query->values;
  for (uint32_t line = 0; line < query->lines; line++, code += GRAPH_LINE, values += GRAPH_LINE) {
    even = _mm256_dpbusd_avx_epi32(even, half_line(code), half_line(values));
    odd = _mm256_dpbusd_avx_epi32(odd, half_line(code + GRAPH_LINE / 2), half_line(values + GRAPH_LINE / 2));
  }
  return sum_of(_mm256_add_epi32(even, odd)) - query->bias;
}

void gather_avxvnni(const struct gather_query *query, const struct graph_blocks *blocks, const uint32_t *ids,
                    size_t count, int32_t *dots) {
  gather_codes(query, blocks, ids, count, dots, dot);
}

#endif
