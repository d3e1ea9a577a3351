/* GET /word2vec/…: what the clients of word2vec-api ask, a web service around gensim
 * (https://github.com/3Top/word2vec-api), with its meanings. What it answers with a pickle, the words, is JSON here. */
#include <math.h>

#include "server/query.h"
#include "server/write_word2vec.h"
#include "store/search/mean.h"

/* One request being answered. */
struct work {
  struct reading reading;
  struct word2vec_request request;
  struct api_choice choice;
  struct lookup lookup;
  uint32_t dim;
};

typedef bool read_request(struct reading *reading, struct word2vec_request *out);

typedef bool choose_model(const struct call *call, const struct request_common *common, struct reply *reply,
                          struct api_choice *choice, struct refusal *refusal);

/* Reads the call, chooses the model and prepares to find words. end() is due in any case. */
static bool begin(struct work *work, const struct call *call, read_request *read, choose_model *choose,
                  struct reply *reply, struct refusal *refusal) {
  *work = (struct work){0};
  if (!reading_begin(&work->reading, call, refusal) || !read(&work->reading, &work->request)) return false;
  const struct request_common common = {.model = work->request.model};
  if (!choose(call, &common, reply, &work->choice, refusal)) return false;
  work->dim = api_choice_dim(&work->choice);
  return lookup_begin(&work->lookup, &work->reading, &work->choice, work->request.policy);
}

static void end(struct work *work) {
  api_choice_release(&work->choice);
  reading_release(&work->reading);
}

static bool finish(struct work *work, struct reply *reply, enum status status) {
  return api_finish(reply, REPRESENTATION_JSON, status, work->reading.refusal);
}

/* Finds the words of a list that have a vector. False: *refusal says why. */
static bool find_list(struct work *work, const struct word_list *list, struct mean_term *terms, size_t *count) {
  *count = 0;
  for (size_t i = 0; i < list->count; i++) {
    struct found found;
    if (!lookup_word(&work->lookup, list->words[i], false, &found, work->reading.refusal)) return false;
    if (found.vector) terms[(*count)++] = (struct mean_term){.vector = found.vector, .norm = 1, .weight = 1};
  }
  return true;
}

/* The mean of the vectors of a list, as they are. NULL: refused; so is a list of which nothing is found. */
static const float *mean_of_list(struct work *work, const char *name, const struct word_list *list) {
  struct mean_term *terms = reading_alloc(&work->reading, list->count, sizeof *terms);
  double *sum = reading_alloc(&work->reading, work->dim, sizeof *sum);
  float *mean = reading_alloc(&work->reading, work->dim, sizeof *mean);
  size_t count;
  if (!terms || !sum || !mean || !find_list(work, list, terms, &count)) return NULL;
  if (count == 0) {
    refusal_set(work->reading.refusal, REFUSAL_NO_WORD, "No word of %s is in %s", name, work->choice.name);
    return NULL;
  }
  (void)mean_of(terms, count, work->dim, MEAN_AS_IS, sum, mean);
  return mean;
}

/* The similarity of two lists: the cosine of their means, as gensim's n_similarity; of two words gensim's similarity,
 * as the mean of one vector is that one, bit for bit. */
static bool answer_similarity(const struct call *call, read_request *read, const char *const names[2],
                              struct reply *reply, struct refusal *refusal) {
  struct work work;
  bool done = begin(&work, call, read, api_choose_joined, reply, refusal);
  const float *first = done ? mean_of_list(&work, names[0], &work.request.first) : NULL;
  const float *second = first ? mean_of_list(&work, names[1], &work.request.second) : NULL;
  done = second != NULL;
  if (done) {
    double dot = rows_dot(first, second, work.dim);
    double cosine = rows_cosine(dot, rows_norm_of(first, work.dim), rows_norm_of(second, work.dim));
    done = finish(&work, reply, write_word2vec_number(&reply->body, cosine));
  }
  end(&work);
  return done;
}

bool api_word2vec_similarity(const struct call *call, struct reply *reply, struct refusal *refusal) {
  static const char *const names[] = {"w1", "w2"};
  return answer_similarity(call, request_word2vec_similarity, names, reply, refusal);
}

bool api_word2vec_n_similarity(const struct call *call, struct reply *reply, struct refusal *refusal) {
  static const char *const names[] = {"ws1", "ws2"};
  return answer_similarity(call, request_word2vec_n_similarity, names, reply, refusal);
}

/* The terms of a list of words, each with that weight. */
static void write_terms(const struct word_list *list, const char *name, double weight, struct search_term *terms) {
  for (size_t i = 0; i < list->count; i++)
    terms[i] =
        (struct search_term){.kind = TERM_WORD, .word = list->words[i], .weight = weight, .name = name, .place = i};
}

/* Whether any of the positive words is there: gensim compares with nothing but negative ones no more than with none. */
static bool has_positive(struct work *work) {
  for (size_t i = 0; i < work->request.first.count; i++) {
    struct found found;
    if (!lookup_word(&work->lookup, work->request.first.words[i], false, &found, work->reading.refusal)) return false;
    if (found.vector) return true;
  }
  refusal_set(work->reading.refusal, REFUSAL_NO_WORD, "No word of positive is in %s", work->choice.name);
  return false;
}

/* The words with the highest products of cosines, as gensim's most_similar_cosmul: that is what the original calls. */
static bool answer_most_similar(struct work *work, struct reply *reply) {
  const struct word2vec_request *request = &work->request;
  size_t count = request->first.count + request->second.count, found;
  struct search_term *terms = reading_alloc(&work->reading, count, sizeof *terms);
  struct hit *hits = reading_alloc(&work->reading, request->topn, sizeof *hits);
  if (!terms || !hits || !has_positive(work)) return false;
  write_terms(&request->first, "positive", 1, terms);
  write_terms(&request->second, "negative", -1, terms + request->first.count);
  struct neighbors_query asked = {.pointer = "#",
                                  .listed = true,
                                  .count = count,
                                  .terms = terms,
                                  .k = request->topn,
                                  .objective = OBJECTIVE_COSMUL,
                                  .scope = {.least = -INFINITY},
                                  .policy = request->policy};
  struct query_maker maker;
  struct query query;
  bool done = query_maker_begin(&maker, &work->reading, &work->choice, false) &&
              query_make(&maker, &asked, &query, work->reading.refusal) &&
              query_search(&maker, &query.exact, 1, &hits, &found);
  if (done) reply->rows = found;
  done =
      done && finish(work, reply, write_word2vec_hits(&reply->body, model_vocabulary(work->choice.model), hits, found));
  query_maker_end(&maker);
  return done;
}

bool api_word2vec_most_similar(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct work work;
  bool done = begin(&work, call, request_word2vec_most_similar, api_choose, reply, refusal);
  done = done && (work.request.topn == 0 ? finish(&work, reply, write_word2vec_hits(&reply->body, NULL, NULL, 0))
                                         : answer_most_similar(&work, reply));
  end(&work);
  return done;
}

bool api_word2vec_model(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct work work;
  struct found found;
  bool done = begin(&work, call, request_word2vec_model, api_choose_joined, reply, refusal) &&
              lookup_word(&work.lookup, work.request.first.words[0], false, &found, refusal) &&
              finish(&work, reply, write_word2vec_vector(&reply->body, found.vector, work.dim));
  end(&work);
  return done;
}

bool api_word2vec_word_set(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct work work;
  bool done = begin(&work, call, request_word2vec_word_set, api_choose, reply, refusal);
  done = done && finish(&work, reply, write_word2vec_words(&reply->body, model_vocabulary(work.choice.model)));
  end(&work);
  return done;
}
