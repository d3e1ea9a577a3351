/* Decimal text to float32. Nearly every number of a real matrix takes the short way: at most 19 digits in a 64-bit
 * integer, one exact-operand division in double, one narrowing that is proved not to round twice. The rest is brought
 * to a bounded canonical form and given to the C library. */
#include "store/import/float_parse.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  DIGITS_MAX = 19,       /* 10^19 - 1 < 2^64 */
  COMMON_BYTES = 12,     /* a sign, a digit, a point, 8 decimals and a space */
  POWER_MAX = 22,        /* the largest power of ten that a double holds exactly */
  BRACKET_DIGITS = 4,    /* 19 digits less these fit into 2^53 */
  CANONICAL_DIGITS = 200 /* a midpoint of two float32 has at most 113 significant digits */
};

static const double powers[POWER_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                             1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
static const uint64_t whole_powers[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/* What was read of a number: digits and exponent, before any rounding. */
struct decimal {
  const char *start; /* of the digits, behind the sign */
  const char *stop;  /* of the digits and the point, before the exponent */
  uint64_t mantissa; /* all digits, when there are at most DIGITS_MAX */
  size_t digits;
  int64_t exponent; /* of ten, for the mantissa read as an integer */
};

locale_t float_parse_locale(void) {
  return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static inline bool is_digit(char c) {
  return (unsigned char)(c - '0') < 10;
}

/* The 8 bytes at p, the first lowest, each xor-ed with '0': digits become their values. */
static inline uint64_t load_digits(const char *p) {
  uint64_t chunk;
  memcpy(&chunk, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  chunk = __builtin_bswap64(chunk);
#endif
  return chunk ^ 0x3030303030303030u;
}

/* How many of the 8 bytes of load_digits() are digits before the first that is none. Adding 0x76 carries a byte over 9
 * into its top bit; a carry out of a byte can only disturb bytes behind the first that is no digit. */
static inline unsigned leading_digits(uint64_t chunk) {
  uint64_t not_digit = ((chunk + 0x7676767676767676u) | chunk) & 0x8080808080808080u;
  return not_digit ? (unsigned)__builtin_ctzll(not_digit) / 8 : 8;
}

/* The number that 8 digits (values 0–9, first byte lowest and most significant) write: neighbours are joined to pairs,
 * pairs to fours, fours to eight, by one multiplication each. */
static inline uint64_t eight_digits(uint64_t chunk) {
  chunk = chunk * 10 + (chunk >> 8);
  uint64_t low = (chunk & 0x000000FF000000FFu) * 0x000F424000000064u;
  uint64_t high = ((chunk >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u;
  return (low + high) >> 32;
}

/* Reads digits onto *mantissa, 8 at a time where 8 bytes are left, and returns the place behind them. Past 19 digits
 * the mantissa wraps and is not used. */
static inline const char *read_digits(const char *p, const char *end, uint64_t *mantissa) {
  while (end - p >= 8) {
    uint64_t chunk = load_digits(p);
    unsigned count = leading_digits(chunk);
    if (count == 0) return p;
    /* Shifted up, the digits have zeros before them, which change nothing. */
    *mantissa = *mantissa * whole_powers[count] + eight_digits(chunk << (64 - 8 * count));
    p += count;
    if (count < 8) return p;
  }
  for (; p < end && is_digit(*p); p++) *mantissa = *mantissa * 10 + (uint64_t)(*p - '0');
  return p;
}

/* Reads an exponent if a whole one is there ("1e" and "1e+" end before the e); one that is beyond any use saturates. */
static const char *read_exponent(const char *p, const char *end, int64_t *exponent) {
  const char *q = p + 1;
  bool negative = false;
  if (q < end && (*q == '-' || *q == '+')) negative = *q++ == '-';
  if (q == end || !is_digit(*q)) return p;
  int64_t value = 0;
  for (; q < end && is_digit(*q); q++)
    if (value < INT64_MAX / 100) value = value * 10 + (*q - '0');
  *exponent += negative ? -value : value;
  return q;
}

/* The way for whatever the short way declines: the significant digits, of which at most CANONICAL_DIGITS are kept and
 * the rest is represented by a final 1 when it is not all zeros, go to strtof() with an exponent. */
static float slow_value(locale_t locale, const struct decimal *decimal) {
  char text[CANONICAL_DIGITS + 32];
  size_t kept = 0;
  int64_t dropped = 0;
  bool sticky = false;
  for (const char *p = decimal->start; p < decimal->stop; p++) {
    if (*p == '.' || (kept == 0 && *p == '0')) continue;
    if (kept < CANONICAL_DIGITS) {
      text[kept++] = *p;
    } else {
      dropped++;
      sticky = sticky || *p != '0';
    }
  }
  if (kept == 0) return 0.0f;
  int64_t exponent = decimal->exponent + dropped;
  if (sticky) {
    text[kept++] = '1';
    exponent--;
  }
  snprintf(text + kept, sizeof text - kept, "e%lld", (long long)exponent);
  return strtof_l(text, NULL, locale);
}

/* mantissa × 10^exponent as a float32, when mantissa < 2^53 and |exponent| <= 22: both are exact doubles, so the one
 * operation rounds correctly, and narrowing rounds the same way as the true value unless that double is exactly
 * halfway between two floats (then the true value may be on either side) or below the normal floats (where "halfway"
 * lies elsewhere). Returns false in those cases. */
static inline bool short_value(uint64_t mantissa, int64_t exponent, float *value) {
  double wide = exponent < 0 ? (double)mantissa / powers[-exponent] : (double)mantissa * powers[exponent];
  uint64_t bits;
  memcpy(&bits, &wide, sizeof bits);
  if ((bits & 0x1FFFFFFFu) == 0x10000000u) return false;
  if (wide < (double)FLT_MIN && mantissa != 0) return false;
  *value = (float)wide;
  return true;
}

/* For 17 to 19 digits: the mantissa less its last digits and that plus one bracket the number; when both round to one
 * float, without touching a midpoint, so does everything between them. */
static bool bracketed_value(uint64_t mantissa, int64_t exponent, float *value) {
  float low, high;
  if (exponent < -POWER_MAX - BRACKET_DIGITS || exponent > POWER_MAX - BRACKET_DIGITS) return false;
  uint64_t cut = mantissa / whole_powers[BRACKET_DIGITS];
  if (!short_value(cut, exponent + BRACKET_DIGITS, &low) || !short_value(cut + 1, exponent + BRACKET_DIGITS, &high))
    return false;
  if (low != high) return false;
  *value = low;
  return true;
}

static inline float decimal_value(locale_t locale, const struct decimal *decimal) {
  float value;
  if (decimal->digits <= DIGITS_MAX) {
    if (decimal->mantissa < (uint64_t)1 << 53) {
      if (decimal->exponent >= -POWER_MAX && decimal->exponent <= POWER_MAX &&
          short_value(decimal->mantissa, decimal->exponent, &value))
        return value;
    } else if (bracketed_value(decimal->mantissa, decimal->exponent, &value)) {
      return value;
    }
  }
  return slow_value(locale, decimal);
}

/* nan, inf or infinity at p; *value gets it. Returns the place behind it, or NULL. */
static const char *read_special(const char *p, const char *end, float *value) {
  static const char *const names[] = {"infinity", "inf", "nan"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t length = strlen(names[i]), same = 0;
    /* Only letters fold onto these letters by bit 0x20, so no other byte can pass for one. */
    while (same < length && p + same < end && (p[same] | 0x20) == names[i][same]) same++;
    if (same < length) continue;
    *value = i < 2 ? INFINITY : NAN;
    return p + length;
  }
  return NULL;
}

/* Half of all numbers are negative, in no order that a branch predictor could learn: signs are handled without a
 * branch (16.5 → 14.2 ns a number on GloVe-like text). */
static inline float with_sign(float magnitude, bool negative) {
  uint32_t bits;
  memcpy(&bits, &magnitude, sizeof bits);
  bits |= (uint32_t)negative << 31;
  memcpy(&magnitude, &bits, sizeof bits);
  return magnitude;
}

static inline enum float_kind parse(locale_t locale, const char **text, const char *end, float *value) {
  struct decimal decimal = {.start = *text};
  if (decimal.start == end) return FLOAT_NONE;
  bool negative = *decimal.start == '-';
  decimal.start += negative | (*decimal.start == '+');
  const char *p = decimal.start;
  /* One or two digits stand before nearly every point: not worth eight. */
  for (; p < end && is_digit(*p); p++) decimal.mantissa = decimal.mantissa * 10 + (uint64_t)(*p - '0');
  decimal.digits = (size_t)(p - decimal.start);
  if (p < end && *p == '.') {
    const char *fraction = p + 1;
    p = read_digits(fraction, end, &decimal.mantissa);
    decimal.exponent = -(int64_t)(p - fraction);
    decimal.digits += (size_t)(p - fraction);
  }
  float magnitude;
  if (decimal.digits == 0) {
    p = read_special(decimal.start, end, &magnitude);
    if (!p) return FLOAT_NONE;
  } else {
    decimal.stop = p;
    if (p < end && (*p == 'e' || *p == 'E')) p = read_exponent(p, end, &decimal.exponent);
    magnitude = decimal_value(locale, &decimal);
  }
  *text = p;
  *value = with_sign(magnitude, negative);
  return magnitude <= FLT_MAX ? FLOAT_FINITE : FLOAT_NOT_FINITE;
}

/* One digit, a point, 1 to 8 decimals and a space, which is what nearly every number of a real matrix looks like: the
 * same as parse() with everything left out that cannot happen then. Reads 12 bytes. False: it is not of that shape, or
 * rounds where parse() must decide. 14.6 → 12.9 ns a number. */
static inline bool parse_common(const char **text, float *value) {
  const char *p = *text;
  /* The place of the next number waits for this one's end: loading the decimals from both places where they may begin
   * takes a load off that path. */
  uint64_t chunk = load_digits(p + 2), shifted = load_digits(p + 3);
  bool negative = *p == '-';
  chunk ^= (chunk ^ shifted) & -(uint64_t)negative;
  p += negative;
  unsigned count = leading_digits(chunk);
  uint64_t whole = (uint64_t)(unsigned char)(*p - '0');
  if (whole > 9 || p[1] != '.' || count == 0 || p[2 + count] != ' ') return false;
  float magnitude;
  if (!short_value(whole * whole_powers[count] + eight_digits(chunk << (64 - 8 * count)), -(int64_t)count, &magnitude))
    return false;
  *value = with_sign(magnitude, negative);
  *text = p + 2 + count;
  return true;
}

enum float_kind float_parse(locale_t locale, const char **text, const char *end, float *value) {
  return parse(locale, text, end, value);
}

size_t float_parse_run(locale_t locale, const char **text, const char *end, float *values, size_t count, bool *finite) {
  const char *behind = *text;
  bool all_finite = true;
  size_t read = 0;
  for (const char *p = *text; read < count; p++) {
    float value;
    if (end - p < COMMON_BYTES || !parse_common(&p, &value)) {
      enum float_kind kind = parse(locale, &p, end, &value);
      if (kind == FLOAT_NONE || (p < end && *p != ' ')) break;
      all_finite &= kind == FLOAT_FINITE;
    }
    values[read++] = value;
    behind = p;
    if (p == end) break;
  }
  *text = behind;
  *finite = all_finite;
  return read;
}
