/* The station where an exchange's handler runs: on the thread of its connection, or on one of a backlog, which owns the
 * exchange meanwhile (exchange.c tells how). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/api.h"
#include "server/exchange_parts.h"
#include "store/clock.h"
#include "store/npy_header.h"

enum {
  PATIENCE_MICROSECONDS = 1000000, /* work that begins this soon is done for clients that closed their side, too */
  SMALL_ANSWER_BYTES = 64 << 10    /* answers up to here are made however much others hold: few large ones that nobody
                                      reads must not keep probes and single vectors from being answered */
};

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

enum MHD_Result exchange_finish(const struct exchanges *all, struct exchange *exchange,
                                struct MHD_Connection *connection) {
  struct deferred *deferred = exchange->deferred;
  switch (deferred->outcome) {
    case DEFERRED_REPLIED: return exchange_reply(all, exchange, connection, &deferred->reply);
    case DEFERRED_REFUSED: return exchange_refuse(all, exchange, connection, &deferred->refusal) ? MHD_YES : MHD_NO;
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
  *result = exchange_reply(all, exchange, connection, &reply);
  return true;
}

enum MHD_Result exchange_run(const struct exchanges *all, struct exchange *exchange,
                             struct MHD_Connection *connection) {
  struct refusal refusal;
  enum MHD_Result result;
  if (!collect_arguments(exchange, connection)) return MHD_NO;
  if (exchange->argument_name_broken)
    refusal_set(&refusal, REFUSAL_MALFORMED, "The name of a query argument holds %%00.");
  else if (run_handler(all, exchange, connection, &result, &refusal))
    return result;
  return exchange_refuse(all, exchange, connection, &refusal) ? MHD_YES : MHD_NO;
}
