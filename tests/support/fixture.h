/* Small matrices that the tests know by heart, and arithmetic on them that shares no code with the server. */
#ifndef WORDVEC_TESTS_SUPPORT_FIXTURE_H
#define WORDVEC_TESTS_SUPPORT_FIXTURE_H

#include <jansson.h>
#include <stddef.h>

struct fixture_word {
  const char *bytes; /* a word is bytes: it may be empty, hold spaces or not be UTF-8 */
  size_t length;
};

struct fixture {
  size_t rows;
  size_t dim;
  const struct fixture_word *words; /* [rows] */
  float *floats;                    /* [rows][dim] */
  char *texts;                      /* what the words of fixture_bulk() borrow */
};

/* The rows of fixture_zoo() that tests name. LEFT and RIGHT have the same vector; ZERO has the zero vector. */
enum {
  ZOO_THE,
  ZOO_CAT,
  ZOO_DOG,
  ZOO_MOUSE,
  ZOO_KITTEN,
  ZOO_LEFT,
  ZOO_RIGHT,
  ZOO_ZERO,
  ZOO_ADDRESS, /* "at name@domain.com": holds a space */
  ZOO_EMPTY,   /* "" */
  ZOO_BYTES,   /* FF FE 'x': not UTF-8 */
  ZOO_NAIVE,   /* "naïve" */
  ZOO_PLUS,    /* "a+b" */
  ZOO_PERCENT, /* "100%" */
  ZOO_END,     /* "</s>" */
  ZOO_QUERY,   /* "q&a=b#c?d/e": everything that means something in a URL */
  ZOO_NBSP,    /* U+00A0 */
  ZOO_TAB,     /* a tab */
  ZOO_LONG,    /* 600 times 'w': longer than a key of LMDB */
  ZOO_CATERPILLAR,
  ZOO_CAR,
  ZOO_KING,
  ZOO_QUEEN,
  ZOO_MAN,
  ZOO_WOMAN,
  ZOO_CONTROL, /* byte 01 */
  ZOO_QUOTE,   /* quo"te\back */
  ZOO_CLEF,    /* U+1D11E, four bytes of UTF-8 */
  ZOO_NEL,     /* U+0085 */
  ZOO_NUL,     /* "a", byte 00, "b" */
  ZOO_ROWS
};
enum { ZOO_DIM = 5 };

/* ZOO_ROWS x ZOO_DIM; the dimension is no multiple of 4 on purpose. */
void fixture_zoo(struct fixture *fixture);

/* 4 x 4: floats whose text is hard (denormals, -0.0, the largest and smallest); words "d0" to "d3". */
void fixture_digits(struct fixture *fixture);

/* `rows` x `dim` of made-up floats, words "w0", "w1" and so on: for what needs bulk. */
void fixture_bulk(struct fixture *fixture, size_t rows, size_t dim);

void fixture_release(struct fixture *fixture);

/* Writes it in GloVe's layout, with digits enough to read back the same float32. */
void fixture_write(const struct fixture *fixture, const char *path);

const float *fixture_row(const struct fixture *fixture, size_t row);

/* Fails unless "word" and "word_bytes" of a row, a hit or an entry are those of this word of the zoo. A word that is
 * not UTF-8, or holds a NUL, has word_bytes beside it; others do not. */
void expect_zoo_word(const json_t *object, size_t row);

/* The similarity of the contract, in float64, in the summing order that rows.h documents. */
double fixture_similarity(const float *a, const float *b, size_t dim);

struct fixture_hit {
  size_t row;
  double similarity;
};

/* The `k` nearest rows (all when there are fewer) by sorting every row; `excluded` rows are left out. Returns how many.
 */
size_t fixture_nearest(const struct fixture *fixture, const float *query, const size_t *excluded, size_t excluded_count,
                       size_t k, struct fixture_hit *hits);

/* Fails unless the "neighbors" of the answer are the `k` nearest: row, and similarity to the bit. */
void expect_nearest(const json_t *answer, const struct fixture *fixture, const float *query, const size_t *excluded,
                    size_t excluded_count, size_t k);

#endif
