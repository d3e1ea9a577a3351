/* The exact judge of float32 texts. A float32 is h * 2^p, with h counting halves of its last place, and a text is
 * D * 10^x. Without the factors of two that both have, the question is how D * A compares with h * B, in integers. */
#include "tests/support/float_oracle.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef __int128 exact;

struct text_value {
  bool negative;
  uint32_t digits; /* D, not a multiple of ten unless 0 */
  int exponent;    /* x */
};

/* A text beside a number, in a unit in which both are whole. */
struct comparison {
  exact difference; /* text - number */
  exact step;       /* what one more in D adds to the text */
  exact half;       /* half a place of the number */
  bool even;        /* numbers half-way to a neighbor read back to this one */
  bool binade;      /* a power of two: the neighbor below is half as far away */
};

void float_oracle_init(struct float_oracle *oracle) {
  oracle->five[0] = 1;
  for (int i = 1; i <= FLOAT_ORACLE_TEN; i++) oracle->five[i] = oracle->five[i - 1] * 5; /* 5^55 < 2^128 */
  double *one = oracle->ten + FLOAT_ORACLE_TEN;
  *one = 1;
  for (int i = 1; i <= FLOAT_ORACLE_TEN; i++) {
    one[i] = one[i - 1] * 10;
    one[-i] = 1 / one[i];
  }
}

/* Reads [-]digits[.digits][e±dd]; false for anything else and for over nine digits. */
static bool read_text(const char *text, size_t length, struct text_value *value) {
  const char *p = text, *end = text + length;
  bool negative = p < end && *p == '-', point = false;
  uint64_t digits = 0;
  int exponent = 0, seen = 0;
  for (p += negative; p < end; p++) {
    if (*p >= '0' && *p <= '9') {
      if (++seen > 19) return false; /* keeps `digits` from wrapping */
      digits = digits * 10 + (uint64_t)(*p - '0');
      exponent -= point;
    } else if (*p == '.' && !point) {
      point = true;
    } else {
      break;
    }
  }
  if (p < end) {
    if (end - p != 4 || p[0] != 'e' || (p[1] != '-' && p[1] != '+')) return false;
    int tail = (p[2] - '0') * 10 + (p[3] - '0');
    exponent += p[1] == '-' ? -tail : tail;
  }
  for (; digits != 0 && digits % 10 == 0; digits /= 10) exponent++;
  if (seen == 0 || digits > 999999999) return false;
  *value = (struct text_value){negative, (uint32_t)digits, exponent};
  return true;
}

static size_t lay_out_scientific(char *out, const char *digits, int count, int exponent) {
  char *p = out;
  *p++ = digits[0];
  if (count > 1) *p++ = '.';
  for (int i = 1; i < count; i++) *p++ = digits[i];
  *p++ = 'e';
  *p++ = exponent < 0 ? '-' : '+';
  if (exponent < 0) exponent = -exponent;
  *p++ = (char)('0' + exponent / 10);
  *p++ = (char)('0' + exponent % 10);
  return (size_t)(p - out);
}

/* The one right layout of a value other than 0, as the contract says it, digit by digit. */
static size_t lay_out(char out[40], const struct text_value *value) {
  char digits[10], *p = out;
  int count = 0;
  for (uint32_t rest = value->digits; rest; rest /= 10) count++;
  uint32_t rest = value->digits;
  for (int i = count; i > 0; rest /= 10) digits[--i] = (char)('0' + rest % 10);
  int exponent = value->exponent + count - 1;
  if (value->negative) *p++ = '-';
  if (exponent < -4 || exponent > 15) return (size_t)(p - out) + lay_out_scientific(p, digits, count, exponent);
  int last = value->exponent < 0 ? value->exponent : -1;
  for (int place = exponent < 0 ? 0 : exponent; place >= last; place--) {
    int i = exponent - place;
    *p++ = i >= 0 && i < count ? digits[i] : '0';
    if (place == 0) *p++ = '.';
  }
  return (size_t)(p - out);
}

/* Fills `c`; false when the text is nowhere near the number. */
static bool compare(const struct float_oracle *oracle, float value, const struct text_value *text,
                    struct comparison *c) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint32_t field = bits >> 23 & 255, fraction = bits & 0x7fffff;
  uint32_t halves = 2 * (field ? fraction | 0x800000 : fraction);
  int power = (field ? (int)field : 1) - 151;
  int shift = text->exponent - power;
  if (text->exponent < -FLOAT_ORACLE_TEN || text->exponent > FLOAT_ORACLE_TEN || shift < -113 || shift > 113)
    return false;
  /* Text and number may need 131 bits, but their difference never does: within 0.2 %, or with h below 2^12, it stays
   * under 2^123, so that arithmetic modulo 2^128 is exact. */
  double ratio = text->digits * oracle->ten[text->exponent + FLOAT_ORACLE_TEN] /
                 ((double)value < 0 ? -(double)value : (double)value);
  if (halves < 1u << 12 ? ratio < 0.4 || ratio > 2.5 : ratio < 0.998 || ratio > 1.002) return false;
  unsigned __int128 step = oracle->five[text->exponent > 0 ? text->exponent : 0] << (shift > 0 ? shift : 0);
  unsigned __int128 half = oracle->five[text->exponent < 0 ? -text->exponent : 0] << (shift < 0 ? -shift : 0);
  *c = (struct comparison){.difference = (exact)(text->digits * step - halves * half),
                           .step = (exact)step,
                           .half = (exact)half,
                           .even = halves % 4 == 0,
                           .binade = fraction == 0 && field > 1};
  return true;
}

/* Whether the text with D + steps reads back to the number. */
static bool reads_back(const struct comparison *c, int steps) {
  exact difference = c->difference + steps * c->step;
  exact to_upper_end = c->half - difference;
  exact to_lower_end = difference * 2 + (c->binade ? c->half : c->half * 2);
  return c->even ? to_upper_end >= 0 && to_lower_end >= 0 : to_upper_end > 0 && to_lower_end > 0;
}

/* Any shorter text between two texts with the same x is a multiple of 10^(x + 1) (a power of ten between them is one
 * too), so only the next such multiple on either side can read back. */
static bool is_shortest(const struct comparison *c, uint32_t digits) {
  int last = (int)(digits % 10);
  return digits < 10 || (!reads_back(c, -last) && !reads_back(c, 10 - last));
}

static bool is_nearest(const struct comparison *c, uint32_t digits) {
  int toward = c->difference > 0 ? -1 : 1;
  if (!reads_back(c, toward)) return true;
  exact own = c->difference * -toward, other = c->step - own;
  return own < other || (own == other && digits % 2 == 0);
}

const char *float_oracle_fault(const struct float_oracle *oracle, float value, const char *text, size_t length) {
  struct text_value read;
  struct comparison comparison;
  char layout[40];
  if (!read_text(text, length, &read)) return "not a number of nine digits at most";
  if (read.negative != (__builtin_signbit(value) != 0)) return "the sign is wrong";
  if (value == 0)
    return length == 3u + read.negative && memcmp(text + read.negative, "0.0", 3) == 0 ? NULL : "zero is 0.0";
  if (!compare(oracle, value, &read, &comparison)) return "nowhere near the number";
  if (!reads_back(&comparison, 0)) return "reads back to another float32";
  if (!is_shortest(&comparison, read.digits)) return "a shorter text reads back too";
  if (!is_nearest(&comparison, read.digits)) return "another text of this length is nearer";
  if (lay_out(layout, &read) != length || memcmp(layout, text, length) != 0) return "the layout is wrong";
  return NULL;
}
