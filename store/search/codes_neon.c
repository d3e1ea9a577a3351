/* Codes for arm64 without the dot product instructions: products of 16 bits, added in pairs. */
#if defined(__aarch64__)

#include <arm_neon.h>

static inline int32x4_t add_products(int32x4_t sums, int8x16_t codes, int8x16_t query) {
  int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(codes), vget_low_s8(query)));
  int32x4_t high = vpaddlq_s16(vmull_high_s8(codes, query));
  return vaddq_s32(sums, vpaddq_s32(low, high));
}

#include "store/search/codes_arm.h"

void coarse_neon(const struct kernel_coarse *queries, size_t query_count, const struct codes_coarse *groups,
                 size_t group_count, struct kernel_bounds *out) {
  coarse_groups(queries, query_count, groups, group_count, out);
}

int32_t fine_neon(const int8_t *query, const uint8_t *record, size_t bytes) {
  return fine_record(query, record, bytes);
}

#endif
