/* Padding as Keras' pad_sequences does it, but "post" unless the request says otherwise. */
#include "server/grid.h"

#include <stdio.h>
#include <string.h>

static size_t line_length(const struct grid_request *request, size_t line) {
  return request->starts[line + 1] - request->starts[line];
}

static size_t width_of(const struct grid_request *request) {
  if (!request->two_dimensional) return 1;
  if (request->padding.maxlen > 0) return request->padding.maxlen;
  size_t longest = 0;
  for (size_t line = 0; line < request->count; line++)
    if (line_length(request, line) > longest) longest = line_length(request, line);
  return longest;
}

static bool fits(struct reading *reading, const struct grid_request *request, size_t width, size_t dim) {
  size_t limit = reading->call->service->limits.answer_floats, floats;
  char pointer[POINTER_MAX];
  snprintf(pointer, sizeof pointer, "#/%s", request->name);
  if (__builtin_mul_overflow(request->count, width, &floats) || __builtin_mul_overflow(floats, dim, &floats)) {
    reading_invalid(reading, pointer, "%zu x %zu x %zu floats are far above the limit of %zu an answer", request->count,
                    width, dim, limit);
    return false;
  }
  if (floats <= limit) return true;
  reading_invalid(reading, pointer, "the answer would have %zu floats, padding included, above the limit of %zu",
                  floats, limit);
  return false;
}

/* Copies the kept part of one line to its side of `width` cells, the others being padding. */
static size_t lay_line(const struct grid_request *request, size_t line, size_t width, const uint32_t *rows,
                       uint32_t *cells) {
  const struct request_padding *padding = &request->padding;
  size_t length = line_length(request, line), kept = length < width ? length : width;
  const uint32_t *from = rows + request->starts[line] + (padding->cut_before ? length - kept : 0);
  size_t first = padding->pad_before ? width - kept : 0;
  for (size_t i = 0; i < width; i++) cells[i] = i >= first && i < first + kept ? from[i - first] : GRID_PADDED;
  return kept;
}

static float *filled(struct reading *reading, size_t dim, float value) {
  float *vector = reading_alloc(reading, dim, sizeof *vector);
  for (size_t i = 0; vector && i < dim; i++) vector[i] = value;
  return vector;
}

/* What padded and unknown cells hold. */
static bool fill(struct reading *reading, const struct grid_request *request, struct grid_result *out) {
  const struct request_padding *padding = &request->padding;
  size_t dim = out->rows->dim;
  if (request->oov_zero && !(out->unknown = filled(reading, dim, 0))) return false;
  if (!request->two_dimensional) return true;
  if (!padding->has_pad_index) return (out->padding = filled(reading, dim, padding->value));
  if (padding->pad_index >= out->rows->count) {
    reading_invalid(reading, "#/pad_index", "%llu is not below %u", (unsigned long long)padding->pad_index,
                    out->rows->count);
    return false;
  }
  out->padding = rows_at(out->rows, (uint32_t)padding->pad_index);
  return true;
}

bool grid_lay_out(struct reading *reading, const struct grid_request *request, const struct rows *matrix,
                  const uint32_t *rows, struct grid_result *out) {
  size_t width = width_of(request);
  if (!fits(reading, request, width, matrix->dim)) return false;
  *out = (struct grid_result){.rows = matrix,
                              .by_words = request->words != NULL,
                              .two_dimensional = request->two_dimensional,
                              .count = request->count,
                              .width = width,
                              .cells = rows};
  if (!fill(reading, request, out)) return false;
  if (!request->two_dimensional) return true;
  uint32_t *cells = reading_alloc(reading, request->count * width, sizeof *cells);
  uint32_t *lengths = reading_alloc(reading, request->count, sizeof *lengths);
  if (!cells || !lengths) return false;
  for (size_t line = 0; line < request->count; line++)
    lengths[line] = (uint32_t)lay_line(request, line, width, rows, cells + line * width);
  out->cells = cells;
  out->lengths = lengths;
  return true;
}
