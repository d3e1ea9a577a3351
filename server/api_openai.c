/* POST /v1/embeddings, GET /v1/models and /v1/models/NAME: what OpenAI's clients ask. The vector of a text is the mean
 * of the vectors of its words. */
#include <inttypes.h>
#include <string.h>

#include "server/lookup.h"
#include "server/request.h"
#include "server/text_words.h"
#include "server/write_openai.h"

/* One request being answered. */
struct work {
  struct reading *reading;
  const struct embeddings_request *request;
  const struct api_choice *choice;
  struct lookup known; /* finds what the vocabulary has */
  struct lookup asked; /* stands in for the others as the request wants it */
  uint32_t dim;
  double *sum;     /* [dim], of the input that is being read */
  size_t summed;   /* vectors in it */
  uint64_t pieces; /* of all inputs */
};

/* The first one is not added to zeros: that would turn its -0 into 0. */
static void add(struct work *work, const float *vector) {
  for (uint32_t i = 0; i < work->dim; i++) work->sum[i] = (work->summed > 0 ? work->sum[i] : -0.0) + (double)vector[i];
  work->summed++;
}

/* The mean of what was added, from sums in float64, in the order of the text. */
static void take_mean(struct work *work, float *vector) {
  for (uint32_t i = 0; i < work->dim; i++)
    vector[i] = work->summed > 0 ? (float)(work->sum[i] / (double)work->summed) : 0;
  work->summed = 0;
}

/* The vector of a piece of a text, NULL for one that is left out. False: *refusal says why. */
static bool find_piece(struct work *work, struct word piece, const float **vector, struct refusal *refusal) {
  struct found found;
  struct word bare = text_words_bare(piece);
  if (!lookup_word(&work->known, piece, false, &found, refusal)) return false;
  if (!found.vector && bare.length > 0 && !lookup_word(&work->asked, bare, false, &found, refusal)) return false;
  *vector = found.vector;
  return true;
}

/* Ends the reading for what is no matter of one input. */
static bool refuse(struct work *work, const struct refusal *refusal) {
  *work->reading->refusal = *refusal;
  work->reading->state = READING_REFUSED;
  return false;
}

/* Adds the words of a text. What is wrong with it is noted in the reading, and the next one can be read; false: it
 * cannot. */
static bool add_text(struct work *work, size_t input) {
  struct word text = work->request->texts[input], piece;
  char pointer[POINTER_MAX];
  request_input_pointer(work->request, input, pointer);
  for (; text_words_next(&text, &piece); work->pieces++) {
    const float *vector;
    struct refusal refusal;
    if (!find_piece(work, piece, &vector, &refusal)) {
      if (refusal.kind != REFUSAL_NO_WORD) return refuse(work, &refusal);
      reading_invalid(work->reading, pointer, "%s", refusal.detail);
    } else if (vector) {
      add(work, vector);
    }
  }
  if (work->summed == 0 && work->request->policy.oov != OOV_ZERO)
    reading_invalid(work->reading, pointer,
                    "has no word that is in %s; with \"oov\": \"zero\" such a text gets a vector of zeros",
                    work->choice->name);
  return true;
}

static void add_tokens(struct work *work, size_t input) {
  const struct embeddings_request *request = work->request;
  const struct rows *rows = model_rows(work->choice->model);
  for (size_t i = request->starts[input]; i < request->starts[input + 1]; i++, work->pieces++) {
    char pointer[POINTER_MAX];
    if (request->tokens[i] < rows->count)
      add(work, rows_at(rows, (uint32_t)request->tokens[i]));
    else
      reading_invalid(work->reading, request_token_pointer(request, input, i - request->starts[input], pointer),
                      "%" PRIu64 " is not below %" PRIu32 ", the number of rows of %s: tokens are row numbers here",
                      request->tokens[i], rows->count, work->choice->name);
  }
}

/* What can be said before any word is looked up. */
static bool fits(const struct work *work) {
  const struct embeddings_request *request = work->request;
  size_t limit = work->reading->call->service->limits.answer_floats;
  if (request->dimensions > 0 && request->dimensions != work->dim)
    reading_invalid(work->reading, "#/dimensions",
                    "the vectors of %s have %" PRIu32 " dimensions, no more and no fewer", work->choice->name,
                    work->dim);
  if (request->tokens && work->choice->count > 1)
    reading_invalid(work->reading, "#/input", "row numbers are those of one model, and %s are several",
                    work->choice->name);
  if (request->count > limit / work->dim)
    reading_invalid(work->reading, "#/input", "%zu inputs of %" PRIu32 " dimensions are above the limit of %zu floats",
                    request->count, work->dim, limit);
  return reading_finish(work->reading);
}

/* About as many multiplications as the request takes the time of: a piece of a text, of some letters, takes a
 * microsecond to be found, or two. */
static uint64_t work_of(const struct work *work) {
  enum { PIECE_BYTES = 4, FINDING = 2048 };
  const struct embeddings_request *request = work->request;
  uint64_t bytes = 0;
  if (request->tokens) return (uint64_t)request->starts[request->count] * work->dim;
  for (size_t i = 0; i < request->count; i++) bytes += request->texts[i].length;
  return bytes / PIECE_BYTES * (work->dim + FINDING);
}

/* The vectors of all inputs; NULL: noted in the reading. */
static float *embed(struct work *work) {
  size_t count = work->request->count;
  float *vectors = reading_alloc(work->reading, count * work->dim, sizeof *vectors);
  work->sum = reading_alloc(work->reading, work->dim, sizeof *work->sum);
  /* Each is added as soon as it is found: a megabyte of unknown words would else take hundreds. */
  work->known.made = work->asked.made = reading_alloc(work->reading, work->dim, sizeof(float));
  if (!vectors || !work->sum || !work->asked.made) return NULL;
  for (size_t i = 0; i < count; i++) {
    if (work->request->tokens)
      add_tokens(work, i);
    else if (!add_text(work, i))
      return NULL;
    take_mean(work, vectors + i * work->dim);
  }
  return reading_finish(work->reading) ? vectors : NULL;
}

/* How words are found. Files that were imported before folded forms were kept are served as well as they can be, unless
 * the request insists. */
static struct word_policy policy_for(const struct embeddings_request *request, const struct api_choice *choice) {
  struct word_policy policy = request->policy;
  uint32_t row;
  for (size_t i = 0; i < choice->count && !request->case_said; i++)
    if (vocabulary_find_folded(model_vocabulary(choice->models[i]), (struct word){"", 0}, &row) == STATUS_UNSUPPORTED)
      policy.letter_case = CASE_EXACT;
  return policy;
}

static bool answer(struct reading *reading, const struct embeddings_request *request, const struct api_choice *choice,
                   struct reply *reply) {
  struct work work = {.reading = reading, .request = request, .choice = choice, .dim = api_choice_dim(choice)};
  struct word_policy asked = policy_for(request, choice), known = asked;
  known.oov = OOV_NULL;
  if (!lookup_begin(&work.known, reading, choice, known) || !lookup_begin(&work.asked, reading, choice, asked))
    return false;
  if (!fits(&work) || !api_stays(reading->call, work_of(&work), reply)) return false;
  float *vectors = embed(&work);
  if (!vectors) return false;
  struct embeddings_result result = {.model = choice->name,
                                     .count = request->count,
                                     .dim = work.dim,
                                     .vectors = vectors,
                                     .base64 = request->base64,
                                     .tokens = work.pieces};
  reply->rows = request->count;
  return api_finish(reply, REPRESENTATION_JSON, write_openai_embeddings(&reply->body, &result), reading->refusal);
}

bool api_openai_embeddings(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct embeddings_request request;
  struct api_choice choice = {0};
  bool done = reading_begin(&reading, call, refusal) && request_embeddings(&reading, &request) &&
              api_choose_joined(call, &(struct request_common){.model = request.model}, reply, &choice, refusal) &&
              answer(&reading, &request, &choice, reply);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}

bool api_openai_models(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct catalog_entry *entries;
  size_t count;
  enum status status = catalog_list(call->service->catalog, &entries, &count);
  if (status != STATUS_OK) {
    refusal_from_status(refusal, status, "Listing the models");
    return false;
  }
  status = write_openai_models(&reply->body, entries, count);
  catalog_list_free(entries, count);
  return api_finish_tagged(reply, NULL, status, refusal);
}

bool api_openai_model(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct api_choice choice = {0};
  struct word name = {call->rest, strlen(call->rest)};
  bool done = api_choose_about(call, name, reply, &choice, refusal) &&
              api_finish_tagged(reply, &choice, write_openai_model(&reply->body, choice.name, model_info(choice.model)),
                                refusal);
  api_choice_release(&choice);
  return done;
}
