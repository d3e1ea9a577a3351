/* Near spellings against a full table of optimal string alignment, over all words. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/model.h"
#include "tests/support/effort.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/words_model.h"

/* The whole table, for ASCII words in lower case. */
static unsigned plain_distance(const char *a, const char *b) {
  unsigned cell[24][24];
  size_t rows = strlen(a), columns = strlen(b);
  for (size_t i = 0; i <= rows; i++)
    for (size_t j = 0; j <= columns; j++) {
      if (i == 0 || j == 0) {
        cell[i][j] = (unsigned)(i + j);
        continue;
      }
      unsigned best = cell[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      if (cell[i - 1][j] + 1 < best) best = cell[i - 1][j] + 1;
      if (cell[i][j - 1] + 1 < best) best = cell[i][j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && cell[i - 2][j - 2] + 1 < best)
        best = cell[i - 2][j - 2] + 1;
      cell[i][j] = best;
    }
  return cell[rows][columns];
}

enum { WORDS = 3000, LENGTH_MAX = 12 };

static void random_word(char word[LENGTH_MAX + 1]) {
  size_t length = 1 + (size_t)random() % LENGTH_MAX;
  for (size_t i = 0; i < length; i++) word[i] = (char)('a' + random() % 4);
  word[length] = 0;
}

/* The first `limit` rows by distance, then row. */
static size_t brute_force(char (*words)[LENGTH_MAX + 1], uint32_t count, const char *wanted, size_t limit,
                          uint32_t *rows) {
  unsigned allowed = strlen(wanted) < 4 ? 1 : 2;
  size_t found = 0;
  for (unsigned distance = 0; distance <= allowed; distance++)
    for (uint32_t row = 0; row < count && found < limit; row++)
      if (plain_distance(words[row], wanted) == distance) rows[found++] = row;
  return found;
}

START_TEST(suggestions_are_the_nearest_words) {
  static char words[WORDS][LENGTH_MAX + 1];
  struct word kept[WORDS];
  uint32_t count = 0;
  srandom(3);
  for (int i = 0; i < WORDS; i++) {
    bool repeated = false;
    random_word(words[count]);
    for (uint32_t j = 0; j < count && !repeated; j++) repeated = strcmp(words[j], words[count]) == 0;
    if (repeated) continue;
    kept[count] = (struct word){words[count], strlen(words[count])};
    count++;
  }
  struct model *model = words_model("random", kept, count);
  for (int i = 0, repeats = effort(2000); i < repeats; i++) {
    char wanted[LENGTH_MAX + 1];
    uint32_t expected[8], rows[8];
    size_t limit = 1 + (size_t)random() % 8, found = 99;
    random_word(wanted);
    size_t expected_count = brute_force(words, count, wanted, limit, expected);
    struct word word = {wanted, strlen(wanted)};
    ck_assert_int_eq(vocabulary_suggest(model_vocabulary(model), word, limit, rows, &found), STATUS_OK);
    ck_assert_msg(found == expected_count, "%s: %zu instead of %zu", wanted, found, expected_count);
    for (size_t j = 0; j < found; j++)
      ck_assert_msg(rows[j] == expected[j], "%s: %s instead of %s", wanted, words[rows[j]], words[expected[j]]);
  }
  model_drop(model);
}
END_TEST

static const char *const people_type[] = {
    "cat",    "na\xC3\xAFve", "\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82",
    "London", "\xFF\xFE",     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
enum { PEOPLE_TYPE = sizeof people_type / sizeof people_type[0] };

/* What is asked for, and the row expected first; -1: no suggestion. */
static const struct {
  const char *wanted;
  int first;
} examples[] = {
    {"caat", 0},
    {"act", 0},
    {"CAT", 0},
    {"naive", 1},
    {"nave", 1},
    {"london", 3},
    {"LONDNO", 3},
    {"\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD1\x96\xD1\x82", 2},
    {"xyz", -1},
    {"\xFF", -1},
    {"", -1},
    {"dogs", -1},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 5},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", -1},
};

START_TEST(suggestions_for_what_people_type) {
  struct word words[PEOPLE_TYPE];
  for (int i = 0; i < PEOPLE_TYPE; i++) words[i] = (struct word){people_type[i], strlen(people_type[i])};
  struct model *model = words_model("people", words, PEOPLE_TYPE);
  uint32_t rows[5];
  size_t count = 9;
  const char *wanted = examples[_i].wanted;
  struct word word = {wanted, strlen(wanted)};
  ck_assert_int_eq(vocabulary_suggest(model_vocabulary(model), word, 5, rows, &count), STATUS_OK);
  if (examples[_i].first < 0)
    ck_assert_uint_eq(count, 0);
  else {
    ck_assert_uint_ge(count, 1);
    ck_assert_int_eq((int)rows[0], examples[_i].first);
  }
  ck_assert_int_eq(vocabulary_suggest(model_vocabulary(model), word, 0, rows, &count), STATUS_OK);
  ck_assert_uint_eq(count, 0);
  model_drop(model);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/spelling", &cases);
  tcase_add_test(cases, suggestions_are_the_nearest_words);
  tcase_add_loop_test(cases, suggestions_for_what_people_type, 0, (int)(sizeof examples / sizeof examples[0]));
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
