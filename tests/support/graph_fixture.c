/* Builds a graph in heap memory that ends where the image does. */
#include "tests/support/graph_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void fail(const char *what) {
  fprintf(stderr, "graph_fixture: %s\n", what);
  abort();
}

static uint8_t *zeroed(size_t bytes) {
  uint8_t *memory = aligned_alloc(GRAPH_LINE, (bytes + GRAPH_LINE - 1) / GRAPH_LINE * GRAPH_LINE);
  if (!memory) fail("out of memory");
  return memset(memory, 0, bytes);
}

void graph_fixture_init(struct graph_fixture *fixture, const float *values, uint32_t count, uint32_t dim,
                        const struct graph_options *options) {
  struct graph_options usual = graph_options_default();
  struct problem problem;
  size_t work_bytes;
  memset(fixture, 0, sizeof *fixture);
  rows_fixture_init(&fixture->rows, values, count, dim, 5);
  if (!options) options = &usual;
  if (graph_build_sizes(&fixture->rows.rows, options, &problem, &fixture->image_bytes, &work_bytes) != STATUS_OK)
    fail(problem.text);
  fixture->image = zeroed(fixture->image_bytes);
  struct graph_memory memory = {.image = fixture->image, .work = zeroed(work_bytes)};
  if (graph_build(kernel_best(), &fixture->rows.rows, options, &memory, &problem, &fixture->statistics) != STATUS_OK)
    fail(problem.text);
  free(memory.work);
  fixture->index = (struct graph_index){.rows = &fixture->rows.rows, .kernel = kernel_best()};
  const struct graph_header *header = (const struct graph_header *)(const void *)fixture->image;
  struct graph *graph = &fixture->index.graph;
  if (graph_check_header(header, &fixture->rows.rows, "image", &problem) != STATUS_OK) fail(problem.text);
  graph_shape(header, graph);
  fixture->slabs = calloc(1 + (size_t)graph->node_slabs, sizeof *fixture->slabs);
  if (!fixture->slabs) fail("out of memory");
  graph_image_place(fixture->image, fixture->slabs, graph);
  if (graph_check_entries(graph, "image", &problem) != STATUS_OK ||
      graph_verify(graph, &fixture->rows.rows, 2, &problem) != STATUS_OK)
    fail(problem.text);
  if (graph_scratch_new(&fixture->index, &fixture->scratch) != STATUS_OK) fail("out of memory");
}

void graph_fixture_release(struct graph_fixture *fixture) {
  graph_scratch_free(fixture->scratch);
  free(fixture->image);
  free(fixture->slabs);
  rows_fixture_release(&fixture->rows);
}

float *graph_fixture_read(const char *path, uint32_t count, uint32_t dim) {
  enum { LINE_MOST = 1 << 16 };
  float *values = calloc((size_t)count * dim, sizeof *values);
  char *line = malloc(LINE_MOST);
  gzFile file = gzopen(path, "rb");
  if (!values || !line || !file) fail(path);
  for (uint32_t row = 0; row < count; row++) {
    if (!gzgets(file, line, LINE_MOST)) fail("the file is short");
    char *at = strchr(line, ' ');
    for (uint32_t i = 0; at && i < dim; i++) values[(size_t)row * dim + i] = strtof(at, &at);
  }
  gzclose(file);
  free(line);
  return values;
}
