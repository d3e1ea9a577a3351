/* Which node each row becomes. Rows nearest the same entry lie together, entries that are near each other follow each
 * other: a walk then stays within fewer pages. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/search/graph_work.h"

enum { GRAIN = 256 };

static uint64_t divisor_of(uint64_t a, uint64_t b) {
  while (b != 0) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* A step that visits every number below `count` and leaves no pattern: near the golden section of it. */
static uint64_t step_of(uint32_t count) {
  uint64_t step = (uint64_t)(count * 0.6180339887498949) | 1;
  while (divisor_of(step, count) != 1) step += 2;
  return step;
}

static void write_code(const struct graph_work *work, uint8_t *block, uint32_t row, uint32_t id) {
  const struct graph *graph = &work->graph;
  float scale = graph_code_vector(rows_at(work->rows, row), graph->dim, (int8_t *)block);
  for (uint32_t i = 0; i < graph->code_bytes; i++) block[i] = (uint8_t)(block[i] + GRAPH_ZERO);
  *(struct graph_code *)(void *)(block + graph->code_bytes) = (struct graph_code){.scale = scale, .id = id};
}

static void find_cells(void *context, unsigned member, uint32_t first, uint32_t end) {
  struct graph_work *work = context;
  struct graph_walk *walk = &work->hands[member].walk;
  for (uint32_t row = first; row < end; row++) {
    graph_walk_aim(walk, rows_at(work->rows, row), work->graph.dim);
    work->cells[row] = graph_nearest_entry(walk, &work->graph, work->kernel);
  }
}

/* A chain through the entries, from each to the nearest that is not yet in it: place[entry] is its place. */
static void chain_entries(struct graph_work *work, uint32_t *place) {
  const struct graph *graph = &work->graph;
  struct graph_walk *walk = &work->hands[0].walk;
  for (uint32_t entry = 0; entry < graph->entry_count; entry++) place[entry] = GRAPH_NO_NODE;
  uint32_t last = 0;
  for (uint32_t count = 0; count < graph->entry_count; count++) {
    place[last] = count;
    graph_walk_aim(walk, rows_at(work->rows, graph_code_of(graph, &graph->entries, last)->id), graph->dim);
    float best = -INFINITY;
    uint32_t from = last;
    for (uint32_t entry = 0; entry < graph->entry_count; entry++) {
      int32_t product;
      if (place[entry] != GRAPH_NO_NODE) continue;
      work->kernel->gather(&walk->query, &graph->entries, &entry, 1, &product);
      float similarity = (float)product * graph_code_of(graph, &graph->entries, entry)->scale;
      if (similarity <= best && last != from) continue;
      best = similarity;
      last = entry;
    }
  }
}

static void write_nodes(void *context, unsigned member, uint32_t first, uint32_t end) {
  struct graph_work *work = context;
  (void)member;
  for (uint32_t row = first; row < end; row++) {
    uint32_t node = work->cells[row];
    write_code(work, work->node_bytes + (size_t)node * work->graph.nodes.block_bytes, row, row);
    graph_end_links(work, node, 0);
  }
}

/* cells[row] from the row's cell to its node: a counting sort by the cell's place in the chain, rows in order. */
static void number_nodes(struct graph_work *work, const uint32_t *place, uint32_t *starts) {
  uint32_t entries = work->graph.entry_count, count = work->graph.node_count, sum = 0;
  memset(starts, 0, entries * sizeof *starts);
  for (uint32_t row = 0; row < count; row++) starts[place[work->cells[row]]]++;
  for (uint32_t i = 0; i < entries; i++) {
    uint32_t length = starts[i];
    starts[i] = sum;
    sum += length;
  }
  for (uint32_t row = 0; row < count; row++) work->cells[row] = starts[place[work->cells[row]]]++;
}

/* Entries first, as a walk begins at them; then rows in an order that has nothing to do with their place in the file,
 * where frequent words come first and would be linked while their neighbours are missing. */
static void order_insertions(struct graph_work *work) {
  const struct graph *graph = &work->graph;
  uint64_t step = step_of(graph->node_count);
  uint32_t next = 0;
  for (uint32_t entry = 0; entry < graph->entry_count; entry++) {
    struct graph_code *code =
        (struct graph_code *)(void *)(work->entry_bytes + entry * graph->entries.block_bytes + graph->code_bytes);
    code->id = work->cells[code->id];
    graph_links_of(work, code->id)[0] = code->id; /* a mark, for now */
    work->order[next++] = code->id;
  }
  for (uint32_t row = 0; row < graph->node_count; row++) {
    uint32_t node = work->cells[(uint32_t)(row * step % graph->node_count)];
    if (graph_links_of(work, node)[0] == GRAPH_NO_NODE) work->order[next++] = node;
  }
  for (uint32_t entry = 0; entry < graph->entry_count; entry++) graph_end_links(work, work->order[entry], 0);
}

void graph_order_rows(struct graph_work *work) {
  struct graph *graph = &work->graph;
  uint64_t step = step_of(graph->node_count);
  for (uint32_t entry = 0; entry < graph->entry_count; entry++) {
    uint32_t row = (uint32_t)(entry * step % graph->node_count);
    write_code(work, work->entry_bytes + entry * graph->entries.block_bytes, row, row);
  }
  crew_share(work->crew, graph->node_count, GRAIN, find_cells, work);
  uint32_t *place = work->order, *starts = work->staged;
  chain_entries(work, place);
  number_nodes(work, place, starts);
  crew_share(work->crew, graph->node_count, GRAIN, write_nodes, work);
  order_insertions(work);
  graph->root = work->order[0];
}
