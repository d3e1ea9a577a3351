/* GET and POST /similarity against a brute force of the tests' own, to the bit; and every way to ask for what cannot
 * be. */
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

static void expect_similarity(const json_t *answer, const char *pointer, const float *a, const float *b) {
  double wanted = fixture_similarity(a, b, ZOO_DIM);
  const json_t *value = json_at(answer, pointer);
  ck_assert_msg(json_is_real(value) && json_real_value(value) == wanted, "%s: %.17g for %.17g", pointer,
                json_number_value(value), wanted);
}

/* The mean of rows as they are: summed in float64, rounded once. */
static void mean_of_rows(const size_t *rows, size_t count, float out[ZOO_DIM]) {
  for (size_t j = 0; j < ZOO_DIM; j++) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)row(rows[i])[j];
    out[j] = (float)(sum / (double)count);
  }
}

START_TEST(a_pair) {
  json_t *answer = api_get(&zoo, api_similarity, "a=cat&b=dog");
  ck_assert_uint_eq(json_object_size(answer), 5);
  expect_text(answer, "/model", "zoo");
  expect_text(answer, "/a", "cat");
  expect_text(answer, "/b", "dog");
  expect_similarity(answer, "/similarity", row(ZOO_CAT), row(ZOO_DOG));
  ck_assert(json_real_value(json_at(answer, "/distance")) ==
            1 - fixture_similarity(row(ZOO_CAT), row(ZOO_DOG), ZOO_DIM));
  json_decref(answer);
}
END_TEST

/* Rows by number show their words, vectors nothing. */
START_TEST(pairs_of_other_things) {
  static const float vector[ZOO_DIM] = {1, -0.5f, 0, 2, 1e-3f};
  json_t *answer = api_post(&zoo, api_similarity, "{\"a\":1,\"b\":[[1,-0.5,0,2,1e-3]]}");
  expect_text(answer, "/a", "cat");
  expect_json(answer, "/b", "[null]");
  expect_similarity(answer, "/similarity", row(ZOO_CAT), vector);
  json_decref(answer);
  answer = api_get(&zoo, api_similarity, "a=%FF%FEx&b_bytes=%25FF%25FEx");
  expect_text(answer, "/a_bytes", "%FF%FEx");
  expect_text(answer, "/b_bytes", "%FF%FEx");
  expect_similarity(answer, "/similarity", row(ZOO_BYTES), row(ZOO_BYTES));
  json_decref(answer);
  answer =
      api_post(&zoo, api_similarity, "{\"a\":{\"word_bytes\":\"%FF%FEx\"},\"b\":[\"cat\",{\"word_bytes\":\"a%00b\"}]}");
  expect_text(answer, "/a_bytes", "%FF%FEx");
  expect_json(answer, "/b", "[\"cat\",{\"word_bytes\":\"a%00b\"}]");
  const size_t set[] = {ZOO_CAT, ZOO_NUL};
  float mean[ZOO_DIM];
  mean_of_rows(set, 2, mean);
  expect_similarity(answer, "/similarity", row(ZOO_BYTES), mean);
  json_decref(answer);
}
END_TEST

START_TEST(a_zero_row_is_similar_to_nothing) {
  char query[64];
  snprintf(query, sizeof query, "{\"a\":%d,\"b\":1}", ZOO_ZERO);
  json_t *answer = api_post(&zoo, api_similarity, query);
  ck_assert(json_real_value(json_at(answer, "/similarity")) == 0.0);
  ck_assert(json_real_value(json_at(answer, "/distance")) == 1.0);
  json_decref(answer);
}
END_TEST

/* gensim's n_similarity(): the cosine of the means of the vectors as they are. */
START_TEST(sets) {
  const size_t a[] = {ZOO_CAT, ZOO_DOG, ZOO_CAT}, b[] = {ZOO_KING, ZOO_QUEEN};
  float mean_a[ZOO_DIM], mean_b[ZOO_DIM];
  mean_of_rows(a, 3, mean_a);
  mean_of_rows(b, 2, mean_b);
  json_t *answer = api_get(&zoo, api_similarity, "a=cat&a=dog&a=cat&b=king&b=queen");
  expect_json(answer, "/a", "[\"cat\",\"dog\",\"cat\"]");
  expect_json(answer, "/b", "[\"king\",\"queen\"]");
  expect_similarity(answer, "/similarity", mean_a, mean_b);
  json_decref(answer);
  answer = api_post(&zoo, api_similarity, "{\"a\":[\"cat\",2,\"cat\"],\"b\":[\"king\",22]}");
  expect_similarity(answer, "/similarity", mean_a, mean_b);
  json_decref(answer);
  answer = api_post(&zoo, api_similarity, "{\"a\":\"king\",\"b\":[\"king\"]}"); /* of one, a set is that one */
  expect_text(answer, "/a", "king");
  expect_json(answer, "/b", "[\"king\"]");
  expect_similarity(answer, "/similarity", row(ZOO_KING), row(ZOO_KING));
  json_decref(answer);
}
END_TEST

START_TEST(many_pairs) {
  const size_t set[] = {ZOO_CAT, ZOO_DOG};
  float mean[ZOO_DIM];
  mean_of_rows(set, 2, mean);
  json_t *answer =
      api_post(&zoo, api_similarity, "{\"pairs\":[[\"cat\",\"dog\"],[[\"cat\",\"dog\"],21],[3,[\"mouse\"]]]}");
  ck_assert_uint_eq(json_object_size(answer), 2);
  expect_length(answer, "/similarities", 3);
  expect_similarity(answer, "/similarities/0", row(ZOO_CAT), row(ZOO_DOG));
  expect_similarity(answer, "/similarities/1", mean, row(ZOO_KING));
  expect_similarity(answer, "/similarities/2", row(ZOO_MOUSE), row(ZOO_MOUSE));
  json_decref(answer);
  answer = api_post(&zoo, api_similarity, "{\"pairs\":[]}");
  expect_length(answer, "/similarities", 0);
  json_decref(answer);
}
END_TEST

static void expect_matrix(const json_t *answer, const size_t *rows, size_t count, const size_t *others, size_t width) {
  char text[64];
  snprintf(text, sizeof text, "[%zu,%zu]", count, width);
  expect_json(answer, "/shape", text);
  expect_length(answer, "/similarities", count);
  for (size_t i = 0; i < count; i++) {
    snprintf(text, sizeof text, "/similarities/%zu", i);
    expect_length(answer, text, width);
    for (size_t j = 0; j < width; j++) {
      snprintf(text, sizeof text, "/similarities/%zu/%zu", i, j);
      expect_similarity(answer, text, row(rows[i]), row(others ? others[j] : j));
    }
  }
}

START_TEST(a_matrix) {
  static const size_t rows[] = {ZOO_CAT, ZOO_ZERO, ZOO_DOG}, others[] = {ZOO_MOUSE, ZOO_KING, ZOO_CAT, ZOO_EMPTY};
  json_t *answer =
      api_post(&zoo, api_similarity, "{\"words\":[\"cat\",7,\"dog\"],\"others\":[\"mouse\",\"king\",\"cat\",\"\"]}");
  ck_assert_uint_eq(json_object_size(answer), 3);
  expect_matrix(answer, rows, 3, others, 4);
  json_decref(answer);
  answer = api_get(&zoo, api_similarity, "word=cat&other=mouse&other=king");
  expect_matrix(answer, rows, 1, others, 2);
  json_decref(answer);
  answer = api_get(&zoo, api_similarity, "words=cat&others=mouse");
  expect_matrix(answer, rows, 1, others, 1);
  json_decref(answer);
  static const size_t bytes[] = {ZOO_BYTES, ZOO_NAIVE};
  answer = api_get(&zoo, api_similarity, "word_bytes=%25FF%25FEx&word_bytes=na%25C3%25AFve&other_bytes=cat");
  expect_matrix(answer, bytes, 2, rows, 1);
  json_decref(answer);
  answer = api_post(&zoo, api_similarity, "{\"words\":[],\"others\":[\"cat\"]}");
  expect_json(answer, "/shape", "[0,1]");
  json_decref(answer);
  answer = api_post(&zoo, api_similarity, "{\"words\":\"cat\",\"others\":[]}");
  expect_json(answer, "/shape", "[1,0]");
  expect_json(answer, "/similarities", "[[]]");
  json_decref(answer);
}
END_TEST

/* gensim's distances() without other words: every row, in order. */
START_TEST(with_every_row) {
  static const size_t rows[] = {ZOO_CAT, ZOO_KING};
  static const float vector[ZOO_DIM] = {1, -0.5f, 0, 2, 1e-3f};
  json_t *answer = api_get(&zoo, api_similarity, "word=cat&word=king");
  expect_matrix(answer, rows, 2, NULL, ZOO_ROWS);
  json_decref(answer);
  answer = api_post(&zoo, api_similarity, "{\"words\":[[1,-0.5,0,2,1e-3]]}");
  for (size_t i = 0; i < ZOO_ROWS; i++) {
    char pointer[32];
    snprintf(pointer, sizeof pointer, "/similarities/0/%zu", i);
    expect_similarity(answer, pointer, vector, row(i));
  }
  json_decref(answer);
}
END_TEST

START_TEST(binary) {
  ck_assert(!zoo.call.accept);
  api_fixture_query(&zoo, "word=cat&word=king&other=dog&other=mouse&other=the&format=octet-stream");
  ck_assert(api_fixture_call(&zoo, api_similarity));
  ck_assert_str_eq(zoo.reply.shape, "2,3");
  ck_assert_str_eq(zoo.reply.dtype, "float64");
  ck_assert_uint_eq(zoo.reply.body.length, 6 * sizeof(double));
  static const size_t rows[] = {ZOO_CAT, ZOO_KING}, others[] = {ZOO_DOG, ZOO_MOUSE, ZOO_THE};
  for (size_t i = 0; i < 6; i++) {
    double got, wanted = fixture_similarity(row(rows[i / 3]), row(others[i % 3]), ZOO_DIM);
    memcpy(&got, zoo.reply.body.data + i * sizeof got, sizeof got);
    ck_assert(got == wanted);
  }
  const char *pairs = "{\"pairs\":[[\"cat\",\"dog\"]],\"format\":\"npy\"}";
  api_fixture_body(&zoo, pairs, strlen(pairs));
  ck_assert(api_fixture_call(&zoo, api_similarity));
  const char *dict = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }";
  ck_assert_uint_gt(zoo.reply.body.length, 10 + strlen(dict));
  ck_assert_mem_eq(zoo.reply.body.data + 10, dict, strlen(dict));
  api_get_refused(&zoo, api_similarity, "a=cat&b=dog&format=npy", REFUSAL_NOT_ACCEPTABLE, NULL);
  api_get_refused(&zoo, api_similarity, "word=cat&other=caat&oov=null&format=npy", REFUSAL_INVALID, "#");
}
END_TEST

/* A .npy file of format version 1.0 with that dict before its bytes. */
static size_t make_array(char *out, const char *dict, const void *items, size_t length) {
  memset(out, ' ', 128);
  memcpy(out, "\x93NUMPY\x01\x00\x76\x00", 10);
  memcpy(out + 10, dict, strlen(dict));
  out[127] = '\n';
  memcpy(out + 128, items, length);
  return 128 + length;
}

START_TEST(arrays_are_vectors_to_compare) {
  static const float vectors[2][ZOO_DIM] = {{1, -0.5f, 0, 2, 1e-3f}, {-3, 1, 4, 1, 5}};
  static const float zero[ZOO_DIM] = {0}, infinite[ZOO_DIM] = {1, 2, INFINITY, 4, 5};
  static const size_t others[] = {ZOO_DOG, ZOO_KING};
  char body[512];
  size_t length =
      make_array(body, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 5), }", vectors, sizeof vectors);
  api_fixture_array(&zoo, "other=dog&other=king&format=octet-stream", body, length);
  ck_assert(api_fixture_call(&zoo, api_similarity));
  ck_assert_str_eq(zoo.reply.shape, "2,2");
  for (size_t i = 0; i < 4; i++) {
    double got, wanted = fixture_similarity(vectors[i / 2], row(others[i % 2]), ZOO_DIM);
    memcpy(&got, zoo.reply.body.data + i * sizeof got, sizeof got);
    ck_assert(got == wanted);
  }
  length = make_array(body, "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }", vectors, sizeof vectors[0]);
  api_fixture_array(&zoo, "format=octet-stream", body, length);
  ck_assert(api_fixture_call(&zoo, api_similarity));
  ck_assert_str_eq(zoo.reply.shape, "1,30");
  api_fixture_array(&zoo, "words=cat", body, length);
  ck_assert(!api_fixture_call(&zoo, api_similarity));
  ck_assert_int_eq(zoo.refusal.kind, REFUSAL_UNKNOWN_PARAMETER);
  const struct {
    const char *dict, *pointer;
    const void *items;
    size_t length;
  } refused[] = {
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }", "#/words/0", zero, sizeof zero},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 5), }", "#/words/0/2", infinite, sizeof infinite},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (5, 2), }", "#/words/4", vectors, sizeof vectors},
      {"{'descr': '<i4', 'fortran_order': False, 'shape': (5,), }", "#/words", vectors, sizeof vectors[0]},
  };
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    length = make_array(body, refused[i].dict, refused[i].items, refused[i].length);
    api_fixture_array(&zoo, "other=cat", body, length);
    ck_assert(!api_fixture_call(&zoo, api_similarity));
    ck_assert_int_eq(zoo.refusal.kind, REFUSAL_INVALID);
    ck_assert_msg(refusal_names(&zoo.refusal, refused[i].pointer), "%s: %s", refused[i].pointer, zoo.refusal.detail);
  }
}
END_TEST

START_TEST(unknown_words) {
  api_get_refused(&zoo, api_similarity, "a=cat&b=caat", REFUSAL_NO_WORD, "#/b");
  ck_assert_str_eq(zoo.refusal.suggestions[0], "cat");
  api_get_refused(&zoo, api_similarity, "a=caat&a=dog&a=doog&b=x", REFUSAL_NO_WORD, "#/a/2");
  ck_assert(refusal_names(&zoo.refusal, "#/a/0") && refusal_names(&zoo.refusal, "#/b"));
  api_post_refused(&zoo, api_similarity, "{\"pairs\":[[\"cat\",\"dog\"],[\"cat\",[\"dog\",\"caat\"]]]}",
                   REFUSAL_NO_WORD, "#/pairs/1/1/1");
  api_post_refused(&zoo, api_similarity, "{\"words\":[\"cat\"],\"others\":[\"caat\"]}", REFUSAL_NO_WORD, "#/others/0");
}
END_TEST

START_TEST(unknown_words_as_null) {
  json_t *answer = api_get(&zoo, api_similarity, "a=cat&b=caat&oov=null");
  expect_null(answer, "/similarity");
  expect_null(answer, "/distance");
  expect_text(answer, "/b", "caat");
  expect_json(answer, "/sources", "[\"exact\",\"null\"]");
  expect_absent(answer, "/matched");
  json_decref(answer);
  answer = api_get(&zoo, api_similarity, "a=cat&a=caat&b=dog&oov=null"); /* left out of the mean */
  expect_similarity(answer, "/similarity", row(ZOO_CAT), row(ZOO_DOG));
  expect_json(answer, "/sources", "[[\"exact\",\"null\"],\"exact\"]");
  json_decref(answer);
  answer =
      api_post(&zoo, api_similarity, "{\"pairs\":[[[\"caat\",\"x\"],\"cat\"],[\"cat\",\"dog\"]],\"oov\":\"null\"}");
  expect_null(answer, "/similarities/0");
  expect_similarity(answer, "/similarities/1", row(ZOO_CAT), row(ZOO_DOG));
  expect_json(answer, "/sources", "[[[\"null\",\"null\"],\"exact\"],[\"exact\",\"exact\"]]");
  json_decref(answer);
  answer = api_get(&zoo, api_similarity, "word=cat&word=caat&other=dog&other=x&oov=null");
  expect_similarity(answer, "/similarities/0/0", row(ZOO_CAT), row(ZOO_DOG));
  expect_null(answer, "/similarities/0/1");
  expect_null(answer, "/similarities/1/0");
  expect_null(answer, "/similarities/1/1");
  expect_json(answer, "/sources", "{\"words\":[\"exact\",\"null\"],\"others\":[\"exact\",\"null\"]}");
  json_decref(answer);
  answer = api_get(&zoo, api_similarity, "word=caat&oov=null");
  expect_null(answer, "/similarities/0/29");
  expect_json(answer, "/sources", "{\"words\":[\"null\"]}");
  json_decref(answer);
}
END_TEST

START_TEST(other_policies) {
  json_t *answer = api_get(&zoo, api_similarity, "a=cat&b=caat&oov=zero");
  ck_assert(json_real_value(json_at(answer, "/similarity")) == 0.0);
  expect_json(answer, "/sources", "[\"exact\",\"zero\"]");
  json_decref(answer);
  answer = api_get(&zoo, api_similarity, "a=CAT&a=dog&b=Dog&case=fallback");
  const size_t set[] = {ZOO_CAT, ZOO_DOG};
  float mean[ZOO_DIM];
  mean_of_rows(set, 2, mean);
  expect_similarity(answer, "/similarity", mean, row(ZOO_DOG));
  expect_json(answer, "/a", "[\"CAT\",\"dog\"]");
  expect_json(answer, "/sources", "[[\"case\",\"exact\"],\"case\"]");
  expect_json(answer, "/matched", "[[\"cat\",null],\"dog\"]");
  json_decref(answer);
  answer = api_get(&zoo, api_similarity, "word=CAT&other=dog&case=fold");
  expect_json(answer, "/matched", "{\"words\":[\"cat\"],\"others\":[null]}");
  json_decref(answer);
  api_get_refused(&zoo, api_similarity, "a=cat&b=caat&oov=unk", REFUSAL_INVALID, "#/oov");
}
END_TEST

START_TEST(what_is_refused) {
  static const struct {
    const char *body;
    enum refusal_kind kind;
    const char *pointer;
  } cases[] = {
      {"{}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"a\":\"cat\"}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"b\":\"cat\"}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"others\":[\"cat\"]}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"a\":\"cat\",\"b\":\"dog\",\"k\":3}", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"{\"a\":\"cat\",\"b\":\"dog\",\"words\":[\"cat\"]}", REFUSAL_INVALID, "#"},
      {"{\"pairs\":[],\"words\":[\"cat\"]}", REFUSAL_INVALID, "#"},
      {"{\"word\":\"cat\",\"words\":[\"cat\"]}", REFUSAL_INVALID, "#"},
      {"{\"a\":\"cat\",\"a_bytes\":\"cat\",\"b\":\"dog\"}", REFUSAL_INVALID, "#/a"},
      {"{\"a\":\"cat\",\"b\":[]}", REFUSAL_INVALID, "#/b"},
      {"{\"a\":\"cat\",\"b\":null}", REFUSAL_INVALID, "#/b"},
      {"{\"a\":\"cat\",\"b\":{}}", REFUSAL_INVALID, "#/b"},
      {"{\"a\":\"cat\",\"b\":1.5}", REFUSAL_INVALID, "#/b"},
      {"{\"a\":30,\"b\":-1}", REFUSAL_INVALID, "#/b"},
      {"{\"a\":30,\"b\":1}", REFUSAL_INVALID, "#/a"},
      {"{\"a\":\"cat\",\"b\":[[1,2,3,4]]}", REFUSAL_INVALID, "#/b/0"},
      {"{\"a\":\"cat\",\"b\":[[0,0,0,0,0]]}", REFUSAL_INVALID, "#/b/0"},
      {"{\"a\":\"cat\",\"b\":[[1,2,3,4,1e39]]}", REFUSAL_INVALID, "#/b/0/4"},
      {"{\"a\":\"cat\",\"b\":[\"dog\",true]}", REFUSAL_INVALID, "#/b/1"},
      {"{\"words\":[\"cat\",30]}", REFUSAL_INVALID, "#/words/1"},
      {"{\"words\":[\"cat\"],\"others\":[[1,2]]}", REFUSAL_INVALID, "#/others/0"},
      {"{\"pairs\":{}}", REFUSAL_INVALID, "#/pairs"},
      {"{\"pairs\":[\"cat\"]}", REFUSAL_INVALID, "#/pairs/0"},
      {"{\"pairs\":[[\"cat\",\"dog\"],[\"cat\"]]}", REFUSAL_INVALID, "#/pairs/1"},
      {"{\"pairs\":[[\"cat\",[]]]}", REFUSAL_INVALID, "#/pairs/0/1"},
      {"{\"pairs\":[[\"cat\",[\"dog\",30]]]}", REFUSAL_INVALID, "#/pairs/0/1/1"},
      {"{\"pairs\":[[[\"dog\",{}],\"cat\"]]}", REFUSAL_INVALID, "#/pairs/0/0/1"},
      {"{\"a\":\"cat\",\"b\":\"dog\",\"oov\":\"zeros\"}", REFUSAL_INVALID, "#/oov"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    api_post_refused(&zoo, api_similarity, cases[i].body, cases[i].kind, cases[i].pointer);
  api_get_refused(&zoo, api_similarity, "", REFUSAL_MISSING_PARAMETER, NULL);
  api_get_refused(&zoo, api_similarity, "pairs=cat", REFUSAL_UNKNOWN_PARAMETER, NULL);
}
END_TEST

START_TEST(limits_hold) {
  zoo.service.limits.answer_floats = 60;
  json_decref(api_get(&zoo, api_similarity, "word=cat&word=dog"));
  api_get_refused(&zoo, api_similarity, "word=cat&word=dog&word=king", REFUSAL_INVALID, "#");
  zoo.service.limits.batch_queries = 1;
  json_decref(api_post(&zoo, api_similarity, "{\"pairs\":[[1,2]]}"));
  api_post_refused(&zoo, api_similarity, "{\"pairs\":[[1,2],[1,2]]}", REFUSAL_INVALID, "#/pairs");
}
END_TEST

/* Calls with that many words to compare with every row. */
static bool call_with(size_t words) {
  struct bytes body;
  bytes_init(&body, 1 << 20);
  ck_assert_int_eq(bytes_append_text(&body, "{\"words\":[0"), STATUS_OK);
  for (size_t i = 1; i < words; i++) ck_assert_int_eq(bytes_append_text(&body, ",1"), STATUS_OK);
  ck_assert_int_eq(bytes_append_text(&body, "]}"), STATUS_OK);
  api_fixture_body(&zoo, (const char *)body.data, body.length);
  bool done = api_fixture_call(&zoo, api_similarity);
  bytes_release(&body);
  return done;
}

/* Where others wait, what is small is answered and what would take long is not begun. */
START_TEST(long_work_is_postponed) {
  zoo.call.hurried = true;
  json_decref(api_get(&zoo, api_similarity, "a=cat&b=dog"));
  ck_assert(call_with(400));
  ck_assert(!call_with(600));
  ck_assert(zoo.reply.postponed);
  zoo.call.hurried = false;
  ck_assert(call_with(600));
  ck_assert(!zoo.reply.postponed);
}
END_TEST

START_TEST(several_models) {
  static const struct fixture_word words[] = {{"dog", 3}, {"cat", 3}};
  static float floats[] = {1, 2, 3, -1, 0.5f, 2};
  const struct fixture small = {.rows = 2, .dim = 3, .words = words, .floats = floats};
  api_fixture_write(zoo.store, "small", &small);
  api_fixture_look(&zoo);
  float cat[ZOO_DIM + 3], dog[ZOO_DIM + 3];
  memcpy(cat, row(ZOO_CAT), ZOO_DIM * sizeof *cat);
  memcpy(cat + ZOO_DIM, floats + 3, 3 * sizeof *cat);
  memcpy(dog, row(ZOO_DOG), ZOO_DIM * sizeof *dog);
  memcpy(dog + ZOO_DIM, floats, 3 * sizeof *dog);
  json_t *answer = api_get(&zoo, api_similarity, "a=cat&b=dog&model=zoo,small");
  expect_text(answer, "/model", "zoo,small");
  ck_assert(json_real_value(json_at(answer, "/similarity")) == fixture_similarity(cat, dog, ZOO_DIM + 3));
  json_decref(answer);
  answer = api_get(&zoo, api_similarity, "word=cat&other=dog&model=zoo,small");
  ck_assert(json_real_value(json_at(answer, "/similarities/0/0")) == fixture_similarity(cat, dog, ZOO_DIM + 3));
  json_decref(answer);
  api_get_refused(&zoo, api_similarity, "word=cat&model=zoo,small", REFUSAL_INVALID, "#/others");
  api_post_refused(&zoo, api_similarity, "{\"a\":1,\"b\":\"cat\",\"model\":\"zoo,small\"}", REFUSAL_INVALID, "#/a");
  api_get_refused(&zoo, api_similarity, "a=cat&b=dog", REFUSAL_MISSING_PARAMETER, NULL);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_similarity", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, a_pair);
  tcase_add_test(tcase, pairs_of_other_things);
  tcase_add_test(tcase, a_zero_row_is_similar_to_nothing);
  tcase_add_test(tcase, sets);
  tcase_add_test(tcase, many_pairs);
  tcase_add_test(tcase, a_matrix);
  tcase_add_test(tcase, with_every_row);
  tcase_add_test(tcase, binary);
  tcase_add_test(tcase, arrays_are_vectors_to_compare);
  tcase_add_test(tcase, unknown_words);
  tcase_add_test(tcase, unknown_words_as_null);
  tcase_add_test(tcase, other_policies);
  tcase_add_test(tcase, what_is_refused);
  tcase_add_test(tcase, limits_hold);
  tcase_add_test(tcase, long_work_is_postponed);
  tcase_add_test(tcase, several_models);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
