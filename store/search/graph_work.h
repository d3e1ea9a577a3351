/* What the parts of graph_build share; for graph_*.c alone. */
#ifndef WORDVEC_STORE_SEARCH_GRAPH_WORK_H
#define WORDVEC_STORE_SEARCH_GRAPH_WORK_H

#include "store/crew.h"
#include "store/search/graph_build.h"
#include "store/search/graph_walk.h"

enum { GRAPH_BATCH_MOST = 2048 }; /* rows inserted at a time */

/* What one member of the crew needs. */
struct graph_hand {
  struct graph_walk walk;
  struct candidate *candidates; /* [width + 2 * GRAPH_DEGREE_MAX] */
  uint32_t *ids;                /* as many */
  int32_t *products;            /* as many */
};

/* A link to be made from `from` to `to`; sorted, the links from one node lie together. */
struct graph_wish {
  uint32_t from, to;
};

struct graph_work {
  const struct rows *rows;
  const struct graph_options *options;
  const struct kernel *kernel;
  struct graph graph;
  const uint8_t **slabs;             /* of the graph */
  uint8_t *entry_bytes, *node_bytes; /* the same memory, to be written */
  struct crew *crew;
  struct graph_hand *hands; /* one a member */
  /* In the memory for work: */
  uint32_t *order;           /* [nodes] in which they are inserted, entries first; then a queue of reached nodes */
  uint32_t *cells;           /* [nodes] the entry nearest each row; then the node each was reached from */
  uint32_t *staged;          /* [GRAPH_BATCH_MOST * degree] links found for a batch */
  uint32_t *staged_count;    /* [GRAPH_BATCH_MOST] */
  struct graph_wish *wishes; /* [GRAPH_BATCH_MOST * degree] */
  uint32_t *wish_starts;     /* [GRAPH_BATCH_MOST * degree + 1] where the links from one node begin */
  uint32_t batch_first, batch_count, wish_count;
};

/* Chooses entries, decides which node each row is, writes all codes and fills `order`. */
void graph_order_rows(struct graph_work *work);

/* Gives nodes order[first … first + count-1] their links, and others links to them. */
void graph_link_batch(struct graph_work *work, uint32_t first, uint32_t count);

/* Adds links to nodes that fewer than options->arriving link to. */
void graph_balance(struct graph_work *work);

/* Finds out what can be reached from the root, links what cannot, and returns how many nodes needed that. */
uint32_t graph_reach_all(struct graph_work *work);

static inline uint32_t *graph_links_of(const struct graph_work *work, uint32_t node) {
  return (uint32_t *)(void *)(work->node_bytes + (size_t)node * work->graph.nodes.block_bytes +
                              work->graph.links_offset);
}

/* Says that the node has the first `count` links in its room and no more. */
static inline void graph_end_links(const struct graph_work *work, uint32_t node, uint32_t count) {
  uint32_t *links = graph_links_of(work, node);
  while (count < work->graph.degree) links[count++] = GRAPH_NO_NODE;
}

static inline struct graph_code *graph_node_code(const struct graph_work *work, uint32_t node) {
  return (struct graph_code *)(void *)(work->node_bytes + (size_t)node * work->graph.nodes.block_bytes +
                                       work->graph.code_bytes);
}

#endif
