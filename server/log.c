/* Puts each line together on the stack and hands it over in one write(2), so that lines of several threads never mix
 * and nothing is allocated. */
#include "server/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/utf8.h"

enum { LINE_MAX_BYTES = 2048, STAMP_SIZE = 40, TAIL_BYTES = 400 /* kept for what follows a text of unknown length */ };

struct line {
  char text[LINE_MAX_BYTES];
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
  char text[STAMP_SIZE];
  clock_gettime(CLOCK_REALTIME, &now);
  if (!gmtime_r(&now.tv_sec, &parts)) return;
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  put_format(line, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

static void write_line(const struct log *log, struct line *line) {
  line->text[line->length++] = '\n';
  /* A log that cannot be written must not stop the service; there is nobody left to tell. */
  ssize_t written = write(log->descriptor, line->text, line->length);
  (void)written;
}

void log_event(const struct log *log, bool failed, const char *event, const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);

  struct line line = {.length = 0};
  if (log->format == LOG_JSON) {
    put_text(&line, "{\"time\":\"");
    put_stamp(&line);
    put_format(&line, "\",\"level\":\"%s\",\"event\":\"%s\",\"message\":\"", failed ? "error" : "info", event);
    put_clean(&line, text, true);
    put_text(&line, "\"}");
  } else {
    if (failed) put_text(&line, "error: ");
    put_clean(&line, text, false);
  }
  write_line(log, &line);
}

void log_listening(const struct log *log, const char *url) {
  struct line line = {.length = 0};
  if (log->format == LOG_JSON) {
    put_text(&line, "{\"time\":\"");
    put_stamp(&line);
    put_text(&line, "\",\"level\":\"info\",\"event\":\"listening\",\"url\":\"");
    put_clean(&line, url, true);
    put_text(&line, "\"}");
  } else {
    put_text(&line, "listening on ");
    put_clean(&line, url, false);
  }
  write_line(log, &line);
}

static void put_request_json(struct line *line, const struct log_request *request) {
  put_text(line, "{\"time\":\"");
  put_stamp(line);
  put_text(line, "\",\"event\":\"request\",\"method\":\"");
  put_clean(line, request->method, true);
  put_text(line, "\",\"path\":\"");
  put_clean(line, request->path, true);
  put_format(line, "\",\"status\":%u,\"bytes\":%zu,\"microseconds\":%llu", request->status, request->bytes,
             (unsigned long long)request->microseconds);
  if (request->model[0]) put_format(line, ",\"model\":\"%s\"", request->model);
  put_text(line, "}");
}

void log_request(const struct log *log, const struct log_request *request) {
  if (log->format == LOG_OFF) return;
  struct line line = {.length = 0};
  if (log->format == LOG_JSON) {
    put_request_json(&line, request);
  } else {
    put_stamp(&line);
    put_text(&line, " ");
    put_clean(&line, request->method, false);
    put_text(&line, " ");
    put_clean(&line, request->path, false);
    put_format(&line, " %u %zuB %lluus %s", request->status, request->bytes, (unsigned long long)request->microseconds,
               request->model[0] ? request->model : "-");
  }
  write_line(log, &line);
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
