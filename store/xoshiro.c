/* The generator, and the two distributions made of it. */
#include "store/xoshiro.h"

#include <math.h>
#include <string.h>

static uint64_t splitmix(uint64_t *state) {
  uint64_t z = *state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

void xoshiro_seed(struct xoshiro *xoshiro, uint64_t seed) {
  *xoshiro = (struct xoshiro){0};
  for (int i = 0; i < 4; i++) xoshiro->state[i] = splitmix(&seed);
}

static uint64_t rotate(uint64_t x, int bits) {
  return x << bits | x >> (64 - bits);
}

uint64_t xoshiro_next(struct xoshiro *xoshiro) {
  uint64_t *s = xoshiro->state;
  uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

double xoshiro_unit(struct xoshiro *xoshiro) {
  return (double)(xoshiro_next(xoshiro) >> 11) * 0x1p-53;
}

/* x = m * 2^e with m from √½ to √2; log m = 2 artanh((m - 1) / (m + 1)), whose argument is below 0.172: eleven terms of
 * its series leave less than half a unit in the last place. ln 2 comes in two parts, so that e times the upper one is
 * exact. */
double xoshiro_log(double x) {
  static const double ln2_high = 0x1.62E42FEFA38p-1, ln2_low = 0x1.EF35793C7673p-45;
  enum { TERMS = 11 };
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int exponent = (int)(bits >> 52) - 1022;
  bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FE0000000000000u;
  double m;
  memcpy(&m, &bits, sizeof m); /* from ½ to below 1 */
  if (m < 0x1.6A09E667F3BCDp-1) {
    m *= 2;
    exponent--;
  }
  double s = (m - 1) / (m + 1), square = s * s, sum = 0;
  for (int k = TERMS; k-- > 0;) sum = sum * square + 1.0 / (2 * k + 1);
  return exponent * ln2_high + (exponent * ln2_low + 2 * s * sum);
}

double xoshiro_normal(struct xoshiro *xoshiro) {
  if (xoshiro->has_spare) {
    xoshiro->has_spare = false;
    return xoshiro->spare;
  }
  double x, y, square;
  do {
    x = 2 * xoshiro_unit(xoshiro) - 1;
    y = 2 * xoshiro_unit(xoshiro) - 1;
    square = x * x + y * y;
  } while (square >= 1 || square == 0);
  double scale = sqrt(-2 * xoshiro_log(square) / square);
  xoshiro->spare = y * scale;
  xoshiro->has_spare = true;
  return x * scale;
}
