/* The words of an open model: word ↔ row. A word is a string of 0 to 65,535 arbitrary bytes, unique in its model. */
#ifndef WORDVEC_STORE_MATRIX_VOCABULARY_H
#define WORDVEC_STORE_MATRIX_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/status.h"

enum { WORD_LENGTH_MAX = 65535 };

/* Borrowed bytes, not terminated. */
struct word {
  const char *bytes;
  size_t length;
};

struct vocabulary;

/* How many words there are: the model's row count. */
uint32_t vocabulary_count(const struct vocabulary *vocabulary);

/* The word of row `row` < count; borrowed from the model, in its map. */
struct word vocabulary_word(const struct vocabulary *vocabulary, uint32_t row);

/* The row of a word: STATUS_OK or STATUS_NOT_FOUND; STATUS_NO_MEMORY or STATUS_DAMAGED when the look-up itself
 * failed. Thread-safe. */
enum status vocabulary_find(const struct vocabulary *vocabulary, struct word word, uint32_t *row) MUST_USE;

/* The lowest row whose word is the same as `word` after Unicode full case folding (store/case_fold.h): STATUS_OK or
 * STATUS_NOT_FOUND; STATUS_UNSUPPORTED when the file keeps no folded forms (it was imported before they were, and is to
 * be imported again); STATUS_NO_MEMORY or STATUS_DAMAGED when the look-up itself failed. Thread-safe. */
enum status vocabulary_find_folded(const struct vocabulary *vocabulary, struct word word, uint32_t *row) MUST_USE;

/* Which words a page is of: those that begin with `prefix` and come after `after` (strictly; NULL: from the first). */
struct vocabulary_range {
  struct word prefix;
  const struct word *after;
};

/* The first `limit` rows of the range, in byte order of the words (as memcmp, a shorter word before its extensions).
 * *more says whether others follow. */
enum status vocabulary_page(const struct vocabulary *vocabulary, const struct vocabulary_range *range, size_t limit,
                            uint32_t *rows, size_t *count, bool *more) MUST_USE;

/* Negative, 0 or positive as `a` comes before, is, or comes after `b` in that order. */
int word_compare(struct word a, struct word b);

/* Up to `limit` (at most 16) rows whose words are spelt nearly as `word`, nearest first, then lower rows first.
 * Distance is optimal string alignment (insert, delete, replace, swap neighbours: 1 each) in code points, at most 2
 * (1 for words under 4 code points); letters that differ only in ASCII case cost nothing. Words that are longer than
 * 64 code points or not UTF-8 have no suggestions and are none. One pass over the words: milliseconds. */
enum status vocabulary_suggest(const struct vocabulary *vocabulary, struct word word, size_t limit, uint32_t *rows,
                               size_t *count) MUST_USE;

struct lmdb;
struct head;

/* For model.c: the vocabulary of the file that `lmdb` (borrowed) reads, with every place checked against `head`.
 * STATUS_DAMAGED, STATUS_NO_MEMORY. */
enum status vocabulary_new(const struct lmdb *lmdb, const struct head *head, const char *file, struct problem *problem,
                           struct vocabulary **out) MUST_USE;
/* What the file keeps of folded forms; NULL: nothing. For verify. */
struct folds;
const struct folds *vocabulary_folds(const struct vocabulary *vocabulary);

void vocabulary_free(struct vocabulary *vocabulary); /* NULL is allowed */

#endif
