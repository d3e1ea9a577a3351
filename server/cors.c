/* Goes over the list of origins, which is as it was typed: it is short, and only looked at for browsers. */
#include "server/cors.h"

#include <string.h>

enum { SHOWN = 100 };

static size_t length_of(const char *list) {
  return strcspn(list, ",");
}

static bool all_in(const char *text, size_t length, const char *allowed) {
  for (size_t i = 0; i < length; i++)
    if (!strchr(allowed, text[i])) return false;
  return length > 0;
}

/* scheme "://" host [ ":" port ], of which nothing is looked at but the characters (RFC 6454, section 6.2). */
static bool is_origin(const char *text, size_t length) {
  static const char of_schemes[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
  static const char of_hosts[] = "abcdefghijklmnopqrstuvwxyz0123456789-._~%:[]";
  const char *colon = memchr(text, ':', length);
  if (!colon || !all_in(text, (size_t)(colon - text), of_schemes)) return false;
  const char *host = colon + strlen("://");
  const char *end = text + length;
  return host < end && memcmp(colon, "://", strlen("://")) == 0 && all_in(host, (size_t)(end - host), of_hosts);
}

enum status cors_check(const char *origins, struct problem *problem) {
  if (strcmp(origins, "*") == 0) return STATUS_OK;
  for (const char *at = origins;; at++) {
    size_t length = length_of(at);
    if (!is_origin(at, length))
      return problem_set(
          problem, STATUS_BAD_ARGUMENT, 0,
          "'%.*s' is no origin: write them as browsers do, https://example.com or http://localhost:3000, "
          "with commas between and nothing behind, or '*' for all",
          (int)(length < SHOWN ? length : SHOWN), at);
    at += length;
    if (!*at) return STATUS_OK;
  }
}

const char *cors_allowed(const char *origins, const char *origin) {
  if (!origins || !origin) return NULL;
  if (strcmp(origins, "*") == 0) return "*";
  size_t wanted = strlen(origin);
  for (const char *at = origins;; at++) {
    size_t length = length_of(at);
    if (length == wanted && memcmp(at, origin, length) == 0) return origin;
    at += length;
    if (!*at) return NULL;
  }
}

bool cors_varies(const char *origins) {
  return origins && strcmp(origins, "*") != 0;
}

bool cors_is_preflight(const char *allowed, const char *method, const struct guard_fields *fields) {
  return allowed && fields->preflight && strcmp(method, "OPTIONS") == 0;
}
