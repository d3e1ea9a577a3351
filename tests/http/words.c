/* GET /index, /word and /words: the vocabulary. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

START_TEST(index_of_every_word) {
  char *encoded = client_encode(zoo.words[_i].bytes, zoo.words[_i].length);
  char target[4096];
  snprintf(target, sizeof target, "/index?word=%s", encoded);
  json_t *answer = get_json(served.port, 200, target);
  expect_text(answer, "/model", "zoo");
  expect_integer(answer, "/index", _i);
  json_decref(answer);
  free(encoded);
}
END_TEST

START_TEST(word_of_every_index) {
  char target[64];
  snprintf(target, sizeof target, "/word?index=%d", _i);
  json_t *answer = get_json(served.port, 200, target);
  expect_text(answer, "/model", "zoo");
  expect_integer(answer, "/index", _i);
  expect_zoo_word(answer, (size_t)_i);
  json_decref(answer);
}
END_TEST

START_TEST(unknown_ones) {
  json_t *problem = get_problem(served.port, 404, "word_not_found", "/index?word=kiten");
  expect_text(problem, "/suggestions/0", "kitten");
  json_decref(problem);
  json_decref(get_problem(served.port, 404, "index_not_found", "/word?index=30"));
  json_decref(get_problem(served.port, 422, "invalid_request", "/word?index=-1"));
  json_decref(get_problem(served.port, 400, "missing_parameter", "/word"));
  json_decref(get_problem(served.port, 400, "missing_parameter", "/index"));
  json_decref(get_problem(served.port, 400, "unknown_parameter", "/index?word=cat&k=3"));
  json_decref(get_problem(served.port, 400, "unknown_parameter", "/word?index=1&k=3"));
}
END_TEST

static int compare_words(const void *left, const void *right) {
  const struct fixture_word *a = *(const struct fixture_word *const *)left;
  const struct fixture_word *b = *(const struct fixture_word *const *)right;
  size_t shorter = a->length < b->length ? a->length : b->length;
  int order = shorter ? memcmp(a->bytes, b->bytes, shorter) : 0;
  return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* The rows whose words begin with `prefix`, in byte order of the words; returns how many. */
static size_t sorted_rows(const char *prefix, size_t rows[ZOO_ROWS]) {
  const struct fixture_word *words[ZOO_ROWS];
  size_t count = 0, length = strlen(prefix);
  for (size_t i = 0; i < ZOO_ROWS; i++)
    if (zoo.words[i].length >= length && memcmp(zoo.words[i].bytes, prefix, length) == 0)
      words[count++] = &zoo.words[i];
  qsort(words, count, sizeof *words, compare_words);
  for (size_t i = 0; i < count; i++) rows[i] = (size_t)(words[i] - zoo.words);
  return count;
}

/* Pages through the words with `prefix`, `limit` at a time, going on after the last word of each page. */
static void expect_pages(const char *prefix, size_t limit) {
  size_t rows[ZOO_ROWS], seen = 0, count = sorted_rows(prefix, rows);
  char *after = NULL;
  for (bool more = true; more;) {
    char target[8192];
    int used = snprintf(target, sizeof target, "/words?prefix=%s&limit=%zu", prefix, limit);
    if (after) snprintf(target + used, sizeof target - (size_t)used, "&after=%s", after);
    free(after);
    json_t *answer = get_json(served.port, 200, target);
    expect_text(answer, "/model", "zoo");
    size_t got = json_array_size(json_at(answer, "/words"));
    ck_assert_uint_eq(got, count - seen < limit ? count - seen : limit);
    for (size_t i = 0; i < got; i++)
      expect_integer(json_array_get(json_at(answer, "/words"), i), "/index", (long long)rows[seen + i]);
    seen += got;
    more = seen < count;
    ck_assert_msg((json_at(answer, "/next") != NULL) == more, "next is there when nothing follows, or the reverse");
    const struct fixture_word *last = seen ? &zoo.words[rows[seen - 1]] : &zoo.words[0];
    after = client_encode(last->bytes, last->length);
    json_decref(answer);
  }
  free(after);
  ck_assert_uint_eq(seen, count);
}

START_TEST(pages_in_byte_order) {
  static const size_t limits[] = {1, 2, 3, 7, 29, 30, 1000};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) expect_pages("", limits[i]);
  expect_pages("ca", 1);
  expect_pages("ca", 2);
  expect_pages("ca", 100);
  expect_pages("cat", 100);
  expect_pages("zzz", 100);
}
END_TEST

START_TEST(prefix_is_bytes_too) {
  json_t *answer = get_json(served.port, 200, "/words?prefix=%FF");
  expect_length(answer, "/words", 1);
  expect_integer(answer, "/words/0/index", ZOO_BYTES);
  expect_zoo_word(json_at(answer, "/words/0"), ZOO_BYTES);
  json_decref(answer);
}
END_TEST

START_TEST(after_need_not_be_a_word) {
  json_t *answer = get_json(served.port, 200, "/words?prefix=ca&after=cas");
  expect_length(answer, "/words", 2);
  expect_text(answer, "/words/0/word", "cat");
  expect_text(answer, "/words/1/word", "caterpillar");
  json_decref(answer);
  answer = get_json(served.port, 200, "/words?prefix=ca&after=a"); /* before the prefix: from its first word */
  expect_length(answer, "/words", 3);
  json_decref(answer);
  answer = get_json(served.port, 200, "/words?prefix=ca&after=zebra"); /* behind it: nothing */
  expect_length(answer, "/words", 0);
  json_decref(answer);
}
END_TEST

START_TEST(without_parameters) {
  json_t *answer = get_json(served.port, 200, "/words");
  expect_length(answer, "/words", ZOO_ROWS);
  expect_text(answer, "/words/0/word", "");
  json_decref(answer);
}
END_TEST

START_TEST(limits_that_are_none) {
  static const char *const targets[] = {"/words?limit=0", "/words?limit=-1", "/words?limit=x",
                                        "/words?limit=1000000000"};
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    json_t *problem = get_problem(served.port, 422, "invalid_request", targets[i]);
    expect_error_at(problem, "#/limit");
    json_decref(problem);
  }
  json_decref(get_problem(served.port, 400, "unknown_parameter", "/words?start=3"));
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/words", &tcase);
  tcase_add_loop_test(tcase, index_of_every_word, 0, ZOO_ROWS);
  tcase_add_loop_test(tcase, word_of_every_index, 0, ZOO_ROWS);
  tcase_add_test(tcase, unknown_ones);
  tcase_add_test(tcase, pages_in_byte_order);
  tcase_add_test(tcase, prefix_is_bytes_too);
  tcase_add_test(tcase, after_need_not_be_a_word);
  tcase_add_test(tcase, without_parameters);
  tcase_add_test(tcase, limits_that_are_none);
  return suite_main_with_zoo(suite, &served, &zoo);
}
