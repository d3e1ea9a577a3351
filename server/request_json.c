/* One look over the bytes before jansson's: how deep it would recurse and how much it would allocate is known from the
 * brackets, commas and colons outside strings. */
#include "server/request_json.h"

#include <jansson.h>
#include <malloc.h>
#include <string.h>

#include "server/request_json_memory.h"

enum {
  /* What jansson 2.14 allocates with glibc and request_json_memory's links, rounded up: a container with its first
   * table; a value with its slot in the parent and in a typed request; a key with its bucket. Measured, and held by a
   * test. */
  OBJECT_BYTES = 352,
  ARRAY_BYTES = 224,
  VALUE_BYTES = 208,
  KEY_BYTES = 144,
  DOCUMENT_BYTES = 1024,
  TRIMMED_BYTES = 4 << 20, /* a tree from here on is given back to the system, and not to the allocator only */
  TEXT_FACTOR = 3,         /* a string is held by the lexer, by its value and perhaps decoded once more */
};

size_t request_json_estimate(const char *bytes, size_t length, size_t depth, const char **deep) {
  size_t estimate = DOCUMENT_BYTES + length * TEXT_FACTOR, level = 0;
  bool in_string = false;
  *deep = NULL;
  for (size_t i = 0; i < length; i++) {
    char byte = bytes[i];
    if (in_string) {
      if (byte == '\\')
        i++;
      else if (byte == '"')
        in_string = false;
      continue;
    }
    switch (byte) {
      case '"': in_string = true; break;
      case ',': estimate += VALUE_BYTES; break;
      case ':': estimate += KEY_BYTES; break;
      case '{':
      case '[':
        estimate += VALUE_BYTES + (size_t)(byte == '{' ? OBJECT_BYTES : ARRAY_BYTES);
        if (++level > depth && !*deep) *deep = bytes + i;
        break;
      case '}':
      case ']': level -= level > 0; break;
      default: break;
    }
  }
  return estimate;
}

/* Where in the text a byte is, for a person: lines and columns from 1. */
static void place_of(const char *bytes, const char *at, size_t *line, size_t *column) {
  const char *start = bytes;
  *line = 1;
  for (const char *next; (next = memchr(start, '\n', (size_t)(at - start))); start = next + 1) ++*line;
  *column = (size_t)(at - start) + 1;
}

bool request_json_refuse_at(struct refusal *refusal, const char *bytes, const char *at, const char *reason) {
  size_t line, column;
  place_of(bytes, at, &line, &column);
  refusal_set(refusal, REFUSAL_MALFORMED, "The body is not acceptable JSON at line %zu, column %zu (byte %zu): %s",
              line, column, (size_t)(at - bytes), reason);
  return false;
}

/* As request_json_refuse_at(), of a text of which something was cut out. */
static bool refuse_at(struct refusal *refusal, const struct request_json_cut *cut, size_t at, const char *reason) {
  if (at > cut->at) at += cut->removed;
  return request_json_refuse_at(refusal, cut->original, cut->original + at, reason);
}

static bool refuse_error(struct refusal *refusal, const struct request_json_cut *cut, const json_error_t *error) {
  if (cut->removed > 0)
    refuse_at(refusal, cut, (size_t)(error->position > 0 ? error->position - 1 : 0), error->text);
  else
    refusal_set(refusal, REFUSAL_MALFORMED, "The body is not acceptable JSON at line %d, column %d (byte %d): %s",
                error->line, error->column, error->position, error->text);
  return false;
}

void request_json_seed(void) {
  json_object_seed(0);
}

bool request_json_parse(struct request_json *body, struct service *service, const char *bytes, size_t length,
                        struct refusal *refusal) {
  const struct request_json_cut whole = {.original = bytes, .at = length};
  return request_json_parse_cut(body, service, bytes, length, &whole, refusal);
}

bool request_json_parse_cut(struct request_json *body, struct service *service, const char *bytes, size_t length,
                            const struct request_json_cut *cut, struct refusal *refusal) {
  static const char mark[] = "\xEF\xBB\xBF";
  *body = (struct request_json){.budget = &service->parsing};
  if (length == 0) {
    refusal_set(refusal, REFUSAL_MALFORMED, "The body is empty: send a JSON object");
    return false;
  }
  if (length >= strlen(mark) && memcmp(bytes, mark, strlen(mark)) == 0)
    return refuse_at(refusal, cut, 0, "a byte-order mark; send UTF-8 without one");
  const char *deep;
  size_t estimate = request_json_estimate(bytes, length, service->limits.json_depth, &deep);
  if (deep) {
    char reason[80];
    snprintf(reason, sizeof reason, "nested deeper than %zu", service->limits.json_depth);
    return refuse_at(refusal, cut, (size_t)(deep - bytes), reason);
  }
  if (!budget_take(&service->parsing, estimate)) {
    refusal_set(refusal, REFUSAL_BUSY, "Too much is being parsed at the moment; try again shortly");
    return false;
  }
  body->taken = estimate;
  json_error_t error;
  bool no_memory;
  body->root = request_json_load(bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error, &no_memory);
  if (body->root) return true;
  request_json_release(body);
  if (no_memory) return refusal_from_status(refusal, STATUS_NO_MEMORY, "Reading the body"), false;
  return refuse_error(refusal, cut, &error);
}

void request_json_release(struct request_json *body) {
  json_decref(body->root);
  /* Of a tree in small pieces the allocator keeps what lies between others', in as many arenas as there are threads: 15
   * MB of two-byte objects left 340 MiB behind in a daemon whose budget was 128. Giving it back costs less than parsing
   * it did. */
  if (body->taken >= TRIMMED_BYTES) malloc_trim(0);
  if (body->taken > 0) budget_give(body->budget, body->taken);
  *body = (struct request_json){0};
}
