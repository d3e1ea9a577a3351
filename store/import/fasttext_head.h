/* The head of a fastText binary model: all before the first word of its dictionary. Numbers are little-endian.
 *
 *   i32 793712314, i32 version       11 or 12; both are absent in the layout before May 2017, here version 0
 *   i32 × 12, f64                    arguments of the training: dim, ws, epoch, minCount, neg, wordNgrams, loss, model,
 *                                    bucket, minn, maxn, lrUpdateRate, t
 *   i32 × 3, i64                     dictionary: entries, words of them, labels of them, tokens
 *   i64                              n-grams that a pruned model kept; -1: it is not pruned. Absent in version 0
 *
 * (fastText 0.9.2: src/args.cc, src/dictionary.cc, src/fasttext.cc.) */
#ifndef WORDVEC_STORE_IMPORT_FASTTEXT_HEAD_H
#define WORDVEC_STORE_IMPORT_FASTTEXT_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/import/source.h"
#include "store/status.h"

enum {
  FASTTEXT_MAGIC = 793712314,
  FASTTEXT_VERSION = 12, /* of files that are written */
  FASTTEXT_HEAD_MAX = 92
};

struct fasttext_head {
  uint32_t version; /* 0, 11 or 12 */
  size_t length;    /* of the head in bytes */
  uint32_t dim;     /* 1 to MODEL_DIM_MAX */
  uint32_t words;   /* at least 1; they come before the labels */
  uint32_t labels;
  uint32_t buckets;  /* rows of n-grams in the matrix, unless it is pruned */
  uint32_t min, max; /* characters of an n-gram; max is 0 where words have none */
  bool pruned;
  uint32_t kept; /* n-grams of a pruned model; at most `buckets` and SUBWORDS_PRUNED_MAX */
};

/* Whether the bytes begin a fastText model: by its magic or, in the old layout, by arguments that can be. */
bool fasttext_head_matches(const unsigned char *data, size_t length);

/* Reads the head that `data` begins with. STATUS_BAD_MATRIX at the byte of what cannot be or is cut off,
 * STATUS_UNSUPPORTED for another version. */
enum status fasttext_head_read(const struct source *source, const unsigned char *data, size_t length,
                               struct problem *problem, struct fasttext_head *out) MUST_USE;

#endif
