/* The names of models, formats and skips. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/import/import.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

START_TEST(names_a_model_after_its_file) {
  static const struct {
    const char *path, *name;
  } cases[] = {{"glove.6B.50d.txt", "glove.6B.50d"},
               {"/data/wiki.en.vec.gz", "wiki.en"},
               {"GoogleNews-vectors-negative300.bin.gz", "GoogleNews-vectors-negative300"},
               {"a/b/crawl-300d-2M.vec.zip", "crawl-300d-2M"},
               {"x.ftz", "x"},
               {"x.npy", "x"},
               {"x.npz", "x"},
               {"x.bin.txt.gz.zip", "x"},
               {"x.tar", "x.tar"},
               {"plain", "plain"},
               {"not-there.zip:deep/glove.50d.txt", "glove.50d"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char name[MODEL_NAME_MAX + 1];
    struct problem problem;
    ck_assert_msg(import_name_of(cases[i].path, &problem, name) == STATUS_OK, "%s", cases[i].path);
    ck_assert_str_eq(name, cases[i].name);
  }
}
END_TEST

START_TEST(names_a_model_after_the_member) {
  char path[SCRATCH_PATH_MAX], member[2 * SCRATCH_PATH_MAX], name[MODEL_NAME_MAX + 1];
  struct problem problem;
  scratch_path(path, "archive.zip");
  scratch_write(path, "PK", 2);
  snprintf(member, sizeof member, "%s:deep/glove.50d.txt", path);
  ck_assert_int_eq(import_name_of(member, &problem, name), STATUS_OK);
  ck_assert_str_eq(name, "glove.50d");
  ck_assert_int_eq(import_name_of(path, &problem, name), STATUS_OK);
  ck_assert_str_eq(name, "archive");
}
END_TEST

START_TEST(refuses_what_names_no_model) {
  static const char *const paths[] = {"-", "my vectors.txt", ".txt",   ".hidden", "caf\xC3\xA9.txt",
                                      "",  "folder/",        "a:b.txt"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    char name[MODEL_NAME_MAX + 1] = "untouched";
    struct problem problem;
    ck_assert_msg(import_name_of(paths[i], &problem, name) == STATUS_BAD_ARGUMENT, "%s", paths[i]);
    ck_assert_str_eq(name, "untouched");
    ck_assert_int_eq(problem.status, STATUS_BAD_ARGUMENT);
    if (*paths[i]) ck_assert_msg(strstr(problem.text, "--name") != NULL, "%s", problem.text);
  }
  char spoilt[MODEL_NAME_MAX + 1];
  struct problem steering;
  ck_assert_int_eq(import_name_of("a\n\x1B[31mb.txt", &steering, spoilt), STATUS_BAD_ARGUMENT);
  ck_assert_msg(strstr(steering.text, "\"a\\x0A\\x1B[31mb\"") != NULL, "%s", steering.text);
  char longest[MODEL_NAME_MAX + 6], name[MODEL_NAME_MAX + 1];
  struct problem problem;
  memset(longest, 'n', sizeof longest);
  memcpy(longest + MODEL_NAME_MAX, ".txt", 5);
  ck_assert_int_eq(import_name_of(longest, &problem, name), STATUS_OK);
  memcpy(longest + MODEL_NAME_MAX, "n.txt", 6);
  ck_assert_int_eq(import_name_of(longest, &problem, name), STATUS_BAD_ARGUMENT);
}
END_TEST

START_TEST(names_formats) {
  ck_assert_str_eq(import_format_names[IMPORT_AUTO], "auto");
  ck_assert_str_eq(import_format_names[IMPORT_WORD2VEC_BINARY], "word2vec-binary");
  ck_assert_ptr_null(import_format_names[IMPORT_FORMATS]);
}
END_TEST

START_TEST(names_skips) {
  ck_assert_str_eq(skip_name(SKIP_DUPLICATE), "duplicate");
  ck_assert_str_eq(skip_name(SKIP_CUT_SHORT), "cut_short");
  ck_assert_str_eq(skip_name(SKIP_NOT_FINITE), "not_finite");
  ck_assert_str_eq(skip_name(SKIP_ENCODING), "encoding");
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/import/import_names", &tcase);
  scratch_open();
  tcase_add_test(tcase, names_a_model_after_its_file);
  tcase_add_test(tcase, names_a_model_after_the_member);
  tcase_add_test(tcase, refuses_what_names_no_model);
  tcase_add_test(tcase, names_formats);
  tcase_add_test(tcase, names_skips);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
