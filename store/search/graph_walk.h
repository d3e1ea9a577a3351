/* The walk through a graph that searching and building share: best first, with a bounded list of the nearest nodes
 * seen. It compares codes; whoever wants exact similarities computes them of what the walk found. */
#ifndef WORDVEC_STORE_SEARCH_GRAPH_WALK_H
#define WORDVEC_STORE_SEARCH_GRAPH_WALK_H

#include <stdbool.h>

#include "store/matrix/graph.h"
#include "store/matrix/rows.h"
#include "store/search/kernel.h"

/* A node and its similarity to the query, without the query's own scale. */
struct candidate {
  float similarity;
  uint32_t node; /* the top bit: its links have been followed */
};

#define CANDIDATE_FOLLOWED 0x80000000u

static inline uint32_t candidate_node(struct candidate candidate) {
  return candidate.node & ~CANDIDATE_FOLLOWED;
}

/* Whether `a` is the nearer: a total order of distinct nodes, so that a walk does not depend on who saw what first. */
static inline bool candidate_before(struct candidate a, struct candidate b) {
  return a.similarity > b.similarity || (a.similarity == b.similarity && candidate_node(a) < candidate_node(b));
}

/* What one walk at a time needs; kept from walk to walk by each thread. */
struct graph_walk {
  struct gather_query query;
  float query_scale;         /* 1 / the norm of the query's code, 0 for a zero query */
  int8_t *values;            /* of the query */
  uint64_t *visited;         /* a bit for every node; all clear between walks */
  uint32_t *touched;         /* words of `visited` to clear, [touched_most] */
  struct candidate *nearest; /* [width_most], best first */
  uint32_t nearest_count;
  uint32_t width_most;
  uint32_t touched_count, touched_most;
  uint32_t followed; /* nodes whose links the walk followed, and codes it compared: for statistics */
  uint32_t compared;
};

enum status graph_walk_init(struct graph_walk *walk, const struct graph *graph, uint32_t width_most) MUST_USE;
/* Makes room for walks of that width. */
enum status graph_walk_reserve(struct graph_walk *walk, uint32_t width) MUST_USE;
/* The heap that a walk holds. */
size_t graph_walk_bytes(const struct graph_walk *walk);
void graph_walk_release(struct graph_walk *walk);

/* The query as a code. */
void graph_walk_aim(struct graph_walk *walk, const float *vector, uint32_t dim);

/* The code of node `node` as the query. */
void graph_walk_aim_at(struct graph_walk *walk, const struct graph *graph, uint32_t node);

/* When a walk ends. */
struct graph_goal {
  uint32_t width;  /* nodes kept in mind: the more, the more is found and the longer it takes */
  uint32_t enough; /* of which that many are needed, so that the rest may be looked into less; 0 for all of them */
};

/* Leaves up to goal->width of the nearest nodes in walk->nearest, best first. It begins at the nearest of the first
 * `entry_count` entries. */
void graph_walk_run(struct graph_walk *walk, const struct graph *graph, const struct kernel *kernel,
                    uint32_t entry_count, const struct graph_goal *goal);

/* The entry nearest to the query, the first of equals. */
uint32_t graph_nearest_entry(const struct graph_walk *walk, const struct graph *graph, const struct kernel *kernel);

#endif
