/* GET /livez and /readyz: a word of text for whoever watches. They read no parameters, so that no probe can ask
 * wrongly. */
#include <string.h>

#include "server/call.h"

static bool say(struct reply *reply, unsigned http_status, const char *text, struct refusal *refusal) {
  reply->http_status = http_status;
  reply->content_type = "text/plain; charset=utf-8";
  enum status status = bytes_append_text(&reply->body, text);
  if (status == STATUS_OK) return true;
  refusal_from_status(refusal, status, "Writing the answer");
  return false;
}

bool api_livez(const struct call *call, struct reply *reply, struct refusal *refusal) {
  (void)call;
  return say(reply, 200, "alive\n", refusal);
}

bool api_readyz(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct service *service = call->service;
  if (atomic_load(&service->draining)) return say(reply, 503, "draining\n", refusal);
  if (!catalog_looked(service->catalog)) return say(reply, 503, "starting\n", refusal);
  if (catalog_count(service->catalog) == 0) return say(reply, 503, "no model is served\n", refusal);
  return say(reply, 200, "ready\n", refusal);
}
