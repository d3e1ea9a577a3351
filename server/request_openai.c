/* Requests as OpenAI's clients make them: https://platform.openai.com/docs/api-reference/embeddings. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "server/request.h"

static const char *const encodings[] = {"float", "base64"};

const char *request_input_pointer(const struct embeddings_request *request, size_t input, char out[POINTER_MAX]) {
  if (request->listed)
    snprintf(out, POINTER_MAX, "#/input/%zu", input);
  else
    snprintf(out, POINTER_MAX, "#/input");
  return out;
}

const char *request_token_pointer(const struct embeddings_request *request, size_t input, size_t token,
                                  char out[POINTER_MAX]) {
  size_t length = strlen(request_input_pointer(request, input, out));
  snprintf(out + length, POINTER_MAX - length, "/%zu", token);
  return out;
}

/* Notes what is wrong with the value of an input. */
static void refuse_input(const struct params_list *list, const struct embeddings_request *request, size_t input,
                         const char *what) {
  char pointer[POINTER_MAX];
  reading_invalid(list->params->reading, request_input_pointer(request, input, pointer), "%s", what);
}

/* One text, or a list of them. */
static void read_texts(const struct params_list *list, struct embeddings_request *out) {
  struct word *texts = reading_alloc(list->params->reading, list->count, sizeof *texts);
  if (!texts) return;
  out->texts = texts;
  out->count = list->count;
  out->listed = list->array != NULL;
  for (size_t i = 0; i < list->count; i++) {
    json_t *value = params_list_value(list, i);
    texts[i] = (struct word){json_string_value(value), json_string_length(value)};
    if (!json_is_string(value))
      refuse_input(list, out, i, "no string, as the first input is");
    else if (texts[i].length == 0)
      refuse_input(list, out, i, "is empty");
  }
}

/* The row numbers of one input, into tokens[starts[input]] onwards. */
static void read_tokens(const struct params_list *list, json_t *values, const struct embeddings_request *request,
                        size_t input, uint64_t *tokens) {
  if (json_array_size(values) == 0) refuse_input(list, request, input, "is empty");
  for (size_t i = 0; i < json_array_size(values); i++) {
    char pointer[POINTER_MAX];
    params_row_value(list->params, json_array_get(values, i), request_token_pointer(request, input, i, pointer),
                     &tokens[request->starts[input] + i]);
  }
}

/* A list of row numbers, or of such lists. */
static void read_token_lists(const struct params_list *list, bool listed, struct embeddings_request *out) {
  struct reading *reading = list->params->reading;
  out->listed = listed;
  out->count = listed ? list->count : 1;
  size_t *starts = reading_alloc(reading, out->count + 1, sizeof *starts);
  if (!starts) return;
  starts[0] = 0;
  out->starts = starts;
  for (size_t i = 0; i < out->count; i++) {
    json_t *values = listed ? json_array_get(list->array, i) : list->array;
    starts[i + 1] = starts[i] + json_array_size(values);
    if (!json_is_array(values)) refuse_input(list, out, i, "no list, as the first input is");
  }
  uint64_t *tokens = reading_alloc(reading, starts[out->count], sizeof *tokens);
  if (!tokens || !reading_finish(reading)) return;
  out->tokens = tokens;
  for (size_t i = 0; i < out->count; i++)
    read_tokens(list, listed ? json_array_get(list->array, i) : list->array, out, i, tokens);
}

static void read_input(struct params *params, struct embeddings_request *out) {
  struct params_list list;
  if (!params_has(params, "input")) {
    reading_invalid(params->reading, "#/input", "is missing: give a text, a list of texts, or row numbers");
    return;
  }
  if (!params_list(params, "input", true, &list)) return;
  json_t *first = list.count > 0 ? params_list_value(&list, 0) : NULL;
  if (!first)
    reading_invalid(params->reading, "#/input", "is empty");
  else if (json_is_string(first))
    read_texts(&list, out);
  else
    read_token_lists(&list, json_is_array(first), out);
}

bool request_embeddings(struct reading *reading, struct embeddings_request *out) {
  struct params params;
  size_t encoding = 0;
  int64_t dimensions = 0;
  *out = (struct embeddings_request){.policy = {.oov = OOV_NULL, .letter_case = CASE_FALLBACK}};
  params_of_call(&params, reading);
  if (!params_has(&params, "model")) reading_invalid(reading, "#/model", "is missing: give the name of a model");
  params_text(&params, "model", &out->model);
  read_input(&params, out);
  params_choice(&params, "encoding_format", encodings, 2, &encoding);
  params_integer(&params, "dimensions", 1, INT32_MAX, &dimensions);
  word_policy_read(&params, &out->policy);
  out->case_said = params_has(&params, "case");
  out->base64 = encoding == 1;
  out->dimensions = (uint64_t)dimensions;
  return request_finish(&params);
}
