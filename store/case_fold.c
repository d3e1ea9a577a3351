/* Folding by utf8proc's tables, character by character; ASCII, which is nearly all of it, without them. */
#include "store/case_fold.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "store/utf8.h"

/* Unicode's longest folded form of one character is three. */
enum { CHARACTERS_MAX = 8, PIECE_MAX = 4 * CHARACTERS_MAX };

static size_t fold_ascii(char byte, char *out) {
  *out = byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
  return 1;
}

/* Folds the character at `bytes`, or copies the ill-formed bytes there; returns how many bytes it wrote, and *used is
 * how many it took. */
static size_t fold_next(const char *bytes, size_t length, char out[PIECE_MAX], size_t *used) {
  uint32_t code_point;
  *used = utf8_next(bytes, length, &code_point);
  if (code_point < 0x80) return fold_ascii(*bytes, out);
  utf8proc_int32_t folded[CHARACTERS_MAX];
  utf8proc_ssize_t count = 0;
  int boundary = 0;
  if (code_point != UTF8_ILL_FORMED)
    count = utf8proc_decompose_char((utf8proc_int32_t)code_point, folded, CHARACTERS_MAX, UTF8PROC_CASEFOLD, &boundary);
  size_t written = 0;
  for (utf8proc_ssize_t i = 0; i < count && count <= CHARACTERS_MAX; i++)
    written += (size_t)utf8proc_encode_char(folded[i], (utf8proc_uint8_t *)out + written);
  /* What is ill-formed has no folded form, and callers rely on the bound, whatever tables the library may get. */
  if (written == 0 || written > CASE_FOLD_GROWTH * *used) {
    memcpy(out, bytes, *used);
    written = *used;
  }
  return written;
}

size_t case_fold(const char *bytes, size_t length, char *out) {
  size_t written = 0, used;
  for (size_t at = 0; at < length; at += used) {
    if ((unsigned char)bytes[at] < 0x80) {
      written += fold_ascii(bytes[at], out + written);
      used = 1;
      continue;
    }
    char piece[PIECE_MAX];
    size_t more = fold_next(bytes + at, length - at, piece, &used);
    memcpy(out + written, piece, more);
    written += more;
  }
  return written;
}

bool case_fold_equals(const char *bytes, size_t length, const char *folded, size_t folded_length) {
  size_t compared = 0, used;
  for (size_t at = 0; at < length; at += used) {
    char piece[PIECE_MAX];
    size_t more = fold_next(bytes + at, length - at, piece, &used);
    if (more > folded_length - compared || memcmp(piece, folded + compared, more) != 0) return false;
    compared += more;
  }
  return compared == folded_length;
}

uint32_t case_fold_version(void) {
  uint32_t version = 0;
  char *next = (char *)(uintptr_t)utf8proc_unicode_version();
  for (int i = 0; i < 3; i++) {
    version = version << 8 | (uint32_t)(strtoul(next, &next, 10) & 0xFF);
    if (*next == '.') next++;
  }
  return version;
}
