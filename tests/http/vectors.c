/* GET and POST /vectors: batches of words, of one and two dimensions, with unknown words among them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/npy.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

/* cat, an unknown word, dog. */
static void expect_cat_unknown_dog(const json_t *answer) {
  expect_text(answer, "/model", "zoo");
  expect_json(answer, "/shape", "[3,5]");
  expect_length(answer, "/vectors", 3);
  expect_floats(answer, "/vectors/0", fixture_row(&zoo, ZOO_CAT), ZOO_DIM);
  expect_null(answer, "/vectors/1");
  expect_floats(answer, "/vectors/2", fixture_row(&zoo, ZOO_DOG), ZOO_DIM);
  expect_json(answer, "/indices", "[1,null,2]");
  expect_json(answer, "/found", "[true,false,true]");
}

START_TEST(get_repeats_the_name) {
  json_t *answer = get_json(served.port, 200, "/vectors?word=cat&word=caat&word=dog");
  expect_cat_unknown_dog(answer);
  json_decref(answer);
}
END_TEST

START_TEST(post_takes_a_list) {
  json_t *answer = post_json(served.port, 200, "/vectors", "{\"words\":[\"cat\",\"caat\",\"dog\"]}");
  expect_cat_unknown_dog(answer);
  json_decref(answer);
}
END_TEST

START_TEST(the_order_and_the_repeats_are_kept) {
  json_t *answer = post_json(served.port, 200, "/vectors", "{\"words\":[\"dog\",\"cat\",\"dog\",\"the\"]}");
  expect_json(answer, "/indices", "[2,1,2,0]");
  expect_json(answer, "/found", "[true,true,true,true]");
  expect_floats(answer, "/vectors/3", fixture_row(&zoo, ZOO_THE), ZOO_DIM);
  json_decref(answer);
}
END_TEST

START_TEST(strange_words_in_json) {
  json_t *answer =
      post_json(served.port, 200, "/vectors",
                "{\"words\":[\"\",\"\\t\",\"\\u0001\",\"\\u00a0\",\"\\ud834\\udd1e\",\"quo\\\"te\\\\back\","
                "\"at name@domain.com\",\"na\xc3\xafve\",\"a+b\",\"100%\"]}");
  char wanted[128];
  snprintf(wanted, sizeof wanted, "[%d,%d,%d,%d,%d,%d,%d,%d,%d,%d]", ZOO_EMPTY, ZOO_TAB, ZOO_CONTROL, ZOO_NBSP,
           ZOO_CLEF, ZOO_QUOTE, ZOO_ADDRESS, ZOO_NAIVE, ZOO_PLUS, ZOO_PERCENT);
  expect_json(answer, "/indices", wanted);
  json_decref(answer);
}
END_TEST

START_TEST(an_empty_name_is_the_empty_word) {
  json_t *answer = get_json(served.port, 200, "/vectors?word=&word=cat");
  char wanted[32];
  snprintf(wanted, sizeof wanted, "[%d,%d]", ZOO_EMPTY, ZOO_CAT);
  expect_json(answer, "/indices", wanted);
  json_decref(answer);
}
END_TEST

START_TEST(words_by_their_bytes) {
  /* As it was shown, encoded once more by a client that encodes its parameters; and pasted into the URL. */
  static const char *const targets[] = {"/vectors?word_bytes=%25FF%25FEx", "/vectors?word_bytes=%FF%FEx"};
  char wanted[32];
  snprintf(wanted, sizeof wanted, "[%d]", ZOO_BYTES);
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    json_t *answer = get_json(served.port, 200, targets[i]);
    expect_json(answer, "/indices", wanted);
    json_decref(answer);
  }
}
END_TEST

START_TEST(no_words) {
  json_t *answer = post_json(served.port, 200, "/vectors", "{\"words\":[]}");
  expect_json(answer, "/shape", "[0,5]");
  expect_length(answer, "/vectors", 0);
  expect_length(answer, "/found", 0);
  json_decref(answer);
  json_decref(get_problem(served.port, 400, "missing_parameter", "/vectors"));
  json_decref(post_problem(served.port, 400, "missing_parameter", "/vectors", "{}"));
}
END_TEST

START_TEST(two_dimensions_are_padded) {
  static const float zeros[ZOO_DIM];
  json_t *answer = post_json(served.port, 200, "/vectors", "{\"words\":[[\"cat\",\"dog\"],[\"the\"]]}");
  expect_json(answer, "/shape", "[2,2,5]");
  expect_floats(answer, "/vectors/0/0", fixture_row(&zoo, ZOO_CAT), ZOO_DIM);
  expect_floats(answer, "/vectors/0/1", fixture_row(&zoo, ZOO_DOG), ZOO_DIM);
  expect_floats(answer, "/vectors/1/0", fixture_row(&zoo, ZOO_THE), ZOO_DIM);
  expect_floats(answer, "/vectors/1/1", zeros, ZOO_DIM);
  expect_integer(answer, "/indices/0/0", ZOO_CAT);
  expect_integer(answer, "/indices/0/1", ZOO_DOG);
  expect_integer(answer, "/indices/1/0", ZOO_THE);
  expect_bool(answer, "/found/0/1", 1);
  expect_bool(answer, "/found/1/0", 1);
  expect_json(answer, "/mask", "[[true,true],[true,false]]");
  expect_json(answer, "/lengths", "[2,1]");
  json_decref(answer);
}
END_TEST

START_TEST(two_dimensions_take_the_parameters_of_padding) {
  static const float sevens[ZOO_DIM] = {7, 7, 7, 7, 7};
  json_t *answer = post_json(served.port, 200, "/vectors",
                             "{\"words\":[[\"cat\",\"dog\",\"the\"],[\"the\"]],\"maxlen\":2,\"padding\":\"pre\","
                             "\"truncating\":\"pre\",\"value\":7}");
  expect_json(answer, "/shape", "[2,2,5]");
  expect_floats(answer, "/vectors/0/0", fixture_row(&zoo, ZOO_DOG), ZOO_DIM);
  expect_floats(answer, "/vectors/0/1", fixture_row(&zoo, ZOO_THE), ZOO_DIM);
  expect_floats(answer, "/vectors/1/0", sevens, ZOO_DIM);
  expect_floats(answer, "/vectors/1/1", fixture_row(&zoo, ZOO_THE), ZOO_DIM);
  json_decref(answer);
  answer = post_json(served.port, 200, "/vectors",
                     "{\"words\":[[\"cat\",\"dog\"],[\"the\"]],\"pad_index\":3,\"padding\":\"post\"}");
  expect_floats(answer, "/vectors/1/1", fixture_row(&zoo, ZOO_MOUSE), ZOO_DIM);
  json_decref(answer);
}
END_TEST

START_TEST(an_unknown_word_in_two_dimensions_is_null) {
  json_t *answer = post_json(served.port, 200, "/vectors", "{\"words\":[[\"cat\",\"caat\"],[\"the\"]]}");
  expect_null(answer, "/vectors/0/1");
  expect_null(answer, "/indices/0/1");
  expect_bool(answer, "/found/0/1", 0);
  expect_bool(answer, "/found/0/0", 1);
  json_decref(answer);
}
END_TEST

START_TEST(binary_needs_every_word) {
  struct answer answer;
  float floats[2 * ZOO_DIM];
  memcpy(floats, fixture_row(&zoo, ZOO_CAT), ZOO_DIM * sizeof(float));
  memcpy(floats + ZOO_DIM, fixture_row(&zoo, ZOO_ZERO), ZOO_DIM * sizeof(float));
  size_t shape[] = {2, ZOO_DIM};
  client_get_as(served.port, "/vectors?word=cat&word=zero", "application/x-npy", &answer);
  expect_npy(&answer, shape, 2, floats);
  answer_release(&answer);
  client_get_as(served.port, "/vectors?word=cat&word=caat", "application/x-npy", &answer);
  json_t *problem = expect_problem(&answer, 422, "invalid_request");
  expect_error_at(problem, "#/words/1");
  json_decref(problem);
  answer_release(&answer);
  client_get_as(served.port, "/vectors?word=cat&word=caat&oov=zero", "application/x-npy", &answer);
  expect_npy(&answer, shape, 2, floats);
  answer_release(&answer);
  client_post_as(served.port, "/vectors", "{\"words\":[\"cat\",\"caat\"],\"oov\":\"zero\"}", "application/octet-stream",
                 &answer);
  expect_bare_floats(&answer, "2,5", floats, 2 * ZOO_DIM);
  answer_release(&answer);
  client_post_as(served.port, "/vectors", "{\"words\":[[\"cat\"],[\"caat\"]]}", "application/octet-stream", &answer);
  json_decref(expect_problem(&answer, 422, "invalid_request"));
  answer_release(&answer);
}
END_TEST

START_TEST(oov_zero_in_json) {
  static const float zeros[ZOO_DIM];
  json_t *answer = get_json(served.port, 200, "/vectors?word=caat&word=cat&oov=zero");
  expect_floats(answer, "/vectors/0", zeros, ZOO_DIM);
  expect_json(answer, "/found", "[false,true]");
  json_decref(answer);
}
END_TEST

START_TEST(two_dimensions_as_npy) {
  struct answer answer;
  float floats[4 * ZOO_DIM] = {0};
  size_t shape[] = {2, 2, ZOO_DIM};
  memcpy(floats, fixture_row(&zoo, ZOO_CAT), 2 * ZOO_DIM * sizeof(float));
  memcpy(floats + 2 * ZOO_DIM, fixture_row(&zoo, ZOO_THE), ZOO_DIM * sizeof(float));
  client_post(served.port, "/vectors?format=npy", "{\"words\":[[\"cat\",\"dog\"],[\"the\"]]}", &answer);
  expect_npy(&answer, shape, 3, floats);
  answer_release(&answer);
}
END_TEST

START_TEST(impossible_requests_name_the_place) {
  static const struct {
    const char *body, *pointer;
  } cases[] = {
      {"{\"words\":\"cat\"}", "#/words"},
      {"{\"words\":[\"cat\",7]}", "#/words/1"},
      {"{\"words\":[\"cat\",[\"dog\"]]}", "#/words/1"},
      {"{\"words\":[[\"cat\"],\"dog\"]}", "#/words/1"},
      {"{\"words\":[[\"cat\",null]]}", "#/words/0/1"},
      {"{\"words\":[\"cat\"],\"oov\":\"nothing\"}", "#/oov"},
      {"{\"words\":[[\"cat\"]],\"pad_index\":30}", "#/pad_index"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    json_t *problem = post_problem(served.port, 422, "invalid_request", "/vectors", cases[i].body);
    expect_error_at(problem, cases[i].pointer);
    json_decref(problem);
  }
}
END_TEST

START_TEST(a_query_string_beside_a_body_is_refused) {
  struct answer answer;
  client_post(served.port, "/vectors?word=cat", "{\"words\":[\"dog\"]}", &answer);
  ck_assert_int_eq(answer.status, 400);
  answer_release(&answer);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/vectors", &tcase);
  tcase_add_test(tcase, get_repeats_the_name);
  tcase_add_test(tcase, post_takes_a_list);
  tcase_add_test(tcase, the_order_and_the_repeats_are_kept);
  tcase_add_test(tcase, strange_words_in_json);
  tcase_add_test(tcase, an_empty_name_is_the_empty_word);
  tcase_add_test(tcase, words_by_their_bytes);
  tcase_add_test(tcase, no_words);
  tcase_add_test(tcase, two_dimensions_are_padded);
  tcase_add_test(tcase, two_dimensions_take_the_parameters_of_padding);
  tcase_add_test(tcase, an_unknown_word_in_two_dimensions_is_null);
  tcase_add_test(tcase, binary_needs_every_word);
  tcase_add_test(tcase, oov_zero_in_json);
  tcase_add_test(tcase, two_dimensions_as_npy);
  tcase_add_test(tcase, impossible_requests_name_the_place);
  tcase_add_test(tcase, a_query_string_beside_a_body_is_refused);
  return suite_main_with_zoo(suite, &served, &zoo);
}
