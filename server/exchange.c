/* The stations of a request: begin (its target is judged), admit (its fields are judged, its route found), collect (its
 * body), run (its handler), end (its line in the log).
 *
 * What searches leaves the connection's thread between collect and run: the connection is suspended, a thread of a
 * backlog runs the handler and resumes the connection, whose thread then sends what came of it. Each side touches the
 * exchange only while it is its own: the backlog's from backlog_add() to MHD_resume_connection(), the connection's
 * before and after. Suspended connections have no time-out in libmicrohttpd, and the backlog's deadline is theirs;
 * MHD_stop_daemon() does not bear them, so the backlogs end first.
 *
 * A batch may hold its thread for minutes: batches have a backlog of their own, so that enough of them do not keep
 * single searches waiting. So does what a search turns out to need beforehand, the joining of models: it goes on among
 * the batches.
 *
 * A word that is not there is a refusal at first. Its near spellings take a pass over all words, which has a backlog of
 * its own, with one thread: searches do not hold it up, and a flood of such words does not hold up searches. A request
 * that finds no room there is answered without them, and so is one whose handler takes long.
 *
 * libmicrohttpd takes an answer only before the body or after it. So what is refused before the body is answered at
 * once when the body is long or would only be sent after "100 Continue", and otherwise after a short body has been
 * read and thrown away, which keeps the connection usable. A body of unknown length that outgrows its limit leaves no
 * moment for a proper answer: it is written to the socket directly and the connection closed. */
#include "server/exchange.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/exchange_parts.h"
#include "store/clock.h"

/* Of a refused or outgrown body, bytes that are read before the connection is closed on it; where bodies may be longer
 * than this, as many as those. */
enum { SWALLOWED_BYTES_MIN = 256 << 10 };

static struct visit *visit_of(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

void *exchange_begin(void *context, const char *target, struct MHD_Connection *connection) {
  struct exchanges *all = context;
  struct exchange *exchange = calloc(1, sizeof *exchange);
  if (!exchange) return NULL;
  exchange->started = clock_microseconds();
  exchange->refused = REASON_COUNT;
  exchange->all = all;
  exchange->visit = visit_of(connection);
  if (exchange->visit) exchange->visit->exchange = exchange;
  visit_reads_head(exchange->visit);
  const struct limits *limits = &all->service->limits;
  bytes_init_within(&exchange->body, limits->body_bytes, &all->service->parsing);
  exchange->method[0] = '-';
  request_id_make(&all->ids, exchange->request_id);
  if (target) {
    log_copy_path(exchange->path, sizeof exchange->path, exchange_path(target));
    /* It is the connection's own read buffer, which libmicrohttpd itself is about to cut up; only its type says const.
     * Nothing else can keep it from taking more memory for arguments than the connection has, and hanging. */
    exchange->target_at = target;
    exchange->target_length = strlen(target);
    guard_target((char *)(uintptr_t)target, limits->url_bytes, limits->query_arguments, &exchange->target);
  }
  return exchange;
}

/* Where exchanges are counted for whom so much patience is had. */
static atomic_size_t *counter_of(struct exchanges *all, enum patience patience) {
  switch (patience) {
    case PATIENCE_SHORT: return &all->connections.fresh;
    case PATIENCE_FULL: return &all->service->in_flight;
    default: return NULL;
  }
}

static void set_patience(struct exchanges *all, struct exchange *exchange, enum patience patience) {
  atomic_size_t *to = counter_of(all, patience), *from = counter_of(all, exchange->patience);
  if (to) atomic_fetch_add(to, 1); /* first, so that it is never in neither */
  if (from) atomic_fetch_sub(from, 1);
  exchange->patience = patience;
}

static void refuse_outgrown(const struct exchange *exchange, struct refusal *refusal) {
  refusal_set(refusal, REFUSAL_BODY_TOO_LARGE, "The body is longer than the %zu bytes that are allowed.",
              exchange->body.limit);
}

/* Appends to the body as the limit and the budget allow; fills *refusal when they do not. */
static bool keep(struct exchange *exchange, const char *data, size_t length, struct refusal *refusal) {
  enum status status = bytes_append(&exchange->body, data, length);
  if (status == STATUS_LIMIT)
    refuse_outgrown(exchange, refusal);
  else if (status != STATUS_OK)
    refusal_set(refusal, REFUSAL_BUSY, "Too many request bodies are being read; try again in a moment.");
  return status == STATUS_OK;
}

/* A GET's body means nothing (RFC 9110, section 9.3.1): it is thrown away, as that of a refused request is. */
static enum MHD_Result collect(struct exchange *exchange, struct MHD_Connection *connection, const char *data,
                               size_t *length) {
  size_t got = *length, allowed = exchange->body.limit;
  struct refusal refusal;
  *length = 0;
  exchange->received += got;
  visit_has_read(exchange->visit, exchange->received);
  if (!exchange->refusal && exchange->takes_body) {
    if (keep(exchange, data, got, &refusal)) return MHD_YES;
    if (!exchange_refuse_later(exchange, &refusal)) return MHD_NO;
  }
  exchange->swallowed += got;
  if (exchange->swallowed <= SWALLOWED_BYTES_MIN || exchange->swallowed <= allowed) return MHD_YES;
  refuse_outgrown(exchange, &refusal);
  exchange_refuse_bluntly(exchange, connection, exchange->refusal ? exchange->refusal : &refusal);
  return MHD_NO;
}

/* Whether a body is on its way that nobody reads. Anyone can send one, without a key and as slowly as it is borne. */
static bool throws_body_away(const struct exchange *exchange) {
  return guard_expects_body(&exchange->fields) && (exchange->refusal || !exchange->takes_body);
}

enum MHD_Result exchange_handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                const char *version, const char *data, size_t *length, void **state) {
  struct exchanges *all = context;
  struct exchange *exchange = *state;
  if (!exchange) return MHD_NO; /* exchange_begin() had no memory */
  if (!exchange->admitted) {
    exchange->admitted = true;
    /* Counted from here, not from the request line: a client that stalls in its fields must not hold up a shutdown. */
    set_patience(all, exchange, PATIENCE_FULL);
    connections_asked(&all->connections, exchange->visit);
    const char *const line[3] = {url, method, version};
    enum MHD_Result result = exchange_admit(all, exchange, connection, line);
    if (throws_body_away(exchange)) set_patience(all, exchange, PATIENCE_SHORT);
    return result;
  }
  if (*length > 0) return collect(exchange, connection, data, length);
  set_patience(all, exchange, PATIENCE_FULL);
  if (exchange->refusal) return exchange_refuse(all, exchange, connection, exchange->refusal) ? MHD_YES : MHD_NO;
  if (exchange->preflight) return exchange_preflight(all, exchange, connection);
  if (exchange->deferred) return exchange_finish(all, exchange, connection);
  return exchange_run(all, exchange, connection);
}

static void linger(const struct exchanges *all, struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  int copy = info && all->lingering ? fcntl(info->connect_fd, F_DUPFD_CLOEXEC, 3) : -1;
  if (copy >= 0) lingering_add(all->lingering, copy);
}

/* Whether it is asked by somebody who watches, again and again. */
static bool is_probe(const struct route *route) {
  return route && route->methods & ROUTE_WATCH;
}

static void count(const struct exchanges *all, const struct exchange *exchange, uint64_t microseconds) {
  const struct metrics_request request = {.route = exchange->route,
                                          .method = exchange->method,
                                          .status = exchange->result.status,
                                          .microseconds = microseconds,
                                          .reason = exchange->refused,
                                          .tally = exchange->tally};
  metrics_count_request(all->service->metrics, &request);
}

void exchange_end(void *context, struct MHD_Connection *connection, void **state,
                  enum MHD_RequestTerminationCode code) {
  struct exchanges *all = context;
  struct exchange *exchange = *state;
  (void)code;
  if (!exchange) return;
  *state = NULL;
  if (exchange->result.status == 0) {
    /* Answered by libmicrohttpd itself (a malformed field, no memory in the pool) or not at all: then 0. */
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
    if (info) exchange->result.status = info->http_status;
    if (info) exchange->lingers = true; /* it closes, perhaps with a flood of fields unread */
  }
  if (exchange->lingers) linger(all, connection);
  if (exchange->stream && exchange->result.status != 0) exchange->result.bytes = exchange->stream->made;
  if (strcmp(exchange->method, "HEAD") == 0) exchange->result.bytes = 0;
  struct log_request line = {
      .id = exchange->request_id,
      .method = exchange->method,
      .path = exchange->path,
      .status = exchange->result.status,
      .bytes = exchange->result.bytes,
      .microseconds = (uint64_t)(clock_microseconds() - exchange->started),
      .model = exchange->model,
      .probe = is_probe(exchange->route),
      .timing = exchange->timing,
  };
  log_request(all->log, &line);
  count(all, exchange, line.microseconds);
  stream_free(exchange->stream);
  bytes_release(&exchange->body);
  if (exchange->deferred) bytes_release(&exchange->deferred->reply.body);
  free(exchange->deferred);
  if (exchange->arguments != exchange->at_hand) free(exchange->arguments);
  free(exchange->accepts);
  free(exchange->conditions);
  free(exchange->refusal);
  set_patience(all, exchange, PATIENCE_NONE);
  if (exchange->visit) exchange->visit->exchange = NULL;
  visit_reads_head(exchange->visit);
  free(exchange);
}

void exchange_fail(struct MHD_Connection *connection, const struct refusal *refusal) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  struct visit *visit = visit_of(connection);
  struct exchange *exchange = visit ? visit->exchange : NULL;
  struct respond_result result;
  if (exchange && !exchange->admitted) exchange->dialect = route_dialect(exchange->path);
  bool sent = exchange ? exchange_refuse_bluntly(exchange, connection, refusal)
                       : info && respond_bluntly(info->connect_fd, refusal,
                                                 &(struct respond_blunt){.dialect = DIALECT_OWN}, &result);
  /* Whatever libmicrohttpd says behind it goes nowhere. */
  if (info && sent) shutdown(info->connect_fd, SHUT_WR);
}

void exchange_visit(void *context, struct MHD_Connection *connection, void **visit,
                    enum MHD_ConnectionNotificationCode code) {
  struct exchanges *all = context;
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  metrics_count_connection(all->service->metrics, code == MHD_CONNECTION_NOTIFY_CLOSED);
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
    connections_asked(&all->connections, *visit); /* or never will */
    admission_leave(all->admission, *visit);
    *visit = NULL;
    return;
  }
  *visit = info ? admission_arrive(all->admission, info->connect_fd) : NULL;
  if (!*visit) connections_refused(&all->connections);
}
