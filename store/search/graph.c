/* The shape of a graph's image, and the check of one that comes from outside. */
#include "store/search/graph.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct graph_header) == GRAPH_ALIGNMENT, "the header fills its line");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "images are read as they lie");

static const uint8_t magic[8] = {'w', 'v', 'g', 'r', 'a', 'p', 'h', '\n'};

static size_t round_up(size_t value, size_t unit) {
  return (value + unit - 1) / unit * unit;
}

/* Where the entries and nodes of a shape lie; without an image they are offsets from NULL. */
static size_t lay_out(const uint8_t *image, const struct graph_header *shape, struct graph *graph) {
  *graph = (struct graph){.node_count = shape->node_count,
                          .dim = shape->dim,
                          .degree = shape->degree,
                          .entry_count = shape->entry_count,
                          .root = shape->root};
  graph->code_bytes = (uint32_t)round_up(shape->dim, sizeof(float));
  graph->code_lines = (uint32_t)round_up(graph->code_bytes, GATHER_LINE) / GATHER_LINE;
  size_t entry_bytes = round_up(graph->code_bytes + sizeof(struct graph_code), GATHER_LINE);
  graph->links_offset = (uint32_t)entry_bytes;
  graph->entries.block_bytes = entry_bytes;
  graph->nodes.block_bytes = entry_bytes + round_up(shape->degree * sizeof(uint32_t), GATHER_LINE);
  size_t entries_at = sizeof(struct graph_header);
  size_t nodes_at = entries_at + shape->entry_count * entry_bytes;
  if (image) {
    graph->entries.bytes = image + entries_at;
    graph->nodes.bytes = image + nodes_at;
  }
  return nodes_at + shape->node_count * graph->nodes.block_bytes;
}

size_t graph_image_bytes(uint32_t node_count, uint32_t dim, uint32_t degree, uint32_t entry_count) {
  struct graph_header shape = {.node_count = node_count, .dim = dim, .degree = degree, .entry_count = entry_count};
  struct graph graph;
  return lay_out(NULL, &shape, &graph);
}

void graph_header_fill(struct graph_header *header) {
  memcpy(header->magic, magic, sizeof magic);
  header->version = GRAPH_VERSION;
  struct graph graph;
  header->image_bytes = lay_out(NULL, header, &graph);
}

void graph_view(const void *image, const struct graph_header *shape, struct graph *out) {
  lay_out(image, shape, out);
}

static enum status damaged(struct problem *problem, const char *what) {
  return problem_set(problem, STATUS_DAMAGED, 0, "the neighbour graph is damaged: %s; import the matrix again", what);
}

static enum status check_header(const struct graph_header *header, size_t bytes, struct problem *problem) {
  if (memcmp(header->magic, magic, sizeof magic) != 0) return damaged(problem, "it does not begin as one");
  if (header->version != GRAPH_VERSION)
    return problem_set(problem, STATUS_UNSUPPORTED, 0,
                       "the neighbour graph is of version %" PRIu32
                       ", this build reads version %d; import the matrix "
                       "again",
                       header->version, GRAPH_VERSION);
  if (header->node_count < 1 || header->node_count > GRAPH_NODES_MOST) return damaged(problem, "its number of nodes");
  if (header->dim < 1 || header->dim > GATHER_DIM_MOST) return damaged(problem, "its dimension");
  if (header->degree < 1 || header->degree > GRAPH_DEGREE_MOST) return damaged(problem, "its degree");
  if (header->entry_count < 1 || header->entry_count > GRAPH_ENTRIES_MOST || header->entry_count > header->node_count)
    return damaged(problem, "its number of entries");
  if (header->root >= header->node_count) return damaged(problem, "its root");
  struct graph graph;
  if (header->image_bytes != lay_out(NULL, header, &graph) || header->image_bytes != bytes)
    return damaged(problem, "its length");
  return STATUS_OK;
}

static bool scale_holds(float scale) {
  return scale >= 0 && scale <= 1; /* and so not NaN; a code's norm is 0 or at least 1 */
}

static bool links_hold(const struct graph *graph, uint32_t node) {
  const uint32_t *links = graph_links(graph, node);
  uint32_t link_count = graph_link_count(graph, node);
  for (uint32_t i = 0; i < link_count; i++)
    if (links[i] == node) return false;
  for (uint32_t i = link_count; i < graph->degree; i++)
    if (links[i] != GRAPH_NO_NODE) return false;
  return true;
}

/* `seen` has a bit for every row: each is some node's, and so, as there are as many, exactly one's. */
static const char *find_damage(const struct graph *graph, uint8_t *seen) {
  for (uint32_t node = 0; node < graph->node_count; node++) {
    const struct graph_code *code = graph_code_of(graph, &graph->nodes, node);
    if (code->id >= graph->node_count || (seen[code->id / 8] >> code->id % 8 & 1)) return "its rows";
    seen[code->id / 8] = (uint8_t)(seen[code->id / 8] | 1u << code->id % 8);
    if (!scale_holds(code->scale)) return "its scales";
    if (!links_hold(graph, node)) return "its links";
  }
  for (uint32_t entry = 0; entry < graph->entry_count; entry++) {
    const struct graph_code *code = graph_code_of(graph, &graph->entries, entry);
    if (code->id >= graph->node_count || !scale_holds(code->scale)) return "its entries";
  }
  return NULL;
}

enum status graph_check(const void *image, size_t bytes, uint32_t count, uint32_t dim, struct problem *problem,
                        struct graph *out) {
  if ((uintptr_t)image % GRAPH_ALIGNMENT != 0) return damaged(problem, "its place in memory");
  struct graph_header header;
  if (bytes < sizeof header) return damaged(problem, "it is cut short");
  memcpy(&header, image, sizeof header);
  enum status status = check_header(&header, bytes, problem);
  if (status != STATUS_OK) return status;
  if (header.node_count != count || header.dim != dim) return damaged(problem, "it is of another matrix");
  struct graph graph;
  lay_out(image, &header, &graph);
  uint8_t *seen = calloc(count / 8 + 1, 1);
  if (!seen) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory while checking the neighbour graph");
  const char *what = find_damage(&graph, seen);
  free(seen);
  if (what) return damaged(problem, what);
  *out = graph;
  return STATUS_OK;
}
