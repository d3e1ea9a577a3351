/* Models of random rows: the numbers that a second implementation gives, their words, and what cannot be made. */
#include "store/import/init.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/matrix/verify.h"
#include "tests/support/effort.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static char store[SCRATCH_PATH_MAX];

static struct init_options options_of(uint64_t rows, uint32_t dim, uint64_t seed) {
  return (struct init_options){.store = store,
                               .name = "m",
                               .rows = rows,
                               .dim = dim,
                               .seed = seed,
                               .first = -0.05,
                               .second = 0.05,
                               .replace = true,
                               .threads = 2};
}

static struct model *make(const struct init_options *options, struct import_report *report) {
  struct problem problem = {0};
  struct model *model;
  ck_assert_msg(init_run(options, &problem, report) == STATUS_OK, "%s", problem.text);
  ck_assert_msg(model_open(report->path, 1, &problem, &model) == STATUS_OK, "%s", problem.text);
  ck_assert_msg(verify_model(model, &(struct verify_options){.threads = 1}, &problem) == STATUS_OK, "%s", problem.text);
  return model;
}

static void expect_bits(const struct model *model, const uint32_t *bits, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t dim = model_rows(model)->dim, found;
    memcpy(&found, &rows_at(model_rows(model), (uint32_t)(i / dim))[i % dim], sizeof found);
    ck_assert_msg(found == bits[i], "number %zu is %08x and not %08x", i, found, bits[i]);
  }
}

/* By a program of twenty lines of Python, with the C library's logarithm. */
START_TEST(numbers_are_those_of_the_seed) {
  static const uint32_t uniform[] = {0x3ca63bcb, 0x3b05eef5, 0x3bf2d45e, 0xbc320c17,
                                     0x3ca18750, 0xbd11fe2e, 0xbd2fb32b, 0xbc42aadb};
  static const uint32_t normal[] = {0x3ea30b40, 0x3ee4f780, 0x3f0e2f11, 0x3f217517,
                                    0x3f1db515, 0x3f2f6c33, 0x3f5e7adf, 0x3f1e20eb};
  struct import_report report;
  struct init_options options = options_of(4, 2, 1);
  struct model *model = make(&options, &report);
  expect_bits(model, uniform, 8);
  ck_assert_str_eq(model_info(model)->source, "seed 1, uniform -0.05,0.05");
  ck_assert_str_eq(model_info(model)->source_format, "random");
  model_drop(model);
  options = options_of(2, 4, 42);
  options.distribution = INIT_NORMAL;
  options.first = 0.5;
  options.second = 0.25;
  model = make(&options, &report);
  expect_bits(model, normal, 8);
  ck_assert_str_eq(model_info(model)->source, "seed 42, normal 0.5,0.25");
  model_drop(model);
}
END_TEST

START_TEST(more_rows_begin_with_the_same) {
  struct import_report report;
  struct init_options options = options_of(300, 7, 3);
  struct model *few = make(&options, &report);
  options.rows = 900;
  struct model *many = make(&options, &report);
  ck_assert_uint_eq(model_rows(many)->count, 900);
  for (uint32_t row = 0; row < 300; row++)
    ck_assert_mem_eq(rows_at(model_rows(few), row), rows_at(model_rows(many), row), 7 * sizeof(float));
  ck_assert(memcmp(rows_at(model_rows(many), 0), rows_at(model_rows(many), 300), 7 * sizeof(float)) != 0);
  model_drop(few);
  model_drop(many);
}
END_TEST

START_TEST(numbers_stay_within_their_bounds) {
  struct import_report report;
  struct init_options options = options_of(200, 50, 8);
  struct model *model = make(&options, &report);
  for (uint32_t row = 0; row < 200; row++)
    for (uint32_t i = 0; i < 50; i++) ck_assert(fabsf(rows_at(model_rows(model), row)[i]) <= 0.05f);
  model_drop(model);
  options.first = -FLT_MAX;
  options.second = FLT_MAX;
  model_drop(make(&options, &report));
  options.distribution = INIT_NORMAL;
  options.first = 3;
  options.second = 0;
  model = make(&options, &report);
  ck_assert(rows_at(model_rows(model), 199)[49] == 3);
  model_drop(model);
}
END_TEST

static void expect_word(const struct model *model, uint32_t row, const char *expected) {
  struct word word = vocabulary_word(model_vocabulary(model), row);
  ck_assert_msg(word.length == strlen(expected) && memcmp(word.bytes, expected, word.length) == 0, "row %u", row);
}

START_TEST(words_are_numbers_or_those_of_a_list) {
  static const char list[] = "cat\n\nat name@domain.com\r\n\xFF\nlast";
  char path[SCRATCH_PATH_MAX];
  struct import_report report;
  struct init_options options = options_of(12, 3, 0);
  struct model *model = make(&options, &report);
  expect_word(model, 0, "0");
  expect_word(model, 11, "11");
  model_drop(model);
  scratch_path(path, "list");
  scratch_write(path, list, sizeof list - 1);
  options.words = path;
  options.rows = 0;
  model = make(&options, &report);
  ck_assert_uint_eq(report.rows, 5);
  static const char *const expected[] = {"cat", "", "at name@domain.com", "\xFF", "last"};
  for (uint32_t row = 0; row < 5; row++) expect_word(model, row, expected[row]);
  model_drop(model);
  options.rows = 2;
  model = make(&options, &report);
  ck_assert_uint_eq(report.rows, 2);
  model_drop(model);
}
END_TEST

START_TEST(what_searches_need_is_made_as_by_an_import) {
  struct import_report report;
  struct init_options options = options_of((uint64_t)effort(1200) + 100, 8, 4);
  options.graph_rows = 100;
  struct model *model = make(&options, &report);
  ck_assert(report.graph.made);
  ck_assert_ptr_nonnull(model_graph(model));
  model_drop(model);
  options.no_index = true;
  model = make(&options, &report);
  ck_assert(!report.graph.made);
  ck_assert_ptr_null(model_graph(model));
  model_drop(model);
}
END_TEST

static enum status refused(const struct init_options *options, const char *says, uint64_t position) {
  struct problem problem = {0};
  struct import_report report;
  char path[SCRATCH_PATH_MAX + 16];
  snprintf(path, sizeof path, "%s/m.mdb", store);
  unlink(path);
  enum status status = init_run(options, &problem, &report);
  ck_assert_msg(strstr(problem.text, says) != NULL, "%s", problem.text);
  ck_assert_uint_eq(problem.position, position);
  ck_assert_int_ne(access(path, F_OK), 0);
  return status;
}

START_TEST(what_cannot_be_made_is_said) {
  char path[SCRATCH_PATH_MAX];
  struct init_options options = options_of(10, 0, 0);
  ck_assert_int_eq(refused(&options, "1 to 65536 numbers", 0), STATUS_BAD_ARGUMENT);
  options = options_of(0, 3, 0);
  ck_assert_int_eq(refused(&options, "how many rows", 0), STATUS_BAD_ARGUMENT);
  options = options_of(MODEL_ROWS_MAX + 1ull, 3, 0);
  ck_assert_int_eq(refused(&options, "4294967294 rows", 0), STATUS_BAD_ARGUMENT);
  static const struct {
    enum init_distribution distribution;
    double first, second;
  } bounds[] = {{INIT_UNIFORM, 1, 1},    {INIT_UNIFORM, 1, -1}, {INIT_UNIFORM, NAN, 1}, {INIT_UNIFORM, -1e39, 1},
                {INIT_UNIFORM, 0, 1e39}, {INIT_NORMAL, 0, -1},  {INIT_NORMAL, 1e39, 1}, {INIT_NORMAL, 0, 3e37}};
  for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
    options = options_of(10, 3, 0);
    options.distribution = bounds[i].distribution;
    options.first = bounds[i].first;
    options.second = bounds[i].second;
    ck_assert_int_eq(refused(&options, "float32 numbers", 0), STATUS_BAD_ARGUMENT);
  }
  options = options_of(4, 3, 0);
  scratch_path(path, "twice");
  scratch_write(path, "cat\ndog\ncat\n", 12);
  options.words = path;
  ck_assert_int_eq(refused(&options, "has 3 words, but 4 rows", 0), STATUS_BAD_MATRIX);
  options.rows = 0;
  ck_assert_int_eq(refused(&options, "twice: line 3: \"cat\" is in line 1 already", 3), STATUS_BAD_MATRIX);
  scratch_write(path, "", 0);
  ck_assert_int_eq(refused(&options, "has 0 words", 0), STATUS_BAD_MATRIX);
  options.words = "-";
  ck_assert_int_eq(refused(&options, "in a file", 0), STATUS_BAD_ARGUMENT);
  options.words = "/no-such-list";
  ck_assert_int_eq(refused(&options, "no-such-list", 0), STATUS_NOT_FOUND);
  options = options_of(4, 3, 0);
  options.name = "../m";
  ck_assert_int_eq(refused(&options, "names no model", 0), STATUS_BAD_ARGUMENT);
}
END_TEST

int main(void) {
  scratch_open();
  scratch_folder(store, "store");
  TCase *cases;
  Suite *suite = suite_of("store/import/init", &cases);
  tcase_add_test(cases, numbers_are_those_of_the_seed);
  tcase_add_test(cases, more_rows_begin_with_the_same);
  tcase_add_test(cases, numbers_stay_within_their_bounds);
  tcase_add_test(cases, words_are_numbers_or_those_of_a_list);
  tcase_add_test(cases, what_searches_need_is_made_as_by_an_import);
  tcase_add_test(cases, what_cannot_be_made_is_said);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
