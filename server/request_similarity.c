/* Pairs, sets, matrices and means: which of them is asked for follows from the parameters that are given. */
#include "server/request_similarity.h"

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/request_npy.h"
#include "server/request_terms.h"

/* One word, many of them, or one by its bytes. */
static const char *const word_names[] = {"word", "words", "word_bytes"};
static const char *const other_names[] = {"other", "others", "other_bytes"};
enum { NAMES = 3, NAME_ENCODED = 2 };

static void begin_list(const struct params *params, struct term_list *out) {
  *out = (struct term_list){0};
  snprintf(out->base, sizeof out->base, "%s", params->pointer);
}

/* Room for the terms; NULL, and refused, when there is no memory. */
static struct search_term *make_terms(struct params *params, struct term_list *out, size_t count) {
  out->count = count;
  out->terms = reading_alloc(params->reading, count, sizeof *out->terms);
  if (!out->terms) out->count = 0;
  return out->terms;
}

static void read_list(const struct params_list *list, struct term_list *out) {
  if (make_terms(list->params, out, list->count)) terms_read_list(list, 1, out->terms);
}

/* The terms of a query string are words, given by their bytes here. */
static void decode(struct params *params, struct term_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    char pointer[POINTER_MAX];
    struct search_term *term = &list->terms[i];
    params_decode(params, term->word, request_term_pointer(list->base, term, pointer), &term->word);
  }
}

/* What stands under `name`, which is given: one term, or a list in which a JSON array may be a vector. */
static void read_under(struct params *params, const char *name, bool encoded, struct term_list *out) {
  struct params_list list;
  json_t *value = params->object ? json_object_get(params->object, name) : NULL;
  if (value && !json_is_array(value)) {
    out->single = true;
    if (!make_terms(params, out, 1)) return;
    if (encoded)
      terms_read_single(params, name, out->terms);
    else
      terms_read_value(params, value, name, TERM_ALONE, out->terms);
  } else if (params_list(params, name, false, &list)) {
    out->single = !value && list.count == 1;
    read_list(&list, out);
    if (out->single && out->count == 1) out->terms->place = TERM_ALONE;
    if (encoded) decode(params, out);
  }
}

/* The terms under whichever of the names is given, as a list also of one: how many names are is returned. */
static size_t read_named(struct params *params, const char *const names[NAMES], struct term_list *out) {
  size_t given = 0;
  begin_list(params, out);
  for (size_t i = 0; i < NAMES; i++) {
    if (!params_has(params, names[i])) continue;
    if (given++ == 0) read_under(params, names[i], i == NAME_ENCODED, out);
  }
  out->single = false;
  if (given > 1)
    reading_invalid(params->reading, params->pointer, "give one of %s, %s and %s", names[0], names[1], names[2]);
  return given;
}

static bool any_given(struct params *params, const char *const *names, size_t count) {
  size_t given = 0;
  for (size_t i = 0; i < count; i++) given += params_has(params, names[i]);
  return given > 0;
}

/* A list that something is made of. */
static void refuse_empty(struct params *params, const struct term_list *list, const char *name) {
  char pointer[POINTER_MAX];
  if (list->count == 0 && reading_finish(params->reading))
    reading_invalid(params->reading, params_pointer(params, name, pointer), "an empty list");
}

/* ---- /similarity */

/* One side of a pair. */
static void read_side(struct params *params, const char *name, const char *encoded, struct term_list *out) {
  bool by_name = params_has(params, name), by_bytes = params_has(params, encoded);
  char pointer[POINTER_MAX];
  begin_list(params, out);
  if (by_name && by_bytes)
    reading_invalid(params->reading, params_pointer(params, name, pointer), "give one of %s and %s", name, encoded);
  else if (by_name || by_bytes)
    read_under(params, by_name ? name : encoded, by_bytes, out);
  refuse_empty(params, out, name);
}

static void read_pair(struct params *params, struct similarity_request *out) {
  static const char *const a_names[] = {"a", "a_bytes"}, *const b_names[] = {"b", "b_bytes"};
  out->pairs = reading_alloc(params->reading, 1, sizeof *out->pairs);
  if (!out->pairs) return;
  out->count = 1;
  if (!any_given(params, a_names, 2) || !any_given(params, b_names, 2)) {
    reading_refuse(params->reading, REFUSAL_MISSING_PARAMETER, "Similarity with what? Give both a and b");
    return;
  }
  read_side(params, a_names[0], a_names[1], &out->pairs->a);
  read_side(params, b_names[0], b_names[1], &out->pairs->b);
}

/* A side of the pair whose pointer params has: a term, or a set of them. */
static void read_side_of(struct params *params, json_t *value, const char *name, struct term_list *out) {
  begin_list(params, out);
  out->single = !json_is_array(value);
  if (out->single) {
    if (make_terms(params, out, 1)) terms_read_value(params, value, name, TERM_ALONE, out->terms);
    return;
  }
  const struct params_list list = {.params = params, .name = name, .array = value, .count = json_array_size(value)};
  read_list(&list, out);
  refuse_empty(params, out, name);
}

/* False, and noted: there are more than a batch may have. */
static bool within_batch(struct params *params, const char *name, size_t count) {
  size_t limit = params->reading->call->service->limits.batch_queries;
  char pointer[POINTER_MAX];
  if (count <= limit) return true;
  reading_invalid(params->reading, params_pointer(params, name, pointer), "%zu %s, above the limit of %zu", count, name,
                  limit);
  return false;
}

static void read_pairs(struct params *params, struct similarity_request *out) {
  struct reading *reading = params->reading;
  struct params_list list;
  if (!params_list(params, "pairs", false, &list) || !within_batch(params, "pairs", list.count)) return;
  out->pairs = reading_alloc(reading, list.count, sizeof *out->pairs);
  if (!out->pairs) return;
  out->count = list.count;
  for (size_t i = 0; i < list.count && reading->state != READING_REFUSED; i++) {
    json_t *pair = params_list_value(&list, i);
    char pointer[POINTER_MAX];
    struct params inside;
    snprintf(pointer, sizeof pointer, "#/pairs/%zu", i);
    out->pairs[i] = (struct term_pair){0};
    if (!json_is_array(pair) || json_array_size(pair) != 2) {
      reading_invalid(reading, pointer, "not a pair such as [\"cat\", \"dog\"]");
      continue;
    }
    params_of_object(&inside, reading, pair, pointer);
    read_side_of(&inside, json_array_get(pair, 0), "0", &out->pairs[i].a);
    read_side_of(&inside, json_array_get(pair, 1), "1", &out->pairs[i].b);
  }
}

static void read_matrix(struct params *params, struct similarity_request *out) {
  if (read_named(params, word_names, &out->words) == 0)
    reading_refuse(params->reading, REFUSAL_MISSING_PARAMETER, "Similarity of what with the others? Give words");
  out->every_row = read_named(params, other_names, &out->others) == 0;
}

/* The vectors of an array as the words of a matrix; the others are in the query string. */
static void read_vectors(struct params *params, struct similarity_request *out) {
  struct reading *reading = params->reading;
  struct npy_array array;
  begin_list(params, &out->words);
  if (!request_npy(reading, word_names[1], &array)) return;
  size_t count = npy_array_lines(&array), width = npy_array_width(&array);
  const float *floats = npy_array_floats(reading, word_names[1], &array);
  if (!floats || !make_terms(params, &out->words, count)) return;
  for (size_t i = 0; i < count; i++) {
    struct search_term *term = &out->words.terms[i];
    *term = (struct search_term){.kind = TERM_VECTOR,
                                 .vector = floats + i * width,
                                 .dim = width,
                                 .weight = 1,
                                 .name = word_names[1],
                                 .place = i};
    terms_check_vector(reading, out->words.base, term);
  }
}

static bool request_similarity_array(struct params *params, struct similarity_request *out) {
  request_common(params, true, &out->common);
  word_policy_read(params, &out->policy);
  out->form = SIMILARITY_MATRIX;
  read_vectors(params, out);
  out->every_row = read_named(params, other_names, &out->others) == 0;
  return request_finish(params);
}

bool request_similarity(struct reading *reading, struct similarity_request *out) {
  static const char *const pair_names[] = {"a", "a_bytes", "b", "b_bytes"};
  struct params params;
  *out = (struct similarity_request){0};
  params_of_call(&params, reading);
  if (reading->call->body_kind == BODY_NPY) return request_similarity_array(&params, out);
  bool pair = any_given(&params, pair_names, sizeof pair_names / sizeof pair_names[0]);
  bool by_words = any_given(&params, word_names, NAMES), by_others = any_given(&params, other_names, NAMES);
  bool matrix = by_words || by_others;
  bool pairs = params.object && params_has(&params, "pairs");
  request_common(&params, matrix || pairs, &out->common);
  word_policy_read(&params, &out->policy);
  params_finish(&params);
  if (pair + matrix + pairs > 1) {
    reading_invalid(reading, "#", "give a and b, or words and others, or pairs");
  } else if (pair) {
    out->form = SIMILARITY_PAIR;
    read_pair(&params, out);
  } else if (pairs) {
    out->form = SIMILARITY_PAIRS;
    read_pairs(&params, out);
  } else if (matrix) {
    out->form = SIMILARITY_MATRIX;
    read_matrix(&params, out);
  } else {
    reading_refuse(reading, REFUSAL_MISSING_PARAMETER, "Similarity of what? Give a and b, or words and others%s",
                   params.object ? ", or pairs" : "");
  }
  return reading_finish(reading);
}

/* ---- /mean */

/* `weights` of the terms, in their order. */
static void read_weights(struct params *params, struct term_list *list) {
  double *weights, sum = 0;
  size_t count;
  char pointer[POINTER_MAX];
  if (!params_numbers(params, "weights", &weights, &count)) return;
  params_pointer(params, "weights", pointer);
  if (count != list->count) {
    reading_invalid(params->reading, pointer, "%zu weights for %zu words", count, list->count);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    /* Up to here sums of products with float32 cannot overflow a float64. */
    if (fabs(weights[i]) > (double)FLT_MAX)
      reading_invalid(params->reading, pointer, "a weight of %g is beyond float32", weights[i]);
    list->terms[i].weight = weights[i];
    sum += fabs(weights[i]);
  }
  if (sum == 0) reading_invalid(params->reading, pointer, "the weights are all zero");
}

/* The words of one mean, and their weights. */
static void read_mean(struct params *params, struct term_list *out) {
  bool inside = strcmp(params->pointer, "#") != 0;
  size_t given = read_named(params, word_names, out);
  if (given > 0) refuse_empty(params, out, word_names[1]);
  if (params_has(params, "weights") && reading_finish(params->reading)) read_weights(params, out);
  params_finish(params);
  if (given == 0)
    reading_refuse(params->reading, REFUSAL_MISSING_PARAMETER, "The mean of what? %s%sGive words",
                   inside ? params->pointer : "", inside ? " does not say. " : "");
}

static void read_means(struct params *params, struct mean_request *out) {
  struct reading *reading = params->reading;
  struct params_list list;
  out->batch = true;
  if (params_list(params, "queries", false, &list) && within_batch(params, "queries", list.count)) {
    out->lists = reading_alloc(reading, list.count, sizeof *out->lists);
    if (out->lists) out->count = list.count;
  }
  for (size_t i = 0; i < out->count && reading->state != READING_REFUSED; i++) {
    json_t *object = params_list_value(&list, i);
    char pointer[POINTER_MAX];
    struct params inside;
    snprintf(pointer, sizeof pointer, "#/queries/%zu", i);
    out->lists[i] = (struct term_list){0};
    if (!json_is_object(object)) {
      reading_invalid(reading, pointer, "not an object such as {\"words\": [\"cat\", \"dog\"]}");
      continue;
    }
    params_of_object(&inside, reading, object, pointer);
    read_mean(&inside, &out->lists[i]);
  }
  params_finish(params);
}

bool request_mean(struct reading *reading, struct mean_request *out) {
  struct params params;
  *out = (struct mean_request){.pre_normalize = true};
  params_of_call(&params, reading);
  request_common(&params, true, &out->common);
  word_policy_read(&params, &out->policy);
  params_bool(&params, "pre_normalize", &out->pre_normalize);
  params_bool(&params, "post_normalize", &out->post_normalize);
  if (params.object && params_has(&params, "queries")) {
    read_means(&params, out);
    return reading_finish(reading);
  }
  out->lists = reading_alloc(reading, 1, sizeof *out->lists);
  if (!out->lists) return false;
  out->count = 1;
  read_mean(&params, out->lists);
  return reading_finish(reading);
}

/* ---- /doesnt-match */

bool request_doesnt_match(struct reading *reading, struct doesnt_match_request *out) {
  struct params params;
  *out = (struct doesnt_match_request){0};
  params_of_call(&params, reading);
  request_common(&params, false, &out->common);
  word_policy_read(&params, &out->policy);
  size_t given = read_named(&params, word_names, &out->words);
  if (given > 0) refuse_empty(&params, &out->words, word_names[1]);
  params_finish(&params);
  if (given == 0) reading_refuse(reading, REFUSAL_MISSING_PARAMETER, "Which of what does not match? Give words");
  return reading_finish(reading);
}
