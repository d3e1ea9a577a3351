/* What the daemon says on standard error: events of its life, and one line a request. Thread-safe; each line goes out
 * whole. Of a request it never says the query string, a field or the body: they may be private. */
#ifndef WORDVEC_SERVER_LOG_H
#define WORDVEC_SERVER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/server_timing.h"
#include "store/status.h"

enum log_format {
  LOG_TEXT,
  LOG_JSON, /* one object a line */
  LOG_OFF   /* no request lines but for slow ones; the rest as text */
};

/* How much something matters, the least first. */
enum log_level {
  LOG_DEBUG,   /* probes that are answered well */
  LOG_INFO,    /* events, requests */
  LOG_WARNING, /* requests that were slow, or failed by our fault (5xx); events that somebody should look at */
  LOG_ERROR    /* events: something does not work */
};

struct log_queue;
struct metrics;

struct log {
  int descriptor;
  enum log_format format;
  enum log_level level;       /* what matters less is not said */
  uint64_t slow_microseconds; /* from here on a request is slow; 0: none is */
  struct metrics *metrics;    /* what is dropped is counted there; NULL: nowhere */
  struct log_queue *queue;    /* of log_open(); NULL: lines are written at once, by who says them */
};

/* From now on lines are written by a thread of their own: who says something waits for no reader of the log, and lines
 * that nobody takes are dropped and counted. `log` stays where it is. STATUS_NO_MEMORY. */
enum status log_open(struct log *log) MUST_USE;

/* Writes what waits, unless nobody reads it within a second; what is said afterwards is dropped. */
void log_flush(const struct log *log);

/* The same, when nobody else says anything any more: afterwards lines are written at once again. */
void log_close(struct log *log);

/* One event, an error if it `failed`: `event` is its name for machines ("model", "draining", …), the rest a sentence
 * for people. Bytes that would break the line or are not UTF-8 are replaced. */
void log_event(const struct log *log, bool failed, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same of one that somebody should look at. */
void log_warning(const struct log *log, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The line that says where the daemon can be reached: "listening on http://127.0.0.1:8080". */
void log_listening(const struct log *log, const char *url);

struct log_request {
  const char *id; /* of request_id.h */
  const char *method;
  const char *path; /* as log_copy_path() made it */
  unsigned status;
  size_t bytes; /* of the body that was answered */
  uint64_t microseconds;
  const char *model;           /* "" when none answered */
  bool probe;                  /* by somebody who watches */
  struct server_timing timing; /* until its answer began: a client that reads slowly does not make a request slow */
};

/* One request, if the level and the format have it, or it was slow. */
void log_request(const struct log *log, const struct log_request *request);

/* Copies a request target up to its '?', cut to fit, into a form that any log line can hold: what is not a plain
 * ASCII character is percent-encoded, also '"' and '\'. The query is left out: it may be long, and private. */
void log_copy_path(char *out, size_t size, const char *target);

#endif
