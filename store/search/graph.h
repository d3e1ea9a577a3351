/* The image of a neighbour graph: one flat block of little-endian bytes without pointers, read straight from a map.
 *
 *   header    64 bytes, struct graph_header
 *   entries   entry_count blocks of a code each: where a search may begin, compared all of them with the query
 *   nodes     node_count blocks: a code, then the node's links
 *
 * A code is the row divided by its norm, in int8, as struct gather_blocks in kernel.h has it. It fills code_bytes (the
 * dimension rounded up to 4; bytes behind it are CODES_ZERO, which is 0), then comes struct graph_code. Links begin at
 * the next cache line, so that a comparison touches no line of links; behind the last, what is left of a node's room
 * holds GRAPH_NO_NODE. Nodes are the rows in another order, in which neighbours lie close together; graph_code.id says
 * which row a node is. Blocks are multiples of 64 bytes, and so must the image's address be. */
#ifndef WORDVEC_STORE_SEARCH_GRAPH_H
#define WORDVEC_STORE_SEARCH_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "store/search/kernel.h"
#include "store/status.h"

enum { GRAPH_VERSION = 1, GRAPH_ALIGNMENT = 64, GRAPH_DEGREE_MOST = 64, GRAPH_ENTRIES_MOST = 1 << 16 };

#define GRAPH_NODES_MOST ((uint32_t)INT32_MAX)
#define GRAPH_NO_NODE UINT32_MAX

struct graph_header {
  uint8_t magic[8]; /* "wvgraph\n" */
  uint32_t version;
  uint32_t node_count;
  uint32_t dim;
  uint32_t degree; /* links that a node has room for */
  uint32_t entry_count;
  uint32_t root; /* the node from which every other can be reached */
  uint64_t image_bytes;
  uint8_t reserved[24]; /* 0 */
};

/* Behind a code. */
struct graph_code {
  float scale; /* 1 / the code's norm, 0 for a zero row: a cosine is about dot * scale * scale */
  uint32_t id; /* in a node's block its row, in an entry's block its node */
};

/* A view of an image, which is borrowed. */
struct graph {
  uint32_t node_count, dim, degree, entry_count, root;
  uint32_t code_bytes, code_lines;
  uint32_t links_offset; /* in a node's block */
  struct gather_blocks entries, nodes;
};

/* The bytes of an image of that shape. */
size_t graph_image_bytes(uint32_t node_count, uint32_t dim, uint32_t degree, uint32_t entry_count);

/* Checks the whole structure of an image that may hold anything (magic, version, sizes, rows, degrees, links) and fills
 * *out. `dim` and `count` are those of the rows that it claims to be of. STATUS_UNSUPPORTED for another version,
 * STATUS_DAMAGED for everything else, STATUS_NO_MEMORY. Nothing in an image that passes can lead a search astray;
 * whether its links are good ones is the checksum's business. */
enum status graph_check(const void *image, size_t bytes, uint32_t count, uint32_t dim, struct problem *problem,
                        struct graph *out) MUST_USE;

/* Completes a header whose shape (node_count … root) is set. */
void graph_header_fill(struct graph_header *header);

/* The view of an image of this shape, unchecked. */
void graph_view(const void *image, const struct graph_header *shape, struct graph *out);

static inline const struct graph_code *graph_code_of(const struct graph *graph, const struct gather_blocks *blocks,
                                                     uint32_t id) {
  return (const struct graph_code *)(const void *)(blocks->bytes + (size_t)id * blocks->block_bytes +
                                                   graph->code_bytes);
}

static inline const uint32_t *graph_links(const struct graph *graph, uint32_t node) {
  return (const uint32_t *)(const void *)(graph->nodes.bytes + (size_t)node * graph->nodes.block_bytes +
                                          graph->links_offset);
}

/* How many links a node has. What is no node ends them: in an image that was not checked, too, none leads astray. */
static inline uint32_t graph_link_count(const struct graph *graph, uint32_t node) {
  const uint32_t *links = graph_links(graph, node);
  uint32_t count = 0;
  while (count < graph->degree && links[count] < graph->node_count) count++;
  return count;
}

#endif
