/* UTF-8 as RFC 3629 has it, and a printable form of arbitrary bytes. */
#include "store/import/encoding.h"

#include <stdio.h>
#include <string.h>

/* What a lead byte allows: how many bytes follow, and the range of the first of them, which is where overlong forms,
 * surrogates and numbers over 10FFFF show. */
struct lead {
  unsigned char following, low, high;
};

static struct lead lead_of(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return (struct lead){1, 0x80, 0xBF};
  if (byte >= 0xE0 && byte <= 0xEF) return (struct lead){2, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF};
  if (byte >= 0xF0 && byte <= 0xF4) return (struct lead){3, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF};
  return (struct lead){0, 0, 0};
}

size_t encoding_next(const char *bytes, size_t length, uint32_t *code_point) {
  unsigned char first = (unsigned char)bytes[0];
  if (first < 0x80) {
    *code_point = first;
    return 1;
  }
  *code_point = UINT32_MAX;
  struct lead lead = lead_of(first);
  uint32_t value = first & (0x3Fu >> lead.following);
  for (size_t i = 1; i <= lead.following; i++) {
    if (i == length) return i;
    unsigned char byte = (unsigned char)bytes[i];
    if (byte < (i == 1 ? lead.low : 0x80) || byte > (i == 1 ? lead.high : 0xBF)) return i;
    value = value << 6 | (byte & 0x3Fu);
  }
  if (lead.following > 0) *code_point = value;
  return lead.following + 1u;
}

bool encoding_is_utf8(const char *bytes, size_t length) {
  uint32_t code_point;
  for (size_t i = 0; i < length;) {
    i += encoding_next(bytes + i, length - i, &code_point);
    if (code_point == UINT32_MAX) return false;
  }
  return true;
}

enum status encoding_repair(const char *bytes, size_t length, struct bytes *out) {
  enum status status = STATUS_OK;
  uint32_t code_point;
  for (size_t i = 0; i < length && status == STATUS_OK;) {
    size_t used = encoding_next(bytes + i, length - i, &code_point);
    status = code_point == UINT32_MAX ? bytes_append(out, "\xEF\xBF\xBD", 3) : bytes_append(out, bytes + i, used);
    i += used;
  }
  return status;
}

/* Controls, spaces other than the space, and what steers the direction or shape of text without being seen. */
static bool is_unseen(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || (c >= 0x2000 && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0xFEFF;
}

const char *encoding_show(const char *bytes, size_t length, char *text, size_t size) {
  size_t used = 0, room = size - sizeof "…\"";
  text[used++] = '"';
  for (size_t i = 0; i < length;) {
    uint32_t code_point;
    size_t taken = encoding_next(bytes + i, length - i, &code_point);
    char piece[32];
    int width = 0;
    if (code_point == UINT32_MAX)
      for (size_t j = 0; j < taken; j++)
        width += snprintf(piece + width, sizeof piece - (size_t)width, "\\x%02X", (unsigned char)bytes[i + j]);
    else if (is_unseen(code_point))
      width = snprintf(piece, sizeof piece, code_point < 0x80 ? "\\x%02X" : "\\u%04X", code_point);
    else
      width = snprintf(piece, sizeof piece, "%s%.*s", code_point == '"' || code_point == '\\' ? "\\" : "", (int)taken,
                       bytes + i);
    if (used + (size_t)width > room) {
      used += (size_t)snprintf(text + used, size - used, "…");
      break;
    }
    memcpy(text + used, piece, (size_t)width);
    used += (size_t)width;
    i += taken;
  }
  snprintf(text + used, size - used, "\"");
  return text;
}
