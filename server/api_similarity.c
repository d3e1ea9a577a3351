/* GET and POST /similarity: of pairs, of sets by their means, and of every term of one list with every one of another
 * or with every row. */
#include <math.h>
#include <stdlib.h>

#include "server/api.h"
#include "server/means.h"
#include "server/term_finder.h"
#include "server/write_json_similarity.h"
#include "server/write_npy.h"
#include "store/search/cosines.h"

enum { CELL_WORK = 64 /* multiplications that making and writing one similarity takes as long as, beside its own */ };

/* One request being answered. */
struct work {
  struct reading *reading;
  const struct similarity_request *request;
  const struct api_choice *choice;
  struct reply *reply;
  struct term_finder finder;
};

/* ---- pairs */

/* What stands for a side: the vector of its one term, or the mean of a set, as gensim's n_similarity() takes it: of
 * vectors as they are. NULL in *out: nothing does. False: refused. */
static bool side_vector(const struct work *work, const struct named_list *side, const float **out) {
  struct found mean;
  if (side->count == 1) {
    *out = side->items[0].found.vector;
    return true;
  }
  const struct means_options plain = {.dim = work->finder.dim};
  if (!means_of(work->reading, side, NULL, &plain, &mean)) return false;
  *out = mean.vector;
  return true;
}

static bool compare_pair(const struct work *work, struct pair_result *pair) {
  const float *a, *b;
  uint32_t dim = work->finder.dim;
  if (!side_vector(work, &pair->a, &a) || !side_vector(work, &pair->b, &b)) return false;
  pair->similarity = NAN;
  if (a && b) pair->similarity = rows_cosine(rows_dot(a, b, dim), rows_norm_of(a, dim), rows_norm_of(b, dim));
  return true;
}

/* Whether terms that take so much to be found are, and so many similarities of theirs compared and written, at once. */
static bool stays(const struct work *work, uint64_t finding, uint64_t compared, uint64_t written) {
  uint64_t products = compared * work->finder.dim;
  return api_stays(work->reading->call, finding + products + written * CELL_WORK, work->reply);
}

/* Finds and compares all pairs; NULL: refused, or postponed. */
static struct pair_result *compare_pairs(struct work *work) {
  const struct similarity_request *request = work->request;
  struct pair_result *pairs = reading_alloc(work->reading, request->count, sizeof *pairs);
  uint64_t finding = 0;
  for (size_t i = 0; i < request->count; i++)
    finding +=
        term_finder_work(&work->finder, &request->pairs[i].a) + term_finder_work(&work->finder, &request->pairs[i].b);
  if (!pairs || !stays(work, finding, 0, request->count)) return NULL;
  for (size_t i = 0; i < request->count; i++) {
    pairs[i] = (struct pair_result){.model = work->choice->name, .said = term_finder_said(&work->finder)};
    term_finder_find(&work->finder, &request->pairs[i].a, &pairs[i].a);
    term_finder_find(&work->finder, &request->pairs[i].b, &pairs[i].b);
  }
  if (!reading_finish(work->reading)) return NULL;
  for (size_t i = 0; i < request->count; i++)
    if (!compare_pair(work, &pairs[i])) return NULL;
  return pairs;
}

static bool answer_pair(struct work *work) {
  const struct pair_result *pair = compare_pairs(work);
  return pair && api_finish(work->reply, REPRESENTATION_JSON, write_json_pair(&work->reply->body, pair),
                            work->reading->refusal);
}

/* ---- many */

/* A similarity is null in JSON only. */
static bool has_form(const struct work *work, const struct similarities_result *result) {
  if (work->request->common.representation == REPRESENTATION_JSON) return true;
  for (size_t i = 0; i < result->count * result->width; i++) {
    if (!isnan(result->values[i])) continue;
    reading_invalid(work->reading, "#", "a word is not in the vocabulary, and oov=null has no binary form");
    return false;
  }
  return true;
}

static bool write_many(const struct work *work, struct similarities_result *result) {
  enum representation representation = work->request->common.representation;
  struct reply *reply = work->reply;
  result->model = work->choice->name;
  result->said = term_finder_said(&work->finder);
  if (!has_form(work, result)) return false;
  if (representation == REPRESENTATION_OCTETS) reply->dtype = "float64";
  if (representation != REPRESENTATION_JSON) term_finder_count(&work->finder, reply);
  enum status status = representation == REPRESENTATION_JSON
                           ? write_json_similarities(&reply->body, result)
                           : write_npy_similarities(&reply->body, representation, result, reply->shape);
  return api_finish(reply, representation, status, work->reading->refusal);
}

static bool answer_pairs(struct work *work) {
  const struct pair_result *pairs = compare_pairs(work);
  double *values = pairs ? reading_alloc(work->reading, work->request->count, sizeof *values) : NULL;
  if (!values) return false;
  for (size_t i = 0; i < work->request->count; i++) values[i] = pairs[i].similarity;
  struct similarities_result result = {.count = work->request->count, .width = 1, .values = values, .pairs = pairs};
  return write_many(work, &result);
}

/* The shape of the matrix, if it is one that may be answered with. */
static bool lay_out(const struct work *work, struct similarities_result *result) {
  const struct similarity_request *request = work->request;
  size_t limit = work->reading->call->service->limits.answer_floats;
  if (request->every_row && work->choice->count > 1) {
    reading_invalid(work->reading, "#/others", "rows of several models together have no numbers: give the others");
    return false;
  }
  result->matrix = true;
  result->count = request->words.count;
  result->width = request->every_row ? model_rows(work->choice->model)->count : request->others.count;
  if (result->width == 0 || result->count <= limit / result->width) return true;
  reading_invalid(work->reading, "#", "%zu x %zu similarities are above the limit of %zu an answer", result->count,
                  result->width, limit);
  return false;
}

/* The vectors of a list, wherever they lie; their array is NULL, and refused, when there is no memory. */
static struct cosines_side side_of(const struct work *work, const struct named_list *list) {
  const float **vectors = reading_alloc(work->reading, list->count, sizeof(float *));
  for (size_t i = 0; vectors && i < list->count; i++) vectors[i] = list->items[i].found.vector;
  return (struct cosines_side){vectors, list->count};
}

/* What has no vector has no similarities. */
static void leave_out(const struct similarities_result *result, double *values) {
  for (size_t i = 0; i < result->count; i++)
    for (size_t j = 0; j < result->width; j++)
      if (!result->words->items[i].found.vector || (result->others && !result->others->items[j].found.vector))
        values[i * result->width + j] = NAN;
}

static bool fill_matrix(const struct work *work, struct similarities_result *result) {
  const struct kernel *kernel = work->reading->call->service->kernel;
  double *values = reading_alloc(work->reading, result->count * result->width, sizeof *values);
  struct cosines_side words = side_of(work, result->words), others = {0};
  if (result->others) others = side_of(work, result->others);
  if (!reading_finish(work->reading)) return false;
  enum status status = result->others ? cosines_of(kernel, work->finder.dim, &words, &others, values)
                                      : cosines_of_rows(kernel, model_rows(work->choice->model), &words, values);
  if (status != STATUS_OK) {
    refusal_from_status(work->reading->refusal, status, "Comparing");
    return false;
  }
  if (work->request->policy.oov == OOV_NULL) leave_out(result, values);
  result->values = values;
  return true;
}

static bool answer_matrix(struct work *work) {
  const struct similarity_request *request = work->request;
  struct similarities_result result = {0};
  struct named_list words, others;
  if (!lay_out(work, &result)) return false;
  uint64_t cells = (uint64_t)result.count * result.width;
  uint64_t finding =
      term_finder_work(&work->finder, &request->words) + term_finder_work(&work->finder, &request->others);
  if (!stays(work, finding, cells, cells)) return false;
  term_finder_find(&work->finder, &request->words, &words);
  result.words = &words;
  if (!request->every_row) {
    term_finder_find(&work->finder, &request->others, &others);
    result.others = &others;
  }
  return reading_finish(work->reading) && fill_matrix(work, &result) && write_many(work, &result);
}

static bool answer(struct reading *reading, const struct similarity_request *request, const struct api_choice *choice,
                   struct reply *reply) {
  struct work work = {.reading = reading, .request = request, .choice = choice, .reply = reply};
  if (!term_finder_begin(&work.finder, reading, choice, request->policy)) return false;
  switch (request->form) {
    case SIMILARITY_PAIR: return answer_pair(&work);
    case SIMILARITY_PAIRS: return answer_pairs(&work);
    default: return answer_matrix(&work);
  }
}

bool api_similarity(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct similarity_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && request_similarity(&reading, &request) &&
              api_choose_joined(call, &request.common, reply, &choice, refusal) &&
              answer(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}
