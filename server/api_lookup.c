/* POST /lookup: E[X], the rows of a matrix by their numbers. */
#include <inttypes.h>

#include "server/api.h"
#include "server/grid.h"
#include "server/request.h"

/* The numbers as rows, each out of range named by its place; NULL: noted in the reading. */
static uint32_t *check_all(struct reading *reading, const struct grid_request *request, uint64_t count) {
  uint32_t *rows = reading_alloc(reading, request->total, sizeof *rows);
  for (size_t cell = 0; rows && cell < request->total; cell++) {
    char pointer[POINTER_MAX];
    uint64_t index = request->indices[cell];
    rows[cell] = (uint32_t)index;
    if (index >= count)
      reading_invalid(reading, request_cell_pointer(request, cell, pointer), "%" PRIu64 " is not below %" PRIu64, index,
                      count);
  }
  return reading_finish(reading) ? rows : NULL;
}

static bool answer(struct reading *reading, const struct grid_request *request, const struct api_choice *choice,
                   struct reply *reply) {
  struct grid_result result;
  const struct rows *matrix = model_rows(choice->model);
  uint32_t *rows = check_all(reading, request, matrix->count);
  if (!rows || !grid_lay_out(reading, request, matrix, rows, &result)) return false;
  result.model = choice->name;
  result.cached = api_cached(reading->call->service, choice);
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
