/* The table of refusals, and the texts of one: whatever a client sent may be quoted in them, so all of it is made valid
 * UTF-8 and cut at characters on the way in. */
#include "server/refusal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/utf8.h"

static const struct refusal_type types[REFUSAL_COUNT] = {
    [REFUSAL_MALFORMED] = {400, "malformed_request", "Malformed request"},
    [REFUSAL_UNKNOWN_PARAMETER] = {400, "unknown_parameter", "Unknown parameter"},
    [REFUSAL_MISSING_PARAMETER] = {400, "missing_parameter", "Missing parameter"},
    [REFUSAL_UNAUTHORIZED] = {401, "unauthorized", "Unauthorized"},
    [REFUSAL_NO_ROUTE] = {404, "route_not_found", "No such route"},
    [REFUSAL_NO_MODEL] = {404, "model_not_found", "No such model"},
    [REFUSAL_NO_WORD] = {404, "word_not_found", "Word not in vocabulary"},
    [REFUSAL_NO_ROW] = {404, "index_not_found", "No such row"},
    [REFUSAL_METHOD] = {405, "method_not_allowed", "Method not allowed"},
    [REFUSAL_NOT_ACCEPTABLE] = {406, "not_acceptable", "Not acceptable"},
    [REFUSAL_BODY_TOO_LARGE] = {413, "body_too_large", "Body too large"},
    [REFUSAL_URL_TOO_LONG] = {414, "url_too_long", "URL too long"},
    [REFUSAL_MEDIA_TYPE] = {415, "unsupported_media_type", "Unsupported media type"},
    [REFUSAL_EXPECTATION] = {417, "expectation_failed", "Expectation failed"},
    [REFUSAL_INVALID] = {422, "invalid_request", "Invalid request"},
    [REFUSAL_HEADERS_TOO_LARGE] = {431, "headers_too_large", "Headers too large"},
    [REFUSAL_INTERNAL] = {500, "internal_error", "Internal error"},
    [REFUSAL_BUSY] = {503, "busy", "Busy"},
    [REFUSAL_NOT_READY] = {503, "not_ready", "Not ready"},
    [REFUSAL_MODEL_LOST] = {503, "model_lost", "Model file lost"},
    [REFUSAL_HTTP_VERSION] = {505, "http_version_not_supported", "HTTP version not supported"},
};

const struct refusal_type *refusal_type_of(enum refusal_kind kind) {
  assert((unsigned)kind < REFUSAL_COUNT);
  return &types[kind];
}

const char *refusal_reason_name(unsigned reason) {
  static const char *const names[] = {"memory", "queue_full", "queue_timeout", "connections", "stopping"};
  assert(reason < REASON_COUNT);
  if (reason >= REFUSAL_COUNT) return names[reason - REFUSAL_COUNT];
  return reason == REFUSAL_BUSY ? NULL : types[reason].code;
}

unsigned refusal_status(enum refusal_kind kind, enum dialect dialect) {
  unsigned status = refusal_type_of(kind)->http_status;
  return dialect != DIALECT_OWN && status == 422 ? 400 : status;
}

/* Copies `length` bytes as valid UTF-8 and terminates; stops before the first character that does not fit in `size`. */
static void copy_as_utf8(char *out, size_t size, const char *bytes, size_t length) {
  size_t used = 0;
  uint32_t code_point;
  for (size_t i = 0; i < length;) {
    size_t step = utf8_next(bytes + i, length - i, &code_point);
    bool well_formed = code_point != UTF8_ILL_FORMED;
    const char *from = well_formed ? bytes + i : UTF8_REPLACEMENT;
    size_t count = well_formed ? step : strlen(UTF8_REPLACEMENT);
    if (count >= size - used) break;
    memcpy(out + used, from, count);
    used += count;
    i += step;
  }
  out[used] = '\0';
}

__attribute__((format(printf, 3, 0))) static void format_as_utf8(char *out, size_t size, const char *format,
                                                                 va_list arguments) {
  char raw[1024]; /* every field is smaller, and what ill-formed bytes become is never shorter */
  vsnprintf(raw, sizeof raw, format, arguments);
  copy_as_utf8(out, size, raw, strlen(raw));
}

void refusal_set(struct refusal *refusal, enum refusal_kind kind, const char *format, ...) {
  refusal->kind = kind;
  refusal->reason = kind == REFUSAL_BUSY ? REASON_MEMORY : (unsigned)kind;
  refusal->error_count = 0;
  refusal->suggestion_count = 0;
  refusal->allow[0] = '\0';
  refusal->challenge = NULL;
  va_list arguments;
  va_start(arguments, format);
  format_as_utf8(refusal->detail, sizeof refusal->detail, format, arguments);
  va_end(arguments);
}

void refusal_add_error(struct refusal *refusal, const char *pointer, const char *format, ...) {
  if (refusal->error_count == REFUSAL_ERRORS_MAX) return;
  size_t slot = refusal->error_count++;
  copy_as_utf8(refusal->errors[slot].pointer, sizeof refusal->errors[slot].pointer, pointer, strlen(pointer));
  va_list arguments;
  va_start(arguments, format);
  format_as_utf8(refusal->errors[slot].detail, sizeof refusal->errors[slot].detail, format, arguments);
  va_end(arguments);
}

const char *refusal_quote(char out[REFUSAL_QUOTED], const char *bytes, size_t length) {
  enum { WIDEST = 4, CLOSING = sizeof "…\"" };
  size_t used = 0;
  uint32_t code_point;
  out[used++] = '"';
  for (size_t i = 0; i < length;) {
    if (used + WIDEST + CLOSING > REFUSAL_QUOTED) {
      memcpy(out + used, "…", strlen("…"));
      used += strlen("…");
      break;
    }
    size_t step = utf8_next(bytes + i, length - i, &code_point);
    if (code_point < 0x20 || code_point == 0x7F) {
      used += (size_t)snprintf(out + used, WIDEST + 1, "\\x%02X", (unsigned)code_point);
    } else {
      bool well_formed = code_point != UTF8_ILL_FORMED;
      size_t count = well_formed ? step : strlen(UTF8_REPLACEMENT);
      memcpy(out + used, well_formed ? bytes + i : UTF8_REPLACEMENT, count);
      used += count;
    }
    i += step;
  }
  out[used++] = '"';
  out[used] = '\0';
  return out;
}

static enum refusal_kind kind_of(enum status status) {
  switch (status) {
    case STATUS_NO_MEMORY:
    case STATUS_LIMIT:
    case STATUS_BUSY: return REFUSAL_BUSY;
    case STATUS_NOT_FOUND: return REFUSAL_NO_ROW;
    case STATUS_LOST: return REFUSAL_MODEL_LOST;
    case STATUS_BAD_ARGUMENT: return REFUSAL_INVALID;
    default: return REFUSAL_INTERNAL;
  }
}

void refusal_from_status(struct refusal *refusal, enum status status, const char *what) {
  enum refusal_kind kind = kind_of(status);
  if (kind == REFUSAL_BUSY)
    refusal_set(refusal, kind, "%s: not enough memory is free at the moment; try again shortly", what);
  else
    refusal_set(refusal, kind, "%s: %s", what, status_text(status));
}
