/* Codes for x86-64 with AVX-VNNI, which has the product of AVX-512 VNNI in registers of half the width. */
#if defined(__x86_64__)

#include <immintrin.h>

static inline __m256i add_products(__m256i sums, __m256i codes, __m256i query) {
  return _mm256_dpbusd_avx_epi32(sums, codes, query);
}

#include "store/search/codes_avx.h"

void coarse_avxvnni(const struct kernel_coarse *queries, size_t query_count, const struct codes_coarse *groups,
                    size_t group_count, struct kernel_bounds *out) {
  coarse_groups(queries, query_count, groups, group_count, out);
}

int32_t fine_avxvnni(const int8_t *query, const uint8_t *record, size_t bytes) {
  return fine_record(query, record, bytes);
}

#endif
