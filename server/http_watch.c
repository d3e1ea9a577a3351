/* A second, small libmicrohttpd over the same exchanges: these judge what comes here as strictly as elsewhere. */
#include "server/http_watch.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/acceptor.h"
#include "server/exchange.h"

/* Few ask here. */
enum { CONNECTIONS = 16, CONNECTIONS_SPARE = 64 };

struct http_watch {
  struct exchanges exchanges;
  struct MHD_Daemon *daemon;
  struct acceptor *acceptor;
  char url[ADDRESS_URL_SIZE];
};

static void ignore_message(void *context, const char *format, va_list arguments) {
  (void)context;
  (void)format;
  (void)arguments;
}

static bool has_room(void *context) {
  const struct http_watch *watch = context;
  return admission_has_room(watch->exchanges.admission);
}

static void take_connection(void *context, int descriptor, const struct sockaddr *peer, socklen_t length) {
  struct http_watch *watch = context;
  connections_taken(&watch->exchanges.connections);
  if (MHD_add_connection(watch->daemon, descriptor, peer, length) != MHD_YES)
    connections_refused(&watch->exchanges.connections);
}

static struct MHD_Daemon *start_daemon(struct http_watch *watch) {
  struct exchanges *exchanges = &watch->exchanges;
  return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0,
                          NULL, NULL, exchange_handle, exchanges,                                     //
                          MHD_OPTION_EXTERNAL_LOGGER, ignore_message, NULL,                           //
                          MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS + CONNECTIONS_SPARE,     //
                          MHD_OPTION_CONNECTION_TIMEOUT, exchanges->service->limits.timeout_seconds,  //
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)EXCHANGE_MEMORY_BYTES,          //
                          MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, exchanges,                     //
                          MHD_OPTION_NOTIFY_CONNECTION, exchange_visit, exchanges,                    //
                          MHD_OPTION_NOTIFY_COMPLETED, exchange_end, exchanges, MHD_OPTION_END);
}

static enum status start(struct http_watch *watch, const struct listener *listener, struct problem *problem) {
  const struct acceptor_options options = {
      .listener = *listener, .has_room = has_room, .take = take_connection, .context = watch};
  address_url(&listener->address, watch->url);
  watch->daemon = start_daemon(watch);
  enum status status = watch->daemon ? acceptor_start(&options, &watch->acceptor) : STATUS_IO;
  if (status == STATUS_OK) return status;
  problem_set_errno(problem, errno, "cannot start a thread for %s", watch->url);
  close(listener->descriptor);
  return status;
}

enum status http_watch_start(const struct listener *listener, struct service *service, const struct log *log,
                             struct problem *problem, struct http_watch **out) {
  struct http_watch *watch = calloc(1, sizeof *watch);
  if (!watch) {
    close(listener->descriptor);
    return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  }
  watch->exchanges.service = service;
  watch->exchanges.log = log;
  watch->exchanges.scope.only = ROUTE_WATCH;
  request_ids_init(&watch->exchanges.ids);
  enum status status = admission_new(CONNECTIONS, service->limits.timeout_seconds, &watch->exchanges.admission);
  if (status == STATUS_OK) {
    status = start(watch, listener, problem);
  } else {
    problem_set(problem, status, 0, "out of memory");
    close(listener->descriptor);
  }
  if (status == STATUS_OK)
    *out = watch;
  else
    http_watch_stop(watch);
  return status;
}

void http_watch_turn(struct http_watch *watch) {
  if (watch) admission_turn(watch->exchanges.admission);
}

const char *http_watch_url(const struct http_watch *watch) {
  return watch->url;
}

void http_watch_stop(struct http_watch *watch) {
  if (!watch) return;
  acceptor_stop(watch->acceptor);
  if (watch->daemon) MHD_stop_daemon(watch->daemon);
  admission_free(watch->exchanges.admission);
  free(watch);
}
