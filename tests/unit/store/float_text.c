/* float_text_write() against known texts, against libc on random numbers, against the exact judge, and its table
 * against integers of any size. tests/exhaustive/float_text.c goes over every float32. */
#include "store/float_text.h"

#include <check.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/float_text_table.h"
#include "tests/support/effort.h"
#include "tests/support/float_oracle.h"

struct example {
  float value;
  const char *text;
};

static const struct example examples[] = {
    {0.0f, "0.0"},
    {-0.0f, "-0.0"},
    {0.1f, "0.1"},
    {0.3f, "0.3"},
    {0.7f, "0.7"},
    {-0.013441f, "-0.013441"},
    {0x1.555556p-2f, "0.33333334"},
    {0x1.99999ap-4f, "0.1"},
    {0x1.99999cp-4f, "0.10000001"},
    {3.1415927f, "3.1415927"},
    /* Trailing zeros, and the ".0" that makes a float of a whole number. */
    {1.0f, "1.0"},
    {-1.0f, "-1.0"},
    {1.5f, "1.5"},
    {9.0f, "9.0"},
    {10.0f, "10.0"},
    {100000.0f, "100000.0"},
    {123456.0f, "123456.0"},
    {123.456f, "123.456"},
    {4096.25f, "4096.25"},
    {16777216.0f, "16777216.0"},
    /* Beyond 2^24 not every whole number is a float32, and digits that say nothing are zeros. */
    {16777218.0f, "16777218.0"},
    {67108872.0f, "67108870.0"},
    /* 33554450 is half-way between these two and reads back to the even one. */
    {33554448.0f, "33554450.0"},
    {33554452.0f, "33554452.0"},
    {123456789.0f, "123456790.0"},
    {4294967296.0f, "4294967300.0"},
    /* Where the layout changes. */
    {0.0001f, "0.0001"},
    {0x1.a36e2cp-14f, "9.999999e-05"},
    {0.00012345678f, "0.00012345678"},
    {0.00001f, "1e-05"},
    {-0.000012345f, "-1.2345e-05"},
    {0x1.fffffep-1f, "0.99999994"},
    {0x1.3ffffep+3f, "9.999999"},
    {1e15f, "1000000000000000.0"},
    {0x1.1c3792p+53f, "9999999000000000.0"},
    {1e16f, "1e+16"},
    {1.5e16f, "1.5e+16"},
    {1e20f, "1e+20"},
    /* Exactly in the middle of two shortest texts: the even one. */
    {1.00390625f, "1.0039062"},
    {1.01171875f, "1.0117188"},
    /* Powers of two, whose neighbor below is nearer than the one above. */
    {0.5f, "0.5"},
    {0.125f, "0.125"},
    {0x1p-44f, "5.684342e-14"},
    {0x1p-103f, "9.8607613e-32"},
    {0x1p-96f, "1.2621775e-29"},
    {0x1p-99f, "1.5777218e-30"},
    {0x1p27f, "134217730.0"},
    {0x1p72f, "4.7223665e+21"},
    /* The ends of the format. */
    {0x1p-149f, "1e-45"},
    {-0x1p-149f, "-1e-45"},
    {0x2p-149f, "3e-45"},
    {0x3p-149f, "4e-45"},
    {0x7p-149f, "1e-44"},
    {0x0.fffffep-126f, "1.1754942e-38"},
    {FLT_MIN, "1.1754944e-38"},
    {0x1.fffffcp127f, "3.4028233e+38"},
    {FLT_MAX, "3.4028235e+38"},
    {-FLT_MAX, "-3.4028235e+38"},
};

START_TEST(known_numbers) {
  char text[FLOAT_TEXT_MAX];
  size_t length = float_text_write(text, examples[_i].value);
  ck_assert_uint_le(length, FLOAT_TEXT_MAX);
  char terminated[FLOAT_TEXT_MAX + 1] = "";
  memcpy(terminated, text, length);
  ck_assert_str_eq(terminated, examples[_i].text);
}
END_TEST

START_TEST(nothing_past_the_maximum_is_touched) {
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
    char text[FLOAT_TEXT_MAX + 16];
    memset(text, '#', sizeof text);
    ck_assert_uint_le(float_text_write(text + 8, examples[i].value), FLOAT_TEXT_MAX);
    for (int j = 0; j < 8; j++) ck_assert(text[j] == '#' && text[8 + FLOAT_TEXT_MAX + j] == '#');
  }
}
END_TEST

static uint32_t next_random(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 (Steele, Lea, Flood 2014) */
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)(z >> 32);
}

/* Half of them anywhere, half of the size that the numbers of word vectors have. */
static float random_finite(uint64_t *state) {
  for (;;) {
    uint32_t bits = next_random(state);
    if (next_random(state) % 2) bits = (bits & 0x80ffffff) | (0x32u + next_random(state) % 15) << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    if (isfinite(value)) return value;
  }
}

static bool same_bits(float a, float b) {
  return memcmp(&a, &b, sizeof a) == 0;
}

static int significant_digits(const char *text) {
  int count = 0, zeros = 0;
  for (; *text && *text != 'e'; text++) {
    if (*text < '0' || *text > '9') continue;
    if (*text != '0') {
      count += zeros + 1;
      zeros = 0;
    } else if (count > 0) {
      zeros++;
    }
  }
  return count;
}

/* The text of `count` significant digits that is nearest to `value`, moved on by `steps` units of its last digit, reads
 * back to `value`. */
static bool reads_back(float value, int count, int steps) {
  char text[64], moved[80];
  snprintf(text, sizeof text, "%.*e", count - 1, fabs((double)value));
  long digits = 0;
  const char *p = text;
  for (; *p != 'e'; p++)
    if (*p != '.') digits = digits * 10 + (*p - '0');
  snprintf(moved, sizeof moved, "%lde%d", digits + steps, atoi(p + 1) - (count - 1));
  return same_bits(strtof(moved, NULL), fabsf(value));
}

START_TEST(random_numbers_agree_with_libc) {
  uint64_t state = 20;
  for (int i = 0, repeats = effort(30000); i < repeats; i++) {
    float value = random_finite(&state);
    char text[FLOAT_TEXT_MAX + 1], nearest[64];
    text[float_text_write(text, value)] = '\0';
    ck_assert_msg(same_bits(strtof(text, NULL), value), "%a is written %s", (double)value, text);
    int count = significant_digits(text);
    for (int steps = -1; steps <= 1 && count > 1; steps++)
      ck_assert_msg(!reads_back(value, count - 1, steps), "%a is written %s", (double)value, text);
    /* Where the nearest text of this length reads back, it is the one. */
    snprintf(nearest, sizeof nearest, "%.*e", count - 1, (double)value);
    if (same_bits(strtof(nearest, NULL), value))
      ck_assert_msg(strtod(nearest, NULL) == strtod(text, NULL), "%s is nearer than %s", nearest, text);
  }
}
END_TEST

START_TEST(random_numbers_satisfy_the_exact_judge) {
  struct float_oracle oracle;
  float_oracle_init(&oracle);
  uint64_t state = 21;
  for (int i = 0, repeats = effort(300000); i < repeats; i++) {
    float value = random_finite(&state);
    char text[FLOAT_TEXT_MAX];
    size_t length = float_text_write(text, value);
    const char *fault = float_oracle_fault(&oracle, value, text, length);
    ck_assert_msg(!fault, "%a is written %.*s: %s", (double)value, (int)length, text, fault);
  }
}
END_TEST

START_TEST(all_powers_of_two_satisfy_the_exact_judge) {
  struct float_oracle oracle;
  float_oracle_init(&oracle);
  for (int exponent = -149; exponent < 128; exponent++) {
    float value = ldexpf(1, exponent);
    char text[FLOAT_TEXT_MAX];
    const char *fault = float_oracle_fault(&oracle, value, text, float_text_write(text, value));
    ck_assert_msg(!fault, "2^%d: %s", exponent, fault);
  }
}
END_TEST

/* The judge itself must tell wrong from right. */
START_TEST(the_judge_refuses_other_texts) {
  static const struct {
    float value;
    const char *text;
  } wrong[] = {
      {0.1f, "0.11"},
      {0.1f, "-0.1"},
      {-0.1f, "0.1"},
      {0.1f, "0.100000001"},
      {0.1f, "0.10"},
      {0.1f, ".1"},
      {0.1f, "1e-1"},
      {0.1f, "0.1x"},
      {0.1f, ""},
      {1.0f, "1"},
      {1.0f, "1."},
      {1.0f, "01.0"},
      {1.0f, "1e+00"},
      {0.0f, "0"},
      {0.0f, "-0.0"},
      {1e-5f, "0.00001"},
      {1e-5f, "1e-5"},
      {1e16f, "1e16"},
      {FLT_MIN, "1.17549435e-38"},
      {0x1p-149f, "2e-45"},
      {0x1p-149f, "1.4e-45"},
      {0x7p-149f, "9.8e-45"},
      {33554448.0f, "33554448.0"},
      {33554452.0f, "33554450.0"},
      {1.00390625f, "1.0039063"},
      {0x1p-44f, "5.684341e-14"},
      {0x1p-44f, "5.6843419e-14"},
      {1.0f, "1.0e+300"},
      {FLT_MAX, "3.4028236e+38"},
      {1.0f, "340282350000000000000000000000000000000.0"},
  };
  struct float_oracle oracle;
  float_oracle_init(&oracle);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    ck_assert_msg(float_oracle_fault(&oracle, wrong[i].value, wrong[i].text, strlen(wrong[i].text)) != NULL, "%a as %s",
                  (double)wrong[i].value, wrong[i].text);
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
    ck_assert_ptr_null(float_oracle_fault(&oracle, examples[i].value, examples[i].text, strlen(examples[i].text)));
}
END_TEST

/* 2^power_of_two / divisor, rounded up to an even integer, by long division in base two. */
static uint64_t divide_up_to_even(int power_of_two, unsigned __int128 divisor) {
  unsigned __int128 rest = 1, quotient = 0;
  for (int i = 0; i < power_of_two; i++) {
    rest *= 2;
    quotient *= 2;
    if (rest >= divisor) {
      rest -= divisor;
      quotient++;
    }
  }
  quotient += rest != 0;
  quotient += quotient & 1;
  ck_assert(quotient >> 64 == 0);
  return (uint64_t)quotient;
}

START_TEST(the_table_holds_the_powers_of_ten) {
  struct float_oracle oracle; /* for its powers of five */
  float_oracle_init(&oracle);
  const struct float_text_scale *scale = &float_text_scales[_i];
  int unit = (_i ? _i : 1) - 150;
  uint64_t factor;
  if (scale->power > 0) {
    factor = divide_up_to_even(unit + 64 - scale->power, oracle.five[scale->power]);
  } else {
    /* 2^(unit + 64) * 10^-power */
    unsigned __int128 five = oracle.five[-scale->power];
    int shift = unit + 64 - scale->power;
    unsigned __int128 shifted = shift < 0 ? five >> -shift : five << shift;
    if (shift < 0 && shifted << -shift != five) shifted++;
    shifted += shifted & 1;
    ck_assert(shifted >> 64 == 0);
    factor = (uint64_t)shifted;
  }
  ck_assert_msg(scale->factor == factor, "%d: 0x%016" PRIx64 " is not 0x%016" PRIx64, _i, scale->factor, factor);
  ck_assert(scale->factor % 2 == 0);
  /* The factor is between 1/10 and 1, which makes the power the right one. */
  ck_assert_uint_ge(scale->factor, UINT64_MAX / 10);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/float_text");
  TCase *cases = tcase_create("float_text");
  tcase_set_timeout(cases, 120); /* sanitizers and emulators are slow */
  tcase_add_loop_test(cases, known_numbers, 0, (int)(sizeof examples / sizeof *examples));
  tcase_add_test(cases, nothing_past_the_maximum_is_touched);
  tcase_add_test(cases, random_numbers_agree_with_libc);
  tcase_add_test(cases, random_numbers_satisfy_the_exact_judge);
  tcase_add_test(cases, all_powers_of_two_satisfy_the_exact_judge);
  tcase_add_test(cases, the_judge_refuses_other_texts);
  tcase_add_loop_test(cases, the_table_holds_the_powers_of_ten, 0, FLOAT_TEXT_SCALES);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
