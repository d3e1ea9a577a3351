/* GET /openapi.json: what all these routes are, for programs. */
#include "server/api.h"
#include "server/openapi.h"
#include "server/request.h"

bool api_openapi(const struct call *call, struct reply *reply, struct refusal *refusal) {
  struct reading reading;
  struct request_common common;
  bool done = reading_begin(&reading, call, refusal) && request_plain(&reading, &common) &&
              api_finish_tagged(reply, NULL, openapi_write(&reply->body), refusal);
  reading_release(&reading);
  return done;
}
