/* Three bytes are four characters. */
#include "server/base64.h"

#include <stdint.h>

static const char digits[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put(char *out, uint32_t group) {
  out[0] = digits[group >> 18];
  out[1] = digits[group >> 12 & 63];
  out[2] = digits[group >> 6 & 63];
  out[3] = digits[group & 63];
}

void base64_encode(const void *bytes, size_t length, char *out) {
  const uint8_t *in = bytes;
  size_t i = 0;
  for (; i + 3 <= length; i += 3, out += 4) put(out, (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2]);
  if (i == length) return;
  /* One or two bytes are left: the digits that they do not reach are padding. */
  put(out, (uint32_t)in[i] << 16 | (i + 1 < length ? (uint32_t)in[i + 1] << 8 : 0));
  if (i + 1 == length) out[2] = '=';
  out[3] = '=';
}
