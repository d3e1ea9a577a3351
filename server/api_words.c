/* Words and their rows without vectors: GET /index, /word and /words. */
#include "server/lookup.h"
#include "server/request.h"
#include "server/write_json.h"

/* /index and /word: the same answer, found from either end. */
static bool answer_row(const struct call *call, unsigned row_keys, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct row_request request;
  struct api_choice choice = {0};
  struct row_result result = {.model = choice.name};
  bool done = reading_begin(&reading, call, refusal) && request_row(&reading, row_keys, false, &request) &&
              api_choose(call, &request.common, reply, &choice, refusal) &&
              lookup_one(&reading, &choice, &request, &result);
  done = done && api_finish(reply, REPRESENTATION_JSON, write_json_row(&reply->body, &result), refusal);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}

bool api_index(const struct call *call, struct reply *reply, struct refusal *refusal) {
  return answer_row(call, ROW_BY_WORD, reply, refusal);
}

bool api_word(const struct call *call, struct reply *reply, struct refusal *refusal) {
  return answer_row(call, ROW_BY_INDEX, reply, refusal);
}

static bool answer_page(struct reading *reading, const struct words_request *request, const struct api_choice *choice,
                        struct reply *reply) {
  const struct vocabulary *vocabulary = model_vocabulary(choice->model);
  struct vocabulary_range range = {.prefix = request->prefix, .after = request->has_after ? &request->after : NULL};
  uint32_t *rows = reading_alloc(reading, request->limit, sizeof *rows);
  if (!rows) return false;
  struct words_result result = {.model = choice->name, .vocabulary = vocabulary, .rows = rows};
  enum status status = vocabulary_page(vocabulary, &range, request->limit, rows, &result.count, &result.more);
  if (status == STATUS_OK) status = write_json_words(&reply->body, &result);
  return api_finish(reply, REPRESENTATION_JSON, status, reading->refusal);
}

bool api_words(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct words_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && request_words(&reading, &request) &&
              api_choose(call, &request.common, reply, &choice, refusal) &&
              answer_page(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}
