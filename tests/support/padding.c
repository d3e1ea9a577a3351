/* Padding, written from the definition. */
#include "tests/support/padding.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/json_expect.h"
#include "tests/support/scratch.h"

static bool says_pre(const json_t *request, const char *key) {
  const char *side = json_string_value(json_object_get(request, key));
  return side && strcmp(side, "pre") == 0;
}

static size_t longest(const json_t *sequences) {
  size_t most = 0;
  for (size_t i = 0; i < json_array_size(sequences); i++) {
    size_t length = json_array_size(json_array_get(sequences, i));
    if (length > most) most = length;
  }
  return most;
}

/* The cells of one sequence: which of its elements are kept, and where they go. */
static void place(long long *cells, size_t maxlen, const json_t *sequence, const json_t *request) {
  size_t length = json_array_size(sequence);
  size_t kept = length < maxlen ? length : maxlen;
  size_t from = says_pre(request, "truncating") ? length - kept : 0;
  size_t to = says_pre(request, "padding") ? maxlen - kept : 0;
  for (size_t i = 0; i < kept; i++) cells[to + i] = json_integer_value(json_array_get(sequence, from + i));
}

static void fill(float *cell, long long row, const struct fixture *fixture, const json_t *request) {
  const json_t *pad_index = json_object_get(request, "pad_index");
  if (row < 0 && pad_index) row = json_integer_value(pad_index);
  float value = (float)json_number_value(json_object_get(request, "value"));
  for (size_t i = 0; i < fixture->dim; i++) cell[i] = row < 0 ? value : fixture_row(fixture, (size_t)row)[i];
}

void padded_of(struct padded *padded, const struct fixture *fixture, const json_t *request) {
  const json_t *sequences = json_object_get(request, "indices");
  const json_t *maxlen = json_object_get(request, "maxlen");
  size_t count = json_array_size(sequences);
  size_t length = maxlen ? (size_t)json_integer_value(maxlen) : longest(sequences);
  *padded = (struct padded){.shape = {count, length, fixture->dim}};
  padded->rows = calloc(count * length + 1, sizeof *padded->rows);
  padded->floats = calloc(count * length * fixture->dim + 1, sizeof *padded->floats);
  if (!padded->rows || !padded->floats) support_fail("out of memory");
  for (size_t i = 0; i < count * length; i++) padded->rows[i] = -1;
  for (size_t i = 0; i < count; i++) place(padded->rows + i * length, length, json_array_get(sequences, i), request);
  for (size_t i = 0; i < count * length; i++)
    fill(padded->floats + i * fixture->dim, padded->rows[i], fixture, request);
}

void padded_release(struct padded *padded) {
  free(padded->rows);
  free(padded->floats);
}

static void expect_sequence(const json_t *answer, const struct padded *padded, size_t i) {
  size_t length = padded->shape[1], dim = padded->shape[2];
  long long real = 0;
  char pointer[64];
  snprintf(pointer, sizeof pointer, "/vectors/%zu", i);
  expect_length(answer, pointer, length);
  snprintf(pointer, sizeof pointer, "/mask/%zu", i);
  expect_length(answer, pointer, length);
  for (size_t j = 0; j < length; j++) {
    size_t cell = i * length + j;
    snprintf(pointer, sizeof pointer, "/vectors/%zu/%zu", i, j);
    expect_floats(answer, pointer, padded->floats + cell * dim, dim);
    snprintf(pointer, sizeof pointer, "/mask/%zu/%zu", i, j);
    expect_bool(answer, pointer, padded->rows[cell] >= 0);
    real += padded->rows[cell] >= 0;
  }
  snprintf(pointer, sizeof pointer, "/lengths/%zu", i);
  expect_integer(answer, pointer, real);
}

void expect_padded(const json_t *answer, const struct padded *padded) {
  char shape[96];
  snprintf(shape, sizeof shape, "[%zu,%zu,%zu]", padded->shape[0], padded->shape[1], padded->shape[2]);
  expect_json(answer, "/shape", shape);
  expect_length(answer, "/vectors", padded->shape[0]);
  expect_length(answer, "/mask", padded->shape[0]);
  expect_length(answer, "/lengths", padded->shape[0]);
  for (size_t i = 0; i < padded->shape[0]; i++) expect_sequence(answer, padded, i);
}
