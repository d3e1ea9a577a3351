/* GET and POST /mean and /doesnt-match against a brute force of the tests' own, and what is refused. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

static double norm_of(const float *vector) {
  double square = 0;
  for (size_t j = 0; j < ZOO_DIM; j++) square += (double)vector[j] * (double)vector[j];
  return sqrt(square);
}

struct expected {
  const float *vectors[4];
  double weights[4];
  size_t count;
  bool unit_terms, unit_mean;
};

/* gensim's get_mean_vector() in float64, rounded once. Norms of five numbers are the same in every order but for the
 * last bit, so that floats may differ in theirs. */
static void expect_mean(const json_t *answer, const char *pointer, const struct expected *expected) {
  double sum[ZOO_DIM] = {0}, weights = 0, square = 0;
  for (size_t i = 0; i < expected->count; i++) {
    const float *vector = expected->vectors[i];
    double norm = expected->unit_terms ? norm_of(vector) : 1;
    for (size_t j = 0; j < ZOO_DIM && norm > 0; j++) sum[j] += expected->weights[i] * ((double)vector[j] / norm);
    weights += fabs(expected->weights[i]);
  }
  for (size_t j = 0; j < ZOO_DIM; j++) square += sum[j] * sum[j];
  double divisor = expected->unit_mean ? sqrt(square) : weights;
  expect_length(answer, pointer, ZOO_DIM);
  for (size_t j = 0; j < ZOO_DIM; j++) {
    double got = json_number_value(json_array_get(json_at(answer, pointer), j)), wanted = sum[j] / divisor;
    ck_assert_msg(fabs(got - wanted) <= fabs(wanted) * 0x1p-23, "%s/%zu: %.9g for %.9g", pointer, j, got, wanted);
  }
}

START_TEST(a_mean_is_gensims) {
  const struct expected units = {{row(ZOO_CAT), row(ZOO_DOG)}, {1, 1}, 2, true, false};
  static const char *const queries[] = {"word=cat&word=dog", "words=cat&words=dog", "word_bytes=cat&word_bytes=dog",
                                        "word=cat&word=dog&weights=1,1", "word=cat&word=dog&pre_normalize=true"};
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
    json_t *answer = api_get(&zoo, api_mean, queries[i]);
    ck_assert_uint_eq(json_object_size(answer), 3);
    expect_text(answer, "/model", "zoo");
    expect_integer(answer, "/dim", ZOO_DIM);
    expect_mean(answer, "/vector", &units);
    json_decref(answer);
  }
}
END_TEST

START_TEST(all_its_parameters) {
  for (int pre = 0; pre < 2; pre++)
    for (int post = 0; post < 2; post++) {
      const struct expected wanted = {
          {row(ZOO_CAT), row(ZOO_DOG), row(ZOO_CAT)}, {0.5, -2, 1e-3}, 3, pre == 1, post == 1};
      char text[256];
      snprintf(text, sizeof text,
               "{\"words\":[\"cat\",2,\"cat\"],\"weights\":[0.5,-2,1e-3],\"pre_normalize\":%s,\"post_normalize\":%s}",
               pre ? "true" : "false", post ? "true" : "false");
      json_t *answer = api_post(&zoo, api_mean, text);
      expect_mean(answer, "/vector", &wanted);
      json_decref(answer);
      snprintf(text, sizeof text, "word=cat&word=dog&word=cat&weights=0.5,-2,1e-3&pre_normalize=%d&post_normalize=%d",
               pre, post);
      answer = api_get(&zoo, api_mean, text);
      expect_mean(answer, "/vector", &wanted);
      json_decref(answer);
    }
}
END_TEST

/* As in gensim, a vector of the client's own is not made a unit vector first. */
START_TEST(vectors_are_taken_as_they_are) {
  static const float vector[ZOO_DIM] = {3, 0, 0, 4, 0};
  const float *cat = row(ZOO_CAT);
  json_t *answer = api_post(&zoo, api_mean, "{\"words\":[\"cat\",[3,0,0,4,0]]}");
  for (size_t j = 0; j < ZOO_DIM; j++) {
    double wanted = ((double)cat[j] / norm_of(cat) + (double)vector[j]) / 2;
    double got = json_number_value(json_array_get(json_at(answer, "/vector"), j));
    ck_assert(fabs(got - wanted) <= fabs(wanted) * 0x1p-23);
  }
  json_decref(answer);
}
END_TEST

START_TEST(one_word_as_it_is_is_its_row) {
  json_t *answer = api_get(&zoo, api_mean, "word=cat&pre_normalize=false");
  expect_floats(answer, "/vector", row(ZOO_CAT), ZOO_DIM);
  json_decref(answer);
}
END_TEST

START_TEST(a_batch) {
  const struct expected first = {{row(ZOO_CAT), row(ZOO_DOG)}, {1, 1}, 2, false, false};
  const struct expected second = {{row(ZOO_KING), row(ZOO_MAN)}, {3, -1}, 2, false, false};
  json_t *answer = api_post(&zoo, api_mean,
                            "{\"queries\":[{\"words\":[\"cat\",\"dog\"]},{\"words\":[21,\"man\"],\"weights\":[3,-1]}],"
                            "\"pre_normalize\":false}");
  ck_assert_uint_eq(json_object_size(answer), 3);
  expect_json(answer, "/shape", "[2,5]");
  expect_mean(answer, "/vectors/0", &first);
  expect_mean(answer, "/vectors/1", &second);
  json_decref(answer);
  answer = api_post(&zoo, api_mean, "{\"queries\":[]}");
  expect_json(answer, "/shape", "[0,5]");
  json_decref(answer);
}
END_TEST

START_TEST(binary) {
  const char *batch =
      "{\"queries\":[{\"word\":\"cat\"},{\"words\":[\"dog\"]}],\"pre_normalize\":false,"
      "\"format\":\"octet-stream\"}";
  api_fixture_body(&zoo, batch, strlen(batch));
  ck_assert(api_fixture_call(&zoo, api_mean));
  ck_assert_str_eq(zoo.reply.shape, "2,5");
  ck_assert_str_eq(zoo.reply.dtype, "float32");
  ck_assert_uint_eq(zoo.reply.body.length, 2 * ZOO_DIM * sizeof(float));
  ck_assert_mem_eq(zoo.reply.body.data, row(ZOO_CAT), ZOO_DIM * sizeof(float));
  ck_assert_mem_eq(zoo.reply.body.data + ZOO_DIM * sizeof(float), row(ZOO_DOG), ZOO_DIM * sizeof(float));
  api_fixture_query(&zoo, "word=cat&pre_normalize=0&format=npy");
  ck_assert(api_fixture_call(&zoo, api_mean));
  const char *dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }";
  ck_assert_mem_eq(zoo.reply.body.data + 10, dict, strlen(dict));
  ck_assert_mem_eq(zoo.reply.body.data + zoo.reply.body.length - ZOO_DIM * sizeof(float), row(ZOO_CAT),
                   ZOO_DIM * sizeof(float));
}
END_TEST

START_TEST(unknown_words) {
  const struct expected cat = {{row(ZOO_CAT)}, {2}, 1, true, false};
  api_get_refused(&zoo, api_mean, "word=cat&word=caat", REFUSAL_NO_WORD, "#/word/1");
  api_post_refused(&zoo, api_mean, "{\"queries\":[{\"words\":[\"cat\"]},{\"words\":[\"cat\",\"caat\"]}]}",
                   REFUSAL_NO_WORD, "#/queries/1/words/1");
  json_t *answer = api_get(&zoo, api_mean, "word=caat&word=cat&weights=5,2&oov=null"); /* ignore_missing */
  expect_mean(answer, "/vector", &cat);
  expect_json(answer, "/sources", "[\"null\",\"exact\"]");
  json_decref(answer);
  answer = api_get(&zoo, api_mean, "word=caat&oov=null");
  expect_null(answer, "/vector");
  expect_json(answer, "/sources", "[\"null\"]");
  json_decref(answer);
  answer = api_get(&zoo, api_mean, "word=caat&word=cat&weights=1,0&oov=null"); /* and what is left weighs nothing */
  expect_null(answer, "/vector");
  json_decref(answer);
  answer = api_post(&zoo, api_mean,
                    "{\"queries\":[{\"words\":[\"caat\"]},{\"words\":[\"DOG\"]}],\"oov\":\"null\","
                    "\"case\":\"fold\",\"pre_normalize\":false}");
  expect_null(answer, "/vectors/0");
  expect_floats(answer, "/vectors/1", row(ZOO_DOG), ZOO_DIM);
  expect_json(answer, "/sources", "[[\"null\"],[\"case\"]]");
  expect_json(answer, "/matched", "[[null],[\"dog\"]]");
  json_decref(answer);
  api_get_refused(&zoo, api_mean, "word=caat&oov=null&format=npy", REFUSAL_INVALID, "#");
  api_post_refused(&zoo, api_mean,
                   "{\"queries\":[{\"words\":[\"cat\"]},{\"words\":[\"caat\"]}],\"oov\":\"null\","
                   "\"format\":\"npy\"}",
                   REFUSAL_INVALID, "#/queries/1");
}
END_TEST

/* Zeros count as a word, other than what is left out. */
START_TEST(zeros_for_unknown_words) {
  static const float zeros[ZOO_DIM];
  const struct expected wanted = {{row(ZOO_CAT), zeros}, {1, 1}, 2, true, false};
  json_t *answer = api_get(&zoo, api_mean, "word=cat&word=caat&oov=zero");
  expect_mean(answer, "/vector", &wanted);
  json_decref(answer);
  answer = api_get(&zoo, api_mean, "word=caat&oov=zero&post_normalize=true");
  expect_floats(answer, "/vector", zeros, ZOO_DIM);
  json_decref(answer);
}
END_TEST

START_TEST(what_is_refused) {
  static const struct {
    const char *body;
    enum refusal_kind kind;
    const char *pointer;
  } cases[] = {
      {"{}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"weights\":[1]}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"words\":[]}", REFUSAL_INVALID, "#/words"},
      {"{\"words\":[\"cat\"],\"word\":\"cat\"}", REFUSAL_INVALID, "#"},
      {"{\"words\":[\"cat\",5.5]}", REFUSAL_INVALID, "#/words/1"},
      {"{\"words\":[\"cat\",30]}", REFUSAL_INVALID, "#/words/1"},
      {"{\"words\":[[1,2,3]]}", REFUSAL_INVALID, "#/words/0"},
      {"{\"words\":[\"cat\"],\"weights\":[1,2]}", REFUSAL_INVALID, "#/weights"},
      {"{\"words\":[\"cat\"],\"weights\":[0]}", REFUSAL_INVALID, "#/weights"},
      {"{\"words\":[\"cat\"],\"weights\":[1e39]}", REFUSAL_INVALID, "#/weights"},
      {"{\"words\":[\"cat\"],\"weights\":[\"1\"]}", REFUSAL_INVALID, "#/weights/0"},
      {"{\"words\":[\"cat\"],\"pre_normalize\":1}", REFUSAL_INVALID, "#/pre_normalize"},
      {"{\"words\":[\"cat\"],\"post_normalize\":\"no\"}", REFUSAL_INVALID, "#/post_normalize"},
      {"{\"words\":[\"cat\"],\"ignore_missing\":true}", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"{\"queries\":{}}", REFUSAL_INVALID, "#/queries"},
      {"{\"queries\":[[\"cat\"]]}", REFUSAL_INVALID, "#/queries/0"},
      {"{\"queries\":[{}]}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"queries\":[{\"words\":[]}]}", REFUSAL_INVALID, "#/queries/0/words"},
      {"{\"queries\":[{\"words\":[\"cat\"],\"weights\":[1,2]}]}", REFUSAL_INVALID, "#/queries/0/weights"},
      {"{\"queries\":[{\"words\":[\"cat\"],\"oov\":\"null\"}]}", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"{\"queries\":[],\"words\":[\"cat\"]}", REFUSAL_UNKNOWN_PARAMETER, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    api_post_refused(&zoo, api_mean, cases[i].body, cases[i].kind, cases[i].pointer);
  zoo.service.limits.batch_queries = 1;
  api_post_refused(&zoo, api_mean, "{\"queries\":[{\"word\":\"cat\"},{\"word\":\"cat\"}]}", REFUSAL_INVALID,
                   "#/queries");
  zoo.service.limits.answer_floats = 4;
  api_post_refused(&zoo, api_mean, "{\"queries\":[{\"word\":\"cat\"}]}", REFUSAL_INVALID, "#/queries");
}
END_TEST

/* ---- /doesnt-match */

/* Similarities to the mean of the unit vectors of rows[]. */
static void expect_doesnt_match(const json_t *answer, const size_t *rows, size_t count) {
  float mean[ZOO_DIM];
  size_t odd = 0;
  double values[8];
  for (size_t j = 0; j < ZOO_DIM; j++) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)row(rows[i])[j] / norm_of(row(rows[i]));
    mean[j] = (float)(sum / (double)count);
  }
  expect_length(answer, "/similarities", count);
  for (size_t i = 0; i < count; i++) {
    values[i] = fixture_similarity(row(rows[i]), mean, ZOO_DIM);
    double got = json_number_value(json_array_get(json_at(answer, "/similarities"), i));
    ck_assert_msg(fabs(got - values[i]) < 1e-7, "%zu: %.9g for %.9g", i, got, values[i]);
    if (values[i] < values[odd]) odd = i;
  }
  expect_integer(answer, "/position", (long long)odd);
  expect_integer(answer, "/index", (long long)rows[odd]);
  expect_zoo_word(answer, rows[odd]);
}

START_TEST(the_least_similar_one_does_not_match) {
  static const size_t rows[] = {ZOO_CAT, ZOO_DOG, ZOO_KING, ZOO_MOUSE};
  json_t *answer = api_get(&zoo, api_doesnt_match, "word=cat&word=dog&word=king&word=mouse");
  ck_assert_uint_eq(json_object_size(answer), 5);
  expect_text(answer, "/model", "zoo");
  expect_doesnt_match(answer, rows, 4);
  json_decref(answer);
  answer = api_post(&zoo, api_doesnt_match, "{\"words\":[1,\"dog\",21,\"mouse\"]}");
  expect_doesnt_match(answer, rows, 4);
  json_decref(answer);
  static const size_t strange[] = {ZOO_BYTES, ZOO_QUEEN, ZOO_NUL};
  answer = api_post(&zoo, api_doesnt_match,
                    "{\"words\":[{\"word_bytes\":\"%FF%FEx\"},\"queen\",{\"word_bytes\":\"a%00b\"}]}");
  expect_doesnt_match(answer, strange, 3);
  json_decref(answer);
}
END_TEST

START_TEST(equal_ones_do_not_match_from_the_first_on) {
  json_t *answer = api_post(&zoo, api_doesnt_match, "{\"words\":[\"cat\",5,6,5]}");
  expect_doesnt_match(answer, (const size_t[]){ZOO_CAT, ZOO_LEFT, ZOO_RIGHT, ZOO_LEFT}, 4);
  json_decref(answer);
  answer = api_post(&zoo, api_doesnt_match, "{\"words\":[6,5]}");
  expect_integer(answer, "/position", 0);
  json_decref(answer);
  answer = api_get(&zoo, api_doesnt_match, "word=cat");
  expect_text(answer, "/word", "cat");
  json_decref(answer);
}
END_TEST

START_TEST(vectors_have_no_word) {
  json_t *answer = api_post(&zoo, api_doesnt_match, "{\"words\":[\"cat\",\"cat\",[-9,0,1,0,3]]}");
  expect_integer(answer, "/position", 2);
  expect_null(answer, "/word");
  expect_null(answer, "/index");
  json_decref(answer);
}
END_TEST

START_TEST(unknown_words_do_not_count) {
  api_get_refused(&zoo, api_doesnt_match, "word=cat&word=caat", REFUSAL_NO_WORD, "#/word/1");
  json_t *answer = api_get(&zoo, api_doesnt_match, "word=cat&word=caat&word=dog&oov=null");
  expect_null(answer, "/similarities/1");
  expect_json(answer, "/sources", "[\"exact\",\"null\",\"exact\"]");
  ck_assert_int_ne(json_integer_value(json_at(answer, "/position")), 1);
  json_decref(answer);
  answer = api_get(&zoo, api_doesnt_match, "word=cat&word=caat&word=Dog&oov=zero&case=fallback");
  expect_text(answer, "/word", "caat");
  expect_null(answer, "/index");
  expect_json(answer, "/sources", "[\"exact\",\"zero\",\"case\"]");
  expect_json(answer, "/matched", "[null,null,\"dog\"]");
  json_decref(answer);
  api_get_refused(&zoo, api_doesnt_match, "word=caat&oov=null", REFUSAL_INVALID, "#/words");
  api_get_refused(&zoo, api_doesnt_match, "", REFUSAL_MISSING_PARAMETER, NULL);
  api_post_refused(&zoo, api_doesnt_match, "{\"words\":[]}", REFUSAL_INVALID, "#/words");
  api_get_refused(&zoo, api_doesnt_match, "word=cat&format=npy", REFUSAL_NOT_ACCEPTABLE, NULL);
  api_get_refused(&zoo, api_doesnt_match, "word=cat&k=2", REFUSAL_UNKNOWN_PARAMETER, NULL);
}
END_TEST

START_TEST(long_work_is_postponed) {
  enum { WORDS = 3000 }; /* that are to be found */
  char *body = malloc(WORDS * 2 + 64), *to = body;
  ck_assert_ptr_nonnull(body);
  to += sprintf(to, "{\"words\":[1");
  for (size_t i = 1; i < WORDS; i++) to += sprintf(to, ",1");
  sprintf(to, "]}");
  handler *const handlers[] = {api_mean, api_doesnt_match};
  for (size_t i = 0; i < 2; i++) {
    zoo.call.hurried = true;
    api_fixture_body(&zoo, body, strlen(body));
    ck_assert(!api_fixture_call(&zoo, handlers[i]));
    ck_assert(zoo.reply.postponed);
    json_decref(api_get(&zoo, handlers[i], "word=cat&word=dog"));
    zoo.call.hurried = false;
    json_decref(api_post(&zoo, handlers[i], body));
  }
  free(body);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_mean", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, a_mean_is_gensims);
  tcase_add_test(tcase, all_its_parameters);
  tcase_add_test(tcase, vectors_are_taken_as_they_are);
  tcase_add_test(tcase, one_word_as_it_is_is_its_row);
  tcase_add_test(tcase, a_batch);
  tcase_add_test(tcase, binary);
  tcase_add_test(tcase, unknown_words);
  tcase_add_test(tcase, zeros_for_unknown_words);
  tcase_add_test(tcase, what_is_refused);
  tcase_add_test(tcase, the_least_similar_one_does_not_match);
  tcase_add_test(tcase, equal_ones_do_not_match_from_the_first_on);
  tcase_add_test(tcase, vectors_have_no_word);
  tcase_add_test(tcase, unknown_words_do_not_count);
  tcase_add_test(tcase, long_work_is_postponed);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
