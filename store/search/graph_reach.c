/* What can be reached from the root by links, and links to what cannot: thinning may cut off a group of near duplicates
 * that link to each other alone. */
#include "store/search/graph_work.h"

/* Reached nodes, in the order in which they were; parents form a tree whose links must stay. */
struct reach {
  struct graph_work *work;
  uint32_t *queue;   /* work->order */
  uint32_t *parents; /* work->cells; GRAPH_NO_NODE where not reached */
  uint32_t count;
};

/* Reaches `node` from `parent`, and all that can be reached from it. */
static void spread(struct reach *reach, uint32_t node, uint32_t parent) {
  const struct graph *graph = &reach->work->graph;
  uint32_t done = reach->count;
  reach->parents[node] = parent;
  reach->queue[reach->count++] = node;
  for (; done < reach->count; done++) {
    uint32_t from = reach->queue[done], link_count = graph_link_count(graph, from);
    const uint32_t *links = graph_links(graph, from);
    for (uint32_t i = 0; i < link_count; i++) {
      if (reach->parents[links[i]] != GRAPH_NO_NODE) continue;
      reach->parents[links[i]] = from;
      reach->queue[reach->count++] = links[i];
    }
  }
}

/* Links from a reached node to another in a free place or in that of its farthest link which the tree does not need. */
static bool link_from(struct reach *reach, uint32_t from, uint32_t to) {
  uint32_t *links = graph_links_of(reach->work, from), link_count = graph_link_count(&reach->work->graph, from);
  if (link_count < reach->work->graph.degree) {
    links[link_count] = to;
    return true;
  }
  for (uint32_t i = link_count; i-- > 0;) {
    if (reach->parents[links[i]] == from) continue;
    links[i] = to;
    return true;
  }
  return false;
}

/* From the nearest reached node with a place to spare. If none of those found has one, any will do: the tree has one
 * link fewer than nodes and a node two places at least, so there is one. */
static void link_to(struct reach *reach, uint32_t node) {
  struct graph_work *work = reach->work;
  struct graph_walk *walk = &work->hands[0].walk;
  graph_walk_aim_at(walk, &work->graph, node);
  graph_walk_run(walk, &work->graph, work->kernel, work->graph.entry_count,
                 &(struct graph_goal){.width = work->options->width});
  for (uint32_t i = 0; i < walk->nearest_count; i++) {
    uint32_t from = candidate_node(walk->nearest[i]);
    if (reach->parents[from] == GRAPH_NO_NODE || !link_from(reach, from, node)) continue;
    spread(reach, node, from);
    return;
  }
  for (uint32_t i = reach->count; i-- > 0;) {
    uint32_t from = reach->queue[i];
    if (!link_from(reach, from, node)) continue;
    spread(reach, node, from);
    return;
  }
}

uint32_t graph_reach_all(struct graph_work *work) {
  struct reach reach = {.work = work, .queue = work->order, .parents = work->cells};
  uint32_t node_count = work->graph.node_count, repaired = 0;
  for (uint32_t node = 0; node < node_count; node++) reach.parents[node] = GRAPH_NO_NODE;
  spread(&reach, work->graph.root, work->graph.root);
  for (uint32_t node = 0; node < node_count; node++) {
    if (reach.parents[node] != GRAPH_NO_NODE) continue;
    link_to(&reach, node);
    repaired++;
  }
  return repaired;
}
