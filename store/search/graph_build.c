/* The order of a build: memory, codes, batches of insertions, reachability, header. */
#include "store/search/graph_build.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "store/search/graph_work.h"

struct graph_options graph_options_default(void) {
  return (struct graph_options){.degree = 32, .width = 160, .passes = 1, .alpha = 1.1f, .arriving = 8, .threads = 1};
}

static size_t line_up(size_t bytes) {
  return (bytes + GRAPH_LINE - 1) / GRAPH_LINE * GRAPH_LINE;
}

/* The shares of the memory for work; `work` may be NULL to learn their sum. */
static size_t share_out(struct graph_work *work, uint8_t *memory, uint32_t node_count, uint32_t degree) {
  size_t batch_links = (size_t)GRAPH_BATCH_MOST * degree;
  if (batch_links < GRAPH_ENTRIES_MAX) batch_links = GRAPH_ENTRIES_MAX; /* graph_order.c counts cells there */
  const size_t sizes[] = {node_count * sizeof *work->order,   node_count * sizeof *work->cells,
                          batch_links * sizeof *work->staged, GRAPH_BATCH_MOST * sizeof *work->staged_count,
                          batch_links * sizeof *work->wishes, (batch_links + 1) * sizeof *work->wish_starts};
  size_t offsets[sizeof sizes / sizeof sizes[0] + 1] = {0};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) offsets[i + 1] = offsets[i] + line_up(sizes[i]);
  if (work) {
    work->order = (uint32_t *)(void *)(memory + offsets[0]);
    work->cells = (uint32_t *)(void *)(memory + offsets[1]);
    work->staged = (uint32_t *)(void *)(memory + offsets[2]);
    work->staged_count = (uint32_t *)(void *)(memory + offsets[3]);
    work->wishes = (struct graph_wish *)(void *)(memory + offsets[4]);
    work->wish_starts = (uint32_t *)(void *)(memory + offsets[5]);
  }
  return offsets[sizeof sizes / sizeof sizes[0]];
}

static size_t nodes_offset(const struct graph *graph) {
  return sizeof(struct graph_header) + graph->entry_count * graph->entries.block_bytes;
}

size_t graph_image_bytes(const struct graph *graph) {
  return nodes_offset(graph) + graph->node_count * graph->nodes.block_bytes;
}

void graph_image_place(const uint8_t *image, const uint8_t **slabs, struct graph *graph) {
  slabs[0] = image + sizeof(struct graph_header);
  for (uint32_t slab = 0; slab < graph->node_slabs; slab++)
    slabs[1 + slab] =
        image + nodes_offset(graph) + ((size_t)slab << graph->nodes.slab_shift) * graph->nodes.block_bytes;
  graph_place(graph, slabs);
}

static struct graph_header shape_of(const struct rows *rows, const struct graph_options *options) {
  uint32_t entries = options->entries > 0 ? options->entries : (uint32_t)sqrt((double)rows->count);
  if (entries > GRAPH_ENTRIES_MAX) entries = GRAPH_ENTRIES_MAX;
  if (entries > rows->count) entries = rows->count;
  return (struct graph_header){
      .node_count = rows->count, .dim = rows->dim, .degree = options->degree, .entry_count = entries};
}

enum status graph_build_sizes(const struct rows *rows, const struct graph_options *options, struct problem *problem,
                              size_t *image_bytes, size_t *work_bytes) {
  if (rows->count < 1 || rows->count > GRAPH_NODES_MAX || rows->dim < 1 || rows->dim > GRAPH_DIM_MAX)
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0,
                       "no neighbour graph can be built over %" PRIu32 " rows of %" PRIu32 " dimensions", rows->count,
                       rows->dim);
  if (options->degree < 2 || options->degree > GRAPH_DEGREE_MAX || options->width < 1 || options->passes < 1 ||
      !(options->alpha >= 1) || options->threads < 1)
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "no neighbour graph can have these options");
  struct graph_header header = shape_of(rows, options);
  struct graph shape;
  graph_shape(&header, &shape);
  *image_bytes = graph_image_bytes(&shape);
  *work_bytes = share_out(NULL, NULL, rows->count, options->degree);
  return STATUS_OK;
}

static void release(struct graph_work *work) {
  for (unsigned i = 0; work->hands && i < work->options->threads; i++) {
    graph_walk_release(&work->hands[i].walk);
    free(work->hands[i].candidates);
    free(work->hands[i].ids);
    free(work->hands[i].products);
  }
  free(work->hands);
  free(work->slabs);
  crew_free(work->crew);
}

static size_t room_of(const struct graph_work *work) {
  return (size_t)work->options->width + 2 * GRAPH_DEGREE_MAX;
}

/* All of the heap that a build takes, from its beginning to its end; threads' stacks aside. */
static size_t private_bytes(const struct graph_work *work) {
  const struct graph_hand *hand = &work->hands[0];
  size_t of_room = sizeof *hand->candidates + sizeof *hand->ids + sizeof *hand->products;
  return work->options->threads * (sizeof *hand + room_of(work) * of_room + graph_walk_bytes(&hand->walk));
}

static enum status prepare_hand(const struct graph_work *work, struct graph_hand *hand) {
  size_t room = room_of(work);
  hand->candidates = calloc(room, sizeof *hand->candidates);
  hand->ids = calloc(room, sizeof *hand->ids);
  hand->products = calloc(room, sizeof *hand->products);
  if (!hand->candidates || !hand->ids || !hand->products) return STATUS_NO_MEMORY;
  return graph_walk_init(&hand->walk, &work->graph, work->options->width);
}

static enum status prepare(struct graph_work *work, const uint8_t *image) {
  work->slabs = calloc(1 + (size_t)work->graph.node_slabs, sizeof *work->slabs);
  if (!work->slabs) return STATUS_NO_MEMORY;
  graph_image_place(image, work->slabs, &work->graph);
  work->hands = calloc(work->options->threads, sizeof *work->hands);
  if (!work->hands) return STATUS_NO_MEMORY;
  for (unsigned i = 0; i < work->options->threads; i++) {
    enum status status = prepare_hand(work, &work->hands[i]);
    if (status != STATUS_OK) return status;
  }
  return crew_new(work->options->threads, &work->crew);
}

/* A batch is a small part of what is already there, so that rows of one batch, which do not see each other, are seldom
 * neighbours. */
static uint32_t batch_behind(uint32_t inserted) {
  uint32_t batch = inserted / 64 + 1;
  return batch < GRAPH_BATCH_MOST ? batch : GRAPH_BATCH_MOST;
}

static bool go_on(const struct graph_work *work, uint32_t pass, uint32_t done) {
  const struct graph_options *options = work->options;
  if (!options->progress) return true;
  uint64_t all = (uint64_t)work->graph.node_count * options->passes;
  uint64_t so_far = (uint64_t)work->graph.node_count * pass + done;
  return options->progress(options->context, (uint32_t)(so_far / options->passes), (uint32_t)(all / options->passes));
}

static enum status insert_all(struct graph_work *work) {
  uint32_t node_count = work->graph.node_count;
  for (uint32_t pass = 0; pass < work->options->passes; pass++) {
    uint32_t done = pass == 0 ? 1 : 0; /* the first node has none to link to */
    while (done < node_count) {
      uint32_t batch = pass == 0 ? batch_behind(done) : GRAPH_BATCH_MOST;
      if (batch > node_count - done) batch = node_count - done;
      graph_link_batch(work, done, batch);
      done += batch;
      if (!go_on(work, pass, done)) return STATUS_BUSY;
    }
  }
  return STATUS_OK;
}

static void sum_up(const struct graph_work *work, struct graph_statistics *statistics) {
  const struct graph *graph = &work->graph;
  statistics->degree_least = UINT32_MAX;
  for (uint32_t node = 0; node < graph->node_count; node++) {
    uint32_t link_count = graph_link_count(graph, node);
    statistics->links += link_count;
    if (link_count < statistics->degree_least) statistics->degree_least = link_count;
  }
}

enum status graph_build(const struct kernel *kernel, const struct rows *rows, const struct graph_options *options,
                        const struct graph_memory *memory, struct problem *problem,
                        struct graph_statistics *statistics) {
  struct graph_statistics sum = {0};
  enum status status = graph_build_sizes(rows, options, problem, &sum.image_bytes, &sum.work_bytes);
  if (status != STATUS_OK) return status;
  struct graph_header header = shape_of(rows, options);
  struct graph_work work = {.rows = rows, .options = options, .kernel = kernel};
  graph_shape(&header, &work.graph);
  work.entry_bytes = memory->image + sizeof header;
  work.node_bytes = memory->image + nodes_offset(&work.graph);
  share_out(&work, memory->work, rows->count, options->degree);
  status = prepare(&work, memory->image);
  if (status == STATUS_OK) {
    graph_order_rows(&work);
    status = insert_all(&work);
  }
  if (status == STATUS_OK) {
    graph_balance(&work);
    sum.private_bytes = private_bytes(&work);
    sum.repaired = graph_reach_all(&work);
    sum_up(&work, &sum);
    header.root = work.graph.root;
    graph_header_fill(&header);
    *(struct graph_header *)(void *)memory->image = header;
    *statistics = sum;
  }
  release(&work);
  if (status == STATUS_NO_MEMORY) return problem_set(problem, status, 0, "out of memory while building the graph");
  if (status == STATUS_BUSY) return problem_set(problem, status, 0, "the build of the graph was stopped");
  return status;
}
