/* What a neighbours query is made of: one word, row or vector, or a weighted sum of several; alone or in a batch. */
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/request.h"

enum { K_DEFAULT = 10 };
static const double recall_usual = 0.95; /* of exact=false alone, where the server has no default */

const char *request_term_pointer(const struct neighbors_query *query, const struct neighbors_term *term,
                                 char out[POINTER_MAX]) {
  static const char *const names[] = {[TERM_WORD] = "word", [TERM_INDEX] = "index", [TERM_VECTOR] = "vector"};
  if (query->sum)
    snprintf(out, POINTER_MAX, "%s/%s/%zu", query->pointer, term->negative ? "negative" : "positive", term->place);
  else
    snprintf(out, POINTER_MAX, "%s/%s", query->pointer, names[term->kind]);
  return out;
}

/* The numbers of a vector as float32: finite ones, and not all zero. */
static void read_vector(struct reading *reading, const char *pointer, const double *numbers, size_t count,
                        struct neighbors_term *out) {
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

/* One element of `positive` or `negative`: as in gensim a word, a row number or a vector. */
static void read_term(struct params *params, json_t *value, const char *pointer, struct neighbors_term *out) {
  if (json_is_array(value)) {
    double *numbers;
    size_t count;
    if (params_numbers_value(params, value, pointer, &numbers, &count))
      read_vector(params->reading, pointer, numbers, count, out);
  } else if (json_is_number(value)) {
    out->kind = TERM_INDEX;
    params_row_value(params, value, pointer, &out->index);
  } else {
    out->kind = TERM_WORD;
    params_word_value(params, value, pointer, &out->word);
  }
}

static bool read_side(const struct params_list *list, bool negative, struct neighbors_term *terms) {
  struct word *words = NULL;
  if (!list->array && !list->single) {
    words = reading_alloc(list->params->reading, list->count, sizeof *words);
    if (!words) return false;
    params_list_texts(list, words);
  }
  for (size_t i = 0; i < list->count; i++) {
    char pointer[POINTER_MAX], base[POINTER_MAX];
    terms[i] = (struct neighbors_term){.weight = negative ? -1 : 1, .negative = negative, .place = i};
    if (words) {
      terms[i].kind = TERM_WORD;
      terms[i].word = words[i];
      continue;
    }
    snprintf(pointer, sizeof pointer, "%s/%zu", params_pointer(list->params, list->name, base), i);
    read_term(list->params, params_list_value(list, i), pointer, &terms[i]);
  }
  return true;
}

/* `weights` runs over positive, then negative, and replaces their +1 and -1. */
static void read_weights(struct params *params, struct neighbors_term *terms, size_t count) {
  double *weights;
  size_t weight_count;
  char pointer[POINTER_MAX];
  if (!params_numbers(params, "weights", &weights, &weight_count)) return;
  params_pointer(params, "weights", pointer);
  if (weight_count != count) {
    reading_invalid(params->reading, pointer, "%zu weights for %zu words", weight_count, count);
    return;
  }
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    /* Up to here sums of products with float32 cannot overflow a float64. */
    if (fabs(weights[i]) > (double)FLT_MAX)
      reading_invalid(params->reading, pointer, "a weight of %g is beyond float32", weights[i]);
    terms[i].weight = weights[i];
    sum += fabs(weights[i]);
  }
  if (sum == 0) reading_invalid(params->reading, pointer, "the weights are all zero");
}

static void read_sum(struct params *params, struct neighbors_query *out) {
  struct params_list positive = {0}, negative = {0};
  params_list(params, "positive", true, &positive);
  params_list(params, "negative", true, &negative);
  out->sum = true;
  out->count = positive.count + negative.count;
  if (out->count == 0) {
    reading_invalid(params->reading, params->pointer, "positive and negative are both empty");
    return;
  }
  struct neighbors_term *terms = reading_alloc(params->reading, out->count, sizeof *terms);
  if (!terms) return;
  out->terms = terms;
  if (positive.count > 0 && !read_side(&positive, false, terms)) return;
  if (negative.count > 0 && !read_side(&negative, true, terms + positive.count)) return;
  read_weights(params, terms, out->count);
}

/* Exactly one word, row or vector: `name` is the one that is given. */
static void read_single(struct params *params, const char *name, struct neighbors_query *out) {
  struct neighbors_term *term = reading_alloc(params->reading, 1, sizeof *term);
  if (!term) return;
  *term = (struct neighbors_term){.weight = 1};
  out->terms = term;
  out->count = 1;
  if (strcmp(name, "index") == 0) {
    term->kind = TERM_INDEX;
    params_row(params, name, &term->index);
  } else if (strcmp(name, "vector") == 0) {
    double *numbers;
    size_t count;
    char pointer[POINTER_MAX];
    if (params_numbers(params, name, &numbers, &count))
      read_vector(params->reading, params_pointer(params, name, pointer), numbers, count, term);
  } else {
    term->kind = TERM_WORD;
    if (strcmp(name, "word") == 0)
      params_text(params, name, &term->word);
    else
      params_encoded(params, name, &term->word);
  }
}

static void read_query(struct params *params, struct neighbors_query *out) {
  static const char *const names[] = {"word", "word_bytes", "index", "vector"};
  struct reading *reading = params->reading;
  const char *given = NULL;
  size_t given_count = 0;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!params_has(params, names[i])) continue;
    given = names[i];
    given_count++;
  }
  bool positive = params_has(params, "positive"), negative = params_has(params, "negative");
  bool weights = params_has(params, "weights");
  if (given_count + (positive || negative) > 1)
    reading_invalid(reading, params->pointer,
                    "give one of word, word_bytes, index, vector and (positive, negative, weights)");
  else if (positive || negative)
    read_sum(params, out);
  else if (weights)
    reading_invalid(reading, params->pointer, "weights go with positive and negative");
  else if (given)
    read_single(params, given, out);
  params_finish(params);
  if (given_count == 0 && !positive && !negative && !weights)
    reading_refuse(reading, REFUSAL_MISSING_PARAMETER, "Neighbors of what? %s%sGive word, index, vector or positive",
                   strcmp(params->pointer, "#") == 0 ? "" : params->pointer,
                   strcmp(params->pointer, "#") == 0 ? "" : " does not say. ");
}

/* Reads what is given of the options into *query, which holds their defaults. */
static void read_options(struct params *params, struct neighbors_query *query) {
  struct reading *reading = params->reading;
  int64_t k = (int64_t)query->k;
  bool exact;
  double recall;
  char pointer[POINTER_MAX];
  params_integer(params, "k", 1, (int64_t)reading->call->service->limits.k, &k);
  query->k = (size_t)k;
  params_bool(params, "include_query", &query->include_query);
  bool has_exact = params_bool(params, "exact", &exact), has_recall = params_number(params, "recall", &recall);
  params_pointer(params, "recall", pointer);
  if (has_exact && has_recall)
    reading_invalid(reading, pointer, "exact and recall exclude each other: recall implies exact=false");
  double usual = reading->call->service->default_recall;
  if (has_exact) query->recall = exact ? 0 : usual > 0 ? usual : recall_usual;
  if (!has_recall) return;
  if (!(recall > 0 && recall <= 1)) reading_invalid(reading, pointer, "a recall is above 0 and at most 1");
  query->recall = recall;
}

static void read_batch(struct params *params, const struct neighbors_query *defaults, struct neighbors_request *out) {
  struct reading *reading = params->reading;
  struct params_list list;
  size_t limit = reading->call->service->limits.batch_queries;
  out->batch = true;
  if (!params_list(params, "queries", false, &list)) return;
  if (list.count > limit) {
    reading_invalid(reading, "#/queries", "%zu queries, above the limit of %zu", list.count, limit);
    return;
  }
  out->count = list.count;
  out->queries = reading_alloc(reading, list.count, sizeof *out->queries);
  for (size_t i = 0; out->queries && i < list.count && reading->state != READING_REFUSED; i++) {
    json_t *object = json_array_get(list.array, i);
    struct neighbors_query *query = &out->queries[i];
    *query = *defaults;
    snprintf(query->pointer, sizeof query->pointer, "#/queries/%zu", i);
    if (!json_is_object(object)) {
      reading_invalid(reading, query->pointer, "not an object such as {\"word\": \"cat\"}");
      continue;
    }
    struct params inside;
    params_of_object(&inside, reading, object, query->pointer);
    read_options(&inside, query);
    read_query(&inside, query);
  }
}

bool request_neighbors(struct reading *reading, struct neighbors_request *out) {
  struct params params;
  struct neighbors_query query = {.pointer = "#", .k = K_DEFAULT, .recall = reading->call->service->default_recall};
  *out = (struct neighbors_request){0};
  if (reading->call->service->limits.k < query.k) query.k = reading->call->service->limits.k;
  params_of_call(&params, reading);
  request_common(&params, false, &out->common);
  read_options(&params, &query);
  if (params.object && params_has(&params, "queries")) {
    read_batch(&params, &query, out);
    return request_finish(&params);
  }
  out->count = 1;
  out->queries = reading_alloc(reading, 1, sizeof *out->queries);
  if (!out->queries) return false;
  read_query(&params, &query);
  *out->queries = query;
  return reading_finish(reading);
}
