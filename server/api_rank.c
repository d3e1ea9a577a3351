/* GET and POST /rank and /closer-than: how many rows are more similar to a word than another word is, and which. One
 * exact search that counts. */
#include <math.h>

#include "server/api.h"
#include "server/query.h"
#include "server/request.h"
#include "server/write_rank.h"

/* The word of a term; a row number stands for the word of that row. */
static struct word word_of(const struct api_choice *choice, const struct search_term *term) {
  return term->kind == TERM_WORD ? term->word : vocabulary_word(model_vocabulary(choice->model), (uint32_t)term->index);
}

static bool find(struct query_maker *maker, const struct search_term *term, struct found *out) {
  struct refusal *refusal = maker->reading->refusal;
  char pointer[POINTER_MAX];
  if (!query_find(maker, "#", term, out, refusal)) return false;
  return out->vector || query_refuse(refusal, request_term_pointer("#", term, pointer),
                                     "it is not in the vocabulary, and oov=null gives it no vector");
}

/* Rows that are strictly more similar to the word than the other is, but for `own`, the word's. */
static bool search(const struct query_maker *maker, uint32_t own, struct rank_result *result, struct hit *hits,
                   size_t k) {
  const struct rows *rows = maker->rows;
  const float *word = result->found[0].vector, *other = result->found[1].vector;
  double similarity =
      rows_cosine(rows_dot(word, other, rows->dim), rows_norm_of(word, rows->dim), rows_norm_of(other, rows->dim));
  struct exact_scope scope = {.end = rows->count, .least = nextafter(similarity, INFINITY), .count = &result->closer};
  struct exact_query query = {
      .vector = word, .k = k, .excluded = &own, .excluded_count = own != FOUND_NO_ROW, .scope = &scope};
  result->hits = hits;
  return query_search(maker, &query, 1, &hits, &result->count);
}

/* Fills *result, with up to `k` of the rows. */
static bool rank(struct query_maker *maker, const struct rank_request *request, size_t k, struct rank_result *result) {
  const struct api_choice *choice = maker->choice;
  uint32_t own;
  *result =
      (struct rank_result){.model = choice->name, .vocabulary = model_vocabulary(choice->model), .join = maker->join};
  struct hit *hits = reading_alloc(maker->reading, k, sizeof *hits);
  if (!hits || !query_follow(maker, request->policy) || !find(maker, &request->word, &result->found[0]) ||
      !find(maker, &request->other, &result->found[1]) ||
      !query_row(maker, &request->word, &result->found[0], &own, maker->reading->refusal))
    return false;
  result->sources = query_sources(maker, request->policy, result->found, 2, true);
  result->word = word_of(choice, &request->word);
  result->other = word_of(choice, &request->other);
  return search(maker, own, result, hits, k);
}

/* Answers with the nearest `limit` that are closer, or without a limit (0) with the rank. */
static bool answer(struct reading *reading, const struct rank_request *request, const struct api_choice *choice,
                   struct reply *reply) {
  struct query_maker maker;
  struct rank_result result;
  bool lists = request->limit > 0;
  bool done = query_maker_begin(&maker, reading, choice, reading->call->suggest) &&
              rank(&maker, request, lists ? request->limit : 1, &result);
  reply->postponed = maker.postponed;
  if (done && lists) reply->rows = result.count;
  done = done && api_finish(reply, REPRESENTATION_JSON,
                            lists ? write_closer_than(&reply->body, &result) : write_rank(&reply->body, &result),
                            reading->refusal);
  query_maker_end(&maker);
  return done;
}

static bool answer_call(const struct call *call, bool read(struct reading *, struct rank_request *),
                        struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct rank_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && read(&reading, &request) &&
              api_choose_joined(call, &request.common, reply, &choice, refusal) &&
              answer(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}

bool api_rank(const struct call *call, struct reply *reply, struct refusal *refusal) {
  return answer_call(call, request_rank, reply, refusal);
}

bool api_closer_than(const struct call *call, struct reply *reply, struct refusal *refusal) {
  return answer_call(call, request_closer_than, reply, refusal);
}
