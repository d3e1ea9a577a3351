/* Sources as streams: bytes taken in any portions, a look ahead that takes nothing, and how far the reading is. */
#include "store/import/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { SIZE = 3000000 };

static unsigned char *content;
static char plain[SCRATCH_PATH_MAX], gzipped[SCRATCH_PATH_MAX], zipped[SCRATCH_PATH_MAX];

/* Text that packs well but not to nothing. */
static void make_content(void) {
  content = malloc(SIZE);
  if (!content) support_fail("no memory");
  uint32_t state = 1;
  for (size_t i = 0; i < SIZE; i++) {
    state = state * 1664525u + 1013904223u;
    content[i] = (unsigned char)("0123456789. \n-ab"[state >> 28]);
  }
}

static void write_gzip(void) {
  gzFile file = gzopen(gzipped, "wb1");
  if (!file || gzwrite(file, content, SIZE / 2) != SIZE / 2) support_fail("no gzip");
  gzclose(file);
  file = gzopen(gzipped, "ab1"); /* a second member */
  if (!file || gzwrite(file, content + SIZE / 2, SIZE - SIZE / 2) != SIZE - SIZE / 2) support_fail("no gzip");
  gzclose(file);
}

static void write_zip(void) {
  struct zip *archive = zip_open(zipped, ZIP_CREATE | ZIP_TRUNCATE, NULL);
  if (!archive) support_fail("no zip");
  zip_source_t *buffer = zip_source_buffer(archive, content, SIZE, 0);
  if (!buffer || zip_file_add(archive, "input.txt", buffer, 0) < 0 || zip_close(archive) != 0) support_fail("no zip");
}

static struct source *open_source(const char *path) {
  struct source *source;
  struct problem problem;
  ck_assert_msg(source_open(path, &problem, &source) == STATUS_OK, "%s", problem.text);
  return source;
}

static long file_size(const char *path) {
  FILE *file = fopen(path, "rb");
  ck_assert_ptr_nonnull(file);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  fclose(file);
  return size;
}

/* Reads all in portions of growing size, looking ahead now and then. */
static void expect_content(const char *path) {
  struct source *source = open_source(path);
  struct problem problem;
  unsigned char *buffer = malloc(SIZE);
  size_t position = 0, got = 1;
  for (size_t portion = 1; got > 0; portion = portion * 3 + 1) {
    size_t wanted = portion < 700000 ? portion : 700000, available;
    if (portion % 2 == 0) {
      const unsigned char *ahead;
      ck_assert_int_eq(source_peek(source, wanted / 2 + 10, &problem, &ahead, &available), STATUS_OK);
      ck_assert(available >= wanted / 2 + 10 || position + available == SIZE);
      ck_assert(position + available <= SIZE);
      ck_assert(memcmp(ahead, content + position, available) == 0);
      ck_assert_uint_eq(source_position(source), position);
    }
    ck_assert_int_eq(source_read(source, buffer, wanted, &problem, &got), STATUS_OK);
    ck_assert(got == wanted || position + got == SIZE);
    ck_assert(memcmp(buffer, content + position, got) == 0);
    position += got;
    ck_assert_uint_eq(source_position(source), position);
  }
  ck_assert_uint_eq(position, SIZE);
  ck_assert_uint_eq(source_stored(source), source_total(source));
  ck_assert_ptr_null(source_warning(source));
  free(buffer);
  source_close(source);
}

START_TEST(reads_plain_files) {
  expect_content(plain);
}
END_TEST

START_TEST(reads_gzip) {
  expect_content(gzipped);
}
END_TEST

START_TEST(reads_zip) {
  expect_content(zipped);
}
END_TEST

START_TEST(knows_how_far_it_is) {
  struct problem problem;
  const char *const paths[] = {plain, gzipped, zipped};
  for (size_t i = 0; i < 3; i++) {
    struct source *source = open_source(paths[i]);
    char *half = malloc(SIZE / 2);
    size_t got;
    ck_assert_int_eq(source_read(source, half, SIZE / 2, &problem, &got), STATUS_OK);
    double part = (double)source_stored(source) / (double)source_total(source);
    ck_assert_msg(part > 0.3 && part < 0.7, "%s: %g", paths[i], part);
    if (i < 2) ck_assert_uint_eq(source_total(source), (uint64_t)file_size(paths[i]));
    free(half);
    source_close(source);
  }
}
END_TEST

START_TEST(reads_a_pipe) {
  int ends[2];
  struct problem problem;
  ck_assert_int_eq(pipe(ends), 0);
  ck_assert_int_eq(write(ends[1], "cat 1\n", 6), 6);
  close(ends[1]);
  int before = dup(STDIN_FILENO);
  ck_assert_int_ge(dup2(ends[0], STDIN_FILENO), 0);
  close(ends[0]);
  struct source *source = open_source("-");
  char buffer[16];
  size_t got;
  ck_assert_int_eq(source_read(source, buffer, sizeof buffer, &problem, &got), STATUS_OK);
  ck_assert_uint_eq(got, 6);
  ck_assert_str_eq(source_label(source), "-");
  ck_assert_uint_eq(source_total(source), 0);
  source_problem(source, 7, &problem, "is odd");
  ck_assert_str_eq(problem.text, "standard input: is odd");
  ck_assert_uint_eq(problem.position, 7);
  source_close(source);
  dup2(before, STDIN_FILENO);
  close(before);
}
END_TEST

START_TEST(refuses_what_is_no_file) {
  char folder[SCRATCH_PATH_MAX], missing[SCRATCH_PATH_MAX];
  struct problem problem;
  struct source *source = NULL;
  scratch_folder(folder, "folder");
  scratch_path(missing, "missing.txt");
  ck_assert_int_eq(source_open(folder, &problem, &source), STATUS_IO);
  ck_assert_msg(strstr(problem.text, "folder") != NULL, "%s", problem.text);
  ck_assert_int_eq(source_open(missing, &problem, &source), STATUS_NOT_FOUND);
  ck_assert_msg(strstr(problem.text, missing) != NULL, "%s", problem.text);
  ck_assert_int_eq(source_open("", &problem, &source), STATUS_BAD_ARGUMENT);
  char *endless = malloc(SOURCE_PATH_MAX + 1);
  memset(endless, 'x', SOURCE_PATH_MAX);
  endless[SOURCE_PATH_MAX] = '\0';
  ck_assert_int_eq(source_open(endless, &problem, &source), STATUS_BAD_ARGUMENT);
  free(endless);
  ck_assert_ptr_null(source);
}
END_TEST

START_TEST(splits_paths) {
  char path[2 * SCRATCH_PATH_MAX], colon[SCRATCH_PATH_MAX];
  struct problem problem;
  static struct source_path parts;
  snprintf(path, sizeof path, "%s:a:b/c.txt", zipped);
  ck_assert_int_eq(source_path_split(path, &problem, &parts), STATUS_OK);
  ck_assert_str_eq(parts.file, zipped);
  ck_assert_str_eq(parts.member, "a:b/c.txt");
  scratch_path(colon, "content.zip:a");
  scratch_write(colon, "x", 1);
  ck_assert_int_eq(source_path_split(colon, &problem, &parts), STATUS_OK);
  ck_assert_str_eq(parts.file, colon);
  ck_assert_str_eq(parts.member, "");
  ck_assert_int_eq(source_path_split(path, &problem, &parts), STATUS_OK);
  ck_assert_str_eq(parts.file, colon);
  ck_assert_str_eq(parts.member, "b/c.txt");
  ck_assert_int_eq(source_path_split("no/such:file", &problem, &parts), STATUS_OK);
  ck_assert_str_eq(parts.file, "no/such:file");
  ck_assert_str_eq(parts.member, "");
}
END_TEST

START_TEST(labels_steer_no_terminal) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "a\n\x1B[31mb.txt");
  scratch_write(path, "cat 1 2\n", 8);
  struct source *source = open_source(path);
  ck_assert_str_eq(source_label(source), "a\\x0A\\x1B[31mb.txt");
  source_close(source);
  char member[2 * SCRATCH_PATH_MAX];
  scratch_path(path, "named.zip");
  struct zip *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
  ck_assert_ptr_nonnull(archive);
  ck_assert_int_ge(zip_file_add(archive, "c\x1B[m", zip_source_buffer(archive, "cat 1 2\n", 8, 0), 0), 0);
  ck_assert_int_eq(zip_close(archive), 0);
  snprintf(member, sizeof member, "%s:c\x1B[m", path);
  source = open_source(member);
  ck_assert_str_eq(source_label(source), "named.zip:c\\x1B[m");
  source_close(source);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/import/source", &tcase);
  scratch_open();
  scratch_path(plain, "content.txt");
  scratch_path(gzipped, "content.txt.gz");
  scratch_path(zipped, "content.zip");
  make_content();
  scratch_write(plain, content, SIZE);
  write_gzip();
  write_zip();
  tcase_add_test(tcase, reads_plain_files);
  tcase_add_test(tcase, reads_gzip);
  tcase_add_test(tcase, reads_zip);
  tcase_add_test(tcase, knows_how_far_it_is);
  tcase_add_test(tcase, reads_a_pipe);
  tcase_add_test(tcase, refuses_what_is_no_file);
  tcase_add_test(tcase, splits_paths);
  tcase_add_test(tcase, labels_steer_no_terminal);
  int failed = suite_run(suite);
  scratch_close();
  free(content);
  return failed;
}
