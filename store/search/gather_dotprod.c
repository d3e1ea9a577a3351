/* Dot products of a graph's codes for arm64 with the dot product instructions of ARMv8.2. Both factors are signed
 * there: the stored bytes are turned back, and so the bias is not in the sum. */
#if defined(__aarch64__)

#include <arm_neon.h>

#include "store/search/gather_forms.h"

static inline int32x4_t add_sixteen(int32x4_t sums, const int8_t *query, const uint8_t *code) {
  return vdotq_s32(sums, vld1q_s8(query), vreinterpretq_s8_u8(veorq_u8(vld1q_u8(code), vdupq_n_u8(GRAPH_ZERO))));
}

static inline int32_t dot(const struct gather_query *query, const uint8_t *code) {
  int32x4_t even = vdupq_n_s32(0), odd = even;
  size_t length = (size_t)query->lines * GRAPH_LINE;
  for (size_t i = 0; i < length; i += 32) {
    even = add_sixteen(even, query->values + i, code + i);
    odd = add_sixteen(odd, query->values + i + 16, code + i + 16);
  }
  return vaddvq_s32(vaddq_s32(even, odd));
}

void gather_dotprod(const struct gather_query *query, const struct graph_blocks *blocks, const uint32_t *ids,
                    size_t count, int32_t *dots) {
  gather_codes(query, blocks, ids, count, dots, dot);
}

#endif
