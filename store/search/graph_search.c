/* A walk, then exact similarities of the candidates that may belong to the answer. */
#include "store/search/graph_search.h"

#include <stdbool.h>
#include <stdlib.h>

#include "store/search/graph_walk.h"

enum {
  RANKED_BEYOND = 30, /* candidates ranked exactly beside the k that are asked for: codes misplace some */
  RANKED_AHEAD = 4,   /* rows asked for ahead of the one being compared */
  WIDTH_AT_FIRST = 256,
  LINE_FLOATS = 16
};

struct graph_scratch {
  struct graph_walk walk;
  double *values; /* [stride] the query as the exact kernel wants it */
};

enum status graph_scratch_new(const struct graph_index *index, struct graph_scratch **out) {
  struct graph_scratch *scratch = calloc(1, sizeof *scratch);
  if (!scratch) return STATUS_NO_MEMORY;
  scratch->values = calloc(index->rows->stride, sizeof *scratch->values);
  if (!scratch->values || graph_walk_init(&scratch->walk, &index->graph, WIDTH_AT_FIRST) != STATUS_OK) {
    graph_scratch_free(scratch);
    return STATUS_NO_MEMORY;
  }
  *out = scratch;
  return STATUS_OK;
}

void graph_scratch_free(struct graph_scratch *scratch) {
  if (!scratch) return;
  graph_walk_release(&scratch->walk);
  free(scratch->values);
  free(scratch);
}

static bool is_excluded(const struct graph_query *query, uint32_t row) {
  for (size_t i = 0; i < query->excluded_count; i++)
    if (query->excluded[i] == row) return true;
  return false;
}

/* The width that leaves k rows when all that are excluded have been found. */
static uint32_t width_for(const struct graph_index *index, const struct graph_query *query) {
  size_t count = index->graph.node_count, width = query->width;
  size_t least = query->k < count ? query->k : count;
  if (width < least) width = least;
  width = query->excluded_count < count ? width + query->excluded_count : count;
  return (uint32_t)(width < count ? width : count);
}

static void prefetch_row(const struct graph_index *index, uint32_t row) {
  const float *values = rows_at(index->rows, row);
  for (uint32_t i = 0; i < index->rows->stride; i += LINE_FLOATS) __builtin_prefetch(values + i);
}

/* The rows of the candidates that are ranked, in place of their nodes; how many. */
static uint32_t rows_to_rank(const struct graph_index *index, const struct graph_query *query,
                             struct graph_walk *walk) {
  size_t most = query->k + RANKED_BEYOND;
  uint32_t count = 0;
  for (uint32_t i = 0; i < walk->nearest_count && count < most; i++) {
    uint32_t row = graph_code_of(&index->graph, &index->graph.nodes, candidate_node(walk->nearest[i]))->id;
    if (row >= index->rows->count || is_excluded(query, row)) continue; /* no file is trusted so far */
    walk->nearest[count++].node = row;
  }
  return count;
}

static void rank(const struct graph_index *index, const struct graph_query *query, struct graph_scratch *scratch,
                 uint32_t count, struct topk *topk) {
  const struct rows *rows = index->rows;
  const struct candidate *nearest = scratch->walk.nearest;
  double norm = rows_norm_of(query->vector, rows->dim);
  for (uint32_t i = 0; i < rows->dim; i++) scratch->values[i] = query->vector[i];
  for (uint32_t i = 0; i < count && i < RANKED_AHEAD; i++) prefetch_row(index, nearest[i].node);
  for (uint32_t i = 0; i < count; i++) {
    if (i + RANKED_AHEAD < count) prefetch_row(index, nearest[i + RANKED_AHEAD].node);
    uint32_t row = nearest[i].node;
    double dot;
    index->kernel->dots(scratch->values, rows_at(rows, row), rows->stride, 1, &dot);
    topk_offer(topk, (struct hit){.row = row, .similarity = rows_cosine(dot, norm, rows_norm(rows, row))});
  }
}

enum status graph_search(const struct graph_index *index, const struct graph_query *query,
                         struct graph_scratch *scratch, struct hit *hits, size_t *found) {
  struct graph_walk *walk = &scratch->walk;
  uint32_t width = width_for(index, query);
  size_t needed = query->k + query->excluded_count;
  struct graph_goal goal = {.width = width, .enough = needed < width ? (uint32_t)needed : 0};
  enum status status = graph_walk_reserve(walk, width);
  if (status != STATUS_OK) return status;
  graph_walk_aim(walk, query->vector, index->rows->dim);
  graph_walk_run(walk, &index->graph, index->kernel, index->graph.entry_count, &goal);
  struct topk topk;
  topk_init(&topk, hits, query->k);
  rank(index, query, scratch, rows_to_rank(index, query, walk), &topk);
  topk_sort(&topk);
  *found = topk.count;
  return STATUS_OK;
}
