/* GET /vector and GET, POST /vectors on a store of their own: the shapes of answers and what is refused. */
#include <check.h>
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

START_TEST(vector_of_a_word_or_a_row) {
  static const char *const queries[] = {"word=cat", "index=1", "word_bytes=%63at", "word=cat&model=zoo&format=json"};
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
    json_t *answer = api_get(&zoo, api_vector, queries[i]);
    expect_text(answer, "/model", "zoo");
    expect_text(answer, "/word", "cat");
    expect_integer(answer, "/index", ZOO_CAT);
    expect_integer(answer, "/dim", ZOO_DIM);
    expect_floats(answer, "/vector", fixture_row(&zoo.zoo, ZOO_CAT), ZOO_DIM);
    ck_assert_uint_eq(json_object_size(answer), 5);
    ck_assert_str_eq(zoo.reply.model, "zoo");
    json_decref(answer);
  }
}
END_TEST

START_TEST(the_keys_come_in_the_order_of_the_contract) {
  json_decref(api_get(&zoo, api_vector, "word=cat"));
  static const char start[] = "{\"model\":\"zoo\",\"word\":\"cat\",\"index\":1,\"dim\":5,\"vector\":[";
  ck_assert_mem_eq(zoo.reply.body.data, start, strlen(start));
}
END_TEST

START_TEST(bytes_that_are_no_text_come_back_and_go_in) {
  json_t *answer = api_get(&zoo, api_vector, "word_bytes=%25FF%25FEx");
  expect_integer(answer, "/index", ZOO_BYTES);
  expect_text(answer, "/word", "\xEF\xBF\xBD\xEF\xBF\xBDx");
  expect_text(answer, "/word_bytes", "%FF%FEx");
  json_decref(answer);
  answer = api_get(&zoo, api_vector, "word_bytes=100%25");
  expect_integer(answer, "/index", ZOO_PERCENT);
  json_decref(answer);
}
END_TEST

START_TEST(vector_as_bare_floats) {
  zoo.call.accept = "application/octet-stream";
  api_fixture_query(&zoo, "word=dog");
  ck_assert(api_fixture_call(&zoo, api_vector));
  ck_assert_str_eq(zoo.reply.content_type, "application/octet-stream");
  ck_assert_str_eq(zoo.reply.shape, "5");
  ck_assert_str_eq(zoo.reply.dtype, "float32");
  ck_assert_uint_eq(zoo.reply.body.length, ZOO_DIM * sizeof(float));
  ck_assert_mem_eq(zoo.reply.body.data, fixture_row(&zoo.zoo, ZOO_DOG), ZOO_DIM * sizeof(float));
}
END_TEST

START_TEST(vector_as_npy) {
  api_fixture_query(&zoo, "word=dog&format=npy");
  ck_assert(api_fixture_call(&zoo, api_vector));
  ck_assert_str_eq(zoo.reply.content_type, "application/x-npy");
  ck_assert_str_eq(zoo.reply.shape, "");
  ck_assert_uint_eq(zoo.reply.body.length, 128 + ZOO_DIM * sizeof(float));
  ck_assert_mem_eq(zoo.reply.body.data + 128, fixture_row(&zoo.zoo, ZOO_DOG), ZOO_DIM * sizeof(float));
}
END_TEST

START_TEST(vector_is_refused) {
  static const struct {
    const char *query;
    enum refusal_kind kind;
    const char *pointer;
  } cases[] = {
      {"", REFUSAL_MISSING_PARAMETER, NULL},
      {"word=cat&kk=3", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"word=cat&=3", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"word=cat&word=dog", REFUSAL_MALFORMED, NULL},
      {"word=cat&index=1", REFUSAL_INVALID, "#"},
      {"word=cat&word_bytes=cat", REFUSAL_INVALID, "#"},
      {"word=caat", REFUSAL_NO_WORD, NULL},
      {"word=cat%00", REFUSAL_NO_WORD, NULL},
      {"index=30", REFUSAL_NO_ROW, NULL},
      {"index=9223372036854775807", REFUSAL_NO_ROW, NULL},
      {"index=9223372036854775808", REFUSAL_INVALID, "#/index"},
      {"index=-1", REFUSAL_INVALID, "#/index"},
      {"index=1.5", REFUSAL_INVALID, "#/index"},
      {"index=", REFUSAL_INVALID, "#/index"},
      {"index=+1", REFUSAL_INVALID, "#/index"},
      {"index=1%00", REFUSAL_INVALID, "#/index"},
      {"word=cat&format=xml", REFUSAL_INVALID, "#/format"},
      {"word=cat&model=nosuch", REFUSAL_NO_MODEL, NULL},
      {"word=cat&model=zoo%00", REFUSAL_NO_MODEL, NULL},
      {"word=cat&model=", REFUSAL_NO_MODEL, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    api_get_refused(&zoo, api_vector, cases[i].query, cases[i].kind, cases[i].pointer);
}
END_TEST

START_TEST(an_unknown_word_has_suggestions) {
  api_get_refused(&zoo, api_vector, "word=caat", REFUSAL_NO_WORD, NULL);
  ck_assert_str_eq(zoo.refusal.detail, "\"caat\" is not in zoo");
  ck_assert_uint_ge(zoo.refusal.suggestion_count, 1);
  ck_assert_str_eq(zoo.refusal.suggestions[0], "cat");
  zoo.call.suggest = false;
  api_get_refused(&zoo, api_vector, "word=caat", REFUSAL_NO_WORD, NULL);
  ck_assert_uint_eq(zoo.refusal.suggestion_count, 0);
}
END_TEST

START_TEST(an_accept_that_cannot_be_met) {
  zoo.call.accept = "text/html";
  api_get_refused(&zoo, api_vector, "word=cat", REFUSAL_NOT_ACCEPTABLE, NULL);
  json_decref(api_get(&zoo, api_vector, "word=cat&format=json")); /* format wins */
}
END_TEST

START_TEST(an_answer_that_can_never_fit_is_impossible) {
  zoo.service.limits.answer_bytes = 40;
  api_get_refused(&zoo, api_vector, "word=cat", REFUSAL_INVALID, NULL);
  zoo.service.limits.answer_bytes = 10;
  api_get_refused(&zoo, api_vector, "word=cat&format=npy", REFUSAL_INVALID, NULL);
  api_get_refused(&zoo, api_vectors, "word=cat", REFUSAL_INVALID, NULL);
  api_get_refused(&zoo, api_vectors, "word=cat&format=octet-stream", REFUSAL_INVALID, NULL);
  ck_assert_ptr_nonnull(strstr(zoo.refusal.detail, "answer_bytes"));
}
END_TEST

START_TEST(an_answer_that_others_leave_no_room_for_is_busy) {
  atomic_store(&zoo.service.answers.used, zoo.service.answers.limit - 10);
  api_get_refused(&zoo, api_vector, "word=cat", REFUSAL_BUSY, NULL);
  api_get_refused(&zoo, api_vector, "word=cat&format=npy", REFUSAL_BUSY, NULL);
  api_get_refused(&zoo, api_vectors, "word=cat&format=octet-stream", REFUSAL_BUSY, NULL);
}
END_TEST

START_TEST(vectors_of_words) {
  json_t *answer = api_post(&zoo, api_vectors, "{\"words\":[\"dog\",\"nosuch\",{\"word_bytes\":\"%ff%FEx\"}]}");
  expect_json(answer, "/shape", "[3,5]");
  expect_floats(answer, "/vectors/0", fixture_row(&zoo.zoo, ZOO_DOG), ZOO_DIM);
  expect_null(answer, "/vectors/1");
  expect_json(answer, "/indices", "[2,null,10]");
  expect_json(answer, "/found", "[true,false,true]");
  ck_assert_uint_eq(json_object_size(answer), 5);
  json_decref(answer);
  answer = api_get(&zoo, api_vectors, "words=cat&words=dog");
  expect_json(answer, "/indices", "[1,2]");
  json_decref(answer);
}
END_TEST

START_TEST(words_by_their_bytes_in_a_query) {
  json_t *answer = api_get(&zoo, api_vectors, "word_bytes=%25FF%25FEx&word_bytes=%FF%FEx&word_bytes=a%252Bb");
  expect_json(answer, "/indices", "[10,10,12]");
  json_decref(answer);
  api_get_refused(&zoo, api_vectors, "word=cat&word_bytes=dog", REFUSAL_INVALID, "#");
}
END_TEST

START_TEST(unknown_words_by_policy) {
  static const float zeros[ZOO_DIM] = {0};
  json_t *answer = api_post(&zoo, api_vectors, "{\"words\":[\"nosuch\"],\"oov\":\"zero\"}");
  expect_floats(answer, "/vectors/0", zeros, ZOO_DIM);
  expect_json(answer, "/indices", "[null]");
  expect_json(answer, "/found", "[false]");
  json_decref(answer);
  api_get_refused(&zoo, api_vectors, "word=cat&word=nosuch&format=npy", REFUSAL_INVALID, "#/words/1");
  api_get_refused(&zoo, api_vectors, "word=cat&word=nosuch&format=npy&oov=null", REFUSAL_INVALID, "#/words/1");
  api_fixture_query(&zoo, "word=nosuch&format=octet-stream&oov=zero");
  ck_assert(api_fixture_call(&zoo, api_vectors));
  ck_assert_str_eq(zoo.reply.shape, "1,5");
  ck_assert_mem_eq(zoo.reply.body.data, zeros, sizeof zeros);
}
END_TEST

START_TEST(vectors_of_lines) {
  json_t *answer = api_post(&zoo, api_vectors,
                            "{\"words\":[[\"the\",\"cat\"],[\"nosuch\"],[]],\"padding\":\"pre\",\"pad_index\":2}");
  expect_json(answer, "/shape", "[3,2,5]");
  expect_floats(answer, "/vectors/1/0", fixture_row(&zoo.zoo, ZOO_DOG), ZOO_DIM);
  expect_null(answer, "/vectors/1/1");
  expect_floats(answer, "/vectors/2/1", fixture_row(&zoo.zoo, ZOO_DOG), ZOO_DIM);
  expect_json(answer, "/mask", "[[true,true],[false,true],[false,false]]");
  expect_json(answer, "/found", "[[true,true],[false,false],[false,false]]");
  expect_json(answer, "/indices", "[[0,1],[null,null],[null,null]]");
  expect_json(answer, "/lengths", "[2,1,0]");
  json_decref(answer);
}
END_TEST

START_TEST(vectors_are_refused) {
  static const struct {
    const char *body;
    enum refusal_kind kind;
    const char *pointer;
  } cases[] = {
      {"{}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"word\":\"cat\"}", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"{\"words\":null}", REFUSAL_INVALID, "#/words"},
      {"{\"words\":[1]}", REFUSAL_INVALID, "#/words/0"},
      {"{\"words\":[{\"word_bytes\":\"%4\"}]}", REFUSAL_INVALID, "#/words/0"},
      {"{\"words\":[{\"word_bytes\":\"\\u00e9\"}]}", REFUSAL_INVALID, "#/words/0"},
      {"{\"words\":[{\"word_bytes\":7}]}", REFUSAL_INVALID, "#/words/0"},
      {"{\"words\":[{\"word\":\"cat\"}]}", REFUSAL_INVALID, "#/words/0"},
      {"{\"words\":[{\"word_bytes\":\"a\",\"x\":1}]}", REFUSAL_INVALID, "#/words/0"},
      {"{\"words\":[\"cat\"],\"maxlen\":3}", REFUSAL_INVALID, "#/words"},
      {"{\"words\":[\"cat\"],\"oov\":true}", REFUSAL_INVALID, "#/oov"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    api_post_refused(&zoo, api_vectors, cases[i].body, cases[i].kind, cases[i].pointer);
  api_get_refused(&zoo, api_vectors, "", REFUSAL_MISSING_PARAMETER, NULL);
  api_get_refused(&zoo, api_vectors, "word=cat&words=dog", REFUSAL_INVALID, "#");
  api_get_refused(&zoo, api_vectors, "word=cat&x=1", REFUSAL_UNKNOWN_PARAMETER, NULL);
}
END_TEST

START_TEST(errors_gather_up_to_eight) {
  api_post_refused(&zoo, api_vectors, "{\"words\":[1,2,3,4,5,6,7,8,9,10],\"oov\":5}", REFUSAL_INVALID, "#/words/7");
  ck_assert_uint_eq(zoo.refusal.error_count, REFUSAL_ERRORS_MAX);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_vectors", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, vector_of_a_word_or_a_row);
  tcase_add_test(tcase, the_keys_come_in_the_order_of_the_contract);
  tcase_add_test(tcase, bytes_that_are_no_text_come_back_and_go_in);
  tcase_add_test(tcase, vector_as_bare_floats);
  tcase_add_test(tcase, vector_as_npy);
  tcase_add_test(tcase, vector_is_refused);
  tcase_add_test(tcase, an_unknown_word_has_suggestions);
  tcase_add_test(tcase, an_accept_that_cannot_be_met);
  tcase_add_test(tcase, an_answer_that_can_never_fit_is_impossible);
  tcase_add_test(tcase, an_answer_that_others_leave_no_room_for_is_busy);
  tcase_add_test(tcase, vectors_of_words);
  tcase_add_test(tcase, words_by_their_bytes_in_a_query);
  tcase_add_test(tcase, unknown_words_by_policy);
  tcase_add_test(tcase, vectors_of_lines);
  tcase_add_test(tcase, vectors_are_refused);
  tcase_add_test(tcase, errors_gather_up_to_eight);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
