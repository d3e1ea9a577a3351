/* What the process takes: compared with what this test takes on purpose. */
#include "server/usage.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static struct usage_source source;

static void open_source(void) {
  usage_open(&source);
}

static void close_source(void) {
  usage_close(&source);
}

START_TEST(descriptors) {
  enum { MANY = 600 }; /* more than one reading of the folder gives */
  struct usage before, after;
  int opened[MANY];
  usage_read(&source, &before);
  ck_assert_uint_gt(before.descriptors, 2);
  for (size_t i = 0; i < MANY; i++) {
    opened[i] = dup(STDERR_FILENO);
    ck_assert_int_ge(opened[i], 0);
  }
  usage_read(&source, &after);
  ck_assert_uint_eq(after.descriptors, before.descriptors + MANY);
  ck_assert_uint_ge(after.descriptors_most, after.descriptors);
  for (size_t i = 0; i < MANY; i++) close(opened[i]);
  usage_read(&source, &after);
  ck_assert_uint_eq(after.descriptors, before.descriptors);
}
END_TEST

START_TEST(memory_and_faults) {
  enum { LENGTH = 32 << 20 };
  struct usage before, after;
  usage_read(&source, &before);
  ck_assert_uint_gt(before.resident_bytes, 0);
  ck_assert_uint_ge(before.resident_bytes, before.private_bytes);
  ck_assert_uint_ge(before.virtual_bytes, before.resident_bytes);
  char *taken = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ck_assert_ptr_ne(taken, MAP_FAILED);
  memset(taken, 1, LENGTH);
  usage_read(&source, &after);
  ck_assert_uint_ge(after.virtual_bytes, before.virtual_bytes + LENGTH);
  ck_assert_uint_ge(after.resident_bytes, before.resident_bytes + LENGTH / 2);
  ck_assert_uint_ge(after.private_bytes, before.private_bytes + LENGTH / 2);
  ck_assert_uint_gt(after.minor_faults, before.minor_faults);
  ck_assert_uint_ge(after.processor_microseconds, before.processor_microseconds);
  munmap(taken, LENGTH);
}
END_TEST

START_TEST(the_start) {
  struct usage usage;
  double now = (double)time(NULL);
  usage_read(&source, &usage);
  ck_assert_double_le(usage.started, now + 2);
  ck_assert_double_ge(usage.started, now - 600);
}
END_TEST

/* As where /proc is not mounted: what is not known is 0, and the rest is there. */
START_TEST(without_its_files) {
  struct usage usage;
  usage_close(&source);
  usage_read(&source, &usage);
  ck_assert_uint_eq(usage.resident_bytes, 0);
  ck_assert_uint_eq(usage.descriptors, 0);
  ck_assert_uint_gt(usage.descriptors_most, 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/usage");
  TCase *tcase = tcase_create("usage");
  tcase_add_checked_fixture(tcase, open_source, close_source);
  tcase_add_test(tcase, descriptors);
  tcase_add_test(tcase, memory_and_faults);
  tcase_add_test(tcase, the_start);
  tcase_add_test(tcase, without_its_files);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
