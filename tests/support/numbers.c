/* Made-up numbers: SplitMix64 (Steele, Lea and Flood, 2014), and floats put together from their bits. */
#include "tests/support/numbers.h"

#include <string.h>

enum { FLOAT_FRACTION_BITS = 23, FLOAT_EXPONENT_LARGEST = 254 };

uint64_t numbers_next(struct numbers *numbers) {
  uint64_t z = numbers->state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

uint32_t numbers_below(struct numbers *numbers, uint32_t below) {
  return (uint32_t)(numbers_next(numbers) % below);
}

static float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Any float whose biased exponent is from `low` to `high`. */
static float of_binades(struct numbers *numbers, uint32_t low, uint32_t high) {
  uint64_t random = numbers_next(numbers);
  uint32_t exponent = low + numbers_below(numbers, high - low + 1);
  uint32_t sign_and_fraction = (uint32_t)random & 0x807FFFFFu;
  return float_of_bits(sign_and_fraction | exponent << FLOAT_FRACTION_BITS);
}

float numbers_float(struct numbers *numbers, enum flavour flavour) {
  switch (flavour) {
    case FLAVOUR_COARSE: return (float)numbers_below(numbers, 5) - 2.0f;
    case FLAVOUR_NEAR: return float_of_bits(0x3F7FFFFEu + numbers_below(numbers, 5));
    case FLAVOUR_TINY: return of_binades(numbers, 0, 1);
    case FLAVOUR_HUGE: return of_binades(numbers, FLOAT_EXPONENT_LARGEST - 1, FLOAT_EXPONENT_LARGEST);
    case FLAVOUR_ZEROS: return numbers_below(numbers, 40) == 0 ? 1.0f : numbers_below(numbers, 2) ? 0.0f : -0.0f;
    case FLAVOUR_ANY: return of_binades(numbers, 0, FLOAT_EXPONENT_LARGEST);
    case FLAVOUR_PLAIN:
    default: return (float)((double)(numbers_next(numbers) >> 11) * 0x1p-52 - 1.0);
  }
}

void numbers_fill(struct numbers *numbers, enum flavour flavour, float *floats, size_t count) {
  for (size_t i = 0; i < count; i++) floats[i] = numbers_float(numbers, flavour);
}
