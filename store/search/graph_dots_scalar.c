/* The codes' dot product in plain C. */
#include "store/search/graph_dots_forms.h"

static int32_t dot(const struct code_query *query, const uint8_t *code) {
  int32_t sum = 0;
  size_t length = (size_t)query->lines * CODE_LINE;
  for (size_t i = 0; i < length; i++) sum += query->values[i] * (int32_t)code[i];
  return sum;
}

static void gather_scalar(const struct code_query *query, const struct code_blocks *blocks, const uint32_t *ids,
                          size_t count, int32_t *dots) {
  prefetch_first(query, blocks, ids, count);
  for (size_t i = 0; i < count; i++) {
    prefetch_next(query, blocks, ids, count, i);
    dots[i] = dot(query, block_at(blocks, ids[i])) - query->bias;
  }
}

const struct graph_dots graph_dots_scalar = {"scalar", gather_scalar};
