/* A graph in the store file (../FORMAT.md, keys g and l): written from graph.h's structs, and back into them. */
#ifndef WORDVEC_STORE_MATRIX_GRAPH_MAP_H
#define WORDVEC_STORE_MATRIX_GRAPH_MAP_H

#include <stddef.h>

#include "store/matrix/graph.h"
#include "store/matrix/lmdb.h"
#include "store/matrix/recall.h"
#include "store/status.h"

/* The value of the key g, less its lead: its length, and the part of it before the entries. */
enum { GRAPH_MAP_FIXED = 640 };
size_t graph_map_length(const struct graph *graph);
void graph_map_write(const struct graph_header *header, const struct recall_table *recall,
                     unsigned char out[GRAPH_MAP_FIXED]);

/* A graph with what was measured of it; blocks are borrowed from the map. */
struct graph_map {
  struct graph graph;
  struct recall_table recall;
  const uint8_t **slabs;
};

/* The graph of `rows`, checked as far as a search needs to be safe; *out is NULL when the file has none, or one of a
 * version that this build does not know: then answers are exact. STATUS_DAMAGED, STATUS_NO_MEMORY. */
enum status graph_map(const struct lmdb *lmdb, const struct rows *rows, const char *file, struct problem *problem,
                      struct graph_map **out) MUST_USE;
void graph_unmap(struct graph_map *map); /* NULL is allowed */

#endif
