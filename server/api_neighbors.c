/* GET and POST /neighbors: queries become vectors and rows to leave out. One exact search answers
 * all of them but those that a graph answers, each as soon as it is read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/api.h"
#include "server/request.h"
#include "server/write_json.h"
#include "store/search/graph_search.h"
#include "store/search/scanner.h"

/* The time of a walk grows with the square of what it keeps in mind: 422,295 x 300, 45 ms for 10,000 rows to leave out,
 * which an exact search takes less than. */
enum { WALK_WIDTH_MOST = 1 << 14 };

/* One request being answered. Arrays have request->count elements, but for searched ones: those of the queries that
 * got as far as the search, in order. */
struct work {
  struct reading *reading;
  const struct neighbors_request *request;
  const struct api_choice *choice;
  const struct rows *rows;
  const struct graph *graph;     /* NULL: the model has none */
  struct graph_scratch *scratch; /* made for the first approximate search */
  struct neighbors_result *results;
  struct exact_query *searched;
  struct hit **hits;
  size_t *found;
  size_t *result_of; /* searched query → its result */
  size_t searched_count;
};

/* The row of a term that stands for one. False: *refusal says why. */
static bool term_row(const struct work *work, const struct neighbors_query *query, const struct neighbors_term *term,
                     uint32_t *row, struct refusal *refusal) {
  char pointer[POINTER_MAX];
  bool suggest = work->reading->call->suggest && !work->request->batch;
  if (term->kind == TERM_WORD) return api_find(work->choice, term->word, suggest, row, refusal);
  return api_row(work->choice, work->reading->call, term->index, request_term_pointer(query, term, pointer), row,
                 refusal);
}

/* Whether every vector that came with the request has the model's dimension; noted in the reading where not. */
static bool check_dimensions(const struct work *work) {
  for (size_t i = 0; i < work->request->count; i++) {
    const struct neighbors_query *query = &work->request->queries[i];
    for (size_t t = 0; t < query->count; t++) {
      const struct neighbors_term *term = &query->terms[t];
      char pointer[POINTER_MAX];
      if (term->kind == TERM_VECTOR && term->dim != work->rows->dim)
        reading_invalid(work->reading, request_term_pointer(query, term, pointer), "%zu numbers where %s has %u",
                        term->dim, work->choice->name, work->rows->dim);
    }
  }
  return reading_finish(work->reading);
}

/* The exponent of the largest weight. With the weights divided by that power of two, sums of very small ones do not
 * underflow and of very large ones do not overflow, and all others keep their bits. */
static int weight_exponent(const struct neighbors_query *query) {
  double largest = 0;
  int exponent;
  for (size_t t = 0; t < query->count; t++) largest = fmax(largest, fabs(query->terms[t].weight));
  frexp(largest, &exponent);
  return exponent;
}

/* Adds weight times the term to sum[dim]: rows as unit vectors, vectors as they are, as gensim's most_similar does. */
static void add_term(double *sum, const struct work *work, const struct neighbors_term *term, uint32_t row,
                     double weight) {
  const float *vector = term->kind == TERM_VECTOR ? term->vector : rows_at(work->rows, row);
  double norm = term->kind == TERM_VECTOR ? 1 : rows_norm(work->rows, row);
  if (norm == 0) return;
  for (uint32_t i = 0; i < work->rows->dim; i++) sum[i] += weight * ((double)vector[i] / norm);
}

/* The sum over the sum of absolute weights, rounded to float32. False: it has no direction, or is beyond float32. */
static bool round_sum(const double *sum, double weights, uint32_t dim, float *vector) {
  bool zero = true, finite = true;
  for (uint32_t i = 0; i < dim; i++) {
    vector[i] = (float)(sum[i] / weights);
    zero = zero && vector[i] == 0;
    finite = finite && isfinite(vector[i]);
  }
  return finite && !zero;
}

/* The vector of a weighted sum; rows[] of its terms are known. NULL: *refusal says why. */
static const float *sum_vector(const struct work *work, const struct neighbors_query *query, const uint32_t *rows,
                               struct refusal *refusal) {
  uint32_t dim = work->rows->dim;
  /* A sum of one is that one, bit for bit, as if it had been asked for alone. */
  const struct neighbors_term *first = query->terms;
  if (query->count == 1 && first->weight > 0)
    return first->kind == TERM_VECTOR ? first->vector : rows_at(work->rows, rows[0]);
  double *sum = calloc(dim, sizeof *sum), weights = 0;
  float *vector = reading_alloc(work->reading, dim, sizeof *vector);
  bool good = false;
  if (sum && vector) {
    int exponent = weight_exponent(query);
    for (size_t t = 0; t < query->count; t++) {
      double weight = ldexp(query->terms[t].weight, -exponent);
      add_term(sum, work, &query->terms[t], rows[t], weight);
      weights += fabs(weight);
    }
    good = round_sum(sum, weights, dim, vector);
    if (!good) {
      refusal_set(refusal, REFUSAL_INVALID, "%s: the sum has no direction to compare with", query->pointer);
      refusal_add_error(refusal, query->pointer, "the terms cancel each other out, or are too large");
    }
  } else {
    refusal_from_status(refusal, STATUS_NO_MEMORY, "Adding vectors");
  }
  free(sum);
  return good ? vector : NULL;
}

/* Makes the search of one query. False: *refusal says why. */
static bool prepare(const struct work *work, const struct neighbors_query *query, struct exact_query *out,
                    struct refusal *refusal) {
  uint32_t *rows = reading_alloc(work->reading, query->count, sizeof *rows);
  uint32_t *excluded = reading_alloc(work->reading, query->count, sizeof *excluded);
  if (!rows || !excluded) {
    refusal_from_status(refusal, STATUS_NO_MEMORY, "Preparing the search");
    return false;
  }
  size_t excluded_count = 0;
  for (size_t t = 0; t < query->count; t++) {
    rows[t] = 0;
    if (query->terms[t].kind == TERM_VECTOR) continue;
    if (!term_row(work, query, &query->terms[t], &rows[t], refusal)) return false;
    excluded[excluded_count++] = rows[t];
  }
  const float *vector = sum_vector(work, query, rows, refusal);
  *out = (struct exact_query){.vector = vector,
                              .k = query->k < work->rows->count ? query->k : work->rows->count,
                              .excluded = excluded,
                              .excluded_count = query->include_query ? 0 : excluded_count};
  return vector != NULL;
}

/* The step of the model's recall table that is enough for a query; NULL: an exact search is wanted, or all that is
 * enough, or it takes less than a walk that has to keep so many rows in mind. */
static const struct recall_step *step_for(const struct work *work, const struct neighbors_query *query,
                                          const struct exact_query *asked) {
  if (!work->graph || query->recall == 0) return NULL;
  const struct recall_step *step = recall_cheapest(model_info(work->choice->model)->recall, query->k, query->recall);
  if (!step || recall_width(step, asked->k) + (uint64_t)asked->excluded_count > WALK_WIDTH_MOST) return NULL;
  return step;
}

/* Answers a query by a walk through the graph. */
static bool search_graph(struct work *work, const struct exact_query *asked, const struct recall_step *step,
                         struct neighbors_result *out) {
  struct graph_index index = {
      .graph = *work->graph, .rows = work->rows, .kernel = work->reading->call->service->kernel};
  struct graph_query query = {.vector = asked->vector,
                              .k = asked->k,
                              .width = recall_width(step, asked->k),
                              .excluded = asked->excluded,
                              .excluded_count = asked->excluded_count};
  struct hit *hits = reading_alloc(work->reading, query.k, sizeof *hits);
  if (!hits) return false;
  enum status status = work->scratch ? STATUS_OK : graph_scratch_new(&index, &work->scratch);
  if (status == STATUS_OK) status = graph_search(&index, &query, work->scratch, hits, &out->count);
  if (status != STATUS_OK) {
    refusal_from_status(work->reading->refusal, status, "Searching");
    work->reading->state = READING_REFUSED;
    return false;
  }
  out->hits = hits;
  out->recall = recall_of(step, asked->k);
  return true;
}

/* Puts a query among those that are searched exactly. */
static bool queue_exact(struct work *work, size_t result) {
  const struct exact_query *searched = &work->searched[work->searched_count];
  struct hit *hits = reading_alloc(work->reading, searched->k, sizeof *hits);
  if (!hits) return false;
  work->result_of[work->searched_count] = result;
  work->hits[work->searched_count++] = hits;
  return true;
}

/* Prepares every query. One that cannot be searched is the refusal of a single request, or its own result in a batch.
 */
static bool prepare_all(struct work *work) {
  for (size_t i = 0; i < work->request->count; i++) {
    struct refusal refusal;
    struct exact_query *searched = &work->searched[work->searched_count];
    work->results[i] = (struct neighbors_result){0};
    if (prepare(work, &work->request->queries[i], searched, &refusal)) {
      const struct recall_step *step = step_for(work, &work->request->queries[i], searched);
      if (!(step ? search_graph(work, searched, step, &work->results[i]) : queue_exact(work, i))) return false;
      continue;
    }
    /* A server out of memory is no property of the query. */
    if (!work->request->batch || refusal.kind == REFUSAL_BUSY || refusal.kind == REFUSAL_INTERNAL) {
      *work->reading->refusal = refusal;
      work->reading->state = READING_REFUSED;
      return false;
    }
    struct refusal *error = reading_alloc(work->reading, 1, sizeof *error);
    if (!error) return false;
    *error = refusal;
    work->results[i].error = error;
  }
  return true;
}

static bool search(struct work *work, struct scanner *scanner) {
  enum status status =
      scanner_search(scanner, work->rows, work->searched, work->searched_count, work->hits, work->found);
  if (status == STATUS_BUSY) {
    refusal_set(work->reading->refusal, REFUSAL_BUSY, "The server is stopping; ask another, or this one in a moment.");
    return false;
  }
  if (status != STATUS_OK) {
    refusal_from_status(work->reading->refusal, status, "Searching");
    return false;
  }
  for (size_t i = 0; i < work->searched_count; i++) {
    work->results[work->result_of[i]].hits = work->hits[i];
    work->results[work->result_of[i]].count = work->found[i];
  }
  return true;
}

static bool allocate(struct work *work) {
  size_t count = work->request->count;
  work->results = reading_alloc(work->reading, count, sizeof *work->results);
  work->searched = reading_alloc(work->reading, count, sizeof *work->searched);
  work->hits = reading_alloc(work->reading, count, sizeof(struct hit *));
  work->found = reading_alloc(work->reading, count, sizeof *work->found);
  work->result_of = reading_alloc(work->reading, count, sizeof *work->result_of);
  return reading_finish(work->reading);
}

static bool answer(struct reading *reading, const struct neighbors_request *request, const struct api_choice *choice,
                   struct reply *reply) {
  struct work work = {.reading = reading,
                      .request = request,
                      .choice = choice,
                      .rows = model_rows(choice->model),
                      .graph = model_graph(choice->model)};
  bool prepared = check_dimensions(&work) && allocate(&work) && prepare_all(&work);
  graph_scratch_free(work.scratch);
  if (!prepared) return false;
  if (work.searched_count > 0 && !search(&work, reading->call->service->scanner)) return false;
  struct neighbors_answer answer = {.model = choice->name,
                                    .vocabulary = model_vocabulary(choice->model),
                                    .batch = request->batch,
                                    .count = request->count,
                                    .results = work.results};
  return api_finish(reply, REPRESENTATION_JSON, write_json_neighbors(&reply->body, &answer), reading->refusal);
}

bool api_neighbors(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct neighbors_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && request_neighbors(&reading, &request) &&
              api_choose(call->service, request.common.model, reply, &choice, refusal) &&
              answer(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}
