/* The n-grams of a fastText model: rows of their own, of which the vector of any word can be made, known or not.
 *
 * A word is put between '<' and '>' and cut into characters (UTF-8; a continuation byte belongs to the byte before it,
 * whatever that is). Its n-grams are all runs of min to max characters, by where they begin and then by length, but for
 * the '<' or '>' alone. Each has a bucket: the 32-bit FNV-1a hash of its bytes, each taken as a signed char, modulo
 * `buckets`. "</s>", which stands for the end of a line, has no n-grams, unless the model is older than that rule.
 *
 * A word's vector is the sum of its rows (its own first, if it is known, then one for each n-gram, as often as that
 * occurs) in float32 and in this order, times the float32 nearest to 1 / how many they are: the bits that fastText
 * itself computes (Bojanowski et al., "Enriching Word Vectors with Subword Information", 2017, and its program).
 *
 * In a pruned model only some buckets have rows; n-grams of the others do not count. */
#ifndef WORDVEC_STORE_MATRIX_SUBWORDS_H
#define WORDVEC_STORE_MATRIX_SUBWORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/matrix/vocabulary.h"
#include "store/status.h"

enum {
  SUBWORDS_LENGTH_MAX = 255,     /* characters of an n-gram */
  SUBWORDS_PRUNED_MAX = 1 << 24, /* rows of a pruned model */
  SUBWORDS_BUCKETS_MAX = INT32_MAX
};

/* Numbers of subword rows are below this in magnitude: then no sum overflows, however long the word. */
#define SUBWORDS_NUMBER_LIMIT 1e30f

struct subwords {
  uint32_t min, max;   /* characters of an n-gram: min <= max, 1 <= max <= SUBWORDS_LENGTH_MAX; min may be 0 */
  uint32_t buckets;    /* 1 to SUBWORDS_BUCKETS_MAX */
  bool end_is_word;    /* "</s>" has n-grams as other words have */
  uint32_t dim;        /* of the model */
  uint32_t stride;     /* floats from row to row, as in struct rows; those behind dim are +0.0f */
  uint32_t count;      /* rows: `buckets` or, pruned, 1 to SUBWORDS_PRUNED_MAX */
  uint32_t slab_shift; /* rows lie in slabs of 1 << slab_shift */
  uint32_t slab_count;
  const float *const *slabs;
  const uint32_t *const
      *pruned; /* the bucket of each row, ascending, in slabs as the rows; NULL: row i is bucket i's */
};

/* The vector of a word that is not in the vocabulary: `dim` finite floats. STATUS_NOT_FOUND when it has no n-gram with
 * a row (fastText prints zeros). Thread-safe; allocates nothing; its time grows with the word's length. */
enum status subwords_vector(const struct subwords *subwords, struct word word, float *vector) MUST_USE;

/* The vector of a word whose own row is `own` (`dim` floats); may be beyond float32 or NaN when `own` is nearly that.
 * `subwords` may be NULL for a model without: then it is the row itself (with +0.0 for -0.0). */
void subwords_known_vector(const struct subwords *subwords, struct word word, const float *own, uint32_t dim,
                           float *vector);

/* How many n-grams with rows the word has. */
size_t subwords_ngrams(const struct subwords *subwords, struct word word);

/* How many rows slab `slab` < slab_count holds. */
static inline uint32_t subwords_in_slab(const struct subwords *subwords, uint32_t slab) {
  uint32_t full = 1u << subwords->slab_shift, before = slab << subwords->slab_shift;
  return subwords->count - before < full ? subwords->count - before : full;
}

/* The row `row` < count. */
static inline const float *subwords_row(const struct subwords *subwords, uint32_t row) {
  uint32_t within = row & ((1u << subwords->slab_shift) - 1);
  return subwords->slabs[row >> subwords->slab_shift] + (size_t)within * subwords->stride;
}

/* The bucket that row `row` < count is of. */
static inline uint32_t subwords_bucket(const struct subwords *subwords, uint32_t row) {
  if (!subwords->pruned) return row;
  return subwords->pruned[row >> subwords->slab_shift][row & ((1u << subwords->slab_shift) - 1)];
}

#endif
