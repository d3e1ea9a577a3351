/* The only maker of libmicrohttpd's responses: a handler's reply, or a refusal, as application/problem+json (RFC 9457)
 * or in another service's dialect.
 *
 * The `type` of a problem is a relative reference, "/problems/word-not-found": the service has no host name of its own,
 * and RFC 9457 (section 3.1.1) lets a client resolve it against the address it asked. It identifies; nothing is served
 * there. `code` is the same for programs that prefer a plain word. */
#ifndef WORDVEC_SERVER_RESPOND_H
#define WORDVEC_SERVER_RESPOND_H

#include <stdbool.h>
#include <stddef.h>

#include "server/call.h"
#include "server/server_timing.h"

struct MHD_Connection;

/* What the head of every answer of one exchange tells, beside what the answer itself brings. */
struct respond_fields {
  const char *request_id;
  struct server_timing timing;
  bool close;               /* the connection ends with this answer */
  const char *allow_origin; /* of the page that may read it; NULL: none may */
  bool vary_origin;         /* it would differ for another */
};

/* What was sent, for the log. */
struct respond_result {
  unsigned status;
  size_t bytes; /* of the body */
};

/* Queues the reply, whose body is handed on without a copy and released when it has been sent; it is empty afterwards
 * in any case. A stream stays the caller's, and must live until the request is completed. False: nothing could be
 * queued, and the connection is to be dropped. */
bool respond_reply(struct MHD_Connection *connection, struct reply *reply, const struct respond_fields *fields,
                   struct respond_result *result);

/* Queues a refusal. */
bool respond_refusal(struct MHD_Connection *connection, const struct refusal *refusal, enum dialect dialect,
                     const struct respond_fields *fields, struct respond_result *result);

/* Queues the answer to a page that asks if it may ask. */
bool respond_preflight(struct MHD_Connection *connection, const struct respond_fields *fields,
                       struct respond_result *result);

struct respond_blunt {
  enum dialect dialect;
  bool head_only;                      /* to a HEAD */
  const struct respond_fields *fields; /* NULL: there is nothing to tell */
};

/* Writes a refusal to a socket that libmicrohttpd takes no answer for: in the middle of a body, or when it has no
 * memory left for one. A few hundred bytes into a socket that waits for nothing: they fit, or the client is gone. The
 * connection must close behind it. False, and *result is untouched, when it fails. */
bool respond_bluntly(int descriptor, const struct refusal *refusal, const struct respond_blunt *how,
                     struct respond_result *result);

/* The body of a refusal, terminated, for the caller to free(), NULL without memory; and its media type. */
char *respond_refusal_text(const struct refusal *refusal, enum dialect dialect);
const char *respond_refusal_type(enum dialect dialect);

#endif
