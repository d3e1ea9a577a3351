/* GET and POST /rank and /closer-than against counting by the tests' own arithmetic, for every pair of words. */
#include <check.h>
#include <stdio.h>

#include "tests/support/api_fixture.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct api_fixture zoo;

static void open_zoo(void) {
  api_fixture_open(&zoo);
}

static void close_zoo(void) {
  api_fixture_close(&zoo);
}

static double similarity(size_t a, size_t b) {
  return fixture_similarity(fixture_row(&zoo.zoo, a), fixture_row(&zoo.zoo, b), ZOO_DIM);
}

/* Rows that are strictly more similar to `word` than `than` is, but for the word itself. */
static size_t closer(size_t word, size_t than) {
  size_t count = 0;
  for (size_t i = 0; i < ZOO_ROWS; i++) count += i != word && similarity(word, i) > similarity(word, than);
  return count;
}

START_TEST(every_pair_has_its_rank) {
  for (size_t other = 0; other < ZOO_ROWS; other++) {
    char body[64];
    snprintf(body, sizeof body, "{\"word\":%d,\"other\":%zu}", _i, other);
    json_t *answer = api_post(&zoo, api_rank, body);
    expect_integer(answer, "/rank", (long long)closer((size_t)_i, other) + 1);
    json_decref(answer);
    snprintf(body, sizeof body, "{\"word\":%d,\"than\":%zu}", _i, other);
    answer = api_post(&zoo, api_closer_than, body);
    expect_integer(answer, "/count", (long long)closer((size_t)_i, other));
    expect_length(answer, "/words", closer((size_t)_i, other));
    json_decref(answer);
  }
}
END_TEST

START_TEST(the_answer_names_both_words) {
  json_t *answer = api_get(&zoo, api_rank, "word=cat&other=king");
  expect_text(answer, "/model", "zoo");
  expect_text(answer, "/word", "cat");
  expect_text(answer, "/other", "king");
  expect_integer(answer, "/rank", (long long)closer(ZOO_CAT, ZOO_KING) + 1);
  ck_assert_uint_eq(json_object_size(answer), 4);
  json_decref(answer);
  answer = api_post(&zoo, api_rank, "{\"word\":1,\"other\":{\"word_bytes\":\"%FF%FEx\"},\"oov\":\"error\"}");
  expect_text(answer, "/word", "cat");
  expect_text(answer, "/other_bytes", "%FF%FEx");
  expect_json(answer, "/sources", "[\"exact\",\"exact\"]");
  json_decref(answer);
  answer = api_get(&zoo, api_closer_than, "word_bytes=c%2561t&than_bytes=king");
  expect_text(answer, "/word", "cat");
  expect_text(answer, "/than", "king");
  ck_assert_uint_eq(json_object_size(answer), 5);
  json_decref(answer);
}
END_TEST

/* Nearest first; the count is of all, also of those beyond the limit. */
START_TEST(the_closer_words_are_the_nearest) {
  enum { LIMIT = 3 };
  struct fixture_hit hits[LIMIT];
  const size_t cat = ZOO_CAT;
  fixture_nearest(&zoo.zoo, fixture_row(&zoo.zoo, ZOO_CAT), &cat, 1, LIMIT, hits);
  size_t furthest = ZOO_DOG;
  for (size_t i = 0; i < ZOO_ROWS; i++)
    if (similarity(ZOO_CAT, i) < similarity(ZOO_CAT, furthest)) furthest = i;
  char query[64];
  snprintf(query, sizeof query, "{\"word\":\"cat\",\"than\":%zu,\"limit\":%d}", furthest, LIMIT);
  json_t *answer = api_post(&zoo, api_closer_than, query);
  expect_length(answer, "/words", LIMIT);
  expect_integer(answer, "/count", (long long)closer(ZOO_CAT, furthest));
  for (size_t i = 0; i < LIMIT; i++) {
    const json_t *word = json_array_get(json_at(answer, "/words"), i);
    expect_integer(word, "/index", (long long)hits[i].row);
    expect_zoo_word(word, hits[i].row);
    ck_assert_double_eq(json_number_value(json_at(word, "/similarity")), hits[i].similarity);
  }
  json_decref(answer);
}
END_TEST

/* A zero vector is equally far from every row, and no row is nearer than another. */
START_TEST(words_out_of_the_vocabulary_follow_the_policy) {
  json_t *answer = api_get(&zoo, api_rank, "word=nosuch&other=dog&oov=zero");
  expect_integer(answer, "/rank", 1);
  expect_json(answer, "/sources", "[\"zero\",\"exact\"]");
  json_decref(answer);
  size_t above = 0;
  for (size_t i = 0; i < ZOO_ROWS; i++) above += i != ZOO_CAT && similarity(ZOO_CAT, i) > 0;
  answer = api_get(&zoo, api_closer_than, "word=cat&than=nosuch&oov=zero");
  expect_integer(answer, "/count", (long long)above);
  json_decref(answer);
  api_get_refused(&zoo, api_rank, "word=nosuch&other=dog", REFUSAL_NO_WORD, NULL);
  api_get_refused(&zoo, api_rank, "word=nosuch&other=dog&oov=null", REFUSAL_INVALID, "#/word");
  api_get_refused(&zoo, api_rank, "word=dog&other=nosuch&oov=null", REFUSAL_INVALID, "#/other");
  api_get_refused(&zoo, api_closer_than, "word=dog&than=nosuch&oov=unk", REFUSAL_INVALID, NULL);
}
END_TEST

START_TEST(what_is_refused) {
  api_get_refused(&zoo, api_rank, "word=cat", REFUSAL_MISSING_PARAMETER, NULL);
  api_get_refused(&zoo, api_rank, "other=cat", REFUSAL_MISSING_PARAMETER, NULL);
  api_get_refused(&zoo, api_rank, "word=cat&other=dog&limit=3", REFUSAL_UNKNOWN_PARAMETER, NULL);
  api_get_refused(&zoo, api_closer_than, "word=cat&other=dog", REFUSAL_MISSING_PARAMETER, NULL);
  api_get_refused(&zoo, api_closer_than, "word=cat&than=dog&limit=0", REFUSAL_INVALID, "#/limit");
  api_get_refused(&zoo, api_closer_than, "word=cat&than=dog&limit=1001", REFUSAL_INVALID, "#/limit");
  api_get_refused(&zoo, api_rank, "word=cat&word=dog&other=dog", REFUSAL_MALFORMED, NULL);
  api_post_refused(&zoo, api_rank, "{\"word\":\"cat\",\"other\":30}", REFUSAL_INVALID, "#/other");
  api_post_refused(&zoo, api_rank, "{\"word\":\"cat\",\"other\":[1,2,3,4,5]}", REFUSAL_INVALID, "#/other");
  api_post_refused(&zoo, api_rank, "{\"word\":null,\"other\":\"dog\"}", REFUSAL_INVALID, "#/word");
  api_post_refused(&zoo, api_rank, "{\"word\":\"cat\",\"word_bytes\":\"cat\",\"other\":\"dog\"}", REFUSAL_INVALID,
                   "#/word");
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_rank", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_loop_test(tcase, every_pair_has_its_rank, 0, ZOO_ROWS);
  tcase_add_test(tcase, the_answer_names_both_words);
  tcase_add_test(tcase, the_closer_words_are_the_nearest);
  tcase_add_test(tcase, words_out_of_the_vocabulary_follow_the_policy);
  tcase_add_test(tcase, what_is_refused);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
