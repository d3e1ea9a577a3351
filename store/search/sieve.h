/* Codes as one query sees them: which rows cannot be among its answers. */
#ifndef WORDVEC_STORE_SEARCH_SIEVE_H
#define WORDVEC_STORE_SEARCH_SIEVE_H

#include <stdalign.h>

#include "store/matrix/codes.h"
#include "store/matrix/rows.h"
#include "store/search/kernel.h"

/* A query made ready. To be aligned as its type says. */
struct sieve {
  alignas(CODES_FINE_UNIT) int8_t fine_codes[CODES_FINE_MAX]; /* 0 for the lead of a record */
  struct kernel_coarse coarse;                                /* its threshold is the caller's, set before each use */
  float fine_step, fine_error, fine_far;
  int32_t fine_offset;
};

/* Makes a query of dim floats ready for rows that have codes. */
void sieve_load(struct sieve *sieve, const struct kernel *kernel, const struct rows *rows, const float *vector);

/* The most that a row can be worth; `bound` is what kernel->coarse() gave for it. */
static inline float sieve_most(const struct sieve *sieve, const struct kernel *kernel, uint32_t fine_bytes,
                               const struct codes_fine *record, float bound) {
  float sum = (float)(kernel->fine(sieve->fine_codes, (const uint8_t *)record, fine_bytes) + sieve->fine_offset);
  float fine = record->scale * (sieve->fine_step * sum + sieve->fine_error);
  return (bound + fine) + record->rest * sieve->fine_far;
}

/* How much of that guards against what the codes do not hold: less it, it is an estimate, about as often too high as
 * too low. */
static inline float sieve_guard(const struct sieve *sieve, float coarse_scale, const struct codes_fine *record) {
  return coarse_scale * sieve->coarse.error + record->scale * sieve->fine_error + record->rest * sieve->fine_far;
}

#endif
