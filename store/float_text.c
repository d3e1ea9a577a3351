/* float32 → shortest decimal text. Finding the digits follows the insight of Raffaello Giulietti, "The Schubfach way to
 * render doubles" (2020): with a well chosen power of ten the rounding interval of a number holds at most one multiple
 * of the larger power and at least one of the smaller. Numbers of common size are written without a branch on their
 * digits. */
#include "store/float_text.h"

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "store/float_text_table.h"

enum {
  MANTISSA_BITS = 23,
  BITS_OF_1E_4 = 0x38d1b717, /* the float32 written "0.0001": anything below takes an exponent */
  BITS_OF_10 = 0x41200000,
  BITS_OF_1E16 = 0x5a0e1bca, /* the float32 written "1e+16" */
  BITS_OF_INFINITY = 0x7f800000,
};

/* The digits of a number: (10 * head + last) * 10^(power - 1), with head < 10^8 and last < 10. */
struct decimal {
  uint32_t head;
  uint32_t last;
  int32_t power;
};

/* The shortest decimal for c units, where the table's unit is between 1/10 and 1 of 10^power. Measured in 10^power,
 * with 64 bits behind the point, what reads back to the same number reaches from half a unit below it to half a unit
 * above, ends included when c is even, for reading rounds to even. In there
 * - is one integer at most: then it is the shortest text, once its trailing zeros are dropped;
 * - else is one tenth at least: all of them are equally long, and the one nearest to the number is among them.
 * At a power of two (`binade`) the numbers below lie twice as dense: c counts in their unit, and above is a whole one.
 * That may hold two integers, of which the nearer is taken.
 *
 * The factor is less than 2 * 2^-64 too large, hence its products here less than 2^-38: an end that lies exactly on an
 * integer may appear beyond it by that much, SLACK. No other end comes so near to an integer, nor any number so near to
 * the middle of two tenths: tests/exhaustive/float_text.c goes over all of them. */
static inline struct decimal find(uint64_t c, const struct float_text_scale *scale, bool binade) {
  const uint64_t SLACK = UINT64_C(1) << 26, HALF = UINT64_C(1) << 63;
  unsigned __int128 product = (unsigned __int128)c * scale->factor;
  uint64_t whole = (uint64_t)(product >> 64), part = (uint64_t)product, unused;
  uint64_t below = scale->factor / 2, above = binade ? scale->factor : below;
  uint64_t excluded = (c & 1) * SLACK; /* the ends do not count */
  uint32_t down = part < below + SLACK - excluded;
  uint32_t up = __builtin_add_overflow(part, above - excluded, &unused);
  if (binade && down) up &= part > HALF;

  unsigned __int128 tenths = (unsigned __int128)part * 10;
  uint32_t digit = (uint32_t)(tenths >> 64);
  /* To the nearest, and from the middle to the even one. */
  digit += __builtin_add_overflow((uint64_t)tenths, HALF - 1 + (digit & 1), &unused);
  return (struct decimal){(uint32_t)whole + up, digit & ((down | up) - 1), scale->power};
}

/* Kept apart, as powers of two are rare: asking for them in the arithmetic of all others costs 1 ns of 12. */
static __attribute__((noinline)) struct decimal find_binade(uint32_t exponent) {
  return find(UINT64_C(2) << MANTISSA_BITS, &float_text_scales[exponent - 1], true);
}

/* `bits` of a number above 0. */
static inline struct decimal shortest(uint32_t bits) {
  uint32_t exponent = bits >> MANTISSA_BITS, fraction = bits & ((1u << MANTISSA_BITS) - 1);
  if (fraction == 0 && exponent > 1) return find_binade(exponent);
  return find(fraction | (uint32_t)(exponent != 0) << MANTISSA_BITS, &float_text_scales[exponent], false);
}

/* The eight digits of `number`, below 10^8, one in each byte, the first in the lowest: halved into groups of four, two
 * and one digit, all groups of a stage at once. A quotient is a multiplication and a shift, exact for its range; the
 * remainder is moved up beside it by subtracting the quotient's multiple in the same step. */
static inline uint64_t eight_digits(uint32_t number) {
  uint64_t n = number;
  uint64_t by10000 = (n * 109951163) >> 40;
  n = (n << 32) - by10000 * ((UINT64_C(10000) << 32) - 1);
  uint64_t by100 = ((n * 10486) >> 20) & UINT64_C(0x0000007f0000007f);
  n = (n << 16) - by100 * ((100 << 16) - 1);
  uint64_t by10 = ((n * 103) >> 10) & UINT64_C(0x000f000f000f000f);
  return (n << 8) - by10 * ((10 << 8) - 1);
}

#define ZEROS UINT64_C(0x3030303030303030)

/* Writes eight digits from eight_digits(). */
static inline void put_eight(char *out, uint64_t digits) {
  uint64_t text = htole64(digits | ZEROS);
  memcpy(out, &text, sizeof text);
}

/* How many of the nine digits stay when zeros are dropped from the end, 1 at least. A digit takes the lower half of its
 * byte, so there is room to shift in a bit that stands for the first. */
static inline uint32_t without_trailing_zeros(uint64_t digits, uint32_t last) {
  uint64_t others = digits >> 8 | (uint64_t)last << 56;
  return 9 - (((uint32_t)__builtin_clzll(others << 1 | 1) + 1) >> 3);
}

/* 1e-4 <= magnitude < 10: the head's eight digits begin at 10^(power + 7), that is between 10^1 (a zero: there are at
 * most seven digits in front of the point and behind it) and 10^-5. They are stored where they belong relative to the
 * point; then the point and the digit before it go over whatever lies there. */
static inline size_t write_small(char *out, float magnitude, struct decimal decimal) {
  uint64_t digits = eight_digits(decimal.head);
  char *head = out - 6 - decimal.power;
  put_eight(out, 0);
  put_eight(head, digits);
  head[8] = (char)('0' + decimal.last);
  out[0] = (char)('0' + (int)magnitude);
  out[1] = '.';
  size_t length = (size_t)(head - out) + without_trailing_zeros(digits, decimal.last);
  return length < 3 ? 3 : length;
}

/* Any other magnitude but 0. Kept apart so that the common case need not save registers for it. */
static __attribute__((noinline)) size_t write_any(char *out, uint32_t magnitude) {
  struct decimal decimal = shortest(magnitude);
  uint64_t digits = eight_digits(decimal.head);
  char text[32];
  memset(text, '0', sizeof text);
  put_eight(text, digits);
  text[8] = (char)('0' + decimal.last);
  uint32_t end = without_trailing_zeros(digits, decimal.last);
  uint32_t start = digits ? (uint32_t)__builtin_ctzll(digits) >> 3 : 8;
  const char *first = text + start;
  uint32_t count = end - start;
  int32_t exponent = decimal.power + 7 - (int32_t)start;
  if (magnitude >= BITS_OF_10 && magnitude < BITS_OF_1E16) {
    uint32_t whole = (uint32_t)exponent + 1;
    memcpy(out, first, 16);
    out[whole] = '.';
    memcpy(out + whole + 1, first + whole, 8);
    return whole + 1 + (count > whole ? count - whole : 1);
  }
  out[0] = first[0];
  out[1] = '.';
  memcpy(out + 2, first + 1, 8);
  char *tail = out + (count > 1 ? count + 1 : 1);
  uint32_t size = (uint32_t)(exponent < 0 ? -exponent : exponent);
  tail[0] = 'e';
  tail[1] = exponent < 0 ? '-' : '+';
  tail[2] = (char)('0' + size / 10);
  tail[3] = (char)('0' + size % 10);
  return (size_t)(tail + 4 - out);
}

size_t float_text_write(char out[FLOAT_TEXT_MAX], float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint32_t magnitude = bits & INT32_MAX, sign = bits >> 31;
  assert(magnitude < BITS_OF_INFINITY);
  *out = '-';
  out += sign;
  if (magnitude - BITS_OF_1E_4 < BITS_OF_10 - BITS_OF_1E_4)
    return sign + write_small(out, __builtin_fabsf(value), shortest(magnitude));
  if (magnitude == 0) {
    memcpy(out, "0.0", 3);
    return sign + 3;
  }
  return sign + write_any(out, magnitude);
}
