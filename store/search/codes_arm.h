/* Codes in registers of 16 bytes, for codes_neon.c and codes_dotprod.c, which differ in one step: each defines before
 * it includes this
 *
 *   static inline int32x4_t add_products(int32x4_t sums, int8x16_t codes, int8x16_t query)
 *
 * which adds to each of four sums the four products of its bytes. Both factors are signed there, so codes lose their
 * 128 first, and 128 times the query is put back where the contract of kernel.h has it. */
#if defined(__aarch64__)
#ifndef WORDVEC_STORE_SEARCH_CODES_ARM_H
#define WORDVEC_STORE_SEARCH_CODES_ARM_H

#include <arm_neon.h>
#include <string.h>

#include "store/search/kernel_forms.h"

enum { QUADS = CODES_COARSE / CODES_QUAD, LANES = 4 };

static inline int8x16_t quad_of(const int8_t *codes) {
  int32_t four;
  memcpy(&four, codes, sizeof four);
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

static inline int8x16_t codes_at(const uint8_t *codes) {
  return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(codes), vdupq_n_u8(CODES_ZERO)));
}

/* Four rows of a group, from lane `first` on: their bounds, and a bit for each that survives. The query's offset is
 * what the 128 in each code adds up to, so without both the sum is the same. */
static inline unsigned quarter_group(const struct kernel_coarse *query, const int8x16_t *quads,
                                     const struct codes_coarse *group, size_t first, float *bounds) {
  int32x4_t even = vdupq_n_s32(0), odd = even;
#pragma GCC unroll 4
  for (size_t i = 0; i < QUADS; i += 2) {
    even = add_products(even, codes_at(group->codes[i][first]), quads[i]);
    odd = add_products(odd, codes_at(group->codes[i + 1][first]), quads[i + 1]);
  }
  float32x4_t sum = vcvtq_f32_s32(vaddq_s32(even, odd));
  float32x4_t inner = vaddq_f32(vmulq_f32(vdupq_n_f32(query->step), sum), vdupq_n_f32(query->error));
  float32x4_t part = vmulq_f32(vld1q_f32(group->scale + first), inner);
  float32x4_t base = vaddq_f32(vld1q_f32(group->base + first), vdupq_n_f32(query->start));
  float32x4_t bound = vaddq_f32(base, part);
  float32x4_t rest = vmulq_f32(vld1q_f32(group->rest + first), vdupq_n_f32(query->far));
  vst1q_f32(bounds + first, bound);
  static const uint32_t bits[LANES] = {1, 2, 4, 8};
  uint32x4_t survives = vcgeq_f32(vaddq_f32(bound, rest), vdupq_n_f32(query->threshold));
  return vaddvq_u32(vandq_u32(survives, vld1q_u32(bits))) << first;
}

static inline void coarse_groups(const struct kernel_coarse *queries, size_t query_count,
                                 const struct codes_coarse *groups, size_t group_count, struct kernel_bounds *out) {
  for (size_t g = 0; g < group_count; g++) {
    const char *ahead = (const char *)&groups[g] + KERNEL_AHEAD_BYTES;
    for (size_t i = 0; i < sizeof *groups; i += 64) __builtin_prefetch(ahead + i);
    for (size_t q = 0; q < query_count; q++) {
      unsigned mask = 0;
      float *bounds = out->bounds[g * query_count + q];
      int8x16_t quads[QUADS];
      for (size_t i = 0; i < QUADS; i++) quads[i] = quad_of(queries[q].codes + i * CODES_QUAD);
      for (size_t first = 0; first < CODES_GROUP; first += LANES)
        mask |= quarter_group(&queries[q], quads, &groups[g], first, bounds);
      out->survivors[q][g] = (uint16_t)mask;
    }
  }
}

static inline int32_t fine_record(const int8_t *query, const uint8_t *record, size_t bytes) {
  int32x4_t sums = vdupq_n_s32(0), query_sums = sums;
  const int8x16_t ones = vdupq_n_s8(1);
  for (size_t i = 0; i < bytes; i += 16) {
    sums = add_products(sums, codes_at(record + i), vld1q_s8(query + i));
    query_sums = add_products(query_sums, ones, vld1q_s8(query + i));
  }
  return vaddvq_s32(sums) + CODES_ZERO * vaddvq_s32(query_sums);
}

#endif
#endif
