/* What the parts of an exchange share, and nobody else includes: exchange.c (its life and its body), exchange_admit.c
 * (what is judged before the body), exchange_work.c (its handler, here or on a thread of a backlog) and
 * exchange_answer.c (what is said). */
#ifndef WORDVEC_SERVER_EXCHANGE_PARTS_H
#define WORDVEC_SERVER_EXCHANGE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/call.h"
#include "server/exchange.h"
#include "server/guard.h"
#include "server/head.h"
#include "server/metrics.h"
#include "server/respond.h"
#include "server/server_timing.h"
#include "server/visit.h"

enum {
  METHOD_SIZE = 16,
  PATH_SIZE = 256,
  ARGUMENTS_AT_HAND = 8, /* query arguments that need no allocation */
  PIECE_BYTES = 80       /* of a connection's memory that a field or an argument takes beside its text */
};

/* How long a daemon that stops waits for an exchange: not at all, as long as for a connection over which nothing has
 * been asked yet, or until its time is up. */
enum patience { PATIENCE_NONE, PATIENCE_SHORT, PATIENCE_FULL };

struct exchange {
  enum patience patience;
  int64_t started; /* of clock_microseconds() */
  struct server_timing timing;
  char request_id[REQUEST_ID_SIZE];
  struct visit *visit;
  const struct exchanges *all;
  char method[METHOD_SIZE];
  char path[PATH_SIZE];  /* for the log */
  const char *target_at; /* where the connection holds it, to be cut up after it was judged */
  size_t target_length;
  struct guard_target target;
  struct head head;
  struct guard_fields fields;
  size_t overhead;          /* of the connection's memory, what fields take beside the head itself */
  char *accepts;            /* several Accept fields joined; NULL when there are not several */
  char *conditions;         /* several If-None-Match fields, likewise */
  bool takes_body;          /* it is a POST */
  bool admitted;            /* the first call of the handler is over */
  bool closes;              /* the connection ends with this answer */
  bool lingers;             /* the client may still be sending when it does */
  const char *allow_origin; /* of the page that may read the answer; NULL: none */
  bool preflight;           /* a page asks if it may ask */
  enum dialect dialect;
  const struct route *route;
  const char *rest;
  enum body_kind body_kind;
  struct refusal *refusal; /* found early, to be sent when the body is through */
  struct bytes body;
  size_t received; /* bytes of the body */
  size_t swallowed;
  struct argument at_hand[ARGUMENTS_AT_HAND];
  struct argument *arguments; /* at_hand or allocated */
  size_t argument_count;
  bool argument_name_broken; /* a byte 0 in a name */
  struct deferred *deferred; /* it left its thread; NULL: it did not */
  struct stream *stream;     /* that is being sent; NULL: none */
  struct respond_result result;
  unsigned refused; /* the reason; REASON_COUNT: it was not */
  struct metrics_tally tally;
  char model[MODEL_NAME_MAX + 1];
};

enum deferred_outcome { DEFERRED_REFUSED, DEFERRED_REPLIED, DEFERRED_ABANDONED };

/* What becomes of an exchange in a backlog. */
struct deferred {
  struct backlog_task task; /* first: a backlog knows nothing but this */
  struct exchange *exchange;
  struct MHD_Connection *connection;
  int64_t since; /* that it waits, or is worked on */
  bool hurried;  /* where it waits, nothing may take long but a search: it is one of many */
  enum deferred_outcome outcome;
  struct reply reply;
  struct refusal refusal; /* from the beginning: what is said when it is never worked on */
};

/* exchange_admit.c: everything that is judged before the body. `line`: target, method and version. */
enum MHD_Result exchange_admit(const struct exchanges *all, struct exchange *exchange,
                               struct MHD_Connection *connection, const char *const line[3]);

/* The path of a target that may be in absolute form, as proxies send it (RFC 9112, section 3.2.2). What stands before
 * it may hold a password. Borrowed. */
const char *exchange_path(const char *target);

/* exchange_work.c: runs the handler, or puts the exchange into a backlog; and sends what came of the latter. */
enum MHD_Result exchange_run(const struct exchanges *all, struct exchange *exchange, struct MHD_Connection *connection);
enum MHD_Result exchange_finish(const struct exchanges *all, struct exchange *exchange,
                                struct MHD_Connection *connection);

/* exchange_answer.c: the origins whose pages may read answers. For who watches, and shows no key, there are none. */
const char *exchange_origins(const struct exchanges *all);

/* Queues an answer; what is false or MHD_NO drops the connection. */
bool exchange_refuse(const struct exchanges *all, struct exchange *exchange, struct MHD_Connection *connection,
                     const struct refusal *refusal);
enum MHD_Result exchange_reply(const struct exchanges *all, struct exchange *exchange,
                               struct MHD_Connection *connection, struct reply *reply);
enum MHD_Result exchange_preflight(const struct exchanges *all, struct exchange *exchange,
                                   struct MHD_Connection *connection);

/* Remembers a refusal until the body, if any, is through. False: no memory. */
bool exchange_refuse_later(struct exchange *exchange, const struct refusal *refusal);

/* An answer outside libmicrohttpd, for the moments at which it takes none. Whether it went out. */
bool exchange_refuse_bluntly(struct exchange *exchange, struct MHD_Connection *connection,
                             const struct refusal *refusal);

#endif
