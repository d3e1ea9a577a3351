/* Codes go into the file where they pay, come back, and are distrusted like everything else in it. */
#include "store/import/import_codes.h"

#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/matrix/checksum.h"
#include "store/matrix/verify.h"
#include "store/search/exact.h"
#include "tests/support/metadata_sum.h"
#include "tests/support/numbers.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { TRAILER = 8 + 32, ROWS = 18000, DIM = 60, K = 20 }; /* a trailer of a file under 64 MiB; some 4.3 MB of rows */

static void tell_nobody(void *context, uint32_t done, uint32_t all) {
  (void)context;
  ck_assert_uint_le(done, all);
}

static void write_model(const char *store, uint32_t rows, uint32_t dim) {
  const struct writer_origin origin = {.source = "-", .source_format = "glove"};
  struct numbers numbers = {.state = 4};
  struct writer *writer = NULL;
  struct problem problem = {0};
  uint64_t size;
  char digest[33];
  float *vector = malloc(dim * sizeof *vector);
  ck_assert_int_eq(writer_open(store, "m", true, &problem, &writer), STATUS_OK);
  for (uint32_t row = 0; row < rows; row++) {
    uint32_t added;
    numbers_fill(&numbers, row % 9 == 0 ? FLAVOUR_ANY : FLAVOUR_PLAIN, vector, dim);
    for (uint32_t i = 0; row % 9 != 0 && i < dim; i++) vector[i] += i % 7 == row % 7 ? 2.0f : 0.0f;
    struct word word = {(const char *)&row, sizeof row};
    ck_assert_int_eq(writer_add(writer, word, vector, dim, &problem, &added), STATUS_OK);
  }
  ck_assert_msg(
      import_codes(writer, &(struct import_step){.threads = 2, .progress = tell_nobody}, &problem) == STATUS_OK, "%s",
      problem.text);
  ck_assert_msg(writer_finish(writer, &origin, 2, &problem, &size, digest) == STATUS_OK, "%s", problem.text);
  writer_close(writer);
  free(vector);
}

static struct model *open_model(const char *path) {
  struct problem problem = {0};
  struct model *model = NULL;
  ck_assert_msg(model_open(path, 1, &problem, &model) == STATUS_OK, "%s", problem.text);
  return model;
}

static void check_same_answers(const struct rows *coded, uint32_t row) {
  struct rows plain = *coded;
  struct exact_query query = {.vector = rows_at(coded, row), .k = K};
  struct hit expected[K], hits[K], *room = expected, *other = hits;
  size_t count = 0, found = 0;
  plain.codes = NULL;
  ck_assert_int_eq(exact_search(kernel_best(), &plain, &query, 1, &room, &count), STATUS_OK);
  ck_assert_int_eq(exact_search(kernel_best(), coded, &query, 1, &other, &found), STATUS_OK);
  ck_assert_uint_eq(found, count);
  for (size_t i = 0; i < count; i++) {
    ck_assert_uint_eq(hits[i].row, expected[i].row);
    ck_assert_mem_eq(&hits[i].similarity, &expected[i].similarity, sizeof(double));
  }
}

/* The model that most tests look at or break a copy of is written once, and closed before Check forks. */
static void whole_path(char path[SCRATCH_PATH_MAX]) {
  scratch_path(path, "whole/m.mdb");
}

static void write_whole(void) {
  char store[SCRATCH_PATH_MAX];
  scratch_folder(store, "whole");
  write_model(store, ROWS, DIM);
}

START_TEST(codes_come_back_and_answer_alike) {
  char path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  whole_path(path);
  struct model *model = open_model(path);
  const struct rows *rows = model_rows(model);
  ck_assert_ptr_nonnull(rows->codes);
  ck_assert_msg(verify_model(model, &(struct verify_options){.threads = 2}, &problem) == STATUS_OK, "%s", problem.text);
  for (uint32_t row = 0; row < ROWS; row += 97) check_same_answers(rows, row);
  model_drop(model);
}
END_TEST

START_TEST(small_narrow_and_wide_matrices_have_none) {
  static const struct { uint32_t rows, dim; } shapes[] = {{1, 1}, {900, 300}, {40000, 30}, {1100, 1025}};
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  scratch_folder(store, "none-%d", _i);
  scratch_path(path, "none-%d/m.mdb", _i);
  write_model(store, shapes[_i].rows, shapes[_i].dim);
  struct model *model = open_model(path);
  ck_assert_ptr_null(model_rows(model)->codes);
  ck_assert_msg(verify_model(model, &(struct verify_options){.threads = 2}, &problem) == STATUS_OK, "%s", problem.text);
  model_drop(model);
}
END_TEST

/* Where in the file the bytes lie. */
static char *find(char *bytes, size_t length, const void *wanted, size_t size) {
  char *found = memmem(bytes, length, wanted, size);
  ck_assert_ptr_nonnull(found);
  return found;
}

/* Writes the bytes with sums made anew, and opens or verifies them. */
static enum status judge(const char *path, char *bytes, size_t length, struct problem *problem) {
  uint64_t size;
  metadata_sum_remove(bytes, length);
  scratch_write(path, bytes, length - TRAILER);
  int fd = open(path, O_RDWR);
  ck_assert_int_eq(checksum_append(fd, length - TRAILER, 2, path, problem, &size), STATUS_OK);
  close(fd);
  struct model *model = NULL;
  enum status status = model_open(path, 1, problem, &model);
  if (status != STATUS_OK) return status;
  status = verify_model(model, &(struct verify_options){.threads = 2}, problem);
  model_drop(model);
  return status;
}

static const uint32_t none = 0, many = 300, odd = 65, huge = 320;
static const float nan_value = NAN, negative = -1, crooked = 0.5f, far = 1.5f, smaller = 0.125f;

/* What is put at which offset of the value of `a`, and what the refusal says. */
static const struct {
  size_t offset;
  const void *put;
  const char *says;
} breaks[] = {
    {0, &none, "number of axes"},   {0, &many, "number of axes"},   {4, &odd, "size of a record"},
    {4, &none, "size of a record"}, {4, &huge, "size of a record"}, {8, &crooked, "skew"},
    {8, &nan_value, "limits"},      {12, &negative, "limits"},      {24, &nan_value, "limits"},
    {64, &far, "centre"},           {64, &nan_value, "centre"},     {12, &smaller, "its codes"},
    {20, &smaller, "its codes"},
};

START_TEST(inconsistent_codes_are_refused) {
  char whole[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  size_t length;
  whole_path(whole);
  scratch_path(path, "broken-%d.mdb", _i);
  struct model *model = open_model(whole);
  const struct codes *codes = model_rows(model)->codes;
  ck_assert_ptr_nonnull(codes);
  char *bytes = scratch_read(whole, &length);
  char *axes = find(bytes, length, codes->centre, DIM * sizeof(float)) - 64;
  model_drop(model);
  memcpy(axes + breaks[_i].offset, breaks[_i].put, 4);
  ck_assert_int_eq(judge(path, bytes, length, &problem), STATUS_DAMAGED);
  ck_assert_msg(strstr(problem.text, breaks[_i].says) != NULL, "%s", problem.text);
  free(bytes);
}
END_TEST

START_TEST(a_wrong_code_is_found_by_verify) {
  char whole[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  size_t length;
  whole_path(whole);
  scratch_path(path, "wrong-%d.mdb", _i);
  struct model *model = open_model(whole);
  const struct codes *codes = model_rows(model)->codes;
  ck_assert_ptr_nonnull(codes);
  char *bytes = scratch_read(whole, &length);
  char *place = _i == 0 ? find(bytes, length, codes->coarse[0], sizeof(struct codes_coarse))
                        : find(bytes, length, codes->fine[0] + codes->fine_bytes, codes->fine_bytes);
  model_drop(model);
  place[_i == 0 ? 200 : 12] ^= 0x20;
  ck_assert_int_eq(judge(path, bytes, length, &problem), STATUS_DAMAGED);
  ck_assert_msg(strstr(problem.text, "its codes") != NULL, "%s", problem.text);
  free(bytes);
}
END_TEST

START_TEST(a_matrix_needs_a_row) {
  char store[SCRATCH_PATH_MAX];
  struct writer *writer = NULL;
  struct problem problem = {0};
  scratch_folder(store, "empty");
  ck_assert_int_eq(writer_open(store, "m", true, &problem, &writer), STATUS_OK);
  ck_assert_int_eq(import_codes(writer, &(struct import_step){.threads = 1, .progress = tell_nobody}, &problem),
                   STATUS_BAD_MATRIX);
  writer_close(writer);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/import/import_codes", &cases);
  tcase_set_timeout(cases, 120);
  tcase_add_unchecked_fixture(cases, write_whole, NULL);
  tcase_add_test(cases, codes_come_back_and_answer_alike);
  tcase_add_loop_test(cases, small_narrow_and_wide_matrices_have_none, 0, 4);
  tcase_add_loop_test(cases, inconsistent_codes_are_refused, 0, sizeof breaks / sizeof breaks[0]);
  tcase_add_loop_test(cases, a_wrong_code_is_found_by_verify, 0, 2);
  tcase_add_test(cases, a_matrix_needs_a_row);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
