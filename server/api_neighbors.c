/* GET and POST /neighbors and /analogy: queries become vectors and rows to leave out. One exact search answers all of
 * them but those that a graph answers, each as soon as it is read. */
#include <string.h>

#include "server/api.h"
#include "server/query.h"
#include "server/request.h"
#include "server/write_json.h"
#include "store/clock.h"
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
  const struct graph *graph;     /* NULL: there is none */
  struct graph_scratch *scratch; /* made for the first approximate search */
  struct query_maker maker;
  struct neighbors_result *results;
  struct query *queries;
  struct exact_query *searched;
  struct hit **hits;
  size_t *found;
  size_t *result_of; /* searched query → its result */
  size_t searched_count;
};

/* What is wrong with the request whatever its words are; noted in the reading. */
static bool check(struct work *work) {
  for (size_t i = 0; i < work->request->count; i++) {
    const struct neighbors_query *query = &work->request->queries[i];
    for (size_t t = 0; t < query->count; t++) query_check(&work->maker, query->pointer, &query->terms[t]);
    query_follow(&work->maker, query->policy);
  }
  return reading_finish(work->reading);
}

/* The step of the model's recall table that is enough for a query; NULL: an exact search is wanted, or all that is
 * enough, or it takes less than a walk that has to keep so many rows in mind. */
static const struct recall_step *step_for(const struct work *work, const struct neighbors_query *query,
                                          const struct query *made) {
  const struct exact_query *asked = &made->exact;
  if (!work->graph || query->recall == 0 || made->narrowed) return NULL;
  const struct recall_step *step = recall_cheapest(model_info(work->choice->model)->recall, query->k, query->recall);
  if (!step || recall_width(step, asked->k) + (uint64_t)asked->excluded_count > WALK_WIDTH_MOST) return NULL;
  return step;
}

/* Answers a query by a walk through the graph. */
static bool search_graph(struct work *work, const struct exact_query *asked, const struct recall_step *step,
                         struct neighbors_result *out) {
  struct graph_index index = {
      .graph = *work->graph, .rows = work->maker.rows, .kernel = work->reading->call->service->kernel};
  struct graph_query query = {.vector = asked->vector,
                              .k = asked->k,
                              .width = recall_width(step, asked->k),
                              .excluded = asked->excluded,
                              .excluded_count = asked->excluded_count};
  struct hit *hits = reading_alloc(work->reading, query.k, sizeof *hits);
  if (!hits) return false;
  enum status status = work->scratch ? STATUS_OK : graph_scratch_new(&index, &work->scratch);
  int64_t started = clock_microseconds();
  if (status == STATUS_OK) status = graph_search(&index, &query, work->scratch, hits, &out->count);
  metrics_count_search(work->reading->call->service->metrics, METRICS_APPROXIMATE,
                       (uint64_t)(clock_microseconds() - started));
  if (status != STATUS_OK) {
    refusal_from_status(work->reading->refusal, status, "Searching");
    work->reading->state = READING_REFUSED;
    return false;
  }
  while (asked->scope && out->count > 0 && hits[out->count - 1].similarity < asked->scope->least) out->count--;
  out->hits = hits;
  out->recall = recall_of(step, asked->k);
  return true;
}

/* Puts a query among those that are searched exactly. */
static bool queue_exact(struct work *work, size_t result) {
  const struct exact_query *asked = &work->queries[result].exact;
  struct hit *hits = reading_alloc(work->reading, asked->k, sizeof *hits);
  if (!hits) return false;
  work->searched[work->searched_count] = *asked;
  work->result_of[work->searched_count] = result;
  work->hits[work->searched_count++] = hits;
  return true;
}

/* The word of an analogy's term; a row number stands for the word of that row. */
static struct word word_of(const struct work *work, const struct search_term *term) {
  return term->kind == TERM_WORD ? term->word
                                 : vocabulary_word(model_vocabulary(work->choice->model), (uint32_t)term->index);
}

/* "b - a + c" with its words. */
static bool write_expression(const struct work *work, const struct search_term *terms, struct word *out) {
  struct word b = word_of(work, &terms[0]), c = word_of(work, &terms[1]), a = word_of(work, &terms[2]);
  const struct word parts[] = {b, {" - ", 3}, a, {" + ", 3}, c};
  char *text = reading_alloc(work->reading, b.length + a.length + c.length + 6, 1);
  size_t length = 0;
  if (!text) return false;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    memcpy(text + length, parts[i].bytes, parts[i].length);
    length += parts[i].length;
  }
  *out = (struct word){text, length};
  return true;
}

/* What the answer says of a query beside its hits. */
static bool describe(const struct work *work, size_t i) {
  const struct neighbors_query *asked = &work->request->queries[i];
  struct neighbors_result *result = &work->results[i];
  result->product = asked->objective == OBJECTIVE_COSMUL;
  result->sources = query_sources(&work->maker, asked->policy, work->queries[i].found, asked->count, asked->listed);
  return !asked->analogy || write_expression(work, asked->terms, &result->expression);
}

/* Makes every query and answers those that a graph can. One that cannot be made is the refusal of a single request, or
 * its own result in a batch. */
static bool prepare_all(struct work *work) {
  for (size_t i = 0; i < work->request->count; i++) {
    struct refusal refusal;
    struct query *query = &work->queries[i];
    work->results[i] = (struct neighbors_result){0};
    if (query_make(&work->maker, &work->request->queries[i], query, &refusal)) {
      const struct recall_step *step = step_for(work, &work->request->queries[i], query);
      bool done = step ? search_graph(work, &query->exact, step, &work->results[i]) : queue_exact(work, i);
      if (!done || !describe(work, i)) return false;
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

static bool search(struct work *work) {
  if (!query_search(&work->maker, work->searched, work->searched_count, work->hits, work->found)) return false;
  for (size_t i = 0; i < work->searched_count; i++) {
    work->results[work->result_of[i]].hits = work->hits[i];
    work->results[work->result_of[i]].count = work->found[i];
  }
  return true;
}

static bool allocate(struct work *work) {
  size_t count = work->request->count;
  work->results = reading_alloc(work->reading, count, sizeof *work->results);
  work->queries = reading_alloc(work->reading, count, sizeof *work->queries);
  work->searched = reading_alloc(work->reading, count, sizeof *work->searched);
  work->hits = reading_alloc(work->reading, count, sizeof(struct hit *));
  work->found = reading_alloc(work->reading, count, sizeof *work->found);
  work->result_of = reading_alloc(work->reading, count, sizeof *work->result_of);
  return reading_finish(work->reading);
}

static bool write(const struct work *work, struct reply *reply) {
  struct neighbors_answer answer = {.model = work->choice->name,
                                    .vocabulary = model_vocabulary(work->choice->model),
                                    .join = work->maker.join,
                                    .batch = work->request->batch,
                                    .count = work->request->count,
                                    .results = work->results};
  for (size_t i = 0; i < work->request->count; i++) reply->rows += work->results[i].count;
  return api_finish(reply, REPRESENTATION_JSON, write_json_neighbors(&reply->body, &answer), work->reading->refusal);
}

static bool answer(struct reading *reading, const struct neighbors_request *request, const struct api_choice *choice,
                   struct reply *reply) {
  struct work work = {.reading = reading,
                      .request = request,
                      .choice = choice,
                      .graph = choice->count == 1 ? model_graph(choice->model) : NULL};
  bool suggest = reading->call->suggest && !request->batch;
  bool prepared =
      query_maker_begin(&work.maker, reading, choice, suggest) && check(&work) && allocate(&work) && prepare_all(&work);
  reply->postponed = work.maker.postponed;
  graph_scratch_free(work.scratch);
  bool done = prepared && (work.searched_count == 0 || search(&work)) && write(&work, reply);
  query_maker_end(&work.maker);
  return done;
}

static bool answer_call(const struct call *call, bool read(struct reading *, struct neighbors_request *),
                        struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct neighbors_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && read(&reading, &request) &&
              api_choose_joined(call, &request.common, reply, &choice, refusal) &&
              answer(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}

bool api_neighbors(const struct call *call, struct reply *reply, struct refusal *refusal) {
  return answer_call(call, request_neighbors, reply, refusal);
}

bool api_analogy(const struct call *call, struct reply *reply, struct refusal *refusal) {
  return answer_call(call, request_analogy, reply, refusal);
}
