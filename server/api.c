/* The steps that most handlers begin and end with. */
#include "server/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/write_json.h"
#include "server/write_npy.h"
#include "store/matrix/digest.h"

enum { HTTP_NOT_MODIFIED = 304 };

_Static_assert((int)API_MODELS_MAX <= (int)ETAG_DIGESTS_MAX, "all of a choice can be told");

/* The names of the models that are served, for a sentence; as many as fit. */
static void list_names(struct catalog *catalog, char *out, size_t size) {
  struct catalog_entry *entries;
  size_t count, used = 0;
  snprintf(out, size, "none");
  if (catalog_list(catalog, &entries, &count) != STATUS_OK) return;
  for (size_t i = 0; i < count && used < size; i++)
    used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", entries[i].name);
  catalog_list_free(entries, count);
}

static bool refuse_lost(const char *name, struct refusal *refusal) {
  refusal_set(
      refusal, REFUSAL_MODEL_LOST,
      "The file of %s was cut short or could not be read while it was served; it is served again when it is back",
      name);
  return false;
}

static bool refuse_no_model(const struct service *service, struct word name, struct refusal *refusal) {
  char served[256], quoted[REFUSAL_QUOTED];
  list_names(service->catalog, served, sizeof served);
  refusal_set(refusal, REFUSAL_NO_MODEL, "There is no model %s; served are: %s",
              refusal_quote(quoted, name.bytes, name.length), served);
  return false;
}

/* Adds one model to the choice; its name is the next `length` bytes of choice->name. */
static bool choose_named(const struct service *service, struct word name, struct api_choice *choice,
                         struct refusal *refusal) {
  char terminated[MODEL_NAME_MAX + 1];
  if (name.length >= sizeof terminated || memchr(name.bytes, '\0', name.length))
    return refuse_no_model(service, name, refusal);
  memcpy(terminated, name.bytes, name.length);
  terminated[name.length] = '\0';
  struct model *model = catalog_acquire(service->catalog, terminated);
  if (!model && catalog_lost(service->catalog, terminated)) return refuse_lost(terminated, refusal);
  if (!model) return refuse_no_model(service, name, refusal);
  size_t used = strlen(choice->name);
  if (used > 0) choice->name[used++] = ',';
  memcpy(choice->name + used, terminated, name.length + 1);
  choice->models[choice->count++] = model;
  return true;
}

/* The models of a list of names. */
static bool choose_list(const struct service *service, struct word names, struct api_choice *choice,
                        struct refusal *refusal) {
  const char *at = names.bytes, *end = at + names.length;
  for (;;) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    if (choice->count == API_MODELS_MAX) {
      refusal_set(refusal, REFUSAL_INVALID, "#/model: more than %d models", API_MODELS_MAX);
      refusal_add_error(refusal, "#/model", "more than %d models", API_MODELS_MAX);
      return false;
    }
    struct word name = {at, (size_t)((comma ? comma : end) - at)};
    if (!choose_named(service, name, choice, refusal)) return false;
    if (!comma) return true;
    at = comma + 1;
  }
}

static bool choose_unnamed(const struct service *service, struct api_choice *choice, struct refusal *refusal) {
  if (service->default_model) {
    struct word name = {service->default_model, strlen(service->default_model)};
    return choose_named(service, name, choice, refusal);
  }
  choice->models[0] = catalog_acquire_only(service->catalog, choice->name);
  choice->count = choice->models[0] != NULL;
  if (choice->count > 0) return true;
  if (catalog_count(service->catalog) == 0) {
    if (catalog_lost(service->catalog, NULL)) return refuse_lost("the model", refusal);
    refusal_set(refusal, REFUSAL_NOT_READY, "No model is served yet: import one into the store");
    return false;
  }
  char served[256];
  list_names(service->catalog, served, sizeof served);
  refusal_set(refusal, REFUSAL_MISSING_PARAMETER, "Several models are served: say which with model=. They are: %s",
              served);
  return false;
}

/* Chooses one model or, if `joined`, several. */
static bool choose(const struct service *service, struct word requested, bool joined, struct reply *reply,
                   struct api_choice *choice, struct refusal *refusal) {
  if (!joined && requested.bytes && memchr(requested.bytes, ',', requested.length)) {
    refusal_set(refusal, REFUSAL_INVALID, "#/model: this route answers from one model at a time");
    refusal_add_error(refusal, "#/model", "this route answers from one model at a time");
    return false;
  }
  choice->count = 0;
  choice->name[0] = '\0';
  choice->reply = reply;
  bool chosen =
      requested.bytes ? choose_list(service, requested, choice, refusal) : choose_unnamed(service, choice, refusal);
  choice->model = choice->count > 0 ? choice->models[0] : NULL;
  if (!chosen) return false;
  size_t length = strnlen(choice->name, sizeof reply->model - 1);
  memcpy(reply->model, choice->name, length);
  reply->model[length] = '\0';
  return true;
}

static struct etag_parts tag_of(const struct api_choice *choice, enum representation representation) {
  struct etag_parts parts = {.count = choice ? choice->count : 0,
                             .representation = representation_names[representation]};
  for (size_t i = 0; i < parts.count; i++) parts.digests[i] = model_info(choice->models[i])->digest;
  return parts;
}

/* Tags the reply. Beside digests and representation its bytes depend on the model's name, which a URL need not hold, on
 * whether queries that do not say are answered exactly, and on what was derived from the rows. */
static void tag(const struct call *call, enum representation representation, const struct api_choice *choice,
                struct reply *reply) {
  struct etag_parts parts = tag_of(choice, representation);
  uint64_t rest[2 + API_MODELS_MAX];
  rest[0] = digest_of_bytes(choice->name, strlen(choice->name));
  memcpy(&rest[1], &call->service->default_recall, sizeof rest[1]);
  for (size_t i = 0; i < choice->count; i++) rest[2 + i] = model_info(choice->models[i])->derived;
  parts.rest = digest_of_bytes(rest, (2 + choice->count) * sizeof *rest);
  etag_write(&parts, reply->etag);
}

/* Whether the handler is to go on. "*" is left until there is an answer: to a word that is not there it is a 404. */
static bool goes_on(const struct call *call, struct reply *reply) {
  if (!call->if_none_match) return true;
  if (etag_listed(call->if_none_match, reply->etag, &reply->length))
    reply->http_status = HTTP_NOT_MODIFIED;
  else
    reply->postponed = call->asks_only;
  return reply->http_status != HTTP_NOT_MODIFIED && !reply->postponed;
}

static bool choose_tagged(const struct call *call, const struct request_common *common, bool joined,
                          struct reply *reply, struct api_choice *choice, struct refusal *refusal) {
  if (!choose(call->service, common->model, joined, reply, choice, refusal)) return false;
  tag(call, common->representation, choice, reply);
  return goes_on(call, reply);
}

bool api_choose(const struct call *call, const struct request_common *common, struct reply *reply,
                struct api_choice *choice, struct refusal *refusal) {
  return choose_tagged(call, common, false, reply, choice, refusal);
}

bool api_choose_joined(const struct call *call, const struct request_common *common, struct reply *reply,
                       struct api_choice *choice, struct refusal *refusal) {
  return choose_tagged(call, common, true, reply, choice, refusal);
}

bool api_choose_about(const struct call *call, struct word name, struct reply *reply, struct api_choice *choice,
                      struct refusal *refusal) {
  return choose(call->service, name, false, reply, choice, refusal);
}

static bool refuse_what_was_lost(struct reply *reply, struct refusal *refusal) {
  stream_free(reply->stream);
  reply->stream = NULL;
  reply->postponed = false;
  return refuse_lost(reply->model, refusal);
}

bool api_answer(handler *handle, const struct call *call, struct reply *reply, struct refusal *refusal) {
  bool done = handle(call, reply, refusal);
  if (reply->lost) return refuse_what_was_lost(reply, refusal);
  const char *condition = call->if_none_match;
  if (done && condition && reply->etag[0] &&
      (etag_any(condition) || etag_listed(condition, reply->etag, &reply->length))) {
    reply->http_status = HTTP_NOT_MODIFIED;
    reply->length = reply->stream ? reply->stream->source.length : reply->body.length;
  }
  if (reply->http_status != HTTP_NOT_MODIFIED) return done;
  bytes_release(&reply->body);
  stream_free(reply->stream);
  reply->stream = NULL;
  return true;
}

bool api_choice_lost(const struct api_choice *choice) {
  for (size_t i = 0; i < choice->count; i++)
    if (model_lost(choice->models[i])) return true;
  return false;
}

void api_choice_release(struct api_choice *choice) {
  if (choice->reply && api_choice_lost(choice)) choice->reply->lost = true;
  while (choice->count > 0) model_drop(choice->models[--choice->count]);
  choice->model = NULL;
}

uint32_t api_choice_dim(const struct api_choice *choice) {
  uint32_t dim = 0;
  for (size_t i = 0; i < choice->count; i++) dim += model_rows(choice->models[i])->dim;
  return dim;
}

/* Near spellings; a failure here only means that there are none to show. */
static void suggest_words(const struct vocabulary *vocabulary, struct word word, struct refusal *refusal) {
  uint32_t rows[REFUSAL_SUGGESTIONS_MAX];
  size_t count;
  if (vocabulary_suggest(vocabulary, word, REFUSAL_SUGGESTIONS_MAX, rows, &count) != STATUS_OK) return;
  for (size_t i = 0; i < count; i++) {
    struct word near = vocabulary_word(vocabulary, rows[i]);
    if (near.length > REFUSAL_SUGGESTION_BYTES || memchr(near.bytes, '\0', near.length)) continue;
    char *to = refusal->suggestions[refusal->suggestion_count++];
    memcpy(to, near.bytes, near.length);
    to[near.length] = '\0';
  }
}

void api_refuse_word(const struct api_choice *choice, struct word word, bool suggest, struct refusal *refusal) {
  char quoted[REFUSAL_QUOTED];
  refusal_set(refusal, REFUSAL_NO_WORD, "%s is not in %s%s", refusal_quote(quoted, word.bytes, word.length),
              choice->count > 1 ? "each of " : "", choice->name);
  if (suggest) suggest_words(model_vocabulary(choice->model), word, refusal);
}

bool api_find(const struct api_choice *choice, struct word word, bool suggest, uint32_t *row, struct refusal *refusal) {
  enum status status = vocabulary_find(model_vocabulary(choice->model), word, row);
  if (status == STATUS_NOT_FOUND)
    api_refuse_word(choice, word, suggest, refusal);
  else if (status != STATUS_OK)
    refusal_from_status(refusal, status, "Looking up a word");
  return status == STATUS_OK;
}

bool api_row(const struct api_choice *choice, const struct call *call, uint64_t index, const char *pointer,
             uint32_t *row, struct refusal *refusal) {
  uint64_t count = model_info(choice->model)->rows;
  if (index < count) {
    *row = (uint32_t)index;
    return true;
  }
  if (!call->has_body) {
    refusal_set(refusal, REFUSAL_NO_ROW, "Row %" PRIu64 " is not below %" PRIu64 ", the number of rows of %s", index,
                count, choice->name);
    return false;
  }
  refusal_set(refusal, REFUSAL_INVALID, "%s: %" PRIu64 " is not below %" PRIu64 ", the number of rows of %s", pointer,
              index, count, choice->name);
  refusal_add_error(refusal, pointer, "%" PRIu64 " is not below %" PRIu64, index, count);
  return false;
}

bool api_stays(const struct call *call, uint64_t work, struct reply *reply) {
  enum { WORK_IN_PLACE = 1 << 20 }; /* a millisecond with what goes with it */
  reply->postponed = call->hurried && work > WORK_IN_PLACE;
  return !reply->postponed;
}

bool api_stays_written(const struct call *call, enum representation representation, uint64_t floats,
                       struct reply *reply) {
  enum {
    FLOATS_IN_PLACE = 1 << 20
  }; /* some 50 ms as JSON; binary, as many as an answer may have are copied in a few */
  reply->postponed = call->hurried && representation == REPRESENTATION_JSON && floats > FLOATS_IN_PLACE;
  return !reply->postponed;
}

struct cached_rows api_cached(const struct service *service, const struct api_choice *choice) {
  const struct model_info *info = model_info(choice->model);
  return (struct cached_rows){service->texts, {info->content[0], info->content[1]}, choice->model};
}

bool api_finish(struct reply *reply, enum representation representation, enum status status, struct refusal *refusal) {
  reply->content_type = representation_media_type(representation);
  if (representation == REPRESENTATION_OCTETS && !reply->dtype) reply->dtype = "float32";
  if (status == STATUS_LIMIT)
    refusal_set(
        refusal, REFUSAL_INVALID,
        "The answer is larger than answer_bytes, the %zu bytes that all answers together may take: ask for less",
        reply->body.limit);
  else if (status != STATUS_OK)
    refusal_from_status(refusal, status, "Writing the answer");
  return status == STATUS_OK;
}

bool api_finish_tagged(struct reply *reply, const struct api_choice *choice, enum status status,
                       struct refusal *refusal) {
  if (!api_finish(reply, REPRESENTATION_JSON, status, refusal)) return false;
  struct etag_parts parts = tag_of(choice, REPRESENTATION_JSON);
  parts.rest = digest_of_bytes(reply->body.data, reply->body.length);
  etag_write(&parts, reply->etag);
  return true;
}

bool api_write_grid(struct reply *reply, const struct grid_result *result, enum representation representation,
                    struct refusal *refusal) {
  reply->rows = (uint64_t)result->count * result->width;
  enum status status = representation == REPRESENTATION_JSON
                           ? write_json_grid(&reply->body, result)
                           : write_npy_grid(&reply->body, representation, result, reply->shape);
  return api_finish(reply, representation, status, refusal);
}
