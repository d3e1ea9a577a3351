/* Rows of n-grams at random: from a vector that was made with them the way back leads to a row that makes it again. */
#include "store/export/own_row.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/subwords_map.h"
#include "tests/support/effort.h"
#include "tests/support/numbers.h"
#include "tests/support/suite.h"

enum { DIM = 9, BUCKETS = 64 };

static float rows[BUCKETS][12];
static const float *slabs[1] = {rows[0]};

static struct subwords made(struct numbers *numbers, enum flavour flavour) {
  struct subwords subwords = {.min = 2, .max = 4, .buckets = BUCKETS, .dim = DIM, .count = BUCKETS};
  subwords_shape(&subwords);
  subwords.slabs = slabs;
  for (size_t row = 0; row < BUCKETS; row++)
    for (size_t i = 0; i < DIM; i++) {
      rows[row][i] = numbers_float(numbers, flavour);
      if (fabsf(rows[row][i]) >= SUBWORDS_NUMBER_LIMIT) rows[row][i] *= 1e-9f;
    }
  return subwords;
}

static struct word word_of(char text[24], struct numbers *numbers) {
  size_t length = numbers_below(numbers, 24);
  for (size_t i = 0; i < length; i++) text[i] = (char)('a' + numbers_below(numbers, 26));
  return (struct word){text, length};
}

START_TEST(a_vector_that_was_made_is_made_again) {
  struct numbers numbers = {(uint64_t)_i};
  struct subwords subwords = made(&numbers, (enum flavour)(_i % FLAVOUR_COUNT));
  for (int i = effort(200); i > 0; i--) {
    float own[DIM], vector[DIM], found[DIM], again[DIM];
    char text[24];
    struct word word = word_of(text, &numbers);
    numbers_fill(&numbers, (enum flavour)(_i / FLAVOUR_COUNT), own, DIM);
    subwords_known_vector(&subwords, word, own, DIM, vector);
    bool finite = true;
    for (size_t j = 0; j < DIM; j++) finite &= isfinite(vector[j]) != 0;
    if (!finite) continue;
    ck_assert_int_eq(own_row_find(&subwords, word, vector, found), STATUS_OK);
    subwords_known_vector(&subwords, word, found, DIM, again);
    ck_assert_mem_eq(again, vector, sizeof vector);
  }
}
END_TEST

/* A vector of anything: no number one unit away comes nearer. */
START_TEST(any_vector_is_come_near_to) {
  struct numbers numbers = {(uint64_t)_i + 100};
  struct subwords subwords = made(&numbers, (enum flavour)(_i % FLAVOUR_COUNT));
  for (int i = effort(100); i > 0; i--) {
    float vector[DIM], found[DIM], again[DIM], beside[DIM], other[DIM];
    char text[24];
    struct word word = word_of(text, &numbers);
    numbers_fill(&numbers, (enum flavour)(_i / FLAVOUR_COUNT), vector, DIM);
    ck_assert_int_eq(own_row_find(&subwords, word, vector, found), STATUS_OK);
    subwords_known_vector(&subwords, word, found, DIM, again);
    for (int side = -1; side <= 1; side += 2) {
      for (size_t j = 0; j < DIM; j++) beside[j] = nextafterf(found[j], (float)side * FLT_MAX);
      subwords_known_vector(&subwords, word, beside, DIM, other);
      for (size_t j = 0; j < DIM; j++) {
        ck_assert(isfinite(found[j]));
        ck_assert_double_le(fabs((double)again[j] - (double)vector[j]), fabs((double)other[j] - (double)vector[j]));
      }
    }
  }
}
END_TEST

int main(void) {
  TCase *cases;
  Suite *suite = suite_of("store/export/own_row", &cases);
  tcase_add_loop_test(cases, a_vector_that_was_made_is_made_again, 0, (int)FLAVOUR_COUNT * (int)FLAVOUR_COUNT);
  tcase_add_loop_test(cases, any_vector_is_come_near_to, 0, (int)FLAVOUR_COUNT * (int)FLAVOUR_COUNT);
  return suite_run(suite);
}
