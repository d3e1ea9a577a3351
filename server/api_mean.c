/* GET and POST /mean, gensim's get_mean_vector(); GET and POST /doesnt-match, which compares each of a list with the
 * mean of all. */
#include <math.h>

#include "server/api.h"
#include "server/means.h"
#include "server/term_finder.h"
#include "server/write_json_similarity.h"
#include "server/write_npy.h"
#include "store/search/cosines.h"

enum { FLOAT_WORK = 16 /* multiplications that writing a float takes as long as */ };

/* ---- /mean */

/* Whether every mean can be written: it is null in JSON only. Noted in the reading where not. */
static bool has_form(struct reading *reading, const struct mean_request *request, const struct mean_result *result) {
  for (size_t i = 0; i < result->count && request->common.representation != REPRESENTATION_JSON; i++)
    if (!result->means[i].vector)
      reading_invalid(reading, request->lists[i].base,
                      "none of the words is in the vocabulary, and null has no binary form");
  return reading_finish(reading);
}

static bool write_means(const struct mean_request *request, const struct mean_result *result, struct reply *reply,
                        struct refusal *refusal) {
  enum representation representation = request->common.representation;
  enum status status;
  reply->rows = result->count;
  if (representation == REPRESENTATION_JSON) {
    status = write_json_mean(&reply->body, result);
  } else if (result->batch) {
    const struct grid_result grid = {.dim = result->dim, .count = result->count, .width = 1, .cells = result->means};
    status = write_npy_grid(&reply->body, representation, &grid, reply->shape);
  } else {
    const struct row_result row = {.dim = result->dim, .found = result->means[0]};
    status = write_npy_row(&reply->body, representation, &row, reply->shape);
  }
  return api_finish(reply, representation, status, refusal);
}

/* Whether that many floats may be answered with; noted in the reading where not. */
static bool fits(struct reading *reading, size_t count, uint32_t dim) {
  size_t limit = reading->call->service->limits.answer_floats;
  if (count <= limit / dim) return true;
  reading_invalid(reading, "#/queries", "the answer would have %zu x %u floats, above the limit of %zu", count, dim,
                  limit);
  return false;
}

/* Finds all terms, then takes the means. False: refused. */
static bool take_means(struct term_finder *finder, const struct mean_request *request, struct named_list *lists,
                       struct found *means) {
  struct reading *reading = finder->lookup.reading;
  const struct means_options options = {
      .dim = finder->dim, .unit_words = request->pre_normalize, .unit_mean = request->post_normalize};
  for (size_t i = 0; i < request->count; i++) term_finder_find(finder, &request->lists[i], &lists[i]);
  for (size_t i = 0; i < request->count && reading_finish(reading); i++)
    if (!means_of(reading, &lists[i], request->lists[i].terms, &options, &means[i])) return false;
  return reading_finish(reading);
}

static bool answer_mean(struct reading *reading, const struct mean_request *request, const struct api_choice *choice,
                        struct reply *reply) {
  struct term_finder finder;
  uint64_t work = 0;
  if (!term_finder_begin(&finder, reading, choice, request->policy) || !fits(reading, request->count, finder.dim))
    return false;
  for (size_t i = 0; i < request->count; i++) work += term_finder_work(&finder, &request->lists[i]);
  uint64_t written = (uint64_t)request->count * finder.dim * FLOAT_WORK;
  if (!api_stays(reading->call, work + written, reply)) return false;
  struct named_list *lists = reading_alloc(reading, request->count, sizeof *lists);
  struct found *means = reading_alloc(reading, request->count, sizeof *means);
  if (!lists || !means || !take_means(&finder, request, lists, means)) return false;
  const struct mean_result result = {.model = choice->name,
                                     .said = term_finder_said(&finder),
                                     .batch = request->batch,
                                     .dim = finder.dim,
                                     .count = request->count,
                                     .means = means,
                                     .lists = lists};
  if (request->common.representation != REPRESENTATION_JSON) term_finder_count(&finder, reply);
  return has_form(reading, request, &result) && write_means(request, &result, reply, reading->refusal);
}

bool api_mean(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct mean_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && request_mean(&reading, &request) &&
              api_choose_joined(call, &request.common, reply, &choice, refusal) &&
              answer_mean(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}

/* ---- /doesnt-match */

/* Compares each with the mean of them all as unit vectors, as gensim's doesnt_match() does. False: refused. */
static bool compare(struct reading *reading, const struct named_list *words, uint32_t dim, double *values) {
  const struct means_options units = {.dim = dim, .unit_words = true, .unit_vectors = true};
  const float **vectors = reading_alloc(reading, words->count, sizeof(float *));
  struct found mean;
  if (!vectors || !means_of(reading, words, NULL, &units, &mean)) return false;
  if (!mean.vector) {
    reading_invalid(reading, "#/words", "none of the words is in the vocabulary");
    return false;
  }
  for (size_t i = 0; i < words->count; i++) vectors[i] = words->items[i].found.vector;
  const struct cosines_side all = {vectors, words->count}, one = {&mean.vector, 1};
  enum status status = cosines_of(reading->call->service->kernel, dim, &one, &all, values);
  for (size_t i = 0; i < words->count; i++)
    if (!vectors[i]) values[i] = NAN;
  if (status != STATUS_OK) refusal_from_status(reading->refusal, status, "Comparing");
  return status == STATUS_OK;
}

/* The first of the least similar ones. */
static size_t least(const double *values, size_t count) {
  size_t place = count;
  for (size_t i = 0; i < count; i++)
    if (!isnan(values[i]) && (place == count || values[i] < values[place])) place = i;
  return place;
}

static bool answer_doesnt_match(struct reading *reading, const struct doesnt_match_request *request,
                                const struct api_choice *choice, struct reply *reply) {
  struct term_finder finder;
  struct doesnt_match_result result = {.model = choice->name};
  if (!term_finder_begin(&finder, reading, choice, request->policy) ||
      !api_stays(reading->call, 2 * term_finder_work(&finder, &request->words), reply))
    return false;
  term_finder_find(&finder, &request->words, &result.words);
  double *values = reading_alloc(reading, request->words.count, sizeof *values);
  if (!reading_finish(reading) || !compare(reading, &result.words, finder.dim, values)) return false;
  result.said = term_finder_said(&finder);
  result.values = values;
  result.place = least(values, result.words.count);
  return api_finish(reply, REPRESENTATION_JSON, write_json_doesnt_match(&reply->body, &result), reading->refusal);
}

bool api_doesnt_match(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct doesnt_match_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && request_doesnt_match(&reading, &request) &&
              api_choose_joined(call, &request.common, reply, &choice, refusal) &&
              answer_doesnt_match(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}
