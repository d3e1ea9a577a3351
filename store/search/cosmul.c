/* Powers of cosines that have been shifted to the range from 0 to 1. */
#include "store/search/cosmul.h"

#include <math.h>

/* By squaring, from the lowest bit of the exponent on. */
static double whole_power(double base, unsigned exponent) {
  double power = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) power *= base;
    base *= base;
  }
  return power;
}

double cosmul_power(double cosine, double weight) {
  double base = (1 + cosine) / 2, exponent = fabs(weight);
  base = base < 0 ? 0 : base > 1 ? 1 : base; /* a cosine may pass 1 by an ulp or two */
  if (exponent == 1) return base;
  if (exponent <= COSMUL_EXPONENT_EXACT && exponent == floor(exponent)) return whole_power(base, (unsigned)exponent);
  return pow(base, exponent);
}
