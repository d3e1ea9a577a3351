/* Made-up numbers for property tests: the same on every run and machine, and nasty on request. */
#ifndef WORDVEC_TESTS_SUPPORT_NUMBERS_H
#define WORDVEC_TESTS_SUPPORT_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

struct numbers {
  uint64_t state; /* any value will do as a seed */
};

/* What floats to make: all of them finite. */
enum flavour {
  FLAVOUR_PLAIN,  /* between -1 and 1 */
  FLAVOUR_COARSE, /* whole numbers from -2 to 2: equal rows and equal similarities abound */
  FLAVOUR_NEAR,   /* within two ulps of 1: rows differ by ulps */
  FLAVOUR_TINY,   /* denormals and the smallest normals, both signs */
  FLAVOUR_HUGE,   /* the largest binades, both signs */
  FLAVOUR_ZEROS,  /* +0 and -0, now and then a one */
  FLAVOUR_ANY,    /* every finite bit pattern alike, so that magnitudes span 2^-149 to 2^127 within a row */
  FLAVOUR_COUNT
};

uint64_t numbers_next(struct numbers *numbers);

/* From 0 to below - 1; `below` is at least 1. */
uint32_t numbers_below(struct numbers *numbers, uint32_t below);

float numbers_float(struct numbers *numbers, enum flavour flavour);

void numbers_fill(struct numbers *numbers, enum flavour flavour, float *floats, size_t count);

#endif
