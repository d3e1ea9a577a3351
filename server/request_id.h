/* What a request is called in the log and in its answer (X-Request-Id): the name that the client, or a proxy before us,
 * gave it, or one of our own. */
#ifndef WORDVEC_SERVER_REQUEST_ID_H
#define WORDVEC_SERVER_REQUEST_ID_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REQUEST_ID_SIZE = 128 + 1 };

/* Where own names come from. */
struct request_ids {
  uint64_t secret; /* another one in each process, so that the names of two differ */
  atomic_uint_fast64_t made;
};

void request_ids_init(struct request_ids *ids);

/* A new name: 16 hex digits that no other call has given. Thread-safe. */
void request_id_make(struct request_ids *ids, char out[REQUEST_ID_SIZE]);

/* Takes over the name that was sent: 1 to 128 letters, digits and of "-._~+/=:@;", which nothing that reads a log or a
 * field mistakes for its end. False: it is none of these, and `out` stays. */
bool request_id_take(const char *sent, char out[REQUEST_ID_SIZE]);

#endif
