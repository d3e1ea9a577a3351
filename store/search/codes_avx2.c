/* Codes for x86-64 with AVX2 alone. Its one product of bytes adds pairs into 16 bits and saturates: so the sign of a
 * code goes to the query, and 127 x 128 x 2 fits. The code is a byte from 0 to 255 less 128; its product with the query
 * is wanted with the 128 in it, which is put back as 128 times the query. */
#if defined(__x86_64__)

#include <immintrin.h>

static inline __m256i add_products(__m256i sums, __m256i codes, __m256i query) {
  const __m256i lift = _mm256_set1_epi8(-128), ones = _mm256_set1_epi16(1);
  __m256i code = _mm256_xor_si256(codes, lift);
  __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(code), _mm256_sign_epi8(query, code));
  __m256i lifted = _mm256_maddubs_epi16(lift, query);
  return _mm256_add_epi32(sums, _mm256_add_epi32(_mm256_madd_epi16(pairs, ones), _mm256_madd_epi16(lifted, ones)));
}

#include "store/search/codes_avx.h"

void coarse_avx2(const struct kernel_coarse *queries, size_t query_count, const struct codes_coarse *groups,
                 size_t group_count, struct kernel_bounds *out) {
  coarse_groups(queries, query_count, groups, group_count, out);
}

int32_t fine_avx2(const int8_t *query, const uint8_t *record, size_t bytes) {
  return fine_record(query, record, bytes);
}

#endif
