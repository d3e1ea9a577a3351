/* Lists of rows in one or two dimensions, by words or by numbers, and how their lines are padded. */
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/request.h"
#include "server/request_npy.h"

static const char *const sides[] = {"post", "pre"};

const char *request_cell_pointer(const struct grid_request *request, size_t cell, char out[POINTER_MAX]) {
  if (!request->two_dimensional) {
    snprintf(out, POINTER_MAX, "#/%s/%zu", request->name, cell);
    return out;
  }
  /* The first line that ends behind the cell, by halving: a request of bad cells asks this for each of them. */
  size_t line = 0, last = request->count - 1;
  while (line < last) {
    size_t middle = line + (last - line) / 2;
    if (request->starts[middle + 1] > cell)
      last = middle;
    else
      line = middle + 1;
  }
  snprintf(out, POINTER_MAX, "#/%s/%zu/%zu", request->name, line, cell - request->starts[line]);
  return out;
}

/* The number of dimensions and the lengths of the lines. False: lines and single cells are mixed. */
static bool read_shape(const struct params_list *list, struct grid_request *out) {
  struct reading *reading = list->params->reading;
  out->name = list->name;
  out->count = out->total = list->count;
  out->two_dimensional = list->array && list->count > 0 && json_is_array(json_array_get(list->array, 0));
  size_t *starts = NULL;
  if (out->two_dimensional) {
    starts = reading_alloc(reading, list->count + 1, sizeof *starts);
    if (!starts) return false;
    out->total = 0;
  }
  for (size_t i = 0; list->array && i < list->count; i++) {
    json_t *element = json_array_get(list->array, i);
    if (json_is_array(element) != out->two_dimensional) {
      char pointer[POINTER_MAX];
      snprintf(pointer, sizeof pointer, "#/%s/%zu", list->name, i);
      reading_invalid(reading, pointer, "the first element is %s array, this one is %s",
                      out->two_dimensional ? "an" : "no", out->two_dimensional ? "not" : "one");
      return false;
    }
    if (!starts) continue;
    starts[i] = out->total;
    out->total += json_array_size(element);
  }
  if (starts) starts[list->count] = out->total;
  out->starts = starts;
  return true;
}

/* Puts the JSON value of a cell into its slot of the typed list. */
typedef void read_cell(struct params *params, json_t *value, const struct grid_request *request, size_t cell,
                       void *slots);

static void read_cells(const struct params_list *list, const struct grid_request *request, read_cell *read,
                       void *slots) {
  if (!request->two_dimensional) {
    for (size_t i = 0; i < list->count; i++) read(list->params, json_array_get(list->array, i), request, i, slots);
    return;
  }
  for (size_t line = 0; line < list->count; line++) {
    json_t *cells = json_array_get(list->array, line);
    for (size_t i = 0; i < json_array_size(cells); i++)
      read(list->params, json_array_get(cells, i), request, request->starts[line] + i, slots);
  }
}

/* The good case comes first in these: pointers are made only for what is wrong. */
static void read_index(struct params *params, json_t *value, const struct grid_request *request, size_t cell,
                       void *slots) {
  uint64_t *slot = (uint64_t *)slots + cell;
  char pointer[POINTER_MAX];
  if (json_is_integer(value) && json_integer_value(value) >= 0)
    *slot = (uint64_t)json_integer_value(value);
  else
    params_row_value(params, value, request_cell_pointer(request, cell, pointer), slot);
}

static void read_word(struct params *params, json_t *value, const struct grid_request *request, size_t cell,
                      void *slots) {
  struct word *slot = (struct word *)slots + cell;
  char pointer[POINTER_MAX];
  if (json_is_string(value))
    *slot = (struct word){json_string_value(value), json_string_length(value)};
  else
    params_word_value(params, value, request_cell_pointer(request, cell, pointer), slot);
}

/* *given: something that only lines of cells have use for; `numbered`: there may be a number that stands for padding.
 */
static void read_padding(struct params *params, bool numbered, struct request_padding *out, bool *given) {
  struct reading *reading = params->reading;
  int64_t maxlen = 0;
  size_t padding = 0, truncating = 0;
  double value = 0;
  bool has_maxlen = params_integer(params, "maxlen", 1, INT32_MAX, &maxlen);
  bool has_padding = params_choice(params, "padding", sides, 2, &padding);
  bool has_truncating = params_choice(params, "truncating", sides, 2, &truncating);
  bool has_value = params_number(params, "value", &value);
  out->has_pad_index = params_row(params, "pad_index", &out->pad_index);
  if (has_value && !isfinite((float)value)) reading_invalid(reading, "#/value", "%g is beyond float32", value);
  if (has_value && out->has_pad_index)
    reading_invalid(reading, "#/pad_index", "value and pad_index exclude each other");
  out->maxlen = (size_t)maxlen;
  out->pad_before = padding == 1;
  out->cut_before = truncating == 1;
  out->value = (float)value;
  *given = has_maxlen || has_padding || has_truncating || (!numbered && (has_value || out->has_pad_index));
}

/* Whether `layout` asks for rows numbered as Keras' TextVectorization does. */
static bool read_layout(struct params *params) {
  static const char *const layouts[] = {"rows", "keras"};
  size_t layout = 0;
  params_choice(params, "layout", layouts, 2, &layout);
  return layout == 1;
}

/* What both kinds of grid end with. A flat list has padding only where a number stands for it. */
static bool finish(struct params *params, struct grid_request *out) {
  bool padding_given;
  read_padding(params, out->keras && out->indices, &out->padding, &padding_given);
  params_finish(params);
  if (padding_given && (out->words || out->indices) && !out->two_dimensional) {
    char pointer[POINTER_MAX];
    reading_invalid(params->reading, params_pointer(params, out->name, pointer),
                    "padding is for a list of lists, such as [[\"i\", \"saw\"], [\"a\"]]; this list is flat");
  }
  return reading_finish(params->reading);
}

/* Reads the words of a list into the request. */
static void read_words(const struct params_list *list, struct grid_request *out) {
  if (!read_shape(list, out)) return;
  struct word *words = reading_alloc(list->params->reading, out->total, sizeof *words);
  if (!words) return;
  out->words = words;
  if (list->array)
    read_cells(list, out, read_word, words);
  else
    params_list_texts(list, words);
}

/* The words of a query string, under the name of one word or of many, or by their bytes. */
static size_t read_repeated_words(struct params *params, struct grid_request *out) {
  static const char *const names[] = {"word", "words", "word_bytes"};
  size_t given = 0;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    struct params_list list;
    if (!params_list(params, names[i], false, &list)) continue;
    given++;
    read_words(&list, out);
    if (strcmp(names[i], "word_bytes") != 0 || !out->words) continue;
    struct word *words = reading_alloc(params->reading, out->total, sizeof *words);
    for (size_t w = 0; words && w < out->total; w++) params_decode(params, out->words[w], "#/word_bytes", &words[w]);
    out->words = words;
  }
  if (given > 1) reading_invalid(params->reading, "#", "give one of word, words and word_bytes");
  return given;
}

bool request_vectors(struct reading *reading, struct grid_request *out) {
  struct params params;
  struct params_list list;
  size_t given;
  *out = (struct grid_request){.policy = {.oov = OOV_NULL}};
  params_of_call(&params, reading);
  request_common(&params, true, &out->common);
  if (params.object) {
    given = params_has(&params, "words");
    if (params_list(&params, "words", false, &list)) read_words(&list, out);
  } else {
    given = read_repeated_words(&params, out);
  }
  out->name = "words"; /* in pointers, however they were given */
  out->keras = read_layout(&params);
  word_policy_read(&params, &out->policy);
  bool good = finish(&params, out);
  if (given > 0 || reading->state == READING_REFUSED) return good;
  reading_refuse(reading, REFUSAL_MISSING_PARAMETER, "Which words? Give %s",
                 params.object ? "{\"words\": [\"cat\", \"dog\"]}" : "word=cat&word=dog");
  return false;
}

bool request_matrix(struct reading *reading, struct matrix_request *out) {
  struct params params;
  *out = (struct matrix_request){.policy = {.oov = OOV_ZERO}};
  params_of_call(&params, reading);
  request_common(&params, REPRESENTATIONS_NPY_FIRST, &out->common);
  if (params.object) {
    struct params_list words; /* already read, and left empty */
    out->listed = params_list(&params, "words", false, &words);
  }
  out->keras = read_layout(&params);
  word_policy_read(&params, &out->policy);
  if (out->policy.said && !out->listed && !out->keras)
    reading_invalid(reading, "#", "oov and case are for a list of words, and oov for layout=keras");
  return request_finish(&params);
}

/* The indices of an array: its lines, unless it has one dimension. */
static void read_array(struct reading *reading, struct grid_request *out) {
  struct npy_array array;
  if (!request_npy(reading, out->name, &array) || !npy_array_is_integers(reading, out->name, &array)) return;
  size_t lines = npy_array_lines(&array), width = npy_array_width(&array);
  out->two_dimensional = array.header.dimensions == 2;
  out->width = out->two_dimensional ? width : 0;
  out->total = (size_t)array.header.count;
  out->count = out->two_dimensional ? lines : out->total;
  size_t *starts = out->two_dimensional ? reading_alloc(reading, lines + 1, sizeof *starts) : NULL;
  uint64_t *indices = reading_alloc(reading, out->total, sizeof *indices);
  if (!indices || (out->two_dimensional && !starts)) return;
  for (size_t line = 0; starts && line <= lines; line++) starts[line] = line * width;
  out->starts = starts;
  out->indices = indices;
  for (size_t line = 0; line < lines; line++)
    for (size_t column = 0; column < width; column++) {
      size_t cell = line * width + column;
      int64_t index;
      char pointer[POINTER_MAX];
      if (!npy_array_integer(&array, line, column, &index)) {
        reading_invalid(reading, request_cell_pointer(out, cell, pointer), "a number above %lld is no row",
                        (long long)INT64_MAX);
        continue;
      }
      indices[cell] = (uint64_t)index;
      if (index < 0)
        reading_invalid(reading, request_cell_pointer(out, cell, pointer), "%lld is negative; rows count from 0",
                        (long long)index);
    }
}

/* Whether indices are given, in whatever form. */
static bool read_indices(struct params *params, struct grid_request *out) {
  struct params_list list;
  if (params->reading->call->body_kind == BODY_NPY) {
    read_array(params->reading, out);
    return true;
  }
  if (!params_has(params, "indices")) return false;
  if (!params_list(params, "indices", false, &list) || !read_shape(&list, out)) return true;
  uint64_t *indices = reading_alloc(params->reading, out->total, sizeof *indices);
  out->indices = indices;
  if (indices) read_cells(&list, out, read_index, indices);
  return true;
}

bool request_lookup(struct reading *reading, struct grid_request *out) {
  struct params params;
  *out = (struct grid_request){.name = "indices", .policy = {.oov = OOV_ZERO}};
  params_of_call(&params, reading);
  request_common(&params, true, &out->common);
  out->keras = read_layout(&params);
  word_policy_read_oov(&params, &out->policy);
  if (out->policy.said && !out->keras)
    reading_invalid(reading, "#/oov", "rows are what they are; only layout=keras has a number for unknown words");
  bool given = read_indices(&params, out);
  bool good = finish(&params, out);
  if (given || reading->state == READING_REFUSED) return good;
  reading_refuse(reading, REFUSAL_MISSING_PARAMETER, "Which rows? Give {\"indices\": [[0, 1, 2, 0], [3]]}");
  return false;
}
