/* Numbers as matrices write them: the grammar, and the value against the C library's strtof() on what people print and
 * on what is hard (midpoints, denormals, long digit strings). */
#include "store/import/float_parse.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/effort.h"

static locale_t locale;

static void set_up(void) {
  locale = float_parse_locale();
  ck_assert_ptr_nonnull(locale);
}

static void tear_down(void) {
  freelocale(locale);
}

static uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* tables of formats are what is tested here */

/* Parses exactly `text`, from memory that ends with it: a read beyond is for the sanitizer to find. */
static enum float_kind parse(const char *text, size_t length, float *value, size_t *used) {
  char *exact = malloc(length ? length : 1);
  ck_assert_ptr_nonnull(exact);
  memcpy(exact, text, length);
  const char *cursor = exact;
  enum float_kind kind = float_parse(locale, &cursor, exact + length, value);
  *used = (size_t)(cursor - exact);
  free(exact);
  return kind;
}

static void expect_same_as_strtof(const char *text) {
  float value = 0;
  const char *cursor = text;
  size_t length = strlen(text);
  enum float_kind kind = float_parse(locale, &cursor, text + length, &value);
  float expected = strtof(text, NULL);
  ck_assert_msg(bits_of(value) == bits_of(expected) && cursor == text + length, "%s gave %a instead of %a", text,
                (double)value, (double)expected);
  ck_assert_msg((kind == FLOAT_FINITE) == (isfinite(expected) != 0), "%s is of kind %d", text, (int)kind);
}

START_TEST(reads_plain_numbers) {
  static const struct {
    const char *text;
    float value;
  } cases[] = {{"0", 0.0f},
               {"7", 7.0f},
               {"+5", 5.0f},
               {"-0.5", -0.5f},
               {".5", 0.5f},
               {"5.", 5.0f},
               {"1e3", 1000.0f},
               {"1E-2", 0.01f},
               {"-6.3681e-05", -6.3681e-05f},
               {"0.1", 0.1f},
               {"00012.50", 12.5f},
               {"1e+2", 100.0f},
               {"123456789", 123456789.0f},
               {"16777217", 16777216.0f},
               {"16777219", 16777220.0f},
               {"3.4028235e38", FLT_MAX}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    float value = 99;
    size_t used;
    ck_assert_int_eq(parse(cases[i].text, strlen(cases[i].text), &value, &used), FLOAT_FINITE);
    ck_assert_msg(bits_of(value) == bits_of(cases[i].value), "%s gave %a", cases[i].text, (double)value);
    ck_assert_uint_eq(used, strlen(cases[i].text));
  }
}
END_TEST

START_TEST(keeps_the_sign_of_zero) {
  static const char *const zeros[] = {"-0", "-0.0", "-0e5", "-1e-60", "-0.00000000000000000000000000000000"};
  for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
    float value = 99;
    size_t used;
    ck_assert_int_eq(parse(zeros[i], strlen(zeros[i]), &value, &used), FLOAT_FINITE);
    ck_assert_msg(bits_of(value) == 0x80000000u, "%s gave %a", zeros[i], (double)value);
  }
}
END_TEST

START_TEST(refuses_what_is_no_number) {
  static const char *const texts[] = {"",   "-",  "+",  ".",   "-.",  "e5", "x",
                                      " 1", "in", "na", "--1", "+-1", ",5", "\xD9\xA1"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    float value = 99;
    size_t used;
    ck_assert_msg(parse(texts[i], strlen(texts[i]), &value, &used) == FLOAT_NONE, "\"%s\"", texts[i]);
    ck_assert_uint_eq(used, 0);
    ck_assert(value == 99);
  }
}
END_TEST

START_TEST(stops_where_the_number_stops) {
  static const struct {
    const char *text;
    size_t used;
    float value;
  } cases[] = {{"0x10", 1, 0},
               {"1,5", 1, 1},
               {"1e", 1, 1},
               {"1e+", 1, 1},
               {"1.5.2", 3, 1.5f},
               {"1_000", 1, 1},
               {"2 3", 1, 2},
               {"1e5e", 3, 1e5f},
               {"12345678x", 8, 12345678},
               {"0.12345678x", 10, 0.12345678f}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    float value;
    size_t used;
    ck_assert_int_eq(parse(cases[i].text, strlen(cases[i].text), &value, &used), FLOAT_FINITE);
    ck_assert_msg(used == cases[i].used && value == cases[i].value, "%s: %zu bytes, %a", cases[i].text, used,
                  (double)value);
  }
}
END_TEST

START_TEST(knows_what_is_not_finite) {
  static const char *const texts[] = {"nan",
                                      "NaN",
                                      "-nan",
                                      "inf",
                                      "-Inf",
                                      "+INFINITY",
                                      "1e39",
                                      "-1e999",
                                      "3.4028236e38",
                                      "1e99999999999999999999",
                                      "340282356779733661637539395458142568448"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    float value;
    size_t used;
    ck_assert_msg(parse(texts[i], strlen(texts[i]), &value, &used) == FLOAT_NOT_FINITE, "%s", texts[i]);
    ck_assert_uint_eq(used, strlen(texts[i]));
    ck_assert(!isfinite(value));
  }
}
END_TEST

START_TEST(agrees_on_what_people_print) {
  static const char *const formats[] = {"%.4f", "%.5f",  "%.6f",  "%f",   "%.5g", "%.6g",
                                        "%.9g", "%.17g", "%.18e", "%.1f", "%.0f", "%.8e"};
  uint64_t state = 1;
  for (int i = 0, count = effort(600000); i < count; i++) {
    double value = ((double)next_random(&state) / 0x1p63 - 1.0) * pow(10, (double)(i % 7) - 4);
    char text[64];
    snprintf(text, sizeof text, formats[(size_t)i % (sizeof formats / sizeof *formats)], value);
    expect_same_as_strtof(text);
  }
}
END_TEST

START_TEST(agrees_on_every_kind_of_float) {
  static const char *const formats[] = {"%.9g", "%.8g", "%.6e", "%.17g", "%.12g"};
  uint64_t state = 2;
  for (int i = 0, count = effort(400000); i < count; i++) {
    float value = float_of((uint32_t)next_random(&state));
    if (!isfinite(value)) continue;
    char text[64];
    snprintf(text, sizeof text, formats[i % 5], (double)value);
    expect_same_as_strtof(text);
  }
}
END_TEST

/* The exact decimal expansion of the point halfway between two floats, and the same a hair above and below. */
START_TEST(rounds_midpoints_to_even) {
  uint64_t state = 3;
  for (int i = 0, count = effort(20000); i < count; i++) {
    uint64_t random = next_random(&state);
    /* Every exponent, the denormals more often: they have the longest expansions. */
    uint32_t bits = (uint32_t)random & (i % 4 == 0 ? 0x00FFFFFFu : 0x7FFFFFFFu);
    float low = float_of(bits), high = float_of(bits + 1);
    if (!isfinite(low) || !isfinite(high)) continue;
    double middle = ((double)low + (double)high) / 2;
    char text[512];
    int length =
        i % 2 ? snprintf(text, sizeof text - 2, "%.160e", middle) : snprintf(text, sizeof text - 2, "%.170f", middle);
    expect_same_as_strtof(text);
    char *e = strchr(text, 'e');
    size_t at = e ? (size_t)(e - text) : (size_t)length;
    memmove(text + at + 1, text + at, (size_t)length - at + 1);
    text[at] = '1';
    expect_same_as_strtof(text);
    snprintf(text, sizeof text, "%.17g", nextafter(middle, 0));
    expect_same_as_strtof(text);
    snprintf(text, sizeof text, "%.17g", nextafter(middle, INFINITY));
    expect_same_as_strtof(text);
    snprintf(text, sizeof text, "%.15g", middle);
    expect_same_as_strtof(text);
  }
}
END_TEST

START_TEST(agrees_on_any_digits) {
  uint64_t state = 4;
  for (int i = 0, count = effort(400000); i < count; i++) {
    char text[128];
    size_t length = 0;
    uint64_t random = next_random(&state);
    if (random & 1) text[length++] = '-';
    size_t whole = (random >> 1) % (i % 8 == 0 ? 45 : 4), fraction = (random >> 8) % (i % 8 == 0 ? 55 : 21);
    if (whole + fraction == 0) whole = 1;
    for (size_t j = 0; j < whole; j++) text[length++] = (char)('0' + next_random(&state) % 10);
    if (fraction || (random >> 20 & 1)) text[length++] = '.';
    for (size_t j = 0; j < fraction; j++)
      text[length++] = (char)('0' + (random >> 21 & 1 && j < 9 ? 0 : next_random(&state) % 10));
    text[length] = '\0';
    if (random >> 22 & 1) snprintf(text + length, sizeof text - length, "e%d", (int)((random >> 24) % 120) - 70);
    expect_same_as_strtof(text);
  }
}
END_TEST

START_TEST(survives_thousands_of_digits) {
  /* 1 + 2^-24 lies halfway between 1 and its neighbour; a single 1 ten thousand digits on decides. */
  static char text[20100];
  int length = snprintf(text, sizeof text, "1.000000059604644775390625");
  memset(text + length, '0', 20000);
  text[length + 10000] = '\0';
  expect_same_as_strtof(text);
  ck_assert(strtof(text, NULL) == 1.0f);
  strcpy(text + length + 10000, "1");
  float value;
  size_t used;
  ck_assert_int_eq(parse(text, strlen(text), &value, &used), FLOAT_FINITE);
  ck_assert(value == nextafterf(1.0f, 2.0f));
  memset(text, '0', 20000);
  strcpy(text + 20000, "12.5");
  expect_same_as_strtof(text);
  text[0] = '0', text[1] = '.';
  strcpy(text + 20000, "125e19999");
  expect_same_as_strtof(text);
}
END_TEST

START_TEST(reads_runs) {
  static const struct {
    const char *text;
    size_t asked, read, used;
    bool finite;
  } cases[] = {{"1 2 3", 3, 3, 5, true},    {"1 2 3", 2, 2, 3, true}, {"1 2 3", 4, 3, 5, true},
               {"1 2x 3", 3, 1, 1, true},   {"1  2", 2, 1, 1, true},  {"x", 1, 0, 0, true},
               {"1 nan 3", 3, 3, 7, false}, {"1 2 ", 2, 2, 3, true},  {"1 2 ", 3, 2, 3, true},
               {"", 1, 0, 0, true},         {" 1", 1, 0, 0, true},    {"1\t2", 2, 0, 0, true},
               {"1 2 nanx", 3, 2, 3, true}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    float values[4] = {99, 99, 99, 99};
    bool finite = !cases[i].finite;
    const char *cursor = cases[i].text;
    size_t read = float_parse_run(locale, &cursor, cursor + strlen(cursor), values, cases[i].asked, &finite);
    ck_assert_msg(read == cases[i].read && (size_t)(cursor - cases[i].text) == cases[i].used, "\"%s\"", cases[i].text);
    ck_assert_msg(finite == cases[i].finite, "\"%s\"", cases[i].text);
    if (read > 0) ck_assert(values[0] == 1.0f);
  }
}
END_TEST

/* Whole rows, in memory that ends with them, against strtof() number by number. */
START_TEST(agrees_in_runs) {
  static const char *const formats[] = {"%.4f", "%.6f", "%.5g", "%.8f", "%.9f", "%.9g", "%.1f", "%.0f", "%.17g"};
  enum { COUNT = 40 };
  uint64_t state = 5;
  for (int i = 0; i < 8000; i++) {
    char text[COUNT * 32];
    float expected[COUNT], values[COUNT];
    size_t length = 0;
    for (int j = 0; j < COUNT; j++) {
      double value = ((double)next_random(&state) / 0x1p63 - 1.0) * (next_random(&state) % 9 == 0 ? 30 : 1);
      const char *format = formats[i % 2 ? (size_t)i % 9 : next_random(&state) % 9];
      int width = snprintf(text + length, sizeof text - length, format, value);
      expected[j] = strtof(text + length, NULL);
      length += (size_t)width;
      if (j + 1 < COUNT) text[length++] = ' ';
    }
    char *exact = malloc(length);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, text, length);
    const char *cursor = exact;
    bool finite = false;
    ck_assert_uint_eq(float_parse_run(locale, &cursor, exact + length, values, COUNT, &finite), COUNT);
    ck_assert(cursor == exact + length && finite);
    ck_assert_msg(memcmp(values, expected, sizeof values) == 0, "%.*s", (int)length, text);
    free(exact);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/import/float_parse");
  TCase *tests = tcase_create("float_parse");
  tcase_add_checked_fixture(tests, set_up, tear_down);
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, reads_plain_numbers);
  tcase_add_test(tests, keeps_the_sign_of_zero);
  tcase_add_test(tests, refuses_what_is_no_number);
  tcase_add_test(tests, stops_where_the_number_stops);
  tcase_add_test(tests, knows_what_is_not_finite);
  tcase_add_test(tests, agrees_on_what_people_print);
  tcase_add_test(tests, agrees_on_every_kind_of_float);
  tcase_add_test(tests, rounds_midpoints_to_even);
  tcase_add_test(tests, agrees_on_any_digits);
  tcase_add_test(tests, survives_thousands_of_digits);
  tcase_add_test(tests, reads_runs);
  tcase_add_test(tests, agrees_in_runs);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
