/* POST /lookup: one and two dimensions, padding and truncating, and indices that are none. */
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

/* Asks for bare floats and fails unless they are these rows; a row of -1 is `padding`. */
static void expect_rows(const char *body, const char *shape, const int *rows, size_t count, const float *padding) {
  zoo.call.accept = "application/octet-stream";
  api_fixture_body(&zoo, body, strlen(body));
  ck_assert_msg(api_fixture_call(&zoo, api_lookup), "%s: %s", body, zoo.refusal.detail);
  ck_assert_str_eq(zoo.reply.shape, shape);
  ck_assert_uint_eq(zoo.reply.body.length, count * ZOO_DIM * sizeof(float));
  for (size_t i = 0; i < count; i++) {
    const float *row = rows[i] < 0 ? padding : fixture_row(&zoo.zoo, (size_t)rows[i]);
    ck_assert_msg(memcmp(zoo.reply.body.data + i * ZOO_DIM * sizeof(float), row, ZOO_DIM * sizeof(float)) == 0,
                  "%s: cell %zu is not row %d", body, i, rows[i]);
  }
}

START_TEST(the_example_of_the_contract) {
  json_t *answer = api_post(&zoo, api_lookup, "{\"indices\":[[0,1,2,0],[3]]}");
  static const float zeros[ZOO_DIM] = {0};
  expect_text(answer, "/model", "zoo");
  expect_json(answer, "/shape", "[2,4,5]");
  expect_floats(answer, "/vectors/0/3", fixture_row(&zoo.zoo, 0), ZOO_DIM);
  expect_floats(answer, "/vectors/1/0", fixture_row(&zoo.zoo, 3), ZOO_DIM);
  expect_floats(answer, "/vectors/1/1", zeros, ZOO_DIM);
  expect_json(answer, "/mask", "[[true,true,true,true],[true,false,false,false]]");
  expect_json(answer, "/lengths", "[4,1]");
  ck_assert_uint_eq(json_object_size(answer), 5);
  json_decref(answer);
}
END_TEST

START_TEST(one_dimension_has_no_mask) {
  json_t *answer = api_post(&zoo, api_lookup, "{\"indices\":[28,0]}");
  expect_json(answer, "/shape", "[2,5]");
  expect_floats(answer, "/vectors/0", fixture_row(&zoo.zoo, 28), ZOO_DIM);
  ck_assert_uint_eq(json_object_size(answer), 3);
  json_decref(answer);
}
END_TEST

START_TEST(padding_and_truncating_at_either_end) {
  static const float zeros[ZOO_DIM] = {0}, halves[ZOO_DIM] = {.5f, .5f, .5f, .5f, .5f};
  expect_rows("{\"indices\":[[1,2,3],[4]]}", "2,3,5", (int[]){1, 2, 3, 4, -1, -1}, 6, zeros);
  expect_rows("{\"indices\":[[1,2,3],[4]],\"padding\":\"pre\"}", "2,3,5", (int[]){1, 2, 3, -1, -1, 4}, 6, zeros);
  expect_rows("{\"indices\":[[1,2,3],[4]],\"maxlen\":2}", "2,2,5", (int[]){1, 2, 4, -1}, 4, zeros);
  expect_rows("{\"indices\":[[1,2,3],[4]],\"maxlen\":2,\"truncating\":\"pre\"}", "2,2,5", (int[]){2, 3, 4, -1}, 4,
              zeros);
  expect_rows("{\"indices\":[[1,2,3],[4]],\"maxlen\":4,\"value\":0.5}", "2,4,5", (int[]){1, 2, 3, -1, 4, -1, -1, -1}, 8,
              halves);
  expect_rows("{\"indices\":[[1],[]],\"pad_index\":7}", "2,1,5", (int[]){1, 7}, 2, NULL);
  expect_rows("{\"indices\":[[],[]],\"maxlen\":1}", "2,1,5", (int[]){-1, -1}, 2, zeros);
}
END_TEST

START_TEST(empty_lists) {
  json_t *answer = api_post(&zoo, api_lookup, "{\"indices\":[]}");
  expect_json(answer, "/shape", "[0,5]");
  expect_length(answer, "/vectors", 0);
  json_decref(answer);
  answer = api_post(&zoo, api_lookup, "{\"indices\":[[],[]]}");
  expect_json(answer, "/shape", "[2,0,5]");
  expect_json(answer, "/vectors", "[[],[]]");
  expect_json(answer, "/mask", "[[],[]]");
  expect_json(answer, "/lengths", "[0,0]");
  json_decref(answer);
  expect_rows("{\"indices\":[[]]}", "1,0,5", NULL, 0, NULL);
}
END_TEST

START_TEST(what_is_refused) {
  static const struct {
    const char *body;
    enum refusal_kind kind;
    const char *pointer;
  } cases[] = {
      {"{}", REFUSAL_MISSING_PARAMETER, NULL},
      {"{\"indices\":[0],\"words\":[\"cat\"]}", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"{\"indices\":[0],\"oov\":\"zero\"}", REFUSAL_INVALID, "#/oov"},
      {"{\"words\":[\"cat\"]}", REFUSAL_UNKNOWN_PARAMETER, NULL},
      {"{\"indices\":[0],\"maxlen\":2}", REFUSAL_INVALID, "#/indices"},
      {"{\"indices\":[],\"padding\":\"pre\"}", REFUSAL_INVALID, "#/indices"},
      {"{\"indices\":[[0]],\"maxlen\":0}", REFUSAL_INVALID, "#/maxlen"},
      {"{\"indices\":[[0]],\"value\":0,\"pad_index\":1}", REFUSAL_INVALID, "#/pad_index"},
      {"{\"indices\":[[0]],\"value\":1e39}", REFUSAL_INVALID, "#/value"},
      {"{\"indices\":[[0]],\"pad_index\":30}", REFUSAL_INVALID, "#/pad_index"},
      {"{\"indices\":[[0],1]}", REFUSAL_INVALID, "#/indices/1"},
      {"{\"indices\":[0,[1]]}", REFUSAL_INVALID, "#/indices/1"},
      {"{\"indices\":[[[0]]]}", REFUSAL_INVALID, "#/indices/0/0"},
      {"{\"indices\":\"0\"}", REFUSAL_INVALID, "#/indices"},
      {"{\"indices\":[[],[],[0,30]]}", REFUSAL_INVALID, "#/indices/2/1"},
      {"{\"indices\":[[0],[],[1,2],[3,-7]]}", REFUSAL_INVALID, "#/indices/3/1"},
      {"{\"indices\":[[0]],\"maxlen\":2147483647}", REFUSAL_INVALID, "#/indices"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    api_post_refused(&zoo, api_lookup, cases[i].body, cases[i].kind, cases[i].pointer);
}
END_TEST

START_TEST(every_bad_place_is_named) {
  api_post_refused(&zoo, api_lookup, "{\"indices\":[[0,30],[\"1\",1.5],[true]]}", REFUSAL_INVALID, "#/indices/1/0");
  ck_assert(refusal_names(&zoo.refusal, "#/indices/1/1"));
  ck_assert(refusal_names(&zoo.refusal, "#/indices/2/0"));
  api_post_refused(&zoo, api_lookup, "{\"indices\":[[0,30],[31]]}", REFUSAL_INVALID, "#/indices/0/1");
  ck_assert(refusal_names(&zoo.refusal, "#/indices/1/0"));
  ck_assert_str_eq(zoo.refusal.errors[0].detail, "30 is not below 30");
}
END_TEST

START_TEST(the_limit_counts_padding) {
  zoo.service.limits.answer_floats = 2 * 3 * ZOO_DIM;
  json_decref(api_post(&zoo, api_lookup, "{\"indices\":[[0,1,2],[3]]}"));
  api_post_refused(&zoo, api_lookup, "{\"indices\":[[0,1,2],[3]],\"maxlen\":4}", REFUSAL_INVALID, "#/indices");
  ck_assert_ptr_nonnull(strstr(zoo.refusal.detail, "40 floats"));
  ck_assert_ptr_nonnull(strstr(zoo.refusal.detail, "30"));
}
END_TEST

/* A few bytes may ask for as many floats as there may be, and as JSON those take long. */
START_TEST(long_answers_are_postponed) {
  static const char *const long_ones[] = {"{\"indices\":[[0]],\"maxlen\":250000}",
                                          "{\"words\":[[\"cat\"]],\"maxlen\":250000}"};
  handler *const handlers[] = {api_lookup, api_vectors};
  zoo.call.hurried = true;
  for (size_t i = 0; i < 2; i++) {
    api_fixture_body(&zoo, long_ones[i], strlen(long_ones[i]));
    ck_assert(!api_fixture_call(&zoo, handlers[i]) && zoo.reply.postponed);
    zoo.call.accept = "application/octet-stream";
    ck_assert(api_fixture_call(&zoo, handlers[i]) && !zoo.reply.postponed);
    zoo.call.accept = NULL;
  }
  json_decref(api_post(&zoo, api_lookup, "{\"indices\":[[0]],\"maxlen\":200000}"));
  zoo.call.hurried = false;
  json_decref(api_post(&zoo, api_lookup, long_ones[0]));
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_lookup", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, the_example_of_the_contract);
  tcase_add_test(tcase, one_dimension_has_no_mask);
  tcase_add_test(tcase, padding_and_truncating_at_either_end);
  tcase_add_test(tcase, empty_lists);
  tcase_add_test(tcase, what_is_refused);
  tcase_add_test(tcase, every_bad_place_is_named);
  tcase_add_test(tcase, the_limit_counts_padding);
  tcase_add_test(tcase, long_answers_are_postponed);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
