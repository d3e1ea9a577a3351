/* Choosing from a table of recalls. */
#include "store/matrix/recall.h"

double recall_of(const struct recall_step *step, size_t k) {
  if (k <= 1) return step->at_1;
  return k <= 10 ? step->at_10 : step->at_100;
}

const struct recall_step *recall_cheapest(const struct recall_table *table, size_t k, double wanted) {
  for (uint32_t i = 0; i < table->count; i++)
    if (recall_of(&table->steps[i], k) >= wanted) return &table->steps[i];
  return NULL;
}

uint32_t recall_width(const struct recall_step *step, size_t k) {
  uint64_t width = k <= 100 ? step->width : (uint64_t)step->width * k / 100;
  return width < UINT32_MAX ? (uint32_t)width : UINT32_MAX;
}
