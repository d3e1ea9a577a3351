/* GET /metrics over a service without a daemon, and what handlers say of their answers for it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/api_fixture.h"
#include "tests/support/json_expect.h"
#include "tests/support/scrape.h"
#include "tests/support/suite.h"

static struct api_fixture zoo;

static void open_zoo(void) {
  api_fixture_open(&zoo);
}

static void close_zoo(void) {
  api_fixture_close(&zoo);
}

/* The text of the next answer, the caller's to free. */
static char *ask(void) {
  api_fixture_query(&zoo, "what=ever");
  zoo.call.accept = "image/png"; /* Prometheus' own Accept changes with its versions */
  ck_assert_msg(api_fixture_call(&zoo, api_metrics), "%s", zoo.refusal.detail);
  ck_assert_uint_eq(zoo.reply.http_status, 200);
  ck_assert_str_eq(zoo.reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
  return strndup((const char *)zoo.reply.body.data, zoo.reply.body.length);
}

static void expect(const char *text, const char *series, double value) {
  double seen;
  ck_assert_msg(scrape_find(text, series, &seen), "there is no %s", series);
  ck_assert_msg(seen == value, "%s is %g", series, seen);
}

START_TEST(of_a_service) {
  struct metrics *metrics;
  ck_assert_int_eq(metrics_new(&metrics), STATUS_OK);
  zoo.service.metrics = metrics;
  atomic_store(&zoo.service.in_flight, 3);
  json_decref(api_get(&zoo, api_neighbors, "word=cat&k=2"));
  char *text = ask();
  expect(text, "wordvec_http_requests_in_flight", 3);
  expect(text, "wordvec_models", 1);
  expect(text, "wordvec_model_rows{model=\"zoo\"}", ZOO_ROWS);
  expect(text, "wordvec_swaps_total{result=\"ok\"}", 1);
  expect(text, "wordvec_search_pass_queries_sum", 1);
  expect(text, "wordvec_search_duration_seconds_count{mode=\"exact\"}", 1);
  double resident;
  ck_assert(scrape_find(text, "process_resident_memory_bytes", &resident) && resident > 0);
  free(text);
  zoo.service.metrics = NULL;
  metrics_free(metrics);
}
END_TEST

/* As "wordvec ask" has it, which counts nothing. */
START_TEST(of_a_service_that_does_not_count) {
  char *text = ask();
  expect(text, "wordvec_models", 1);
  expect(text, "wordvec_rows_returned_total", 0);
  expect(text, "process_resident_memory_bytes", 0);
  ck_assert_ptr_null(strstr(text, "wordvec_http_requests_total{"));
  free(text);
}
END_TEST

START_TEST(no_room_for_it) {
  zoo.service.limits.answer_bytes = 2000;
  service_set_budgets(&zoo.service);
  api_get_refused(&zoo, api_metrics, "", REFUSAL_INVALID, NULL);
}
END_TEST

/* Nothing is left of the budget of answers: it is written all the same, but not when so much is past it already that
 * somebody must be asking for it without reading it. */
START_TEST(past_the_budget) {
  enum { PAST = 16 << 20 };
  struct budget *answers = &zoo.service.answers;
  budget_take_past(answers, answers->limit);
  free(ask());
  budget_take_past(answers, PAST + 1);
  api_get_refused(&zoo, api_metrics, "", REFUSAL_BUSY, NULL);
  budget_give(answers, 1); /* and that of the answer before is given back */
  free(ask());
  budget_give(answers, answers->limit + PAST);
}
END_TEST

static const struct {
  handler *answer;
  const char *query;
  uint64_t rows;
} asked[] = {
    {api_vector, "word=cat", 1},
    {api_vector, "word=cat&format=npy", 1},
    {api_vectors, "word=cat&word=dog&word=nosuch", 3},
    {api_neighbors, "word=cat&k=4", 4},
    {api_analogy, "a=man&b=king&c=woman&k=2", 2},
    {api_mean, "word=cat&word=dog", 1},
    {api_matrix, "", ZOO_ROWS},
    {api_similarity, "word=cat&word=dog", 0}, /* numbers, and no rows */
    {api_index, "word=cat", 0},
    {api_words, "prefix=c", 0},
    {api_models, "", 0},
};

START_TEST(rows_of_answers) {
  api_fixture_query(&zoo, asked[_i].query);
  ck_assert_msg(api_fixture_call(&zoo, asked[_i].answer), "%s: %s", asked[_i].query, zoo.refusal.detail);
  ck_assert_msg(zoo.reply.rows == asked[_i].rows, "%s: %llu", asked[_i].query, (unsigned long long)zoo.reply.rows);
}
END_TEST

START_TEST(rows_of_closer_words) {
  json_t *answer = api_get(&zoo, api_closer_than, "word=cat&than=car");
  ck_assert_uint_gt(zoo.reply.rows, 0);
  expect_length(answer, "/words", zoo.reply.rows);
  json_decref(answer);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_metrics", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, of_a_service);
  tcase_add_test(tcase, of_a_service_that_does_not_count);
  tcase_add_test(tcase, no_room_for_it);
  tcase_add_test(tcase, past_the_budget);
  tcase_add_loop_test(tcase, rows_of_answers, 0, sizeof asked / sizeof *asked);
  tcase_add_test(tcase, rows_of_closer_words);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
