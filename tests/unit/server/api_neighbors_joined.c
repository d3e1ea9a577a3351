/* /neighbors, /analogy, /rank and /closer-than of two models at once: their rows copied together by the tests are a
 * model of their own, which must give the same answers. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/api_fixture.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

enum { OTHER_ROWS = 12, OTHER_DIM = 3, BOTH_DIM = ZOO_DIM + OTHER_DIM, BOTH_MOST = 16 };

static struct api_fixture zoo;

/* Words of the zoo and others, in another order: what both have comes to BOTH_ROWS. */
static const struct fixture_word other_words[OTHER_ROWS] = {{"woman", 5}, {"horse", 5},     {"dog", 3},   {"cat", 3},
                                                            {"king", 4},  {"\xFF\xFEx", 3}, {"Queen", 5}, {"man", 3},
                                                            {"queen", 5}, {"mouse", 5},     {"", 0},      {"ox", 2}};
static float other_floats[OTHER_ROWS * OTHER_DIM];

static bool same_word(struct fixture_word a, struct fixture_word b) {
  return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

/* Writes what "zoo,other" stands for as the model "both". */
static void write_both(void) {
  struct fixture_word words[BOTH_MOST];
  float floats[BOTH_MOST * BOTH_DIM];
  size_t count = 0;
  for (size_t i = 0; i < ZOO_ROWS; i++)
    for (size_t j = 0; j < OTHER_ROWS; j++) {
      if (!same_word(zoo.zoo.words[i], other_words[j])) continue;
      ck_assert_uint_lt(count, BOTH_MOST);
      memcpy(floats + count * BOTH_DIM, fixture_row(&zoo.zoo, i), ZOO_DIM * sizeof *floats);
      memcpy(floats + count * BOTH_DIM + ZOO_DIM, other_floats + j * OTHER_DIM, OTHER_DIM * sizeof *floats);
      words[count++] = other_words[j];
    }
  ck_assert_uint_eq(count, 9);
  api_fixture_write(zoo.store, "both", &(struct fixture){count, BOTH_DIM, words, floats, NULL});
}

static void open_models(void) {
  api_fixture_open(&zoo);
  for (size_t i = 0; i < OTHER_ROWS * OTHER_DIM; i++) other_floats[i] = (float)((i * 7 + 3) % 11) - 4.5f;
  struct fixture other = {.rows = OTHER_ROWS, .dim = OTHER_DIM, .words = other_words, .floats = other_floats};
  api_fixture_write(zoo.store, "other", &other);
  write_both();
  api_fixture_look(&zoo);
}

static void close_models(void) {
  api_fixture_close(&zoo);
}

/* Takes numbers of rows out of an answer, which joined rows do not have, and the model's name. */
static json_t *without_numbers(json_t *answer, bool joined) {
  static const char *const lists[] = {"neighbors", "words"};
  json_object_del(answer, "model");
  for (size_t l = 0; l < 2; l++) {
    size_t i;
    json_t *hit;
    json_array_foreach(json_object_get(answer, lists[l]), i, hit) {
      ck_assert(json_is_null(json_object_get(hit, "index")) == joined);
      json_object_del(hit, "index");
    }
  }
  return answer;
}

START_TEST(the_answers_are_those_of_the_rows_copied_together) {
  static const struct {
    handler *handle;
    const char *query;
  } cases[] = {
      {api_neighbors, "word=cat"},
      {api_neighbors, "word=king&k=3"},
      {api_neighbors, "word=%FF%FEx"},
      {api_neighbors, "word=&include_query=true"},
      {api_neighbors, "word=cat&recall=0.9"},
      {api_neighbors, "positive=king&positive=woman&negative=man"},
      {api_neighbors, "positive=king&positive=woman&negative=man&weights=2,1,-0.5"},
      {api_neighbors, "positive=king&positive=woman&negative=man&objective=cosmul"},
      {api_neighbors, "vector=1,2,3,4,5,6,7,8"},
      {api_neighbors, "word=cat&restrict_vocab=4"},
      {api_neighbors, "word=cat&clip_start=2&clip_end=-2"},
      {api_neighbors, "word=cat&candidates=dog&candidates=queen&candidates=cat"},
      {api_neighbors, "word=cat&min_similarity=0.1"},
      {api_neighbors, "word=cat&oov=mean"},
      {api_analogy, "a=man&b=king&c=woman"},
      {api_rank, "word=cat&other=dog"},
      {api_rank, "word=cat&other=cat"},
      {api_closer_than, "word=king&than=mouse"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char joined[160], whole[160];
    snprintf(joined, sizeof joined, "model=zoo,other&%s", cases[i].query);
    snprintf(whole, sizeof whole, "model=both&%s", cases[i].query);
    json_t *got = without_numbers(api_get(&zoo, cases[i].handle, joined), true);
    json_t *wanted = without_numbers(api_get(&zoo, cases[i].handle, whole), false);
    ck_assert_msg(json_equal(got, wanted), "%s", cases[i].query);
    json_decref(got);
    json_decref(wanted);
  }
}
END_TEST

START_TEST(it_says_which_models) {
  json_t *answer = api_get(&zoo, api_neighbors, "model=zoo,other&word=cat&k=1");
  expect_text(answer, "/model", "zoo,other");
  expect_null(answer, "/neighbors/0/index");
  expect_bool(answer, "/exact", 1);
  json_decref(answer);
  answer = api_get(&zoo, api_rank, "model=zoo,other&word=cat&other=dog");
  expect_text(answer, "/model", "zoo,other");
  json_decref(answer);
}
END_TEST

START_TEST(a_batch_of_both) {
  json_t *answer = api_post(&zoo, api_neighbors,
                            "{\"model\":\"zoo,other\",\"k\":2,\"queries\":[{\"word\":\"cat\"},{\"word\":\"the\"},"
                            "{\"index\":3},{\"positive\":[\"the\",\"dog\"],\"oov\":\"null\"}]}");
  expect_length(answer, "/results/0/neighbors", 2);
  expect_text(answer, "/results/1/error/code", "word_not_found");
  expect_text(answer, "/results/2/error/errors/0/pointer", "#/queries/2/index");
  expect_json(answer, "/results/3/sources", "[\"null\",\"exact\"]");
  json_decref(answer);
}
END_TEST

/* "Queen" is queen in the zoo, which is left out. */
START_TEST(words_in_another_case_leave_out_their_row) {
  json_t *answer = api_get(&zoo, api_neighbors, "model=zoo,other&word=KING&case=fold&k=30");
  expect_length(answer, "/neighbors", 8);
  expect_text(answer, "/source", "case");
  json_decref(answer);
  answer = api_get(&zoo, api_neighbors, "model=zoo,other&word=Queen&case=fallback&k=30");
  expect_length(answer, "/neighbors", 8);
  json_decref(answer);
  answer = api_get(&zoo, api_neighbors, "model=zoo,other&word=nosuch&oov=mean&k=30");
  expect_length(answer, "/neighbors", 9);
  json_decref(answer);
}
END_TEST

START_TEST(what_is_refused) {
  api_get_refused(&zoo, api_neighbors, "model=zoo,other&word=horse", REFUSAL_NO_WORD, NULL);
  api_get_refused(&zoo, api_neighbors, "model=zoo,nosuch&word=cat", REFUSAL_NO_MODEL, NULL);
  api_get_refused(&zoo, api_neighbors, "model=zoo,other&index=3", REFUSAL_INVALID, "#/index");
  api_get_refused(&zoo, api_neighbors, "model=zoo,other&vector=1,2,3,4,5", REFUSAL_INVALID, "#/vector");
  api_post_refused(&zoo, api_rank, "{\"model\":\"zoo,other\",\"word\":\"cat\",\"other\":2}", REFUSAL_INVALID,
                   "#/other");
  api_post_refused(&zoo, api_neighbors, "{\"model\":\"zoo,other\",\"word\":\"cat\",\"candidates\":[\"dog\",2]}",
                   REFUSAL_INVALID, "#/candidates/1");
}
END_TEST

START_TEST(wide_models_are_not_searched_together) {
  enum { DIM = 9000 };
  static const struct fixture_word word = {"cat", 3};
  float *floats = calloc(DIM, sizeof *floats);
  ck_assert_ptr_nonnull(floats);
  floats[0] = 1;
  api_fixture_write(zoo.store, "wide", &(struct fixture){1, DIM, &word, floats, NULL});
  api_fixture_look(&zoo);
  api_get_refused(&zoo, api_neighbors, "model=wide,wide&word=cat", REFUSAL_INVALID, "#/model");
  json_t *answer = api_get(&zoo, api_neighbors, "model=wide,zoo&word=cat&include_query=true");
  expect_length(answer, "/neighbors", 1);
  json_decref(answer);
  free(floats);
}
END_TEST

START_TEST(models_need_not_have_a_word_in_common) {
  static const struct fixture_word word = {"elsewhere", 9};
  float number = 1;
  api_fixture_write(zoo.store, "far", &(struct fixture){1, 1, &word, &number, NULL});
  api_fixture_look(&zoo);
  json_t *answer = api_get(&zoo, api_neighbors, "model=zoo,far&vector=1,2,3,4,5,6");
  expect_length(answer, "/neighbors", 0);
  json_decref(answer);
  api_get_refused(&zoo, api_neighbors, "model=zoo,far&word=cat", REFUSAL_NO_WORD, NULL);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_neighbors_joined", &tcase);
  tcase_add_checked_fixture(tcase, open_models, close_models);
  tcase_add_test(tcase, the_answers_are_those_of_the_rows_copied_together);
  tcase_add_test(tcase, it_says_which_models);
  tcase_add_test(tcase, a_batch_of_both);
  tcase_add_test(tcase, words_in_another_case_leave_out_their_row);
  tcase_add_test(tcase, what_is_refused);
  tcase_add_test(tcase, wide_models_are_not_searched_together);
  tcase_add_test(tcase, models_need_not_have_a_word_in_common);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
