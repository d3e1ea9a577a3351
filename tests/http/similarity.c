/* /similarity, /mean and /doesnt-match over HTTP: methods, forms of answers, and what is refused. What they compute is
 * tested where no HTTP lies between. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/npy.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

static double similarity_of(size_t a, size_t b) {
  return fixture_similarity(fixture_row(&zoo, a), fixture_row(&zoo, b), ZOO_DIM);
}

static void expect_double(const json_t *answer, const char *pointer, double wanted) {
  ck_assert_msg(json_number_value(json_at(answer, pointer)) == wanted, "%s: %.17g for %.17g", pointer,
                json_number_value(json_at(answer, pointer)), wanted);
}

START_TEST(a_pair) {
  json_t *answer = get_json(served.port, 200, "/similarity?a=cat&b=dog");
  expect_text(answer, "/a", "cat");
  expect_double(answer, "/similarity", similarity_of(ZOO_CAT, ZOO_DOG));
  expect_double(answer, "/distance", 1 - similarity_of(ZOO_CAT, ZOO_DOG));
  json_decref(answer);
  answer = post_json(served.port, 200, "/similarity", "{\"a\":\"cat\",\"b\":[\"dog\"]}");
  expect_double(answer, "/similarity", similarity_of(ZOO_CAT, ZOO_DOG));
  json_decref(answer);
}
END_TEST

START_TEST(a_word_with_every_row) {
  json_t *answer = get_json(served.port, 200, "/similarity?word=cat");
  expect_length(answer, "/similarities/0", ZOO_ROWS);
  for (size_t i = 0; i < ZOO_ROWS; i++) {
    char pointer[32];
    snprintf(pointer, sizeof pointer, "/similarities/0/%zu", i);
    expect_double(answer, pointer, similarity_of(ZOO_CAT, i));
  }
  json_decref(answer);
}
END_TEST

/* The last `count` float64 of an answer. */
static const double *doubles_of(const struct answer *answer, size_t count, double *out) {
  ck_assert_int_eq(answer->status, 200);
  ck_assert_uint_ge(answer->length, count * sizeof *out);
  return memcpy(out, answer->body + answer->length - count * sizeof *out, count * sizeof *out);
}

static void expect_bare(const struct answer *answer, const char *shape, const char *dtype, size_t bytes) {
  char value[32];
  ck_assert(answer_header(answer, "X-Shape", value, sizeof value));
  ck_assert_str_eq(value, shape);
  ck_assert(answer_header(answer, "X-Dtype", value, sizeof value));
  ck_assert_str_eq(value, dtype);
  ck_assert_uint_eq(answer->length, bytes);
}

START_TEST(similarities_in_binary) {
  static const char target[] = "/similarity?word=cat&other=dog&other=king", pairs[] = "{\"pairs\":[[\"cat\",\"dog\"]]}";
  struct answer answer;
  double got[2];
  client_get_as(served.port, target, "application/octet-stream", &answer);
  doubles_of(&answer, 2, got);
  expect_bare(&answer, "1,2", "float64", sizeof got);
  ck_assert(got[0] == similarity_of(ZOO_CAT, ZOO_DOG) && got[1] == similarity_of(ZOO_CAT, ZOO_KING));
  answer_release(&answer);
  client_get_as(served.port, target, "application/x-npy", &answer);
  doubles_of(&answer, 2, got);
  ck_assert_ptr_nonnull(memmem(answer.body, answer.length, "'<f8'", 5));
  ck_assert_uint_eq(answer.length % 64, sizeof got);
  ck_assert(got[0] == similarity_of(ZOO_CAT, ZOO_DOG) && got[1] == similarity_of(ZOO_CAT, ZOO_KING));
  answer_release(&answer);
  client_post_as(served.port, "/similarity", pairs, "application/x-npy", &answer);
  ck_assert(*doubles_of(&answer, 1, got) == similarity_of(ZOO_CAT, ZOO_DOG));
  answer_release(&answer);
  client_post_as(served.port, "/similarity", pairs, "application/octet-stream", &answer);
  ck_assert(*doubles_of(&answer, 1, got) == similarity_of(ZOO_CAT, ZOO_DOG));
  expect_bare(&answer, "1", "float64", sizeof *got);
  answer_release(&answer);
  char sources[64];
  client_get_as(served.port, "/similarity?word=cat&other=DOG&other=caat&case=fold&oov=zero", "application/x-npy",
                &answer);
  ck_assert(answer_header(&answer, "X-Sources", sources, sizeof sources));
  ck_assert_str_eq(sources, "exact=1, case=1, zero=1");
  answer_release(&answer);
  client_get_as(served.port, "/similarity?a=cat&b=dog", "application/x-npy", &answer);
  json_decref(expect_problem(&answer, 406, "not_acceptable"));
  answer_release(&answer);
}
END_TEST

START_TEST(arrays_as_bodies) {
  static const char dict[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }";
  char body[128 + ZOO_DIM * sizeof(float)];
  memset(body, ' ', sizeof body);
  memcpy(body, "\x93NUMPY\x01\x00\x76\x00", 10);
  memcpy(body + 10, dict, strlen(dict));
  body[127] = '\n';
  memcpy(body + 128, fixture_row(&zoo, ZOO_CAT), ZOO_DIM * sizeof(float));
  const struct client_request request = {.target = "/similarity?other=dog",
                                         .body = body,
                                         .body_length = sizeof body,
                                         .headers = {"Content-Type: application/x-npy"}};
  struct answer answer;
  client_send(served.port, &request, &answer);
  json_t *json = expect_answer(&answer, 200);
  expect_double(json, "/similarities/0/0", similarity_of(ZOO_CAT, ZOO_DOG));
  json_decref(json);
  answer_release(&answer);
}
END_TEST

START_TEST(means) {
  json_t *json = get_json(served.port, 200, "/mean?word=cat&pre_normalize=false");
  expect_floats(json, "/vector", fixture_row(&zoo, ZOO_CAT), ZOO_DIM);
  json_decref(json);
  json = post_json(served.port, 200, "/mean",
                   "{\"queries\":[{\"words\":[\"cat\"]},{\"words\":[2]}],\"pre_normalize\":false}");
  expect_floats(json, "/vectors/1", fixture_row(&zoo, ZOO_DOG), ZOO_DIM);
  json_decref(json);
}
END_TEST

START_TEST(means_in_binary) {
  static const char target[] = "/mean?word=cat&pre_normalize=false";
  static const char batch[] = "{\"queries\":[{\"words\":[\"cat\"]},{\"words\":[2]}],\"pre_normalize\":false}";
  const size_t one[] = {ZOO_DIM}, two[] = {2, ZOO_DIM};
  const float *floats = fixture_row(&zoo, ZOO_CAT); /* and behind it those of the dog */
  struct answer answer;
  client_get_as(served.port, target, "application/x-npy", &answer);
  expect_npy(&answer, one, 1, floats);
  answer_release(&answer);
  client_get_as(served.port, target, "application/octet-stream", &answer);
  expect_bare_floats(&answer, "5", floats, ZOO_DIM);
  answer_release(&answer);
  client_post_as(served.port, "/mean", batch, "application/x-npy", &answer);
  expect_npy(&answer, two, 2, floats);
  char sources[64];
  ck_assert(!answer_header(&answer, "X-Sources", sources, sizeof sources));
  answer_release(&answer);
  client_get_as(served.port, "/mean?word=cat&word=caat&oov=null", "application/x-npy", &answer);
  ck_assert(answer_header(&answer, "X-Sources", sources, sizeof sources));
  ck_assert_str_eq(sources, "exact=1, null=1");
  answer_release(&answer);
  client_post_as(served.port, "/mean", batch, "application/octet-stream", &answer);
  expect_bare_floats(&answer, "2,5", floats, 2 * ZOO_DIM);
  answer_release(&answer);
}
END_TEST

START_TEST(what_does_not_match) {
  json_t *answer = get_json(served.port, 200, "/doesnt-match?word=king&word=queen&word=man&word=cat");
  json_t *posted = post_json(served.port, 200, "/doesnt-match", "{\"words\":[\"king\",\"queen\",\"man\",\"cat\"]}");
  ck_assert(json_equal(answer, posted));
  expect_length(answer, "/similarities", 4);
  json_decref(answer);
  json_decref(posted);
}
END_TEST

/* Every form that says how words were found; the judge of answers compares them with their description. */
START_TEST(sources_of_words) {
  json_t *answer = get_json(served.port, 200, "/similarity?a=CAT&b=caat&oov=null&case=fold");
  expect_json(answer, "/sources", "[\"case\",\"null\"]");
  expect_json(answer, "/matched", "[\"cat\",null]");
  json_decref(answer);
  answer = post_json(served.port, 200, "/similarity",
                     "{\"pairs\":[[\"cat\",[\"caat\",\"DOG\",3]],[\"caat\",1]],\"oov\":\"null\",\"case\":\"fold\"}");
  expect_json(answer, "/sources", "[[\"exact\",[\"null\",\"case\",\"exact\"]],[\"null\",\"exact\"]]");
  expect_json(answer, "/matched", "[[null,[null,\"dog\",null]],[null,null]]");
  json_decref(answer);
  answer = post_json(served.port, 200, "/similarity",
                     "{\"words\":[\"cat\",[1,2,3,4,5]],\"others\":[\"caat\",7],\"oov\":\"null\",\"case\":\"fold\"}");
  expect_json(answer, "/sources", "{\"words\":[\"exact\",null],\"others\":[\"null\",\"exact\"]}");
  json_decref(answer);
  answer = get_json(served.port, 200, "/mean?word=caat&oov=null");
  expect_null(answer, "/vector");
  json_decref(answer);
  answer = post_json(served.port, 200, "/mean", "{\"queries\":[{\"word\":\"caat\"},{\"word\":1}],\"oov\":\"null\"}");
  expect_json(answer, "/sources", "[[\"null\"],[\"exact\"]]");
  json_decref(answer);
  answer = post_json(
      served.port, 200, "/doesnt-match",
      "{\"words\":[[1,2,3,4,5],{\"word_bytes\":\"%FF%FEx\"},\"caat\"],\"oov\":\"zero\",\"case\":\"fallback\"}");
  expect_json(answer, "/sources", "[null,\"exact\",\"zero\"]");
  json_decref(answer);
}
END_TEST

/* Near spellings come from a thread of their own, wherever a word stands. */
START_TEST(unknown_words_have_suggestions) {
  static const char *const targets[] = {"/similarity?a=cat&b=caat", "/similarity?word=caat", "/mean?word=caat",
                                        "/doesnt-match?word=dog&word=caat"};
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    json_t *problem = get_problem(served.port, 404, "word_not_found", targets[i]);
    expect_text(problem, "/suggestions/0", "cat");
    expect_length(problem, "/errors", 1);
    json_decref(problem);
  }
}
END_TEST

START_TEST(other_methods_are_not_allowed) {
  static const char *const targets[] = {"/similarity", "/mean", "/doesnt-match"};
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    const struct client_request request = {.method = "PUT", .target = targets[i]};
    struct answer answer;
    char allow[64];
    client_send(served.port, &request, &answer);
    json_decref(expect_problem(&answer, 405, "method_not_allowed"));
    ck_assert(answer_header(&answer, "Allow", allow, sizeof allow));
    ck_assert_str_eq(allow, "GET, HEAD, POST");
    answer_release(&answer);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/similarity", &tcase);
  tcase_add_test(tcase, a_pair);
  tcase_add_test(tcase, a_word_with_every_row);
  tcase_add_test(tcase, similarities_in_binary);
  tcase_add_test(tcase, arrays_as_bodies);
  tcase_add_test(tcase, means);
  tcase_add_test(tcase, means_in_binary);
  tcase_add_test(tcase, what_does_not_match);
  tcase_add_test(tcase, sources_of_words);
  tcase_add_test(tcase, unknown_words_have_suggestions);
  tcase_add_test(tcase, other_methods_are_not_allowed);
  return suite_main_with_zoo(suite, &served, &zoo);
}
