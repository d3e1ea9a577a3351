/* The head: what is written is read back, and a head whose numbers do not follow from each other is refused. */
#include "store/matrix/format.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

static struct head example(void) {
  struct head head = {.rows = 70000,
                      .dim = 300,
                      .stride = 300,
                      .slab_rows = 16384,
                      .slabs = 5,
                      .text_chunks = 2,
                      .text_bytes = FORMAT_TEXT_CHUNK + 5,
                      .imported_at = 1790000000,
                      .declared_rows = 70001,
                      .skipped = {1, 2, 3, 4},
                      .source = "glove.txt",
                      .source_format = "glove"};
  memcpy(head.digest, "0123456789abcdef", 16);
  return head;
}

START_TEST(a_head_is_read_as_it_was_written) {
  struct head head = example(), read;
  unsigned char bytes[FORMAT_HEAD_FIXED + 2 * FORMAT_TEXT_MAX];
  size_t length = format_head_write(&head, bytes);
  ck_assert_uint_eq(length, FORMAT_HEAD_FIXED + strlen("glove.txt") + strlen("glove"));
  struct problem problem = {0};
  ck_assert_int_eq(format_head_read(bytes, length, "file", &problem, &read), STATUS_OK);
  ck_assert_uint_eq(read.rows, head.rows);
  ck_assert_uint_eq(read.text_bytes, head.text_bytes);
  ck_assert_mem_eq(read.digest, head.digest, 16);
  ck_assert_int_eq(read.imported_at, head.imported_at);
  ck_assert_uint_eq(read.declared_rows, head.declared_rows);
  ck_assert_mem_eq(read.skipped, head.skipped, sizeof head.skipped);
  ck_assert_str_eq(read.source, "glove.txt");
  ck_assert_str_eq(read.source_format, "glove");
}
END_TEST

/* A change of one byte of a head, and what must come of it. */
static const struct {
  size_t offset;
  unsigned char xor ;
  enum status status;
} changes[] = {
    {0, 1, STATUS_FOREIGN},  {8, 2, STATUS_UNSUPPORTED}, {12, 0xFF, STATUS_UNSUPPORTED}, {18, 1, STATUS_DAMAGED},
    {20, 1, STATUS_DAMAGED}, {24, 4, STATUS_DAMAGED},    {26, 1, STATUS_DAMAGED},        {28, 4, STATUS_DAMAGED},
    {54, 1, STATUS_DAMAGED}, {120, 1, STATUS_DAMAGED},   {123, 1, STATUS_DAMAGED},
};

START_TEST(an_altered_head_is_refused) {
  struct head head = example(), read = {.rows = 77};
  unsigned char bytes[FORMAT_HEAD_FIXED + 2 * FORMAT_TEXT_MAX];
  size_t length = format_head_write(&head, bytes);
  bytes[changes[_i].offset] ^= changes[_i].xor ;
  struct problem problem = {0};
  ck_assert_int_eq(format_head_read(bytes, length, "some.mdb", &problem, &read), changes[_i].status);
  ck_assert_int_eq(problem.status, changes[_i].status);
  ck_assert_ptr_nonnull(strstr(problem.text, "some.mdb"));
  ck_assert_msg(read.rows == 77, "the output is touched");
}
END_TEST

START_TEST(a_head_of_any_shorter_length_is_refused) {
  struct head head = example(), read;
  unsigned char bytes[FORMAT_HEAD_FIXED + 2 * FORMAT_TEXT_MAX];
  size_t length = format_head_write(&head, bytes);
  for (size_t cut = 0; cut < length; cut++) {
    unsigned char *exact = malloc(cut + 1); /* so that a sanitizer sees a read beyond it */
    memcpy(exact, bytes, cut);
    ck_assert_int_ne(format_head_read(exact, cut, "file", NULL, &read), STATUS_OK);
    free(exact);
  }
}
END_TEST

START_TEST(slabs_are_a_power_of_two_of_rows_within_32_mib) {
  ck_assert_uint_eq(format_slab_rows(1), 1 << 20);
  ck_assert_uint_eq(format_slab_rows(300), 16384);
  ck_assert_uint_eq(format_slab_rows(MODEL_DIM_MAX), 128);
  for (uint32_t dim = 1; dim <= MODEL_DIM_MAX; dim += 61) {
    uint64_t rows = format_slab_rows(dim), row_bytes = rows_stride_of(dim) * 4ull;
    ck_assert(rows > 0 && (rows & (rows - 1)) == 0);
    ck_assert(rows * row_bytes <= FORMAT_SLAB_BYTES);
    ck_assert(rows == FORMAT_SLAB_ROWS_MAX || 2 * rows * row_bytes > FORMAT_SLAB_BYTES);
  }
}
END_TEST

START_TEST(keys_sort_and_end_at_511_bytes) {
  struct format_key slab = format_key_of((struct format_part){FORMAT_ROWS, 0x01020304, 0});
  ck_assert_uint_eq(slab.length, 5);
  ck_assert_mem_eq(slab.bytes, "r\1\2\3\4", 5);
  char letters[600];
  memset(letters, 'x', sizeof letters);
  ck_assert_uint_eq(format_word_key((struct word){letters, 0}).length, 1);
  ck_assert_uint_eq(format_word_key((struct word){letters, 509}).length, 510);
  ck_assert_uint_eq(format_word_key((struct word){letters, 510}).length, 511);
  ck_assert_uint_eq(format_word_key((struct word){letters, 600}).length, 511);
}
END_TEST

int main(void) {
  TCase *cases;
  Suite *suite = suite_of("store/matrix/format", &cases);
  tcase_add_test(cases, a_head_is_read_as_it_was_written);
  tcase_add_loop_test(cases, an_altered_head_is_refused, 0, (int)(sizeof changes / sizeof changes[0]));
  tcase_add_test(cases, a_head_of_any_shorter_length_is_refused);
  tcase_add_test(cases, slabs_are_a_power_of_two_of_rows_within_32_mib);
  tcase_add_test(cases, keys_sort_and_end_at_511_bytes);
  return suite_run(suite);
}
