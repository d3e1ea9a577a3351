/* One connection, and how long it may go on with what it does. libmicrohttpd's time-out is for silence: a client that
 * sends, or takes, one byte now and then keeps a connection, and the memory of what is being read or sent over it, for
 * as long as it likes. So each station of a request has a deadline too, which moves only with bytes that have come or
 * gone.
 *
 * A visit is changed by the thread of its connection alone; only the deadline is read by another (admission_turn()).
 * All functions take NULL for a visit that there was no memory for. */
#ifndef WORDVEC_SERVER_VISIT_H
#define WORDVEC_SERVER_VISIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct exchange;

enum {
  VISIT_BODY_PACE = 1 << 10,   /* bytes a second that a body must come at, beyond its first seconds */
  VISIT_ANSWER_PACE = 16 << 10 /* and that an answer must be taken at, for it may be megabytes of memory */
};

struct visit {
  atomic_int_least64_t deadline; /* of visit_clock(); INT64_MAX: none */
  atomic_bool unread;            /* an answer is being sent: what nobody takes need not be kept */
  int64_t since;                 /* when this station began */
  int64_t patience;              /* milliseconds */
  int descriptor;                /* the connection's */
  bool asked;                    /* it has brought a request */
  bool excess;                   /* it came when there were enough; its requests are told so until there are fewer */
  struct exchange *exchange;     /* the request that is under way; NULL: none */
  struct visit *next, **link;    /* the admission's */
};

/* Milliseconds, a few late, for little. */
int64_t visit_clock(void);

void visit_begin(struct visit *visit, int descriptor, int64_t patience);

/* A request line has come, or may come next. */
void visit_reads_head(struct visit *visit);

/* A body begins; `bytes` of it have come. */
void visit_reads_body(struct visit *visit);
void visit_has_read(struct visit *visit, uint64_t bytes);

/* Nobody waits for the client. */
void visit_works(struct visit *visit);

/* An answer of `bytes` goes out; of one that is made on the way, so many have been made so far. */
void visit_sends(struct visit *visit, uint64_t bytes);
void visit_has_made(struct visit *visit, uint64_t bytes);

#endif
