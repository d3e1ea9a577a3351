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
static size_t lay_line(const struct grid_request *request, size_t line, size_t width, const struct found *found,
                       const float *padding, struct found *cells) {
  size_t length = line_length(request, line), kept = length < width ? length : width;
  const struct found *from = found + request->starts[line] + (request->padding.cut_before ? length - kept : 0);
  size_t first = request->padding.pad_before ? width - kept : 0;
  for (size_t i = 0; i < width; i++)
    cells[i] = i >= first && i < first + kept ? from[i - first] : (struct found){padding, FOUND_NO_ROW, FOUND_PADDING};
  return kept;
}

/* What padded cells hold; NULL: noted in the reading. */
static const float *padding_of(struct reading *reading, const struct grid_request *request,
                               const struct api_choice *choice) {
  const struct request_padding *padding = &request->padding;
  const struct rows *matrix = model_rows(choice->model);
  if (padding->has_pad_index && choice->count == 1 && padding->pad_index < matrix->count)
    return rows_at(matrix, (uint32_t)padding->pad_index);
  if (padding->has_pad_index) {
    if (choice->count > 1)
      reading_invalid(reading, "#/pad_index", "each of several models numbers its rows on its own: give a value");
    else
      reading_invalid(reading, "#/pad_index", "%llu is not below %u", (unsigned long long)padding->pad_index,
                      matrix->count);
    return NULL;
  }
  uint32_t dim = api_choice_dim(choice);
  float *vector = reading_alloc(reading, dim, sizeof *vector);
  for (size_t i = 0; vector && i < dim; i++) vector[i] = padding->value;
  return vector;
}

bool grid_lay_out(struct reading *reading, const struct grid_request *request, const struct api_choice *choice,
                  const struct found *found, struct grid_result *out) {
  size_t width = width_of(request);
  uint32_t dim = api_choice_dim(choice);
  if (!fits(reading, request, width, dim)) return false;
  *out = (struct grid_result){
      .model = choice->name,
      .dim = dim,
      .by_words = request->words != NULL,
      .with_sources = request->policy.said,
      .matched = request->policy.letter_case == CASE_EXACT ? NULL : model_vocabulary(choice->model),
      .two_dimensional = request->two_dimensional,
      .count = request->count,
      .width = width,
      .cells = found,
      .cached = api_cached(reading->call->service, choice)};
  if (!request->two_dimensional) return true;
  const float *padding = padding_of(reading, request, choice);
  struct found *cells = reading_alloc(reading, request->count * width, sizeof *cells);
  uint32_t *lengths = reading_alloc(reading, request->count, sizeof *lengths);
  if (!padding || !cells || !lengths) return false;
  for (size_t line = 0; line < request->count; line++)
    lengths[line] = (uint32_t)lay_line(request, line, width, found, padding, cells + line * width);
  out->cells = cells;
  out->lengths = lengths;
  return true;
}
