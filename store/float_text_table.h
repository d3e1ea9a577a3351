/* The powers of ten behind float_text.c: private to it and to its test. */
#ifndef WORDVEC_STORE_FLOAT_TEXT_TABLE_H
#define WORDVEC_STORE_FLOAT_TEXT_TABLE_H

#include <stdint.h>

enum { FLOAT_TEXT_SCALES = 255 /* one for each exponent field of a finite float32 */ };

/* Numbers with exponent field e are whole multiples of a unit, 2^(e - 150), or 2^-149 where e is 0. `power` is the
 * decimal power above the unit, 10^(power - 1) <= unit < 10^power. `factor` is unit / 10^power as a fraction of 2^64,
 * rounded up to an even integer, so that it exceeds the exact one by less than 2 (and halves without loss). */
struct float_text_scale {
  uint64_t factor;
  int32_t power;
};

extern const struct float_text_scale float_text_scales[FLOAT_TEXT_SCALES];

#endif
