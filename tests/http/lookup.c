/* POST /lookup: E[X] of one and two dimensions, ragged, padded, truncated, in three representations. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/npy.h"
#include "tests/support/padding.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

static const char *const bodies[] = {
    "{\"indices\":[[0,1,2,0],[3]]}",
    "{\"indices\":[[0,1,2,0],[3]],\"padding\":\"pre\"}",
    "{\"indices\":[[0,1,2,0],[3]],\"padding\":\"post\",\"truncating\":\"post\",\"maxlen\":2}",
    "{\"indices\":[[0,1,2,4],[3]],\"truncating\":\"pre\",\"maxlen\":3}",
    "{\"indices\":[[0,1,2,4],[3]],\"truncating\":\"pre\",\"padding\":\"pre\",\"maxlen\":3}",
    "{\"indices\":[[0,1,2,4],[3]],\"truncating\":\"post\",\"padding\":\"pre\",\"maxlen\":3}",
    "{\"indices\":[[0,1,2,4],[3]],\"maxlen\":7}",
    "{\"indices\":[[0,1,2,4],[3]],\"maxlen\":7,\"padding\":\"pre\"}",
    "{\"indices\":[[0,1,2,4],[3]],\"value\":0.1}",
    "{\"indices\":[[0,1,2,4],[3]],\"value\":-7,\"maxlen\":5,\"padding\":\"pre\"}",
    "{\"indices\":[[0,1,2,4],[3]],\"pad_index\":7}",
    "{\"indices\":[[0,1,2,4],[3]],\"pad_index\":0,\"padding\":\"pre\",\"maxlen\":6}",
    "{\"indices\":[[],[1,2]]}",
    "{\"indices\":[[1],[2],[3]]}",
    "{\"indices\":[[5]]}",
    "{\"indices\":[[28,28,28],[28],[28,28]],\"model\":\"zoo\"}",
};
enum { BODIES = sizeof bodies / sizeof *bodies };

START_TEST(two_dimensions_as_json) {
  json_t *request = json_loads(bodies[_i], 0, NULL);
  struct padded padded;
  padded_of(&padded, &zoo, request);
  json_t *answer = post_json(served.port, 200, "/lookup", bodies[_i]);
  expect_text(answer, "/model", "zoo");
  expect_padded(answer, &padded);
  padded_release(&padded);
  json_decref(answer);
  json_decref(request);
}
END_TEST

START_TEST(two_dimensions_as_npy_and_bare_floats) {
  json_t *request = json_loads(bodies[_i], 0, NULL);
  struct padded padded;
  padded_of(&padded, &zoo, request);
  struct answer answer;
  client_post_as(served.port, "/lookup", bodies[_i], "application/x-npy", &answer);
  expect_npy(&answer, padded.shape, 3, padded.floats);
  answer_release(&answer);
  client_post(served.port, "/lookup?format=npy", bodies[_i], &answer);
  expect_npy(&answer, padded.shape, 3, padded.floats);
  answer_release(&answer);
  char shape[96];
  snprintf(shape, sizeof shape, "%zu,%zu,%zu", padded.shape[0], padded.shape[1], padded.shape[2]);
  client_post_as(served.port, "/lookup", bodies[_i], "application/octet-stream", &answer);
  expect_bare_floats(&answer, shape, padded.floats, padded.shape[0] * padded.shape[1] * padded.shape[2]);
  answer_release(&answer);
  padded_release(&padded);
  json_decref(request);
}
END_TEST

START_TEST(one_dimension) {
  json_t *answer = post_json(served.port, 200, "/lookup", "{\"indices\":[2,0,2,28]}");
  expect_text(answer, "/model", "zoo");
  expect_json(answer, "/shape", "[4,5]");
  expect_length(answer, "/vectors", 4);
  expect_floats(answer, "/vectors/0", fixture_row(&zoo, 2), ZOO_DIM);
  expect_floats(answer, "/vectors/1", fixture_row(&zoo, 0), ZOO_DIM);
  expect_floats(answer, "/vectors/2", fixture_row(&zoo, 2), ZOO_DIM);
  expect_floats(answer, "/vectors/3", fixture_row(&zoo, 28), ZOO_DIM);
  json_decref(answer);
  struct answer npy;
  size_t shape[] = {3, ZOO_DIM};
  client_post_as(served.port, "/lookup", "{\"indices\":[4,5,6]}", "application/x-npy", &npy);
  expect_npy(&npy, shape, 2, fixture_row(&zoo, 4));
  answer_release(&npy);
}
END_TEST

/* As numpy: E[[]] has shape (0, dim). */
START_TEST(no_index_at_all) {
  json_t *answer = post_json(served.port, 200, "/lookup", "{\"indices\":[]}");
  expect_json(answer, "/shape", "[0,5]");
  expect_length(answer, "/vectors", 0);
  json_decref(answer);
  answer = post_json(served.port, 200, "/lookup", "{\"indices\":[[],[]]}");
  expect_json(answer, "/shape", "[2,0,5]");
  expect_json(answer, "/lengths", "[0,0]");
  json_decref(answer);
  struct answer npy;
  size_t shape[] = {0, ZOO_DIM};
  client_post_as(served.port, "/lookup", "{\"indices\":[]}", "application/x-npy", &npy);
  expect_npy(&npy, shape, 2, zoo.floats);
  answer_release(&npy);
}
END_TEST

START_TEST(positions_of_impossible_indices_are_named) {
  static const struct {
    const char *body, *pointer;
  } cases[] = {
      {"{\"indices\":[[0,1,2,30],[3]]}", "#/indices/0/3"},
      {"{\"indices\":[[0],[1,-1]]}", "#/indices/1/1"},
      {"{\"indices\":[0,1,30]}", "#/indices/2"},
      {"{\"indices\":[-1]}", "#/indices/0"},
      {"{\"indices\":[0,1.5]}", "#/indices/1"},
      {"{\"indices\":[[0,1.0]]}", "#/indices/0/1"},
      {"{\"indices\":[\"0\"]}", "#/indices/0"},
      {"{\"indices\":[null]}", "#/indices/0"},
      {"{\"indices\":[[0],[true]]}", "#/indices/1/0"},
      {"{\"indices\":[0,[1]]}", "#/indices/1"},
      {"{\"indices\":[[0],1]}", "#/indices/1"},
      {"{\"indices\":[[[0]]]}", "#/indices/0/0"},
      {"{\"indices\":[4304967306]}", "#/indices/0"},
      {"{\"indices\":[9223372036854775807]}", "#/indices/0"},
      {"{\"indices\":5}", "#/indices"},
      {"{\"indices\":{}}", "#/indices"},
      {"{\"indices\":[[0]],\"maxlen\":-1}", "#/maxlen"},
      {"{\"indices\":[[0]],\"maxlen\":\"3\"}", "#/maxlen"},
      {"{\"indices\":[[0]],\"maxlen\":2.5}", "#/maxlen"},
      {"{\"indices\":[[0]],\"padding\":\"left\"}", "#/padding"},
      {"{\"indices\":[[0]],\"padding\":1}", "#/padding"},
      {"{\"indices\":[[0]],\"truncating\":\"both\"}", "#/truncating"},
      {"{\"indices\":[[0]],\"value\":\"0\"}", "#/value"},
      {"{\"indices\":[[0]],\"value\":1e39}", "#/value"},
      {"{\"indices\":[[0]],\"pad_index\":30}", "#/pad_index"},
      {"{\"indices\":[[0]],\"pad_index\":-1}", "#/pad_index"},
      {"{\"indices\":[[0]],\"model\":7}", "#/model"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    json_t *problem = post_problem(served.port, 422, "invalid_request", "/lookup", cases[i].body);
    expect_error_at(problem, cases[i].pointer);
    json_decref(problem);
  }
}
END_TEST

START_TEST(what_is_wrong_is_said_in_words) {
  json_t *problem = post_problem(served.port, 422, "invalid_request", "/lookup", "{\"indices\":[[0,400001]]}");
  const char *detail = json_string_value(json_at(problem, "/errors/0/detail"));
  ck_assert_ptr_nonnull(detail);
  ck_assert_ptr_nonnull(strstr(detail, "400001"));
  ck_assert_ptr_nonnull(strstr(detail, "30"));
  json_decref(problem);
}
END_TEST

START_TEST(value_and_pad_index_exclude_each_other) {
  json_decref(post_problem(served.port, 422, "invalid_request", "/lookup",
                           "{\"indices\":[[0],[1,2]],\"value\":1,\"pad_index\":0}"));
}
END_TEST

START_TEST(indices_are_needed) {
  json_decref(post_problem(served.port, 400, "missing_parameter", "/lookup", "{}"));
}
END_TEST

START_TEST(unknown_parameters_are_named) {
  json_t *problem = post_problem(served.port, 400, "unknown_parameter", "/lookup", "{\"indices\":[0],\"max_len\":3}");
  ck_assert_ptr_nonnull(strstr(json_string_value(json_at(problem, "/detail")), "max_len"));
  json_decref(problem);
}
END_TEST

START_TEST(padding_counts_towards_the_limit_of_an_answer) {
  json_t *problem =
      post_problem(served.port, 422, "invalid_request", "/lookup", "{\"indices\":[[0],[1]],\"maxlen\":2000000}");
  json_decref(problem);
  /* Products that would overflow 64 bits are no way round it. */
  json_decref(post_problem(served.port, 422, "invalid_request", "/lookup",
                           "{\"indices\":[[0],[1],[2],[3]],\"maxlen\":4611686018427387904}"));
}
END_TEST

/* 128 bytes of head, then [[3, 1], [0, 2]] as int16. */
static const char array[] =
    "\x93NUMPY\x01\x00\x76\x00{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2), }                        "
    "                                  \n\x03\x00\x01\x00\x00\x00\x02";

START_TEST(numbers_as_keras_has_them) {
  static const float zeros[ZOO_DIM] = {0};
  json_t *answer = post_json(served.port, 200, "/lookup",
                             "{\"indices\":[[2,1],[4]],\"layout\":\"keras\",\"oov\":\"zero\",\"padding\":\"pre\"}");
  expect_floats(answer, "/vectors/0/0", fixture_row(&zoo, 0), ZOO_DIM);
  expect_floats(answer, "/vectors/0/1", zeros, ZOO_DIM);
  expect_floats(answer, "/vectors/1/0", zeros, ZOO_DIM);
  expect_floats(answer, "/vectors/1/1", fixture_row(&zoo, 2), ZOO_DIM);
  expect_json(answer, "/mask", "[[true,true],[false,true]]");
  expect_json(answer, "/sources", "[[\"exact\",\"zero\"],[null,\"exact\"]]");
  json_decref(answer);
  answer = post_json(served.port, 200, "/vectors", "{\"words\":[[\"the\",\"nosuch\"],[\"dog\"]],\"layout\":\"keras\"}");
  expect_json(answer, "/indices", "[[2,1],[4,0]]");
  json_decref(answer);
  json_decref(get_json(served.port, 200, "/vectors?word=cat&layout=keras"));
}
END_TEST

START_TEST(an_array_as_body) {
  const size_t shape[] = {2, 3, ZOO_DIM};
  float wanted[6][ZOO_DIM];
  static const int rows[] = {-1, 3, 1, -1, 0, 2};
  for (size_t i = 0; i < 6; i++)
    for (size_t d = 0; d < ZOO_DIM; d++) wanted[i][d] = rows[i] < 0 ? 0.5f : fixture_row(&zoo, (size_t)rows[i])[d];
  struct client_request request = {.target = "/lookup?maxlen=3&padding=pre&value=0.5",
                                   .body = array,
                                   .body_length = sizeof array,
                                   .headers = {"Content-Type: application/x-npy", "Accept: application/x-npy"}};
  struct answer answer;
  client_send(served.port, &request, &answer);
  expect_npy(&answer, shape, 3, wanted[0]);
  answer_release(&answer);
  request.body_length--;
  client_send(served.port, &request, &answer);
  json_decref(expect_problem(&answer, 400, "malformed_request"));
  answer_release(&answer);
  request.target = "/vectors"; /* which takes words */
  client_send(served.port, &request, &answer);
  json_decref(expect_problem(&answer, 415, "unsupported_media_type"));
  answer_release(&answer);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/lookup", &tcase);
  tcase_add_loop_test(tcase, two_dimensions_as_json, 0, BODIES);
  tcase_add_loop_test(tcase, two_dimensions_as_npy_and_bare_floats, 0, BODIES);
  tcase_add_test(tcase, one_dimension);
  tcase_add_test(tcase, no_index_at_all);
  tcase_add_test(tcase, positions_of_impossible_indices_are_named);
  tcase_add_test(tcase, what_is_wrong_is_said_in_words);
  tcase_add_test(tcase, value_and_pad_index_exclude_each_other);
  tcase_add_test(tcase, indices_are_needed);
  tcase_add_test(tcase, unknown_parameters_are_named);
  tcase_add_test(tcase, numbers_as_keras_has_them);
  tcase_add_test(tcase, an_array_as_body);
  tcase_add_test(tcase, padding_counts_towards_the_limit_of_an_answer);
  return suite_main_with_zoo(suite, &served, &zoo);
}
