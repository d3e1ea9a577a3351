/* What is served and by what: GET /models, /models/NAME and /info. */
#include <string.h>

#include "server/api.h"
#include "server/request.h"
#include "server/version.h"
#include "server/write_json.h"

#if defined __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

#if defined __x86_64__
#define ARCHITECTURE "x86_64"
#elif defined __aarch64__
#define ARCHITECTURE "aarch64"
#else
#define ARCHITECTURE "other"
#endif

/* Reads a request that says nothing but which representation it takes. `model` would have no meaning on these routes,
 * and is refused as any other parameter that has none: a client that gives it expects something else. */
static bool read_plain(struct reading *reading, const struct call *call, struct refusal *refusal) {
  struct request_common common;
  return reading_begin(reading, call, refusal) && request_plain(reading, &common);
}

static bool answer_models(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct catalog_entry *entries;
  size_t count;
  enum status status = catalog_list(call->service->catalog, &entries, &count);
  if (status != STATUS_OK) {
    refusal_from_status(refusal, status, "Listing the models");
    return false;
  }
  status = write_json_models(&reply->body, entries, count);
  catalog_list_free(entries, count);
  return api_finish_tagged(reply, NULL, status, refusal);
}

bool api_models(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  bool done = read_plain(&reading, call, refusal) && answer_models(call, reply, refusal);
  reading_release(&reading);
  return done;
}

bool api_model(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct api_choice choice = {0};
  struct word name = {call->rest, strlen(call->rest)};
  bool done =
      read_plain(&reading, call, refusal) && api_choose_about(call, name, reply, &choice, refusal) &&
      api_finish_tagged(reply, &choice, write_json_model(&reply->body, choice.name, model_info(choice.model)), refusal);
  api_choice_release(&choice);
  reading_release(&reading);
  return done;
}

static bool answer_info(const struct call *call, struct reply *reply, struct refusal *refusal) {
  const struct service *service = call->service;
  char only[MODEL_NAME_MAX + 1];
  struct model *model = service->default_model ? NULL : catalog_acquire_only(service->catalog, only);
  struct service_info info = {.version = WORDVEC_VERSION,
                              .build = WORDVEC_BUILD,
                              .compiler = COMPILER,
                              .architecture = ARCHITECTURE,
                              .kernel = service->kernel->name,
                              .default_model = model ? only : service->default_model,
                              .default_recall = service->default_recall,
                              .models = catalog_count(service->catalog),
                              .limits = &service->limits};
  enum status status = write_json_info(&reply->body, &info);
  model_drop(model);
  return api_finish_tagged(reply, NULL, status, refusal);
}

bool api_info(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  bool done = read_plain(&reading, call, refusal) && answer_info(call, reply, refusal);
  reading_release(&reading);
  return done;
}
