/* The bytes of a .npy file as NumPy's documentation of numpy.lib.format describes version 1.0. */
#include "server/write_npy.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

enum { DIM = 5 };

static const float values[][DIM] = {{1, 2, 3, 4, 5}, {-0.0f, 1e-40f, 3.4e38f, 7, 8}, {0.5f, 0, 0, 0, 0}};
static struct bytes out;
static char shape[SHAPE_TEXT];

static void begin(void) {
  bytes_init(&out, 1 << 20);
}

static void end(void) {
  bytes_release(&out);
}

/* Fails unless the header is right for the dict and returns where the floats begin. */
static size_t expect_header(const char *dict) {
  static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  ck_assert_uint_gt(out.length, 10);
  ck_assert_mem_eq(out.data, magic, sizeof magic);
  size_t length = 10 + (size_t)(out.data[8] | out.data[9] << 8);
  ck_assert_uint_eq(length % 64, 0);
  ck_assert_uint_le(length, out.length);
  ck_assert_mem_eq(out.data + 10, dict, strlen(dict));
  for (size_t i = 10 + strlen(dict); i < length - 1; i++) ck_assert_int_eq(out.data[i], ' ');
  ck_assert_int_eq(out.data[length - 1], '\n');
  return length;
}

static struct grid_result grid_of(const struct found *cells, size_t count, size_t width) {
  return (struct grid_result){.dim = DIM, .cells = cells, .count = count, .width = width, .two_dimensional = width > 1};
}

START_TEST(a_row) {
  struct row_result row = {.found = {values[1], 1, FOUND_EXACT}, .dim = DIM};
  ck_assert_int_eq(write_npy_row(&out, REPRESENTATION_NPY, &row, shape), STATUS_OK);
  size_t start = expect_header("{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }");
  ck_assert_uint_eq(out.length, start + sizeof values[1]);
  ck_assert_mem_eq(out.data + start, values[1], sizeof values[1]);
  ck_assert_str_eq(shape, ""); /* the header has it */
  bytes_release(&out);
  ck_assert_int_eq(write_npy_row(&out, REPRESENTATION_OCTETS, &row, shape), STATUS_OK);
  ck_assert_uint_eq(out.length, sizeof values[1]);
  ck_assert_str_eq(shape, "5");
}
END_TEST

START_TEST(similarities) {
  static const double numbers[] = {0.5, -1, 1e-300, 0.1, 1, -0.0};
  struct similarities_result result = {.matrix = true, .count = 2, .width = 3, .values = numbers};
  ck_assert_int_eq(write_npy_similarities(&out, REPRESENTATION_NPY, &result, shape), STATUS_OK);
  size_t start = expect_header("{'descr': '<f8', 'fortran_order': False, 'shape': (2,3), }");
  ck_assert_uint_eq(out.length, start + sizeof numbers);
  ck_assert_mem_eq(out.data + start, numbers, sizeof numbers);
  bytes_release(&out);
  result = (struct similarities_result){.count = 6, .width = 1, .values = numbers};
  ck_assert_int_eq(write_npy_similarities(&out, REPRESENTATION_NPY, &result, shape), STATUS_OK);
  start = expect_header("{'descr': '<f8', 'fortran_order': False, 'shape': (6,), }");
  bytes_release(&out);
  ck_assert_int_eq(write_npy_similarities(&out, REPRESENTATION_OCTETS, &result, shape), STATUS_OK);
  ck_assert_uint_eq(out.length, sizeof numbers);
  ck_assert_str_eq(shape, "6");
}
END_TEST

START_TEST(a_grid_of_two_dimensions) {
  struct found cells[] = {{values[2], 2, FOUND_EXACT}, {values[0], 0, FOUND_EXACT}};
  struct grid_result grid = grid_of(cells, 2, 1);
  ck_assert_int_eq(write_npy_grid(&out, REPRESENTATION_NPY, &grid, shape), STATUS_OK);
  size_t start = expect_header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,5), }");
  ck_assert_mem_eq(out.data + start, values[2], sizeof values[2]);
  ck_assert_mem_eq(out.data + start + sizeof values[2], values[0], sizeof values[0]);
}
END_TEST

START_TEST(a_grid_with_padding_and_unknown_words) {
  static const float padding[DIM] = {9, 9, 9, 9, 9}, unknown[DIM] = {0};
  struct found cells[] = {{values[1], 1, FOUND_EXACT},
                          {padding, FOUND_NO_ROW, FOUND_PADDING},
                          {unknown, FOUND_NO_ROW, FOUND_ZERO},
                          {values[2], 2, FOUND_EXACT}};
  struct grid_result grid = grid_of(cells, 2, 2);
  ck_assert_int_eq(write_npy_grid(&out, REPRESENTATION_OCTETS, &grid, shape), STATUS_OK);
  ck_assert_str_eq(shape, "2,2,5");
  ck_assert_uint_eq(out.length, 4 * DIM * sizeof(float));
  ck_assert_mem_eq(out.data, values[1], sizeof values[1]);
  ck_assert_mem_eq(out.data + sizeof padding, padding, sizeof padding);
  ck_assert_mem_eq(out.data + 2 * sizeof padding, unknown, sizeof unknown);
  ck_assert_mem_eq(out.data + 3 * sizeof padding, values[2], sizeof values[2]);
}
END_TEST

START_TEST(nothing_has_a_header_too) {
  struct grid_result grid = grid_of(NULL, 0, 1);
  ck_assert_int_eq(write_npy_grid(&out, REPRESENTATION_NPY, &grid, shape), STATUS_OK);
  size_t start = expect_header("{'descr': '<f4', 'fortran_order': False, 'shape': (0,5), }");
  ck_assert_uint_eq(out.length, start);
}
END_TEST

START_TEST(what_does_not_fit_is_not_begun) {
  struct row_result row = {.found = {values[1], 1, FOUND_EXACT}, .dim = DIM};
  bytes_release(&out);
  bytes_init(&out, 100);
  ck_assert_int_eq(write_npy_row(&out, REPRESENTATION_NPY, &row, shape), STATUS_LIMIT);
  ck_assert_uint_eq(out.length, 0);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/write_npy", &tcase);
  tcase_add_checked_fixture(tcase, begin, end);
  tcase_add_test(tcase, a_row);
  tcase_add_test(tcase, similarities);
  tcase_add_test(tcase, a_grid_of_two_dimensions);
  tcase_add_test(tcase, a_grid_with_padding_and_unknown_words);
  tcase_add_test(tcase, nothing_has_a_header_too);
  tcase_add_test(tcase, what_does_not_fit_is_not_begun);
  return suite_run(suite);
}
