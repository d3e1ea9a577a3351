/* What libmicrohttpd answers by itself (a malformed head, chunk or length, more fields than it has memory for, a
 * version that it does not speak) said as this service says it: application/problem+json, once, over a connection that
 * then closes. Left to itself 0.9.75 sends HTML, and for some faults the head of its answer twice.
 *
 * There is no option for that. But it makes those answers like anybody else, by calling MHD_queue_response() through
 * the dynamic linker, and so finds the one in mhd_errors.c, which comes first in a program that is linked with the
 * shared library. Where it is not found (a libmicrohttpd that binds its own names, or a static one), its answers are as
 * they always were; everything of this service's goes to the original in any case. */
#ifndef WORDVEC_SERVER_MHD_ERRORS_H
#define WORDVEC_SERVER_MHD_ERRORS_H

#include <microhttpd.h>

#include "server/refusal.h"

/* Queues an answer of this service's own. */
enum MHD_Result mhd_errors_pass(struct MHD_Connection *connection, unsigned status, struct MHD_Response *response);

/* What is said where libmicrohttpd would end a connection with that status. */
void mhd_errors_refusal(unsigned status, struct refusal *refusal);

#endif
