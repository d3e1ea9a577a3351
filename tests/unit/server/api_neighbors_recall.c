/* GET and POST /neighbors of a model that has a graph: what is asked for by recall, exact and the server's default. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/import/import.h"
#include "tests/support/api_fixture.h"
#include "tests/support/json_expect.h"
#include "tests/support/numbers.h"
#include "tests/support/suite.h"

enum { ROWS = 1050, DIM = 16 };

static struct api_fixture served;

/* Makes "linked", made-up rows with a graph: once, before Check forks. */
static void import_linked(void) {
  char path[SCRATCH_PATH_MAX], store[SCRATCH_PATH_MAX];
  struct numbers numbers = {.state = 3};
  struct problem problem = {0};
  struct import_report report;
  size_t length = 0;
  char *text = malloc((size_t)ROWS * (DIM + 1) * 16);
  ck_assert_ptr_nonnull(text);
  for (int row = 0; row < ROWS; row++) {
    length += (size_t)sprintf(text + length, "w%d", row);
    for (int i = 0; i < DIM; i++)
      length += (size_t)sprintf(text + length, " %d", (int)numbers_below(&numbers, 20001) - 10000);
    text[length++] = '\n';
  }
  scratch_folder(store, "made");
  scratch_path(path, "linked.txt");
  scratch_write(path, text, length);
  free(text);
  struct import_options options = {.path = path, .store = store, .graph_rows = 1, .threads = 2};
  ck_assert_msg(import_run(&options, &problem, &report) == STATUS_OK, "%s", problem.text);
}

static void open_served(void) {
  char made[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  api_fixture_open(&served);
  scratch_path(made, "made/linked.mdb");
  scratch_path(path, "store/linked.mdb");
  ck_assert_int_eq(link(made, path), 0);
  api_fixture_look(&served);
  served.service.default_model = "linked";
}

static void close_served(void) {
  api_fixture_close(&served);
}

/* What the model's table says of the cheapest width that reached `wanted` of answers of ten. */
static double promised(double wanted) {
  struct model *model = catalog_acquire(served.service.catalog, "linked");
  ck_assert_ptr_nonnull(model);
  const struct recall_step *step = recall_cheapest(model_info(model)->recall, 10, wanted);
  ck_assert_ptr_nonnull(step);
  double recall = step->at_10;
  model_drop(model);
  return recall;
}

static void expect_exact(json_t *answer) {
  expect_bool(answer, "/exact", 1);
  expect_absent(answer, "/recall");
  json_decref(answer);
}

static void expect_approximate(json_t *answer, double wanted) {
  expect_bool(answer, "/exact", 0);
  ck_assert_double_eq(json_number_value(json_at(answer, "/recall")), promised(wanted));
  ck_assert_double_ge(json_number_value(json_at(answer, "/recall")), wanted);
  expect_length(answer, "/neighbors", 10);
  json_decref(answer);
}

START_TEST(recall_is_the_parameter) {
  expect_exact(api_get(&served, api_neighbors, "word=w7"));
  expect_exact(api_get(&served, api_neighbors, "word=w7&exact=true"));
  expect_approximate(api_get(&served, api_neighbors, "word=w7&recall=0.6"), 0.6);
  expect_approximate(api_get(&served, api_neighbors, "word=w7&recall=0.99"), 0.99);
  expect_approximate(api_get(&served, api_neighbors, "word=w7&exact=false"), 0.95);
  expect_approximate(api_post(&served, api_neighbors, "{\"positive\":[\"w7\",\"w8\"],\"recall\":0.9}"), 0.9);
  expect_exact(api_get(&served, api_neighbors, "model=zoo&word=cat&recall=0.5"));
  api_get_refused(&served, api_neighbors, "word=w7&exact=true&recall=0.9", REFUSAL_INVALID, "#/recall");
}
END_TEST

START_TEST(the_server_has_a_default) {
  served.service.default_recall = 0.7;
  expect_approximate(api_get(&served, api_neighbors, "word=w7"), 0.7);
  expect_approximate(api_get(&served, api_neighbors, "word=w7&exact=false"), 0.7);
  expect_approximate(api_get(&served, api_neighbors, "word=w7&recall=0.9"), 0.9);
  expect_exact(api_get(&served, api_neighbors, "word=w7&exact=true"));
  json_t *info = api_get(&served, api_info, "");
  ck_assert_double_eq(json_number_value(json_at(info, "/default_recall")), 0.7);
  json_decref(info);
}
END_TEST

/* Of all rows but those of the query none is missing, whatever the recall, and each is as similar as it is exactly. */
START_TEST(similarities_are_exact_and_the_query_is_left_out) {
  json_t *exact = api_get(&served, api_neighbors, "positive=w7&negative=w9&k=1000");
  json_t *found = api_get(&served, api_neighbors, "positive=w7&negative=w9&k=1000&recall=0.9");
  expect_bool(found, "/exact", 0);
  expect_length(found, "/neighbors", 1000);
  double all[ROWS];
  for (int i = 0; i < ROWS; i++) all[i] = -2;
  const json_t *hits = json_at(exact, "/neighbors");
  for (size_t i = 0; i < 1000; i++) {
    const json_t *hit = json_array_get(hits, i);
    all[json_integer_value(json_at(hit, "/index"))] = json_number_value(json_at(hit, "/similarity"));
  }
  hits = json_at(found, "/neighbors");
  size_t right = 0;
  for (size_t i = 0; i < 1000; i++) {
    const json_t *hit = json_array_get(hits, i);
    long long row = json_integer_value(json_at(hit, "/index"));
    double similarity = json_number_value(json_at(hit, "/similarity"));
    ck_assert(row != 7 && row != 9);
    if (all[row] > -2) ck_assert_double_eq(similarity, all[row]);
    right += all[row] > -2;
  }
  ck_assert_uint_ge(right, 900);
  json_decref(exact);
  json_decref(found);
}
END_TEST

/* A walk remembers every row that it must leave out, in a sorted list: with very many of them it would hold up others
 * for seconds. */
START_TEST(queries_of_very_many_words_are_answered_exactly) {
  enum { WORDS = 20000, WORD = 5 };
  static char body[WORDS * WORD + 100];
  size_t length = (size_t)sprintf(body, "{\"recall\":0.6,\"positive\":[\"w7\"");
  for (int i = 0; i < WORDS; i++) length += (size_t)sprintf(body + length, ",\"w%d\"", i % 10);
  sprintf(body + length, "]}");
  expect_exact(api_post(&served, api_neighbors, body));
}
END_TEST

START_TEST(each_query_of_a_batch_says_what_it_wants) {
  json_t *answer = api_post(&served, api_neighbors,
                            "{\"recall\":0.9,\"queries\":[{\"word\":\"w1\"},{\"word\":\"w2\",\"exact\":true},"
                            "{\"word\":\"nowhere\"},{\"word\":\"w3\",\"recall\":0.99},{\"word\":\"w4\",\"k\":3}]}");
  expect_length(answer, "/results", 5);
  expect_bool(answer, "/results/0/exact", 0);
  ck_assert_double_eq(json_number_value(json_at(answer, "/results/0/recall")), promised(0.9));
  expect_bool(answer, "/results/1/exact", 1);
  expect_absent(answer, "/results/1/recall");
  expect_length(answer, "/results/1/neighbors", 10);
  expect_text(answer, "/results/2/error/code", "word_not_found");
  ck_assert_double_eq(json_number_value(json_at(answer, "/results/3/recall")), promised(0.99));
  expect_length(answer, "/results/4/neighbors", 3);
  for (int i = 0; i < 2; i++) {
    char pointer[64], word[16];
    snprintf(pointer, sizeof pointer, "/results/%d/neighbors/0/word", i);
    snprintf(word, sizeof word, "w%d", i + 1);
    ck_assert_str_ne(json_string_value(json_at(answer, pointer)), word);
  }
  json_decref(answer);
}
END_TEST

START_TEST(models_show_what_was_measured) {
  json_t *one = api_get(&served, api_models, "");
  double recall = promised(0.9);
  bool seen = false;
  const json_t *steps = json_at(one, "/models/0/recall"); /* "linked" comes before "zoo" */
  expect_length(one, "/models/1/recall", 0);
  ck_assert_uint_gt(json_array_size(steps), 1);
  for (size_t i = 0; i < json_array_size(steps); i++) {
    const json_t *step = json_array_get(steps, i);
    ck_assert_int_gt(json_integer_value(json_at(step, "/width")), 0);
    seen = seen || json_number_value(json_at(step, "/at_10")) == recall;
  }
  ck_assert(seen);
  json_decref(one);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *tcase;
  Suite *suite = suite_of("server/api_neighbors_recall", &tcase);
  tcase_add_unchecked_fixture(tcase, import_linked, NULL);
  tcase_add_checked_fixture(tcase, open_served, close_served);
  tcase_add_test(tcase, recall_is_the_parameter);
  tcase_add_test(tcase, the_server_has_a_default);
  tcase_add_test(tcase, similarities_are_exact_and_the_query_is_left_out);
  tcase_add_test(tcase, queries_of_very_many_words_are_answered_exactly);
  tcase_add_test(tcase, each_query_of_a_batch_says_what_it_wants);
  tcase_add_test(tcase, models_show_what_was_measured);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
