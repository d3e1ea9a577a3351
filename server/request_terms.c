/* Words, row numbers and vectors as requests give them. */
#include "server/request_terms.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *request_term_pointer(const char *base, const struct search_term *term, char out[POINTER_MAX]) {
  if (term->place == TERM_ALONE)
    snprintf(out, POINTER_MAX, "%s/%s", base, term->name);
  else
    snprintf(out, POINTER_MAX, "%s/%s/%zu", base, term->name, term->place);
  return out;
}

/* The numbers of a vector as float32: finite ones, and not all zero. */
static void read_vector(struct reading *reading, const char *pointer, const double *numbers, size_t count,
                        struct search_term *out) {
  float *vector = reading_alloc(reading, count, sizeof *vector);
  if (!vector) return;
  bool zero = true;
  for (size_t i = 0; i < count; i++) {
    vector[i] = (float)numbers[i];
    zero = zero && vector[i] == 0;
    if (isfinite(vector[i])) continue;
    char place[POINTER_MAX];
    snprintf(place, sizeof place, "%s/%zu", pointer, i);
    reading_invalid(reading, place, "%g is beyond float32", numbers[i]);
  }
  if (zero && count > 0) reading_invalid(reading, pointer, "a vector of length zero has no direction to compare");
  out->kind = TERM_VECTOR;
  out->vector = vector;
  out->dim = count;
}

/* A word or a row number. */
static bool read_named(struct params *params, json_t *value, const char *pointer, struct search_term *out) {
  if (json_is_number(value)) {
    out->kind = TERM_INDEX;
    return params_row_value(params, value, pointer, &out->index);
  }
  out->kind = TERM_WORD;
  return params_word_value(params, value, pointer, &out->word);
}

void terms_read_value(struct params *params, json_t *value, const char *name, size_t place, struct search_term *out) {
  double *numbers;
  size_t count;
  char pointer[POINTER_MAX];
  *out = (struct search_term){.kind = TERM_WORD, .weight = 1, .name = name, .place = place};
  if (json_is_string(value)) { /* most are, and need no pointer */
    out->word = (struct word){json_string_value(value), json_string_length(value)};
    return;
  }
  request_term_pointer(params->pointer, out, pointer);
  if (!json_is_array(value))
    read_named(params, value, pointer, out);
  else if (params_numbers_value(params, value, pointer, &numbers, &count))
    read_vector(params->reading, pointer, numbers, count, out);
}

bool terms_read_word(struct params *params, const char *name, const char *encoded, struct search_term *out) {
  char pointer[POINTER_MAX];
  bool has_name = params_has(params, name), has_encoded = params_has(params, encoded);
  *out = (struct search_term){.kind = TERM_WORD, .weight = 1, .name = has_name ? name : encoded, .place = TERM_ALONE};
  if (has_name && has_encoded) {
    reading_invalid(params->reading, params_pointer(params, name, pointer), "give one of %s and %s", name, encoded);
    return false;
  }
  if (has_encoded) return params_encoded(params, encoded, &out->word);
  if (!has_name || !params->object) return params_text(params, name, &out->word);
  return read_named(params, json_object_get(params->object, name), params_pointer(params, name, pointer), out);
}

void terms_read_single(struct params *params, const char *name, struct search_term *out) {
  *out = (struct search_term){.kind = TERM_WORD, .weight = 1, .name = name, .place = TERM_ALONE};
  if (strcmp(name, "index") == 0) {
    out->kind = TERM_INDEX;
    params_row(params, name, &out->index);
  } else if (strcmp(name, "vector") == 0) {
    double *numbers;
    size_t count;
    char pointer[POINTER_MAX];
    if (params_numbers(params, name, &numbers, &count))
      read_vector(params->reading, params_pointer(params, name, pointer), numbers, count, out);
  } else if (strcmp(name, "word") == 0) {
    params_text(params, name, &out->word);
  } else {
    params_encoded(params, name, &out->word);
  }
}

void terms_check_vector(struct reading *reading, const char *base, const struct search_term *term) {
  char pointer[POINTER_MAX], place[POINTER_MAX + 24];
  bool zero = true;
  for (size_t i = 0; i < term->dim; i++) {
    zero = zero && term->vector[i] == 0;
    if (isfinite(term->vector[i])) continue;
    snprintf(place, sizeof place, "%s/%zu", request_term_pointer(base, term, pointer), i);
    reading_invalid(reading, place, "%g is no finite float32", (double)term->vector[i]);
  }
  if (zero)
    reading_invalid(reading, request_term_pointer(base, term, pointer),
                    "a vector of length zero has no direction to compare");
}

bool terms_read_list(const struct params_list *list, double weight, struct search_term *terms) {
  struct word *words = NULL;
  if (!list->array && !list->single) {
    words = reading_alloc(list->params->reading, list->count, sizeof *words);
    if (!words) return false;
    params_list_texts(list, words);
  }
  for (size_t i = 0; i < list->count; i++) {
    terms[i] = (struct search_term){.kind = TERM_WORD, .name = list->name, .place = i};
    if (words)
      terms[i].word = words[i];
    else
      terms_read_value(list->params, params_list_value(list, i), list->name, i, &terms[i]);
    terms[i].weight = weight;
  }
  return true;
}
