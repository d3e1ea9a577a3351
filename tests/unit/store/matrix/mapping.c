/* Maps of files that are lost while they are read. */
#include "store/matrix/mapping.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/effort.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { PAGE = 4096, PAGES = 16, TAIL = 40, LENGTH = PAGES * PAGE + TAIL, MAPS = 40 };

/* A file of bytes that are not 0. */
static int make_file(const char *name) {
  char path[SCRATCH_PATH_MAX];
  char bytes[LENGTH];
  scratch_path(path, "%s", name);
  memset(bytes, 'x', sizeof bytes);
  scratch_write(path, bytes, sizeof bytes);
  return open(path, O_RDWR | O_CLOEXEC);
}

static struct mapping *map(int fd) {
  struct mapping *mapping = NULL;
  struct problem problem = {0};
  ck_assert_msg(mapping_open(fd, LENGTH, "file", &problem, &mapping) == STATUS_OK, "%s", problem.text);
  return mapping;
}

static unsigned char byte_at(const struct mapping *mapping, size_t at) {
  return *(const volatile unsigned char *)(mapping_data(mapping) + at);
}

START_TEST(a_file_reads_as_it_is) {
  int fd = make_file("whole");
  struct mapping *mapping = map(fd);
  close(fd);
  for (size_t i = 0; i < LENGTH; i++) ck_assert_int_eq(byte_at(mapping, i), 'x');
  ck_assert(!mapping_lost(mapping));
  mapping_close(mapping);
  mapping_close(NULL);
}
END_TEST

/* Where a file is cut: none of its bytes may be left as they were without mapping_lost() knowing. */
static const off_t cuts[] = {0,           1,          100,       PAGE, PAGE + 7, LENGTH / 2, PAGES *PAGE - 1,
                             PAGES *PAGE, LENGTH - 8, LENGTH - 1};

START_TEST(a_cut_file_reads_as_zeros_and_is_lost) {
  if (!effort_mends_faults()) return;
  off_t cut = cuts[_i];
  int fd = make_file("cut");
  struct mapping *mapping = map(fd), *other = map(fd);
  ck_assert_int_eq(byte_at(mapping, 0), 'x');
  ck_assert_int_eq(ftruncate(fd, cut), 0);
  for (size_t i = 0; i < LENGTH; i += 101) ck_assert(byte_at(mapping, i) == 0 || (off_t)i < cut);
  ck_assert(mapping_lost(mapping));
  ck_assert_msg(mapping_lost(other), "asking is enough: nothing need have been read");
  /* A file that has grown again is not the one that was mapped. */
  if (cut < PAGES * PAGE) {
    ck_assert_int_eq(ftruncate(fd, LENGTH), 0);
    ck_assert(mapping_lost(mapping));
    ck_assert(mapping_lost(other));
  }
  mapping_close(mapping);
  mapping_close(other);
  close(fd);
}
END_TEST

START_TEST(others_are_not_touched) {
  if (!effort_mends_faults()) return;
  int fds[MAPS];
  struct mapping *maps[MAPS];
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < MAPS; i++) {
      char name[] = {'m', (char)('A' + i), 0};
      fds[i] = make_file(name);
      maps[i] = map(fds[i]);
    }
    for (int i = 0; i < MAPS; i += 3) ck_assert_int_eq(ftruncate(fds[i], PAGE), 0);
    for (int i = 0; i < MAPS; i += 3) ck_assert_int_eq(byte_at(maps[i], 5 * PAGE), 0);
    for (int i = 0; i < MAPS; i++) {
      ck_assert_int_eq(mapping_lost(maps[i]), i % 3 == 0);
      ck_assert_int_eq(byte_at(maps[i], 5 * PAGE), i % 3 == 0 ? 0 : 'x');
    }
    for (int i = 0; i < MAPS; i++) {
      mapping_close(maps[i]);
      close(fds[i]);
    }
  }
}
END_TEST

START_TEST(a_shorter_file_is_refused) {
  int fd = make_file("short");
  struct mapping *mapping = NULL;
  struct problem problem = {0};
  ck_assert_int_eq(mapping_open(fd, LENGTH + 8, "the file", &problem, &mapping), STATUS_DAMAGED);
  ck_assert_ptr_nonnull(strstr(problem.text, "the file"));
  close(fd);
  ck_assert_int_eq(mapping_open(fd, LENGTH, "the file", &problem, &mapping), STATUS_IO);
  ck_assert_ptr_null(mapping);
}
END_TEST

/* How a child ends that does this beside a map. */
static int end_of(void act(void)) {
  pid_t child = fork();
  if (child == 0) {
    int fd = make_file("beside");
    close(STDERR_FILENO); /* sanitizers have much to say to it */
    struct mapping *mapping = map(fd);
    act();
    _exit(mapping_lost(mapping) ? 7 : 0);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  return status;
}

static void read_behind_a_file_of_its_own(void) {
  int fd = make_file("own");
  const volatile char *plain = mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, fd, 0);
  if (ftruncate(fd, 0) != 0 || plain[PAGE] == 0) _exit(0);
}

static void receive_the_signal(void) {
  raise(SIGBUS);
}

START_TEST(what_is_no_map_of_ours_still_ends_the_process) {
  if (!effort_mends_faults()) return;
  ck_assert_int_ne(end_of(read_behind_a_file_of_its_own), 0);
  ck_assert_int_ne(end_of(receive_the_signal), 0);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/mapping", &cases);
  tcase_add_test(cases, a_file_reads_as_it_is);
  tcase_add_loop_test(cases, a_cut_file_reads_as_zeros_and_is_lost, 0, (int)(sizeof cuts / sizeof cuts[0]));
  tcase_add_test(cases, others_are_not_touched);
  tcase_add_test(cases, a_shorter_file_is_refused);
  tcase_add_test(cases, what_is_no_map_of_ours_still_ends_the_process);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
