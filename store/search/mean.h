/* Weighted means of vectors, for queries that are sums and for what asks for a mean itself. */
#ifndef WORDVEC_STORE_SEARCH_MEAN_H
#define WORDVEC_STORE_SEARCH_MEAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mean_term {
  const float *vector; /* [dim], finite */
  double norm;         /* what it is divided by: its own for a unit vector, 1 for one as it is; 0: it adds nothing, but
                          its weight counts */
  double weight;       /* finite, at most the largest float32 either way */
};

/* What becomes of the mean at the end. */
enum mean_length {
  MEAN_AS_IS,
  MEAN_UNIT /* of length 1, unless it is zero */
};

/* The sum of weight times vector over the sum of the weights' absolute values, as gensim's get_mean_vector() defines
 * it: term after term in float64, rounded once, into out[dim]; finite. `sum` has room for dim numbers. False:
 * the mean is zero, as float32; it also is where no term weighs anything. */
bool mean_of(const struct mean_term *terms, size_t count, uint32_t dim, enum mean_length length, double *sum,
             float *out);

#endif
