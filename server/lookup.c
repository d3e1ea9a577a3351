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
  *lookup = (struct lookup){.reading = reading, .choice = choice, .policy = policy};
  for (size_t i = 0; i < choice->count && policy.oov == OOV_UNK; i++)
    if (lookup_unk(model_vocabulary(choice->models[i]), &lookup->unk_rows[i]) == STATUS_NOT_FOUND)
      reading_invalid(reading, "#/oov", "%s has no row for unknown words (<unk>, <UNK>, [UNK], UNK or unk)",
                      choice->name);
  return reading_finish(reading);
}

static struct found found_row(const struct model *model, uint32_t row, enum found_by by) {
  return (struct found){rows_at(model_rows(model), row), row, by};
}

struct found lookup_row(const struct api_choice *choice, uint32_t index) {
  return found_row(choice->model, index, FOUND_EXACT);
}

/* Zeros enough for all models together. */
static const float *zeros(struct lookup *lookup) {
  uint32_t dim = api_choice_dim(lookup->choice);
  float *vector = lookup->zero ? NULL : reading_alloc(lookup->reading, dim, sizeof *vector);
  if (vector) lookup->zero = memset(vector, 0, dim * sizeof *vector);
  return lookup->zero;
}

/* The word in model i; STATUS_NOT_FOUND when it is not in its vocabulary. */
static enum status find(const struct lookup *lookup, size_t i, struct word word, struct found *out) {
  const struct model *model = lookup->choice->models[i];
  uint32_t row;
  enum status status = vocabulary_find(model_vocabulary(model), word, &row);
  if (status == STATUS_OK) *out = found_row(model, row, FOUND_EXACT);
  return status;
}

/* What stands in for an unknown word in model i; STATUS_NOT_FOUND under OOV_ERROR. */
static enum status stand_in(struct lookup *lookup, size_t i, struct found *out) {
  switch (lookup->policy.oov) {
    case OOV_NULL: *out = (struct found){NULL, FOUND_NO_ROW, FOUND_NULL}; return STATUS_OK;
    case OOV_ZERO:
      if (!zeros(lookup)) return STATUS_NO_MEMORY;
      *out = (struct found){lookup->zero, FOUND_NO_ROW, FOUND_ZERO};
      return STATUS_OK;
    case OOV_UNK: *out = found_row(lookup->choice->models[i], lookup->unk_rows[i], FOUND_UNK); return STATUS_OK;
    default: return STATUS_NOT_FOUND;
  }
}

/* The concatenation of what was found in each model. */
static enum status join(struct lookup *lookup, const struct found *parts, struct found *out) {
  const struct api_choice *choice = lookup->choice;
  float *vector = reading_alloc(lookup->reading, api_choice_dim(choice), sizeof *vector), *to = vector;
  if (!vector) return STATUS_NO_MEMORY;
  for (size_t i = 0; i < choice->count; i++) {
    uint32_t dim = model_rows(choice->models[i])->dim;
    memcpy(to, parts[i].vector, dim * sizeof *to);
    to += dim;
  }
  *out = (struct found){vector, FOUND_NO_ROW, parts[0].by};
  return STATUS_OK;
}

/* A word that one of the models lacks is unknown, and then the policy gives the part of each. */
static enum status find_joined(struct lookup *lookup, struct word word, struct found *out) {
  struct found parts[API_MODELS_MAX];
  size_t count = lookup->choice->count, found = 0;
  enum status status = STATUS_OK;
  for (size_t i = 0; i < count && status == STATUS_OK; i++) {
    status = find(lookup, i, word, &parts[i]);
    found += status == STATUS_OK;
    if (status == STATUS_NOT_FOUND) status = STATUS_OK;
  }
  for (size_t i = 0; i < count && status == STATUS_OK && found < count; i++) status = stand_in(lookup, i, &parts[i]);
  if (status != STATUS_OK) return status;
  if (parts[0].vector) return join(lookup, parts, out);
  *out = parts[0];
  return STATUS_OK;
}

bool lookup_word(struct lookup *lookup, struct word word, bool suggest, struct found *out, struct refusal *refusal) {
  enum status status;
  if (lookup->choice->count == 1) {
    status = find(lookup, 0, word, out);
    if (status == STATUS_NOT_FOUND) status = stand_in(lookup, 0, out);
  } else {
    status = find_joined(lookup, word, out);
  }
  if (status == STATUS_OK) return true;
  if (status == STATUS_NOT_FOUND)
    api_refuse_word(lookup->choice, word, suggest, refusal);
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
  if (choice->count > 1) {
    reading_invalid(reading, "#/index", "each of several models numbers its rows on its own: give a word");
    return false;
  }
  if (!api_row(choice, call, request->index, "#/index", &row, reading->refusal)) return false;
  result->word = vocabulary_word(model_vocabulary(choice->model), row);
  result->found = lookup_row(choice, row);
  return true;
}
