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
  uint8_t *memory = aligned_alloc(GRAPH_ALIGNMENT, (bytes + GRAPH_ALIGNMENT - 1) / GRAPH_ALIGNMENT * GRAPH_ALIGNMENT);
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
  if (graph_check(fixture->image, fixture->image_bytes, count, dim, &problem, &fixture->index.graph) != STATUS_OK)
    fail(problem.text);
  if (graph_scratch_new(&fixture->index, &fixture->scratch) != STATUS_OK) fail("out of memory");
}

void graph_fixture_release(struct graph_fixture *fixture) {
  graph_scratch_free(fixture->scratch);
  free(fixture->image);
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

uint32_t graph_fixture_reached(const struct graph *graph) {
  uint32_t *queue = calloc(graph->node_count, sizeof *queue), count = 0;
  uint8_t *seen = calloc(graph->node_count, 1);
  if (!queue || !seen) fail("out of memory");
  queue[count++] = graph->root;
  seen[graph->root] = 1;
  for (uint32_t done = 0; done < count; done++) {
    const uint32_t *links = graph_links(graph, queue[done]);
    for (uint32_t i = 0; i < graph_link_count(graph, queue[done]); i++) {
      if (seen[links[i]]) continue;
      seen[links[i]] = 1;
      queue[count++] = links[i];
    }
  }
  free(queue);
  free(seen);
  return count;
}
