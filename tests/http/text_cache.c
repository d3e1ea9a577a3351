/* Texts that are kept are the texts that would be made: answers with and without the cache are the same bytes, also
 * when the model changes. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

enum { ASKED = 4 /* times: a text is kept from the second on */ };

static struct fixture zoo;

static void expect_same(const struct answer *answer, const struct answer *wanted) {
  ck_assert_int_eq(wanted->status, 200);
  ck_assert_int_eq(answer->status, 200);
  ck_assert_uint_eq(answer->length, wanted->length);
  ck_assert_mem_eq(answer->body, wanted->body, wanted->length);
}

static void ask(const struct daemon *daemon, const char *target, const char *body, struct answer *answer) {
  if (body)
    client_post(daemon->port, target, body, answer);
  else
    client_get(daemon->port, target, answer);
}

static void compare(const struct daemon *caching, const struct daemon *plain, const char *target, const char *body) {
  struct answer wanted, answer;
  ask(plain, target, body, &wanted);
  for (int i = 0; i < ASKED; i++) {
    ask(caching, target, body, &answer);
    expect_same(&answer, &wanted);
    answer_release(&answer);
  }
  answer_release(&wanted);
}

START_TEST(answers_are_the_same_with_and_without) {
  struct daemon caching, plain;
  daemon_prepare(&caching);
  suite_import(&caching, "zoo", &zoo);
  plain = caching;
  scratch_path(plain.log, "plain.log");
  daemon_start(&caching, "--log-format", "off", NULL);
  daemon_start(&plain, "--log-format", "off", "--text-cache", "0", NULL);
  daemon_await_ready(&caching, 200);
  daemon_await_ready(&plain, 200);
  for (int row = 0; row < ZOO_ROWS; row++) {
    char target[64];
    snprintf(target, sizeof target, "/vector?index=%d", row);
    compare(&caching, &plain, target, NULL);
  }
  compare(&caching, &plain, "/vectors?word=dog&word=caat&word=cat&word=dog", NULL);
  compare(&caching, &plain, "/vectors", "{\"words\":[[\"the\",\"nope\"],[\"cat\"]],\"oov\":\"zero\"}");
  compare(&caching, &plain, "/lookup", "{\"indices\":[[0,1,2,0],[3]],\"pad_index\":1}");
  compare(&caching, &plain, "/lookup", "{\"indices\":[[0],[2,1]],\"value\":0.5,\"padding\":\"pre\"}");
  daemon_stop(&plain);
  daemon_stop(&caching);
}
END_TEST

static void write_uniform(const char *path, float value) {
  struct fixture bulk;
  fixture_bulk(&bulk, 10, 4);
  for (size_t i = 0; i < bulk.rows * bulk.dim; i++) bulk.floats[i] = value;
  fixture_write(&bulk, path);
  fixture_release(&bulk);
}

/* The first float of a row, which all its others are equal to. */
static double value_of(const struct daemon *daemon, int row) {
  char target[64];
  snprintf(target, sizeof target, "/vector?index=%d", row);
  json_t *answer = get_json(daemon->port, 200, target);
  double value = json_number_value(json_at(answer, "/vector/0"));
  for (size_t i = 1; i < 4; i++) ck_assert(json_number_value(json_array_get(json_at(answer, "/vector"), i)) == value);
  json_decref(answer);
  return value;
}

START_TEST(a_replaced_model_answers_with_its_own_texts) {
  struct daemon daemon;
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "uniform.txt");
  write_uniform(path, 1.5f);
  daemon_prepare(&daemon);
  daemon_import(&daemon, "m", path);
  daemon_start(&daemon, NULL);
  daemon_await_ready(&daemon, 200);
  for (int i = 0; i < ASKED; i++)
    for (int row = 0; row < 10; row++) ck_assert_double_eq(value_of(&daemon, row), 1.5);
  write_uniform(path, 2.5f);
  daemon_import(&daemon, "m", path);
  daemon_await_log(&daemon, "replaced");
  for (int i = 0; i < ASKED; i++)
    for (int row = 0; row < 10; row++) ck_assert_double_eq(value_of(&daemon, row), 2.5);
  daemon_stop(&daemon);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/text_cache", &tcase);
  scratch_open();
  fixture_zoo(&zoo);
  tcase_add_test(tcase, answers_are_the_same_with_and_without);
  tcase_add_test(tcase, a_replaced_model_answers_with_its_own_texts);
  int result = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return result;
}
