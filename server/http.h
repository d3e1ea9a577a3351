/* libmicrohttpd's life: a pool of epoll threads, fed by an acceptor; limits, drain and stop. */
#ifndef WORDVEC_SERVER_HTTP_H
#define WORDVEC_SERVER_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "server/listener.h"
#include "server/log.h"
#include "server/routes.h"
#include "server/service.h"

struct http;

struct http_options {
  struct listener listener; /* the http's from here on, whatever comes of it */
  unsigned threads;
  struct route_scope scope; /* that are answered here */
  struct service *service;  /* outlives the http */
  const struct log *log;    /* outlives the http */
};

/* Answers from here on; over an inherited socket, once the catalog has looked. STATUS_IO and STATUS_NO_MEMORY when the
 * system gives no threads or no memory. */
enum status http_start(const struct http_options *options, struct problem *problem, struct http **out) MUST_USE;

/* Where it listens; borrowed. */
const char *http_url(const struct http *http);

/* A descriptor that becomes readable when http_turn() should be called, which is to be called every second, too. */
int http_descriptor(const struct http *http);
void http_turn(struct http *http);

/* Accepts no more connections, and closes the listening socket; one that was inherited stays open where else it is. */
void http_quiesce(struct http *http);

/* Requests that have begun and are not answered wholly. */
size_t http_in_flight(const struct http *http);

/* After http_quiesce(): whether there are none, and none is to come over connections that were let in just before. */
bool http_is_idle(const struct http *http);

/* Answers 503 to all searches that wait, and waits for those under way; the service's scanner should be stopped. */
void http_give_up(struct http *http);

/* Gives up, ends every connection, and frees. NULL is allowed. */
void http_stop(struct http *http);

#endif
