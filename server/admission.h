/* The door: counts connections, and turns away what is too much. Not to accept it would leave clients waiting in the
 * kernel's queue without a word. So there is a reserve beyond limits.connections, and a connection
 * that comes into the reserve is told 503 at its first request and closed; probes and metrics are answered there. One
 * that sends no request is closed soon, so that the reserve does not fill up with silent ones.
 *
 * Also ends every connection whose deadline (visit.h) has passed. */
#ifndef WORDVEC_SERVER_ADMISSION_H
#define WORDVEC_SERVER_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>

#include "server/visit.h"
#include "store/status.h"

struct admission;

/* How many connections are accepted beyond `connections`, only to be told that there are too many. */
size_t admission_reserve(size_t connections);

/* The most connections that, with their reserve, make do with so many descriptors; at least 1. */
size_t admission_fit(size_t descriptors);

/* `seconds`: --timeout. */
enum status admission_new(size_t connections, unsigned seconds, struct admission **out) MUST_USE;
void admission_free(struct admission *admission); /* all visits have left; NULL is allowed */

/* A connection was accepted, and ends. Without memory it is shut down at once, and NULL returned. Any thread. */
struct visit *admission_arrive(struct admission *admission, int descriptor);
void admission_leave(struct admission *admission, struct visit *visit);

/* Whether the visit's requests may be answered; false: there are too many connections. */
bool admission_admits(struct admission *admission, struct visit *visit);

/* Whether one more is to be accepted, if only to be told that there are too many. */
bool admission_has_room(const struct admission *admission);

/* Connections that are open. */
size_t admission_count(const struct admission *admission);

/* Shuts down what has taken too long; to be called every second. One thread. */
void admission_turn(struct admission *admission);

#endif
