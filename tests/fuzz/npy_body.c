/* Any bytes as the array that is the body of a POST, for libFuzzer: the first byte chooses what
 * fuzz_choose() says, the second the query string; then comes the path of a route on a line, and the rest is the body.
 * What must hold: no sanitizer speaks, and fuzz_answer(). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fuzz_service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Pairs of a name and a value, the first NULL behind the last. */
static const char *const queries[][7] = {{NULL},
                                         {"model", "grams", NULL},
                                         {"maxlen", "3", "padding", "pre", NULL},
                                         {"maxlen", "2", "pad_index", "1", "truncating", "pre", NULL},
                                         {"layout", "keras", NULL},
                                         {"model", "linked", "recall", "0.9", "k", "5", NULL},
                                         {"k", "1000000", NULL},
                                         {"format", "octet-stream", "value", "1.5", NULL}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct argument arguments[3];
  if (size < 3 || size > 1 << 14) return 0;
  struct call call = {.has_body = true, .body_kind = BODY_NPY, .arguments = arguments, .rest = ""};
  fuzz_choose(&call, *data++);
  for (const char *const *pair = queries[*data++ % 8]; *pair; pair += 2)
    arguments[call.argument_count++] = (struct argument){pair[0], pair[1], strlen(pair[1])};
  size -= 2;
  const struct route *route = fuzz_route(ROUTE_POST | ROUTE_NPY, &data, &size);
  if (!route) return 0;
  void *body = size > 0 ? malloc(size) : NULL;
  if (body) memcpy(body, data, size);
  call.body = body;
  call.body_length = size;
  fuzz_answer(route, &call);
  free(body);
  return 0;
}
