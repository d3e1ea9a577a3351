/* A block of 32 characters becomes 16 bytes: the first half of the block lies in their low nibbles, the second in the
 * high ones, so that no form of shuffling is needed, which baseline x86-64 does not have. The vectors are the
 * compiler's own, which makes of them what the CPU has. */
#include "server/packed_text.h"

#include <string.h>

enum { LANES = 16, BLOCK = 2 * LANES };

typedef uint8_t lanes __attribute__((vector_size(LANES)));

/* Characters from ',' to '9' are numbered in order; '/' never occurs and lends its number to '+'. */
enum { FIRST = ',', PLUS = '/' - FIRST, EXPONENT = '9' + 1 - FIRST };

static lanes load(const void *from) {
  lanes values;
  memcpy(&values, from, sizeof values);
  return values;
}

/* A comparison is all ones in the lanes where it holds. */
static lanes numbers_of(lanes text) {
  lanes is_exponent = (lanes)(text == 'e'), is_plus = (lanes)(text == '+');
  lanes number = text - FIRST;
  number = (number & ~is_exponent) | (EXPONENT & is_exponent);
  return (number & ~is_plus) | (PLUS & is_plus);
}

static lanes text_of(lanes number) {
  lanes is_exponent = (lanes)(number == EXPONENT), is_plus = (lanes)(number == PLUS);
  return number + FIRST + (is_exponent & (uint8_t)('e' - '9' - 1)) - (is_plus & (uint8_t)('/' - '+'));
}

/* The block at `at`, filled up with commas behind the end. */
static void fill_block(const char *text, size_t length, size_t at, char block[BLOCK]) {
  size_t left = length - at;
  memset(block, FIRST, BLOCK);
  memcpy(block, text + at, left < BLOCK ? left : BLOCK);
}

bool packed_text_can(const char *text, size_t length) {
  lanes wrong = {0};
  char block[BLOCK];
  for (size_t at = 0; at < length; at += BLOCK) {
    fill_block(text, length, at, block);
    lanes low = load(block), high = load(block + LANES);
    wrong |= (text_of(numbers_of(low) & 15) ^ low) | (text_of(numbers_of(high) & 15) ^ high);
  }
  for (int i = 0; i < LANES; i++)
    if (wrong[i]) return false;
  return true;
}

size_t packed_text_size(size_t length) {
  return (length + BLOCK - 1) / BLOCK * LANES;
}

void packed_text_pack(const char *text, size_t length, uint8_t *packed) {
  char block[BLOCK];
  for (size_t at = 0; at < length; at += BLOCK) {
    fill_block(text, length, at, block);
    lanes both = numbers_of(load(block)) | numbers_of(load(block + LANES)) << 4;
    memcpy(packed + at / 2, &both, sizeof both);
  }
}

void packed_text_unpack(const uint8_t *packed, size_t length, char *text) {
  for (size_t at = 0; at < length; at += BLOCK) {
    lanes both = load(packed + at / 2), halves[] = {text_of(both & 15), text_of(both >> 4)};
    size_t left = length - at;
    if (left >= BLOCK)
      memcpy(text + at, halves, BLOCK);
    else
      memcpy(text + at, halves, left);
  }
}
