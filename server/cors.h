/* Which web pages may read answers: those of the origins that --cors-origin lists (the Fetch standard's CORS protocol).
 * This binds browsers alone; whoever else may ask is the keys' business. Credentials that a browser would add by itself
 * (cookies, client certificates) mean nothing here, so none are ever asked for; a key is a header that the page sets.
 */
#ifndef WORDVEC_SERVER_CORS_H
#define WORDVEC_SERVER_CORS_H

#include <stdbool.h>

#include "server/guard.h"

/* Whether `origins` is "*", or origins such as "https://example.com:8443" with commas between, each as browsers send
 * it: in lower case, without a path and without the port that the scheme implies. STATUS_BAD_ARGUMENT: *problem says
 * what is wrong. */
enum status cors_check(const char *origins, struct problem *problem) MUST_USE;

/* The value of Access-Control-Allow-Origin for a page of that origin: "*", the origin itself, or NULL: it may not read.
 * `origins`: as cors_check() found them right, NULL: none; `origin`: the request's, NULL: it has none. */
const char *cors_allowed(const char *origins, const char *origin);

/* Whether answers differ by origin, so that caches must know. */
bool cors_varies(const char *origins);

/* Whether a request asks, on behalf of a page that is allowed, if another one may be sent. */
bool cors_is_preflight(const char *allowed, const char *method, const struct guard_fields *fields);

/* What its answer says beside the origin. */
#define CORS_METHODS "GET, HEAD, POST"
#define CORS_REQUEST_FIELDS "Accept, Authorization, Content-Type, If-None-Match, X-Request-Id"
#define CORS_MAX_AGE "7200"
/* The fields of an answer that a page may read beside those that every page may. */
#define CORS_ANSWER_FIELDS \
  "ETag, Retry-After, Server-Timing, WWW-Authenticate, X-Dtype, X-Request-Id, X-Shape, X-Sources"

#endif
