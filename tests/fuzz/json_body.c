/* Any bytes as the JSON body of a POST, for libFuzzer: the first byte chooses what fuzz_choose() says, and whether the
 * query string says `format`; then comes the path of a route on a line, and the rest is the body. What must hold: no
 * sanitizer speaks, and fuzz_answer(). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fuzz_service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct argument format = {"format", "npy", 3};
  if (size < 2 || size > 1 << 14) return 0;
  struct call call = {
      .has_body = true, .body_kind = BODY_JSON, .arguments = &format, .argument_count = data[0] >> 7, .rest = ""};
  fuzz_choose(&call, *data++);
  size--;
  const struct route *route = fuzz_route(ROUTE_POST, &data, &size);
  if (!route) return 0;
  /* A copy of its own, so that a byte behind the end is seen; an empty body has no memory at all. */
  void *body = size > 0 ? malloc(size) : NULL;
  if (body) memcpy(body, data, size);
  call.body = body;
  call.body_length = size;
  fuzz_answer(route, &call);
  free(body);
  return 0;
}
