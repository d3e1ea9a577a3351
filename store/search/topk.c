/* A binary heap over the caller's array: heap[i] is no better than its children heap[2i + 1] and heap[2i + 2], so
 * heap[0] is the worst hit kept and the first to go. */
#include "store/search/topk.h"

void topk_init(struct topk *topk, struct hit *heap, size_t k) {
  *topk = (struct topk){.heap = heap, .k = k};
}

/* Lets `hit` sink from the free place `place` of a heap of `count`. */
static void sink(struct hit *heap, size_t count, size_t place, struct hit hit) {
  for (;;) {
    size_t child = 2 * place + 1;
    if (child >= count) break;
    if (child + 1 < count && hit_before(heap[child], heap[child + 1])) child++;
    if (hit_before(heap[child], hit)) break;
    heap[place] = heap[child];
    place = child;
  }
  heap[place] = hit;
}

/* Lets `hit` rise from the free place `place`. */
static void rise(struct hit *heap, size_t place, struct hit hit) {
  while (place > 0) {
    size_t parent = (place - 1) / 2;
    if (hit_before(hit, heap[parent])) break;
    heap[place] = heap[parent];
    place = parent;
  }
  heap[place] = hit;
}

void topk_offer(struct topk *topk, struct hit hit) {
  if (topk->count < topk->k)
    rise(topk->heap, topk->count++, hit);
  else if (hit_before(hit, topk->heap[0]))
    sink(topk->heap, topk->count, 0, hit);
}

void topk_sort(struct topk *topk) {
  for (size_t left = topk->count; left > 1; left--) {
    struct hit last = topk->heap[left - 1];
    topk->heap[left - 1] = topk->heap[0];
    sink(topk->heap, left - 1, 0, last);
  }
}
