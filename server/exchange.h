/* One request from its first line to its last byte out: collects fields and body within the limits, lets the route's
 * handler answer, here or on a thread of a backlog, and logs. Called by libmicrohttpd on its threads; an exchange
 * belongs to one connection and so to one thread, but while it is in a backlog. */
#ifndef WORDVEC_SERVER_EXCHANGE_H
#define WORDVEC_SERVER_EXCHANGE_H

#include <microhttpd.h>

#include "server/admission.h"
#include "server/backlog.h"
#include "server/connections.h"
#include "server/lingering.h"
#include "server/log.h"
#include "server/refusal.h"
#include "server/request_id.h"
#include "server/routes.h"
#include "server/service.h"

/* A connection's memory for its request line, fields and answer head. 9,000 idle connections cost 0.29 GB with it. */
enum { EXCHANGE_MEMORY_BYTES = 32 << 10 };

/* What all exchanges share. */
struct exchanges {
  struct service *service;
  const struct log *log;
  struct request_ids ids;
  struct lingering *lingering; /* NULL: nobody lingers */
  struct admission *admission;
  struct backlog *searches;    /* does exchange_search() */
  struct backlog *batches;     /* does it, too, of many queries at a time */
  struct backlog *suggestions; /* does exchange_suggest() */
  struct connections connections;
  struct route_scope scope; /* that are answered here; with ROUTE_WATCH: without a key */
};

/* MHD_OPTION_URI_LOG_CALLBACK: the request line has come. Context: struct exchanges. */
void *exchange_begin(void *context, const char *target, struct MHD_Connection *connection);

/* The access handler: once when the fields are in, for each piece of the body, once at the end. */
enum MHD_Result exchange_handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                const char *version, const char *data, size_t *length, void **state);

/* Answers for libmicrohttpd, which ends this connection for that reason (mhd_errors.h). */
void exchange_fail(struct MHD_Connection *connection, const struct refusal *refusal);

/* MHD_OPTION_NOTIFY_CONNECTION: a connection begins, or has ended. Context: struct exchanges. */
void exchange_visit(void *context, struct MHD_Connection *connection, void **visit,
                    enum MHD_ConnectionNotificationCode code);

/* Work on an exchange that exchange_handle() put into the backlog. Context: struct exchanges. */
backlog_work exchange_search;
backlog_work exchange_suggest;

/* MHD_OPTION_NOTIFY_COMPLETED: the answer is out, or never will be. */
void exchange_end(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code);

#endif
