/* The codes' dot product for x86-64 with AVX-512 VNNI: a cache line an instruction. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "store/search/graph_dots_forms.h"

static inline __m512i line_of(const void *bytes) {
  return _mm512_loadu_si512(bytes);
}

static void gather_two_lines(const struct code_query *query, const struct code_blocks *blocks, const uint32_t *ids,
                             size_t count, int32_t *dots) {
  __m512i first = line_of(query->values), second = line_of(query->values + CODE_LINE);
  for (size_t i = 0; i < count; i++) {
    prefetch_next(query, blocks, ids, count, i);
    const uint8_t *code = block_at(blocks, ids[i]);
    __m512i sums = _mm512_dpbusd_epi32(_mm512_setzero_si512(), line_of(code), first);
    sums = _mm512_dpbusd_epi32(sums, line_of(code + CODE_LINE), second);
    dots[i] = _mm512_reduce_add_epi32(sums) - query->bias;
  }
}

static inline int32_t dot(const struct code_query *query, const uint8_t *code) {
  __m512i even = _mm512_setzero_si512(), odd = even;
  uint32_t line = 0;
  for (; line + 2 <= query->lines; line += 2, code += 2 * CODE_LINE) {
    const int8_t *values = query->values + (size_t)line * CODE_LINE;
    even = _mm512_dpbusd_epi32(even, line_of(code), line_of(values));
    odd = _mm512_dpbusd_epi32(odd, line_of(code + CODE_LINE), line_of(values + CODE_LINE));
  }
  if (line < query->lines)
    even = _mm512_dpbusd_epi32(even, line_of(code), line_of(query->values + (size_t)line * CODE_LINE));
  return _mm512_reduce_add_epi32(_mm512_add_epi32(even, odd));
}

static void gather_vnni(const struct code_query *query, const struct code_blocks *blocks, const uint32_t *ids,
                        size_t count, int32_t *dots) {
  prefetch_first(query, blocks, ids, count);
  if (query->lines == 2) { /* 65 to 128 dimensions: the query stays in registers */
    gather_two_lines(query, blocks, ids, count, dots);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    prefetch_next(query, blocks, ids, count, i);
    dots[i] = dot(query, block_at(blocks, ids[i])) - query->bias;
  }
}

const struct graph_dots graph_dots_vnni = {"vnni", gather_vnni};

#endif
