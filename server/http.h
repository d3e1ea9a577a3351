/* libmicrohttpd's life: a listening socket of our own, a pool of epoll threads, limits, drain and stop. */
#ifndef WORDVEC_SERVER_HTTP_H
#define WORDVEC_SERVER_HTTP_H

#include <stddef.h>

#include "server/address.h"
#include "server/log.h"
#include "server/service.h"

struct http;

struct http_options {
  struct address address;
  unsigned threads;
  struct service *service; /* outlives the http */
  const struct log *log;   /* outlives the http */
};

/* Binds, listens and answers from here on. STATUS_IO when the address cannot be had, STATUS_NO_MEMORY. */
enum status http_start(const struct http_options *options, struct problem *problem, struct http **out) MUST_USE;

/* Where it listens, with the port that the system chose if it was asked to; borrowed. */
const char *http_url(const struct http *http);

/* A descriptor that becomes readable when http_turn() should be called, which is to be called every second, too. */
int http_descriptor(const struct http *http);
void http_turn(struct http *http);

/* Accepts no more connections and closes the listening socket. */
void http_quiesce(struct http *http);

/* Requests that have begun and are not answered wholly. */
size_t http_in_flight(const struct http *http);

/* Answers 503 to all searches that wait, and waits for those under way; the service's scanner should be stopped. */
void http_give_up(struct http *http);

/* Gives up, ends every connection, and frees. NULL is allowed. */
void http_stop(struct http *http);

#endif
