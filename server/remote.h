/* The HTTP client: asks another daemon. */
#ifndef WORDVEC_SERVER_REMOTE_H
#define WORDVEC_SERVER_REMOTE_H

#include "store/bytes.h"
#include "store/status.h"

/* GETs `url` within `seconds` from now, whatever the network does. The answer's status goes to *http_status and up to
 * the limit of `body`, which the caller has made, of its body is appended; more is left unread. STATUS_IO when no
 * answer came: *problem says why. */
enum status remote_get(const char *url, unsigned seconds, struct problem *problem, unsigned *http_status,
                       struct bytes *body) MUST_USE;

#endif
