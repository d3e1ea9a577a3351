/* GET and POST /matrix: the rows to initialise a layer with, of a list of words or all there are. As a .npy file or
 * floats they are streamed from where they lie; JSON is for a look at few of them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/api.h"
#include "server/lookup.h"
#include "server/matrix_stream.h"
#include "server/request.h"
#include "server/word_array.h"

/* One request being answered. */
struct work {
  struct reading *reading;
  const struct matrix_request *request;
  struct word_array *words;
  struct api_choice *choice;
  struct lookup lookup;
  struct reply *reply;
  size_t found_by[FOUND_COUNT]; /* how many words were found how */
};

static uint32_t leading_of(const struct matrix_request *request) {
  return request->keras ? MATRIX_LEADING : 0;
}

static bool fail(struct work *work, enum status status, const char *what) {
  refusal_from_status(work->reading->refusal, status, what);
  work->reading->state = READING_REFUSED;
  return false;
}

/* Notes an unknown word by its place. */
static void refuse_word(struct work *work, size_t number, struct word word) {
  char pointer[POINTER_MAX], quoted[REFUSAL_QUOTED];
  snprintf(pointer, sizeof pointer, "#/words/%zu", number);
  reading_invalid(work->reading, pointer, "%s is not in the vocabulary; oov=zero gives such words a row of zeros",
                  refusal_quote(quoted, word.bytes, word.length));
}

/* Zeros where the policy has nothing for a word that nobody gave. */
static bool fill_stand_in(struct work *work, struct matrix_stream *stream, struct found *out) {
  enum status status = lookup_unknown(&work->lookup, out);
  if (status == STATUS_NOT_FOUND) {
    *out = (struct found){NULL, FOUND_NO_ROW, FOUND_NULL};
    return true;
  }
  if (status != STATUS_OK) return fail(work, status, "Looking up the row of unknown words");
  if (out->vector) memcpy(stream->stand_in, out->vector, stream->dim * sizeof(float));
  return true;
}

/* What becomes of a word that one of the models lacks, as in lookup_word(): n-grams stand in where it is lacking, all
 * else for the whole. */
static enum status replace_missing(struct work *work, struct matrix_stream *stream, struct word word,
                                   uint32_t *numbers) {
  bool ngrams = work->request->policy.oov == OOV_SUBWORD;
  for (size_t i = 0; i < stream->choice.count; i++)
    if (!ngrams)
      numbers[i] = MATRIX_STAND_IN;
    else if (numbers[i] == FOUND_NO_ROW)
      numbers[i] = MATRIX_NGRAMS;
  return ngrams ? matrix_stream_keep(stream, word, numbers) : STATUS_OK;
}

/* Fills the numbers of all words in. Binary has no null: oov=null refuses unknown words there as oov=error does. */
static bool find_numbers(struct work *work, struct matrix_stream *stream, const struct found *stand_in) {
  uint32_t *numbers = stream->numbers;
  bool subword = work->request->policy.oov == OOV_SUBWORD;
  struct word word;
  for (size_t i = 0; word_array_next(work->words, &word); i++, numbers += stream->choice.count) {
    enum found_by by;
    enum status status = lookup_rows(&work->lookup, word, numbers, &by);
    if (status == STATUS_NOT_FOUND) {
      if (!subword && !stand_in->vector) refuse_word(work, i, word);
      status = replace_missing(work, stream, word, numbers);
      by = subword ? FOUND_SUBWORD : stand_in->by;
    }
    if (status != STATUS_OK) return fail(work, status, "Looking up a word");
    work->found_by[by]++;
    lookup_count(&work->lookup, by);
  }
  if (work->request->policy.said) write_npy_sources(work->found_by, work->reply->sources);
  return reading_finish(work->reading);
}

static bool answer_stream(struct work *work) {
  const struct matrix_request *request = work->request;
  struct budget *answers = &work->reading->call->service->answers;
  struct found stand_in;
  struct matrix_stream *stream =
      matrix_stream_new(work->choice, work->words->count, !request->listed, leading_of(request));
  if (!stream) return fail(work, STATUS_NO_MEMORY, "Preparing the matrix");
  work->lookup.choice = &stream->choice;
  if (!fill_stand_in(work, stream, &stand_in) || (request->listed && !find_numbers(work, stream, &stand_in))) {
    matrix_stream_free(stream);
    return false;
  }
  enum representation representation = request->common.representation;
  work->reply->rows = stream->count;
  enum status status = matrix_stream_begin(stream, representation, answers, work->reply);
  return api_finish(work->reply, representation, status, work->reading->refusal);
}

/* The rows that Keras has before words, as the stream has them. */
static bool find_leading(struct work *work, struct found *found) {
  uint32_t dim = api_choice_dim(work->choice);
  float *zeros = reading_alloc(work->reading, dim, sizeof *zeros);
  if (!zeros) return false;
  memset(zeros, 0, dim * sizeof *zeros);
  found[0] = (struct found){zeros, FOUND_NO_ROW, FOUND_PADDING};
  enum status status = lookup_unknown(&work->lookup, &found[1]);
  if (status != STATUS_OK && status != STATUS_NOT_FOUND)
    return fail(work, status, "Looking up the row of unknown words");
  if (status == STATUS_NOT_FOUND || !found[1].vector) found[1] = (struct found){zeros, FOUND_NO_ROW, FOUND_ZERO};
  return true;
}

static bool find_words(struct work *work, struct found *found) {
  struct word word;
  for (size_t i = 0; word_array_next(work->words, &word); i++) {
    struct refusal refusal;
    if (lookup_word(&work->lookup, word, false, &found[i], &refusal)) continue;
    if (refusal.kind == REFUSAL_NO_WORD) {
      refuse_word(work, i, word);
      continue;
    }
    *work->reading->refusal = refusal;
    work->reading->state = READING_REFUSED;
    return false;
  }
  return reading_finish(work->reading);
}

static bool answer_json(struct work *work) {
  const struct matrix_request *request = work->request;
  struct reading *reading = work->reading;
  uint32_t leading = leading_of(request), dim = api_choice_dim(work->choice);
  uint64_t own = request->listed ? work->words->count : model_rows(work->choice->model)->count;
  size_t limit = reading->call->service->limits.answer_floats;
  if ((leading + own) * dim > limit) {
    reading_invalid(reading, request->listed ? "#/words" : "#",
                    "%" PRIu64 " floats are above the limit of %zu an answer; as application/x-npy there is none",
                    (leading + own) * dim, limit);
    return false;
  }
  if (!api_stays_written(reading->call, REPRESENTATION_JSON, (leading + own) * dim, work->reply)) return false;
  struct found *found = reading_alloc(reading, leading + own, sizeof *found);
  if (!found || (leading > 0 && !find_leading(work, found))) return false;
  if (request->listed && !find_words(work, found + leading)) return false;
  for (uint64_t i = 0; i < own && !request->listed; i++) found[leading + i] = lookup_row(work->choice, (uint32_t)i);
  struct grid_result result = {.model = work->choice->name,
                               .dim = dim,
                               .by_words = request->listed,
                               .with_sources = request->listed && request->policy.said,
                               .matched = request->listed && request->policy.letter_case != CASE_EXACT
                                              ? model_vocabulary(work->choice->model)
                                              : NULL,
                               .count = leading + own,
                               .width = 1,
                               .cells = found,
                               .cached = api_cached(reading->call->service, work->choice)};
  return api_write_grid(work->reply, &result, REPRESENTATION_JSON, reading->refusal);
}

static bool choose(struct work *work, struct api_choice *choice) {
  const struct call *call = work->reading->call;
  /* Each of several models numbers its rows on its own: only words tell which of them belong together. */
  return (work->request->listed ? api_choose_joined : api_choose)(call, &work->request->common, work->reply, choice,
                                                                  work->reading->refusal);
}

static bool answer(struct work *work) {
  if (!choose(work, work->choice) || !lookup_begin(&work->lookup, work->reading, work->choice, work->request->policy))
    return false;
  return work->request->common.representation == REPRESENTATION_JSON ? answer_json(work) : answer_stream(work);
}

bool api_matrix(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct matrix_request request;
  struct word_array words;
  struct api_choice choice = {0};
  struct work work = {.reading = &reading, .request = &request, .words = &words, .choice = &choice, .reply = reply};
  bool done = word_array_begin(&reading, call, call->service->limits.matrix_words, &words, refusal) &&
              request_matrix(&reading, &request) && answer(&work);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}
