/* The rows of words: GET /vector for one, GET and POST /vectors for many. */
#include "server/api.h"
#include "server/grid.h"
#include "server/lookup.h"
#include "server/request.h"
#include "server/write_json.h"
#include "server/write_npy.h"

static bool write_row(struct reply *reply, const struct row_result *result, enum representation representation,
                      struct refusal *refusal) {
  reply->rows = 1;
  enum status status = representation == REPRESENTATION_JSON
                           ? write_json_row(&reply->body, result)
                           : write_npy_row(&reply->body, representation, result, reply->shape);
  return api_finish(reply, representation, status, refusal);
}

/* A vector is null in JSON only. */
static bool has_form(const struct row_request *request, const struct found *found, struct refusal *refusal) {
  if (found->vector || request->common.representation == REPRESENTATION_JSON) return true;
  char quoted[REFUSAL_QUOTED];
  refusal_set(refusal, REFUSAL_INVALID, "#/word: %s is not in the vocabulary, and oov=null has no binary form",
              refusal_quote(quoted, request->word.bytes, request->word.length));
  refusal_add_error(refusal, "#/word", "not in the vocabulary, and null has no binary form");
  return false;
}

static bool answer_vector(struct reading *reading, const struct row_request *request, struct api_choice *choice,
                          struct reply *reply) {
  struct row_result result = {.model = choice->name,
                              .with_vector = true,
                              .dim = api_choice_dim(choice),
                              .cached = api_cached(reading->call->service, choice)};
  return lookup_one(reading, choice, request, &result) && has_form(request, &result.found, reading->refusal) &&
         write_row(reply, &result, request->common.representation, reading->refusal);
}

bool api_vector(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct row_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) &&
              request_row(&reading, ROW_BY_WORD | ROW_BY_INDEX, true, &request) &&
              api_choose_joined(call, &request.common, reply, &choice, refusal) &&
              answer_vector(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}

/* Notes an unknown word by its place. */
static void refuse_cell(struct reading *reading, const struct grid_request *request, size_t cell) {
  char pointer[POINTER_MAX], quoted[REFUSAL_QUOTED];
  reading_invalid(reading, request_cell_pointer(request, cell, pointer),
                  "%s is not in the vocabulary; oov=zero gives such words a row of zeros",
                  refusal_quote(quoted, request->words[cell].bytes, request->words[cell].length));
}

/* What is found of all words of the request; NULL: noted in the reading, or postponed. Binary has no null: unknown
 * words are refused there as under oov=error, each by its place. */
static struct found *find_all(struct reading *reading, const struct grid_request *request,
                              const struct api_choice *choice, struct reply *reply) {
  bool binary = request->common.representation != REPRESENTATION_JSON;
  struct lookup lookup;
  struct found *found = reading_alloc(reading, request->total, sizeof *found);
  if (!found || !lookup_begin(&lookup, reading, choice, request->policy)) return NULL;
  for (size_t cell = 0; cell < request->total; cell++) {
    struct refusal refusal;
    /* Words are found in place, but n-grams take as long as words are. */
    if (request->policy.oov == OOV_SUBWORD &&
        !api_stays(reading->call, lookup_ngram_work(&lookup, lookup.letters + request->words[cell].length), reply))
      return NULL;
    bool known = lookup_word(&lookup, request->words[cell], false, &found[cell], &refusal);
    if (known && (!binary || found[cell].vector)) continue;
    if (known || refusal.kind == REFUSAL_NO_WORD) {
      refuse_cell(reading, request, cell);
      continue;
    }
    *reading->refusal = refusal;
    reading->state = READING_REFUSED;
    return NULL;
  }
  return reading_finish(reading) ? found : NULL;
}

static bool answer_vectors(struct reading *reading, const struct grid_request *request, const struct api_choice *choice,
                           struct reply *reply) {
  struct grid_result result;
  if (!grid_fits(reading, request, choice)) return false;
  struct found *found = find_all(reading, request, choice, reply);
  if (!found || !grid_lay_out(reading, request, choice, found, &result)) return false;
  uint64_t floats = (uint64_t)result.count * result.width * result.dim;
  if (!api_stays_written(reading->call, request->common.representation, floats, reply)) return false;
  return api_write_grid(reply, &result, request->common.representation, reading->refusal);
}

bool api_vectors(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct grid_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && request_vectors(&reading, &request) &&
              api_choose_joined(call, &request.common, reply, &choice, refusal) &&
              answer_vectors(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}
