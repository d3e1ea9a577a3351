/* What the writer wrote comes back through model_open(), bit for bit; what is not a whole store file is refused. */
#include "store/matrix/model.h"

#include <check.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/matrix/checksum.h"
#include "store/matrix/format.h"
#include "store/matrix/lmdb.h"
#include "store/matrix/verify.h"
#include "store/matrix/writer.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static const struct writer_origin origin = {.source = "test.txt",
                                            .source_format = "glove",
                                            .imported_at = 1790000000,
                                            .declared_rows = 9,
                                            .skipped = {1, 2, 3, 4}};

/* A float for each place of a matrix: all kinds of finite bits. */
static float number_at(uint32_t row, uint32_t column) {
  uint32_t bits = (row * 2654435761u) ^ (column * 40503u + 12345u) * 97u;
  if ((bits & 0x7F800000) == 0x7F800000) bits ^= 0x00800000; /* no NaN, no Infinity */
  float number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

static void word_at(uint32_t row, char word[32]) {
  snprintf(word, 32, "w%u", row);
}

/* Writes `rows` rows of `dim` floats as model `name` into `store`. */
static void write_model(const char *store, const char *name, uint32_t rows, uint32_t dim, char digest[33]) {
  struct writer *writer;
  struct problem problem = {0};
  uint64_t size;
  float *vector = malloc(dim * sizeof *vector);
  ck_assert_msg(writer_open(store, name, true, &problem, &writer) == STATUS_OK, "%s", problem.text);
  for (uint32_t row = 0; row < rows; row++) {
    char word[32];
    uint32_t added;
    word_at(row, word);
    for (uint32_t i = 0; i < dim; i++) vector[i] = number_at(row, i);
    enum status status = writer_add(writer, (struct word){word, strlen(word)}, vector, dim, &problem, &added);
    ck_assert_msg(status == STATUS_OK, "%s", problem.text);
    ck_assert_uint_eq(added, row);
  }
  ck_assert_msg(writer_finish(writer, &origin, 1, &problem, &size, digest) == STATUS_OK, "%s", problem.text);
  writer_close(writer);
  free(vector);
}

static struct model *open_model(const char *store, const char *name) {
  char path[SCRATCH_PATH_MAX + 200];
  struct problem problem = {0};
  struct model *model = NULL;
  ck_assert_int_eq(model_path(store, name, path, sizeof path, &problem), STATUS_OK);
  ck_assert_msg(model_open(path, 2, &problem, &model) == STATUS_OK, "%s", problem.text);
  return model;
}

/* The mean in its definition's words, column by column. */
static void expect_mean(const struct model *model) {
  const struct rows *rows = model_rows(model);
  const float *mean = model_mean(model);
  for (uint32_t i = 0; i < rows->stride; i++) {
    double sum = 0;
    for (uint32_t row = 0; row < rows->count && i < rows->dim; row++) sum += (double)number_at(row, i);
    float expected = (float)(sum / rows->count);
    if (memcmp(&mean[i], &expected, sizeof expected) != 0) ck_abort_msg("the mean of column %u", i);
  }
}

static const struct {
  uint32_t rows, dim;
} shapes[] = {{1, 1}, {3, 2}, {5, 3}, {1000, 50}, {17, 4}, {300, 65536}, {2000, 301}};

START_TEST(rows_and_words_come_back_bit_for_bit) {
  uint32_t count = shapes[_i].rows, dim = shapes[_i].dim;
  char store[SCRATCH_PATH_MAX], digest[33];
  scratch_folder(store, "round-trip-%d", _i);
  write_model(store, "m", count, dim, digest);
  struct model *model = open_model(store, "m");
  const struct rows *rows = model_rows(model);
  ck_assert_uint_eq(rows->count, count);
  ck_assert_uint_eq(rows->dim, dim);
  for (uint32_t row = 0; row < count; row++) {
    const float *vector = rows_at(rows, row);
    ck_assert_uint_eq((uintptr_t)vector % 16, 0);
    for (uint32_t i = 0; i < dim; i++) {
      float expected = number_at(row, i);
      if (memcmp(&vector[i], &expected, sizeof expected) != 0) ck_abort_msg("row %u, number %u", row, i);
    }
    for (uint32_t i = dim; i < rows->stride; i++) ck_assert_float_eq(vector[i], 0.0f);
    double norm = rows_norm_of(vector, dim), stored = rows_norm(rows, row);
    ck_assert_mem_eq(&norm, &stored, sizeof norm);
    char word[32];
    word_at(row, word);
    struct word found = vocabulary_word(model_vocabulary(model), row);
    ck_assert_uint_eq(found.length, strlen(word));
    ck_assert_mem_eq(found.bytes, word, found.length);
    uint32_t back = UINT32_MAX;
    ck_assert_int_eq(vocabulary_find(model_vocabulary(model), found, &back), STATUS_OK);
    ck_assert_uint_eq(back, row);
  }
  for (uint32_t slab = 0; slab < rows->slab_count; slab++) ck_assert_uint_eq((uintptr_t)rows->slabs[slab] % 64, 0);
  expect_mean(model);
  struct problem problem = {0};
  ck_assert_msg(verify_model(model, &(struct verify_options){.threads = 2}, &problem) == STATUS_OK, "%s", problem.text);
  ck_assert_str_eq(model_info(model)->digest, digest);
  model_drop(model);
}
END_TEST

START_TEST(info_says_where_it_came_from) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX + 16], digest[33];
  struct stat about;
  scratch_folder(store, "info");
  write_model(store, "m", 3, 2, digest);
  struct model *model = open_model(store, "m");
  const struct model_info *info = model_info(model);
  snprintf(path, sizeof path, "%s/m.mdb", store);
  ck_assert_int_eq(stat(path, &about), 0);
  ck_assert_uint_eq(info->file_size, (uint64_t)about.st_size);
  ck_assert_str_eq(info->source, "test.txt");
  ck_assert_str_eq(info->source_format, "glove");
  ck_assert_int_eq(info->imported_at, 1790000000);
  ck_assert_uint_eq(info->declared_rows, 9);
  ck_assert_uint_eq(info->skipped[SKIP_ENCODING], 4);
  ck_assert_uint_eq(info->format_version, 1);
  model_drop(model);
}
END_TEST

START_TEST(the_digest_is_of_the_content) {
  char store[SCRATCH_PATH_MAX], first[33], same[33], other[33];
  scratch_folder(store, "digest");
  write_model(store, "a", 20, 7, first);
  write_model(store, "b", 20, 7, same);
  write_model(store, "c", 19, 7, other);
  ck_assert_uint_eq(strlen(first), 32);
  ck_assert_str_eq(first, same);
  ck_assert_str_ne(first, other);
}
END_TEST

START_TEST(a_model_outlives_its_file) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX + 16], digest[33];
  scratch_folder(store, "outlives");
  write_model(store, "m", 10, 4, digest);
  struct model *model = open_model(store, "m");
  ck_assert_ptr_eq(model_acquire(model), model);
  model_drop(model);
  write_model(store, "m", 2, 3, digest);
  snprintf(path, sizeof path, "%s/m.mdb", store);
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_uint_eq(model_rows(model)->count, 10);
  ck_assert_float_eq(rows_at(model_rows(model), 9)[3], number_at(9, 3));
  model_drop(model);
  model_drop(NULL);
}
END_TEST

START_TEST(an_altered_byte_anywhere_is_refused) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX + 16], digest[33];
  scratch_folder(store, "altered");
  write_model(store, "m", 40, 5, digest);
  snprintf(path, sizeof path, "%s/m.mdb", store);
  size_t length;
  char *bytes = scratch_read(path, &length);
  srandom(5);
  for (int i = 0; i < 300; i++) {
    size_t at = (size_t)random() % length;
    char kept = bytes[at];
    bytes[at] ^= (char)(1 + random() % 255);
    scratch_write(path, bytes, length);
    bytes[at] = kept;
    struct model *model = NULL;
    struct problem problem = {0};
    ck_assert_int_ne(model_open(path, 1, &problem, &model), STATUS_OK);
    ck_assert_ptr_null(model);
    ck_assert_ptr_nonnull(strstr(problem.text, path));
  }
  for (int i = 0; i < 100; i++) {
    scratch_write(path, bytes, (size_t)random() % length);
    struct model *model = NULL;
    ck_assert_int_ne(model_open(path, 1, NULL, &model), STATUS_OK);
  }
  free(bytes);
}
END_TEST

/* A file with right sums whose LMDB part is made by hand. */
static enum status open_forged(const char *name, const unsigned char *head, size_t length) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "%s.mdb", name);
  unlink(path);
  struct lmdb *lmdb;
  struct problem problem = {0};
  void *value;
  ck_assert_int_eq(lmdb_create(path, &problem, &lmdb), STATUS_OK);
  const char *key = head ? "h" : "x";
  ck_assert_int_eq(lmdb_reserve(lmdb, (struct lmdb_span){key, 1}, length, false, &problem, &value), STATUS_OK);
  memset(value, 0, length);
  if (head) memcpy(value, head, length);
  ck_assert_int_eq(lmdb_commit(lmdb, &problem), STATUS_OK);
  uint64_t covered = lmdb_size(lmdb), size;
  lmdb_close(lmdb);
  ck_assert_int_eq(truncate(path, (off_t)covered), 0);
  FILE *file = fopen(path, "r+");
  ck_assert_int_eq(checksum_append(fileno(file), covered, 1, path, &problem, &size), STATUS_OK);
  fclose(file);
  struct model *model = NULL;
  enum status status = model_open(path, 1, &problem, &model);
  model_drop(model);
  return status;
}

START_TEST(right_sums_do_not_make_a_model) {
  unsigned char bytes[FORMAT_HEAD_FIXED + 2 * FORMAT_TEXT_MAX];
  struct head head = {.rows = 2,
                      .dim = 3,
                      .stride = 4,
                      .slab_rows = 1 << 20,
                      .slabs = 1,
                      .text_chunks = 1,
                      .text_bytes = 2,
                      .source = "x",
                      .source_format = "glove"};
  size_t length = format_head_write(&head, bytes);
  ck_assert_int_eq(open_forged("no-head", NULL, 10), STATUS_FOREIGN);
  ck_assert_int_eq(open_forged("head-only", bytes, length), STATUS_DAMAGED);
  ck_assert_int_eq(open_forged("short-head", bytes, length - 1), STATUS_DAMAGED);
  bytes[8] = 99;
  ck_assert_int_eq(open_forged("future", bytes, length), STATUS_UNSUPPORTED);
}
END_TEST

START_TEST(a_missing_file_is_not_found) {
  struct model *model = NULL;
  struct problem problem = {0};
  ck_assert_int_eq(model_open("/no-such.mdb", 1, &problem, &model), STATUS_NOT_FOUND);
  ck_assert_ptr_nonnull(strstr(problem.text, "/no-such.mdb"));
  ck_assert_int_eq(model_open("/dev/null", 1, &problem, &model), STATUS_FOREIGN);
}
END_TEST

START_TEST(names_are_checked) {
  char path[64];
  struct problem problem = {0};
  char longest[MODEL_NAME_MAX + 2];
  memset(longest, 'n', sizeof longest);
  longest[MODEL_NAME_MAX] = 0;
  ck_assert(model_name_valid("glove.6B-50d_x"));
  ck_assert(model_name_valid("9"));
  ck_assert(model_name_valid(longest));
  longest[MODEL_NAME_MAX] = 'n';
  longest[MODEL_NAME_MAX + 1] = 0;
  ck_assert(!model_name_valid(longest));
  static const char *const bad[] = {"", ".hidden", "-x", "_x", "a/b", "a b", "a\n", "\xC3\xA9"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    ck_assert_msg(!model_name_valid(bad[i]), "%s", bad[i]);
    ck_assert_int_eq(model_path("s", bad[i], path, sizeof path, &problem), STATUS_BAD_ARGUMENT);
  }
  ck_assert_int_eq(model_path("s", "cat", path, sizeof path, &problem), STATUS_OK);
  ck_assert_str_eq(path, "s/cat.mdb");
  ck_assert_int_eq(model_path("s", "cat", path, 9, &problem), STATUS_LIMIT);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/model", &cases);
  tcase_add_loop_test(cases, rows_and_words_come_back_bit_for_bit, 0, (int)(sizeof shapes / sizeof shapes[0]));
  tcase_add_test(cases, info_says_where_it_came_from);
  tcase_add_test(cases, the_digest_is_of_the_content);
  tcase_add_test(cases, a_model_outlives_its_file);
  tcase_add_test(cases, an_altered_byte_anywhere_is_refused);
  tcase_add_test(cases, right_sums_do_not_make_a_model);
  tcase_add_test(cases, a_missing_file_is_not_found);
  tcase_add_test(cases, names_are_checked);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
