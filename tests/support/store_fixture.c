/* The steps of an import, less the reading, and without asking whether they pay. */
#include "tests/support/store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/import/import_graph.h"
#include "store/matrix/codes_map.h"
#include "store/matrix/subwords_map.h"
#include "store/matrix/writer.h"
#include "store/search/codes_build.h"
#include "tests/support/scratch.h"

enum { LONG_WORDS = 3, LONG_WORD = 600, ALIKE = 550 };

static void need(enum status status, const struct problem *problem) {
  if (status != STATUS_OK) support_fail("store fixture: %s", problem->text);
}

static float number(unsigned *state) {
  *state = *state * 1664525u + 1013904223u;
  return (float)((double)(*state >> 8) / (1 << 23) - 1);
}

static struct word word_of(uint32_t row, uint32_t rows, char room[LONG_WORD]) {
  if (rows - row > LONG_WORDS || rows <= LONG_WORDS) {
    int length = snprintf(room, LONG_WORD, "%c%u", row % 3 == 2 ? 'W' : 'w', row);
    return (struct word){room, (size_t)length};
  }
  memset(room, 'l', LONG_WORD);
  room[ALIKE] = (char)('a' + rows - row);
  return (struct word){room, LONG_WORD};
}

static void add_rows(struct writer *writer, const struct store_fixture *shape, unsigned *state) {
  struct problem problem = {0};
  float *vector = calloc(shape->dim, sizeof *vector);
  for (uint32_t row = 0; row < shape->rows; row++) {
    char room[LONG_WORD];
    uint32_t added;
    for (uint32_t i = 0; i < shape->dim; i++) vector[i] = number(state);
    need(writer_add(writer, word_of(row, shape->rows, room), vector, shape->dim, &problem, &added), &problem);
  }
  free(vector);
}

static void add_subwords(struct writer *writer, const struct store_fixture *shape, unsigned *state) {
  struct problem problem = {0};
  uint32_t buckets[STORE_FIXTURE_PRUNED];
  const uint32_t *pruned[] = {buckets};
  struct subwords subwords = {.min = 2, .max = 4, .buckets = STORE_FIXTURE_BUCKETS, .dim = shape->dim};
  subwords.count = shape->pruned ? STORE_FIXTURE_PRUNED : STORE_FIXTURE_BUCKETS;
  subwords_shape(&subwords);
  float *rows = calloc((size_t)subwords.count * subwords.stride, sizeof *rows);
  const float *slabs[] = {rows};
  for (uint32_t row = 0; row < subwords.count; row++)
    for (uint32_t i = 0; i < subwords.dim; i++) rows[(size_t)row * subwords.stride + i] = number(state);
  for (uint32_t i = 0; i < STORE_FIXTURE_PRUNED; i++) buckets[i] = 7 * i;
  subwords.slabs = slabs;
  if (shape->pruned) subwords.pruned = pruned;
  need(writer_add_subwords(writer, &subwords, &problem), &problem);
  free(rows);
}

static void add_codes(struct writer *writer) {
  struct problem problem = {0};
  struct rows rows;
  struct codes_build *build;
  need(writer_rows(writer, &problem, &rows), &problem);
  need(codes_build_new(kernel_best(), &rows, &build), &problem);
  const struct codes *codes = codes_build_codes(build);
  struct codes_coarse *coarse = aligned_alloc(CODES_FINE_UNIT, codes_groups(rows.count) * sizeof *coarse);
  unsigned char *fine = aligned_alloc(CODES_FINE_UNIT, (size_t)rows.count * codes->fine_bytes);
  codes_build_slab(build, &rows, 0, 1, coarse, fine);
  need(writer_add_codes(writer, 0, coarse, fine, codes->fine_bytes, &problem), &problem);
  need(writer_add_axes(writer, codes, &problem), &problem);
  free(coarse);
  free(fine);
  codes_build_free(build);
}

static void ignore_progress(void *context, uint32_t done, uint32_t all) {
  (void)context;
  (void)done;
  (void)all;
}

static void add_graph(struct writer *writer) {
  struct problem problem = {0};
  struct import_graph_report report;
  const struct import_step step = {.threads = 1, .progress = ignore_progress};
  const struct import_graph_steps steps = {step, step};
  need(import_graph(writer, &steps, &problem, &report), &problem);
}

void store_fixture_write(const char *store, const char *name, const struct store_fixture *shape) {
  static const struct writer_origin origin = {.source = "fixture.bin", .source_format = "fasttext-bin"};
  struct writer *writer;
  struct problem problem = {0};
  uint64_t size;
  char digest[33];
  unsigned state = shape->seed;
  need(writer_open(store, name, true, &problem, &writer), &problem);
  add_rows(writer, shape, &state);
  if (shape->subwords) add_subwords(writer, shape, &state);
  if (shape->codes) add_codes(writer);
  if (shape->graph) add_graph(writer);
  need(writer_finish(writer, &origin, 1, &problem, &size, digest), &problem);
  writer_close(writer);
}
