/* Starts and stops libmicrohttpd. Requests themselves are exchange.c's. */
#include "server/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/acceptor.h"
#include "server/exchange.h"
#include "store/clock.h"

/* Near spellings are a courtesy: what they may cost is little, and past it an answer goes without. */
enum { SUGGESTIONS_WAITING = 32, SUGGESTIONS_SECONDS = 1 };

/* Above the limit of connections that is kept here: what was taken and not yet counted must not be dropped. */
enum { CONNECTIONS_SPARE = 1024 };

/* How long connections that were just let in may take to bring their request when the daemon stops. */
enum { FRESH_MILLISECONDS = 1000 };

struct http {
  struct MHD_Daemon *daemon;
  struct listener listener; /* until the acceptor has it */
  bool inherited;
  struct acceptor *acceptor; /* NULL: it accepts no more */
  int64_t quiesced;          /* of clock_milliseconds() */
  struct exchanges exchanges;
  char url[ADDRESS_URL_SIZE];
};

/* What libmicrohttpd has to say itself is about broken connections: of interest to nobody but at its worst moments. */
static void ignore_message(void *context, const char *format, va_list arguments) {
  (void)context;
  (void)format;
  (void)arguments;
}

static struct MHD_Daemon *start_daemon(struct http *http, unsigned threads) {
  const struct limits *limits = &http->exchanges.service->limits;
  /* Divided among the threads, each of which needs one at least. */
  unsigned connections = (unsigned)(limits->connections + admission_reserve(limits->connections));
  if (connections < threads) connections = threads;
  return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC |
                              MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
                          0, NULL, NULL, exchange_handle, &http->exchanges,                   //
                          MHD_OPTION_EXTERNAL_LOGGER, ignore_message, NULL,                   //
                          MHD_OPTION_THREAD_POOL_SIZE, threads,                               //
                          MHD_OPTION_CONNECTION_LIMIT, connections + CONNECTIONS_SPARE,       //
                          MHD_OPTION_CONNECTION_TIMEOUT, limits->timeout_seconds,             //
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)EXCHANGE_MEMORY_BYTES,  //
                          MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, &http->exchanges,      //
                          MHD_OPTION_NOTIFY_CONNECTION, exchange_visit, &http->exchanges,     //
                          MHD_OPTION_NOTIFY_COMPLETED, exchange_end, &http->exchanges, MHD_OPTION_END);
}

/* How many batches are worked on at a time. */
static size_t batches_of(const struct limits *limits) {
  return (limits->search_batch + 1) / 2;
}

static enum status prepare_exchanges(const struct http_options *options, struct exchanges *exchanges) {
  const struct limits *limits = &options->service->limits;
  struct metrics *metrics = options->service->metrics;
  exchanges->service = options->service;
  exchanges->log = options->log;
  exchanges->scope = options->scope;
  request_ids_init(&exchanges->ids);
  enum status status = lingering_new(&exchanges->lingering);
  if (status == STATUS_OK) status = admission_new(limits->connections, limits->timeout_seconds, &exchanges->admission);
  if (status != STATUS_OK) return status;
  const struct backlog_options searches = {.threads = (unsigned)limits->search_batch,
                                           .length = limits->search_queue,
                                           .seconds = limits->search_timeout_seconds,
                                           .work = exchange_search,
                                           .context = exchanges,
                                           .waiting = metrics_queue(metrics, METRICS_QUEUE_SEARCHES)};
  struct backlog_options batches = searches;
  batches.waiting = metrics_queue(metrics, METRICS_QUEUE_BATCHES);
  batches.threads = (unsigned)batches_of(limits);
  const struct backlog_options suggestions = {.threads = 1,
                                              .length = SUGGESTIONS_WAITING,
                                              .seconds = SUGGESTIONS_SECONDS,
                                              .work = exchange_suggest,
                                              .context = exchanges,
                                              .waiting = metrics_queue(metrics, METRICS_QUEUE_SUGGESTIONS)};
  status = backlog_new(&searches, &exchanges->searches);
  if (status == STATUS_OK) status = backlog_new(&batches, &exchanges->batches);
  return status == STATUS_OK ? backlog_new(&suggestions, &exchanges->suggestions) : status;
}

/* Over a socket that was handed on, connections wait until the store has been looked at: another process may still take
 * them, or else who asks waits for an answer rather than being told that there is none yet. Over one of its own, probes
 * are to see that it lives. */
static bool has_room(void *context) {
  const struct http *http = context;
  if (http->inherited && !catalog_looked(http->exchanges.service->catalog)) return false;
  return admission_has_room(http->exchanges.admission);
}

static void take_connection(void *context, int descriptor, const struct sockaddr *peer, socklen_t length) {
  struct http *http = context;
  connections_taken(&http->exchanges.connections);
  /* On failure it has closed the descriptor. */
  if (MHD_add_connection(http->daemon, descriptor, peer, length) != MHD_YES)
    connections_refused(&http->exchanges.connections);
}

static enum status start_accepting(struct http *http) {
  const struct acceptor_options options = {
      .listener = http->listener, .has_room = has_room, .take = take_connection, .context = http};
  enum status status = acceptor_start(&options, &http->acceptor);
  if (status == STATUS_OK) http->listener.descriptor = -1;
  return status;
}

enum status http_start(const struct http_options *options, struct problem *problem, struct http **out) {
  struct http *http = calloc(1, sizeof *http);
  if (!http) {
    close(options->listener.descriptor);
    return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  }
  http->listener = options->listener;
  http->inherited = options->listener.inherited;
  address_url(&http->listener.address, http->url);
  enum status status = prepare_exchanges(options, &http->exchanges);
  if (status != STATUS_OK) {
    problem_set(problem, status, 0,
                "cannot start serving: the system gives no memory, or no threads for %zu searches and %zu batches at a "
                "time (--limit-search-batch)",
                options->service->limits.search_batch, batches_of(&options->service->limits));
    http_stop(http);
    return status;
  }
  http->daemon = start_daemon(http, options->threads);
  if (!http->daemon || start_accepting(http) != STATUS_OK) {
    status = problem_set_errno(problem, errno, "cannot start %u serving threads", options->threads);
    http_stop(http);
    return status;
  }
  *out = http;
  return STATUS_OK;
}

const char *http_url(const struct http *http) {
  return http->url;
}

int http_descriptor(const struct http *http) {
  return lingering_descriptor(http->exchanges.lingering);
}

void http_turn(struct http *http) {
  lingering_turn(http->exchanges.lingering);
  admission_turn(http->exchanges.admission);
  backlog_turn(http->exchanges.searches);
  backlog_turn(http->exchanges.batches);
  backlog_turn(http->exchanges.suggestions);
}

void http_quiesce(struct http *http) {
  if (!http->acceptor) return;
  acceptor_stop(http->acceptor);
  http->acceptor = NULL;
  http->quiesced = clock_milliseconds();
}

size_t http_in_flight(const struct http *http) {
  return atomic_load(&http->exchanges.service->in_flight);
}

bool http_is_idle(const struct http *http) {
  /* In this order: a connection counts as fresh until its request is in flight. */
  bool fresh =
      atomic_load(&http->exchanges.connections.fresh) > 0 && clock_milliseconds() < http->quiesced + FRESH_MILLISECONDS;
  return !fresh && http_in_flight(http) == 0;
}

void http_give_up(struct http *http) {
  backlog_end(http->exchanges.searches);
  backlog_end(http->exchanges.batches);
  backlog_end(http->exchanges.suggestions);
}

void http_stop(struct http *http) {
  if (!http) return;
  http_quiesce(http);
  if (http->daemon) {
    http_give_up(http); /* libmicrohttpd does not stop while connections are suspended */
    MHD_stop_daemon(http->daemon);
  }
  if (http->listener.descriptor >= 0) close(http->listener.descriptor);
  lingering_free(http->exchanges.lingering);
  admission_free(http->exchanges.admission);
  backlog_free(http->exchanges.searches);
  backlog_free(http->exchanges.batches);
  backlog_free(http->exchanges.suggestions);
  free(http);
}
