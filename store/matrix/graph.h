/* A graph of near rows, for approximate search (search/graph_search.h), as it lies in the store file: blocks without
 * pointers, read straight from the map.
 *
 *   header    struct graph_header
 *   entries   entry_count blocks: a code, then which node it is. A search compares all of them with the query and
 *             begins at the nearest
 *   nodes     node_count blocks: a code, then which row it is, and from the next cache line on the node's links: so a
 *             comparison touches no line of links. Behind the last link, what is left of the room for `degree` of them
 *             holds GRAPH_NO_NODE
 *
 * A code is the row over its norm in int8, stored as bytes GRAPH_ZERO above the signed value; it fills code_bytes, the
 * dimension rounded up to 4, and the bytes behind the dimension are GRAPH_ZERO. Nodes are the rows in another order, in
 * which neighbours lie close together. Blocks are multiples of GRAPH_LINE bytes and aligned to it. Nodes lie in slabs
 * of a power of two of blocks. */
#ifndef WORDVEC_STORE_MATRIX_GRAPH_H
#define WORDVEC_STORE_MATRIX_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "store/matrix/rows.h"
#include "store/status.h"

enum {
  GRAPH_VERSION = 1,
  GRAPH_LINE = 64,       /* bytes: codes are compared by whole cache lines */
  GRAPH_ZERO = 128,      /* how the code 0 is stored */
  GRAPH_LARGEST = 127,   /* magnitude of a code */
  GRAPH_DIM_MAX = 65536, /* as many products of up to 127 * 255 stay within an int32 */
  GRAPH_DEGREE_MAX = 64,
  GRAPH_ENTRIES_MAX = 65536,
  GRAPH_SLAB_BYTES = 32 << 20 /* a slab of nodes is at most this, unless one block is more */
};

#define GRAPH_NODES_MAX ((uint32_t)INT32_MAX)
#define GRAPH_NO_NODE UINT32_MAX

struct graph_header {
  uint8_t magic[8]; /* "wvgraph\n" */
  uint32_t version;
  uint32_t node_count;
  uint32_t dim;
  uint32_t degree; /* links that a node has room for */
  uint32_t entry_count;
  uint32_t root;        /* the node from which every other can be reached */
  uint8_t reserved[32]; /* 0 */
};

/* Behind a code. */
struct graph_code {
  float scale; /* 1 / the code's norm, 0 for a zero row: a cosine is about dot * scale * scale */
  uint32_t id; /* in a node's block its row, in an entry's block its node */
};

struct graph_blocks {
  const uint8_t *const *slabs; /* borrowed, each on a multiple of GRAPH_LINE */
  uint32_t slab_shift;         /* 1 << slab_shift blocks a slab, the last may be shorter */
  size_t block_bytes;          /* a multiple of GRAPH_LINE */
};

struct graph {
  uint32_t node_count, dim, degree, entry_count, root;
  uint32_t code_bytes, code_lines;
  uint32_t links_offset; /* in a node's block */
  uint32_t node_slabs;
  struct graph_blocks entries, nodes;
};

/* The shape that follows from a header that is right: all of *out but where blocks lie. */
void graph_shape(const struct graph_header *header, struct graph *out);

/* Says where blocks lie: slabs[0] holds the entries, slabs[1 … node_slabs] the nodes. All is borrowed. */
void graph_place(struct graph *graph, const uint8_t *const *slabs);

/* A header that says all that graph_shape() needs. */
void graph_header_fill(struct graph_header *header);

/* Checks a header that may hold anything, for rows of that shape, before graph_shape(). STATUS_UNSUPPORTED for a
 * version that this build does not know, STATUS_DAMAGED. */
enum status graph_check_header(const struct graph_header *header, const struct rows *rows, const char *file,
                               struct problem *problem) MUST_USE;

/* Checks what a search must be able to rely on in a graph that may hold anything: that no entry leads outside. Links
 * and rows of nodes are looked at when a search meets them. */
enum status graph_check_entries(const struct graph *graph, const char *file, struct problem *problem) MUST_USE;

/* Checks everything: that each row is one node, each code is its row's, each link leads to another node, and that every
 * node can be reached from the root. STATUS_DAMAGED, STATUS_NO_MEMORY. */
enum status graph_verify(const struct graph *graph, const struct rows *rows, unsigned threads,
                         struct problem *problem) MUST_USE;

/* A vector as a code: `values` gets `dim` of them, signed; returns 1 / their norm, 0 for a zero vector. */
float graph_code_vector(const float *vector, uint32_t dim, int8_t *values);

static inline const uint8_t *graph_block(const struct graph_blocks *blocks, uint32_t id) {
  uint32_t within = id & ((1u << blocks->slab_shift) - 1);
  return blocks->slabs[id >> blocks->slab_shift] + (size_t)within * blocks->block_bytes;
}

static inline const struct graph_code *graph_code_of(const struct graph *graph, const struct graph_blocks *blocks,
                                                     uint32_t id) {
  return (const struct graph_code *)(const void *)(graph_block(blocks, id) + graph->code_bytes);
}

static inline const uint32_t *graph_links(const struct graph *graph, uint32_t node) {
  return (const uint32_t *)(const void *)(graph_block(&graph->nodes, node) + graph->links_offset);
}

/* How many links a node has. What is no node ends them: in an image that was not checked, too, none leads astray. */
static inline uint32_t graph_link_count(const struct graph *graph, uint32_t node) {
  const uint32_t *links = graph_links(graph, node);
  uint32_t count = 0;
  while (count < graph->degree && links[count] < graph->node_count) count++;
  return count;
}

/* How many nodes slab `slab` < node_slabs holds. */
static inline uint32_t graph_in_slab(const struct graph *graph, uint32_t slab) {
  uint32_t full = 1u << graph->nodes.slab_shift, before = slab << graph->nodes.slab_shift;
  return graph->node_count - before < full ? graph->node_count - before : full;
}

#endif
