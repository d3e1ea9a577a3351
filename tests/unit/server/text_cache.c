/* Whatever comes and goes, a text that is found is the row's own; the cache keeps to its size, and keeps what is asked
 * for. */
#include "server/text_cache.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/packed_text.h"
#include "tests/support/effort.h"
#include "tests/support/suite.h"

enum { TEXT_MAX = 600, CACHE_BYTES = 1 << 20 };

static struct cached_rows rows;

static void begin(void) {
  rows = (struct cached_rows){.digest = {1, 2}};
  ck_assert_int_eq(text_cache_new(CACHE_BYTES, &rows.cache), STATUS_OK);
}

static void end(void) {
  text_cache_free(rows.cache);
}

/* The text of a row of one model, of a length that differs from row to row; every second one can be packed. */
static size_t text_of(const struct cached_rows *of, uint32_t row, char text[TEXT_MAX]) {
  size_t length = 20 + (row * 2654435761u >> 8) % (TEXT_MAX - 20);
  int used = snprintf(text, TEXT_MAX, row % 2 ? "%u of %llu.%llu" : "%u,%llu.%llu", row,
                      (unsigned long long)of->digest[0], (unsigned long long)of->digest[1]);
  for (size_t i = (size_t)used; i < length; i++)
    text[i] = (char)(row % 2 ? 'a' + (i + row) % 26 : '0' + (i + row) % 10);
  return length > (size_t)used ? length : (size_t)used;
}

/* Whether the row is found; then its text must be right. */
static bool found(const struct cached_rows *in, uint32_t row) {
  char text[TEXT_MAX], wanted[TEXT_MAX];
  size_t length = text_cache_get(in, row, text, sizeof text);
  if (length == 0) return false;
  ck_assert_uint_eq(length, text_of(in, row, wanted));
  ck_assert_mem_eq(text, wanted, length);
  return true;
}

/* What a text takes at least. */
static size_t bytes_of(uint32_t row, size_t length) {
  return row % 2 ? length : packed_text_size(length);
}

static void offer(const struct cached_rows *to, uint32_t row) {
  char text[TEXT_MAX];
  text_cache_offer(to, row, text, text_of(to, row, text));
}

static void offer_twice(const struct cached_rows *to, uint32_t row) {
  offer(to, row);
  offer(to, row);
}

START_TEST(kept_from_the_second_offer_on) {
  ck_assert(!found(&rows, 7));
  offer(&rows, 7);
  ck_assert(!found(&rows, 7));
  offer(&rows, 7);
  ck_assert(found(&rows, 7));
  offer(&rows, 7);
  ck_assert(found(&rows, 7));
  struct text_cache_counts counts = text_cache_counts(rows.cache);
  ck_assert_uint_eq(counts.hits, 2);
  ck_assert_uint_eq(counts.misses, 2);
}
END_TEST

START_TEST(models_do_not_share_rows) {
  struct cached_rows second = {rows.cache, {1, 3}, NULL}, third = {rows.cache, {9, 2}, NULL};
  offer_twice(&rows, 0);
  ck_assert(!found(&second, 0));
  ck_assert(!found(&third, 0));
  offer_twice(&second, 0);
  offer_twice(&third, 0);
  ck_assert(found(&rows, 0));
  ck_assert(found(&second, 0));
  ck_assert(found(&third, 0));
}
END_TEST

START_TEST(a_text_that_does_not_fit_the_room_is_not_given) {
  char text[TEXT_MAX];
  size_t length = text_of(&rows, 5, text);
  offer_twice(&rows, 5);
  memset(text, '#', sizeof text);
  ck_assert_uint_eq(text_cache_get(&rows, 5, text, length - 1), 0);
  ck_assert_int_eq(text[0], '#');
  ck_assert_uint_eq(text_cache_get(&rows, 5, text, length), length);
}
END_TEST

/* Many times what fits: what is found at the end is right, most of the size, and never more. */
START_TEST(it_keeps_to_its_size) {
  enum { ROWS = 20000 };
  char text[TEXT_MAX];
  size_t kept = 0;
  for (uint32_t row = 0; row < ROWS; row++) offer_twice(&rows, row);
  for (uint32_t row = 0; row < ROWS; row++)
    if (found(&rows, row)) kept += bytes_of(row, text_of(&rows, row, text));
  ck_assert_uint_le(kept, CACHE_BYTES);
  ck_assert_uint_ge(kept, CACHE_BYTES / 2);
}
END_TEST

/* Also one that holds nothing. */
START_TEST(any_size_will_do) {
  static const size_t sizes[] = {1, 15, 100, 1000, 4000, 70000, 131072, 300001, 3000000};
  end();
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char text[TEXT_MAX];
    size_t kept = 0;
    ck_assert_int_eq(text_cache_new(sizes[i], &rows.cache), STATUS_OK);
    ck_assert_ptr_nonnull(rows.cache);
    for (uint32_t row = 0; row < 5000; row++) offer_twice(&rows, row);
    for (uint32_t row = 0; row < 5000; row++)
      if (found(&rows, row)) kept += bytes_of(row, text_of(&rows, row, text));
    ck_assert_uint_le(kept, sizes[i]);
    if (sizes[i] >= 70000) ck_assert_uint_gt(kept, sizes[i] / 4);
    text_cache_free(rows.cache);
  }
  ck_assert_int_eq(text_cache_new(0, &rows.cache), STATUS_OK);
  ck_assert_ptr_null(rows.cache);
}
END_TEST

START_TEST(what_is_asked_for_stays) {
  enum { ASKED = 200, OTHERS = 20000 };
  for (uint32_t row = 0; row < ASKED; row++) offer_twice(&rows, row);
  for (uint32_t other = ASKED; other < ASKED + OTHERS; other++) {
    offer_twice(&rows, other);
    ck_assert(found(&rows, other % ASKED));
  }
}
END_TEST

/* Going over all rows once leaves no trace. */
START_TEST(a_scan_drives_nothing_out) {
  for (uint32_t row = 0; row < 100; row++) offer_twice(&rows, row);
  for (uint32_t row = 1000; row < 50000; row++) offer(&rows, row);
  for (uint32_t row = 0; row < 100; row++) ck_assert(found(&rows, row));
}
END_TEST

/* Asks as the daemon does, for few rows often and for many rarely. */
static void *ask(void *argument) {
  struct cached_rows mine = rows;
  unsigned seed = (unsigned)(uintptr_t)argument;
  for (int i = 0; i < effort(100000); i++) {
    uint32_t row = (uint32_t)rand_r(&seed) % (1u << rand_r(&seed) % 14);
    mine.digest[1] = (uint64_t)rand_r(&seed) % 2;
    if (!found(&mine, row)) offer(&mine, row);
  }
  return NULL;
}

START_TEST(several_threads) {
  enum { THREADS = 4 };
  pthread_t threads[THREADS];
  for (uintptr_t i = 0; i < THREADS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, (void *)(i + 1)), 0);
  for (size_t i = 0; i < THREADS; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
  struct text_cache_counts counts = text_cache_counts(rows.cache);
  ck_assert_uint_eq(counts.hits + counts.misses, (uint64_t)THREADS * (uint64_t)effort(100000));
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/text_cache", &tcase);
  tcase_add_checked_fixture(tcase, begin, end);
  tcase_add_test(tcase, kept_from_the_second_offer_on);
  tcase_add_test(tcase, models_do_not_share_rows);
  tcase_add_test(tcase, a_text_that_does_not_fit_the_room_is_not_given);
  tcase_add_test(tcase, it_keeps_to_its_size);
  tcase_add_test(tcase, any_size_will_do);
  tcase_add_test(tcase, what_is_asked_for_stays);
  tcase_add_test(tcase, a_scan_drives_nothing_out);
  tcase_add_test(tcase, several_threads);
  return suite_run(suite);
}
