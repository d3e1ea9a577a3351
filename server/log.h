/* What the daemon says on standard error: events of its life, and one line a request. Thread-safe: each line is one
 * write. */
#ifndef WORDVEC_SERVER_LOG_H
#define WORDVEC_SERVER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_format {
  LOG_TEXT,
  LOG_JSON, /* one object a line */
  LOG_OFF   /* no request lines; events as text */
};

struct log {
  int descriptor;
  enum log_format format;
};

/* One event: `event` is its name for machines ("model", "draining", …), the rest a sentence for people. Bytes that
 * would break the line or are not UTF-8 are replaced. */
void log_event(const struct log *log, bool failed, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The line that says where the daemon can be reached: "listening on http://127.0.0.1:8080". */
void log_listening(const struct log *log, const char *url);

struct log_request {
  const char *method;
  const char *path; /* as log_copy_path() made it */
  unsigned status;
  size_t bytes; /* of the body that was answered */
  uint64_t microseconds;
  const char *model; /* "" when none answered */
};

/* One request, unless the format is LOG_OFF. */
void log_request(const struct log *log, const struct log_request *request);

/* Copies a request target up to its '?', cut to fit, into a form that any log line can hold: what is not a plain
 * ASCII character is percent-encoded, also '"' and '\'. The query is left out: it may be long, and private. */
void log_copy_path(char *out, size_t size, const char *target);

#endif
