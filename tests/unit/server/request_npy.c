/* Arrays as bodies: whatever their type, byte order and order of items, they ask what the same numbers in JSON ask; and
 * what is no array of the right kind is refused in words. */
#include "server/request_npy.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/api_fixture.h"
#include "tests/support/effort.h"
#include "tests/support/suite.h"

enum { LINES_MAX = 4, WIDTH_MAX = 6, FILE_MAX = 4096, TEXT_MAX = 4096 };

static struct api_fixture zoo;
static unsigned char file[FILE_MAX];
static size_t file_length;

static void open_zoo(void) {
  api_fixture_open(&zoo);
}

static void close_zoo(void) {
  api_fixture_close(&zoo);
}

/* Begins a file of that type; `width` SIZE_MAX: one dimension of `lines` items. */
static void begin_file(const char *descr, bool fortran, size_t lines, size_t width) {
  char shape[64], dict[200];
  snprintf(shape, sizeof shape, width == SIZE_MAX ? "(%zu,)" : "(%zu, %zu)", lines, width);
  int length = snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr,
                        fortran ? "True" : "False", shape);
  file_length = 128;
  memset(file, ' ', file_length);
  memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
  memcpy(file + 10, dict, (size_t)length);
  file[127] = '\n';
}

/* Appends the low `size` bytes of `bits`. */
static void add_item(uint64_t bits, size_t size, bool big_endian) {
  ck_assert_uint_le(file_length + size, sizeof file);
  for (size_t i = 0; i < size; i++) file[file_length++] = (unsigned char)(bits >> 8 * (big_endian ? size - 1 - i : i));
}

/* Fails unless the handler answers the file, with that query, as it answers the JSON, to the byte. */
static void expect_same(handler *answer, const char *query, const char *json) {
  api_fixture_body(&zoo, json, strlen(json));
  ck_assert_msg(api_fixture_call(&zoo, answer), "%s: %s", json, zoo.refusal.detail);
  size_t length = zoo.reply.body.length;
  char *wanted = malloc(length + 1);
  ck_assert_ptr_nonnull(wanted);
  memcpy(wanted, zoo.reply.body.data, length);
  api_fixture_array(&zoo, query, file, file_length);
  ck_assert_msg(api_fixture_call(&zoo, answer), "%s: %s", json, zoo.refusal.detail);
  ck_assert_uint_eq(zoo.reply.body.length, length);
  ck_assert_mem_eq(zoo.reply.body.data, wanted, length);
  free(wanted);
}

/* ---- indices */

static const struct {
  const char *descr;
  size_t size;
  bool big_endian;
} integers[] = {{"|i1", 1, false}, {"|u1", 1, false}, {"<i2", 2, false}, {">i2", 2, true},  {"<u2", 2, false},
                {">u2", 2, true},  {"<i4", 4, false}, {">i4", 4, true},  {"<u4", 4, false}, {">u4", 4, true},
                {"<i8", 8, false}, {">i8", 8, true},  {"<u8", 8, false}, {">u8", 8, true}};

/* A random grid of rows as the next file and as JSON. */
static void make_indices(int type, bool fortran, size_t lines, size_t width, char *json) {
  unsigned rows[LINES_MAX][WIDTH_MAX];
  char *to = json + sprintf(json, "{\"model\":\"zoo\",\"maxlen\":4,\"padding\":\"pre\",\"value\":2.5,\"indices\":[");
  for (size_t line = 0; line < lines; line++) {
    to += sprintf(to, "%s[", line ? "," : "");
    for (size_t i = 0; i < width; i++) {
      rows[line][i] = (unsigned)rand() % ZOO_ROWS;
      to += sprintf(to, "%s%u", i ? "," : "", rows[line][i]);
    }
    to += sprintf(to, "]");
  }
  sprintf(to, "]}");
  begin_file(integers[type].descr, fortran, lines, width);
  for (size_t at = 0; at < lines * width; at++)
    add_item(fortran ? rows[at % lines][at / lines] : rows[at / width][at % width], integers[type].size,
             integers[type].big_endian);
}

START_TEST(indices_of_every_type) {
  srand(20240609 + (unsigned)_i);
  for (int round = 0; round < effort(100); round++) {
    char json[TEXT_MAX];
    make_indices(_i, round % 2, 1 + (size_t)rand() % LINES_MAX, (size_t)rand() % WIDTH_MAX, json);
    expect_same(api_lookup, "model=zoo&maxlen=4&padding=pre&value=2.5", json);
  }
  begin_file(integers[_i].descr, false, 3, SIZE_MAX);
  for (unsigned i = 0; i < 3; i++) add_item(ZOO_ROWS - 1 - i, integers[_i].size, integers[_i].big_endian);
  expect_same(api_lookup, "model=zoo", "{\"model\":\"zoo\",\"indices\":[29,28,27]}");
}
END_TEST

START_TEST(no_indices) {
  begin_file("<i4", false, 0, SIZE_MAX);
  expect_same(api_lookup, "model=zoo", "{\"model\":\"zoo\",\"indices\":[]}");
  begin_file("<i4", false, 3, 0);
  expect_same(api_lookup, "model=zoo", "{\"model\":\"zoo\",\"indices\":[[],[],[]]}");
}
END_TEST

/* ---- vectors */

static uint64_t bits_of_float(float value, size_t size) {
  uint64_t bits = 0;
  double wide = (double)value;
  if (size == 4) memcpy(&bits, &value, sizeof value);
  if (size == 8) memcpy(&bits, &wide, sizeof wide);
  if (size == 2) {
    /* A small power of two times a sign: what the test gives has an exact float16. */
    int exponent;
    float fraction = frexpf(value, &exponent); /* 0.5 */
    bits = (uint64_t)(exponent + 14) << 10 | (fraction < 0 ? 0x8000 : 0);
  }
  return bits;
}

START_TEST(vectors_of_every_type) {
  static const struct {
    const char *descr;
    size_t size;
    bool big_endian;
  } types[] = {{"<f2", 2, false}, {">f2", 2, true},  {"<f4", 4, false},
               {">f4", 4, true},  {"<f8", 8, false}, {">f8", 8, true}};
  srand(20240610);
  for (int round = 0; round < effort(600); round++) {
    int type = round % 6;
    bool fortran = rand() % 2, alone = rand() % 4 == 0;
    size_t lines = alone ? 1 : (size_t)rand() % (LINES_MAX + 1);
    float values[LINES_MAX][ZOO_DIM];
    char json[TEXT_MAX], *to = json;
    to += sprintf(to, alone ? "{" : "{\"queries\":[");
    for (size_t line = 0; line < lines; line++) {
      to += sprintf(to, "%s\"vector\":[", alone ? "" : line ? ",{" : "{");
      for (size_t i = 0; i < ZOO_DIM; i++) {
        values[line][i] = ldexpf(rand() % 2 ? 1 : -1, rand() % 8 - 4);
        to += sprintf(to, "%s%.9g", i ? "," : "", (double)values[line][i]);
      }
      to += sprintf(to, alone ? "]" : "]}");
    }
    sprintf(to, "%s\"model\":\"zoo\",\"k\":4,\"exact\":true}", alone ? "," : "],");
    begin_file(types[type].descr, fortran, alone ? ZOO_DIM : lines, alone ? SIZE_MAX : ZOO_DIM);
    for (size_t at = 0; at < lines * ZOO_DIM; at++) {
      float value = fortran && !alone ? values[at % lines][at / lines] : values[at / ZOO_DIM][at % ZOO_DIM];
      add_item(bits_of_float(value, types[type].size), types[type].size, types[type].big_endian);
    }
    expect_same(api_neighbors, "model=zoo&k=4&exact=true", json);
  }
}
END_TEST

/* ---- what is refused */

static void expect_refused(handler *answer, const char *query, enum refusal_kind kind, const char *pointer) {
  api_fixture_array(&zoo, query, file, file_length);
  ck_assert(!api_fixture_call(&zoo, answer));
  ck_assert_msg(zoo.refusal.kind == kind, "%s: %s", refusal_type_of(zoo.refusal.kind)->code, zoo.refusal.detail);
  ck_assert_msg(!pointer || refusal_names(&zoo.refusal, pointer), "not at %s: %s", pointer, zoo.refusal.detail);
}

START_TEST(wrong_indices) {
  begin_file("<f4", false, 1, SIZE_MAX);
  add_item(0, 4, false);
  expect_refused(api_lookup, "model=zoo", REFUSAL_INVALID, "#/indices");
  begin_file("|b1", false, 1, SIZE_MAX);
  add_item(1, 1, false);
  expect_refused(api_lookup, "model=zoo", REFUSAL_INVALID, "#/indices");
  begin_file("<c8", false, 1, SIZE_MAX);
  add_item(0, 8, false);
  expect_refused(api_lookup, "model=zoo", REFUSAL_INVALID, "#/indices");
  begin_file("<i4", true, 2, 2);
  add_item(0, 4, false);
  add_item((uint64_t)-1, 4, false);
  add_item(ZOO_ROWS, 4, false);
  add_item(1, 4, false);
  expect_refused(api_lookup, "model=zoo", REFUSAL_INVALID, "#/indices/1/0");
  add_item(0, 1, false);
  expect_refused(api_lookup, "model=zoo", REFUSAL_MALFORMED, NULL); /* a byte too many */
  file_length -= 2;
  expect_refused(api_lookup, "model=zoo", REFUSAL_MALFORMED, NULL); /* and too few */
  begin_file("<u8", false, 1, SIZE_MAX);
  add_item(UINT64_MAX, 8, false);
  expect_refused(api_lookup, "model=zoo", REFUSAL_INVALID, "#/indices/0");
  begin_file("<i4", false, 1, SIZE_MAX);
  add_item(ZOO_ROWS, 4, false);
  expect_refused(api_lookup, "model=zoo", REFUSAL_INVALID, "#/indices/0");
  expect_refused(api_lookup, "model=zoo&indices=1", REFUSAL_UNKNOWN_PARAMETER, NULL);
  expect_refused(api_lookup, "model=zoo&maxlen=3", REFUSAL_INVALID, "#/indices"); /* a flat list */
}
END_TEST

START_TEST(wrong_shapes) {
  begin_file("<i4", false, 1, SIZE_MAX);
  add_item(0, 4, false);
  static const char *const dicts[] = {"{'descr': '<i4', 'fortran_order': False, 'shape': (), }",
                                      "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 1, 1), }",
                                      "{'descr': '|S4', 'fortran_order': False, 'shape': (1,), }"};
  for (size_t i = 0; i < sizeof dicts / sizeof dicts[0]; i++) {
    memset(file + 10, ' ', 117);
    memcpy(file + 10, dicts[i], strlen(dicts[i]));
    expect_refused(api_lookup, "model=zoo", REFUSAL_INVALID, "#/indices");
    expect_refused(api_neighbors, "model=zoo", REFUSAL_INVALID, "#/vector");
  }
  begin_file("<i4", false, 1000000, 0); /* of nothing */
  expect_refused(api_lookup, "model=zoo", REFUSAL_INVALID, "#/indices");
  file_length = 0;
  expect_refused(api_lookup, "model=zoo", REFUSAL_MALFORMED, NULL);
  file_length = 60;
  expect_refused(api_lookup, "model=zoo", REFUSAL_MALFORMED, NULL);
}
END_TEST

START_TEST(wrong_vectors) {
  begin_file("<i4", false, ZOO_DIM, SIZE_MAX);
  for (int i = 0; i < ZOO_DIM; i++) add_item(1, 4, false);
  expect_refused(api_neighbors, "model=zoo", REFUSAL_INVALID, "#/vector");
  begin_file("<f4", false, 3, SIZE_MAX);
  for (int i = 0; i < 3; i++) add_item(0x3F800000, 4, false);
  expect_refused(api_neighbors, "model=zoo", REFUSAL_INVALID, "#/vector"); /* of another dimension */
  begin_file("<f4", false, 2, ZOO_DIM);
  for (int i = 0; i < 2 * ZOO_DIM; i++)
    add_item(i < ZOO_DIM ? 0 : i == ZOO_DIM + 2 ? 0x7FC00000 : 0x3F800000, 4, false);
  expect_refused(api_neighbors, "model=zoo", REFUSAL_INVALID, "#/queries/0/vector");
  ck_assert(refusal_names(&zoo.refusal, "#/queries/1/vector/2"));
  expect_refused(api_neighbors, "model=zoo&word=cat", REFUSAL_UNKNOWN_PARAMETER, NULL);
  zoo.service.limits.batch_queries = 1;
  expect_refused(api_neighbors, "model=zoo", REFUSAL_INVALID, "#/queries");
}
END_TEST

/* A good file of which some bytes are others is answered or refused, and reads nothing beside it. */
START_TEST(any_bytes_for_others) {
  srand(20240611);
  for (int round = 0; round < effort(40000); round++) {
    char json[TEXT_MAX];
    make_indices(rand() % 14, rand() % 2, 1 + (size_t)rand() % LINES_MAX, 1 + (size_t)rand() % (WIDTH_MAX - 1), json);
    for (int i = rand() % 3; i >= 0; i--)
      file[(unsigned)rand() % (rand() % 2 ? 90 : file_length)] =
          (unsigned char)(rand() % 3 ? " '{}(),:<>|0123456789fiu"[rand() % 24] : rand());
    if (rand() % 10 == 0) file_length = (size_t)rand() % (file_length + 1);
    unsigned char *exactly = malloc(file_length ? file_length : 1);
    ck_assert_ptr_nonnull(exactly);
    memcpy(exactly, file, file_length);
    api_fixture_array(&zoo, "model=zoo", exactly, file_length);
    if (!api_fixture_call(&zoo, round % 2 ? api_lookup : api_neighbors))
      ck_assert(zoo.refusal.kind == REFUSAL_INVALID || zoo.refusal.kind == REFUSAL_MALFORMED);
    free(exactly);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/request_npy", &tcase);
  scratch_open();
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_loop_test(tcase, indices_of_every_type, 0, sizeof integers / sizeof integers[0]);
  tcase_add_test(tcase, no_indices);
  tcase_add_test(tcase, vectors_of_every_type);
  tcase_add_test(tcase, wrong_indices);
  tcase_add_test(tcase, wrong_shapes);
  tcase_add_test(tcase, wrong_vectors);
  tcase_add_test(tcase, any_bytes_for_others);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
