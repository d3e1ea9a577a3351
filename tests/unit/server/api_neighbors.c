/* GET and POST /neighbors against a brute force of the tests' own, and every way to ask for what cannot be. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

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

static const float *row(size_t index) {
  return fixture_row(&zoo.zoo, index);
}

/* The contract's sum: unit vectors in float64 times weights, over the sum of absolute weights, as float32. */
static void sum_of(const size_t *rows, const double *weights, size_t count, float sum[ZOO_DIM]) {
  double total[ZOO_DIM] = {0}, absolute = 0;
  for (size_t i = 0; i < count; i++) {
    double square = 0;
    for (size_t j = 0; j < ZOO_DIM; j++) square += (double)row(rows[i])[j] * (double)row(rows[i])[j];
    for (size_t j = 0; j < ZOO_DIM; j++) total[j] += weights[i] * ((double)row(rows[i])[j] / sqrt(square));
    absolute += fabs(weights[i]);
  }
  for (size_t j = 0; j < ZOO_DIM; j++) sum[j] = (float)(total[j] / absolute);
}

START_TEST(one_word_is_its_row) {
  static const char *const queries[] = {"word=cat&k=4", "index=1&k=4", "positive=cat&k=4", "word_bytes=cat&k=4",
                                        "positive=cat&weights=3.5&k=4"};
  const size_t excluded[] = {ZOO_CAT};
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
    json_t *answer = api_get(&zoo, api_neighbors, queries[i]);
    expect_text(answer, "/model", "zoo");
    expect_text(answer, "/metric", "cosine");
    expect_bool(answer, "/exact", 1);
    expect_nearest(answer, &zoo.zoo, row(ZOO_CAT), excluded, 1, 4);
    ck_assert_uint_eq(json_object_size(answer), 4);
    json_decref(answer);
  }
}
END_TEST

/* Only the proportions of weights count, down to the smallest double and up to the largest that is allowed. */
START_TEST(weights_of_any_size) {
  const size_t rows[] = {ZOO_KING, ZOO_WOMAN};
  const double ones[] = {1, 1};
  static const char *const weights[] = {"5e-324,5e-324", "1e-310,1e-310", "1e-300,1e-300", "0.3,0.3", "3e38,3e38"};
  float sum[ZOO_DIM];
  sum_of(rows, ones, 2, sum);
  for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
    char query[128];
    snprintf(query, sizeof query, "positive=king&positive=woman&k=5&weights=%s", weights[i]);
    json_t *answer = api_get(&zoo, api_neighbors, query);
    expect_nearest(answer, &zoo.zoo, sum, rows, 2, 5);
    json_decref(answer);
  }
}
END_TEST

START_TEST(sums_are_gensims) {
  const size_t rows[] = {ZOO_KING, ZOO_WOMAN, ZOO_MAN};
  const double signs[] = {1, 1, -1}, weights[] = {0.25, 2, 1.5};
  float sum[ZOO_DIM];
  sum_of(rows, signs, 3, sum);
  json_t *answer = api_get(&zoo, api_neighbors, "positive=king&positive=woman&negative=man&k=5");
  expect_nearest(answer, &zoo.zoo, sum, rows, 3, 5);
  json_decref(answer);
  answer = api_post(&zoo, api_neighbors, "{\"positive\":[21,\"woman\"],\"negative\":\"man\",\"k\":5}");
  expect_nearest(answer, &zoo.zoo, sum, rows, 3, 5);
  json_decref(answer);
  sum_of(rows, weights, 3, sum);
  answer = api_get(&zoo, api_neighbors,
                   "positive=king&positive=woman&negative=man&weights=0.25,2&weights=1.5&k=5&include_query=true");
  expect_nearest(answer, &zoo.zoo, sum, NULL, 0, 5);
  json_decref(answer);
}
END_TEST

START_TEST(a_vector_leaves_nothing_out) {
  static const float vector[ZOO_DIM] = {1, -0.5f, 0, 2, 1e-3f};
  json_t *answer = api_get(&zoo, api_neighbors, "vector=1,-0.5,0,2,1e-3&k=30");
  expect_nearest(answer, &zoo.zoo, vector, NULL, 0, 30);
  json_decref(answer);
  answer = api_post(&zoo, api_neighbors, "{\"positive\":[[1,-0.5,0,2,1e-3]],\"k\":1000}");
  expect_length(answer, "/neighbors", ZOO_ROWS);
  expect_nearest(answer, &zoo.zoo, vector, NULL, 0, 30);
  json_decref(answer);
}
END_TEST

START_TEST(vectors_within_sums_are_taken_as_they_are) {
  const float *cat = row(ZOO_CAT);
  double square = 0;
  float sum[ZOO_DIM];
  const size_t excluded[] = {ZOO_CAT};
  for (size_t j = 0; j < ZOO_DIM; j++) square += (double)cat[j] * (double)cat[j];
  for (size_t j = 0; j < ZOO_DIM; j++) sum[j] = (float)(((double)cat[j] / sqrt(square) + (j == 0 ? 4.0 : 0.0)) / 2);
  json_t *answer = api_post(&zoo, api_neighbors, "{\"positive\":[\"cat\",[4,0,0,0,0]],\"k\":6}");
  expect_nearest(answer, &zoo.zoo, sum, excluded, 1, 6);
  json_decref(answer);
}
END_TEST

START_TEST(asked_for_approximately_it_is_exact_and_says_so) {
  static const char *const queries[] = {"word=cat&exact=false", "word=cat&exact=true", "word=cat&recall=0.9",
                                        "word=cat&recall=1"};
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
    json_t *answer = api_get(&zoo, api_neighbors, queries[i]);
    expect_bool(answer, "/exact", 1);
    expect_length(answer, "/neighbors", 10);
    json_decref(answer);
  }
}
END_TEST

START_TEST(what_is_refused) {
  static const struct {
    const char *body;
    enum refusal_kind kind;
    const char *pointer;
  } cases[] = {
      {"{}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"k\":3}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"word\":\"cat\",\"topn\":3}", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"{\"word\":\"cat\",\"index\":1}", REFUSAL_INVALID, "#"},
      {"{\"word\":\"cat\",\"positive\":[]}", REFUSAL_INVALID, "#"},
      {"{\"word\":\"cat\",\"weights\":[1]}", REFUSAL_INVALID, "#"},
      {"{\"positive\":[]}", REFUSAL_INVALID, "#"},
      {"{\"word\":5}", REFUSAL_INVALID, "#/word"},
      {"{\"index\":30}", REFUSAL_INVALID, "#/index"},
      {"{\"index\":1.0}", REFUSAL_INVALID, "#/index"},
      {"{\"positive\":[30]}", REFUSAL_INVALID, "#/positive/0"},
      {"{\"positive\":[\"cat\",-1]}", REFUSAL_INVALID, "#/positive/1"},
      {"{\"positive\":{}}", REFUSAL_INVALID, "#/positive"},
      {"{\"positive\":[null]}", REFUSAL_INVALID, "#/positive/0"},
      {"{\"positive\":[\"cat\"],\"negative\":[[1,2]]}", REFUSAL_INVALID, "#/negative/0"},
      {"{\"positive\":[\"cat\"],\"negative\":[[1,2,3,4,\"5\"]]}", REFUSAL_INVALID, "#/negative/0/4"},
      {"{\"positive\":[\"caat\"]}", REFUSAL_NO_WORD, NULL},
      {"{\"positive\":[\"cat\"],\"negative\":[\"cat\"]}", REFUSAL_INVALID, "#"},
      {"{\"positive\":[\"zero\",\"zero\"]}", REFUSAL_INVALID, "#"},
      {"{\"positive\":[\"cat\",\"caat\"],\"weights\":[0,1],\"oov\":\"null\"}", REFUSAL_INVALID, "#"},
      {"{\"positive\":[\"cat\",\"dog\"],\"weights\":[0,0]}", REFUSAL_INVALID, "#/weights"},
      {"{\"positive\":[\"cat\"],\"weights\":[1e300]}", REFUSAL_INVALID, "#/weights"},
      {"{\"positive\":[\"cat\"],\"weights\":\"1\"}", REFUSAL_INVALID, "#/weights"},
      {"{\"positive\":[\"cat\"],\"weights\":[1,2]}", REFUSAL_INVALID, "#/weights"},
      {"{\"vector\":[]}", REFUSAL_INVALID, "#/vector"},
      {"{\"vector\":[1,2,3,4]}", REFUSAL_INVALID, "#/vector"},
      {"{\"vector\":[0,0,0,0,0]}", REFUSAL_INVALID, "#/vector"},
      {"{\"vector\":[1e-60,0,0,0,0]}", REFUSAL_INVALID, "#/vector"},
      {"{\"vector\":[1,2,1e39,4,5]}", REFUSAL_INVALID, "#/vector/2"},
      {"{\"vector\":\"1,2,3,4,5\"}", REFUSAL_INVALID, "#/vector"},
      {"{\"word\":\"cat\",\"k\":0}", REFUSAL_INVALID, "#/k"},
      {"{\"word\":\"cat\",\"k\":1001}", REFUSAL_INVALID, "#/k"},
      {"{\"word\":\"cat\",\"k\":\"3\"}", REFUSAL_INVALID, "#/k"},
      {"{\"word\":\"cat\",\"exact\":1}", REFUSAL_INVALID, "#/exact"},
      {"{\"word\":\"cat\",\"include_query\":\"yes\"}", REFUSAL_INVALID, "#/include_query"},
      {"{\"word\":\"cat\",\"recall\":0}", REFUSAL_INVALID, "#/recall"},
      {"{\"word\":\"cat\",\"recall\":1.5}", REFUSAL_INVALID, "#/recall"},
      {"{\"word\":\"cat\",\"recall\":\"0.9\"}", REFUSAL_INVALID, "#/recall"},
      {"{\"word\":\"cat\",\"recall\":0.9,\"exact\":true}", REFUSAL_INVALID, "#/recall"},
      {"{\"word\":\"cat\",\"format\":\"npy\"}", REFUSAL_NOT_ACCEPTABLE, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    api_post_refused(&zoo, api_neighbors, cases[i].body, cases[i].kind, cases[i].pointer);
}
END_TEST

START_TEST(what_a_query_string_is_refused_for) {
  static const struct {
    const char *query;
    enum refusal_kind kind;
    const char *pointer;
  } cases[] = {
      {"", REFUSAL_MISSING_PARAMETER, NULL},
      {"queries=1&word=cat", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"word=cat&k=3&k=4", REFUSAL_MALFORMED, NULL},
      {"word=cat&k=three", REFUSAL_INVALID, "#/k"},
      {"word=cat&k=3.0", REFUSAL_INVALID, "#/k"},
      {"word=cat&exact=yes", REFUSAL_INVALID, "#/exact"},
      {"word=cat&recall=nan", REFUSAL_INVALID, "#/recall"},
      {"vector=1,2,x,4,5", REFUSAL_INVALID, "#/vector/2"},
      {"vector=1,2,,4,5", REFUSAL_INVALID, "#/vector/2"},
      {"vector=1,2,3,4,5,", REFUSAL_INVALID, "#/vector/5"},
      {"vector=1,2,inf,4,5", REFUSAL_INVALID, "#/vector/2"},
      {"vector=1,2,0x3,4,5", REFUSAL_INVALID, "#/vector/2"},
      {"vector=1,2,3%00,4,5", REFUSAL_INVALID, "#/vector/2"},
      {"vector=", REFUSAL_INVALID, "#/vector"},
      {"index=30", REFUSAL_NO_ROW, NULL},
      {"positive=cat&negative=nosuch", REFUSAL_NO_WORD, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    api_get_refused(&zoo, api_neighbors, cases[i].query, cases[i].kind, cases[i].pointer);
}
END_TEST

START_TEST(a_batch_answers_each_query) {
  const size_t cat = ZOO_CAT, dog = ZOO_DOG;
  json_t *answer = api_post(&zoo, api_neighbors,
                            "{\"k\":2,\"queries\":[{\"word\":\"cat\"},{\"word\":\"caat\"},{\"index\":2,\"k\":3},"
                            "{\"index\":30},{\"positive\":[\"cat\"],\"negative\":[\"cat\"]},"
                            "{\"word\":\"dog\",\"include_query\":true,\"recall\":0.9}]}");
  expect_text(answer, "/model", "zoo");
  expect_length(answer, "/results", 6);
  expect_nearest(json_at(answer, "/results/0"), &zoo.zoo, row(ZOO_CAT), &cat, 1, 2);
  expect_text(answer, "/results/1/error/code", "word_not_found");
  expect_integer(answer, "/results/1/error/status", 404);
  expect_absent(answer, "/results/1/error/suggestions");
  expect_nearest(json_at(answer, "/results/2"), &zoo.zoo, row(ZOO_DOG), &dog, 1, 3);
  expect_text(answer, "/results/3/error/errors/0/pointer", "#/queries/3/index");
  expect_text(answer, "/results/4/error/code", "invalid_request");
  expect_nearest(json_at(answer, "/results/5"), &zoo.zoo, row(ZOO_DOG), NULL, 0, 2);
  expect_text(answer, "/results/5/model", "zoo");
  json_decref(answer);
}
END_TEST

START_TEST(a_batch_may_be_empty_or_fail_wholly) {
  json_t *answer = api_post(&zoo, api_neighbors, "{\"queries\":[]}");
  expect_length(answer, "/results", 0);
  json_decref(answer);
  answer = api_post(&zoo, api_neighbors, "{\"queries\":[{\"word\":\"caat\"}]}");
  expect_text(answer, "/results/0/error/code", "word_not_found");
  json_decref(answer);
}
END_TEST

START_TEST(a_batch_is_refused_as_a_whole) {
  static const struct {
    const char *body;
    enum refusal_kind kind;
    const char *pointer;
  } cases[] = {
      {"{\"queries\":{}}", REFUSAL_INVALID, "#/queries"},
      {"{\"queries\":\"cat\"}", REFUSAL_INVALID, "#/queries"},
      {"{\"queries\":[\"cat\"]}", REFUSAL_INVALID, "#/queries/0"},
      {"{\"queries\":[{}]}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"queries\":[{\"word\":\"cat\"}],\"word\":\"dog\"}", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"{\"queries\":[{\"word\":\"cat\",\"model\":\"zoo\"}]}", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"{\"queries\":[{\"word\":\"cat\"},{\"word\":\"cat\",\"k\":0}]}", REFUSAL_INVALID, "#/queries/1/k"},
      {"{\"queries\":[{\"word\":\"cat\"},{\"vector\":[1,2]}]}", REFUSAL_INVALID, "#/queries/1/vector"},
      {"{\"queries\":[{\"positive\":[\"cat\"],\"negative\":[]},{\"positive\":[\"cat\",7.5]}]}", REFUSAL_INVALID,
       "#/queries/1/positive/1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    api_post_refused(&zoo, api_neighbors, cases[i].body, cases[i].kind, cases[i].pointer);
  api_post_refused(&zoo, api_neighbors, "{\"queries\":[{\"word\":\"a\",\"kk\":1}]}", REFUSAL_UNKNOWN_PARAMETER, NULL);
  ck_assert_ptr_nonnull(strstr(zoo.refusal.detail, "#/queries/0"));
  ck_assert_ptr_nonnull(strstr(zoo.refusal.detail, "\"kk\""));
}
END_TEST

START_TEST(limits_hold) {
  zoo.service.limits.batch_queries = 1;
  api_post_refused(&zoo, api_neighbors, "{\"queries\":[{\"word\":\"cat\"},{\"word\":\"cat\"}]}", REFUSAL_INVALID,
                   "#/queries");
  zoo.service.limits.k = 3;
  json_t *answer = api_get(&zoo, api_neighbors, "word=cat");
  expect_length(answer, "/neighbors", 3);
  json_decref(answer);
  api_get_refused(&zoo, api_neighbors, "word=cat&k=4", REFUSAL_INVALID, "#/k");
  zoo.service.parsing.limit = 10000;
  json_decref(api_get(&zoo, api_neighbors, "word=cat"));
  atomic_store(&zoo.service.parsing.used, 9990); /* by others */
  api_get_refused(&zoo, api_neighbors, "word=cat", REFUSAL_BUSY, NULL);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_neighbors", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, one_word_is_its_row);
  tcase_add_test(tcase, weights_of_any_size);
  tcase_add_test(tcase, sums_are_gensims);
  tcase_add_test(tcase, a_vector_leaves_nothing_out);
  tcase_add_test(tcase, vectors_within_sums_are_taken_as_they_are);
  tcase_add_test(tcase, asked_for_approximately_it_is_exact_and_says_so);
  tcase_add_test(tcase, what_is_refused);
  tcase_add_test(tcase, what_a_query_string_is_refused_for);
  tcase_add_test(tcase, a_batch_answers_each_query);
  tcase_add_test(tcase, a_batch_may_be_empty_or_fail_wholly);
  tcase_add_test(tcase, a_batch_is_refused_as_a_whole);
  tcase_add_test(tcase, limits_hold);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
