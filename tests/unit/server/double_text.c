/* The text of float64 against the C library's, attempt by attempt, wherever the one is made without it. */
#include "server/double_text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/effort.h"
#include "tests/support/numbers.h"
#include "tests/support/suite.h"

static void expect(double value) {
  char wanted[64], got[DOUBLE_TEXT_MAX + 1];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(wanted, sizeof wanted, "%.*g", precision, value);
    if (strtod(wanted, NULL) == value) break;
  }
  if (!strpbrk(wanted, ".e")) strcat(wanted, ".0");
  memset(got, '#', sizeof got);
  size_t length = double_text_write(got, value);
  /* Not with an assertion each time, which costs more than what it asserts. */
  if (length > DOUBLE_TEXT_MAX || got[DOUBLE_TEXT_MAX] != '#') ck_abort_msg("%a takes %zu bytes", value, length);
  got[length] = '\0';
  if (strcmp(got, wanted) != 0) ck_abort_msg("%a is %s instead of %s", value, got, wanted);
}

static double of_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

START_TEST(similarities) {
  struct numbers numbers = {.state = 1};
  for (int i = 0; i < effort(300000); i++) expect((double)(numbers_next(&numbers) >> 11) * 0x1p-52 - 1);
}
END_TEST

/* Every binade from below 0.0001 to above 10 alike. */
START_TEST(all_sizes_near) {
  struct numbers numbers = {.state = 2};
  for (int i = 0; i < effort(300000); i++) {
    uint64_t bits = numbers_next(&numbers);
    expect(of_bits((bits & 0x800FFFFFFFFFFFFFu) | (uint64_t)(1023 - 16 + numbers_below(&numbers, 22)) << 52));
  }
}
END_TEST

/* Few digits, and what lies some ulps beside them: where 15 or 16 digits are just enough, or just not. */
START_TEST(near_short_ones) {
  struct numbers numbers = {.state = 3};
  for (int i = 0; i < effort(300000); i++) {
    double power = pow(10, numbers_below(&numbers, 17));
    double value = (double)(numbers_next(&numbers) % 10000000000000000u) / 1e16 * 10;
    value = round(value * power) / power;
    for (uint32_t ulps = numbers_below(&numbers, 4); ulps > 0; ulps--)
      value = nextafter(value, numbers_below(&numbers, 2) ? 100 : -100);
    expect(value);
    expect(-value);
  }
}
END_TEST

START_TEST(edges) {
  static const double values[] = {0,   0.1,  0.01,  0.001, 0.0001, 0.00001, 1,       9.5,
                                  10,  100,  1e15,  1e16,  1e22,   1e300,   5e-324,  1.7976931348623157e308,
                                  0.3, 1e17, 0.125, 5,     1e-5,   2.5,     1 / 3.0, 0.99999999999999989};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    for (int steps = -3; steps <= 3; steps++) {
      double value = values[i];
      for (int step = 0; step < abs(steps); step++) value = nextafter(value, steps < 0 ? -INFINITY : INFINITY);
      if (!isfinite(value)) continue;
      expect(value);
      expect(-value);
    }
  for (int exponent = -40; exponent < 40; exponent++)
    for (int steps = -2; steps <= 2; steps++) {
      double value = ldexp(1, exponent);
      for (int step = 0; step < abs(steps); step++) value = nextafter(value, steps < 0 ? 0 : INFINITY);
      expect(value);
    }
}
END_TEST

START_TEST(any_bits) {
  struct numbers numbers = {.state = 4};
  for (int i = 0; i < effort(100000); i++) {
    double value = of_bits(numbers_next(&numbers));
    if (isfinite(value)) expect(value);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/double_text", &tcase);
  tcase_add_test(tcase, similarities);
  tcase_add_test(tcase, all_sizes_near);
  tcase_add_test(tcase, near_short_ones);
  tcase_add_test(tcase, edges);
  tcase_add_test(tcase, any_bits);
  return suite_run(suite);
}
