/* The k best hits seen so far: a bounded heap with its worst hit on top. */
#ifndef WORDVEC_STORE_SEARCH_TOPK_H
#define WORDVEC_STORE_SEARCH_TOPK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/status.h"

struct hit {
  uint32_t row;
  double similarity;
};

/* Whether `a` comes before `b` in an answer: higher similarity first, then the lower row. A total order of distinct
 * rows, as similarities are never NaN. */
static inline bool hit_before(struct hit a, struct hit b) {
  return a.similarity > b.similarity || (a.similarity == b.similarity && a.row < b.row);
}

struct topk {
  struct hit *heap; /* borrowed: room for `k` hits */
  size_t k;
  size_t count;
};

/* An empty heap over `heap`, which has room for k >= 1 hits. */
void topk_init(struct topk *topk, struct hit *heap, size_t k);

/* Whether a hit would be kept: cheap, to be asked before topk_offer(). */
static inline bool topk_accepts(const struct topk *topk, struct hit hit) {
  return topk->count < topk->k || hit_before(hit, topk->heap[0]);
}

/* Keeps the hit if it is among the k best so far. */
void topk_offer(struct topk *topk, struct hit hit);

/* Sorts heap[0 … count-1] best first; afterwards only the heap's contents may be used. */
void topk_sort(struct topk *topk);

#endif
