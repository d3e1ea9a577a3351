/* The trailer: every changed byte and every other length of a file is noticed. */
#include "store/matrix/checksum.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/scratch.h"
#include "tests/support/suite.h"

/* A file of `covered` bytes with a trailer; its path in `path`, its whole size returned. */
static uint64_t make_file(char path[SCRATCH_PATH_MAX], size_t covered) {
  scratch_path(path, "sums-%zu", covered);
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(ftruncate(fd, (off_t)covered), 0);
  unsigned char page[4096];
  for (size_t i = 0; i < sizeof page; i++) page[i] = (unsigned char)(i * 31);
  ck_assert_int_eq(pwrite(fd, page, sizeof page, 0), sizeof page);
  uint64_t size = 0;
  ck_assert_int_eq(checksum_append(fd, covered, 2, path, NULL, &size), STATUS_OK);
  close(fd);
  return size;
}

static enum status verify(const char *path, unsigned threads, struct problem *problem) {
  uint64_t covered = 0;
  int fd = open(path, O_RDONLY);
  ck_assert_int_ge(fd, 0);
  enum status status = checksum_verify(fd, threads, path, problem, &covered);
  close(fd);
  return status;
}

static void flip(const char *path, uint64_t offset) {
  unsigned char byte;
  int fd = open(path, O_RDWR);
  ck_assert_int_eq(pread(fd, &byte, 1, (off_t)offset), 1);
  byte ^= 0x10;
  ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)offset), 1);
  close(fd);
}

START_TEST(every_flipped_byte_of_a_small_file_is_noticed) {
  char path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  uint64_t size = make_file(path, 8192);
  ck_assert_uint_eq(size, 8192 + 8 + 32);
  ck_assert_int_eq(verify(path, 1, &problem), STATUS_OK);
  for (uint64_t offset = 0; offset < size; offset++) {
    flip(path, offset);
    ck_assert_msg(verify(path, 1, &problem) != STATUS_OK, "byte %llu", (unsigned long long)offset);
    flip(path, offset);
  }
  ck_assert_int_eq(verify(path, 3, &problem), STATUS_OK);
}
END_TEST

START_TEST(every_other_length_is_noticed) {
  char path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  uint64_t size = make_file(path, 4096);
  ck_assert_int_eq(truncate(path, (off_t)size + 1), 0);
  ck_assert_int_ne(verify(path, 1, &problem), STATUS_OK);
  for (uint64_t cut = size; cut-- > 0;) {
    ck_assert_int_eq(truncate(path, (off_t)cut), 0);
    ck_assert_msg(verify(path, 1, &problem) != STATUS_OK, "cut to %llu", (unsigned long long)cut);
  }
}
END_TEST

START_TEST(blocks_are_summed_in_parallel_and_named) {
  char path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  const uint64_t block = 64 << 20;
  uint64_t size = make_file(path, 2 * block + 4096); /* mostly a hole */
  ck_assert_uint_eq(size, 2 * block + 4096 + 3 * 8 + 32);
  for (unsigned threads = 1; threads < 6; threads += 2) ck_assert_int_eq(verify(path, threads, &problem), STATUS_OK);
  flip(path, block + 12345);
  ck_assert_int_eq(verify(path, 2, &problem), STATUS_DAMAGED);
  ck_assert_uint_eq(problem.position, block);
  ck_assert_ptr_nonnull(strstr(problem.text, path));
}
END_TEST

/* What a file is when it is not ours. */
START_TEST(foreign_files_are_told_from_damaged_ones) {
  char path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  unsigned char page[4096] = {0};
  scratch_path(path, "foreign");
  scratch_write(path, "", 0);
  ck_assert_int_eq(verify(path, 1, &problem), STATUS_FOREIGN);
  ck_assert_ptr_nonnull(strstr(problem.text, "empty"));
  scratch_write(path, "the 0.1 0.2\n", 12);
  ck_assert_int_eq(verify(path, 1, &problem), STATUS_FOREIGN);
  memcpy(page + 16, "\xDE\xC0\xEF\xBE", 4); /* LMDB's magic, little-endian */
  scratch_write(path, page, sizeof page);
  ck_assert_int_eq(verify(path, 1, &problem), STATUS_DAMAGED);
  memcpy(page + 16, "\xBE\xEF\xC0\xDE", 4);
  scratch_write(path, page, sizeof page);
  ck_assert_int_eq(verify(path, 1, &problem), STATUS_UNSUPPORTED);
  uint64_t covered;
  int folder = open("/", O_RDONLY);
  ck_assert_int_eq(checksum_verify(folder, 1, "/", &problem, &covered), STATUS_FOREIGN);
  close(folder);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/checksum", &cases);
  tcase_add_test(cases, every_flipped_byte_of_a_small_file_is_noticed);
  tcase_add_test(cases, every_other_length_is_noticed);
  tcase_add_test(cases, blocks_are_summed_in_parallel_and_named);
  tcase_add_test(cases, foreign_files_are_told_from_damaged_ones);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
