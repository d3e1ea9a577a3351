/* Vectors from n-grams. The order of every float addition is fastText's, and so the bits are. */
#include "store/matrix/subwords.h"

#include <string.h>

static const uint32_t fnv_basis = 2166136261, fnv_prime = 16777619;

/* A word between its marks, as it is cut into n-grams. */
struct marked {
  const char *bytes;
  size_t length; /* with both marks */
};

static uint8_t byte_at(const struct marked *word, size_t at) {
  if (at == 0) return '<';
  return at == word->length - 1 ? '>' : (uint8_t)word->bytes[at - 1];
}

static bool continues(const struct marked *word, size_t at) {
  return at < word->length && (byte_at(word, at) & 0xC0) == 0x80;
}

/* One more byte of a hash. FNV-1a takes bytes as they are; fastText's as signed chars, which for those from 0x80 on
 * gives other bits. All its models rely on that. */
static uint32_t hashed(uint32_t hash, uint8_t byte) {
  uint32_t extended = byte < 0x80 ? byte : byte | 0xFFFFFF00;
  return (hash ^ extended) * fnv_prime;
}

/* Where a walk through the n-grams of a word is. */
struct ngram_walk {
  const struct subwords *subwords;
  struct marked word;
  size_t begin, end;   /* of the n-gram that was last looked at */
  uint32_t characters; /* of it */
  uint32_t hash;       /* of it */
};

static struct ngram_walk walk_of(const struct subwords *subwords, struct word word) {
  bool none = !subwords->end_is_word && word.length == 4 && memcmp(word.bytes, "</s>", 4) == 0;
  return (struct ngram_walk){.subwords = subwords, .word = {word.bytes, none ? 0 : word.length + 2}, .hash = fnv_basis};
}

/* The bucket of the next n-gram; false when there are no more. */
static bool next_bucket(struct ngram_walk *walk, uint32_t *bucket) {
  const struct subwords *subwords = walk->subwords;
  const struct marked *word = &walk->word;
  while (walk->begin < word->length) {
    while (walk->characters < subwords->max && walk->end < word->length) {
      do walk->hash = hashed(walk->hash, byte_at(word, walk->end++));
      while (continues(word, walk->end));
      walk->characters++;
      bool mark = walk->characters == 1 && (walk->begin == 0 || walk->end == word->length);
      if (walk->characters < subwords->min || mark) continue;
      *bucket = walk->hash % subwords->buckets;
      return true;
    }
    do walk->begin++;
    while (continues(word, walk->begin));
    walk->end = walk->begin;
    walk->characters = 0;
    walk->hash = fnv_basis;
  }
  return false;
}

/* The row of a bucket; false when it was pruned. */
static bool find_row(const struct subwords *subwords, uint32_t bucket, uint32_t *row) {
  uint32_t low = 0, high = subwords->count;
  if (!subwords->pruned) {
    *row = bucket;
    return true;
  }
  while (low < high) {
    uint32_t middle = low + (high - low) / 2, there = subwords_bucket(subwords, middle);
    if (there == bucket) {
      *row = middle;
      return true;
    }
    if (there < bucket)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

static bool next_row(struct ngram_walk *walk, uint32_t *row) {
  uint32_t bucket;
  while (next_bucket(walk, &bucket))
    if (find_row(walk->subwords, bucket, row)) return true;
  return false;
}

/* By fours, which the compiler makes one instruction each: most of the time of a vector goes into this. */
static void add(float *restrict sum, const float *restrict row, uint32_t dim) {
  typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
  uint32_t i = 0;
  for (; i + 4 <= dim; i += 4) *(four *)(void *)(sum + i) += *(const four *)(const void *)(row + i);
  for (; i < dim; i++) sum[i] += row[i];
}

/* Adds the word's n-grams to the sum of `count` rows, and makes the mean of it. Returns how many rows there are now. */
static size_t complete(const struct subwords *subwords, struct word word, size_t count, float *vector) {
  struct ngram_walk walk = walk_of(subwords, word);
  for (uint32_t row; next_row(&walk, &row); count++) add(vector, subwords_row(subwords, row), subwords->dim);
  float share = count > 0 ? (float)(1.0 / (double)count) : 0;
  for (uint32_t i = 0; count > 0 && i < subwords->dim; i++) vector[i] *= share;
  return count;
}

static void clear(float *vector, uint32_t dim) {
  memset(vector, 0, dim * sizeof *vector);
}

enum status subwords_vector(const struct subwords *subwords, struct word word, float *vector) {
  struct ngram_walk walk = walk_of(subwords, word);
  uint32_t row;
  if (!next_row(&walk, &row)) return STATUS_NOT_FOUND;
  clear(vector, subwords->dim);
  complete(subwords, word, 0, vector);
  return STATUS_OK;
}

void subwords_known_vector(const struct subwords *subwords, struct word word, const float *own, uint32_t dim,
                           float *vector) {
  clear(vector, dim);
  add(vector, own, dim);
  if (subwords) complete(subwords, word, 1, vector);
}

size_t subwords_ngrams(const struct subwords *subwords, struct word word) {
  struct ngram_walk walk = walk_of(subwords, word);
  size_t count = 0;
  for (uint32_t row; next_row(&walk, &row);) count++;
  return count;
}
