/* Rows from the writer, a graph built over them in temporary files, measured there, and then given to the writer. */
#include "store/import/import_graph.h"

#include <stdlib.h>

#include "store/clock.h"
#include "store/matrix/spill.h"
#include "store/search/graph_build.h"
#include "store/search/recall_measure.h"

/* A graph between its making and its writing. */
struct making {
  struct writer *writer;
  const struct import_graph_steps *steps;
  struct problem *problem;
  struct rows rows; /* borrowed from the writer */
  struct graph graph;
  struct spill image;
  const uint8_t **slabs;
};

static bool show_build(void *context, uint32_t done, uint32_t all) {
  const struct import_step *step = context;
  step->progress(step->context, done, all);
  return true;
}

static const struct graph_header *header_of(const struct making *making) {
  return (const struct graph_header *)(const void *)making->image.data;
}

/* The memory for work is given back as soon as the graph is there. */
static enum status build(struct making *making, const struct graph_options *options,
                         struct graph_statistics *statistics) {
  const char *folder = writer_folder(making->writer);
  struct spill work = SPILL_NONE;
  size_t image_bytes = 0, work_bytes = 0;
  enum status status = graph_build_sizes(&making->rows, options, making->problem, &image_bytes, &work_bytes);
  if (status == STATUS_OK) status = spill_grow(&making->image, folder, image_bytes, making->problem);
  if (status == STATUS_OK) status = spill_grow(&work, folder, work_bytes, making->problem);
  struct graph_memory memory = {.image = making->image.data, .work = work.data};
  if (status == STATUS_OK)
    status = graph_build(kernel_best(), &making->rows, options, &memory, making->problem, statistics);
  spill_release(&work);
  return status;
}

static enum status place(struct making *making) {
  graph_shape(header_of(making), &making->graph);
  making->slabs = calloc(1 + (size_t)making->graph.node_slabs, sizeof *making->slabs);
  if (!making->slabs) return problem_set(making->problem, STATUS_NO_MEMORY, 0, "out of memory");
  graph_image_place(making->image.data, making->slabs, &making->graph);
  return STATUS_OK;
}

static enum status measure(const struct making *making, struct recall_table *recall) {
  const struct import_step *step = &making->steps->measure;
  struct graph_index index = {.graph = making->graph, .rows = &making->rows, .kernel = kernel_best()};
  struct recall_options options = {.threads = step->threads, .progress = step->progress, .context = step->context};
  enum status status = recall_measure(&index, &options, recall);
  return status == STATUS_OK ? status : problem_set(making->problem, status, 0, "out of memory");
}

static enum status add(const struct making *making, const struct recall_table *recall) {
  const struct graph *graph = &making->graph;
  for (uint32_t slab = 0; slab < graph->node_slabs; slab++) {
    size_t length = graph_in_slab(graph, slab) * graph->nodes.block_bytes;
    enum status status = writer_add_nodes(making->writer, slab, making->slabs[1 + slab], length, making->problem);
    if (status != STATUS_OK) return status;
  }
  return writer_add_graph(making->writer, header_of(making), recall, making->slabs[0], making->problem);
}

enum status import_graph(struct writer *writer, const struct import_graph_steps *steps, struct problem *problem,
                         struct import_graph_report *report) {
  struct making making = {.writer = writer, .steps = steps, .problem = problem, .image = SPILL_NONE};
  struct graph_options options = graph_options_default();
  struct graph_statistics statistics;
  struct import_graph_report made = {.made = true};
  int64_t started = clock_milliseconds();
  options.threads = steps->build.threads;
  options.progress = show_build;
  options.context = (void *)(uintptr_t)&steps->build;
  enum status status = writer_rows(writer, problem, &making.rows);
  if (status != STATUS_OK || making.rows.count > GRAPH_NODES_MAX) return status;
  status = build(&making, &options, &statistics);
  if (status == STATUS_OK) status = place(&making);
  if (status == STATUS_OK) status = graph_verify(&making.graph, &making.rows, options.threads, problem);
  if (status == STATUS_OK) made.build_seconds = (double)(clock_milliseconds() - started) / 1000;
  if (status == STATUS_OK) status = measure(&making, &made.recall);
  if (status == STATUS_OK) status = add(&making, &made.recall);
  if (status == STATUS_OK) {
    made.seconds = (double)(clock_milliseconds() - started) / 1000;
    made.bytes = statistics.image_bytes;
    made.temporary_bytes = statistics.image_bytes + statistics.work_bytes;
    made.private_bytes = statistics.private_bytes;
    *report = made;
  }
  free(making.slabs);
  spill_release(&making.image);
  return status;
}
