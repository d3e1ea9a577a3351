/* The rows of words: GET /vector for one, GET and POST /vectors for many. */
#include "server/api.h"
#include "server/grid.h"
#include "server/request.h"
#include "server/write_json.h"
#include "server/write_npy.h"

static bool write_row(struct reply *reply, const struct row_result *result, enum representation representation,
                      struct refusal *refusal) {
  enum status status = representation == REPRESENTATION_JSON
                           ? write_json_row(&reply->body, result)
                           : write_npy_row(&reply->body, representation, result, reply->shape);
  return api_finish(reply, representation, status, refusal);
}

static bool answer_vector(const struct call *call, const struct row_request *request, struct api_choice *choice,
                          struct reply *reply, struct refusal *refusal) {
  uint32_t row;
  bool found = request->by_index ? api_row(choice, call, request->index, "#/index", &row, refusal)
                                 : api_find(choice, request->word, call->suggest, &row, refusal);
  if (!found) return false;
  const struct rows *rows = model_rows(choice->model);
  struct row_result result = {.model = choice->name,
                              .word = vocabulary_word(model_vocabulary(choice->model), row),
                              .index = row,
                              .vector = rows_at(rows, row),
                              .dim = rows->dim,
                              .cached = api_cached(call->service, choice)};
  return write_row(reply, &result, request->common.representation, refusal);
}

bool api_vector(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct row_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) &&
              request_row(&reading, ROW_BY_WORD | ROW_BY_INDEX, true, &request) &&
              api_choose(call->service, request.common.model, reply, &choice, refusal) &&
              answer_vector(call, &request, &choice, reply, refusal);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}

/* Binary has no null: unknown words are refused there, each by its place. */
static bool refuse_unknown(struct reading *reading, const struct grid_request *request, const uint32_t *rows) {
  for (size_t cell = 0; cell < request->total; cell++) {
    if (rows[cell] != GRID_UNKNOWN) continue;
    char pointer[POINTER_MAX], quoted[REFUSAL_QUOTED];
    reading_invalid(reading, request_cell_pointer(request, cell, pointer),
                    "%s is not in the vocabulary; oov=zero gives such words a row of zeros",
                    refusal_quote(quoted, request->words[cell].bytes, request->words[cell].length));
  }
  return reading_finish(reading);
}

/* The rows of all words of the request, GRID_UNKNOWN for those that have none; NULL: noted in the reading. */
static uint32_t *find_all(struct reading *reading, const struct grid_request *request,
                          const struct api_choice *choice) {
  uint32_t *rows = reading_alloc(reading, request->total, sizeof *rows);
  for (size_t cell = 0; rows && cell < request->total; cell++) {
    enum status status = vocabulary_find(model_vocabulary(choice->model), request->words[cell], &rows[cell]);
    if (status == STATUS_NOT_FOUND) {
      rows[cell] = GRID_UNKNOWN;
    } else if (status != STATUS_OK) {
      refusal_from_status(reading->refusal, status, "Looking up a word");
      reading->state = READING_REFUSED;
      return NULL;
    }
  }
  return rows;
}

static bool answer_vectors(struct reading *reading, const struct grid_request *request, const struct api_choice *choice,
                           struct reply *reply) {
  struct grid_result result;
  uint32_t *rows = find_all(reading, request, choice);
  if (!rows) return false;
  bool binary = request->common.representation != REPRESENTATION_JSON;
  if (binary && !request->oov_zero && !refuse_unknown(reading, request, rows)) return false;
  if (!grid_lay_out(reading, request, model_rows(choice->model), rows, &result)) return false;
  result.model = choice->name;
  result.cached = api_cached(reading->call->service, choice);
  return api_write_grid(reply, &result, request->common.representation, reading->refusal);
}

bool api_vectors(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct grid_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && request_vectors(&reading, &request) &&
              api_choose(call->service, request.common.model, reply, &choice, refusal) &&
              answer_vectors(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}
