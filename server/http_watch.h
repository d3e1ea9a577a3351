/* An address of its own for whoever watches the daemon: /metrics, /livez and /readyz, and nothing else, without a key.
 * It has a thread and connections of its own, so that it answers however busy the others are, and until the end. */
#ifndef WORDVEC_SERVER_HTTP_WATCH_H
#define WORDVEC_SERVER_HTTP_WATCH_H

#include "server/listener.h"
#include "server/log.h"
#include "server/service.h"

struct http_watch;

/* Answers from here on, over a socket that is its own whatever comes of it. Service and log outlive it. STATUS_IO when
 * the system gives no thread, STATUS_NO_MEMORY. */
enum status http_watch_start(const struct listener *listener, struct service *service, const struct log *log,
                             struct problem *problem, struct http_watch **out) MUST_USE;

/* Where it listens; borrowed. */
const char *http_watch_url(const struct http_watch *watch);

/* To be called every second; NULL is allowed. */
void http_watch_turn(struct http_watch *watch);

/* Ends every connection, and frees. NULL is allowed. */
void http_watch_stop(struct http_watch *watch);

#endif
