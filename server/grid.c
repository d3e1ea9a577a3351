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
  size_t longest = request->width;
  for (size_t line = 0; line < request->count; line++)
    if (line_length(request, line) > longest) longest = line_length(request, line);
  return longest;
}

bool grid_fits(struct reading *reading, const struct grid_request *request, const struct api_choice *choice) {
  size_t limit = reading->call->service->limits.answer_floats, width = width_of(request), floats;
  uint32_t dim = api_choice_dim(choice);
  char pointer[POINTER_MAX];
  snprintf(pointer, sizeof pointer, "#/%s", request->name);
  if (__builtin_mul_overflow(request->count, width, &floats) || __builtin_mul_overflow(floats, dim, &floats)) {
    reading_invalid(reading, pointer, "%zu x %zu x %u floats are far above the limit of %zu an answer", request->count,
                    width, dim, limit);
    return false;
  }
  if (floats <= limit) return true;
  reading_invalid(reading, pointer, "the answer would have %zu floats, padding included, above the limit of %zu",
                  floats, limit);
  return false;
}

/* Copies the kept part of one line to its side of `width` cells, the others being padding. Returns how many are not. */
static size_t lay_line(const struct grid_request *request, size_t line, size_t width, const struct found *found,
                       const float *padding, struct found *cells) {
  size_t length = line_length(request, line), kept = length < width ? length : width;
  const struct found *from = found + request->starts[line] + (request->padding.cut_before ? length - kept : 0);
  size_t first = request->padding.pad_before ? width - kept : 0;
  for (size_t i = 0; i < width; i++)
    cells[i] = i >= first && i < first + kept ? from[i - first] : (struct found){padding, FOUND_NO_ROW, FOUND_PADDING};
  size_t words = kept;
  for (size_t i = 0; i < kept && request->keras; i++) words -= from[i].by == FOUND_PADDING;
  return words;
}

/* The row that pad_index names; NULL: noted in the reading. */
static const float *padding_row(struct reading *reading, const struct grid_request *request,
                                const struct api_choice *choice) {
  const struct rows *matrix = model_rows(choice->model);
  uint64_t index = request->padding.pad_index, from = request->keras ? KERAS_ROWS_FROM : 0;
  if (choice->count > 1)
    reading_invalid(reading, "#/pad_index", "each of several models numbers its rows on its own: give a value");
  else if (index < from)
    reading_invalid(reading, "#/pad_index", "%d stands for an unknown word; padding is %d", KERAS_UNKNOWN,
                    KERAS_PADDING);
  else if (index - from >= matrix->count)
    reading_invalid(reading, "#/pad_index", "%llu is not below %llu", (unsigned long long)index,
                    (unsigned long long)(matrix->count + from));
  else
    return rows_at(matrix, (uint32_t)(index - from));
  return NULL;
}

/* What padded cells hold; NULL: noted in the reading. */
static const float *padding_of(struct reading *reading, const struct grid_request *request,
                               const struct api_choice *choice) {
  const struct request_padding *padding = &request->padding;
  if (padding->has_pad_index && !(request->keras && padding->pad_index == KERAS_PADDING))
    return padding_row(reading, request, choice);
  uint32_t dim = api_choice_dim(choice);
  float *vector = reading_alloc(reading, dim, sizeof *vector);
  for (size_t i = 0; vector && i < dim; i++) vector[i] = padding->value;
  return vector;
}

bool grid_lay_out(struct reading *reading, const struct grid_request *request, const struct api_choice *choice,
                  struct found *found, struct grid_result *out) {
  size_t width = width_of(request);
  uint32_t dim = api_choice_dim(choice);
  if (!grid_fits(reading, request, choice)) return false;
  *out = (struct grid_result){
      .model = choice->name,
      .dim = dim,
      .by_words = request->words != NULL,
      .with_sources = request->policy.said,
      .keras = request->keras,
      .matched = request->policy.letter_case == CASE_EXACT ? NULL : model_vocabulary(choice->model),
      .two_dimensional = request->two_dimensional,
      .count = request->count,
      .width = width,
      .cells = found,
      .cached = api_cached(reading->call->service, choice)};
  if (!request->two_dimensional && !request->keras) return true;
  const float *padding = padding_of(reading, request, choice);
  if (!padding) return false;
  for (size_t i = 0; i < request->total && request->keras; i++)
    if (found[i].by == FOUND_PADDING) found[i].vector = padding;
  if (!request->two_dimensional) return true;
  struct found *cells = reading_alloc(reading, request->count * width, sizeof *cells);
  uint32_t *lengths = reading_alloc(reading, request->count, sizeof *lengths);
  if (!cells || !lengths) return false;
  for (size_t line = 0; line < request->count; line++)
    lengths[line] = (uint32_t)lay_line(request, line, width, found, padding, cells + line * width);
  out->cells = cells;
  out->lengths = lengths;
  return true;
}
