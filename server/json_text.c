/* The JSON that answers are made of. Every piece reserves what it can take at most, writes in place and then counts
 * what it took. */
#include "server/json_text.h"

#include <stdio.h>
#include <string.h>

#include "server/base64.h"
#include "server/double_text.h"
#include "store/float_text.h"
#include "store/utf8.h"

enum {
  INTEGER_MAX = 24,    /* bytes of the longest 64-bit integer, its comma and a terminator */
  ESCAPED_MAX = 6,     /* "\u001F" */
  STRING_PIECE = 4096, /* bytes of a string that are written between two reservations */
};

void json_text_init(struct json_text *text, struct bytes *out) {
  *text = (struct json_text){.out = out, .status = STATUS_OK};
}

/* Where the next `size` bytes go, after the comma that may be due; NULL once anything has failed. */
static char *room(struct json_text *text, size_t size) {
  if (text->status != STATUS_OK) return NULL;
  text->status = bytes_reserve(text->out, size + 1);
  if (text->status != STATUS_OK) return NULL;
  if (text->comma) text->out->data[text->out->length++] = ',';
  text->comma = true;
  return (char *)text->out->data + text->out->length;
}

enum status json_text_end(struct json_text *text) {
  if (text->status == STATUS_OK) text->status = bytes_append(text->out, "\n", 1);
  return text->status;
}

static void literal(struct json_text *text, const char *value) {
  size_t length = strlen(value);
  char *to = room(text, length);
  if (!to) return;
  memcpy(to, value, length);
  text->out->length += length;
}

void json_text_open(struct json_text *text, char bracket) {
  char *to = room(text, 1);
  if (!to) return;
  *to = bracket;
  text->out->length++;
  text->comma = false;
}

void json_text_close(struct json_text *text, char bracket) {
  text->comma = false;
  json_text_open(text, bracket);
  text->comma = true;
}

void json_text_key(struct json_text *text, const char *key) {
  size_t length = strlen(key);
  char *to = room(text, length + 3);
  if (!to) return;
  *to++ = '"';
  memcpy(to, key, length);
  memcpy(to + length, "\":", 2);
  text->out->length += length + 3;
  text->comma = false;
}

/* The two-character escape of a byte that JSON does not allow as it is; 0: it has none. */
static char short_escape(char byte) {
  switch (byte) {
    case '"': return '"';
    case '\\': return '\\';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return 0;
  }
}

/* Writes the code point that `step` bytes gave and returns the end. */
static char *write_code_point(char *to, const char *bytes, size_t step, uint32_t code_point) {
  if (code_point == UTF8_ILL_FORMED) {
    memcpy(to, UTF8_REPLACEMENT, strlen(UTF8_REPLACEMENT));
    return to + strlen(UTF8_REPLACEMENT);
  }
  char escape = step == 1 ? short_escape(*bytes) : 0;
  if (escape) {
    *to++ = '\\';
    *to++ = escape;
    return to;
  }
  if (code_point < 0x20) return to + snprintf(to, ESCAPED_MAX + 1, "\\u%04X", (unsigned)code_point);
  memcpy(to, bytes, step);
  return to + step;
}

void json_text_string(struct json_text *text, const char *bytes, size_t length) {
  char *to = room(text, 1);
  if (!to) return;
  *to = '"';
  text->out->length++;
  for (size_t i = 0; i < length;) {
    size_t end = length - i > STRING_PIECE ? i + STRING_PIECE : length;
    /* A terminator of snprintf() and the closing quote are the two bytes more. */
    text->status = bytes_reserve(text->out, (end - i) * ESCAPED_MAX + 2);
    if (text->status != STATUS_OK) return;
    char *start = (char *)text->out->data + text->out->length;
    for (to = start; i < end;) {
      uint32_t code_point;
      size_t step = utf8_next(bytes + i, length - i, &code_point);
      to = write_code_point(to, bytes + i, step, code_point);
      i += step;
    }
    text->out->length += (size_t)(to - start);
  }
  text->status = bytes_append(text->out, "\"", 1);
}

void json_text_terminated(struct json_text *text, const char *string) {
  json_text_string(text, string, strlen(string));
}

void json_text_null(struct json_text *text) {
  literal(text, "null");
}

void json_text_bool(struct json_text *text, bool value) {
  literal(text, value ? "true" : "false");
}

/* By hand: indices come by the thousand, and snprintf() would parse its format for each. */
void json_text_unsigned(struct json_text *text, uint64_t value) {
  char digits[INTEGER_MAX];
  char *first = digits + sizeof digits - 1;
  *first = '\0';
  do {
    *--first = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  literal(text, first);
}

void json_text_double(struct json_text *text, double value) {
  char *to = room(text, DOUBLE_TEXT_MAX);
  if (to) text->out->length += double_text_write(to, value);
}

void json_text_vector(struct json_text *text, const float *vector, size_t dim) {
  json_text_open(text, '[');
  if (text->status != STATUS_OK) return;
  struct bytes *out = text->out;
  for (size_t i = 0; i < dim; i++) {
    /* The buffer was sized for the whole answer: one comparison a float. */
    if (out->capacity - out->length <= FLOAT_TEXT_MAX) {
      text->status = bytes_reserve(out, FLOAT_TEXT_MAX + 1);
      if (text->status != STATUS_OK) return;
    }
    if (i > 0) out->data[out->length++] = ',';
    out->length += float_text_write((char *)out->data + out->length, vector[i]);
  }
  json_text_close(text, ']');
}

void json_text_base64(struct json_text *text, const void *bytes, size_t length) {
  size_t size = base64_length(length);
  char *to = room(text, size + 2);
  if (!to) return;
  to[0] = '"';
  base64_encode(bytes, length, to + 1);
  to[size + 1] = '"';
  text->out->length += size + 2;
}

/* The comma is written only when the value is, so that the caller may find that it has none. */
char *json_text_room(struct json_text *text, size_t size) {
  if (text->status == STATUS_OK) text->status = bytes_reserve(text->out, size + 1);
  return text->status == STATUS_OK ? (char *)text->out->data + text->out->length + text->comma : NULL;
}

void json_text_filled(struct json_text *text, size_t length) {
  struct bytes *out = text->out;
  if (text->comma) out->data[out->length++] = ',';
  out->length += length;
  text->comma = true;
}

void json_text_expect(struct json_text *text, size_t size) {
  size_t left = text->out->limit - text->out->length;
  if (text->status == STATUS_OK) text->status = bytes_reserve(text->out, size < left ? size : left);
}
