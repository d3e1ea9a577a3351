/* POST /lookup: E[X], the rows of a matrix by their numbers. */
#include <inttypes.h>

#include "server/api.h"
#include "server/grid.h"
#include "server/request.h"

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
  struct found *found = find_all(reading, request, model_rows(choice->model));
  if (!found || !grid_lay_out(reading, request, choice, found, &result)) return false;
  return api_write_grid(reply, &result, request->common.representation, reading->refusal);
}

bool api_lookup(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct grid_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && request_lookup(&reading, &request) &&
              api_choose(call->service, request.common.model, reply, &choice, refusal) &&
              answer(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}
