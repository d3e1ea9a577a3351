/* Both directions of percent-encoding. */
#include "server/percent.h"

#include <string.h>

enum status percent_encode(struct bytes *out, const char *bytes, size_t length) {
  static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  static const char digits[] = "0123456789ABCDEF";
  size_t room;
  if (__builtin_mul_overflow(length, 3, &room)) return STATUS_LIMIT;
  enum status status = bytes_reserve(out, room);
  if (status != STATUS_OK) return status;
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    if (byte != 0 && strchr(unreserved, byte)) {
      out->data[out->length++] = byte;
      continue;
    }
    out->data[out->length++] = '%';
    out->data[out->length++] = (unsigned char)digits[byte >> 4];
    out->data[out->length++] = (unsigned char)digits[byte & 15];
  }
  return STATUS_OK;
}

static int digit_of(char byte) {
  return byte >= '0' && byte <= '9'   ? byte - '0'
         : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
         : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                                      : -1;
}

size_t percent_decode(const char *text, size_t length, bool plus, char *out) {
  size_t to = 0;
  for (size_t i = 0; i < length; i++) {
    int high = text[i] == '%' && i + 2 < length ? digit_of(text[i + 1]) : -1;
    int low = high >= 0 ? digit_of(text[i + 2]) : -1;
    if (low >= 0) {
      out[to++] = (char)(high * 16 + low);
      i += 2;
    } else {
      out[to++] = plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  return to;
}

size_t percent_broken(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (text[i] != '%') continue;
    if (i + 2 >= length || digit_of(text[i + 1]) < 0 || digit_of(text[i + 2]) < 0) return i;
    i += 2;
  }
  return length;
}
