/* What importing a large matrix takes of memory that is its own: LMDB keeps whatever a transaction has written there
 * until it is committed, so that one transaction of the whole would cost as much as the matrix. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { ROWS = 40000, DIM = 1100, MATRIX_KIB = ROWS * DIM / 256, OWN_KIB_MOST = 80 << 10 };

/* Anonymous memory of a process in KiB, which a file's pages are not; 0 when it has ended. */
static long own_memory(pid_t pid) {
  char path[64], line[256];
  long kib = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  FILE *status = fopen(path, "r");
  while (status && fgets(line, sizeof line, status))
    if (strncmp(line, "RssAnon:", 8) == 0) kib = strtol(line + 8, NULL, 10);
  if (status) fclose(status);
  return kib;
}

static bool is_running(pid_t pid) {
  siginfo_t info = {0};
  return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

START_TEST(an_import_takes_a_slab_and_not_the_matrix) {
  char store[SCRATCH_PATH_MAX], rows[16], dim[16], path[SCRATCH_PATH_MAX];
  struct stat about;
  scratch_folder(store, "store");
  scratch_path(path, "store/m.mdb");
  snprintf(rows, sizeof rows, "%d", ROWS);
  snprintf(dim, sizeof dim, "%d", DIM);
  const char *arguments[] = {"init", "--store", store, "--name", "m", "--rows", rows, "--dim", dim, "--no-index", NULL};
  pid_t child = process_start(arguments, &(struct process_io){.input = -1});
  long most = 0;
  while (is_running(child)) {
    long now = own_memory(child);
    if (now > most) most = now;
    support_pause();
  }
  ck_assert_int_eq(process_wait(child), 0);
  ck_assert_int_eq(stat(path, &about), 0);
  ck_assert_int_gt(about.st_size >> 10, MATRIX_KIB);
  ck_assert_msg(most > 0 && most < OWN_KIB_MOST, "%ld KiB for a matrix of %d", most, MATRIX_KIB);
  printf("import memory: %ld MiB at most for a matrix of %d MiB\n", most >> 10, MATRIX_KIB >> 10);
}
END_TEST

int main(void) {
  const char *plain = getenv("RELEASE_BINARY"); /* sanitizers keep what was freed */
  if (plain && *plain) setenv("WORDVEC_BINARY", plain, 1);
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("fault/import_memory", &cases);
  tcase_add_test(cases, an_import_takes_a_slab_and_not_the_matrix);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
