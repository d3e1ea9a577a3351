/* Codes for arm64 with the dot product instructions of ARMv8.2. */
#if defined(__aarch64__)

#include <arm_neon.h>

static inline int32x4_t add_products(int32x4_t sums, int8x16_t codes, int8x16_t query) {
  return vdotq_s32(sums, codes, query);
}

#include "store/search/codes_arm.h"

void coarse_dotprod(const struct kernel_coarse *queries, size_t query_count, const struct codes_coarse *groups,
                    size_t group_count, struct kernel_bounds *out) {
  coarse_groups(queries, query_count, groups, group_count, out);
}

int32_t fine_dotprod(const int8_t *query, const uint8_t *record, size_t bytes) {
  return fine_record(query, record, bytes);
}

#endif
