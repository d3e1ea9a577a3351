/* What is refused before anything else looks at a request: ambiguous framing (request smuggling), bad hosts and
 * malformed field names (RFC 9110 section 5.1 and 7.2, RFC 9112 sections 3.2 and 6), and targets that no route could
 * take. On the way it picks out the fields that the rest needs. Knows no connection: it is shown one field at a time.
 */
#ifndef WORDVEC_SERVER_GUARD_H
#define WORDVEC_SERVER_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/refusal.h"

/* What is wrong with a request target as it was sent, before it is decoded. */
struct guard_target {
  bool too_long;
  bool too_many;    /* query arguments */
  bool malformed;   /* a '%' without two hexadecimal digits, a space or control character, "%00" in the path */
  size_t arguments; /* of the query string, at most the limit */
};

/* Looks at a target of up to `url_bytes` bytes and `arguments` query arguments. Beyond the latter, and in a target
 * that is too long, each '&' left is overwritten in place, so that whoever splits the query string next stays within
 * its memory and the refusal can still be sent. */
void guard_target(char *target, size_t url_bytes, size_t arguments, struct guard_target *found);

/* The fields of one request. Texts are borrowed from whoever showed them. */
struct guard_fields {
  const char *fault; /* the first thing wrong, a sentence; NULL: nothing */
  unsigned hosts;
  unsigned lengths;
  unsigned codings;
  uint64_t declared;  /* Content-Length */
  bool expects;       /* Expect: 100-continue */
  bool expects_other; /* of an Expect that is more than that (RFC 9110, section 10.1.1) */
  const char *content_type;
  const char *accept;        /* of the first Accept */
  unsigned accept_count;     /* Accept fields: several are to be joined */
  const char *authorization; /* NULL: there is none */
  size_t authorization_length;
  const char *origin; /* NULL: there is none, or several */
  unsigned origin_count;
  const char *request_id; /* of X-Request-Id; NULL: there is none, or several */
  unsigned request_id_count;
  bool preflight;            /* there is an Access-Control-Request-Method */
  const char *if_none_match; /* the same */
  unsigned if_none_match_count;
};

/* Takes in one field; name and value are terminated, the lengths show bytes of value 0 inside. */
void guard_field(struct guard_fields *fields, const char *name, size_t name_length, const char *value,
                 size_t value_length);

/* Whether the request may go on. False: *refusal says why, and the connection must be closed behind it, for nobody can
 * say where its next request begins. */
bool guard_allows(const struct guard_fields *fields, const char *http_version, struct refusal *refusal);

/* Whether a body follows the fields. */
bool guard_expects_body(const struct guard_fields *fields);

#endif
