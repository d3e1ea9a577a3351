/* Any bytes as the target of a GET, from the guard to the answer of its route, for libFuzzer: the first byte chooses
 * the route, the second what fuzz_choose() says, and the rest is a query string, or for routes that end in '/' what
 * follows them. What must hold: no sanitizer speaks, and fuzz_answer(). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/guard.h"
#include "server/percent.h"
#include "tests/support/fuzz_service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARGUMENTS_MOST = 64 };

/* Decodes in place, and terminates: there is room, as something cut it from what follows. */
static size_t decode(char *text, size_t length) {
  length = percent_decode(text, length, true, text);
  text[length] = '\0';
  return length;
}

/* Cuts the query string up as libmicrohttpd does; false: a name holds a NUL, which the exchange refuses. */
static bool cut_up(char *query, struct argument *arguments, size_t *count) {
  for (char *at = query, *next; at && *at && *count < ARGUMENTS_MOST; at = next) {
    next = strchr(at, '&');
    if (next) *next++ = '\0';
    char *equals = strchr(at, '=');
    if (equals) *equals++ = '\0';
    size_t name_length = strlen(at);
    if (decode(at, name_length) != strlen(at)) return false;
    size_t length = equals ? decode(equals, strlen(equals)) : 0;
    arguments[(*count)++] = (struct argument){at, equals ? equals : "", length};
  }
  return true;
}

static void ask(unsigned choice, char *target) {
  struct guard_target found;
  struct argument arguments[ARGUMENTS_MOST];
  struct call call = {.arguments = arguments};
  guard_target(target, 8192, ARGUMENTS_MOST, &found);
  if (found.too_long || found.too_many || found.malformed) return;
  char *query = strchr(target, '?');
  if (query) *query++ = '\0';
  target[percent_decode(target, strlen(target), false, target)] = '\0';
  const struct route *route = route_find(target, &call.rest);
  if (!route || !(route->methods & ROUTE_GET) || !cut_up(query, arguments, &call.argument_count)) return;
  fuzz_demand(call.argument_count <= found.arguments, "the guard counted every argument");
  fuzz_choose(&call, choice);
  fuzz_answer(route, &call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2 || size > 1 << 14 || memchr(data + 1, '\0', size - 1)) return 0;
  char *target = malloc(size);
  if (!target) abort();
  memcpy(target, data + 1, size - 1);
  target[size - 1] = '\0';
  ask(data[0], target);
  free(target);
  return 0;
}
