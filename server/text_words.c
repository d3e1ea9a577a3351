/* Splits texts at white space and strips punctuation; one pass over their characters. */
#include "server/text_words.h"

#include <utf8proc.h>

#include "store/utf8.h"

static bool is_space(uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

static bool is_punctuation(uint32_t c) {
  if (c < 0x80) /* the most of every text, without the tables */
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
  if (c == UTF8_ILL_FORMED) return false;
  utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_SO;
}

bool text_words_next(struct word *text, struct word *piece) {
  const char *at = text->bytes, *end = at + text->length, *start = NULL;
  while (at < end) {
    uint32_t c;
    size_t step = utf8_next(at, (size_t)(end - at), &c);
    bool space = is_space(c);
    if (!space && !start) start = at;
    if (space && start) break;
    at += step;
  }
  *text = (struct word){at, (size_t)(end - at)};
  if (!start) return false;
  *piece = (struct word){start, (size_t)(at - start)};
  return true;
}

struct word text_words_bare(struct word piece) {
  const char *at = piece.bytes, *end = at + piece.length, *first = end, *behind = end;
  while (at < end) {
    const char *character = at;
    uint32_t c;
    at += utf8_next(at, (size_t)(end - at), &c);
    if (is_punctuation(c)) continue;
    if (first == end) first = character;
    behind = at;
  }
  return (struct word){first, (size_t)(behind - first)};
}
