/* The policies for words that the vocabulary does not have. The common case, a word that is there as it is written, is
 * one look-up and nothing else. */
#include "server/lookup.h"

#include <string.h>

enum status lookup_unk(const struct vocabulary *vocabulary, uint32_t *row) {
  static const char *const names[] = {"<unk>", "<UNK>", "[UNK]", "UNK", "unk"};
  enum status status = STATUS_NOT_FOUND;
  for (size_t i = 0; i < sizeof names / sizeof names[0] && status == STATUS_NOT_FOUND; i++)
    status = vocabulary_find(vocabulary, (struct word){names[i], strlen(names[i])}, row);
  return status;
}

bool lookup_begin(struct lookup *lookup, struct reading *reading, const struct api_choice *choice,
                  struct word_policy policy) {
  uint32_t row;
  *lookup = (struct lookup){.reading = reading, .choice = choice, .policy = policy};
  if (policy.oov == OOV_UNK && lookup_unk(model_vocabulary(choice->model), &row) == STATUS_NOT_FOUND)
    reading_invalid(reading, "#/oov", "%s has no row for unknown words (<unk>, <UNK>, [UNK], UNK or unk)",
                    choice->name);
  return reading_finish(reading);
}

struct found lookup_row(const struct api_choice *choice, uint32_t index) {
  return (struct found){rows_at(model_rows(choice->model), index), index, FOUND_EXACT};
}

static const float *zeros(struct lookup *lookup) {
  uint32_t dim = model_rows(lookup->choice->model)->dim;
  float *vector = lookup->zero ? NULL : reading_alloc(lookup->reading, dim, sizeof *vector);
  if (vector) lookup->zero = memset(vector, 0, dim * sizeof *vector);
  return lookup->zero;
}

/* What stands in for a word that was not found; STATUS_NOT_FOUND under OOV_ERROR. */
static enum status stand_in(struct lookup *lookup, struct found *out) {
  const struct api_choice *choice = lookup->choice;
  enum status status = STATUS_OK;
  uint32_t row;
  switch (lookup->policy.oov) {
    case OOV_NULL: *out = (struct found){NULL, FOUND_NO_ROW, FOUND_NULL}; return STATUS_OK;
    case OOV_ZERO:
      if (!zeros(lookup)) return STATUS_NO_MEMORY;
      *out = (struct found){lookup->zero, FOUND_NO_ROW, FOUND_ZERO};
      return STATUS_OK;
    case OOV_UNK:
      status = lookup_unk(model_vocabulary(choice->model), &row);
      if (status == STATUS_OK) *out = (struct found){rows_at(model_rows(choice->model), row), row, FOUND_UNK};
      return status;
    default: return STATUS_NOT_FOUND;
  }
}

bool lookup_word(struct lookup *lookup, struct word word, bool suggest, struct found *out, struct refusal *refusal) {
  const struct api_choice *choice = lookup->choice;
  uint32_t row;
  enum status status = vocabulary_find(model_vocabulary(choice->model), word, &row);
  if (status == STATUS_OK) {
    *out = lookup_row(choice, row);
    return true;
  }
  if (status == STATUS_NOT_FOUND) status = stand_in(lookup, out);
  if (status == STATUS_OK) return true;
  if (status == STATUS_NOT_FOUND)
    api_refuse_word(choice, word, suggest, refusal);
  else
    refusal_from_status(refusal, status, "Looking up a word");
  return false;
}

bool lookup_one(struct reading *reading, const struct api_choice *choice, const struct row_request *request,
                struct row_result *result) {
  const struct call *call = reading->call;
  struct lookup lookup;
  uint32_t row;
  result->with_source = request->policy.said;
  if (!request->by_index) {
    result->word = request->word;
    return lookup_begin(&lookup, reading, choice, request->policy) &&
           lookup_word(&lookup, request->word, call->suggest, &result->found, reading->refusal);
  }
  if (!api_row(choice, call, request->index, "#/index", &row, reading->refusal)) return false;
  result->word = vocabulary_word(model_vocabulary(choice->model), row);
  result->found = lookup_row(choice, row);
  return true;
}
