/* Entity tags (RFC 9110, section 8.8.3), and whether a client has the representation already (section 13.1.2).
 *
 * A tag begins with the digests of the models that an answer comes from, in their order, with '+' between; then come
 * the representation, the program's version, in 16 hex digits a sum of what else decides about the bytes, and how many
 * these are:
 *
 *   "00112233445566778899aabbccddeeff-json-0.1.0-0123456789abcdef-424"
 *
 * All but the last is known before the answer is made. The last is there for a 304, which must have the Content-Length
 * of the answer that it stands for, or none (section 8.6), and libmicrohttpd knows no answer without one that keeps its
 * connection: so the client brings it along. */
#ifndef WORDVEC_SERVER_ETAG_H
#define WORDVEC_SERVER_ETAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  ETAG_DIGESTS_MAX = 8,
  ETAG_SIZE = 352 /* room for that many, with the terminator */
};

struct etag_parts {
  const char *digests[ETAG_DIGESTS_MAX]; /* in hex, 32 digits each */
  size_t count;                          /* of digests; 0: the answer comes from no model */
  const char *representation;            /* "json" */
  uint64_t rest;
};

/* Of an answer whose length nobody knew when it began. */
#define ETAG_LENGTH_UNKNOWN UINT64_MAX

/* Writes a strong tag, in its quotes, without a length. */
void etag_write(const struct etag_parts *parts, char out[ETAG_SIZE]);

/* Adds the length to it, unless it is unknown. */
void etag_add_length(char tag[ETAG_SIZE], uint64_t length);

/* Whether one of the tags that If-None-Match lists is `tag`, which has no length, with whatever length: that is *length
 * then. Weakly compared, as that field asks for: W/"x" is "x". What cannot be read, and all behind it, is no tag. */
bool etag_listed(const char *if_none_match, const char *tag, uint64_t *length);

/* Whether If-None-Match is "*": whatever there is, is not wanted. */
bool etag_any(const char *if_none_match);

#endif
