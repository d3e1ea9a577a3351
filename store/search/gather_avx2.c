/* Dot products of a graph's codes for x86-64 with AVX2. Bytes are widened to 16 bits first: the instruction that
 * multiplies bytes adds pairs into 16 bits and would saturate. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "store/search/gather_forms.h"

static inline __m256i add_sixteen(__m256i sums, const int8_t *query, const uint8_t *code) {
  __m256i left = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)query));
  __m256i right = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)code));
  return _mm256_add_epi32(sums, _mm256_madd_epi16(left, right));
}

static inline int32_t sum_of(__m256i eight) {
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
}

static inline int32_t dot(const struct gather_query *query, const uint8_t *code) {
  __m256i even = _mm256_setzero_si256(), odd = even;
  size_t length = (size_t)query->lines * GRAPH_LINE;
  for (size_t i = 0; i < length; i += 32) {
    even = add_sixteen(even, query->values + i, code + i);
    odd = add_sixteen(odd, query->values + i + 16, code + i + 16);
  }
  return sum_of(_mm256_add_epi32(even, odd)) - query->bias;
}

void gather_avx2(const struct gather_query *query, const struct graph_blocks *blocks, const uint32_t *ids, size_t count,
                 int32_t *dots) {
  gather_codes(query, blocks, ids, count, dots, dot);
}

#endif
