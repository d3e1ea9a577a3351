/* Questions as they are sent: as a body where the route takes one, else as a query string. */
#include "server/question.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "server/options_table.h"

static const struct flag flags[] = {
    {.name = "include-query", .kind = FLAG_ASK_SWITCH}, {.name = "k", .kind = FLAG_ASK_INTEGER},
    {.name = "recall", .kind = FLAG_ASK_NUMBER},        {.name = "weights", .kind = FLAG_ASK_NUMBERS},
    {.name = "positive", .kind = FLAG_ASK_WORDS},       {.name = "after", .kind = FLAG_ASK_WORD},
    {.name = "oov", .kind = FLAG_ASK_CHOICE},
};

#define WORD(text)         \
  (struct word) {          \
    text, sizeof(text) - 1 \
  }

static void expect_sent(struct question *question, const char *target, const char *body) {
  struct question_text text;
  ck_assert_int_eq(question_encode(question, &text), STATUS_OK);
  ck_assert_str_eq(text.target, target);
  ck_assert_int_eq(text.body != NULL, body != NULL);
  if (body) ck_assert_str_eq(text.body, body);
  if (body) ck_assert_uint_eq(text.body_length, strlen(body));
  question_text_release(&text);
  question_release(question);
}

START_TEST(as_a_query_string) {
  struct question question;
  question_begin(&question, "/vector", NULL);
  expect_sent(&question, "/vector", NULL);
  question_begin(&question, "/vector", NULL);
  question_text(&question, "model", "a b");
  question_word(&question, "word", WORD("q&a=b#c?\xc3\xaf"));
  question_integer(&question, "index", 5450);
  expect_sent(&question, "/vector?model=a%20b&word=q%26a%3Db%23c%3F%C3%AF&index=5450", NULL);
  question_begin(&question, "/words", NULL);
  question_word(&question, "prefix", WORD("\xff"));
  question_word(&question, "after", WORD("a\0b"));
  expect_sent(&question, "/words?prefix=%FF&after=a%00b", NULL);
}
END_TEST

START_TEST(as_a_body) {
  struct question question;
  const struct word words[] = {WORD("cat"), WORD(""), WORD("\xff"), WORD("a\0b"), WORD("quo\"te")};
  const uint64_t indices[] = {0, 4294967293u};
  question_begin(&question, "/vectors", NULL);
  question_words(&question, "words", words, 5);
  expect_sent(&question, "/vectors",
              "{\"words\":[\"cat\",\"\",{\"word_bytes\":\"%FF\"},{\"word_bytes\":\"a%00b\"},\"quo\\\"te\"]}");
  question_begin(&question, "/lookup", NULL);
  question_integers(&question, "indices", indices, 2);
  expect_sent(&question, "/lookup", "{\"indices\":[0,4294967293]}");
  question_begin(&question, "/vectors", NULL);
  question_words(&question, "words", NULL, 0);
  expect_sent(&question, "/vectors", "{\"words\":[]}");
  question_begin(&question, "/neighbors", NULL);
  static const char *const names[] = {"a", "b", "c"};
  question_query(&question, names, words, 3);
  question_query(&question, names, words + 3, 1);
  expect_sent(&question, "/neighbors",
              "{\"queries\":[{\"a\":\"cat\",\"b\":\"\",\"c_bytes\":\"%FF\"},{\"a_bytes\":\"a%00b\"}]}");
  question_begin(&question, "/analogy", NULL);
  question_query_list(&question, "words", words + 1, 2);
  question_query_list(&question, "words", NULL, 0);
  expect_sent(&question, "/analogy", "{\"queries\":[{\"words\":[\"\",{\"word_bytes\":\"%FF\"}]},{\"words\":[]}]}");
  question_begin(&question, "/rank", NULL);
  question_pair(&question, words);
  question_pair(&question, words + 2);
  expect_sent(&question, "/rank", "{\"pairs\":[[\"cat\",\"\"],[{\"word_bytes\":\"%FF\"},{\"word_bytes\":\"a%00b\"}]]}");
}
END_TEST

START_TEST(parameters_of_the_command_line) {
  struct parameter given[] = {{&flags[0], "1"},    {&flags[1], "3"},    {&flags[2], "0.95"}, {&flags[3], "1,-0.5"},
                              {&flags[4], "king"}, {&flags[4], "\xfe"}, {&flags[3], "2"},    {&flags[6], "null"}};
  struct options options = {.ask.model = "m", .parameters = given, .parameter_count = 8};
  struct question question;
  question_begin(&question, "/neighbors", &options);
  expect_sent(
      &question, "/neighbors",
      "{\"model\":\"m\",\"include_query\":true,\"k\":3,\"recall\":0.94999999999999996,\"weights\":[1.0,-0.5,2.0],"
      "\"positive\":[\"king\",{\"word_bytes\":\"%FE\"}],\"oov\":\"null\"}");
  struct parameter listing[] = {{&flags[5], "\xff"}, {&flags[1], "7"}, {&flags[0], "1"}, {&flags[2], "0.5"}};
  options = (struct options){.parameters = listing, .parameter_count = 4};
  question_begin(&question, "/words", &options);
  expect_sent(&question, "/words?after=%FF&k=7&include_query=true&recall=0.5", NULL);
}
END_TEST

/* The estimate holds for what takes most. */
START_TEST(size_of_a_word) {
  static const char bad[] = "\x01\x01\x01\x01\xff\xff\xff";
  for (size_t length = 0; length <= 7; length++) {
    struct question question;
    struct question_text text;
    const struct word word = {bad, length};
    question_begin(&question, "/neighbors", NULL);
    static const char *const name = "word";
    question_query(&question, &name, &word, 1);
    ck_assert_int_eq(question_encode(&question, &text), STATUS_OK);
    ck_assert_uint_le(text.body_length, question_word_size(word) + strlen("{\"queries\":[]}"));
    question_text_release(&text);
    question_release(&question);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/question");
  TCase *tcase = tcase_create("question");
  tcase_add_test(tcase, as_a_query_string);
  tcase_add_test(tcase, as_a_body);
  tcase_add_test(tcase, parameters_of_the_command_line);
  tcase_add_test(tcase, size_of_a_word);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
