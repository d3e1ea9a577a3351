/* The writer's other outcomes: what exists, what is busy, what was left behind, what no row can be. */
#include "store/matrix/writer.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static const struct writer_origin origin = {.source = "-", .source_format = "glove"};
static const float two[2] = {1, 2};

static struct word word_of(const char *text) {
  return (struct word){text, strlen(text)};
}

static enum status open_writer(const char *store, bool replace, struct problem *problem, struct writer **writer) {
  return writer_open(store, "m", replace, problem, writer);
}

static void add(struct writer *writer, const char *word) {
  uint32_t row;
  ck_assert_int_eq(writer_add(writer, word_of(word), two, 2, NULL, &row), STATUS_OK);
}

static void finish(struct writer *writer) {
  uint64_t size = 0;
  char digest[33];
  struct problem problem = {0};
  ck_assert_msg(writer_finish(writer, &origin, 1, &problem, &size, digest) == STATUS_OK, "%s", problem.text);
  ck_assert_uint_gt(size, 0);
  writer_close(writer);
}

/* How many entries the folder has, hidden ones too. */
static int entries(const char *folder) {
  DIR *open = opendir(folder);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(open));)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) count++;
  closedir(open);
  return count;
}

START_TEST(an_existing_model_needs_replace) {
  char store[SCRATCH_PATH_MAX];
  struct writer *writer = NULL;
  struct problem problem = {0};
  scratch_path(store, "exists");
  ck_assert_int_eq(open_writer(store, false, &problem, &writer), STATUS_OK);
  add(writer, "a");
  finish(writer);
  ck_assert_int_eq(open_writer(store, false, &problem, &writer), STATUS_EXISTS);
  ck_assert_ptr_nonnull(strstr(problem.text, "--force"));
  ck_assert_int_eq(open_writer(store, true, &problem, &writer), STATUS_OK);
  add(writer, "b");
  finish(writer);
  ck_assert_int_eq(entries(store), 1);
}
END_TEST

START_TEST(the_second_import_of_a_name_is_told_so) {
  char store[SCRATCH_PATH_MAX];
  struct writer *first = NULL, *second = NULL;
  struct problem problem = {0};
  scratch_path(store, "busy");
  ck_assert_int_eq(open_writer(store, false, &problem, &first), STATUS_OK);
  add(first, "a");
  ck_assert_int_eq(open_writer(store, false, &problem, &second), STATUS_BUSY);
  ck_assert_ptr_nonnull(strstr(problem.text, "another import"));
  ck_assert_int_eq(writer_open(store, "other", false, &problem, &second), STATUS_OK);
  writer_close(second);
  finish(first);
  ck_assert_int_eq(entries(store), 1);
}
END_TEST

START_TEST(an_abandoned_import_leaves_nothing) {
  char store[SCRATCH_PATH_MAX];
  struct writer *writer = NULL;
  struct problem problem = {0};
  scratch_path(store, "abandoned");
  ck_assert_int_eq(open_writer(store, false, &problem, &writer), STATUS_OK);
  add(writer, "a");
  writer_close(writer);
  ck_assert_int_eq(entries(store), 0);
}
END_TEST

START_TEST(leftovers_of_killed_imports_are_swept) {
  char store[SCRATCH_PATH_MAX], dead[SCRATCH_PATH_MAX], alive[SCRATCH_PATH_MAX], file[SCRATCH_PATH_MAX];
  struct writer *writer = NULL;
  struct problem problem = {0};
  scratch_folder(store, "swept");
  scratch_path(dead, "swept/.dead.mdb.part");
  scratch_path(alive, "swept/.alive.mdb.part");
  scratch_path(file, "swept/.something-else");
  scratch_write(dead, "x", 1);
  scratch_write(alive, "x", 1);
  scratch_write(file, "x", 1);
  int held = open(alive, O_RDWR);
  ck_assert_int_eq(flock(held, LOCK_EX), 0);
  ck_assert_int_eq(open_writer(store, false, &problem, &writer), STATUS_OK);
  writer_close(writer);
  ck_assert_int_ne(access(dead, F_OK), 0);
  ck_assert_int_eq(access(alive, F_OK), 0);
  ck_assert_int_eq(access(file, F_OK), 0);
  close(held);
}
END_TEST

START_TEST(a_link_in_the_place_of_the_part_is_not_followed) {
  char store[SCRATCH_PATH_MAX], link[SCRATCH_PATH_MAX], target[SCRATCH_PATH_MAX];
  struct writer *writer = NULL;
  struct problem problem = {0};
  size_t length;
  scratch_folder(store, "linked");
  scratch_path(link, "linked/.m.mdb.part");
  scratch_path(target, "linked/precious");
  scratch_write(target, "kept", 4);
  ck_assert_int_eq(symlink(target, link), 0);
  ck_assert_int_eq(open_writer(store, false, &problem, &writer), STATUS_IO);
  ck_assert_ptr_nonnull(strstr(problem.text, ".m.mdb.part"));
  char *bytes = scratch_read(target, &length);
  ck_assert_uint_eq(length, 4);
  free(bytes);
}
END_TEST

START_TEST(a_write_that_falls_short_is_explained) {
  char store[SCRATCH_PATH_MAX], digest[33];
  struct writer *writer = NULL;
  struct problem problem = {0};
  uint64_t size;
  struct rlimit limit = {.rlim_cur = 40960, .rlim_max = RLIM_INFINITY};
  scratch_path(store, "short-write");
  ck_assert_int_eq(open_writer(store, false, &problem, &writer), STATUS_OK);
  add(writer, "a");
  signal(SIGXFSZ, SIG_IGN);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  enum status status = writer_finish(writer, &origin, 1, &problem, &size, digest);
  limit.rlim_cur = RLIM_INFINITY;
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  ck_assert_int_ne(status, STATUS_OK);
  ck_assert_msg(strstr(problem.text, "limit") || strstr(problem.text, "too large"), "%s", problem.text);
  writer_close(writer);
  ck_assert_int_eq(entries(store), 0);
}
END_TEST

START_TEST(a_word_is_added_once) {
  char store[SCRATCH_PATH_MAX];
  struct writer *writer = NULL;
  uint32_t row = 9;
  scratch_path(store, "twice");
  ck_assert_int_eq(open_writer(store, false, NULL, &writer), STATUS_OK);
  add(writer, "a");
  add(writer, "");
  ck_assert_int_eq(writer_add(writer, word_of(""), two, 2, NULL, &row), STATUS_EXISTS);
  ck_assert_uint_eq(row, 1);
  ck_assert_int_eq(writer_add(writer, word_of("b"), two, 2, NULL, &row), STATUS_OK);
  ck_assert_uint_eq(row, 2);
  finish(writer);
}
END_TEST

START_TEST(impossible_rows_are_refused) {
  char store[SCRATCH_PATH_MAX];
  struct writer *writer = NULL;
  struct problem problem = {0};
  const float not_finite[2] = {1, INFINITY}, not_a_number[2] = {NAN, 1};
  char *longest = calloc(WORD_LENGTH_MAX + 1, 1);
  uint32_t row;
  scratch_path(store, "impossible");
  ck_assert_int_eq(open_writer(store, false, &problem, &writer), STATUS_OK);
  ck_assert_int_eq(writer_add(writer, word_of("a"), two, 0, &problem, &row), STATUS_LIMIT);
  ck_assert_int_eq(writer_add(writer, word_of("a"), two, MODEL_DIM_MAX + 1, &problem, &row), STATUS_LIMIT);
  add(writer, "first");
  ck_assert_int_eq(writer_add(writer, word_of("a"), two, 1, &problem, &row), STATUS_BAD_ARGUMENT);
  ck_assert_int_eq(writer_add(writer, word_of("a"), not_finite, 2, &problem, &row), STATUS_BAD_ARGUMENT);
  ck_assert_int_eq(writer_add(writer, word_of("a"), not_a_number, 2, &problem, &row), STATUS_BAD_ARGUMENT);
  struct word word = {longest, WORD_LENGTH_MAX + 1};
  ck_assert_int_eq(writer_add(writer, word, two, 2, &problem, &row), STATUS_BAD_ARGUMENT);
  word.length = WORD_LENGTH_MAX;
  ck_assert_int_eq(writer_add(writer, word, two, 2, &problem, &row), STATUS_OK);
  free(longest);
  finish(writer);
}
END_TEST

START_TEST(a_model_needs_a_row_and_a_name_and_a_folder) {
  char store[SCRATCH_PATH_MAX], digest[33];
  struct writer *writer = NULL;
  struct problem problem = {0};
  uint64_t size;
  scratch_path(store, "no-rows");
  ck_assert_int_eq(open_writer(store, false, &problem, &writer), STATUS_OK);
  ck_assert_int_eq(writer_finish(writer, &origin, 1, &problem, &size, digest), STATUS_BAD_MATRIX);
  writer_close(writer);
  ck_assert_int_eq(entries(store), 0);
  ck_assert_int_eq(writer_open(store, "../m", false, &problem, &writer), STATUS_BAD_ARGUMENT);
  scratch_path(store, "no/such/parent");
  ck_assert_int_eq(open_writer(store, false, &problem, &writer), STATUS_NOT_FOUND);
  ck_assert_ptr_nonnull(strstr(problem.text, "no/such/parent"));
  char *endless = malloc(5000);
  memset(endless, 'd', 4999);
  endless[4999] = 0;
  ck_assert_int_eq(open_writer(endless, false, &problem, &writer), STATUS_LIMIT);
  free(endless);
}
END_TEST

START_TEST(a_store_that_is_a_file_is_named) {
  char store[SCRATCH_PATH_MAX];
  struct writer *writer = NULL;
  struct problem problem = {0};
  scratch_path(store, "a-file");
  scratch_write(store, "x", 1);
  ck_assert_int_eq(open_writer(store, false, &problem, &writer), STATUS_IO);
  ck_assert_ptr_nonnull(strstr(problem.text, "a-file"));
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/writer", &cases);
  tcase_add_test(cases, an_existing_model_needs_replace);
  tcase_add_test(cases, the_second_import_of_a_name_is_told_so);
  tcase_add_test(cases, an_abandoned_import_leaves_nothing);
  tcase_add_test(cases, leftovers_of_killed_imports_are_swept);
  tcase_add_test(cases, a_link_in_the_place_of_the_part_is_not_followed);
  tcase_add_test(cases, a_write_that_falls_short_is_explained);
  tcase_add_test(cases, a_word_is_added_once);
  tcase_add_test(cases, impossible_rows_are_refused);
  tcase_add_test(cases, a_model_needs_a_row_and_a_name_and_a_folder);
  tcase_add_test(cases, a_store_that_is_a_file_is_named);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
