/* The multiplicative objective for analogies, 3CosMul: equation (4) of Levy and Goldberg, "Linguistic Regularities in
 * Sparse and Explicit Word Representations" (CoNLL 2014), with any number of factors, each with an exponent. */
#ifndef WORDVEC_STORE_SEARCH_COSMUL_H
#define WORDVEC_STORE_SEARCH_COSMUL_H

#include <stddef.h>

enum {
  COSMUL_FACTORS_MOST = 32,   /* of a product: each costs as much as a query */
  COSMUL_EXPONENT_EXACT = 64, /* whole exponents up to here are multiplied out, with the same bits on every machine */
};

/* A vector that rows shall be like (a positive weight) or unlike (a negative one). */
struct cosmul_factor {
  const float *vector; /* [dim], finite */
  double weight;       /* finite; its size is the exponent */
};

struct cosmul {
  const struct cosmul_factor *factors;
  size_t count; /* 1 to COSMUL_FACTORS_MOST */
};

/* ((1 + cosine) / 2) ^ |weight|, from 0 to 1: the cosine shifted as in the paper's footnote 7. */
double cosmul_power(double cosine, double weight);

/* The score, of the product of the powers with positive weights and of that of those with negative ones. */
static inline double cosmul_score(double positive, double negative) {
  return positive / (negative + 0.000001); /* the paper's epsilon, as large as gensim has it */
}

#endif
