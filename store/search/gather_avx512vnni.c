/* Dot products of a graph's codes for x86-64 with AVX-512 VNNI: a cache line an instruction. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "store/search/gather_forms.h"

static inline __m512i line_of(const void *bytes) {
  return _mm512_loadu_si512(bytes);
}

static void gather_two_lines(const struct gather_query *query, const struct graph_blocks *blocks, const uint32_t *ids,
                             size_t count, int32_t *dots) {
  prefetch_first(query, blocks, ids, count);
  __m512i first = line_of(query->values), second = line_of(query->values + GRAPH_LINE);
  for (size_t i = 0; i < count; i++) {
    prefetch_next(query, blocks, ids, count, i);
    const uint8_t *code = graph_block(blocks, ids[i]);
    __m512i sums = _mm512_dpbusd_epi32(_mm512_setzero_si512(), line_of(code), first);
    sums = _mm512_dpbusd_epi32(sums, line_of(code + GRAPH_LINE), second);
    dots[i] = _mm512_reduce_add_epi32(sums) - query->bias;
  }
}

static inline int32_t dot(const struct gather_query *query, const uint8_t *code) {
  __m512i even = _mm512_setzero_si512(), odd = even;
  uint32_t line = 0;
  for (; line + 2 <= query->lines; line += 2, code += 2 * GRAPH_LINE) {
    const int8_t *values = query->values + (size_t)line * GRAPH_LINE;
    even = _mm512_dpbusd_epi32(even, line_of(code), line_of(values));
    odd = _mm512_dpbusd_epi32(odd, line_of(code + GRAPH_LINE), line_of(values + GRAPH_LINE));
  }
  if (line < query->lines)
    even = _mm512_dpbusd_epi32(even, line_of(code), line_of(query->values + (size_t)line * GRAPH_LINE));
  return _mm512_reduce_add_epi32(_mm512_add_epi32(even, odd)) - query->bias;
}

void gather_avx512vnni(const struct gather_query *query, const struct graph_blocks *blocks, const uint32_t *ids,
                       size_t count, int32_t *dots) {
  if (query->lines == 2) { /* 65 to 128 dimensions: the query stays in registers */
    gather_two_lines(query, blocks, ids, count, dots);
    return;
  }
  gather_codes(query, blocks, ids, count, dots, dot);
}

#endif
