/* Starts and stops libmicrohttpd. Requests themselves are exchange.c's. */
#include "server/http.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/exchange.h"

/* A connection's memory for its request line, fields and answer head. 9,000 idle connections cost 0.29 GB with it. */
enum { POOL_BYTES = 32 << 10, BACKLOG = 4096 };

/* Near spellings are a courtesy: what they may cost is little, and past it an answer goes without. */
enum { SUGGESTIONS_WAITING = 32, SUGGESTIONS_SECONDS = 1 };

struct http {
  struct MHD_Daemon *daemon;
  int listener; /* libmicrohttpd's once that has started, -1 when there is none */
  int deaf;     /* takes the listener's place when the daemon drains: nothing ever comes over it */
  bool accepts;
  struct exchanges exchanges;
  const struct log *log;
  char url[ADDRESS_URL_SIZE];
};

static enum status open_listener(const struct address *wanted, struct problem *problem, int *out,
                                 struct address *bound) {
  char url[ADDRESS_URL_SIZE];
  address_url(wanted, url);
  const char *shown = url + strlen("http://");
  int descriptor = socket(wanted->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return problem_set_errno(problem, errno, "cannot make a socket for %s", shown);
  int on = 1;
  /* A restart must not wait for the old connections' TIME_WAIT. */
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bound->length = sizeof bound->storage;
  if (bind(descriptor, (const struct sockaddr *)&wanted->storage, wanted->length) != 0 ||
      listen(descriptor, BACKLOG) != 0 ||
      getsockname(descriptor, (struct sockaddr *)&bound->storage, &bound->length) != 0) {
    int error = errno;
    close(descriptor);
    problem_set_errno(problem, error, "cannot listen on %s", shown);
    return STATUS_IO;
  }
  *out = descriptor;
  return STATUS_OK;
}

/* What libmicrohttpd has to say itself is about broken connections: of interest to nobody but at its worst moments. */
static void ignore_message(void *context, const char *format, va_list arguments) {
  (void)context;
  (void)format;
  (void)arguments;
}

static struct MHD_Daemon *start_daemon(struct http *http, unsigned threads) {
  const struct limits *limits = &http->exchanges.service->limits;
  unsigned connections = (unsigned)limits->connections;
  if (connections < threads) connections = threads; /* each thread of the pool needs one at least */
  return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
                          NULL, NULL, exchange_handle, &http->exchanges,                  //
                          MHD_OPTION_EXTERNAL_LOGGER, ignore_message, NULL,               //
                          MHD_OPTION_LISTEN_SOCKET, http->listener,                       //
                          MHD_OPTION_THREAD_POOL_SIZE, threads,                           //
                          MHD_OPTION_CONNECTION_LIMIT, connections,                       //
                          MHD_OPTION_CONNECTION_TIMEOUT, limits->timeout_seconds,         //
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,         //
                          MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, &http->exchanges,  //
                          MHD_OPTION_NOTIFY_COMPLETED, exchange_end, &http->exchanges, MHD_OPTION_END);
}

/* How many batches are worked on at a time. */
static size_t batches_of(const struct limits *limits) {
  return (limits->search_batch + 1) / 2;
}

static enum status prepare_exchanges(const struct http_options *options, struct exchanges *exchanges) {
  const struct limits *limits = &options->service->limits;
  exchanges->service = options->service;
  exchanges->log = options->log;
  enum status status = lingering_new(&exchanges->lingering);
  if (status != STATUS_OK) return status;
  const struct backlog_options searches = {.threads = (unsigned)limits->search_batch,
                                           .length = limits->search_queue,
                                           .seconds = limits->search_timeout_seconds,
                                           .work = exchange_search,
                                           .context = exchanges};
  struct backlog_options batches = searches;
  batches.threads = (unsigned)batches_of(limits);
  const struct backlog_options suggestions = {.threads = 1,
                                              .length = SUGGESTIONS_WAITING,
                                              .seconds = SUGGESTIONS_SECONDS,
                                              .work = exchange_suggest,
                                              .context = exchanges};
  status = backlog_new(&searches, &exchanges->searches);
  if (status == STATUS_OK) status = backlog_new(&batches, &exchanges->batches);
  return status == STATUS_OK ? backlog_new(&suggestions, &exchanges->suggestions) : status;
}

enum status http_start(const struct http_options *options, struct problem *problem, struct http **out) {
  struct http *http = calloc(1, sizeof *http);
  if (!http) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  http->listener = -1;
  http->deaf = -1;
  enum status status = prepare_exchanges(options, &http->exchanges);
  if (status != STATUS_OK) {
    problem_set(problem, status, 0,
                "cannot start serving: the system gives no memory, or no threads for %zu searches and %zu batches at a "
                "time (--limit-search-batch)",
                options->service->limits.search_batch, batches_of(&options->service->limits));
    http_stop(http);
    return status;
  }
  struct address bound;
  status = open_listener(&options->address, problem, &http->listener, &bound);
  if (status != STATUS_OK) {
    http_stop(http);
    return status;
  }
  address_url(&bound, http->url);
  http->deaf = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  http->daemon = http->deaf < 0 ? NULL : start_daemon(http, options->threads);
  if (!http->daemon) {
    status = problem_set_errno(problem, errno, "cannot start %u serving threads", options->threads);
    if (http->deaf >= 0) http->listener = -1; /* libmicrohttpd has closed it */
    http_stop(http);
    return status;
  }
  http->accepts = true;
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
  backlog_turn(http->exchanges.searches);
  backlog_turn(http->exchanges.batches);
  backlog_turn(http->exchanges.suggestions);
}

/* MHD_quiesce_daemon() is not to be had: 0.9.75 aborts when it and a busy thread take the listener out of an epoll set
 * at the same time. So the descriptor becomes another file, which closes the listening socket and with it removes it
 * from all sets; libmicrohttpd goes on to wait for what never comes. */
void http_quiesce(struct http *http) {
  if (http->accepts) dup3(http->deaf, http->listener, O_CLOEXEC);
  http->accepts = false;
}

size_t http_in_flight(const struct http *http) {
  return atomic_load(&http->exchanges.in_flight);
}

void http_give_up(struct http *http) {
  backlog_end(http->exchanges.searches);
  backlog_end(http->exchanges.batches);
  backlog_end(http->exchanges.suggestions);
}

void http_stop(struct http *http) {
  if (!http) return;
  if (http->daemon) {
    http_give_up(http); /* libmicrohttpd does not stop while connections are suspended */
    http_quiesce(http);
    MHD_stop_daemon(http->daemon); /* which closes the listener, too */
  } else if (http->listener >= 0) {
    close(http->listener);
  }
  if (http->deaf >= 0) close(http->deaf);
  lingering_free(http->exchanges.lingering);
  backlog_free(http->exchanges.searches);
  backlog_free(http->exchanges.batches);
  backlog_free(http->exchanges.suggestions);
  free(http);
}
