/* GET /index, /word and /words. */
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

START_TEST(a_word_and_its_row_from_either_end) {
  static const struct {
    handler *answer;
    const char *query;
  } cases[] = {{api_index, "word=dog"}, {api_index, "word_bytes=%2564og"}, {api_word, "index=2"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    json_decref(api_get(&zoo, cases[i].answer, cases[i].query));
    static const char whole[] = "{\"model\":\"zoo\",\"word\":\"dog\",\"index\":2}\n";
    ck_assert_uint_eq(zoo.reply.body.length, strlen(whole));
    ck_assert_mem_eq(zoo.reply.body.data, whole, strlen(whole));
  }
}
END_TEST

START_TEST(each_end_takes_only_its_own) {
  api_get_refused(&zoo, api_index, "index=2", REFUSAL_UNKNOWN_PARAMETER, NULL);
  api_get_refused(&zoo, api_word, "word=dog", REFUSAL_UNKNOWN_PARAMETER, NULL);
  api_get_refused(&zoo, api_index, "", REFUSAL_MISSING_PARAMETER, NULL);
  api_get_refused(&zoo, api_word, "", REFUSAL_MISSING_PARAMETER, NULL);
  api_get_refused(&zoo, api_index, "word=doog", REFUSAL_NO_WORD, NULL);
  ck_assert_str_eq(zoo.refusal.suggestions[0], "dog");
  api_get_refused(&zoo, api_index, "word=dog&word_bytes=dog", REFUSAL_INVALID, "#");
  api_get_refused(&zoo, api_word, "index=30", REFUSAL_NO_ROW, NULL);
  api_get_refused(&zoo, api_word, "index=2&format=npy", REFUSAL_NOT_ACCEPTABLE, NULL);
}
END_TEST

START_TEST(a_page_says_where_the_next_begins) {
  json_t *answer = api_get(&zoo, api_words, "prefix=ca&limit=2");
  expect_length(answer, "/words", 2);
  expect_text(answer, "/words/0/word", "car");
  expect_integer(answer, "/words/0/index", ZOO_CAR);
  expect_text(answer, "/words/1/word", "cat");
  expect_text(answer, "/next", "cat");
  json_decref(answer);
  answer = api_get(&zoo, api_words, "prefix=ca&limit=2&after=cat");
  expect_length(answer, "/words", 1);
  expect_text(answer, "/words/0/word", "caterpillar");
  expect_absent(answer, "/next");
  json_decref(answer);
}
END_TEST

START_TEST(a_next_that_is_no_text_has_its_bytes) {
  static const struct fixture_word words[] = {{"\xFF", 1}, {"\xFF\xFE", 2}, {"\xFFz", 2}};
  struct fixture bytes = {.rows = 3, .dim = ZOO_DIM, .words = words, .floats = zoo.zoo.floats};
  api_fixture_write(zoo.store, "bytes", &bytes);
  api_fixture_look(&zoo);
  json_t *answer = api_get(&zoo, api_words, "model=bytes&limit=1");
  expect_text(answer, "/next", "\xEF\xBF\xBD");
  expect_text(answer, "/next_bytes", "%FF");
  json_decref(answer);
  answer = api_get(&zoo, api_words, "model=bytes&limit=1&after_bytes=%25FF");
  expect_integer(answer, "/words/0/index", 2);
  json_decref(answer);
}
END_TEST

START_TEST(pages_that_cannot_be) {
  api_get_refused(&zoo, api_words, "limit=0", REFUSAL_INVALID, "#/limit");
  api_get_refused(&zoo, api_words, "limit=1001", REFUSAL_INVALID, "#/limit");
  api_get_refused(&zoo, api_words, "after=a&after_bytes=b", REFUSAL_INVALID, "#");
  api_get_refused(&zoo, api_words, "start=a", REFUSAL_UNKNOWN_PARAMETER, NULL);
  api_get_refused(&zoo, api_words, "model=nosuch", REFUSAL_NO_MODEL, NULL);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_words", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, a_word_and_its_row_from_either_end);
  tcase_add_test(tcase, each_end_takes_only_its_own);
  tcase_add_test(tcase, a_page_says_where_the_next_begins);
  tcase_add_test(tcase, a_next_that_is_no_text_has_its_bytes);
  tcase_add_test(tcase, pages_that_cannot_be);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
