/* Random numbers that are the same for a seed on every machine: xoshiro256** 1.0 (D. Blackman and S. Vigna, "Scrambled
 * linear pseudorandom number generators", 2021), its state filled by SplitMix64 from the seed as its authors advise.
 * What is made of its numbers uses addition, multiplication, division and square root in float64 and nothing else,
 * which IEEE 754 defines to the last bit. Not for secrets. */
#ifndef WORDVEC_STORE_XOSHIRO_H
#define WORDVEC_STORE_XOSHIRO_H

#include <stdbool.h>
#include <stdint.h>

struct xoshiro {
  uint64_t state[4];
  bool has_spare; /* of xoshiro_normal(), which makes two numbers at a time */
  double spare;
};

void xoshiro_seed(struct xoshiro *xoshiro, uint64_t seed);

uint64_t xoshiro_next(struct xoshiro *xoshiro);

/* A multiple of 2^-53 from 0 to below 1, each as likely: the upper 53 bits of the next number. */
double xoshiro_unit(struct xoshiro *xoshiro);

/* From the normal distribution of mean 0 and standard deviation 1, at most 12.1 in magnitude: G. Marsaglia's polar
 * method ("A convenient method for generating normal variables", 1964), two numbers from each point. */
double xoshiro_normal(struct xoshiro *xoshiro);

/* The natural logarithm of a positive normal number, within 3 units in the last place; unlike the C library's, the same
 * everywhere. */
double xoshiro_log(double x);

#endif
