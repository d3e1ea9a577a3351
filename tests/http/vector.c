/* GET /vector: a row by word or by index, in JSON, npy and bare floats. */
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

static void expect_row(const json_t *answer, size_t row) {
  expect_text(answer, "/model", "zoo");
  expect_integer(answer, "/index", (long long)row);
  expect_integer(answer, "/dim", ZOO_DIM);
  expect_floats(answer, "/vector", fixture_row(&zoo, row), ZOO_DIM);
}

START_TEST(by_word) {
  json_t *answer = get_json(served.port, 200, "/vector?word=cat");
  expect_row(answer, ZOO_CAT);
  expect_text(answer, "/word", "cat");
  expect_absent(answer, "/word_bytes");
  json_decref(answer);
}
END_TEST

START_TEST(by_index) {
  char target[64];
  snprintf(target, sizeof target, "/vector?index=%d", ZOO_DOG);
  json_t *answer = get_json(served.port, 200, target);
  expect_row(answer, ZOO_DOG);
  expect_text(answer, "/word", "dog");
  json_decref(answer);
}
END_TEST

/* Every word of the zoo, the strange ones included, is found by its percent-encoded bytes, as `word` and as
 * `word_bytes`. */
START_TEST(every_word_by_its_bytes) {
  static const char *const names[] = {"word", "word_bytes"};
  const struct fixture_word *word = &zoo.words[_i];
  char *encoded = client_encode(word->bytes, word->length);
  for (size_t i = 0; i < 2; i++) {
    char target[4096];
    snprintf(target, sizeof target, "/vector?%s=%s", names[i], encoded);
    json_t *answer = get_json(served.port, 200, target);
    expect_row(answer, (size_t)_i);
    json_decref(answer);
  }
  free(encoded);
}
END_TEST

START_TEST(every_word_comes_back) {
  char target[64];
  snprintf(target, sizeof target, "/vector?index=%d", _i);
  json_t *answer = get_json(served.port, 200, target);
  expect_zoo_word(answer, (size_t)_i);
  json_decref(answer);
}
END_TEST

START_TEST(unknown_word_bytes) {
  json_decref(get_problem(served.port, 404, "word_not_found", "/vector?word_bytes=%25FF"));
}
END_TEST

START_TEST(plus_is_a_space_in_a_query) {
  json_t *answer = get_json(served.port, 200, "/vector?word=at+name%40domain.com");
  expect_row(answer, ZOO_ADDRESS);
  json_decref(answer);
  answer = get_json(served.port, 200, "/vector?word=a%2Bb");
  expect_row(answer, ZOO_PLUS);
  json_decref(answer);
}
END_TEST

START_TEST(case_counts) {
  json_t *problem = get_problem(served.port, 404, "word_not_found", "/vector?word=CAT");
  expect_text(problem, "/suggestions/0", "cat");
  json_decref(problem);
}
END_TEST

START_TEST(unknown_word_has_suggestions) {
  json_t *problem = get_problem(served.port, 404, "word_not_found", "/vector?word=caat");
  expect_text(problem, "/suggestions/0", "cat");
  const char *detail = json_string_value(json_at(problem, "/detail"));
  ck_assert_ptr_nonnull(strstr(detail, "caat"));
  ck_assert_ptr_nonnull(strstr(detail, "zoo"));
  json_decref(problem);
  json_decref(get_problem(served.port, 404, "word_not_found", "/vector?word=xylophonist"));
}
END_TEST

START_TEST(unknown_bytes_are_a_404_too) {
  json_decref(get_problem(served.port, 404, "word_not_found", "/vector?word=%FE%FF%00%80"));
}
END_TEST

START_TEST(index_out_of_range) {
  char target[64];
  snprintf(target, sizeof target, "/vector?index=%d", ZOO_ROWS);
  json_decref(get_problem(served.port, 404, "index_not_found", target));
  json_decref(get_problem(served.port, 404, "index_not_found", "/vector?index=4294967296"));
}
END_TEST

START_TEST(index_that_is_no_index) {
  static const char *const values[] = {"-1", "1.5", "abc", "1e1", "0x1", "%201", "99999999999999999999999"};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    char target[64];
    snprintf(target, sizeof target, "/vector?index=%s", values[i]);
    struct answer answer;
    client_get(served.port, target, &answer);
    ck_assert_msg(answer.status == 422 || (i == 6 && answer.status == 404), "%s: %ld", target, answer.status);
    answer_release(&answer);
  }
  json_t *problem = get_problem(served.port, 422, "invalid_request", "/vector?index=-1");
  expect_error_at(problem, "#/index");
  json_decref(problem);
}
END_TEST

START_TEST(nothing_asked) {
  json_decref(get_problem(served.port, 400, "missing_parameter", "/vector"));
}
END_TEST

START_TEST(one_value_for_one_name) {
  json_decref(get_problem(served.port, 400, "malformed_request", "/vector?word=cat&word=dog"));
  json_decref(get_problem(served.port, 400, "malformed_request", "/neighbors?word=cat&k=3&k=3"));
}
END_TEST

START_TEST(names_may_be_escaped_too) {
  json_t *answer = get_json(served.port, 200, "/vector?%77or%64=cat");
  expect_row(answer, ZOO_CAT);
  json_decref(answer);
}
END_TEST

START_TEST(word_and_index_together) {
  struct answer answer;
  client_get(served.port, "/vector?word=cat&index=1", &answer);
  ck_assert_msg(answer.status == 400 || answer.status == 422, "%ld", answer.status);
  answer_release(&answer);
}
END_TEST

START_TEST(unknown_parameters_are_named) {
  json_t *problem = get_problem(served.port, 400, "unknown_parameter", "/vector?word=cat&wrod=dog");
  ck_assert_ptr_nonnull(strstr(json_string_value(json_at(problem, "/detail")), "wrod"));
  json_decref(problem);
}
END_TEST

START_TEST(npy_by_accept_and_by_format) {
  struct answer answer;
  size_t shape[] = {ZOO_DIM};
  client_get_as(served.port, "/vector?word=cat", "application/x-npy", &answer);
  expect_npy(&answer, shape, 1, fixture_row(&zoo, ZOO_CAT));
  answer_release(&answer);
  client_get(served.port, "/vector?word=cat&format=npy", &answer);
  expect_npy(&answer, shape, 1, fixture_row(&zoo, ZOO_CAT));
  answer_release(&answer);
}
END_TEST

START_TEST(bare_floats) {
  struct answer answer;
  client_get_as(served.port, "/vector?index=2", "application/octet-stream", &answer);
  expect_bare_floats(&answer, "5", fixture_row(&zoo, ZOO_DOG), ZOO_DIM);
  answer_release(&answer);
}
END_TEST

START_TEST(accept_is_weighed) {
  static const struct {
    const char *accept;
    const char *type;
  } cases[] = {
      {"*/*", "application/json"},
      {"application/*", "application/json"},
      {"application/json", "application/json"},
      {"text/html, application/xhtml+xml, */*;q=0.8", "application/json"},
      {"application/x-npy;q=0.1, application/json", "application/json"},
      {"application/json;q=0.1, application/x-npy", "application/x-npy"},
      {"application/json;q=0, application/x-npy;q=0.001", "application/x-npy"},
      {"APPLICATION/X-NPY", "application/x-npy"},
      {"image/png, application/octet-stream", "application/octet-stream"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct answer answer;
    client_get_as(served.port, "/vector?word=cat", cases[i].accept, &answer);
    ck_assert_msg(answer.status == 200, "%s: %ld", cases[i].accept, answer.status);
    char type[128] = "";
    answer_header(&answer, "Content-Type", type, sizeof type);
    type[strcspn(type, ";")] = '\0';
    ck_assert_msg(strcmp(type, cases[i].type) == 0, "%s: %s", cases[i].accept, type);
    answer_release(&answer);
  }
}
END_TEST

START_TEST(accept_that_cannot_be_met) {
  static const char *const accepts[] = {"image/png", "text/*", "application/json;q=0", "application/xml, text/csv"};
  for (size_t i = 0; i < sizeof accepts / sizeof *accepts; i++) {
    struct answer answer;
    client_get_as(served.port, "/vector?word=cat", accepts[i], &answer);
    json_decref(expect_problem(&answer, 406, "not_acceptable"));
    answer_release(&answer);
  }
}
END_TEST

START_TEST(errors_stay_json_when_npy_was_asked_for) {
  struct answer answer;
  client_get_as(served.port, "/vector?word=caat", "application/x-npy", &answer);
  json_decref(expect_problem(&answer, 404, "word_not_found"));
  answer_release(&answer);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/vector", &tcase);
  tcase_add_test(tcase, by_word);
  tcase_add_test(tcase, by_index);
  tcase_add_loop_test(tcase, every_word_by_its_bytes, 0, ZOO_ROWS);
  tcase_add_loop_test(tcase, every_word_comes_back, 0, ZOO_ROWS);
  tcase_add_test(tcase, unknown_word_bytes);
  tcase_add_test(tcase, plus_is_a_space_in_a_query);
  tcase_add_test(tcase, case_counts);
  tcase_add_test(tcase, unknown_word_has_suggestions);
  tcase_add_test(tcase, unknown_bytes_are_a_404_too);
  tcase_add_test(tcase, index_out_of_range);
  tcase_add_test(tcase, index_that_is_no_index);
  tcase_add_test(tcase, nothing_asked);
  tcase_add_test(tcase, one_value_for_one_name);
  tcase_add_test(tcase, names_may_be_escaped_too);
  tcase_add_test(tcase, word_and_index_together);
  tcase_add_test(tcase, unknown_parameters_are_named);
  tcase_add_test(tcase, npy_by_accept_and_by_format);
  tcase_add_test(tcase, bare_floats);
  tcase_add_test(tcase, accept_is_weighed);
  tcase_add_test(tcase, accept_that_cannot_be_met);
  tcase_add_test(tcase, errors_stay_json_when_npy_was_asked_for);
  return suite_main_with_zoo(suite, &served, &zoo);
}
