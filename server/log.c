/* Puts each line together on the stack and hands it over whole, so that lines of several threads never mix and nothing
 * is allocated. */
#include "server/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/log_queue.h"
#include "server/metrics.h"
#include "store/utf8.h"

enum {
  TAIL_BYTES = 600,         /* kept for what follows a text of unknown length */
  QUEUE_BYTES = 512 << 10,  /* some 5,000 requests */
  FLUSH_MILLISECONDS = 1000 /* for what waits when the daemon ends */
};

/* Begun by a length of 0: clearing 2 KiB would take as long as writing a line. */
struct line {
  char text[LOG_LINE_MAX];
  size_t length; /* one byte is always kept for the newline */
};

static void put_bytes(struct line *line, const char *bytes, size_t length) {
  if (length > sizeof line->text - 1 - line->length) return;
  memcpy(line->text + line->length, bytes, length);
  line->length += length;
}

static void put_text(struct line *line, const char *text) {
  put_bytes(line, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void put_format(struct line *line, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length > 0) put_bytes(line, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

/* At least `digits` digits. A line of a request has five numbers and a time: by printf they took a quarter as long as a
 * lookup. */
static void put_number(struct line *line, uint64_t value, size_t digits) {
  char text[20]; /* as many as a u64 has */
  size_t at = sizeof text;
  do {
    text[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0 || sizeof text - at < digits);
  put_bytes(line, text + at, sizeof text - at);
}

/* A text as it can stand in a line, and inside the quotes of a JSON string when `json`; cut where it would leave no
 * room for the rest of the line. */
static void put_clean(struct line *line, const char *text, bool json) {
  size_t left = strlen(text);
  while (left > 0 && line->length < sizeof line->text - TAIL_BYTES) {
    uint32_t point;
    size_t taken = utf8_next(text, left, &point);
    if (point == UTF8_ILL_FORMED)
      put_text(line, UTF8_REPLACEMENT);
    else if (point < ' ' || point == 0x7f)
      put_format(line, json ? "\\u%04x" : "\\x%02x", (unsigned)point);
    else if (json && (point == '"' || point == '\\'))
      put_format(line, "\\%c", (char)point);
    else
      put_bytes(line, text, taken);
    text += taken;
    left -= taken;
  }
}

static void put_stamp(struct line *line) {
  struct timespec now;
  struct tm parts;
  clock_gettime(CLOCK_REALTIME, &now);
  if (!gmtime_r(&now.tv_sec, &parts)) return;
  put_number(line, (uint64_t)(parts.tm_year + 1900), 4);
  const struct {
    const char *before;
    int value;
  } rest[] = {
      {"-", parts.tm_mon + 1}, {"-", parts.tm_mday}, {"T", parts.tm_hour}, {":", parts.tm_min}, {":", parts.tm_sec}};
  for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
    put_text(line, rest[i].before);
    put_number(line, (uint64_t)rest[i].value, 2);
  }
  put_text(line, ".");
  put_number(line, (uint64_t)now.tv_nsec / 1000000, 3);
  put_text(line, "Z");
}

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static void write_line(const struct log *log, bool matters, struct line *line) {
  line->text[line->length++] = '\n';
  if (log->queue) {
    log_queue_add(log->queue, line->text, line->length, matters);
    return;
  }
  /* A log that cannot be written must not stop the service; there is nobody left to tell. */
  ssize_t written = write(log->descriptor, line->text, line->length);
  (void)written;
}

/* What every JSON line begins with. */
static void put_json_start(struct line *line, enum log_level level, const char *event) {
  put_text(line, "{\"time\":\"");
  put_stamp(line);
  put_text(line, "\",\"level\":\"");
  put_text(line, level_names[level]);
  put_text(line, "\",\"event\":\"");
  put_text(line, event);
  put_text(line, "\"");
}

static void put_event(const struct log *log, enum log_level level, const char *event, const char *text,
                      struct line *line) {
  if (log->format == LOG_JSON) {
    put_json_start(line, level, event);
    put_text(line, ",\"message\":\"");
    put_clean(line, text, true);
    put_text(line, "\"}");
  } else {
    if (level >= LOG_WARNING) put_format(line, "%s: ", level_names[level]);
    put_clean(line, text, false);
  }
}

__attribute__((format(printf, 4, 0))) static void say(const struct log *log, enum log_level level, const char *event,
                                                      const char *format, va_list arguments) {
  char text[1024];
  struct line line;
  line.length = 0;
  if (level < log->level) return;
  vsnprintf(text, sizeof text, format, arguments);
  put_event(log, level, event, text, &line);
  write_line(log, true, &line);
}

void log_event(const struct log *log, bool failed, const char *event, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(log, failed ? LOG_ERROR : LOG_INFO, event, format, arguments);
  va_end(arguments);
}

void log_warning(const struct log *log, const char *event, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(log, LOG_WARNING, event, format, arguments);
  va_end(arguments);
}

void log_listening(const struct log *log, const char *url) {
  struct line line;
  line.length = 0;
  if (log->level > LOG_INFO) return;
  if (log->format == LOG_JSON) {
    put_json_start(&line, LOG_INFO, "listening");
    put_text(&line, ",\"url\":\"");
    put_clean(&line, url, true);
    put_text(&line, "\"}");
  } else {
    put_text(&line, "listening on ");
    put_clean(&line, url, false);
  }
  write_line(log, true, &line);
}

static bool is_slow(const struct log *log, const struct log_request *request) {
  return log->slow_microseconds > 0 && request->timing.total >= log->slow_microseconds;
}

static void put_named(struct line *line, const char *name, uint64_t value) {
  put_text(line, name);
  put_number(line, value, 1);
}

static void put_request_json(struct line *line, const struct log_request *request, enum log_level level, bool slow) {
  const struct server_timing *timing = &request->timing;
  put_json_start(line, level, "request");
  put_text(line, ",\"request_id\":\"");
  put_text(line, request->id);
  put_text(line, "\",\"method\":\"");
  put_clean(line, request->method, true);
  put_text(line, "\",\"path\":\"");
  put_clean(line, request->path, true);
  put_named(line, "\",\"status\":", request->status);
  put_named(line, ",\"bytes\":", request->bytes);
  put_named(line, ",\"microseconds\":", request->microseconds);
  if (request->model[0]) {
    put_text(line, ",\"model\":\"");
    put_text(line, request->model);
    put_text(line, "\"");
  }
  if (slow) {
    put_named(line, ",\"slow\":{\"total\":", timing->total);
    put_named(line, ",\"queue\":", timing->queue);
    put_named(line, ",\"search\":", timing->search);
    put_text(line, "}");
  }
  put_text(line, "}");
}

static void put_request_text(struct line *line, const struct log_request *request, bool slow) {
  const struct server_timing *timing = &request->timing;
  put_stamp(line);
  put_text(line, " ");
  put_clean(line, request->method, false);
  put_text(line, " ");
  put_clean(line, request->path, false);
  put_named(line, " ", request->status);
  put_named(line, " ", request->bytes);
  put_named(line, "B ", request->microseconds);
  put_text(line, "us ");
  put_text(line, request->model[0] ? request->model : "-");
  put_text(line, " ");
  put_text(line, request->id);
  if (slow) {
    put_named(line, " slow: total ", timing->total);
    put_named(line, "us queue ", timing->queue);
    put_named(line, "us search ", timing->search);
    put_text(line, "us");
  }
}

void log_request(const struct log *log, const struct log_request *request) {
  bool slow = is_slow(log, request), failed = request->status == 0 || request->status >= 500;
  enum log_level level = slow || failed ? LOG_WARNING : request->probe ? LOG_DEBUG : LOG_INFO;
  if (level < log->level || (log->format == LOG_OFF && !slow)) return;
  struct line line;
  line.length = 0;
  if (log->format == LOG_JSON)
    put_request_json(&line, request, level, slow);
  else
    put_request_text(&line, request, slow);
  /* Requests that a client breaks off are warnings, too, and must not take the room of events. */
  write_line(log, slow || request->status >= 500, &line);
}

/* ---- the queue */

static void count_dropped(void *context, uint64_t dropped) {
  const struct log *log = context;
  metrics_count_log_dropped(log->metrics, dropped);
}

static size_t tell_dropped(void *context, uint64_t dropped, char text[LOG_LINE_MAX]) {
  const struct log *log = context;
  struct line line;
  line.length = 0;
  char message[128];
  snprintf(message, sizeof message, "%llu lines of the log were dropped: they were not read in time",
           (unsigned long long)dropped);
  put_event(log, LOG_WARNING, "dropped", message, &line);
  line.text[line.length++] = '\n';
  memcpy(text, line.text, line.length);
  return line.length;
}

enum status log_open(struct log *log) {
  const struct log_queue_options options = {.descriptor = log->descriptor,
                                            .bytes = QUEUE_BYTES,
                                            .count = count_dropped,
                                            .tell = tell_dropped,
                                            .context = log};
  return log_queue_new(&options, &log->queue);
}

void log_flush(const struct log *log) {
  if (log->queue) log_queue_end(log->queue, FLUSH_MILLISECONDS);
}

void log_close(struct log *log) {
  log_flush(log);
  log_queue_free(log->queue);
  log->queue = NULL;
}

void log_copy_path(char *out, size_t size, const char *target) {
  static const char digits[] = "0123456789ABCDEF";
  size_t used = 0;
  for (; *target && *target != '?'; target++) {
    unsigned char byte = (unsigned char)*target;
    bool plain = byte > ' ' && byte < 0x7f && byte != '"' && byte != '\\';
    if (used + (plain ? 1 : 3) >= size) break;
    if (plain) {
      out[used++] = (char)byte;
      continue;
    }
    out[used++] = '%';
    out[used++] = digits[byte >> 4];
    out[used++] = digits[byte & 15];
  }
  out[used] = '\0';
}
