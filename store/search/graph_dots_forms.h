/* The forms of graph_dots in this build, for graph_dots.c alone, and what they share. */
#ifndef WORDVEC_STORE_SEARCH_GRAPH_DOTS_FORMS_H
#define WORDVEC_STORE_SEARCH_GRAPH_DOTS_FORMS_H

#include "store/search/graph_dots.h"

extern const struct graph_dots graph_dots_scalar;
#if defined(__x86_64__)
extern const struct graph_dots graph_dots_avx2;
extern const struct graph_dots graph_dots_vnni;
#elif defined(__aarch64__)
extern const struct graph_dots graph_dots_neon;
#endif

enum { GATHER_AHEAD = 6 }; /* codes asked for ahead of the one being multiplied */

static inline const uint8_t *block_at(const struct code_blocks *blocks, uint32_t id) {
  return blocks->bytes + (size_t)id * blocks->block_bytes;
}

static inline void prefetch_code(const uint8_t *code, uint32_t lines) {
  for (uint32_t line = 0; line < lines; line++) __builtin_prefetch(code + (size_t)line * CODE_LINE);
}

/* Before the first of `count` codes, and then at each of them, some are asked for ahead. */
static inline void prefetch_first(const struct code_query *query, const struct code_blocks *blocks, const uint32_t *ids,
                                  size_t count) {
  for (size_t i = 0; i < count && i < GATHER_AHEAD; i++) prefetch_code(block_at(blocks, ids[i]), query->lines);
}

static inline void prefetch_next(const struct code_query *query, const struct code_blocks *blocks, const uint32_t *ids,
                                 size_t count, size_t i) {
  if (i + GATHER_AHEAD < count) prefetch_code(block_at(blocks, ids[i + GATHER_AHEAD]), query->lines);
}

#endif
