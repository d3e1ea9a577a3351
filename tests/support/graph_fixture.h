/* A graph over rows that are arrays, ready to be searched. */
#ifndef WORDVEC_TESTS_SUPPORT_GRAPH_FIXTURE_H
#define WORDVEC_TESTS_SUPPORT_GRAPH_FIXTURE_H

#include "store/search/graph_build.h"
#include "store/search/graph_search.h"
#include "tests/support/rows_fixture.h"

struct graph_fixture {
  struct rows_fixture rows;
  struct graph_statistics statistics;
  uint8_t *image;
  size_t image_bytes;
  const uint8_t **slabs;
  struct graph_index index;
  struct graph_scratch *scratch;
};

/* Copies values[count][dim], builds and verifies the graph; ends the process when that fails. `options` may be NULL for
 * the default ones. */
void graph_fixture_init(struct graph_fixture *fixture, const float *values, uint32_t count, uint32_t dim,
                        const struct graph_options *options);
void graph_fixture_release(struct graph_fixture *fixture);

/* The vectors of a text file, gzip or not, of lines "word number number …"; the caller frees them. Ends the process
 * when the file cannot be read. */
float *graph_fixture_read(const char *path, uint32_t count, uint32_t dim);

#endif
