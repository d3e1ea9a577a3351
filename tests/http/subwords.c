/* Models of fastText over HTTP: what is said of their n-grams, and vectors of words that they do not know. The numbers
 * are those of the cases that they are imported from. */
#include <check.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served; /* whole, pruned and zoo */

START_TEST(a_model_tells_of_its_ngrams) {
  json_t *answer = get_json(served.port, 200, "/models/whole");
  expect_text(answer, "/source_format", "fasttext-bin");
  expect_integer(answer, "/subwords/min", 3);
  expect_integer(answer, "/subwords/max", 6);
  expect_integer(answer, "/subwords/buckets", 4);
  ck_assert_uint_eq(json_object_size(json_at(answer, "/subwords")), 3);
  json_decref(answer);
  answer = get_json(served.port, 200, "/models/pruned");
  expect_integer(answer, "/subwords/buckets", 11);
  expect_integer(answer, "/subwords/rows", 4);
  json_decref(answer);
  answer = get_json(served.port, 200, "/models/zoo");
  expect_null(answer, "/subwords");
  json_decref(answer);
}
END_TEST

static float float_of(uint32_t bits) {
  float number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

/* Words as they are asked for, and bits of their vectors; {0, 0} is what fastText prints where no n-gram has a row. */
static const struct {
  const char *word;
  uint32_t bits[2];
} unknown[] = {{"dog", {0x420f6666, 0xc2a24ccd}},
               {"cats", {0x42666667, 0xc3031112}},
               {"d%C3%B6g", {0x42366666, 0xc2cccccd}},
               {"%E6%97%A5", {0x428d999a, 0xc3213333}},
               {"a%20b%20c", {0x41faa0ec, 0xc28dea0f}},
               {"%3C%2Fs", {0x4244ccce, 0xc2deeef0}},
               {"a%80%80b", {0, 0}}};

START_TEST(unknown_words_have_the_vectors_of_their_ngrams) {
  char target[128];
  const float wanted[] = {float_of(unknown[_i].bits[0]), float_of(unknown[_i].bits[1])};
  snprintf(target, sizeof target, "/vector?model=pruned&oov=subword&%s=%s",
           strcmp(unknown[_i].word, "a%80%80b") == 0 ? "word_bytes" : "word", unknown[_i].word);
  json_t *answer = get_json(served.port, 200, target);
  expect_text(answer, "/source", "subword");
  expect_null(answer, "/index");
  expect_floats(answer, "/vector", wanted, 2);
  json_decref(answer);
}
END_TEST

START_TEST(known_words_keep_their_rows) {
  const float row[] = {float_of(0x4201999a), float_of(0xc2908889)};
  json_t *answer = get_json(served.port, 200, "/vector?model=pruned&word=cat&oov=subword");
  expect_text(answer, "/source", "exact");
  expect_integer(answer, "/index", 1);
  expect_floats(answer, "/vector", row, 2);
  json_decref(answer);
}
END_TEST

START_TEST(unknown_words_can_be_searched_with) {
  json_t *answer = get_json(served.port, 200, "/neighbors?model=whole&word=catss&oov=subword&k=2");
  expect_text(answer, "/source", "subword");
  expect_length(answer, "/neighbors", 2);
  json_decref(answer);
}
END_TEST

START_TEST(a_model_without_ngrams_says_so) {
  json_t *problem = get_problem(served.port, 422, "invalid_request", "/vector?model=zoo&word=catss&oov=subword");
  ck_assert_ptr_nonnull(strstr(json_string_value(json_at(problem, "/errors/0/detail")), "n-grams"));
  json_decref(problem);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/subwords", &tcase);
  tcase_add_test(tcase, a_model_tells_of_its_ngrams);
  tcase_add_loop_test(tcase, unknown_words_have_the_vectors_of_their_ngrams, 0,
                      (int)(sizeof unknown / sizeof *unknown));
  tcase_add_test(tcase, known_words_keep_their_rows);
  tcase_add_test(tcase, unknown_words_can_be_searched_with);
  tcase_add_test(tcase, a_model_without_ngrams_says_so);
  scratch_open();
  struct fixture zoo;
  fixture_zoo(&zoo);
  daemon_prepare(&served);
  suite_import(&served, "zoo", &zoo);
  daemon_import(&served, "whole", "tests/cases/fasttext-bin/input.bin");
  daemon_import(&served, "pruned", "tests/cases/fasttext-ftz-pruned/input.bin");
  daemon_start(&served, NULL);
  daemon_await_ready(&served, 200);
  int failed = suite_run(suite);
  daemon_stop(&served);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
