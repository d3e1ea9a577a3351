/* Closing kindly on a client that is still sending: its bytes are read and thrown away for a moment after the answer.
 * Closing with bytes unread makes the kernel reset the connection, and the client may never see why it was refused. */
#ifndef WORDVEC_SERVER_LINGERING_H
#define WORDVEC_SERVER_LINGERING_H

#include "store/status.h"

struct lingering;

enum status lingering_new(struct lingering **out) MUST_USE;
void lingering_free(struct lingering *lingering); /* closes what is left; NULL is allowed */

/* Takes over a descriptor whose writing side is or will be shut down. When too many linger already it is closed at
 * once. Any thread. */
void lingering_add(struct lingering *lingering, int descriptor);

/* Readable when lingering_turn() has something to do; borrowed. */
int lingering_descriptor(const struct lingering *lingering);

/* Reads some of what has come and closes what is done or has taken too long; to be called when the descriptor above is
 * readable, and every second. One thread. */
void lingering_turn(struct lingering *lingering);

#endif
