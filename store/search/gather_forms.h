/* What the forms of the kernel's gather() share: codes lie far apart, so each is asked for ahead of its turn. */
#ifndef WORDVEC_STORE_SEARCH_GATHER_FORMS_H
#define WORDVEC_STORE_SEARCH_GATHER_FORMS_H

#include "store/search/kernel_forms.h"

enum { GATHER_AHEAD = 6 }; /* codes asked for ahead of the one being multiplied */

static inline void prefetch_code(const uint8_t *code, uint32_t lines) {
  for (uint32_t line = 0; line < lines; line++) __builtin_prefetch(code + (size_t)line * GRAPH_LINE);
}

/* Before the first of `count` codes, and then at each of them, some are asked for ahead. */
static inline void prefetch_first(const struct gather_query *query, const struct graph_blocks *blocks,
                                  const uint32_t *ids, size_t count) {
  for (size_t i = 0; i < count && i < GATHER_AHEAD; i++) prefetch_code(graph_block(blocks, ids[i]), query->lines);
}

static inline void prefetch_next(const struct gather_query *query, const struct graph_blocks *blocks,
                                 const uint32_t *ids, size_t count, size_t i) {
  if (i + GATHER_AHEAD < count) prefetch_code(graph_block(blocks, ids[i + GATHER_AHEAD]), query->lines);
}

/* The form whose dot() this is of one code, less the query's bias where that is in it. What says where codes lie is
 * copied: for all that the compiler knows, each dot product may be written over it. */
static inline void gather_codes(const struct gather_query *query, const struct graph_blocks *blocks,
                                const uint32_t *ids, size_t count, int32_t *dots,
                                int32_t (*dot)(const struct gather_query *query, const uint8_t *code)) {
  const struct gather_query own = *query;
  const struct graph_blocks at = *blocks;
  prefetch_first(&own, &at, ids, count);
  for (size_t i = 0; i < count; i++) {
    prefetch_next(&own, &at, ids, count, i);
    dots[i] = dot(&own, graph_block(&at, ids[i]));
  }
}

#endif
