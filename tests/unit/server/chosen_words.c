/* Words chosen for an export: each policy, against what the model holds; order, repetitions, lists that cannot be. */
#include "server/chosen_words.h"

#include <check.h>
#include <string.h>

#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/words_model.h"

/* Row i holds the number i; their mean is 2.5. */
static struct model *model_of_words(bool unk) {
  const struct word words[] = {{"the", 3}, {"Paris", 5}, {"", 0}, {"paris", 5}, {"a b", 3}, {"<unk>", unk ? 5 : 4}};
  return words_model(unk ? "unk" : "plain", words, 6);
}

static void write_list(char path[SCRATCH_PATH_MAX], const char *text) {
  scratch_path(path, "list");
  scratch_write(path, text, strlen(text));
}

/* Expects these words and numbers, which are asked for twice: an export does so too. */
static void expect_rows(struct chosen_words *chosen, const char *const *words, const float *numbers, size_t count) {
  struct export_rows rows = chosen_words_rows(chosen);
  ck_assert_uint_eq(rows.count, count);
  ck_assert_uint_eq(rows.dim, 1);
  for (size_t i = 0; i < 2 * count; i++) {
    struct word word;
    const float *vector;
    ck_assert_int_eq(rows.row(rows.context, i % count, NULL, &word, &vector), STATUS_OK);
    ck_assert_uint_eq(word.length, strlen(words[i % count]));
    ck_assert_mem_eq(word.bytes, words[i % count], word.length);
    ck_assert(vector[0] == numbers[i % count]);
  }
}

START_TEST(words_are_in_the_lists_order_and_once) {
  static const char *const words[] = {"paris", "", "the", "a b"};
  static const float numbers[] = {3, 2, 0, 4};
  char path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  struct chosen_words chosen;
  struct model *model = model_of_words(true);
  write_list(path, "paris\n\nthe\nparis\na b\n\nthe\n");
  ck_assert_int_eq(chosen_words_read(model, path, (struct word_policy){0}, &problem, &chosen), STATUS_OK);
  expect_rows(&chosen, words, numbers, 4);
  ck_assert_uint_eq(chosen.repeated, 3);
  ck_assert_uint_eq(chosen.unknown, 0);
  chosen_words_release(&chosen);
  model_drop(model);
}
END_TEST

static const struct {
  enum oov_policy oov;
  enum case_policy letter_case;
  size_t count;
  const char *words[4];
  float numbers[4];
  uint64_t unknown;
} policies[] = {
    {OOV_NULL, CASE_EXACT, 2, {"Paris", "the"}, {1, 0}, 2},
    {OOV_ZERO, CASE_EXACT, 4, {"Paris", "THE", "xyzzy", "the"}, {1, 0, 0, 0}, 2},
    {OOV_UNK, CASE_EXACT, 4, {"Paris", "THE", "xyzzy", "the"}, {1, 5, 5, 0}, 2},
    {OOV_MEAN, CASE_EXACT, 4, {"Paris", "THE", "xyzzy", "the"}, {1, 2.5f, 2.5f, 0}, 2},
    {OOV_MEAN, CASE_FALLBACK, 4, {"Paris", "THE", "xyzzy", "the"}, {1, 0, 2.5f, 0}, 1},
    {OOV_NULL, CASE_FOLD, 3, {"Paris", "THE", "the"}, {1, 0, 0}, 1},
};

START_TEST(policies_are_followed) {
  char path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  struct chosen_words chosen;
  struct model *model = model_of_words(true);
  struct word_policy policy = {.oov = policies[_i].oov, .letter_case = policies[_i].letter_case};
  write_list(path, "Paris\nTHE\nxyzzy\nthe\n");
  ck_assert_msg(chosen_words_read(model, path, policy, &problem, &chosen) == STATUS_OK, "%s", problem.text);
  expect_rows(&chosen, policies[_i].words, policies[_i].numbers, policies[_i].count);
  ck_assert_uint_eq(chosen.unknown, policies[_i].unknown);
  ck_assert_str_eq(chosen.first_unknown, policies[_i].unknown == 2 ? "\"THE\"" : "\"xyzzy\"");
  chosen_words_release(&chosen);
  model_drop(model);
}
END_TEST

/* "paris" leads to the row of "Paris", which comes first. */
START_TEST(folding_takes_the_lowest_row) {
  static const char *const words[] = {"paris"};
  static const float numbers[] = {1};
  char path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  struct chosen_words chosen;
  struct model *model = model_of_words(true);
  write_list(path, "paris\n");
  struct word_policy policy = {.letter_case = CASE_FOLD};
  ck_assert_int_eq(chosen_words_read(model, path, policy, &problem, &chosen), STATUS_OK);
  expect_rows(&chosen, words, numbers, 1);
  chosen_words_release(&chosen);
  model_drop(model);
}
END_TEST

static void expect_refused(struct model *model, const char *path, struct word_policy policy, enum status expected,
                           const char *says) {
  struct problem problem = {0};
  struct chosen_words chosen;
  ck_assert_int_eq(chosen_words_read(model, path, policy, &problem, &chosen), expected);
  ck_assert_msg(strstr(problem.text, says) != NULL, "%s", problem.text);
  chosen_words_release(&chosen);
}

START_TEST(what_cannot_be_chosen_is_said) {
  char path[SCRATCH_PATH_MAX];
  struct model *model = model_of_words(false);
  write_list(path, "the\nxyzzy\n");
  expect_refused(model, path, (struct word_policy){0}, STATUS_NOT_FOUND, "line 2: the model has no word \"xyzzy\"");
  expect_refused(model, path, (struct word_policy){.oov = OOV_UNK}, STATUS_UNSUPPORTED, "no row for unknown words");
  expect_refused(model, path, (struct word_policy){.oov = OOV_SUBWORD}, STATUS_UNSUPPORTED, "no n-grams");
  expect_refused(model, "/no-such-list", (struct word_policy){0}, STATUS_NOT_FOUND, "no-such-list");
  model_drop(model);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("server/chosen_words", &cases);
  tcase_add_test(cases, words_are_in_the_lists_order_and_once);
  tcase_add_loop_test(cases, policies_are_followed, 0, (int)(sizeof policies / sizeof policies[0]));
  tcase_add_test(cases, folding_takes_the_lowest_row);
  tcase_add_test(cases, what_cannot_be_chosen_is_said);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
