/* Takes a call in: its media type, its body, the memory and the errors of the request that is made of it. */
#include "server/reading.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading_block {
  struct reading_block *next;
  max_align_t memory[];
};

void *reading_alloc(struct reading *reading, size_t count, size_t size) {
  struct budget *budget = &reading->call->service->parsing;
  struct reading_block *block = NULL;
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes) || __builtin_add_overflow(bytes, sizeof *block, &bytes) ||
      bytes > budget->limit) {
    reading_refuse(reading, REFUSAL_INVALID,
                   "The request needs more memory than parsing_bytes, the %zu that all together may take: ask for less",
                   budget->limit);
    return NULL;
  }
  bool taken = budget_take(budget, bytes);
  if (taken) block = malloc(bytes);
  if (!block) {
    if (taken) budget_give(budget, bytes);
    reading_refuse(reading, REFUSAL_BUSY, "Not enough memory is free for the request; try again shortly");
    return NULL;
  }
  reading->taken += bytes;
  block->next = reading->blocks;
  reading->blocks = block;
  return block->memory;
}

void reading_release(struct reading *reading) {
  while (reading->blocks) {
    struct reading_block *next = reading->blocks->next;
    free(reading->blocks);
    reading->blocks = next;
  }
  if (reading->taken > 0) budget_give(&reading->call->service->parsing, reading->taken);
  reading->taken = 0;
  request_json_release(&reading->body);
}

void reading_invalid(struct reading *reading, const char *pointer, const char *format, ...) {
  if (reading->state == READING_REFUSED) return;
  if (reading->state == READING_INVALID && reading->refusal->error_count == REFUSAL_ERRORS_MAX) return;
  char text[sizeof reading->refusal->errors[0].detail];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  /* The first error is also the sentence of the whole: most requests have only one. */
  if (reading->state == READING_GOOD) refusal_set(reading->refusal, REFUSAL_INVALID, "%s: %s", pointer, text);
  reading->state = READING_INVALID;
  refusal_add_error(reading->refusal, pointer, "%s", text);
}

void reading_refuse(struct reading *reading, enum refusal_kind kind, const char *format, ...) {
  if (reading->state == READING_REFUSED) return;
  char text[sizeof reading->refusal->detail];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  refusal_set(reading->refusal, kind, "%s", text);
  reading->state = READING_REFUSED;
}

bool reading_finish(const struct reading *reading) {
  return reading->state == READING_GOOD;
}

/* Whether the charset parameter, if there is one, names what JSON is always in. */
static bool charset_allowed(const char *parameters) {
  const char *charset = strcasestr(parameters, "charset=");
  if (!charset) return true;
  charset += strlen("charset=");
  charset += *charset == '"';
  size_t length = strcspn(charset, "\"; \t");
  return (length == 5 && strncasecmp(charset, "utf-8", length) == 0) ||
         (length == 8 && strncasecmp(charset, "us-ascii", length) == 0);
}

/* JSON, or what a client that names nothing sends: curl -d declares a form. */
static bool content_type_allowed(const char *content_type, bool npy, enum body_kind *kind) {
  static const char *const allowed[] = {"application/json", "application/x-www-form-urlencoded"};
  static const char array[] = "application/x-npy";
  *kind = BODY_JSON;
  if (!content_type) return true;
  content_type += strspn(content_type, " \t");
  size_t length = strcspn(content_type, "; \t");
  if (length == 0) return true;
  if (npy && length == strlen(array) && strncasecmp(content_type, array, length) == 0) {
    *kind = BODY_NPY;
    return true;
  }
  for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
    if (length == strlen(allowed[i]) && strncasecmp(content_type, allowed[i], length) == 0)
      return charset_allowed(content_type + length);
  return false;
}

bool reading_type_allowed(const char *content_type, bool npy, enum body_kind *kind, struct refusal *refusal) {
  if (content_type_allowed(content_type, npy, kind)) return true;
  char quoted[REFUSAL_QUOTED];
  refusal_set(refusal, REFUSAL_MEDIA_TYPE, "A body of type %s is not read here: send application/json in UTF-8%s",
              refusal_quote(quoted, content_type, strlen(content_type)), npy ? ", or application/x-npy" : "");
  return false;
}

/* A body and a query string at once would leave it open which one counts; only `format` says nothing of the request. */
static bool query_allowed(struct reading *reading) {
  const struct call *call = reading->call;
  for (size_t i = 0; i < call->argument_count; i++) {
    const char *name = call->arguments[i].name;
    char quoted[REFUSAL_QUOTED];
    if (strcmp(name, "format") == 0) continue;
    reading_refuse(reading, REFUSAL_UNKNOWN_PARAMETER,
                   "The query string of a POST takes only \"format\"; %s belongs into the JSON body",
                   refusal_quote(quoted, name, strlen(name)));
    return false;
  }
  return true;
}

bool reading_begin_unparsed(struct reading *reading, const struct call *call, struct refusal *refusal) {
  *reading = (struct reading){.call = call, .refusal = refusal};
  bool takes_query = !call->has_body || call->body_kind == BODY_NPY || call->dialect != DIALECT_OWN;
  return takes_query || query_allowed(reading);
}

bool reading_parse(struct reading *reading, const char *bytes, size_t length, const struct request_json_cut *cut) {
  const struct call *call = reading->call;
  const struct request_json_cut whole = {.original = bytes, .at = length};
  if (!request_json_parse_cut(&reading->body, call->service, bytes, length, cut ? cut : &whole, reading->refusal)) {
    reading->state = READING_REFUSED;
    return false;
  }
  if (json_is_object(reading->body.root)) return true;
  reading_invalid(reading, "#", "The body must be a JSON object%s",
                  call->dialect == DIALECT_OWN ? ", such as {\"words\": [\"cat\"]}" : "");
  return false;
}

bool reading_begin(struct reading *reading, const struct call *call, struct refusal *refusal) {
  if (!reading_begin_unparsed(reading, call, refusal)) return false;
  if (!call->has_body || call->body_kind == BODY_NPY) return true;
  return reading_parse(reading, call->body, call->body_length, NULL);
}
