/* Near spellings of an unknown word: one pass over all words, where a few operations rule out almost every word and a
 * banded edit distance decides on the rest. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/vocabulary.h"
#include "store/utf8.h"

enum {
  LETTERS_MAX = 64, /* code points of a word that is compared */
  BYTES_MAX = 256,  /* of its UTF-8 */
  SHORT_WORD = 4,   /* words under this many code points may differ by one */
  SUGGESTIONS_MAX = 16
};

/* A word as letters: code points with ASCII folded to lower case, and the set of their values modulo 64. */
struct spelling {
  size_t count;
  uint64_t set;
  uint32_t letters[LETTERS_MAX];
};

static uint32_t fold(uint32_t letter) {
  return letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter;
}

static bool spell(struct word word, struct spelling *out) {
  if (word.length == 0 || word.length > BYTES_MAX) return false;
  out->count = 0;
  out->set = 0;
  for (size_t at = 0; at < word.length;) {
    uint32_t letter = (unsigned char)word.bytes[at];
    size_t length = letter < 0x80 ? 1 : utf8_next(word.bytes + at, word.length - at, &letter);
    if (letter == UTF8_ILL_FORMED || out->count == LETTERS_MAX) return false;
    letter = fold(letter);
    out->letters[out->count++] = letter;
    out->set |= 1ull << (letter & 63);
    at += length;
  }
  return true;
}

/* Count and set of a word without its letters, for words of ASCII, which most are: a quarter of the time of spell().
 * False when the word has other bytes. */
static bool sketch(struct word word, struct spelling *out) {
  uint64_t set = 0;
  unsigned char other = 0;
  for (size_t i = 0; i < word.length; i++) {
    unsigned char byte = (unsigned char)word.bytes[i];
    other |= byte;
    set |= 1ull << (fold(byte) & 63);
  }
  out->count = word.length;
  out->set = set;
  return other < 0x80;
}

static unsigned least(unsigned a, unsigned b) {
  return a < b ? a : b;
}

/* Optimal string alignment distance (Damerau 1964; Boytsov 2011, section 2.1), or `limit` + 1 when it is above limit:
 * only the band of cells within `limit` of the diagonal is filled. */
static unsigned distance(const struct spelling *a, const struct spelling *b, unsigned limit) {
  unsigned rows[3][LETTERS_MAX + 1];
  unsigned *before = rows[0], *previous = rows[1], *current = rows[2];
  const unsigned beyond = limit + 1;
  for (size_t j = 0; j <= b->count; j++) previous[j] = j > beyond ? beyond : (unsigned)j;
  for (size_t i = 1; i <= a->count; i++) {
    size_t first = i > limit ? i - limit : 1;
    size_t last = i + limit < b->count ? i + limit : b->count;
    unsigned best = beyond;
    current[first - 1] = first == 1 && i <= limit ? (unsigned)i : beyond;
    best = least(best, current[first - 1]);
    for (size_t j = first; j <= last; j++) {
      unsigned cost = a->letters[i - 1] != b->letters[j - 1];
      unsigned cell = least(previous[j - 1] + cost, current[j - 1] + 1);
      if (j < i + limit) cell = least(cell, previous[j] + 1);
      if (i > 1 && j > 1 && a->letters[i - 1] == b->letters[j - 2] && a->letters[i - 2] == b->letters[j - 1])
        cell = least(cell, before[j - 2] + 1);
      current[j] = least(cell, beyond);
      best = least(best, current[j]);
    }
    if (best > limit) return beyond;
    unsigned *free_row = before;
    before = previous;
    previous = current;
    current = free_row;
  }
  return least(previous[b->count], beyond);
}

/* Whether the distance could be within `limit`: each edit changes the number of letters by one at most, and the set of
 * letters by two at most (one leaves, one comes; a swap changes neither). */
static bool could_be_near(const struct spelling *a, const struct spelling *b, unsigned limit) {
  size_t apart = a->count > b->count ? a->count - b->count : b->count - a->count;
  return apart <= limit && (unsigned)__builtin_popcountll(a->set ^ b->set) <= 2 * limit;
}

struct suggestion {
  unsigned distance;
  uint32_t row;
};

/* Keeps the list sorted by distance; equal distances stay in row order, as rows come in order. */
static void insert(struct suggestion *list, size_t *count, size_t limit, struct suggestion one) {
  size_t at = *count;
  while (at > 0 && list[at - 1].distance > one.distance) at--;
  if (at == limit) return;
  size_t moved = (*count < limit ? *count : limit - 1) - at;
  memmove(list + at + 1, list + at, moved * sizeof *list);
  list[at] = one;
  if (*count < limit) ++*count;
}

enum status vocabulary_suggest(const struct vocabulary *vocabulary, struct word word, size_t limit, uint32_t *rows,
                               size_t *count) {
  struct spelling wanted, other;
  struct suggestion list[SUGGESTIONS_MAX];
  size_t found = 0;
  if (limit > SUGGESTIONS_MAX) limit = SUGGESTIONS_MAX;
  *count = 0;
  if (limit == 0 || !spell(word, &wanted)) return STATUS_OK;
  unsigned allowed = wanted.count < SHORT_WORD ? 1 : 2;
  uint32_t total = vocabulary_count(vocabulary);
  for (uint32_t row = 0; row < total; row++) {
    struct word candidate = vocabulary_word(vocabulary, row);
    /* A code point has at most four bytes, so bytes alone rule out most lengths before anything is decoded. */
    if (candidate.length > 4 * (wanted.count + allowed) || candidate.length + allowed < wanted.count) continue;
    if (sketch(candidate, &other) && !could_be_near(&wanted, &other, allowed)) continue;
    if (!spell(candidate, &other) || !could_be_near(&wanted, &other, allowed)) continue;
    unsigned apart = distance(&wanted, &other, allowed);
    if (apart <= allowed) insert(list, &found, limit, (struct suggestion){.distance = apart, .row = row});
    /* A full list of the nearest possible cannot get better: what follows has higher rows. */
    if (found == limit && list[found - 1].distance == 0) break;
    /* Nor can a full list be improved by words that are as far as its last. */
    if (found == limit && list[found - 1].distance <= allowed) allowed = list[found - 1].distance - 1;
  }
  for (size_t i = 0; i < found; i++) rows[i] = list[i].row;
  *count = found;
  return STATUS_OK;
}
