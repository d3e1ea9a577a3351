/* Means in float64: of float32 vectors, so that nothing overflows and little is lost. */
#include "store/search/mean.h"

#include <math.h>
#include <string.h>

/* The exponent of the largest weight. With the weights divided by that power of two, sums of very small ones do not
 * underflow and of very large ones do not overflow, and all others keep their bits. */
static int weight_exponent(const struct mean_term *terms, size_t count) {
  double largest = 0;
  int exponent;
  for (size_t t = 0; t < count; t++) largest = fmax(largest, fabs(terms[t].weight));
  frexp(largest, &exponent);
  return exponent;
}

static void add(double *restrict sum, const struct mean_term *term, uint32_t dim, double weight) {
  const float *restrict vector = term->vector;
  if (term->norm == 0) return;
  if (term->norm == 1) /* dividing by it would change no bit */
    for (uint32_t i = 0; i < dim; i++) sum[i] += weight * (double)vector[i];
  else
    for (uint32_t i = 0; i < dim; i++) sum[i] += weight * ((double)vector[i] / term->norm);
}

/* The squares of float32 numbers and their sums are far from both ends of float64. */
static double length_of(const double *sum, uint32_t dim) {
  double squares = 0;
  for (uint32_t i = 0; i < dim; i++) squares += sum[i] * sum[i];
  return sqrt(squares);
}

bool mean_of(const struct mean_term *terms, size_t count, uint32_t dim, enum mean_length length, double *sum,
             float *out) {
  int exponent = weight_exponent(terms, count);
  double divisor = 0;
  bool zero = true;
  memset(sum, 0, dim * sizeof *sum);
  for (size_t t = 0; t < count; t++) {
    double weight = ldexp(terms[t].weight, -exponent);
    add(sum, &terms[t], dim, weight);
    divisor += fabs(weight);
  }
  if (divisor == 0) divisor = 1;
  if (length == MEAN_UNIT) {
    double own = length_of(sum, dim);
    if (own > 0) divisor = own;
  }
  for (uint32_t i = 0; i < dim; i++) {
    out[i] = (float)(sum[i] / divisor);
    zero = zero && out[i] == 0;
  }
  return !zero;
}
