/* The HTTP client: asks another daemon. */
#ifndef WORDVEC_SERVER_REMOTE_H
#define WORDVEC_SERVER_REMOTE_H

#include <stdio.h>

#include "store/bytes.h"
#include "store/status.h"

/* A key goes with a request as "Authorization: Bearer KEY", to the daemon that was named and nowhere else, for
 * redirects are not followed. NULL: none does. It is copied. */

/* GETs `url` within `seconds` from now, whatever the network does. The answer's status goes to *http_status and up to
 * the limit of `body`, which the caller has made, of its body is appended; more is left unread. STATUS_IO when no
 * answer came: *problem says why. */
enum status remote_get(const char *url, const char *key, unsigned seconds, struct problem *problem,
                       unsigned *http_status, struct bytes *body) MUST_USE;

/* A daemon that is asked again and again, over one connection that is kept as long as both sides like. */
struct remote;

/* Prepares to ask the daemon at `url` (copied; a '/' at its end is none), each time for at most `seconds`. Nothing is
 * sent yet. STATUS_NO_MEMORY. */
enum status remote_open(const char *url, const char *key, unsigned seconds, struct problem *problem,
                        struct remote **out) MUST_USE;
void remote_close(struct remote *remote); /* NULL is allowed */

struct remote_request {
  const char *target; /* "/vector?word=cat" */
  const char *json;   /* body of a POST; NULL: it is a GET */
  size_t json_length;
  FILE *out; /* where the body of an answer below status 400 goes as it comes, whatever its size; NULL: as all others */
};

struct remote_reply {
  unsigned http_status;
  unsigned retry_after; /* seconds; 0: not said */
};

/* Sends the request and appends the answer to `body` as remote_get() does, but
 * for an answer beyond its limit, which is STATUS_LIMIT. */
enum status remote_ask(struct remote *remote, const struct remote_request *request, struct problem *problem,
                       struct remote_reply *reply, struct bytes *body) MUST_USE;

#endif
