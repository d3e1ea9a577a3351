/* Links of the nodes of a batch: found by a walk through the graph as it is, thinned by the rule that a neighbour is
 * not linked which lies nearer to one that is (Malkov and Yashunin, 2018, algorithm 4; with a factor as in Subramanya
 * et al., "DiskANN", 2019), and answered by links in return. */
#include <stdlib.h>
#include <string.h>

#include "store/search/graph_work.h"

enum { NODES_GRAIN = 8, WISHES_GRAIN = 32 };

static int compare_candidates(const void *a, const void *b) {
  struct candidate left = *(const struct candidate *)a, right = *(const struct candidate *)b;
  return candidate_before(right, left) - candidate_before(left, right);
}

/* The links of a node with that many candidates, nearest first, none of them itself. An accepted one occludes those
 * that are nearer to it than to the node; equal ones count as nearer, otherwise a node among equal rows would have no
 * link that leads away from them. `links` has room for the degree; how many are filled is returned. */
static uint32_t thin(struct graph_work *work, struct graph_hand *hand, uint32_t count, uint32_t *links) {
  const struct graph *graph = &work->graph;
  struct candidate *left = hand->candidates;
  float factor = work->options->alpha * work->options->alpha;
  uint32_t kept = 0;
  while (count > 0 && kept < graph->degree) {
    uint32_t chosen = left[0].node;
    links[kept++] = chosen;
    graph_walk_aim_at(&hand->walk, graph, chosen);
    for (uint32_t i = 1; i < count; i++) hand->ids[i - 1] = left[i].node;
    work->kernel->gather(&hand->walk.query, &graph->nodes, hand->ids, count - 1, hand->products);
    uint32_t open = 0;
    for (uint32_t i = 1; i < count; i++) {
      float scale = graph_code_of(graph, &graph->nodes, left[i].node)->scale * hand->walk.query_scale;
      float apart = 1 - (float)hand->products[i - 1] * scale;
      if (apart * factor > 1 - left[i].similarity) left[open++] = left[i];
    }
    count = open;
  }
  return kept;
}

/* Candidates from the node's own links, behind `count` others; those already there are left out. */
static uint32_t add_own_links(struct graph_work *work, struct graph_hand *hand, uint32_t node, uint32_t count) {
  const struct graph *graph = &work->graph;
  const uint32_t *links = graph_links(graph, node);
  uint32_t link_count = graph_link_count(graph, node), before = count;
  work->kernel->gather(&hand->walk.query, &graph->nodes, links, link_count, hand->products);
  for (uint32_t i = 0; i < link_count; i++) {
    uint32_t at = 0;
    while (at < before && hand->candidates[at].node != links[i]) at++;
    if (at < before) continue;
    float scale = graph_code_of(graph, &graph->nodes, links[i])->scale * hand->walk.query_scale;
    hand->candidates[count++] = (struct candidate){(float)hand->products[i] * scale, links[i]};
  }
  return count;
}

static void find_links(struct graph_work *work, struct graph_hand *hand, uint32_t place) {
  const struct graph *graph = &work->graph;
  struct graph_walk *walk = &hand->walk;
  uint32_t node = work->order[work->batch_first + place];
  uint32_t entries = work->batch_first < graph->entry_count ? work->batch_first : graph->entry_count;
  graph_walk_aim_at(walk, graph, node);
  graph_walk_run(walk, graph, work->kernel, entries, &(struct graph_goal){.width = work->options->width});
  uint32_t count = 0;
  for (uint32_t i = 0; i < walk->nearest_count; i++) {
    uint32_t other = candidate_node(walk->nearest[i]);
    if (other == node) continue;
    hand->candidates[count++] = (struct candidate){walk->nearest[i].similarity * walk->query_scale, other};
  }
  uint32_t found = count;
  count = add_own_links(work, hand, node, count);
  if (count > found) qsort(hand->candidates, count, sizeof *hand->candidates, compare_candidates);
  work->staged_count[place] = thin(work, hand, count, work->staged + (size_t)place * graph->degree);
}

static void find_some(void *context, unsigned member, uint32_t first, uint32_t end) {
  struct graph_work *work = context;
  for (uint32_t place = first; place < end; place++) find_links(work, &work->hands[member], place);
}

static int compare_wishes(const void *a, const void *b) {
  const struct graph_wish *left = a, *right = b;
  if (left->from != right->from) return left->from < right->from ? -1 : 1;
  return (left->to > right->to) - (left->to < right->to);
}

/* Writes the links found, and notes those in return. */
static void settle(struct graph_work *work) {
  const struct graph *graph = &work->graph;
  uint32_t wish_count = 0;
  for (uint32_t place = 0; place < work->batch_count; place++) {
    uint32_t node = work->order[work->batch_first + place], count = work->staged_count[place];
    const uint32_t *staged = work->staged + (size_t)place * graph->degree;
    memcpy(graph_links_of(work, node), staged, count * sizeof *staged);
    graph_end_links(work, node, count);
    for (uint32_t i = 0; i < count; i++)
      work->wishes[wish_count++] = (struct graph_wish){.from = staged[i], .to = node};
  }
  qsort(work->wishes, wish_count, sizeof *work->wishes, compare_wishes);
  uint32_t starts = 0;
  for (uint32_t i = 0; i < wish_count; i++)
    if (i == 0 || work->wishes[i].from != work->wishes[i - 1].from) work->wish_starts[starts++] = i;
  work->wish_starts[starts] = wish_count;
  work->wish_count = starts;
}

static bool has_link(const uint32_t *links, uint32_t count, uint32_t to) {
  for (uint32_t i = 0; i < count; i++)
    if (links[i] == to) return true;
  return false;
}

/* Makes too many links fit: thins those there are together with those wished for. A crowd of wishes is cut to what the
 * hand has room for. */
static uint32_t thin_again(struct graph_work *work, struct graph_hand *hand, uint32_t node,
                           const struct graph_wish *wishes, uint32_t count) {
  const struct graph *graph = &work->graph;
  uint32_t room = work->options->width + GRAPH_DEGREE_MAX;
  if (count > room) count = room;
  graph_walk_aim_at(&hand->walk, graph, node);
  for (uint32_t i = 0; i < count; i++) hand->ids[i] = wishes[i].to;
  work->kernel->gather(&hand->walk.query, &graph->nodes, hand->ids, count, hand->products);
  for (uint32_t i = 0; i < count; i++) {
    float scale = graph_code_of(graph, &graph->nodes, wishes[i].to)->scale * hand->walk.query_scale;
    hand->candidates[i] = (struct candidate){(float)hand->products[i] * scale, wishes[i].to};
  }
  count = add_own_links(work, hand, node, count);
  qsort(hand->candidates, count, sizeof *hand->candidates, compare_candidates);
  return thin(work, hand, count, graph_links_of(work, node));
}

static void grant(struct graph_work *work, struct graph_hand *hand, uint32_t start) {
  const struct graph_wish *wishes = work->wishes + work->wish_starts[start];
  uint32_t count = work->wish_starts[start + 1] - work->wish_starts[start], node = wishes[0].from;
  uint32_t *links = graph_links_of(work, node), link_count = graph_link_count(&work->graph, node);
  for (uint32_t i = 0; i < count; i++) {
    if (has_link(links, link_count, wishes[i].to)) continue;
    if (link_count == work->graph.degree) {
      graph_end_links(work, node, thin_again(work, hand, node, wishes + i, count - i));
      return;
    }
    links[link_count++] = wishes[i].to;
  }
}

static void grant_some(void *context, unsigned member, uint32_t first, uint32_t end) {
  struct graph_work *work = context;
  for (uint32_t start = first; start < end; start++) grant(work, &work->hands[member], start);
}

void graph_link_batch(struct graph_work *work, uint32_t first, uint32_t count) {
  work->batch_first = first;
  work->batch_count = count;
  crew_share(work->crew, count, NODES_GRAIN, find_some, work);
  settle(work);
  crew_share(work->crew, work->wish_count, WISHES_GRAIN, grant_some, work);
}
