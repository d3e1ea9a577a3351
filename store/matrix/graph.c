/* The shape of a graph, and the checks of one that comes from outside. */
#include "store/matrix/graph.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/crew.h"

_Static_assert(sizeof(struct graph_header) == GRAPH_LINE, "the header fills its line");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "blocks are read as they lie");

static const uint8_t magic[8] = {'w', 'v', 'g', 'r', 'a', 'p', 'h', '\n'};

static size_t round_up(size_t value, size_t unit) {
  return (value + unit - 1) / unit * unit;
}

static uint32_t slab_shift_of(size_t block_bytes) {
  uint32_t shift = 20; /* of the smallest blocks, too, a slab holds no more */
  while (shift > 0 && block_bytes << shift > GRAPH_SLAB_BYTES) shift--;
  return shift;
}

void graph_shape(const struct graph_header *header, struct graph *out) {
  *out = (struct graph){.node_count = header->node_count,
                        .dim = header->dim,
                        .degree = header->degree,
                        .entry_count = header->entry_count,
                        .root = header->root};
  out->code_bytes = (uint32_t)round_up(header->dim, sizeof(float));
  out->code_lines = (uint32_t)round_up(out->code_bytes, GRAPH_LINE) / GRAPH_LINE;
  size_t entry_bytes = round_up(out->code_bytes + sizeof(struct graph_code), GRAPH_LINE);
  out->links_offset = (uint32_t)entry_bytes;
  out->entries.block_bytes = entry_bytes;
  out->entries.slab_shift = 31; /* all in one */
  out->nodes.block_bytes = entry_bytes + round_up(header->degree * sizeof(uint32_t), GRAPH_LINE);
  out->nodes.slab_shift = slab_shift_of(out->nodes.block_bytes);
  out->node_slabs = ((header->node_count - 1) >> out->nodes.slab_shift) + 1;
}

void graph_place(struct graph *graph, const uint8_t *const *slabs) {
  graph->entries.slabs = slabs;
  graph->nodes.slabs = slabs + 1;
}

void graph_header_fill(struct graph_header *header) {
  memcpy(header->magic, magic, sizeof magic);
  header->version = GRAPH_VERSION;
  memset(header->reserved, 0, sizeof header->reserved);
}

float graph_code_vector(const float *vector, uint32_t dim, int8_t *values) {
  float most = 0;
  for (uint32_t i = 0; i < dim; i++)
    if (fabsf(vector[i]) > most) most = fabsf(vector[i]);
  double factor = most > 0 ? GRAPH_LARGEST / (double)most : 0;
  int64_t squares = 0;
  for (uint32_t i = 0; i < dim; i++) {
    long value = lrint((double)vector[i] * factor);
    values[i] = (int8_t)value;
    squares += value * value;
  }
  return squares > 0 ? (float)(1 / sqrt((double)squares)) : 0.0f;
}

/* ---- checks ---- */

static enum status damaged(const char *file, struct problem *problem, const char *what) {
  return problem_set(problem, STATUS_DAMAGED, 0, "%s: its graph is inconsistent (%s); import it again", file, what);
}

enum status graph_check_header(const struct graph_header *header, const struct rows *rows, const char *file,
                               struct problem *problem) {
  if (memcmp(header->magic, magic, sizeof magic) != 0) return damaged(file, problem, "its beginning");
  if (header->version != GRAPH_VERSION)
    return problem_set(problem, STATUS_UNSUPPORTED, 0,
                       "%s: its graph is of version %" PRIu32 ", this build reads version %d; import it again", file,
                       header->version, GRAPH_VERSION);
  if (header->node_count != rows->count || header->node_count > GRAPH_NODES_MAX)
    return damaged(file, problem, "number of nodes");
  if (header->dim != rows->dim || header->dim > GRAPH_DIM_MAX) return damaged(file, problem, "dimension");
  if (header->degree < 1 || header->degree > GRAPH_DEGREE_MAX) return damaged(file, problem, "degree");
  if (header->entry_count < 1 || header->entry_count > GRAPH_ENTRIES_MAX || header->entry_count > header->node_count)
    return damaged(file, problem, "number of entries");
  for (size_t i = 0; i < sizeof header->reserved; i++)
    if (header->reserved[i] != 0) return damaged(file, problem, "its beginning");
  return header->root < header->node_count ? STATUS_OK : damaged(file, problem, "root");
}

/* Whether the block of a code is one: no code is the byte 0, and what is behind the dimensions is GRAPH_ZERO. */
static bool code_is_one(const struct graph *graph, const uint8_t *block) {
  for (uint32_t i = 0; i < graph->code_bytes; i++)
    if (block[i] == 0 || (i >= graph->dim && block[i] != GRAPH_ZERO)) return false;
  return true;
}

/* Whether the first node has its links, each another node, and behind as many as it has room for nothing: with another
 * degree it would not. */
static bool first_links_hold(const struct graph *graph) {
  const uint32_t *links = graph_links(graph, 0);
  uint32_t count = graph_link_count(graph, 0), room = (uint32_t)(graph->nodes.block_bytes - graph->links_offset) / 4;
  for (uint32_t i = 0; i < room; i++)
    if (i < count ? links[i] == 0 : links[i] != (i < graph->degree ? GRAPH_NO_NODE : 0)) return false;
  return true;
}

enum status graph_check_entries(const struct graph *graph, const char *file, struct problem *problem) {
  for (uint32_t entry = 0; entry < graph->entry_count; entry++)
    if (graph_code_of(graph, &graph->entries, entry)->id >= graph->node_count) return damaged(file, problem, "entries");
  if (!code_is_one(graph, graph_block(&graph->entries, graph->entry_count - 1)))
    return damaged(file, problem, "number of entries");
  if (!code_is_one(graph, graph_block(&graph->nodes, graph->node_count - 1)) || !first_links_hold(graph))
    return damaged(file, problem, "degree");
  return STATUS_OK;
}

/* A check of all nodes by many threads. */
struct verification {
  const struct graph *graph;
  const struct rows *rows;
  _Atomic uint8_t *seen;       /* [node_count] whether a row has its node */
  uint32_t *queue;             /* [node_count] nodes in the order in which they were reached */
  _Atomic(const char *) wrong; /* what does not hold; NULL as long as all does */
};

/* Whether the block begins with the code of that row. */
static bool code_holds(const struct graph *graph, const struct graph_blocks *blocks, uint32_t id,
                       const struct rows *rows, uint32_t row) {
  int8_t values[GRAPH_DIM_MAX];
  const uint8_t *block = graph_block(blocks, id);
  float scale = graph_code_vector(rows_at(rows, row), graph->dim, values);
  if (memcmp(&scale, &graph_code_of(graph, blocks, id)->scale, sizeof scale) != 0) return false;
  for (uint32_t i = 0; i < graph->dim; i++)
    if (block[i] != (uint8_t)(values[i] + GRAPH_ZERO)) return false;
  return true;
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

static const char *node_wrong(const struct verification *check, uint32_t node) {
  const struct graph *graph = check->graph;
  uint32_t row = graph_code_of(graph, &graph->nodes, node)->id;
  if (row >= graph->node_count || atomic_fetch_add_explicit(&check->seen[row], 1, memory_order_relaxed) != 0)
    return "rows of nodes";
  if (!code_holds(graph, &graph->nodes, node, check->rows, row)) return "codes";
  return links_hold(graph, node) ? NULL : "links";
}

static void verify_nodes(void *context, unsigned member, uint32_t first, uint32_t end) {
  struct verification *check = context;
  (void)member;
  for (uint32_t node = first; node < end && !atomic_load_explicit(&check->wrong, memory_order_relaxed); node++) {
    const char *wrong = node_wrong(check, node);
    if (wrong) atomic_store_explicit(&check->wrong, wrong, memory_order_relaxed);
  }
}

static bool entries_hold(const struct verification *check) {
  const struct graph *graph = check->graph;
  for (uint32_t entry = 0; entry < graph->entry_count; entry++) {
    uint32_t node = graph_code_of(graph, &graph->entries, entry)->id;
    uint32_t row = graph_code_of(graph, &graph->nodes, node)->id;
    if (!code_holds(graph, &graph->entries, entry, check->rows, row)) return false;
  }
  return true;
}

/* Whether every node can be reached from the root by links. Each was seen once before: its mark becomes 0. */
static bool all_reached(struct verification *check) {
  const struct graph *graph = check->graph;
  uint32_t count = 0;
  check->queue[count++] = graph->root;
  atomic_store_explicit(&check->seen[graph->root], 0, memory_order_relaxed);
  for (uint32_t done = 0; done < count; done++) {
    const uint32_t *links = graph_links(graph, check->queue[done]);
    for (uint32_t i = 0; i < graph->degree && links[i] < graph->node_count; i++) {
      if (atomic_load_explicit(&check->seen[links[i]], memory_order_relaxed) == 0) continue;
      atomic_store_explicit(&check->seen[links[i]], 0, memory_order_relaxed);
      check->queue[count++] = links[i];
    }
  }
  return count == graph->node_count;
}

enum status graph_verify(const struct graph *graph, const struct rows *rows, unsigned threads,
                         struct problem *problem) {
  enum { GRAIN = 1024 };
  struct verification check = {.graph = graph, .rows = rows};
  struct crew *crew = NULL;
  atomic_init(&check.wrong, NULL);
  check.seen = calloc(graph->node_count, sizeof *check.seen);
  check.queue = calloc(graph->node_count, sizeof *check.queue);
  enum status status = check.seen && check.queue ? crew_new(threads, &crew) : STATUS_NO_MEMORY;
  const char *wrong = NULL;
  if (status == STATUS_OK) {
    crew_share(crew, graph->node_count, GRAIN, verify_nodes, &check);
    wrong = atomic_load(&check.wrong);
    if (!wrong && !entries_hold(&check)) wrong = "entries";
    if (!wrong && !all_reached(&check)) wrong = "a row that no link leads to";
  }
  crew_free(crew);
  free(check.seen);
  free(check.queue);
  if (status != STATUS_OK) return problem_set(problem, status, 0, "out of memory");
  if (!wrong) return STATUS_OK;
  return problem_set(problem, STATUS_DAMAGED, 0, "the graph is inconsistent (%s); import it again", wrong);
}
