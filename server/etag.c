/* Written by hand: a tag is made for each answer, and printf would take longer than finding a word does. */
#include "server/etag.h"

#include <string.h>

#include "server/version.h"

enum {
  DIGEST_DIGITS = 32,
  REST_DIGITS = 16,
  LENGTH_DIGITS = 13,      /* of any length that there is: below ten terabytes */
  REPRESENTATION_MOST = 12 /* "octet-stream" */
};

#define LENGTH_MOST UINT64_C(999999999999999999)

_Static_assert(2 + ETAG_DIGESTS_MAX * (DIGEST_DIGITS + 1) + REPRESENTATION_MOST + 1 + sizeof WORDVEC_VERSION - 1 + 1 +
                       REST_DIGITS + 1 + LENGTH_DIGITS + 1 <=
                   ETAG_SIZE,
               "the longest tag fits");

static char *put(char *at, const char *text, size_t length) {
  memcpy(at, text, length);
  return at + length;
}

void etag_write(const struct etag_parts *parts, char out[ETAG_SIZE]) {
  static const char digits[] = "0123456789abcdef", version[] = "-" WORDVEC_VERSION "-";
  char *at = out;
  *at++ = '"';
  for (size_t i = 0; i < parts->count; i++) {
    at = put(at, parts->digests[i], DIGEST_DIGITS);
    *at++ = i + 1 < parts->count ? '+' : '-';
  }
  at = put(at, parts->representation, strlen(parts->representation));
  at = put(at, version, sizeof version - 1);
  for (int shift = 60; shift >= 0; shift -= 4) *at++ = digits[parts->rest >> shift & 15];
  *at++ = '"';
  *at = '\0';
}

void etag_add_length(char tag[ETAG_SIZE], uint64_t length) {
  char digits[LENGTH_DIGITS];
  size_t count = 0;
  if (length > LENGTH_MOST) return;
  do {
    digits[count++] = (char)('0' + length % 10);
    length /= 10;
  } while (length > 0);
  char *at = tag + strlen(tag) - 1;
  *at++ = '-';
  while (count > 0) *at++ = digits[--count];
  *at++ = '"';
  *at = '\0';
}

static const char *skip_blanks(const char *at) {
  return at + strspn(at, " \t");
}

/* The end of the quoted tag that begins at `at`; NULL when none does. In quotes is anything but controls, blanks and
 * quotes. */
static const char *end_of_tag(const char *at) {
  if (*at != '"') return NULL;
  for (at++; *at != '"'; at++)
    if ((unsigned char)*at <= ' ' || *at == 0x7f) return NULL;
  return at + 1;
}

/* Whether the `count` bytes between a tag's sum and its quote are a length, or nothing. */
static bool read_length(const char *at, size_t count, uint64_t *length) {
  uint64_t value = 0;
  if (count == 0) {
    *length = ETAG_LENGTH_UNKNOWN;
    return true;
  }
  if (*at != '-' || count < 2 || count > 1 + LENGTH_DIGITS) return false;
  for (size_t i = 1; i < count; i++) {
    if (at[i] < '0' || at[i] > '9') return false;
    value = value * 10 + (uint64_t)(at[i] - '0');
  }
  *length = value;
  return true;
}

bool etag_listed(const char *if_none_match, const char *tag, uint64_t *length) {
  size_t known = strlen(tag) - 1; /* but for the quote */
  const char *at = if_none_match;
  for (;;) {
    at += strspn(at, " \t,");
    if (at[0] == 'W' && at[1] == '/') at += 2;
    const char *end = end_of_tag(at);
    if (!end) return false;
    size_t has = (size_t)(end - at) - 1;
    if (has >= known && memcmp(at, tag, known) == 0 && read_length(at + known, has - known, length)) return true;
    at = skip_blanks(end);
    if (*at && *at != ',') return false;
  }
}

bool etag_any(const char *if_none_match) {
  const char *at = skip_blanks(if_none_match);
  return *at == '*' && *skip_blanks(at + 1) == '\0';
}
