/* /analogy, /rank, /closer-than and narrowed /neighbors of a daemon: each by both methods, with its errors. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

/* The answers to both, which must be one. */
static json_t *both(const char *target, const char *path, const char *body) {
  json_t *got = get_json(served.port, 200, target), *posted = post_json(served.port, 200, path, body);
  ck_assert_msg(json_equal(got, posted), "%s and %s differ", target, body);
  json_decref(posted);
  return got;
}

START_TEST(an_analogy_by_both_methods) {
  json_t *answer =
      both("/analogy?a=man&b=king&c=woman&k=3", "/analogy", "{\"a\":\"man\",\"b\":\"king\",\"c\":\"woman\",\"k\":3}");
  expect_text(answer, "/model", "zoo");
  expect_text(answer, "/expression", "king - man + woman");
  expect_bool(answer, "/exact", 1);
  expect_length(answer, "/neighbors", 3);
  json_decref(answer);
  json_decref(get_problem(served.port, 400, "missing_parameter", "/analogy?a=man&b=king"));
  json_decref(get_problem(served.port, 404, "word_not_found", "/analogy?a=man&b=king&c=womann"));
  json_decref(get_problem(served.port, 406, "not_acceptable", "/analogy?a=man&b=king&c=woman&format=npy"));
}
END_TEST

START_TEST(a_rank_by_both_methods) {
  json_t *answer = both("/rank?word=cat&other=dog", "/rank", "{\"word\":\"cat\",\"other\":\"dog\"}");
  expect_text(answer, "/other", "dog");
  long long rank = json_integer_value(json_at(answer, "/rank"));
  json_decref(answer);
  answer = both("/closer-than?word=cat&than=dog", "/closer-than", "{\"word\":\"cat\",\"than\":\"dog\"}");
  expect_text(answer, "/than", "dog");
  expect_integer(answer, "/count", rank - 1);
  expect_length(answer, "/words", (size_t)rank - 1);
  json_decref(answer);
  json_t *problem = get_problem(served.port, 404, "word_not_found", "/rank?word=cat&other=kittenn");
  expect_text(problem, "/suggestions/0", "kitten");
  json_decref(problem);
  json_decref(get_problem(served.port, 400, "missing_parameter", "/closer-than?word=cat"));
  json_decref(post_problem(served.port, 422, "invalid_request", "/closer-than",
                           "{\"word\":\"cat\",\"than\":\"dog\",\"limit\":0}"));
}
END_TEST

START_TEST(narrowed_neighbors_by_both_methods) {
  json_t *answer = both("/neighbors?word=cat&restrict_vocab=3&min_similarity=-1", "/neighbors",
                        "{\"word\":\"cat\",\"restrict_vocab\":3,\"min_similarity\":-1}");
  expect_length(answer, "/neighbors", 2);
  json_decref(answer);
  answer = both("/neighbors?word=cat&candidates=king&candidates=dog&clip_start=2&clip_end=5", "/neighbors",
                "{\"word\":\"cat\",\"candidates\":[\"king\",\"dog\"],\"clip_start\":2,\"clip_end\":5}");
  expect_length(answer, "/neighbors", 1);
  expect_text(answer, "/neighbors/0/word", "dog");
  json_decref(answer);
  answer = both("/neighbors?positive=king&negative=man&objective=cosmul&k=1", "/neighbors",
                "{\"positive\":[\"king\"],\"negative\":[\"man\"],\"objective\":\"cosmul\",\"k\":1}");
  expect_text(answer, "/metric", "cosmul");
  json_decref(answer);
}
END_TEST

START_TEST(other_methods_are_refused) {
  static const char *const paths[] = {"/analogy", "/rank", "/closer-than"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    struct answer answer;
    char request[96];
    struct raw raw;
    raw_open(&raw, served.port);
    snprintf(request, sizeof request, "DELETE %s HTTP/1.1\r\nHost: a\r\n\r\n", paths[i]);
    raw_send_text(&raw, request);
    ck_assert(raw_answer(&raw, false, &answer));
    json_decref(expect_problem(&answer, 405, "method_not_allowed"));
    answer_release(&answer);
    raw_close(&raw);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/analogies", &tcase);
  tcase_add_test(tcase, an_analogy_by_both_methods);
  tcase_add_test(tcase, a_rank_by_both_methods);
  tcase_add_test(tcase, narrowed_neighbors_by_both_methods);
  tcase_add_test(tcase, other_methods_are_refused);
  return suite_main_with_zoo(suite, &served, &zoo);
}
