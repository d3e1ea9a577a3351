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

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "server/access.h"
#include "server/api.h"
#include "server/cors.h"
#include "server/guard.h"
#include "server/head.h"
#include "server/mhd_errors.h"
#include "server/reading.h"
#include "server/respond.h"
#include "server/routes.h"
#include "store/clock.h"
#include "store/npy_header.h"

enum {
  METHOD_SIZE = 16,
  PATH_SIZE = 256,
  ARGUMENTS_AT_HAND = 8,           /* query arguments that need no allocation */
  SWALLOWED_BYTES_MIN = 256 << 10, /* of a refused or outgrown body that are read before the connection is closed on it;
                                      where bodies may be longer than this, as many as those */
  PIECE_BYTES = 80,                /* of a connection's memory that a field or an argument takes beside its text */
  ANSWER_HEAD_BYTES = 2 << 10,     /* of it that an answer's head takes at most */
  PATIENCE_MICROSECONDS = 1000000, /* work that begins this soon is done for clients that closed their side, too */
  SMALL_ANSWER_BYTES = 64 << 10    /* answers up to here are made however much others hold: few large ones that nobody
                                      reads must not keep probes and single vectors from being answered */
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

static struct visit *visit_of(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

/* The path of a target that may be in absolute form, as proxies send it (RFC 9112, section 3.2.2). What stands before
 * it may hold a password. */
static const char *path_of(const char *target) {
  static const char scheme[] = "http://";
  if (strncasecmp(target, scheme, strlen(scheme)) != 0) return target;
  const char *path = target + strlen(scheme);
  path += strcspn(path, "/?");
  return *path == '/' ? path : "/";
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
    log_copy_path(exchange->path, sizeof exchange->path, path_of(target));
    /* It is the connection's own read buffer, which libmicrohttpd itself is about to cut up; only its type says const.
     * Nothing else can keep it from taking more memory for arguments than the connection has, and hanging. */
    exchange->target_at = target;
    exchange->target_length = strlen(target);
    guard_target((char *)(uintptr_t)target, limits->url_bytes, limits->query_arguments, &exchange->target);
  }
  return exchange;
}

/* The origins whose pages may read answers. For who watches, and shows no key, there are none. */
static const char *origins_of(const struct exchanges *all) {
  return all->scope.only & ROUTE_WATCH ? NULL : all->service->cors_origins;
}

/* What each of its answers tells. */
static struct respond_fields fields_of(const struct exchanges *all, struct exchange *exchange) {
  exchange->timing.total = (uint64_t)(clock_microseconds() - exchange->started);
  return (struct respond_fields){
      .request_id = exchange->request_id,
      .timing = exchange->timing,
      .close = exchange->closes || atomic_load(&all->service->draining),
      .allow_origin = exchange->allow_origin,
      .vary_origin = cors_varies(origins_of(all)),
  };
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

static bool refuse_now(const struct exchanges *all, struct exchange *exchange, struct MHD_Connection *connection,
                       const struct refusal *refusal) {
  const struct respond_fields fields = fields_of(all, exchange);
  exchange->refused = refusal->reason;
  bool queued = respond_refusal(connection, refusal, exchange->dialect, &fields, &exchange->result);
  visit_sends(exchange->visit, exchange->result.bytes);
  return queued;
}

/* Remembers a refusal until the body, if any, is through. */
static bool refuse_later(struct exchange *exchange, const struct refusal *refusal) {
  exchange->refusal = malloc(sizeof *exchange->refusal);
  if (!exchange->refusal) return false;
  *exchange->refusal = *refusal;
  bytes_release(&exchange->body);
  return true;
}

/* What libmicrohttpd adds to a field; cookies, which nobody here reads, it copies and takes apart. */
static size_t overhead_of(const char *name, const char *value, size_t value_length) {
  size_t bytes = PIECE_BYTES;
  if (strcasecmp(name, MHD_HTTP_HEADER_COOKIE) != 0) return bytes;
  for (size_t i = 0; i < value_length; i++) bytes += value[i] == ';' || value[i] == ',' ? PIECE_BYTES : 0;
  return bytes + PIECE_BYTES + value_length;
}

static enum MHD_Result take_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                  const char *value, size_t value_length) {
  struct exchange *exchange = context;
  (void)kind;
  if (value) head_field(&exchange->head, name, name_length, value, value_length);
  exchange->overhead += overhead_of(name, value ? value : "", value_length);
  guard_field(&exchange->fields, name, name_length, value ? value : "", value_length);
  return MHD_YES;
}

/* Fields of one name. */
struct join {
  const char *name;
  struct bytes bytes;
};

static enum MHD_Result join_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                  const char *value, size_t value_length) {
  struct join *join = context;
  (void)kind;
  (void)value_length;
  if (name_length != strlen(join->name) || strcasecmp(name, join->name) != 0) return MHD_YES;
  bool ok = (join->bytes.length == 0 || bytes_append_text(&join->bytes, ", ") == STATUS_OK) &&
            bytes_append_text(&join->bytes, value) == STATUS_OK;
  return ok ? MHD_YES : MHD_NO;
}

/* Joins the values of `count` fields into *out, which stays NULL when they are not several. False: no memory. */
static bool join_fields(struct MHD_Connection *connection, const char *name, unsigned count, char **out) {
  if (count < 2) return true;
  struct join join = {.name = name};
  bytes_init(&join.bytes, SIZE_MAX / 2); /* bounded by the connection's own memory */
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, join_field, &join);
  if (bytes_append(&join.bytes, "", 1) != STATUS_OK) {
    bytes_release(&join.bytes);
    return false;
  }
  *out = (char *)bytes_take(&join.bytes);
  return true;
}

/* Begins to look for what the head hides, where that can be judged. */
static void begin_head(struct exchange *exchange, struct MHD_Connection *connection, const char *const line[3]) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  if (info && exchange->target_at && head_layout_known(MHD_get_version()))
    head_begin(&exchange->head, line[1], exchange->target_at, exchange->target_length, line[2], info->header_size);
}

static bool collect_fields(struct exchange *exchange, struct MHD_Connection *connection) {
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, take_field, exchange);
  const struct guard_fields *fields = &exchange->fields;
  if (fields->request_id) request_id_take(fields->request_id, exchange->request_id);
  return join_fields(connection, MHD_HTTP_HEADER_ACCEPT, fields->accept_count, &exchange->accepts) &&
         join_fields(connection, MHD_HTTP_HEADER_IF_NONE_MATCH, fields->if_none_match_count, &exchange->conditions);
}

static bool target_allowed(const struct exchange *exchange, const struct limits *limits, struct refusal *refusal) {
  const struct guard_target *target = &exchange->target;
  if (target->too_long) {
    refusal_set(refusal, REFUSAL_URL_TOO_LONG,
                "The URL is longer than %zu bytes; send a POST with a JSON body instead.", limits->url_bytes);
  } else if (target->too_many) {
    refusal_set(refusal, REFUSAL_URL_TOO_LONG,
                "The URL has more than %zu query arguments; send a POST with a JSON body instead.",
                limits->query_arguments);
  } else if (target->malformed) {
    refusal_set(
        refusal, REFUSAL_MALFORMED,
        "The URL holds a space, a control character, %%00 in its path, or a '%%' that two hexadecimal digits do "
        "not follow (write %%25 for '%%').");
  } else {
    return true;
  }
  return false;
}

static bool route_allowed(const struct exchanges *all, const struct exchange *exchange, const char *path,
                          const char *method, struct refusal *refusal) {
  if (!exchange->route) {
    char paths[ROUTE_PATHS];
    refusal_set(refusal, REFUSAL_NO_ROUTE, "There is nothing at %.200s; the routes are %s.", path,
                route_paths(exchange->dialect, all->scope, paths));
    return false;
  }
  if (exchange->route->methods & route_method(method)) return true;
  const char *allow = route_allow(exchange->route);
  refusal_set(refusal, REFUSAL_METHOD, "%.200s answers %s, not %.40s.", path, allow, method);
  snprintf(refusal->allow, sizeof refusal->allow, "%s", allow);
  return false;
}

/* Finds the route, if there is one, and with it how long the body may be. */
static void find_route(const struct exchanges *all, struct exchange *exchange, const char *path) {
  exchange->route = route_find(path, &exchange->rest);
  if (exchange->route && !route_within(exchange->route, all->scope)) exchange->route = NULL;
  const struct route *route = exchange->takes_body ? exchange->route : NULL;
  bytes_init_within(&exchange->body, route_body_limit(route, &all->service->limits),
                    route_body_budget(route, all->service));
}

/* Everything that can be said before the body. */
static bool admissible(const struct exchanges *all, struct exchange *exchange, const char *url, const char *method,
                       const char *version, struct refusal *refusal) {
  const struct limits *limits = &all->service->limits;
  if (!admission_admits(all->admission, exchange->visit)) {
    exchange->closes = true;
    if (!route_is_vital(exchange->route)) {
      refusal_set(refusal, REFUSAL_BUSY, "Too many connections are open (--limit-connections); try again in a moment.");
      refusal->reason = REASON_CONNECTIONS;
      return false;
    }
  }
  if (!head_is_whole(&exchange->head)) {
    refusal_set(refusal, REFUSAL_MALFORMED,
                "The request's head holds a NUL, a folded line or a line without a name, which could hide something.");
    exchange->closes = true;
    return false;
  }
  if (!guard_allows(&exchange->fields, version, refusal)) {
    exchange->closes = true;
    return false;
  }
  if (exchange->fields.expects_other) {
    refusal_set(refusal, REFUSAL_EXPECTATION, "The only expectation that can be met here is \"100-continue\".");
    exchange->closes = true; /* whether a body comes is the client's choice now */
    return false;
  }
  if (exchange->target.malformed) exchange->closes = true; /* by somebody who means something else by a request line */
  exchange->preflight = cors_is_preflight(exchange->allow_origin, method, &exchange->fields);
  if (exchange->preflight) return true;
  struct keys *keys = all->scope.only & ROUTE_WATCH ? NULL : all->service->keys;
  if (!access_allows(keys, &exchange->fields, exchange->route, refusal)) {
    exchange->closes |= guard_expects_body(&exchange->fields); /* which then is not read */
    return false;
  }
  if (exchange->fields.declared > exchange->body.limit) {
    refusal_set(refusal, REFUSAL_BODY_TOO_LARGE, "The body has %llu bytes, and at most %zu are allowed.",
                (unsigned long long)exchange->fields.declared, exchange->body.limit);
    exchange->closes = true;
    return false;
  }
  if (!target_allowed(exchange, limits, refusal) || !route_allowed(all, exchange, path_of(url), method, refusal))
    return false;
  return !exchange->takes_body ||
         reading_type_allowed(exchange->fields.content_type, exchange->route->methods & ROUTE_NPY, &exchange->body_kind,
                              refusal);
}

/* An answer outside libmicrohttpd, for the moments at which it takes none. */
static bool refuse_bluntly(struct exchange *exchange, struct MHD_Connection *connection,
                           const struct refusal *refusal) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  const struct respond_fields fields = fields_of(exchange->all, exchange);
  const struct respond_blunt how = {exchange->dialect, strcmp(exchange->method, "HEAD") == 0, &fields};
  exchange->refused = refusal->reason;
  exchange->lingers = true;
  return info && respond_bluntly(info->connect_fd, refusal, &how, &exchange->result);
}

/* Whether the connection's memory, which the head and what was made of it share, has room for the head of an answer;
 * libmicrohttpd closes without a word when it has not. */
static bool leaves_room(const struct exchange *exchange, struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  size_t overhead = exchange->overhead + exchange->target.arguments * PIECE_BYTES;
  return !info || info->header_size + overhead + ANSWER_HEAD_BYTES <= EXCHANGE_MEMORY_BYTES;
}

static enum MHD_Result admit(const struct exchanges *all, struct exchange *exchange, struct MHD_Connection *connection,
                             const char *const line[3]) {
  const char *url = line[0];
  const char *method = line[1];
  struct refusal refusal;
  size_t method_length = strnlen(method, sizeof exchange->method - 1);
  memcpy(exchange->method, method, method_length);
  exchange->method[method_length] = '\0';
  exchange->takes_body = route_method(method) == ROUTE_POST;
  exchange->dialect = route_dialect(path_of(url));
  find_route(all, exchange, path_of(url));
  begin_head(exchange, connection, line);
  if (!collect_fields(exchange, connection)) return MHD_NO;
  if (!leaves_room(exchange, connection)) {
    mhd_errors_refusal(MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, &refusal);
    refuse_bluntly(exchange, connection, &refusal);
    return MHD_NO;
  }
  exchange->allow_origin = cors_allowed(origins_of(all), exchange->fields.origin);
  bool body = guard_expects_body(&exchange->fields);
  if (body) visit_reads_body(exchange->visit);
  bool admitted = admissible(all, exchange, url, method, line[2], &refusal);
  access_wipe(&exchange->fields);
  if (admitted) return MHD_YES;

  if (body) {
    exchange->closes |= exchange->fields.expects;
    exchange->lingers = exchange->closes;
    /* libmicrohttpd closes behind an answer that comes before the body. */
    if (exchange->closes) return refuse_now(all, exchange, connection, &refusal) ? MHD_YES : MHD_NO;
  }
  return refuse_later(exchange, &refusal) ? MHD_YES : MHD_NO;
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
    if (!refuse_later(exchange, &refusal)) return MHD_NO;
  }
  exchange->swallowed += got;
  if (exchange->swallowed <= SWALLOWED_BYTES_MIN || exchange->swallowed <= allowed) return MHD_YES;
  refuse_outgrown(exchange, &refusal);
  refuse_bluntly(exchange, connection, exchange->refusal ? exchange->refusal : &refusal);
  return MHD_NO;
}

static enum MHD_Result take_argument(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                     const char *value, size_t value_length) {
  struct exchange *exchange = context;
  (void)kind;
  if (strlen(name) != name_length) exchange->argument_name_broken = true;
  exchange->arguments[exchange->argument_count++] =
      (struct argument){name, value ? value : "", value ? value_length : 0};
  return exchange->argument_count < exchange->target.arguments ? MHD_YES : MHD_NO;
}

static bool collect_arguments(struct exchange *exchange, struct MHD_Connection *connection) {
  size_t count = exchange->target.arguments;
  exchange->arguments = exchange->at_hand;
  if (count == 0) return true;
  if (count > ARGUMENTS_AT_HAND) exchange->arguments = calloc(count, sizeof *exchange->arguments);
  if (!exchange->arguments) return false;
  MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, take_argument, exchange);
  return true;
}

/* Whether a refusal is one that near spellings belong to. Other services' shapes have no place for them. */
static bool wants_suggestions(const struct exchange *exchange, const struct refusal *refusal) {
  return refusal->kind == REFUSAL_NO_WORD && exchange->dialect == DIALECT_OWN;
}

/* Whether a search brings many queries: each is a JSON object within another. A brace in a word may make a batch of
 * what is none, which then waits among batches. */
static bool is_batch(const struct exchange *exchange) {
  struct npy_header header;
  if (exchange->body_kind == BODY_NPY)
    return npy_header_read(exchange->body.data, exchange->body.length, NULL, &header) == STATUS_OK &&
           header.dimensions > 1 && header.sizes[0] > 1;
  const char *body = (const char *)exchange->body.data, *end = body + exchange->body.length;
  const char *outer = body ? memchr(body, '{', exchange->body.length) : NULL;
  return outer && memchr(outer + 1, '{', (size_t)(end - outer - 1));
}

/* Where the handler's work is done; NULL: here. */
static struct backlog *backlog_of(const struct exchanges *all, const struct exchange *exchange) {
  switch (exchange->route->work) {
    case ROUTE_SEARCHES: return is_batch(exchange) ? all->batches : all->searches;
    case ROUTE_GATHERS: return exchange->takes_body ? all->batches : NULL;
    default: return NULL;
  }
}

/* What a client has already, by If-None-Match of a GET or HEAD; others do not heed it. */
static const char *condition_of(const struct exchange *exchange) {
  if (exchange->takes_body) return NULL;
  return exchange->conditions ? exchange->conditions : exchange->fields.if_none_match;
}

/* Lets the handler answer. True: it filled *reply; false: *refusal. */
static bool answer(const struct exchanges *all, struct exchange *exchange, bool suggest, struct reply *reply,
                   struct refusal *refusal) {
  struct service *service = all->service;
  struct call call = {
      .service = service,
      .hurried = !exchange->deferred || exchange->deferred->hurried,
      .suggest = suggest,
      .has_body = exchange->takes_body,
      .body_kind = exchange->body_kind,
      .arguments = exchange->arguments,
      .argument_count = exchange->argument_count,
      .body = exchange->body.data,
      .body_length = exchange->body.length,
      .accept = exchange->accepts ? exchange->accepts : exchange->fields.accept,
      .if_none_match = condition_of(exchange),
      .asks_only = !exchange->deferred && backlog_of(all, exchange),
      .rest = exchange->rest,
      .dialect = exchange->dialect,
      .tally = &exchange->tally,
  };
  exchange->tally = (struct metrics_tally){.rows = 0}; /* it may be asked a second time */
  *reply = (struct reply){.http_status = MHD_HTTP_OK, .content_type = "application/json"};
  bytes_init_within(&reply->body, service->answers.limit, &service->answers);
  reply->body.spared = SMALL_ANSWER_BYTES;
  bool done = api_answer(exchange->route->handle, &call, reply, refusal);
  memcpy(exchange->model, reply->model, sizeof exchange->model);
  if (!done) {
    bytes_release(&reply->body);
    return false;
  }
  /* Either may lie here for as long as the client takes to read the answer. */
  bytes_trim(&reply->body);
  bytes_release(&exchange->body);
  exchange->stream = reply->stream;
  exchange->tally.rows = reply->rows;
  return true;
}

static enum MHD_Result send_reply(const struct exchanges *all, struct exchange *exchange,
                                  struct MHD_Connection *connection, struct reply *reply) {
  const struct respond_fields fields = fields_of(all, exchange);
  if (reply->stream) reply->stream->visit = exchange->visit;
  bool queued = respond_reply(connection, reply, &fields, &exchange->result);
  visit_sends(exchange->visit, exchange->result.bytes);
  return queued ? MHD_YES : MHD_NO;
}

static enum MHD_Result send_preflight(const struct exchanges *all, struct exchange *exchange,
                                      struct MHD_Connection *connection) {
  const struct respond_fields fields = fields_of(all, exchange);
  bool queued = respond_preflight(connection, &fields, &exchange->result);
  visit_sends(exchange->visit, 0);
  return queued ? MHD_YES : MHD_NO;
}

/* Puts the exchange into a backlog, and the refusal aside for when it is too late. False: there is no room. */
static bool defer(const struct exchanges *all, struct backlog *backlog, struct exchange *exchange,
                  struct MHD_Connection *connection, const struct refusal *refusal) {
  struct deferred *deferred = calloc(1, sizeof *deferred);
  if (!deferred || !backlog_reserve(backlog)) {
    free(deferred);
    return false;
  }
  deferred->exchange = exchange;
  deferred->connection = connection;
  deferred->hurried = backlog != all->batches;
  deferred->refusal = *refusal;
  deferred->since = clock_microseconds();
  exchange->deferred = deferred;
  exchange->timing.waited = true;
  visit_works(exchange->visit);
  /* In this order: a connection that is resumed before it is suspended stays suspended for ever. */
  MHD_suspend_connection(connection);
  backlog_add(backlog, &deferred->task);
  return true;
}

/* Whether nobody waits for the answer any more. A client that has gone looks like one that has closed its side and
 * still reads, as "nc -N" does behind its request: so this is asked only where searches pile up and clients have had
 * time to lose their patience. Seldom more than that can be done for the latter: once resumed, libmicrohttpd reads
 * before it sends, and closes when it reads the end; only without other connections on its thread it does not. */
static bool is_abandoned(const struct deferred *deferred) {
  if (clock_microseconds() - deferred->exchange->started < PATIENCE_MICROSECONDS) return false;
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(deferred->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  char byte;
  if (!info) return false;
  ssize_t got = recv(info->connect_fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

/* Adds the time since the last of these to what was spent so. */
static void add_time(struct deferred *deferred, uint64_t *spent) {
  int64_t now = clock_microseconds();
  *spent += (uint64_t)(now - deferred->since);
  deferred->since = now;
}

/* From here on the exchange is its connection's again. */
static void hand_back(struct deferred *deferred, enum deferred_outcome outcome) {
  add_time(deferred, &deferred->exchange->timing.search);
  deferred->outcome = outcome;
  MHD_resume_connection(deferred->connection);
}

static void hand_back_late(struct deferred *deferred) {
  deferred->refusal.reason = REASON_QUEUE_TIMEOUT;
  hand_back(deferred, DEFERRED_REFUSED);
}

/* Goes on among the batches, where what takes long may be done. */
static void postpone(const struct exchanges *all, struct deferred *deferred) {
  deferred->hurried = false;
  if (backlog_reserve(all->batches))
    backlog_add(all->batches, &deferred->task);
  else
    hand_back(deferred, DEFERRED_REFUSED);
}

void exchange_search(void *context, struct backlog_task *task, bool late) {
  const struct exchanges *all = context;
  struct deferred *deferred = (struct deferred *)task;
  struct server_timing *timing = &deferred->exchange->timing;
  add_time(deferred, &timing->queue);
  if (late) {
    hand_back_late(deferred);
  } else if (is_abandoned(deferred)) {
    hand_back(deferred, DEFERRED_ABANDONED);
  } else if (answer(all, deferred->exchange, false, &deferred->reply, &deferred->refusal)) {
    hand_back(deferred, DEFERRED_REPLIED);
  } else if (deferred->reply.postponed) {
    postpone(all, deferred);
  } else if (wants_suggestions(deferred->exchange, &deferred->refusal) && backlog_reserve(all->suggestions)) {
    add_time(deferred, &timing->search);
    deferred->hurried = true;
    backlog_add(all->suggestions, task);
  } else {
    hand_back(deferred, DEFERRED_REFUSED);
  }
}

void exchange_suggest(void *context, struct backlog_task *task, bool late) {
  const struct exchanges *all = context;
  struct deferred *deferred = (struct deferred *)task;
  add_time(deferred, &deferred->exchange->timing.queue);
  bool found = !late && answer(all, deferred->exchange, true, &deferred->reply, &deferred->refusal);
  hand_back(deferred, found ? DEFERRED_REPLIED /* by a model that came meanwhile */ : DEFERRED_REFUSED);
}

/* Sends what came of it. */
static enum MHD_Result finish(const struct exchanges *all, struct exchange *exchange,
                              struct MHD_Connection *connection) {
  struct deferred *deferred = exchange->deferred;
  switch (deferred->outcome) {
    case DEFERRED_REPLIED: return send_reply(all, exchange, connection, &deferred->reply);
    case DEFERRED_REFUSED: return refuse_now(all, exchange, connection, &deferred->refusal) ? MHD_YES : MHD_NO;
    default: return MHD_NO;
  }
}

static void refuse_queue(struct refusal *refusal, const char *text) {
  refusal_set(refusal, REFUSAL_BUSY, "%s", text);
  refusal->reason = REASON_QUEUE_FULL;
}

/* Asks the handler, here or by way of a backlog. False: *refusal is to be sent. */
static bool run_handler(const struct exchanges *all, struct exchange *exchange, struct MHD_Connection *connection,
                        enum MHD_Result *result, struct refusal *refusal) {
  struct reply reply;
  *result = MHD_YES;
  struct backlog *backlog = backlog_of(all, exchange);
  if (backlog && !condition_of(exchange)) {
    refuse_queue(refusal, "Too many searches wait already; try again in a moment.");
    return defer(all, backlog, exchange, connection, refusal);
  }
  bool done = answer(all, exchange, false, &reply, refusal);
  if (reply.postponed) {
    refuse_queue(refusal, "Too much work waits already; try again in a moment.");
    return defer(all, backlog ? backlog : all->batches, exchange, connection, refusal);
  }
  if (!done) return wants_suggestions(exchange, refusal) && defer(all, all->suggestions, exchange, connection, refusal);
  *result = send_reply(all, exchange, connection, &reply);
  return true;
}

static enum MHD_Result run(const struct exchanges *all, struct exchange *exchange, struct MHD_Connection *connection) {
  struct refusal refusal;
  enum MHD_Result result;
  if (!collect_arguments(exchange, connection)) return MHD_NO;
  if (exchange->argument_name_broken)
    refusal_set(&refusal, REFUSAL_MALFORMED, "The name of a query argument holds %%00.");
  else if (run_handler(all, exchange, connection, &result, &refusal))
    return result;
  return refuse_now(all, exchange, connection, &refusal) ? MHD_YES : MHD_NO;
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
    enum MHD_Result result = admit(all, exchange, connection, line);
    if (throws_body_away(exchange)) set_patience(all, exchange, PATIENCE_SHORT);
    return result;
  }
  if (*length > 0) return collect(exchange, connection, data, length);
  set_patience(all, exchange, PATIENCE_FULL);
  if (exchange->refusal) return refuse_now(all, exchange, connection, exchange->refusal) ? MHD_YES : MHD_NO;
  if (exchange->preflight) return send_preflight(all, exchange, connection);
  if (exchange->deferred) return finish(all, exchange, connection);
  return run(all, exchange, connection);
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
  bool sent = exchange ? refuse_bluntly(exchange, connection, refusal)
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
