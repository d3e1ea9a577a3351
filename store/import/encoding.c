/* The repair of words that are not UTF-8, and a printable form of arbitrary bytes. */
#include "store/import/encoding.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "store/utf8.h"

enum status encoding_repair(const char *bytes, size_t length, struct bytes *out) {
  enum status status = STATUS_OK;
  uint32_t code_point;
  for (size_t i = 0; i < length && status == STATUS_OK;) {
    size_t used = utf8_next(bytes + i, length - i, &code_point);
    status =
        code_point == UTF8_ILL_FORMED ? bytes_append(out, UTF8_REPLACEMENT, 3) : bytes_append(out, bytes + i, used);
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
    size_t taken = utf8_next(bytes + i, length - i, &code_point);
    char piece[32];
    int width = 0;
    if (code_point == UTF8_ILL_FORMED)
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

const char *encoding_show_name(const char *name, char *text, size_t size) {
  encoding_show(name, strlen(name), text, size);
  size_t length = strlen(text) - 2;
  memmove(text, text + 1, length);
  text[length] = '\0';
  return text;
}
