/* A decoder that follows Unicode's table of well-formed byte sequences: only the second byte has ranges of its own, and
 * they depend on the first. */
#include "store/utf8.h"

/* How many bytes a sequence with this lead byte has, with the range of its second byte; 0 for no lead byte. */
static size_t sequence_of(unsigned char lead, unsigned char *low, unsigned char *high) {
  *low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  *high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

size_t utf8_next(const char *bytes, size_t length, uint32_t *code_point) {
  const unsigned char *byte = (const unsigned char *)bytes;
  if (byte[0] < 0x80) {
    *code_point = byte[0];
    return 1;
  }
  unsigned char low, high;
  size_t sequence = sequence_of(byte[0], &low, &high);
  *code_point = UTF8_ILL_FORMED;
  if (sequence == 0) return 1;
  uint32_t value = byte[0] & (0x7Fu >> sequence);
  for (size_t i = 1; i < sequence; i++) {
    if (i == length || byte[i] < low || byte[i] > high) return i;
    value = value << 6 | (byte[i] & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  *code_point = value;
  return sequence;
}

bool utf8_valid(const char *bytes, size_t length) {
  uint32_t code_point;
  for (size_t i = 0; i < length;) {
    i += utf8_next(bytes + i, length - i, &code_point);
    if (code_point == UTF8_ILL_FORMED) return false;
  }
  return true;
}
