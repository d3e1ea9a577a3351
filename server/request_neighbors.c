/* What a query for neighbours is made of: one word, row or vector, or a weighted sum of several, or an analogy; alone
 * or in a batch. */
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/request.h"
#include "server/request_npy.h"
#include "server/request_terms.h"
#include "store/search/cosmul.h"

enum { K_DEFAULT = 10 };
static const double recall_usual = 0.95; /* of exact=false alone, where the server has no default */

/* `weights` runs over positive, then negative, and replaces their +1 and -1. */
static void read_weights(struct params *params, struct search_term *terms, size_t count) {
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
  out->listed = true;
  out->count = positive.count + negative.count;
  if (out->count == 0) {
    reading_invalid(params->reading, params->pointer, "positive and negative are both empty");
    return;
  }
  struct search_term *terms = reading_alloc(params->reading, out->count, sizeof *terms);
  if (!terms) return;
  out->terms = terms;
  if (positive.count > 0 && !terms_read_list(&positive, 1, terms)) return;
  if (negative.count > 0 && !terms_read_list(&negative, -1, terms + positive.count)) return;
  if (out->objective == OBJECTIVE_COSMUL && positive.count == 0)
    reading_invalid(params->reading, params->pointer, "a product needs at least one word in positive");
  if (out->objective == OBJECTIVE_COSMUL && out->count > COSMUL_FACTORS_MOST)
    reading_invalid(params->reading, params->pointer, "%zu words, and a product has at most %d", out->count,
                    COSMUL_FACTORS_MOST);
  read_weights(params, terms, out->count);
}

/* Exactly one word, row or vector: `name` is the one that is given. */
static void read_single(struct params *params, const char *name, struct neighbors_query *out) {
  struct search_term *term = reading_alloc(params->reading, 1, sizeof *term);
  if (!term) return;
  terms_read_single(params, name, term);
  out->terms = term;
  out->count = 1;
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

/* The three words of an analogy. The sum has its positive terms first, as every sum. */
static void read_analogy(struct params *params, struct neighbors_query *out) {
  enum { TERMS = 3 };
  static const char *const names[TERMS][2] = {{"b", "b_bytes"}, {"c", "c_bytes"}, {"a", "a_bytes"}};
  struct search_term *terms = reading_alloc(params->reading, TERMS, sizeof *terms);
  if (!terms) return;
  out->analogy = out->listed = true;
  out->terms = terms;
  out->count = TERMS;
  for (size_t i = 0; i < TERMS; i++) {
    terms_read_word(params, names[i][0], names[i][1], &terms[i]);
    if (i == TERMS - 1) terms[i].weight = -1;
    if (!params_has(params, names[i][0]) && !params_has(params, names[i][1]))
      reading_refuse(params->reading, REFUSAL_MISSING_PARAMETER,
                     "Which analogy? Give a, b and c: a is to b as c is to what");
  }
  params_finish(params);
}

/* Reads what is given of the scope into *scope, which holds its defaults. */
static void read_scope(struct params *params, struct search_scope *scope) {
  struct params_list list;
  params_integer(params, "clip_start", -INT64_MAX, INT64_MAX, &scope->clip_start);
  if (!params_is_null(params, "clip_end")) params_integer(params, "clip_end", -INT64_MAX, INT64_MAX, &scope->clip_end);
  if (!params_is_null(params, "restrict_vocab"))
    params_integer(params, "restrict_vocab", -INT64_MAX, INT64_MAX, &scope->restrict_vocab);
  params_number(params, "min_similarity", &scope->least);
  if (!params_has(params, "candidates") || !params_list(params, "candidates", true, &list)) return;
  struct search_term *candidates = reading_alloc(params->reading, list.count, sizeof *candidates);
  if (!candidates || !terms_read_list(&list, 1, candidates)) return;
  scope->candidates = candidates;
  scope->candidate_count = list.count;
  char *at = reading_alloc(params->reading, sizeof params->pointer, 1);
  if (!at) return;
  memcpy(at, params->pointer, sizeof params->pointer);
  scope->candidates_at = at;
}

/* Reads what is given of the options into *query, which holds their defaults. */
static void read_options(struct params *params, struct neighbors_query *query) {
  static const char *const objectives[OBJECTIVE_COUNT] = {"cosadd", "cosmul"};
  struct reading *reading = params->reading;
  int64_t k = (int64_t)query->k;
  size_t objective = query->objective;
  bool exact;
  double recall;
  char pointer[POINTER_MAX];
  params_integer(params, "k", 1, (int64_t)reading->call->service->limits.k, &k);
  query->k = (size_t)k;
  params_bool(params, "include_query", &query->include_query);
  params_choice(params, "objective", objectives, OBJECTIVE_COUNT, &objective);
  query->objective = (enum objective)objective;
  read_scope(params, &query->scope);
  word_policy_read(params, &query->policy);
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

typedef void query_reader(struct params *params, struct neighbors_query *out);

static void read_batch(struct params *params, const struct neighbors_query *defaults, query_reader *read,
                       struct neighbors_request *out) {
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
    read(&inside, query);
  }
}

/* The vectors of an array: a batch of them, unless it has one dimension. */
static void read_array(struct reading *reading, const struct neighbors_query *defaults, struct neighbors_request *out) {
  struct npy_array array;
  size_t limit = reading->call->service->limits.batch_queries;
  if (!request_npy(reading, "vector", &array)) return;
  size_t lines = npy_array_lines(&array), width = npy_array_width(&array);
  out->batch = array.header.dimensions == 2;
  if (lines > limit) {
    reading_invalid(reading, "#/queries", "%zu queries, above the limit of %zu", lines, limit);
    return;
  }
  const float *floats = npy_array_floats(reading, "vector", &array);
  struct search_term *terms = reading_alloc(reading, lines, sizeof *terms);
  out->queries = reading_alloc(reading, lines, sizeof *out->queries);
  if (!floats || !terms || !out->queries) return;
  out->count = lines;
  for (size_t i = 0; i < lines; i++) {
    struct neighbors_query *query = &out->queries[i];
    *query = *defaults;
    if (out->batch) snprintf(query->pointer, sizeof query->pointer, "#/queries/%zu", i);
    terms[i] = (struct search_term){.kind = TERM_VECTOR,
                                    .vector = floats + i * width,
                                    .dim = width,
                                    .weight = 1,
                                    .name = "vector",
                                    .place = TERM_ALONE};
    query->terms = &terms[i];
    query->count = 1;
    terms_check_vector(reading, query->pointer, &terms[i]);
  }
}

static bool read_request(struct reading *reading, query_reader *read, struct neighbors_request *out) {
  struct params params;
  struct neighbors_query query = {
      .pointer = "#", .k = K_DEFAULT, .recall = reading->call->service->default_recall, .scope = {.least = -INFINITY}};
  *out = (struct neighbors_request){0};
  if (reading->call->service->limits.k < query.k) query.k = reading->call->service->limits.k;
  params_of_call(&params, reading);
  request_common(&params, false, &out->common);
  read_options(&params, &query);
  if (reading->call->body_kind == BODY_NPY) {
    read_array(reading, &query, out);
    return request_finish(&params);
  }
  if (params.object && params_has(&params, "queries")) {
    read_batch(&params, &query, read, out);
    return request_finish(&params);
  }
  out->count = 1;
  out->queries = reading_alloc(reading, 1, sizeof *out->queries);
  if (!out->queries) return false;
  read(&params, &query);
  *out->queries = query;
  return reading_finish(reading);
}

bool request_neighbors(struct reading *reading, struct neighbors_request *out) {
  return read_request(reading, read_query, out);
}

bool request_analogy(struct reading *reading, struct neighbors_request *out) {
  return read_request(reading, read_analogy, out);
}
