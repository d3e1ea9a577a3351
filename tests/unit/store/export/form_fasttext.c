/* Models with and without n-grams as files of fastText and back: the same content, told by its digest. That fastText
 * itself reads such files is for tests/oracle/fasttext.py. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/export/export.h"
#include "store/import/import.h"
#include "store/matrix/subwords_map.h"
#include "store/matrix/writer.h"
#include "tests/support/numbers.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { DIM = 6, STRIDE = 8, BUCKETS = 30, KEPT = 10 };

static char store[SCRATCH_PATH_MAX];

/* What a test's model is like. */
struct shape {
  bool subwords, pruned, end_is_word;
};

static const struct fixture_word words[] = {
    {"</s>", 4}, {"cat", 3},      {"na\xC3\xAFve", 6}, {"", 0},
    {"a b", 3},  {"\xFF\xFE", 2}, {"line\nfeed", 9},   {"\xE6\x97\xA5\xE6\x9C\xAC", 6}};
enum { WORDS = sizeof words / sizeof *words };

static void add_word(struct writer *writer, const struct subwords *subwords, struct word word,
                     struct numbers *numbers) {
  float own[DIM], vector[DIM];
  struct problem problem;
  uint32_t row;
  numbers_fill(numbers, FLAVOUR_PLAIN, own, DIM);
  subwords_known_vector(subwords, word, own, DIM, vector);
  ck_assert_int_eq(writer_add(writer, word, vector, DIM, &problem, &row), STATUS_OK);
}

static void add_words(struct writer *writer, const struct subwords *subwords, struct numbers *numbers) {
  for (size_t i = 0; i < WORDS; i++)
    add_word(writer, subwords, (struct word){words[i].bytes, words[i].length}, numbers);
}

/* A model as an import would make it, of numbers at random; `more` is one more word, or NULL. */
static struct model *make_model(const struct shape *shape, const struct word *more) {
  const struct writer_origin origin = {.source = "-", .source_format = "fasttext-bin"};
  struct numbers numbers = {7};
  float rows[BUCKETS][STRIDE] = {{0}};
  uint32_t buckets[KEPT];
  const float *slabs[] = {rows[0]};
  const uint32_t *pruned[] = {buckets};
  struct subwords subwords = {.min = 2,
                              .max = 4,
                              .buckets = BUCKETS,
                              .end_is_word = shape->end_is_word,
                              .dim = DIM,
                              .count = shape->pruned ? KEPT : BUCKETS};
  subwords_shape(&subwords);
  subwords.slabs = slabs;
  if (shape->pruned) subwords.pruned = pruned;
  for (uint32_t i = 0; i < KEPT; i++) buckets[i] = 3 * i;
  for (size_t row = 0; row < BUCKETS; row++) numbers_fill(&numbers, FLAVOUR_PLAIN, rows[row], DIM);
  struct problem problem;
  struct writer *writer;
  struct model *model = NULL;
  uint64_t size;
  char digest[33], path[SCRATCH_PATH_MAX];
  ck_assert_msg(writer_open(store, "m", true, &problem, &writer) == STATUS_OK, "%s", problem.text);
  add_words(writer, shape->subwords ? &subwords : NULL, &numbers);
  if (more) add_word(writer, shape->subwords ? &subwords : NULL, *more, &numbers);
  if (shape->subwords) ck_assert_int_eq(writer_add_subwords(writer, &subwords, &problem), STATUS_OK);
  ck_assert_int_eq(writer_finish(writer, &origin, 1, &problem, &size, digest), STATUS_OK);
  writer_close(writer);
  ck_assert_int_eq(model_path(store, "m", path, sizeof path, &problem), STATUS_OK);
  ck_assert_msg(model_open(path, 1, &problem, &model) == STATUS_OK, "%s", problem.text);
  return model;
}

static enum status export_model(const struct model *model, enum export_misfits misfits, const char *path,
                                struct problem *problem, struct export_report *report) {
  struct export_options options = {.rows = export_rows_of(model),
                                   .model = model,
                                   .name = "m",
                                   .format = EXPORT_FASTTEXT_BIN,
                                   .path = path,
                                   .replace = true,
                                   .misfits = misfits};
  return export_run(&options, problem, report);
}

static struct model *import_again(const char *path) {
  struct import_options options = {.path = path, .store = store, .name = "again", .replace = true, .strict = true};
  struct import_report report;
  struct problem problem;
  struct model *model = NULL;
  ck_assert_msg(import_run(&options, &problem, &report) == STATUS_OK, "%s", problem.text);
  ck_assert_str_eq(report.source_format, "fasttext-bin");
  ck_assert_int_eq(model_open(report.path, 1, &problem, &model), STATUS_OK);
  return model;
}

START_TEST(a_model_comes_back_whole) {
  const struct shape shapes[] = {{false, false, false}, {true, false, false}};
  char path[SCRATCH_PATH_MAX];
  struct problem problem;
  struct export_report report;
  struct model *model = make_model(&shapes[_i], NULL);
  scratch_path(path, "whole-%d.bin", _i);
  ck_assert_msg(export_model(model, MISFITS_ERROR, path, &problem, &report) == STATUS_OK, "%s", problem.text);
  ck_assert_uint_eq(report.rows, WORDS);
  struct model *again = import_again(path);
  ck_assert_str_eq(model_info(again)->digest, model_info(model)->digest);
  model_drop(again);
  model_drop(model);
}
END_TEST

/* The words that fastText is to know of the file, from its dictionary: those that come earlier count more. */
START_TEST(words_count_the_more_the_earlier_they_come) {
  const struct shape shape = {true, false, false};
  char path[SCRATCH_PATH_MAX];
  struct problem problem;
  struct export_report report;
  struct model *model = make_model(&shape, NULL);
  scratch_path(path, "counts.bin");
  ck_assert_int_eq(export_model(model, MISFITS_ERROR, path, &problem, &report), STATUS_OK);
  size_t length;
  char *bytes = scratch_read(path, &length), *at = bytes + 92;
  for (size_t i = 0; i < WORDS; i++) {
    int64_t uses;
    ck_assert_str_eq(at, words[i].bytes);
    memcpy(&uses, at + words[i].length + 1, sizeof uses);
    ck_assert_int_eq(uses, (int64_t)(WORDS - i));
    at += words[i].length + 10;
  }
  /* Two matrices follow, of words and buckets and of words, and nothing else. */
  size_t expected = (size_t)(at - bytes) + 17 + (WORDS + BUCKETS) * DIM * sizeof(float) + 17 + WORDS * DIM * 4;
  ck_assert_uint_eq(length, expected);
  free(bytes);
  model_drop(model);
}
END_TEST

START_TEST(a_zero_byte_does_not_fit) {
  const struct shape shape = {true, false, false};
  const struct word zero = {"a\0b", 3};
  char path[SCRATCH_PATH_MAX];
  struct problem problem;
  struct export_report report;
  struct model *model = make_model(&shape, &zero), *without = NULL;
  scratch_path(path, "zero.bin");
  ck_assert_int_eq(export_model(model, MISFITS_ERROR, path, &problem, &report), STATUS_UNSUPPORTED);
  ck_assert_msg(strstr(problem.text, "row 8") && strstr(problem.text, "zero byte"), "%s", problem.text);
  ck_assert_int_ne(access(path, F_OK), 0);
  ck_assert_msg(export_model(model, MISFITS_SKIP, path, &problem, &report) == STATUS_OK, "%s", problem.text);
  ck_assert_uint_eq(report.misfits, 1);
  model_drop(model);
  model = import_again(path);
  without = make_model(&shape, NULL);
  ck_assert_str_eq(model_info(model)->digest, model_info(without)->digest);
  model_drop(without);
  model_drop(model);
}
END_TEST

START_TEST(a_pruned_model_is_refused) {
  const struct shape shape = {true, true, false};
  char path[SCRATCH_PATH_MAX];
  struct problem problem;
  struct export_report report;
  struct model *model = make_model(&shape, NULL);
  scratch_path(path, "pruned.bin");
  ck_assert_int_eq(export_model(model, MISFITS_ERROR, path, &problem, &report), STATUS_UNSUPPORTED);
  ck_assert_msg(strstr(problem.text, "pruned"), "%s", problem.text);
  ck_assert_int_ne(access(path, F_OK), 0);
  model_drop(model);
}
END_TEST

/* Of a model that is older than the rule for "</s>" the rows stay, and the rule becomes today's. */
START_TEST(an_old_model_keeps_its_rows) {
  const struct shape shape = {true, false, true};
  char path[SCRATCH_PATH_MAX];
  struct problem problem;
  struct export_report report;
  struct model *model = make_model(&shape, NULL);
  scratch_path(path, "old.bin");
  ck_assert_msg(export_model(model, MISFITS_ERROR, path, &problem, &report) == STATUS_OK, "%s", problem.text);
  struct model *again = import_again(path);
  for (uint32_t row = 0; row < WORDS; row++)
    ck_assert_mem_eq(rows_at(model_rows(again), row), rows_at(model_rows(model), row), DIM * sizeof(float));
  ck_assert(!model_subwords(again)->end_is_word);
  model_drop(again);
  model_drop(model);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/export/form_fasttext", &cases);
  scratch_path(store, "store");
  tcase_add_loop_test(cases, a_model_comes_back_whole, 0, 2);
  tcase_add_test(cases, words_count_the_more_the_earlier_they_come);
  tcase_add_test(cases, a_zero_byte_does_not_fit);
  tcase_add_test(cases, a_pruned_model_is_refused);
  tcase_add_test(cases, an_old_model_keeps_its_rows);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
