/* POST /lookup: E[X], the rows of a matrix by their numbers. */
#include <inttypes.h>

#include "server/api.h"
#include "server/grid.h"
#include "server/lookup.h"
#include "server/request.h"

/* What an unknown word has; without a vector where the policy gives none. False: noted in the reading. */
static bool find_unknown(struct reading *reading, const struct grid_request *request, const struct api_choice *choice,
                         struct found *out) {
  struct lookup lookup;
  if (!lookup_begin(&lookup, reading, choice, request->policy)) return false;
  enum status status = lookup_unknown(&lookup, out);
  if (status == STATUS_NOT_FOUND) *out = (struct found){NULL, FOUND_NO_ROW, FOUND_NULL};
  if (status == STATUS_OK || status == STATUS_NOT_FOUND) return true;
  refusal_from_status(reading->refusal, status, "Looking up the row of unknown words");
  reading->state = READING_REFUSED;
  return false;
}

/* As find_all(), of the numbers that Keras has. What padding holds is known when the grid is laid out. */
static struct found *find_keras(struct reading *reading, const struct grid_request *request,
                                const struct api_choice *choice) {
  const struct rows *matrix = model_rows(choice->model);
  bool null_fits = request->policy.oov == OOV_NULL && request->common.representation == REPRESENTATION_JSON;
  struct found *found = reading_alloc(reading, request->total, sizeof *found), unknown;
  if (!found || !find_unknown(reading, request, choice, &unknown)) return NULL;
  for (size_t cell = 0; cell < request->total; cell++) {
    char pointer[POINTER_MAX];
    uint64_t index = request->indices[cell];
    if (index >= KERAS_ROWS_FROM && index - KERAS_ROWS_FROM < matrix->count)
      found[cell] = lookup_row(choice, (uint32_t)(index - KERAS_ROWS_FROM));
    else if (index == KERAS_PADDING)
      found[cell] = (struct found){NULL, FOUND_NO_ROW, FOUND_PADDING};
    else if (index == KERAS_UNKNOWN && (unknown.vector || null_fits))
      found[cell] = unknown;
    else if (index == KERAS_UNKNOWN)
      reading_invalid(reading, request_cell_pointer(request, cell, pointer),
                      "%d stands for an unknown word, for which this oov has no vector: unk, mean and zero have one",
                      KERAS_UNKNOWN);
    else
      reading_invalid(reading, request_cell_pointer(request, cell, pointer), "%" PRIu64 " is not below %" PRIu64, index,
                      (uint64_t)matrix->count + KERAS_ROWS_FROM);
  }
  return reading_finish(reading) ? found : NULL;
}

/* The rows of the numbers, each out of range named by its place; NULL: noted in the reading. */
static struct found *find_all(struct reading *reading, const struct grid_request *request, const struct rows *matrix) {
  struct found *found = reading_alloc(reading, request->total, sizeof *found);
  for (size_t cell = 0; found && cell < request->total; cell++) {
    char pointer[POINTER_MAX];
    uint64_t index = request->indices[cell];
    if (index < matrix->count)
      found[cell] = (struct found){rows_at(matrix, (uint32_t)index), (uint32_t)index, FOUND_EXACT};
    else
      reading_invalid(reading, request_cell_pointer(request, cell, pointer), "%" PRIu64 " is not below %" PRIu32, index,
                      matrix->count);
  }
  return reading_finish(reading) ? found : NULL;
}

static bool answer(struct reading *reading, const struct grid_request *request, const struct api_choice *choice,
                   struct reply *reply) {
  struct grid_result result;
  struct found *found =
      request->keras ? find_keras(reading, request, choice) : find_all(reading, request, model_rows(choice->model));
  if (!found || !grid_lay_out(reading, request, choice, found, &result)) return false;
  uint64_t floats = (uint64_t)result.count * result.width * result.dim;
  if (!api_stays_written(reading->call, request->common.representation, floats, reply)) return false;
  return api_write_grid(reply, &result, request->common.representation, reading->refusal);
}

bool api_lookup(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct grid_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && request_lookup(&reading, &request) &&
              api_choose(call, &request.common, reply, &choice, refusal) && answer(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}
