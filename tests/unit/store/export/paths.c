/* Where files go. */
#include "store/export/paths.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static const struct {
  enum export_format format;
  const char *path;
  const char *first, *second;
} known[] = {
    {EXPORT_GLOVE, NULL, "m.txt", NULL},
    {EXPORT_WORD2VEC_TEXT, NULL, "m.txt", NULL},
    {EXPORT_WORD2VEC_BINARY, NULL, "m.bin", NULL},
    {EXPORT_FASTTEXT_VEC, NULL, "m.vec", NULL},
    {EXPORT_NPY, NULL, "m.npy", "m.words.txt"},
    {EXPORT_PROJECTOR, NULL, "m.vectors.tsv", "m.metadata.tsv"},
    {EXPORT_GLOVE, "-", "-", NULL},
    {EXPORT_GLOVE, "any name", "any name", NULL},
    {EXPORT_NPY, "a/x.npy", "a/x.npy", "a/x.words.txt"},
    {EXPORT_NPY, "x", "x", "x.words.txt"},
    {EXPORT_NPY, "a.npy/x", "a.npy/x", "a.npy/x.words.txt"},
    {EXPORT_NPY, "a/.npy", "a/.npy", "a/.npy.words.txt"},
    {EXPORT_PROJECTOR, "vectors.tsv", "vectors.tsv", "metadata.tsv"},
    {EXPORT_PROJECTOR, "a/vectors.tsv", "a/vectors.tsv", "a/metadata.tsv"},
    {EXPORT_PROJECTOR, "a/x.vectors.tsv", "a/x.vectors.tsv", "a/x.metadata.tsv"},
    {EXPORT_PROJECTOR, "x.tsv", "x.tsv", "x.metadata.tsv"},
    {EXPORT_PROJECTOR, "x", "x", "x.metadata.tsv"},
};

START_TEST(names_of_files) {
  char paths[EXPORT_FILES_MAX][MODEL_PATH_MAX];
  struct problem problem = {0};
  const struct export_form *form = export_form_of(known[_i].format);
  ck_assert_int_eq(export_paths(form, known[_i].path, "m", &problem, paths), STATUS_OK);
  ck_assert_str_eq(paths[0], known[_i].first);
  ck_assert_uint_eq(form->files, known[_i].second ? 2 : 1);
  if (known[_i].second) ck_assert_str_eq(paths[1], known[_i].second);
}
END_TEST

START_TEST(folders_hold_files_of_the_models_name) {
  char folder[SCRATCH_PATH_MAX], expected[SCRATCH_PATH_MAX + 32], paths[EXPORT_FILES_MAX][MODEL_PATH_MAX];
  struct problem problem = {0};
  scratch_folder(folder, "folder");
  ck_assert_int_eq(export_paths(export_form_of(EXPORT_NPY), folder, "m", &problem, paths), STATUS_OK);
  snprintf(expected, sizeof expected, "%s/m.npy", folder);
  ck_assert_str_eq(paths[0], expected);
  snprintf(expected, sizeof expected, "%s/m.words.txt", folder);
  ck_assert_str_eq(paths[1], expected);
}
END_TEST

START_TEST(impossible_paths_are_refused) {
  char paths[EXPORT_FILES_MAX][MODEL_PATH_MAX], endless[MODEL_PATH_MAX + 8];
  struct problem problem = {0};
  ck_assert_int_eq(export_paths(export_form_of(EXPORT_NPY), "-", "m", &problem, paths), STATUS_BAD_ARGUMENT);
  ck_assert_ptr_nonnull(strstr(problem.text, "2 files"));
  memset(endless, 'x', sizeof endless);
  endless[MODEL_PATH_MAX - 4] = '\0';
  ck_assert_int_eq(export_paths(export_form_of(EXPORT_GLOVE), endless, "m", &problem, paths), STATUS_OK);
  ck_assert_int_eq(export_paths(export_form_of(EXPORT_NPY), endless, "m", &problem, paths), STATUS_LIMIT);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/export/paths", &cases);
  tcase_add_loop_test(cases, names_of_files, 0, (int)(sizeof known / sizeof known[0]));
  tcase_add_test(cases, folders_hold_files_of_the_models_name);
  tcase_add_test(cases, impossible_paths_are_refused);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
