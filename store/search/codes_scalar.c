/* Codes in plain C: runs everywhere, and is what the other forms are compared with. */
#include "store/search/kernel_forms.h"

static int32_t sum_of(const struct kernel_coarse *query, const struct codes_coarse *group, size_t lane) {
  int32_t sum = query->offset;
  for (size_t quad = 0; quad < CODES_COARSE / CODES_QUAD; quad++)
    for (size_t i = 0; i < CODES_QUAD; i++) sum += query->codes[quad * CODES_QUAD + i] * group->codes[quad][lane][i];
  return sum;
}

void coarse_scalar(const struct kernel_coarse *queries, size_t query_count, const struct codes_coarse *groups,
                   size_t group_count, struct kernel_bounds *out) {
  for (size_t g = 0; g < group_count; g++) {
    const struct codes_coarse *group = &groups[g];
    for (size_t q = 0; q < query_count; q++) {
      const struct kernel_coarse *query = &queries[q];
      unsigned mask = 0;
      for (size_t lane = 0; lane < CODES_GROUP; lane++) {
        float sum = (float)sum_of(query, group, lane);
        float bound = (group->base[lane] + query->start) + group->scale[lane] * (query->step * sum + query->error);
        out->bounds[g * query_count + q][lane] = bound;
        mask |= (unsigned)(bound + group->rest[lane] * query->far >= query->threshold) << lane;
      }
      out->survivors[q][g] = (uint16_t)mask;
    }
  }
}

int32_t fine_scalar(const int8_t *query, const uint8_t *record, size_t bytes) {
  int32_t sum = 0;
  for (size_t i = 0; i < bytes; i++) sum += query[i] * record[i];
  return sum;
}
