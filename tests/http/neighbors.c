/* GET and POST /neighbors: by word, index, vector and sums, batches; against a brute force of the tests' own. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

static void expect_nearest_to_row(const json_t *answer, size_t row, size_t k) {
  expect_text(answer, "/model", "zoo");
  expect_text(answer, "/metric", "cosine");
  expect_bool(answer, "/exact", 1);
  expect_nearest(answer, &zoo, fixture_row(&zoo, row), &row, 1, k);
}

START_TEST(by_every_index) {
  char target[64];
  snprintf(target, sizeof target, "/neighbors?index=%d", _i);
  json_t *answer = get_json(served.port, 200, target);
  expect_nearest_to_row(answer, (size_t)_i, 10);
  json_decref(answer);
}
END_TEST

START_TEST(by_word) {
  json_t *answer = get_json(served.port, 200, "/neighbors?word=cat&k=3");
  expect_nearest_to_row(answer, ZOO_CAT, 3);
  json_decref(answer);
  answer = post_json(served.port, 200, "/neighbors", "{\"word\":\"cat\",\"k\":3}");
  expect_nearest_to_row(answer, ZOO_CAT, 3);
  json_decref(answer);
}
END_TEST

START_TEST(by_the_bytes_of_a_word) {
  json_t *answer = get_json(served.port, 200, "/neighbors?word_bytes=%FF%FEx&k=3");
  expect_nearest_to_row(answer, ZOO_BYTES, 3);
  json_decref(answer);
  answer = post_json(served.port, 200, "/neighbors", "{\"word_bytes\":\"%FF%FEx\",\"k\":3}");
  expect_nearest_to_row(answer, ZOO_BYTES, 3);
  json_decref(answer);
}
END_TEST

START_TEST(each_hit_has_its_word) {
  json_t *answer = get_json(served.port, 200, "/neighbors?index=0&k=1000");
  expect_length(answer, "/neighbors", ZOO_ROWS - 1);
  for (size_t i = 0; i < ZOO_ROWS - 1; i++) {
    const json_t *hit = json_array_get(json_at(answer, "/neighbors"), i);
    size_t row = (size_t)json_integer_value(json_at(hit, "/index"));
    ck_assert_uint_lt(row, ZOO_ROWS);
    expect_zoo_word(hit, row);
  }
  json_decref(answer);
}
END_TEST

START_TEST(equal_rows_come_in_the_order_of_rows) {
  char target[64];
  snprintf(target, sizeof target, "/neighbors?index=%d&k=2&include_query=true", ZOO_RIGHT);
  json_t *answer = get_json(served.port, 200, target);
  expect_integer(answer, "/neighbors/0/index", ZOO_LEFT);
  expect_integer(answer, "/neighbors/1/index", ZOO_RIGHT);
  ck_assert(json_number_value(json_at(answer, "/neighbors/0/similarity")) ==
            json_number_value(json_at(answer, "/neighbors/1/similarity")));
  json_decref(answer);
}
END_TEST

START_TEST(a_zero_row_is_similar_to_nothing) {
  char target[64];
  snprintf(target, sizeof target, "/neighbors?index=%d&k=4", ZOO_ZERO);
  json_t *answer = get_json(served.port, 200, target);
  for (size_t i = 0; i < 4; i++) {
    char pointer[64];
    snprintf(pointer, sizeof pointer, "/neighbors/%zu/index", i);
    expect_integer(answer, pointer, (long long)i);
    snprintf(pointer, sizeof pointer, "/neighbors/%zu/similarity", i);
    ck_assert(json_number_value(json_at(answer, pointer)) == 0.0);
  }
  json_decref(answer);
}
END_TEST

START_TEST(include_query_keeps_the_word) {
  json_t *answer = get_json(served.port, 200, "/neighbors?word=dog&k=1&include_query=true");
  expect_nearest(answer, &zoo, fixture_row(&zoo, ZOO_DOG), NULL, 0, 1);
  expect_text(answer, "/neighbors/0/word", "dog");
  json_decref(answer);
  answer = post_json(served.port, 200, "/neighbors", "{\"word\":\"dog\",\"k\":1,\"include_query\":false}");
  expect_nearest_to_row(answer, ZOO_DOG, 1);
  json_decref(answer);
}
END_TEST

START_TEST(by_vector) {
  static const float query[ZOO_DIM] = {0.1f, -2.5f, 1e-05f, 3.0f, 16777216.0f};
  json_t *answer = get_json(served.port, 200, "/neighbors?vector=0.1,-2.5,1e-05,3,16777216&k=7");
  expect_nearest(answer, &zoo, query, NULL, 0, 7);
  json_decref(answer);
  answer = post_json(served.port, 200, "/neighbors", "{\"vector\":[0.1,-2.5,1e-5,3,16777216.0],\"k\":7}");
  expect_nearest(answer, &zoo, query, NULL, 0, 7);
  json_decref(answer);
}
END_TEST

/* gensim: the mean of weight times unit vector; words that were given are left out. Scale changes no cosine but by
 * rounding, so similarities are compared to 1e-6. */
static void expect_sum(const json_t *answer, const size_t *rows, const double *weights, size_t count, size_t k) {
  float query[ZOO_DIM];
  double sum[ZOO_DIM] = {0}, total = 0;
  for (size_t i = 0; i < count; i++) {
    const float *row = fixture_row(&zoo, rows[i]);
    double norm = 0;
    for (size_t j = 0; j < ZOO_DIM; j++) norm += (double)row[j] * (double)row[j];
    for (size_t j = 0; j < ZOO_DIM; j++) sum[j] += weights[i] * (double)row[j] / sqrt(norm);
    total += fabs(weights[i]);
  }
  for (size_t j = 0; j < ZOO_DIM; j++) query[j] = (float)(sum[j] / total);
  struct fixture_hit hits[ZOO_ROWS];
  size_t found = fixture_nearest(&zoo, query, rows, count, k, hits);
  expect_length(answer, "/neighbors", found);
  for (size_t i = 0; i < found; i++) {
    const json_t *hit = json_array_get(json_at(answer, "/neighbors"), i);
    expect_integer(hit, "/index", (long long)hits[i].row);
    ck_assert_double_eq_tol(json_number_value(json_at(hit, "/similarity")), hits[i].similarity, 1e-6);
  }
}

START_TEST(an_analogy) {
  static const size_t rows[] = {ZOO_KING, ZOO_WOMAN, ZOO_MAN};
  static const double weights[] = {1, 1, -1};
  json_t *answer = get_json(served.port, 200, "/neighbors?positive=king&positive=woman&negative=man");
  expect_sum(answer, rows, weights, 3, 10);
  json_decref(answer);
  answer = post_json(served.port, 200, "/neighbors", "{\"positive\":[\"king\",\"woman\"],\"negative\":[\"man\"]}");
  expect_sum(answer, rows, weights, 3, 10);
  json_decref(answer);
}
END_TEST

START_TEST(weights_run_over_positive_then_negative) {
  static const size_t rows[] = {ZOO_KING, ZOO_WOMAN, ZOO_MAN};
  static const double weights[] = {0.5, 2, -0.25};
  json_t *answer = post_json(served.port, 200, "/neighbors",
                             "{\"positive\":[\"king\",\"woman\"],\"negative\":[\"man\"],\"weights\":[0.5,2,-0.25]}");
  expect_sum(answer, rows, weights, 3, 10);
  json_decref(answer);
  static const double replaced[] = {1, 1, 1}; /* a weight replaces the -1 and is not multiplied by it */
  answer = post_json(served.port, 200, "/neighbors",
                     "{\"positive\":[\"king\",\"woman\"],\"negative\":[\"man\"],\"weights\":[1,1,1]}");
  expect_sum(answer, rows, replaced, 3, 10);
  json_decref(answer);
}
END_TEST

START_TEST(only_negative) {
  static const size_t rows[] = {ZOO_DOG};
  static const double weights[] = {-1};
  json_t *answer = get_json(served.port, 200, "/neighbors?negative=dog&k=5");
  expect_sum(answer, rows, weights, 1, 5);
  json_decref(answer);
}
END_TEST

START_TEST(a_word_given_twice_counts_twice) {
  static const size_t rows[] = {ZOO_KING, ZOO_KING, ZOO_CAT};
  static const double weights[] = {1, 1, 1};
  json_t *answer = get_json(served.port, 200, "/neighbors?positive=king&positive=king&positive=cat");
  expect_sum(answer, rows, weights, 3, 10);
  json_decref(answer);
}
END_TEST

START_TEST(unknown_words) {
  json_t *problem = get_problem(served.port, 404, "word_not_found", "/neighbors?word=caat");
  expect_text(problem, "/suggestions/0", "cat");
  json_decref(problem);
  json_decref(get_problem(served.port, 404, "word_not_found", "/neighbors?positive=king&negative=maan"));
  json_decref(post_problem(served.port, 404, "word_not_found", "/neighbors", "{\"positive\":[\"xyzzy\"]}"));
  json_decref(get_problem(served.port, 404, "index_not_found", "/neighbors?index=30"));
}
END_TEST

START_TEST(exact_and_recall) {
  json_t *answer = get_json(served.port, 200, "/neighbors?word=cat&exact=true");
  expect_nearest_to_row(answer, ZOO_CAT, 10);
  json_decref(answer);
  answer = get_json(served.port, 200, "/neighbors?word=cat&exact=false"); /* without a graph it is exact, and says so */
  expect_nearest_to_row(answer, ZOO_CAT, 10);
  json_decref(answer);
  answer = get_json(served.port, 200, "/neighbors?word=cat&recall=0.99");
  expect_nearest_to_row(answer, ZOO_CAT, 10);
  json_decref(answer);
  json_decref(get_problem(served.port, 422, "invalid_request", "/neighbors?word=cat&exact=true&recall=0.99"));
  json_decref(post_problem(served.port, 422, "invalid_request", "/neighbors",
                           "{\"word\":\"cat\",\"exact\":true,\"recall\":0.9}"));
}
END_TEST

START_TEST(impossible_requests_name_the_place) {
  static const struct {
    const char *body, *pointer;
  } cases[] = {
      {"{\"word\":\"cat\",\"k\":0}", "#/k"},
      {"{\"word\":\"cat\",\"k\":-1}", "#/k"},
      {"{\"word\":\"cat\",\"k\":1001}", "#/k"},
      {"{\"word\":\"cat\",\"k\":2.5}", "#/k"},
      {"{\"word\":\"cat\",\"k\":\"3\"}", "#/k"},
      {"{\"word\":7}", "#/word"},
      {"{\"index\":-1}", "#/index"},
      {"{\"index\":\"1\"}", "#/index"},
      {"{\"index\":1.5}", "#/index"},
      {"{\"vector\":[1,2,3,4]}", "#/vector"},
      {"{\"vector\":[1,2,3,4,5,6]}", "#/vector"},
      {"{\"vector\":[]}", "#/vector"},
      {"{\"vector\":[0,0,0,0,0]}", "#/vector"},
      {"{\"vector\":[0,-0.0,0,0,1e-60]}", "#/vector"},
      {"{\"vector\":[1,2,\"3\",4,5]}", "#/vector/2"},
      {"{\"vector\":[1,2,3,4,1e39]}", "#/vector/4"},
      {"{\"vector\":\"cat\"}", "#/vector"},
      {"{\"positive\":[\"cat\",{}]}", "#/positive/1"},
      {"{\"positive\":[\"cat\"],\"negative\":\"dog\",\"weights\":[1]}", "#/weights"},
      {"{\"positive\":[\"cat\"],\"weights\":[1,2]}", "#/weights"},
      {"{\"positive\":[\"cat\"],\"weights\":[\"1\"]}", "#/weights/0"},
      {"{\"word\":\"cat\",\"exact\":1}", "#/exact"},
      {"{\"word\":\"cat\",\"include_query\":\"yes\"}", "#/include_query"},
      {"{\"word\":\"cat\",\"recall\":1.5}", "#/recall"},
      {"{\"word\":\"cat\",\"recall\":0}", "#/recall"},
      {"{\"queries\":{}}", "#/queries"},
      {"{\"queries\":[7]}", "#/queries/0"},
      {"{\"queries\":[{\"word\":\"cat\"},{\"word\":\"dog\",\"k\":0}]}", "#/queries/1/k"},
      {"{\"queries\":[{\"word\":\"cat\"},{\"vector\":[1,2]}]}", "#/queries/1/vector"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    json_t *problem = post_problem(served.port, 422, "invalid_request", "/neighbors", cases[i].body);
    expect_error_at(problem, cases[i].pointer);
    json_decref(problem);
  }
}
END_TEST

START_TEST(impossible_query_strings_name_the_place) {
  static const struct {
    const char *target, *pointer;
  } cases[] = {
      {"/neighbors?word=cat&k=0", "#/k"},
      {"/neighbors?word=cat&k=1001", "#/k"},
      {"/neighbors?word=cat&k=ten", "#/k"},
      {"/neighbors?word=cat&k=", "#/k"},
      {"/neighbors?vector=1,2,3", "#/vector"},
      {"/neighbors?vector=1,2,x,4,5", "#/vector/2"},
      {"/neighbors?vector=1,2,nan,4,5", "#/vector/2"},
      {"/neighbors?vector=1,2,inf,4,5", "#/vector/2"},
      {"/neighbors?vector=1,2,,4,5", "#/vector/2"},
      {"/neighbors?vector=0,0,0,0,0", "#/vector"},
      {"/neighbors?word=cat&exact=maybe", "#/exact"},
      {"/neighbors?word=cat&recall=2", "#/recall"},
      {"/neighbors?word=cat&include_query=7", "#/include_query"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    json_t *problem = get_problem(served.port, 422, "invalid_request", cases[i].target);
    expect_error_at(problem, cases[i].pointer);
    json_decref(problem);
  }
}
END_TEST

START_TEST(one_kind_of_query_at_a_time) {
  static const char *const bodies[] = {
      "{\"word\":\"cat\",\"index\":1}",
      "{\"word\":\"cat\",\"vector\":[1,2,3,4,5]}",
      "{\"word\":\"cat\",\"positive\":[\"dog\"]}",
      "{\"word\":\"cat\",\"weights\":[1]}",
      "{\"word\":\"cat\",\"queries\":[]}",
  };
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    struct answer answer;
    client_post(served.port, "/neighbors", bodies[i], &answer);
    ck_assert_msg(answer.status == 422 || answer.status == 400, "%s: %ld", bodies[i], answer.status);
    answer_release(&answer);
  }
  json_decref(get_problem(served.port, 400, "missing_parameter", "/neighbors"));
  json_decref(post_problem(served.port, 400, "missing_parameter", "/neighbors", "{\"k\":3}"));
}
END_TEST

START_TEST(a_batch) {
  json_t *answer =
      post_json(served.port, 200, "/neighbors",
                "{\"queries\":[{\"word\":\"cat\",\"k\":2},{\"word\":\"caat\"},{\"index\":2},"
                "{\"vector\":[1,2,3,4,5],\"k\":4},{\"positive\":[\"king\",\"woman\"],\"negative\":[\"man\"]},"
                "{\"word\":\"cat\",\"k\":2}]}");
  static const float vector[ZOO_DIM] = {1, 2, 3, 4, 5};
  static const size_t cat = ZOO_CAT, dog = ZOO_DOG;
  static const size_t rows[] = {ZOO_KING, ZOO_WOMAN, ZOO_MAN};
  static const double weights[] = {1, 1, -1};
  expect_length(answer, "/results", 6);
  expect_nearest(json_at(answer, "/results/0"), &zoo, fixture_row(&zoo, ZOO_CAT), &cat, 1, 2);
  expect_text(answer, "/results/1/error/code", "word_not_found");
  expect_absent(answer, "/results/1/neighbors");
  expect_nearest(json_at(answer, "/results/2"), &zoo, fixture_row(&zoo, ZOO_DOG), &dog, 1, 10);
  expect_nearest(json_at(answer, "/results/3"), &zoo, vector, NULL, 0, 4);
  expect_sum(json_at(answer, "/results/4"), rows, weights, 3, 10);
  ck_assert(json_equal(json_at(answer, "/results/0"), json_at(answer, "/results/5")));
  json_decref(answer);
  answer = post_json(served.port, 200, "/neighbors", "{\"queries\":[]}");
  expect_length(answer, "/results", 0);
  json_decref(answer);
}
END_TEST

START_TEST(unknown_parameters_are_named) {
  json_t *problem = get_problem(served.port, 400, "unknown_parameter", "/neighbors?word=cat&topn=3");
  ck_assert_ptr_nonnull(strstr(json_string_value(json_at(problem, "/detail")), "topn"));
  json_decref(problem);
  problem = post_problem(served.port, 400, "unknown_parameter", "/neighbors",
                         "{\"queries\":[{\"word\":\"cat\",\"topn\":3}]}");
  ck_assert_ptr_nonnull(strstr(json_string_value(json_at(problem, "/detail")), "topn"));
  json_decref(problem);
}
END_TEST

/* 128 bytes of head, then the vectors. */
static void send_array(const char *shape, const float *vectors, size_t count, struct answer *answer) {
  char body[512];
  memset(body, ' ', 128);
  memcpy(body, "\x93NUMPY\x01\x00\x76\x00", 10);
  int length = snprintf(body + 10, 100, "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shape);
  body[10 + length] = ' ';
  body[127] = '\n';
  memcpy(body + 128, vectors, count * ZOO_DIM * sizeof *vectors);
  struct client_request request = {.target = "/neighbors?k=3&exact=true",
                                   .body = body,
                                   .body_length = 128 + count * ZOO_DIM * sizeof *vectors,
                                   .headers = {"Content-Type: application/x-npy"}};
  client_send(served.port, &request, answer);
}

START_TEST(arrays_as_bodies) {
  float vectors[2][ZOO_DIM];
  struct answer answer;
  memcpy(vectors[0], fixture_row(&zoo, ZOO_DOG), sizeof vectors[0]);
  memcpy(vectors[1], fixture_row(&zoo, ZOO_KING), sizeof vectors[1]);
  send_array("(5,)", vectors[0], 1, &answer);
  json_t *object = expect_answer(&answer, 200);
  expect_nearest(object, &zoo, vectors[0], NULL, 0, 3);
  json_decref(object);
  answer_release(&answer);
  send_array("(2, 5)", vectors[0], 2, &answer);
  object = expect_answer(&answer, 200);
  expect_length(object, "/results", 2);
  for (size_t i = 0; i < 2; i++)
    expect_nearest(json_array_get(json_object_get(object, "results"), i), &zoo, vectors[i], NULL, 0, 3);
  json_decref(object);
  answer_release(&answer);
}
END_TEST

START_TEST(there_is_no_binary_form) {
  struct answer answer;
  client_get_as(served.port, "/neighbors?word=cat", "application/x-npy", &answer);
  json_decref(expect_problem(&answer, 406, "not_acceptable"));
  answer_release(&answer);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/neighbors", &tcase);
  tcase_add_loop_test(tcase, by_every_index, 0, ZOO_ROWS);
  tcase_add_test(tcase, by_word);
  tcase_add_test(tcase, by_the_bytes_of_a_word);
  tcase_add_test(tcase, each_hit_has_its_word);
  tcase_add_test(tcase, equal_rows_come_in_the_order_of_rows);
  tcase_add_test(tcase, a_zero_row_is_similar_to_nothing);
  tcase_add_test(tcase, include_query_keeps_the_word);
  tcase_add_test(tcase, by_vector);
  tcase_add_test(tcase, an_analogy);
  tcase_add_test(tcase, weights_run_over_positive_then_negative);
  tcase_add_test(tcase, only_negative);
  tcase_add_test(tcase, a_word_given_twice_counts_twice);
  tcase_add_test(tcase, unknown_words);
  tcase_add_test(tcase, exact_and_recall);
  tcase_add_test(tcase, impossible_requests_name_the_place);
  tcase_add_test(tcase, impossible_query_strings_name_the_place);
  tcase_add_test(tcase, one_kind_of_query_at_a_time);
  tcase_add_test(tcase, a_batch);
  tcase_add_test(tcase, unknown_parameters_are_named);
  tcase_add_test(tcase, arrays_as_bodies);
  tcase_add_test(tcase, there_is_no_binary_form);
  return suite_main_with_zoo(suite, &served, &zoo);
}
