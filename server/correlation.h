/* How far two series of numbers go together, with the probability that series that have nothing to do with each other
 * go together as far (two-sided, by Student's t distribution), as scipy.stats has them. */
#ifndef WORDVEC_SERVER_CORRELATION_H
#define WORDVEC_SERVER_CORRELATION_H

#include <stddef.h>

#include "store/status.h"

struct correlation {
  double coefficient; /* NaN for fewer than two numbers, or a series that is constant */
  double probability;
};

/* Pearson's product-moment correlation of `count` numbers each. */
struct correlation correlation_pearson(const double *x, const double *y, size_t count);

/* Spearman's: Pearson's of the ranks, equal numbers having the mean of theirs. STATUS_NO_MEMORY. */
enum status correlation_spearman(const double *x, const double *y, size_t count, struct correlation *out) MUST_USE;

#endif
