/* Graphs from and to the store file. */
#include "store/matrix/graph_map.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/format.h"

/* A step of the recall table in the file. */
struct stored_step {
  uint32_t width, zero;
  double at_1, at_10, at_100;
};

enum { RECALL_AT = sizeof(struct graph_header), STEPS_AT = RECALL_AT + 8 };
_Static_assert(STEPS_AT + RECALL_STEPS_MAX * sizeof(struct stored_step) <= GRAPH_MAP_FIXED, "the table fits");
_Static_assert((int)GRAPH_MAP_FIXED % (int)GRAPH_LINE == 0, "entries behind it are aligned");

size_t graph_map_length(const struct graph *graph) {
  return GRAPH_MAP_FIXED + graph->entry_count * graph->entries.block_bytes;
}

void graph_map_write(const struct graph_header *header, const struct recall_table *recall,
                     unsigned char out[GRAPH_MAP_FIXED]) {
  memset(out, 0, GRAPH_MAP_FIXED);
  memcpy(out, header, sizeof *header);
  memcpy(out + RECALL_AT, &recall->queries, 4);
  memcpy(out + RECALL_AT + 4, &recall->count, 4);
  for (uint32_t i = 0; i < recall->count; i++) {
    const struct recall_step *step = &recall->steps[i];
    struct stored_step stored = {step->width, 0, step->at_1, step->at_10, step->at_100};
    memcpy(out + STEPS_AT + i * sizeof stored, &stored, sizeof stored);
  }
}

static bool is_share(double value) {
  return value >= 0 && value <= 1; /* and so not NaN */
}

static bool read_recall(const unsigned char *data, struct recall_table *recall) {
  memcpy(&recall->queries, data + RECALL_AT, 4);
  memcpy(&recall->count, data + RECALL_AT + 4, 4);
  if (recall->count > RECALL_STEPS_MAX || (recall->count > 0 && recall->queries == 0)) return false;
  for (size_t i = STEPS_AT + recall->count * sizeof(struct stored_step); i < GRAPH_MAP_FIXED; i++)
    if (data[i] != 0) return false;
  for (uint32_t i = 0; i < recall->count; i++) {
    struct stored_step step;
    memcpy(&step, data + STEPS_AT + i * sizeof step, sizeof step);
    if (step.zero != 0 || step.width < 1 || (i > 0 && step.width <= recall->steps[i - 1].width)) return false;
    if (!is_share(step.at_1) || !is_share(step.at_10) || !is_share(step.at_100)) return false;
    recall->steps[i] = (struct recall_step){step.width, step.at_1, step.at_10, step.at_100};
  }
  return true;
}

static enum status map_slabs(struct graph_map *map, const struct lmdb *lmdb, const char *file,
                             struct problem *problem) {
  struct graph *graph = &map->graph;
  const void *data;
  enum status status =
      format_find(lmdb, (struct format_part){FORMAT_GRAPH, 0, graph_map_length(graph)}, file, problem, &data);
  if (status != STATUS_OK) return status;
  map->slabs = calloc(1 + (size_t)graph->node_slabs, sizeof *map->slabs);
  if (!map->slabs) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  map->slabs[0] = (const uint8_t *)data + GRAPH_MAP_FIXED;
  for (uint32_t slab = 0; slab < graph->node_slabs; slab++) {
    struct format_part part = {FORMAT_LINKS, slab, graph_in_slab(graph, slab) * graph->nodes.block_bytes};
    status = format_find(lmdb, part, file, problem, &data);
    if (status != STATUS_OK) return status;
    map->slabs[1 + slab] = data;
  }
  graph_place(graph, map->slabs);
  return graph_check_entries(graph, file, problem);
}

static enum status map_all(struct graph_map *map, const struct lmdb *lmdb, const struct rows *rows, const char *file,
                           struct problem *problem) {
  const void *data;
  struct graph_header header;
  enum status status =
      format_find_start(lmdb, (struct format_part){FORMAT_GRAPH, 0, GRAPH_MAP_FIXED}, file, problem, &data);
  if (status != STATUS_OK) return status;
  memcpy(&header, data, sizeof header);
  status = graph_check_header(&header, rows, file, problem);
  if (status != STATUS_OK) return status;
  if (!read_recall(data, &map->recall))
    return problem_set(problem, STATUS_DAMAGED, 0,
                       "%s: the table of its graph's recall is inconsistent; import it again", file);
  graph_shape(&header, &map->graph);
  return map_slabs(map, lmdb, file, problem);
}

enum status graph_map(const struct lmdb *lmdb, const struct rows *rows, const char *file, struct problem *problem,
                      struct graph_map **out) {
  *out = NULL;
  if (!format_has(lmdb, FORMAT_GRAPH)) return STATUS_OK;
  struct graph_map *map = calloc(1, sizeof *map);
  if (!map) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  enum status status = map_all(map, lmdb, rows, file, problem);
  if (status == STATUS_OK)
    *out = map;
  else
    graph_unmap(map);
  return status == STATUS_UNSUPPORTED ? STATUS_OK : status;
}

void graph_unmap(struct graph_map *map) {
  if (!map) return;
  free(map->slabs);
  free(map);
}
