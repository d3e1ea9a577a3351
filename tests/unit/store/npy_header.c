/* Heads of .npy files: those that NumPy writes, those that it reads all the same, and those that nobody should. */
#include "store/npy_header.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/effort.h"
#include "tests/support/suite.h"

enum { FILE_MAX = 1 << 17 };

static unsigned char file[FILE_MAX];
static struct problem problem;

/* A head of that version around a dict, padded as NumPy does. Returns its length. */
static size_t head_of(unsigned major, const char *dict) {
  size_t prefix = major == 1 ? 10 : 12, total = (prefix + strlen(dict) + 1 + 63) / 64 * 64;
  ck_assert_uint_le(total, sizeof file);
  memset(file, ' ', total);
  memcpy(file, "\x93NUMPY", 6);
  file[6] = (unsigned char)major;
  file[7] = 0;
  for (size_t i = 8; i < prefix; i++) file[i] = (unsigned char)((total - prefix) >> (8 * (i - 8)));
  memcpy(file + prefix, dict, strlen(dict));
  file[total - 1] = '\n';
  return total;
}

/* Reads from memory of exactly that size, so that a byte too far is seen by valgrind and the sanitizers. */
static enum status read_exactly(size_t length, struct npy_header *header) {
  unsigned char *copy = malloc(length ? length : 1);
  ck_assert_ptr_nonnull(copy);
  memcpy(copy, file, length);
  memset(&problem, 0, sizeof problem);
  enum status status = npy_header_read(copy, length, &problem, header);
  free(copy);
  if (status != STATUS_OK) {
    ck_assert_int_eq(problem.status, status);
    ck_assert_uint_gt(strlen(problem.text), 0);
    ck_assert_ptr_null(strchr(problem.text, '\n'));
  }
  return status;
}

static struct npy_header read_dict(unsigned major, const char *dict) {
  struct npy_header header;
  size_t length = head_of(major, dict);
  enum status status = read_exactly(length, &header);
  ck_assert_msg(status == STATUS_OK, "%s: %s", dict, problem.text);
  ck_assert_uint_eq(header.offset, length);
  return header;
}

static void refuse_dict(const char *dict, enum status wanted) {
  struct npy_header header = {.count = 4711};
  enum status status = read_exactly(head_of(1, dict), &header);
  ck_assert_msg(status == wanted, "%s: %d (%s)", dict, (int)status, problem.text);
  ck_assert_uint_eq(header.count, 4711);
}

/* The first 128 bytes of numpy.save(…, numpy.arange(6, dtype='>i8').reshape(2, 3, order='F')) by NumPy 1.24. */
START_TEST(as_numpy_writes_it) {
  for (unsigned major = 1; major <= 3; major++) {
    struct npy_header header = read_dict(major, "{'descr': '>i8', 'fortran_order': True, 'shape': (2, 3), }");
    ck_assert_uint_eq(header.offset, 128);
    ck_assert_str_eq(header.descr, ">i8");
    ck_assert_int_eq(header.kind, NPY_SIGNED);
    ck_assert_uint_eq(header.item_bytes, 8);
    ck_assert(header.big_endian);
    ck_assert(header.fortran_order);
    ck_assert_uint_eq(header.dimensions, 2);
    ck_assert_uint_eq(header.sizes[0], 2);
    ck_assert_uint_eq(header.sizes[1], 3);
    ck_assert_uint_eq(header.count, 6);
    ck_assert_uint_eq(header.total_bytes, 128 + 48);
    ck_assert_uint_eq(npy_item_at(&header, 1, 2), 5);
    ck_assert_uint_eq(npy_item_at(&header, 1, 0), 1);
    header.fortran_order = false;
    ck_assert_uint_eq(npy_item_at(&header, 1, 0), 3);
  }
}
END_TEST

static const struct {
  const char *descr;
  enum npy_kind kind;
  size_t item_bytes;
  bool big_endian;
} types[] = {
    {"<f2", NPY_FLOAT, 2, false},    {"<f4", NPY_FLOAT, 4, false},   {">f8", NPY_FLOAT, 8, true},
    {"=f4", NPY_FLOAT, 4, false},    {"f4", NPY_FLOAT, 4, false},    {"|i1", NPY_SIGNED, 1, false},
    {">i2", NPY_SIGNED, 2, true},    {"<i4", NPY_SIGNED, 4, false},  {"<u8", NPY_UNSIGNED, 8, false},
    {"|u1", NPY_UNSIGNED, 1, false}, {"|b1", NPY_BOOLEAN, 1, false}, {"|S5", NPY_BYTES, 5, false},
    {"<U7", NPY_UNICODE, 28, false}, {">U7", NPY_UNICODE, 28, true}, {"<U0", NPY_UNICODE, 0, false},
};

START_TEST(every_type) {
  char dict[128];
  snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': False, 'shape': (3,), }", types[_i].descr);
  struct npy_header header = read_dict(1, dict);
  ck_assert_int_eq(header.kind, types[_i].kind);
  ck_assert_uint_eq(header.item_bytes, types[_i].item_bytes);
  ck_assert_int_eq(header.big_endian, types[_i].big_endian);
  ck_assert_uint_eq(header.dimensions, 1);
  ck_assert_uint_eq(header.count, 3);
  ck_assert_uint_eq(header.total_bytes - header.offset, 3 * types[_i].item_bytes);
}
END_TEST

START_TEST(types_of_others) {
  static const char *const others[] = {"|O",
                                       "<f16",
                                       "<c8",
                                       "<M8[s]",
                                       "|V4",
                                       "<i3",
                                       "float32",
                                       "<f4 ",
                                       " <f4",
                                       "",
                                       "<",
                                       "<f",
                                       "<i",
                                       "|b2",
                                       "?",
                                       "<f4294967300",
                                       "<U99999999999999999999",
                                       "<f-4"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    char dict[128];
    snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': False, 'shape': (3,), }", others[i]);
    refuse_dict(dict, STATUS_UNSUPPORTED);
  }
  refuse_dict("{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (3,), }", STATUS_UNSUPPORTED);
}
END_TEST

START_TEST(as_others_write_it) {
  static const char *const same[] = {
      "{'shape':(3,50),'descr':'<f4','fortran_order':False}",
      "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (3L, 50L)}",
      "  { 'fortran_order' : False , 'shape' : ( 3 , 50 , ) , 'descr' : '<f4' , }",
      "{'descr': '<f4',\n 'fortran_order': False,\n\t'shape': (03, 50), }",
  };
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
    struct npy_header header = read_dict(1, same[i]);
    ck_assert_uint_eq(header.dimensions, 2);
    ck_assert_uint_eq(header.count, 150);
    ck_assert(!header.fortran_order);
  }
}
END_TEST

START_TEST(shapes) {
  struct npy_header header = read_dict(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }");
  ck_assert_uint_eq(header.dimensions, 0);
  ck_assert_uint_eq(header.count, 1);
  header = read_dict(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 9223372036854775807, 7), }");
  ck_assert_uint_eq(header.dimensions, 3);
  ck_assert_uint_eq(header.count, 0);
  ck_assert_uint_eq(header.total_bytes, header.offset);
  header = read_dict(1, "{'descr': '|i1', 'fortran_order': False, 'shape': (1, 2, 1, 2, 1, 2, 1, 2), }");
  ck_assert_uint_eq(header.count, 16);
  refuse_dict("{'descr': '|i1', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1), }", STATUS_UNSUPPORTED);
}
END_TEST

START_TEST(what_says_no_sense) {
  static const char *const bad[] = {
      "",
      "{}",
      "{,}",
      "(3,)",
      "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '<f4', 'shape': (3,)}",
      "{'fortran_order': False, 'shape': (3,)}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'more': 1}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} and more",
      "{'descr': '<f4' 'fortran_order': False, 'shape': (3,)}",
      "{'descr' '<f4', 'fortran_order': False, 'shape': (3,)}",
      "{'shape': (3,), 'fortran_order': False, 'descr': '<f4}",
      "{'descr': '<f\\x34', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': <f4, 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}",
      "{'descr': '<f4', 'fortran_order': false, 'shape': (3,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': 3}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': [3]}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3 4)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3.0,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807,)}",
      "{'descr': '|i1', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      "{'descr': '|S9999999', 'fortran_order': False, 'shape': (9223372036854775807,)}",
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) refuse_dict(bad[i], STATUS_BAD_MATRIX);
}
END_TEST

START_TEST(cut_short_anywhere) {
  struct npy_header header;
  for (unsigned major = 1; major <= 3; major++) {
    size_t length = head_of(major, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }");
    for (size_t cut = 0; cut < length; cut++) {
      ck_assert_int_eq(read_exactly(cut, &header), STATUS_BAD_MATRIX);
      ck_assert_uint_eq(problem.position, cut);
    }
  }
}
END_TEST

START_TEST(not_a_npy_file) {
  struct npy_header header;
  memcpy(file, "PK\x03\x04 a zip archive", 18);
  for (size_t length = 1; length < 18; length++) ck_assert_int_eq(read_exactly(length, &header), STATUS_FOREIGN);
  ck_assert(npy_magic("\x93NUM", 4));
  ck_assert(npy_magic("\x93NUMPY and so on", 10));
  ck_assert(!npy_magic("\x93NUMPX", 7));
  size_t length = head_of(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }");
  static const unsigned char versions[][2] = {{0, 0}, {1, 1}, {4, 0}, {255, 255}};
  for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
    memcpy(file + 6, versions[i], 2);
    ck_assert_int_eq(read_exactly(length, &header), STATUS_UNSUPPORTED);
  }
}
END_TEST

/* A length of four bytes may promise 4 GB; whoever reads a stream must not believe it. */
START_TEST(the_length_is_bounded) {
  size_t length;
  head_of(2, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }");
  memcpy(file + 8, "\xFF\xFF\xFF\xFF", 4);
  ck_assert_int_eq(npy_header_length(file, &problem, &length), STATUS_BAD_MATRIX);
  head_of(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }");
  memcpy(file + 8, "\xFF\xFF", 2);
  ck_assert_int_eq(npy_header_length(file, &problem, &length), STATUS_OK);
  ck_assert_uint_eq(length, NPY_HEADER_BYTES_MAX);
}
END_TEST

/* Whatever becomes of a good head, it is refused in words or describes something that its own numbers bear out. */
START_TEST(any_bytes_for_others) {
  srand(20240607);
  for (int round = 0; round < effort(200000); round++) {
    struct npy_header header;
    size_t length = head_of(1 + (unsigned)round % 3, "{'descr': '>U12', 'fortran_order': True, 'shape': (3, 50, 2), }");
    int changes = 1 + rand() % 3;
    for (int i = 0; i < changes; i++)
      file[rand() % 2 ? (unsigned)rand() % 80 : (unsigned)rand() % length] =
          (unsigned char)(rand() % 4 ? " '\"{}(),:L<>|0123456789fiubSUT"[rand() % 30] : rand());
    if (read_exactly(length, &header) != STATUS_OK) continue;
    uint64_t count = 1;
    for (size_t i = 0; i < header.dimensions; i++) count *= header.sizes[i];
    ck_assert_uint_eq(count, header.count);
    ck_assert_uint_eq(header.total_bytes, header.offset + header.count * header.item_bytes);
    ck_assert_uint_le(header.offset, length);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/npy_header", &tcase);
  tcase_add_test(tcase, as_numpy_writes_it);
  tcase_add_loop_test(tcase, every_type, 0, sizeof types / sizeof types[0]);
  tcase_add_test(tcase, types_of_others);
  tcase_add_test(tcase, as_others_write_it);
  tcase_add_test(tcase, shapes);
  tcase_add_test(tcase, what_says_no_sense);
  tcase_add_test(tcase, cut_short_anywhere);
  tcase_add_test(tcase, not_a_npy_file);
  tcase_add_test(tcase, the_length_is_bounded);
  tcase_add_test(tcase, any_bytes_for_others);
  return suite_run(suite);
}
