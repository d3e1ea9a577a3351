/* Growing unnamed files: new bytes are zero, old ones stay, and no name is left. */
#include "store/matrix/spill.h"

#include <check.h>
#include <dirent.h>
#include <string.h>

#include "tests/support/scratch.h"
#include "tests/support/suite.h"

START_TEST(growth_keeps_what_is_there) {
  char folder[SCRATCH_PATH_MAX];
  struct spill spill = SPILL_NONE;
  scratch_folder(folder, "spill");
  size_t size = 1;
  for (; size < 5 << 20; size = size * 3 + 1) {
    size_t before = spill.size;
    ck_assert_int_eq(spill_grow(&spill, folder, size, NULL), STATUS_OK);
    ck_assert_uint_ge(spill.size, size);
    for (size_t i = 0; i < before; i += 1000) ck_assert_uint_eq(spill.data[i], i / 1000 % 251 + 1);
    size_t zeros = 0;
    for (size_t i = before; i < spill.size; i++) zeros += spill.data[i] == 0;
    ck_assert_uint_eq(zeros, spill.size - before);
    for (size_t i = 0; i < spill.size; i += 1000) spill.data[i] = (unsigned char)(i / 1000 % 251 + 1);
  }
  DIR *open = opendir(folder);
  for (struct dirent *entry; (entry = readdir(open));) ck_assert_int_eq(entry->d_name[strspn(entry->d_name, ".")], 0);
  closedir(open);
  spill_release(&spill);
  ck_assert_ptr_null(spill.data);
  spill_release(&spill);
}
END_TEST

START_TEST(more_than_the_disk_has_is_an_error) {
  char folder[SCRATCH_PATH_MAX];
  struct spill spill = SPILL_NONE;
  struct problem problem = {0};
  scratch_folder(folder, "full");
  ck_assert_int_ne(spill_grow(&spill, folder, (size_t)1 << 60, &problem), STATUS_OK);
  ck_assert_ptr_nonnull(strstr(problem.text, folder));
  spill_release(&spill);
  ck_assert_int_eq(spill_grow(&spill, "/no-such-folder", 1, &problem), STATUS_NOT_FOUND);
  ck_assert_ptr_nonnull(strstr(problem.text, "/no-such-folder"));
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/spill", &cases);
  tcase_add_test(cases, growth_keeps_what_is_there);
  tcase_add_test(cases, more_than_the_disk_has_is_an_error);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
