/* Dot products of a graph's codes in plain C. */
#include "store/search/gather_forms.h"

static int32_t dot(const struct gather_query *query, const uint8_t *code) {
  int32_t sum = 0;
  size_t length = (size_t)query->lines * GRAPH_LINE;
  for (size_t i = 0; i < length; i++) sum += query->values[i] * (int32_t)code[i];
  return sum - query->bias;
}

void gather_scalar(const struct gather_query *query, const struct graph_blocks *blocks, const uint32_t *ids,
                   size_t count, int32_t *dots) {
  gather_codes(query, blocks, ids, count, dots, dot);
}
