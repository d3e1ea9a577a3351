/* Builds a neighbour graph over rows. For the same rows and options the image is the same, byte by byte, on every CPU
 * and with any number of threads: rows are inserted in batches, each batch searches the graph as it was, and what it
 * found is then linked in a fixed order (after Dhulipala et al., "ParlayANN", 2024). */
#ifndef WORDVEC_STORE_SEARCH_GRAPH_BUILD_H
#define WORDVEC_STORE_SEARCH_GRAPH_BUILD_H

#include <stdbool.h>

#include "store/matrix/graph.h"
#include "store/matrix/rows.h"
#include "store/search/kernel.h"

struct graph_options {
  uint32_t degree;   /* links a node may have, 2 … GRAPH_DEGREE_MAX */
  uint32_t width;    /* of the search that finds a row's neighbours */
  uint32_t passes;   /* 1, or 2 to link every row once more when all are there */
  float alpha;       /* at least 1: how much shorter a detour must be to make a link superfluous */
  uint32_t arriving; /* how many links should lead to a node, if there is room for them; 0 for as many as there are */
  uint32_t entries;  /* 0 for the square root of the rows */
  unsigned threads;
  bool (*progress)(void *context, uint32_t done, uint32_t all); /* may be NULL; false stops the build */
  void *context;
};

struct graph_statistics {
  uint64_t links;
  uint32_t repaired;                             /* rows that no link led to until one was added for them */
  uint32_t degree_least;                         /* of any node */
  size_t image_bytes, work_bytes, private_bytes; /* private: heap, at its peak */
};

struct graph_options graph_options_default(void);

/* An image is the header, the entries and the nodes of a graph (matrix/graph.h), one behind the other: how many bytes
 * that takes for a shape, and the graph that lies there; `slabs` has room for 1 + graph->node_slabs and is borrowed. */
size_t graph_image_bytes(const struct graph *graph);
void graph_image_place(const uint8_t *image, const uint8_t **slabs, struct graph *graph);

/* The bytes that graph_build() needs for the image and for its work. STATUS_BAD_ARGUMENT for options or rows that no
 * graph can have. */
enum status graph_build_sizes(const struct rows *rows, const struct graph_options *options, struct problem *problem,
                              size_t *image_bytes, size_t *work_bytes) MUST_USE;

/* What graph_build() is given: memory on 64-byte boundaries, of graph_build_sizes(), all zero. Both may be file
 * mappings; `work` may be dropped afterwards. */
struct graph_memory {
  uint8_t *image;
  uint8_t *work;
};

/* Fills the image, every row reachable from the root. `rows` has at least one row. STATUS_NO_MEMORY,
 * STATUS_BAD_ARGUMENT, STATUS_BUSY when `progress` said to stop. */
enum status graph_build(const struct kernel *kernel, const struct rows *rows, const struct graph_options *options,
                        const struct graph_memory *memory, struct problem *problem,
                        struct graph_statistics *statistics) MUST_USE;

#endif
