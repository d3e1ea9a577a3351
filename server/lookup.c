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

/* Why model i cannot follow the policy; NULL: it can. */
static const char *cannot(struct lookup *lookup, size_t i) {
  const struct model *model = lookup->choice->models[i];
  static const char *const older = "was imported before the mean of its rows was kept: import it again";
  switch (lookup->policy.oov) {
    case OOV_UNK:
      return lookup_unk(model_vocabulary(model), &lookup->unk_rows[i]) != STATUS_NOT_FOUND
                 ? NULL
                 : "has no row for unknown words (<unk>, <UNK>, [UNK], UNK or unk)";
    case OOV_MEAN: return model_mean(model) ? NULL : older;
    case OOV_SUBWORD: return model_subwords(model) ? NULL : "has no n-grams: only models of fastText's .bin format do";
    default: return NULL;
  }
}

bool lookup_begin(struct lookup *lookup, struct reading *reading, const struct api_choice *choice,
                  struct word_policy policy) {
  *lookup = (struct lookup){.reading = reading, .choice = choice, .policy = policy};
  for (size_t i = 0; i < choice->count; i++) {
    const char *reason = cannot(lookup, i);
    const char *which = choice->count > 1 ? "one of them " : "";
    uint32_t row;
    if (reason) reading_invalid(reading, "#/oov", "%s: %s%s", choice->name, which, reason);
    if (policy.letter_case != CASE_EXACT &&
        vocabulary_find_folded(model_vocabulary(choice->models[i]), (struct word){"", 0}, &row) == STATUS_UNSUPPORTED)
      reading_invalid(reading, "#/case", "%s: %swas imported before folded forms were kept: import it again",
                      choice->name, which);
  }
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
  const struct vocabulary *vocabulary = model_vocabulary(model);
  enum case_policy policy = lookup->policy.letter_case;
  uint32_t row;
  enum status status = policy == CASE_FOLD ? STATUS_NOT_FOUND : vocabulary_find(vocabulary, word, &row);
  if (status == STATUS_OK) *out = found_row(model, row, FOUND_EXACT);
  if (status != STATUS_NOT_FOUND || policy == CASE_EXACT) return status;
  status = vocabulary_find_folded(vocabulary, word, &row);
  if (status != STATUS_OK) return status;
  struct word matched = vocabulary_word(vocabulary, row);
  bool same = matched.length == word.length && memcmp(matched.bytes, word.bytes, word.length) == 0;
  *out = found_row(model, row, same ? FOUND_EXACT : FOUND_CASE);
  return STATUS_OK;
}

/* Room for a vector that is made: `dim` floats behind the first `at`. */
static float *room(struct lookup *lookup, uint32_t at, uint32_t dim) {
  return lookup->made ? lookup->made + at : reading_alloc(lookup->reading, dim, sizeof(float));
}

/* Where the vector of model i begins in the concatenation. */
static uint32_t start_of(const struct lookup *lookup, size_t i) {
  uint32_t start = 0;
  for (size_t m = 0; m < i; m++) start += model_rows(lookup->choice->models[m])->dim;
  return start;
}

/* What the word's n-grams in model i give. */
static enum status compose(struct lookup *lookup, size_t i, struct word word, struct found *out) {
  const struct subwords *subwords = model_subwords(lookup->choice->models[i]);
  lookup->letters += word.length;
  float *vector = room(lookup, start_of(lookup, i), subwords->dim);
  if (!vector) return STATUS_NO_MEMORY;
  enum status status = subwords_vector(subwords, word, vector);
  if (status == STATUS_NOT_FOUND) memset(vector, 0, subwords->dim * sizeof *vector); /* as fastText does */
  if (status != STATUS_OK && status != STATUS_NOT_FOUND) return status;
  *out = (struct found){vector, FOUND_NO_ROW, FOUND_SUBWORD};
  return STATUS_OK;
}

uint64_t lookup_ngram_work(const struct lookup *lookup, size_t letters) {
  enum { NGRAMS = 4 /* that begin with a letter, in models trained as fastText does unless told otherwise */ };
  return (uint64_t)letters * NGRAMS * api_choice_dim(lookup->choice);
}

/* What stands in for an unknown word in model i; STATUS_NOT_FOUND under OOV_ERROR. */
static enum status stand_in(struct lookup *lookup, size_t i, struct word word, struct found *out) {
  const struct model *model = lookup->choice->models[i];
  switch (lookup->policy.oov) {
    case OOV_NULL: *out = (struct found){NULL, FOUND_NO_ROW, FOUND_NULL}; return STATUS_OK;
    case OOV_ZERO:
      if (!zeros(lookup)) return STATUS_NO_MEMORY;
      *out = (struct found){lookup->zero, FOUND_NO_ROW, FOUND_ZERO};
      return STATUS_OK;
    case OOV_UNK: *out = found_row(model, lookup->unk_rows[i], FOUND_UNK); return STATUS_OK;
    case OOV_MEAN: *out = (struct found){model_mean(model), FOUND_NO_ROW, FOUND_MEAN}; return STATUS_OK;
    case OOV_SUBWORD: return compose(lookup, i, word, out);
    default: return STATUS_NOT_FOUND;
  }
}

/* The concatenation of what was found in each model, in place of the vector of *out. */
static enum status join(struct lookup *lookup, const struct found *parts, struct found *out) {
  const struct api_choice *choice = lookup->choice;
  float *vector = room(lookup, 0, api_choice_dim(choice)), *to = vector;
  if (!vector) return STATUS_NO_MEMORY;
  for (size_t i = 0; i < choice->count; i++) {
    uint32_t dim = model_rows(choice->models[i])->dim;
    if (to != parts[i].vector) memcpy(to, parts[i].vector, dim * sizeof *to); /* it was made in its place */
    to += dim;
  }
  out->vector = vector;
  out->row = FOUND_NO_ROW;
  return STATUS_OK;
}

enum status lookup_unknown(struct lookup *lookup, struct found *out) {
  struct found parts[API_MODELS_MAX] = {{0}};
  enum status status = lookup->policy.oov == OOV_SUBWORD ? STATUS_NOT_FOUND : STATUS_OK;
  for (size_t i = 0; i < lookup->choice->count && status == STATUS_OK; i++)
    status = stand_in(lookup, i, (struct word){"", 0}, &parts[i]);
  if (status != STATUS_OK) return status;
  *out = parts[0];
  return lookup->choice->count > 1 && out->vector ? join(lookup, parts, out) : STATUS_OK;
}

enum status lookup_rows(const struct lookup *lookup, struct word word, uint32_t *rows, enum found_by *by) {
  enum status outcome = STATUS_OK;
  *by = FOUND_EXACT;
  for (size_t i = 0; i < lookup->choice->count; i++) {
    struct found found = {.row = FOUND_NO_ROW};
    enum status status = find(lookup, i, word, &found);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) return status;
    if (status == STATUS_NOT_FOUND) outcome = STATUS_NOT_FOUND;
    if (found.by > *by) *by = found.by;
    rows[i] = found.row;
  }
  return outcome;
}

/* A word that one of the models lacks is unknown, and then the policy gives the part of each: but for n-grams, which
 * stand in for one model only, since they are akin to the rows of the others. */
static enum status find_joined(struct lookup *lookup, struct word word, struct found *out) {
  struct found parts[API_MODELS_MAX];
  bool known[API_MODELS_MAX];
  size_t count = lookup->choice->count, found = 0, odd = 0;
  enum status status = STATUS_OK;
  for (size_t i = 0; i < count && status == STATUS_OK; i++) {
    status = find(lookup, i, word, &parts[i]);
    known[i] = status == STATUS_OK;
    found += known[i];
    if (status == STATUS_NOT_FOUND) status = STATUS_OK;
  }
  for (size_t i = 0; i < count && status == STATUS_OK && found < count; i++)
    if (!known[i] || lookup->policy.oov != OOV_SUBWORD) status = stand_in(lookup, i, word, &parts[i]);
  if (status != STATUS_OK) return status;
  for (size_t i = 0; i < count; i++)
    if (parts[i].by > parts[odd].by) odd = i; /* what is the least like the word itself names the whole */
  *out = parts[odd];
  return out->vector ? join(lookup, parts, out) : STATUS_OK;
}

void lookup_count(const struct lookup *lookup, enum found_by by) {
  struct metrics_tally *tally = lookup->reading->call->tally;
  if (!tally) return;
  switch (by) {
    case FOUND_EXACT: tally->lookups[METRICS_HIT]++; break;
    case FOUND_CASE: tally->lookups[METRICS_CASE]++; break;
    case FOUND_SUBWORD: tally->lookups[METRICS_SUBWORD]++; break;
    default: tally->lookups[METRICS_UNKNOWN]++; break;
  }
}

bool lookup_word(struct lookup *lookup, struct word word, bool suggest, struct found *out, struct refusal *refusal) {
  enum status status;
  if (lookup->choice->count == 1) {
    status = find(lookup, 0, word, out);
    if (status == STATUS_NOT_FOUND) status = stand_in(lookup, 0, word, out);
  } else {
    status = find_joined(lookup, word, out);
  }
  if (status == STATUS_OK || status == STATUS_NOT_FOUND)
    lookup_count(lookup, status == STATUS_OK ? out->by : FOUND_NULL);
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
    if (!lookup_begin(&lookup, reading, choice, request->policy) ||
        !lookup_word(&lookup, request->word, call->suggest, &result->found, reading->refusal))
      return false;
    if (result->found.by == FOUND_CASE && result->found.row != FOUND_NO_ROW)
      result->matched = vocabulary_word(model_vocabulary(choice->model), result->found.row);
    return true;
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
