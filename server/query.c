/* From words, row numbers and vectors to what a search is told. */
#include "server/query.h"

#include <math.h>
#include <stdlib.h>

#include "server/metrics.h"
#include "store/clock.h"
#include "store/search/mean.h"
#include "store/search/scanner.h"

static void refuse_join(struct refusal *refusal, enum status status) {
  if (status == STATUS_BUSY) {
    refusal_set(refusal, REFUSAL_BUSY,
                "Other models are being joined, as many as may be at a time; try again shortly.");
    refusal->reason = REASON_QUEUE_FULL;
  } else {
    refusal_from_status(refusal, status, "Joining models");
  }
}

/* Sees several models as one. */
static bool join(struct query_maker *maker) {
  const struct api_choice *choice = maker->choice;
  struct reading *reading = maker->reading;
  uint32_t dim = api_choice_dim(choice);
  if (dim > EXACT_JOIN_DIM_MOST) {
    reading_invalid(reading, "#/model", "together they have %u dimensions, and at most %d can be searched", dim,
                    EXACT_JOIN_DIM_MOST);
    return false;
  }
  const struct call *call = reading->call;
  enum status status = joins_get(call->service->joins, choice->models, choice->count, call->hurried, &maker->join);
  maker->postponed = call->hurried && status == STATUS_NOT_FOUND;
  if (maker->postponed) return false;
  if (status != STATUS_OK) {
    refuse_join(reading->refusal, status);
    reading->state = READING_REFUSED;
    return false;
  }
  join_fill(maker->join, choice->models, &maker->joined);
  maker->rows = &maker->joined.rows;
  return true;
}

bool query_maker_begin(struct query_maker *maker, struct reading *reading, const struct api_choice *choice,
                       bool suggest) {
  *maker =
      (struct query_maker){.reading = reading, .choice = choice, .rows = model_rows(choice->model), .suggest = suggest};
  return choice->count == 1 || join(maker);
}

void query_maker_end(struct query_maker *maker) {
  join_drop(maker->join);
  maker->join = NULL;
}

bool query_refuse(struct refusal *refusal, const char *pointer, const char *detail) {
  refusal_set(refusal, REFUSAL_INVALID, "%s: %s", pointer, detail);
  refusal_add_error(refusal, pointer, "%s", detail);
  return false;
}

/* ---- terms */

static bool is_alike(struct word_policy one, struct word_policy other) {
  return one.oov == other.oov && one.letter_case == other.letter_case;
}

bool query_follow(struct query_maker *maker, struct word_policy policy) {
  if (maker->lookup.reading && is_alike(maker->lookup.policy, policy)) return true;
  return lookup_begin(&maker->lookup, maker->reading, maker->choice, policy);
}

void query_check(struct query_maker *maker, const char *base, const struct search_term *term) {
  char pointer[POINTER_MAX];
  if (term->kind != TERM_VECTOR || term->dim == maker->rows->dim) return;
  reading_invalid(maker->reading, request_term_pointer(base, term, pointer), "%zu numbers where %s has %u", term->dim,
                  maker->choice->name, maker->rows->dim);
}

bool query_find(struct query_maker *maker, const char *base, const struct search_term *term, struct found *out,
                struct refusal *refusal) {
  char pointer[POINTER_MAX];
  uint32_t row;
  if (term->kind == TERM_WORD) return lookup_word(&maker->lookup, term->word, maker->suggest, out, refusal);
  if (term->kind == TERM_VECTOR) {
    *out = (struct found){.vector = term->vector, .row = FOUND_NO_ROW, .by = FOUND_GIVEN};
    return true;
  }
  if (maker->join)
    return query_refuse(refusal, request_term_pointer(base, term, pointer),
                        "each of several models numbers its rows on its own: give a word");
  if (!api_row(maker->choice, maker->reading->call, term->index, request_term_pointer(base, term, pointer), &row,
               refusal))
    return false;
  *out = lookup_row(maker->choice, row);
  return true;
}

bool query_row(const struct query_maker *maker, const struct search_term *term, const struct found *found,
               uint32_t *row, struct refusal *refusal) {
  if (!maker->join || term->kind != TERM_WORD || !found_itself(found)) {
    *row = found->row;
    return true;
  }
  const struct vocabulary *first = model_vocabulary(maker->choice->model);
  bool folds = maker->lookup.policy.letter_case != CASE_EXACT;
  uint32_t of_first;
  enum status status = vocabulary_find(first, term->word, &of_first);
  if (status == STATUS_NOT_FOUND && folds) status = vocabulary_find_folded(first, term->word, &of_first);
  if (status == STATUS_OK) status = join_find(maker->join, of_first, row);
  if (status == STATUS_NOT_FOUND) *row = FOUND_NO_ROW;
  if (status == STATUS_OK || status == STATUS_NOT_FOUND) return true;
  refusal_from_status(refusal, status, "Looking up a word");
  return false;
}

/* Finds all terms of a query, which has `used` that have a vector. */
static bool find_terms(struct query_maker *maker, const struct neighbors_query *asked, struct found *found,
                       size_t *used, struct refusal *refusal) {
  *used = 0;
  for (size_t t = 0; t < asked->count; t++) {
    if (!query_find(maker, asked->pointer, &asked->terms[t], &found[t], refusal)) return false;
    *used += found[t].vector != NULL;
  }
  return *used > 0 ||
         query_refuse(refusal, asked->pointer, "nothing of it is in the vocabulary, and oov=null leaves it out");
}

/* ---- sums */

/* The terms that have a vector, for their mean: those of words and rows as unit vectors, others as they are, as
 * gensim's most_similar does. */
static size_t gather_terms(const struct neighbors_query *asked, const struct found *found, uint32_t dim,
                           struct mean_term *out) {
  size_t count = 0;
  for (size_t t = 0; t < asked->count; t++) {
    const float *vector = found[t].vector;
    if (!vector) continue;
    double norm = asked->terms[t].kind == TERM_VECTOR ? 1 : rows_norm_of(vector, dim);
    out[count++] = (struct mean_term){vector, norm, asked->terms[t].weight};
  }
  return count;
}

/* The vector of a weighted sum of the `used` terms that have one. NULL: *refusal says why. */
static const float *sum_vector(const struct query_maker *maker, const struct neighbors_query *asked,
                               const struct found *found, size_t used, struct refusal *refusal) {
  uint32_t dim = maker->rows->dim;
  /* A sum of one is that one, bit for bit, as if it had been asked for alone. */
  for (size_t t = 0; t < asked->count && used == 1; t++)
    if (found[t].vector && asked->terms[t].weight > 0) return found[t].vector;
  struct mean_term *terms = calloc(used, sizeof *terms);
  double *sum = calloc(dim, sizeof *sum);
  float *vector = reading_alloc(maker->reading, dim, sizeof *vector);
  bool room = terms && sum && vector;
  bool good = room && mean_of(terms, gather_terms(asked, found, dim, terms), dim, MEAN_AS_IS, sum, vector);
  free(terms);
  free(sum);
  if (!room) {
    refusal_from_status(refusal, STATUS_NO_MEMORY, "Adding vectors");
  } else if (!good) {
    refusal_set(refusal, REFUSAL_INVALID, "%s: the sum has no direction to compare with", asked->pointer);
    refusal_add_error(refusal, asked->pointer, "the terms cancel each other out");
  }
  return good ? vector : NULL;
}

/* ---- products */

static bool make_product(const struct query_maker *maker, const struct neighbors_query *asked,
                         const struct found *found, struct cosmul *out, struct refusal *refusal) {
  struct cosmul_factor *factors = reading_alloc(maker->reading, asked->count, sizeof *factors);
  if (!factors) {
    refusal_from_status(refusal, STATUS_NO_MEMORY, "Preparing the search");
    return false;
  }
  *out = (struct cosmul){.factors = factors};
  for (size_t t = 0; t < asked->count; t++)
    if (found[t].vector) factors[out->count++] = (struct cosmul_factor){found[t].vector, asked->terms[t].weight};
  return true;
}

/* ---- scopes */

/* An end of a slice, as Python has it: a negative one counts from behind. */
static uint32_t slice_end(int64_t end, uint32_t count) {
  if (end < 0) end += count;
  return end < 0 ? 0 : end < count ? (uint32_t)end : count;
}

static int compare_rows(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

/* The row of a candidate; FOUND_NO_ROW where it has none of its own, and is left out. */
static bool find_candidate(struct query_maker *maker, const struct search_scope *asked, const struct search_term *term,
                           uint32_t *row, struct refusal *refusal) {
  struct found found;
  char pointer[POINTER_MAX];
  if (term->kind == TERM_VECTOR)
    return query_refuse(refusal, request_term_pointer(asked->candidates_at, term, pointer),
                        "a candidate is a word or a row number");
  if (!query_find(maker, asked->candidates_at, term, &found, refusal)) return false;
  *row = FOUND_NO_ROW;
  return !found_itself(&found) || query_row(maker, term, &found, row, refusal);
}

/* The rows of the candidates; NULL: *refusal says why. Queries of a batch mostly share them, but by policies that take
 * turns, and with lists of their own between: none is looked up twice. */
static const struct candidate_rows *find_candidates(struct query_maker *maker, const struct search_scope *asked,
                                                    struct refusal *refusal) {
  for (const struct candidate_rows *found = maker->candidates; found; found = found->next)
    if (found->of == asked->candidates && is_alike(found->policy, maker->lookup.policy)) return found;
  struct candidate_rows *out = reading_alloc(maker->reading, 1, sizeof *out);
  uint32_t *rows = reading_alloc(maker->reading, asked->candidate_count, sizeof *rows), row;
  size_t count = 0, kept = 0;
  if (!out || !rows) {
    refusal_from_status(refusal, STATUS_NO_MEMORY, "Preparing the search");
    return NULL;
  }
  for (size_t i = 0; i < asked->candidate_count; i++) {
    if (!find_candidate(maker, asked, &asked->candidates[i], &row, refusal)) return NULL;
    if (row != FOUND_NO_ROW) rows[count++] = row;
  }
  if (count > 1) qsort(rows, count, sizeof *rows, compare_rows);
  for (size_t i = 0; i < count; i++)
    if (kept == 0 || rows[kept - 1] != rows[i]) rows[kept++] = rows[i];
  *out = (struct candidate_rows){maker->candidates, asked->candidates, maker->lookup.policy, rows, kept};
  return maker->candidates = out;
}

static bool make_scope(struct query_maker *maker, const struct search_scope *asked, struct query *out,
                       struct refusal *refusal) {
  uint32_t count = maker->rows->count;
  bool restricts = asked->restrict_vocab != 0;
  int64_t end = restricts ? asked->restrict_vocab : asked->clip_end != 0 ? asked->clip_end : count;
  out->scope = (struct exact_scope){.first = restricts ? 0 : slice_end(asked->clip_start, count),
                                    .end = slice_end(end, count),
                                    .least = asked->least};
  out->narrowed = out->scope.first > 0 || out->scope.end < count || asked->candidates != NULL;
  if (out->narrowed || asked->least > -INFINITY) out->exact.scope = &out->scope;
  if (!asked->candidates) return true;
  const struct candidate_rows *candidates = find_candidates(maker, asked, refusal);
  if (!candidates) return false;
  out->scope.candidates = candidates->rows;
  out->scope.candidate_count = candidates->count;
  return true;
}

/* ---- the whole */

bool query_make(struct query_maker *maker, const struct neighbors_query *asked, struct query *out,
                struct refusal *refusal) {
  size_t rows = maker->rows->count > 0 ? maker->rows->count : 1; /* models need not have a word in common */
  *out = (struct query){.exact = {.k = asked->k < rows ? asked->k : rows}};
  struct found *found = reading_alloc(maker->reading, asked->count, sizeof *found);
  uint32_t *excluded = reading_alloc(maker->reading, asked->count, sizeof *excluded);
  size_t used;
  if (!found || !excluded) {
    refusal_from_status(refusal, STATUS_NO_MEMORY, "Preparing the search");
    return false;
  }
  if (!query_follow(maker, asked->policy)) {
    *refusal = *maker->reading->refusal;
    return false;
  }
  out->found = found;
  out->exact.excluded = excluded;
  if (!find_terms(maker, asked, found, &used, refusal) || !make_scope(maker, &asked->scope, out, refusal)) return false;
  for (size_t t = 0; t < asked->count && !asked->include_query; t++) {
    uint32_t *row = &excluded[out->exact.excluded_count];
    if (!query_row(maker, &asked->terms[t], &found[t], row, refusal)) return false;
    out->exact.excluded_count += *row != FOUND_NO_ROW;
  }
  if (asked->objective == OBJECTIVE_COSMUL) {
    out->narrowed = true;
    out->exact.product = &out->product;
    return make_product(maker, asked, found, &out->product, refusal);
  }
  out->exact.vector = sum_vector(maker, asked, found, used, refusal);
  return out->exact.vector != NULL;
}

static void refuse_stopping(struct refusal *refusal) {
  refusal_set(refusal, REFUSAL_BUSY, "The server is stopping; ask another, or this one in a moment.");
  refusal->reason = REASON_STOPPING;
}

bool query_search(const struct query_maker *maker, const struct exact_query *queries, size_t count,
                  struct hit *const *hits, size_t *found) {
  struct refusal *refusal = maker->reading->refusal;
  const struct service *service = maker->reading->call->service;
  int64_t started = clock_microseconds();
  enum status status = scanner_search(service->scanner, maker->rows, queries, count, hits, found);
  metrics_count_search(service->metrics, METRICS_EXACT, (uint64_t)(clock_microseconds() - started));
  if (status == STATUS_BUSY)
    refuse_stopping(refusal);
  else if (status != STATUS_OK)
    refusal_from_status(refusal, status, "Searching");
  return status == STATUS_OK;
}

struct sources query_sources(const struct query_maker *maker, struct word_policy policy, const struct found *found,
                             size_t count, bool listed) {
  if (!policy.said) return (struct sources){0};
  return (struct sources){
      .found = found,
      .count = count,
      .listed = listed,
      .matched = policy.letter_case == CASE_EXACT || maker->join ? NULL : model_vocabulary(maker->choice->model)};
}
