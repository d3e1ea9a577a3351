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

/* A group in registers. */
struct group {
  __m512i codes[QUADS];
  __m512 base, scale, rest;
};

static inline struct group group_at(const struct codes_coarse *codes) {
  struct group group = {.base = _mm512_loadu_ps(codes->base),
                        .scale = _mm512_loadu_ps(codes->scale),
                        .rest = _mm512_loadu_ps(codes->rest)};
#pragma GCC unroll 12
  for (size_t i = 0; i < QUADS; i++) group.codes[i] = _mm512_loadu_si512(codes->codes[i]);
  return group;
}

/* Every number of the query comes from memory with the instruction that takes it, so that the group can stay. */
static inline unsigned bound_group(const struct kernel_coarse *query, const struct group *group, float *bounds) {
  __m512i even = _mm512_set1_epi32(query->offset), odd = _mm512_setzero_si512();
#pragma GCC unroll 12
  for (size_t i = 0; i < QUADS; i += 2) {
    even = _mm512_dpbusd_epi32(even, group->codes[i], quad_of(query->codes + i * CODES_QUAD));
    odd = _mm512_dpbusd_epi32(odd, group->codes[i + 1], quad_of(query->codes + (i + 1) * CODES_QUAD));
  }
  __m512 sum = _mm512_cvtepi32_ps(_mm512_add_epi32(even, odd));
  __m512 inner = _mm512_add_ps(_mm512_mul_ps(_mm512_set1_ps(query->step), sum), _mm512_set1_ps(query->error));
  __m512 base = _mm512_add_ps(group->base, _mm512_set1_ps(query->start));
  __m512 bound = _mm512_add_ps(base, _mm512_mul_ps(group->scale, inner));
  __m512 most = _mm512_add_ps(bound, _mm512_mul_ps(group->rest, _mm512_set1_ps(query->far)));
  _mm512_storeu_ps(bounds, bound);
  return _mm512_cmp_ps_mask(most, _mm512_set1_ps(query->threshold), _CMP_GE_OQ);
}

void coarse_avx512vnni(const struct kernel_coarse *queries, size_t query_count, const struct codes_coarse *groups,
                       size_t group_count, struct kernel_bounds *out) {
  for (size_t g = 0; g < group_count; g++) {
    struct group group = group_at(&groups[g]);
    const char *ahead = (const char *)&groups[g] + KERNEL_AHEAD_BYTES;
    for (size_t i = 0; i < sizeof *groups; i += 64) _mm_prefetch(ahead + i, _MM_HINT_T0);
    for (size_t q = 0; q < query_count; q++)
      out->survivors[q][g] = (uint16_t)bound_group(&queries[q], &group, out->bounds[g * query_count + q]);
  }
}

int32_t fine_avx512vnni(const int8_t *query, const uint8_t *record, size_t bytes) {
  __m512i sums = _mm512_setzero_si512();
  for (size_t i = 0; i < bytes; i += 64)
    sums = _mm512_dpbusd_epi32(sums, _mm512_loadu_si512(record + i), _mm512_loadu_si512(query + i));
  return _mm512_reduce_add_epi32(sums);
}

#endif
