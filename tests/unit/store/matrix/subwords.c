/* n-grams and their sums against a plain reading of the rules, and subwords through the store file. (That the rules are
 * fastText's is for tests/unit/store/import/reader_fasttext.c and tests/oracle/fasttext.py, which have its output.) */
#include "store/matrix/subwords.h"

#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/matrix/checksum.h"
#include "store/matrix/format.h"
#include "store/matrix/model.h"
#include "store/matrix/subwords_map.h"
#include "store/matrix/verify.h"
#include "store/matrix/writer.h"
#include "tests/support/effort.h"
#include "tests/support/metadata_sum.h"
#include "tests/support/numbers.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

/* Subwords whose rows are made up, and own their memory. */
struct made {
  struct subwords subwords;
  float *rows;
  uint32_t *buckets;
  const float **slabs;
  const uint32_t **pruned;
};

static float number_at(uint32_t row, uint32_t column) {
  uint32_t mixed = (row * 2654435761u) ^ (column * 40503u + 12345u) * 97u;
  return ((float)(mixed >> 8) - 8388608.0f) / 3000000.0f;
}

/* With `step` > 1 only every step-th bucket has a row. */
static struct made make(uint32_t min, uint32_t max, uint32_t buckets, uint32_t dim, uint32_t step) {
  struct made made = {.subwords = {.min = min, .max = max, .buckets = buckets, .dim = dim}};
  made.subwords.count = (buckets + step - 1) / step;
  subwords_shape(&made.subwords);
  const struct subwords *subwords = &made.subwords;
  made.rows = calloc((size_t)subwords->count * subwords->stride, sizeof *made.rows);
  made.buckets = calloc(subwords->count, sizeof *made.buckets);
  made.slabs = calloc(subwords->slab_count, sizeof *made.slabs);
  made.pruned = calloc(subwords->slab_count, sizeof *made.pruned);
  for (uint32_t slab = 0; slab < subwords->slab_count; slab++) {
    made.slabs[slab] = made.rows + (((size_t)slab << subwords->slab_shift) * subwords->stride);
    made.pruned[slab] = made.buckets + ((size_t)slab << subwords->slab_shift);
  }
  for (uint32_t row = 0; row < subwords->count; row++) {
    made.buckets[row] = row * step;
    for (uint32_t i = 0; i < dim; i++) made.rows[(size_t)row * subwords->stride + i] = number_at(row * step, i);
  }
  made.subwords.slabs = made.slabs;
  made.subwords.pruned = step > 1 ? made.pruned : NULL;
  return made;
}

static void unmake(struct made *made) {
  free(made->rows);
  free(made->buckets);
  free(made->slabs);
  free(made->pruned);
}

static struct word word_of(const char *text) {
  return (struct word){text, strlen(text)};
}

/* ---- the rules, read plainly: characters first, then every run of them, each hashed from its own start ---- */

enum { NAIVE_CHARACTERS = 64 };

static uint32_t naive_hash(const char *bytes, size_t length) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < length; i++) {
    signed char byte;
    memcpy(&byte, bytes + i, 1);
    int64_t wide = byte;
    hash = (uint32_t)((hash ^ ((uint64_t)wide & 0xFFFFFFFFu)) * 16777619u);
  }
  return hash;
}

static size_t naive_characters(const char *text, size_t length, size_t *starts) {
  size_t count = 0;
  for (size_t i = 0; i < length; i++)
    if (((unsigned char)text[i] & 0xC0) != 0x80) starts[count++] = i;
  starts[count] = length;
  return count;
}

static size_t naive_sum(const struct made *made, const char *bytes, size_t length, float *sum) {
  const struct subwords *subwords = &made->subwords;
  char text[NAIVE_CHARACTERS];
  size_t starts[NAIVE_CHARACTERS + 1], used = 0;
  text[0] = '<';
  memcpy(text + 1, bytes, length);
  text[length + 1] = '>';
  size_t count = naive_characters(text, length + 2, starts);
  for (size_t first = 0; first < count; first++)
    for (size_t last = first; last < count; last++) {
      size_t characters = last - first + 1;
      if (characters < subwords->min || characters > subwords->max) continue;
      if (characters == 1 && (first == 0 || last == count - 1)) continue;
      size_t from = starts[first], to = starts[last + 1];
      uint32_t bucket = naive_hash(text + from, to - from) % subwords->buckets;
      uint32_t step = subwords->pruned ? made->buckets[1] : 1;
      if (bucket % step != 0) continue;
      for (uint32_t i = 0; i < subwords->dim; i++) sum[i] += number_at(bucket, i);
      used++;
    }
  return used;
}

static void expect_naive(const struct made *made, const char *bytes, size_t length) {
  uint32_t dim = made->subwords.dim;
  float *wanted = calloc(dim, sizeof *wanted), *got = calloc(dim + 1, sizeof *got), *own = calloc(dim, sizeof *own);
  struct word word = {bytes, length};
  size_t used = naive_sum(made, bytes, length, wanted);
  for (uint32_t i = 0; used > 0 && i < dim; i++) wanted[i] *= (float)(1.0 / (double)used);
  got[dim] = 7;
  ck_assert_int_eq(subwords_vector(&made->subwords, word, got), used > 0 ? STATUS_OK : STATUS_NOT_FOUND);
  ck_assert_uint_eq(subwords_ngrams(&made->subwords, word), used);
  ck_assert_mem_eq(got, wanted, dim * sizeof *got);
  for (uint32_t i = 0; i < dim; i++) wanted[i] = own[i] = number_at(99, i);
  used = 1 + naive_sum(made, bytes, length, wanted);
  for (uint32_t i = 0; i < dim; i++) wanted[i] *= (float)(1.0 / (double)used);
  subwords_known_vector(&made->subwords, word, own, dim, got);
  ck_assert_mem_eq(got, wanted, dim * sizeof *got);
  ck_assert_float_eq(got[dim], 7);
  free(wanted);
  free(got);
  free(own);
}

START_TEST(words_have_the_ngrams_that_the_rules_give) {
  static const struct {
    uint32_t min, max;
    const char *word;
    size_t ngrams;
  } rules[] = {
      {1, 3, "ab", 7},          /* <a <ab a ab ab> b b>: neither mark alone */
      {0, 3, "ab", 7},          /* 0 is as good as 1 */
      {3, 6, "ab", 3},          /* <ab <ab> ab> */
      {3, 6, "a", 1},           /* <a> */
      {3, 6, "", 0},            /* <> is too short */
      {2, 2, "", 1},            /* <> */
      {4, 6, "a", 0},           /* as is <a> */
      {1, 2, "\xC3\xA9", 3},    /* <é é é> */
      {1, 1, "\xC3\xA9x", 2},   /* é x */
      {1, 1, "\x80", 0},        /* a stray byte belongs to the mark before it */
      {2, 2, "\x80", 1},        /* <\x80 and > */
      {1, 1, "\xC3", 1},        /* a lead byte alone is a character */
      {1, 1, "aaa", 3},         /* as often as it occurs */
      {3, 6, "</s>", 0},        /* the end of a line is no word */
      {3, 3, "</s", 3},         /* this is */
      {1, 255, "abcdefgh", 53}, /* all runs of ten characters less the two marks */
  };
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    struct made made = make(rules[i].min, rules[i].max, 7, 1, 1);
    size_t ngrams = subwords_ngrams(&made.subwords, word_of(rules[i].word));
    ck_assert_msg(ngrams == rules[i].ngrams, "%s: %zu", rules[i].word, ngrams);
    unmake(&made);
  }
}
END_TEST

START_TEST(the_end_of_a_line_is_a_word_to_old_models) {
  struct made made = make(3, 6, 100, 3, 1);
  float vector[3] = {5, 6, 7};
  ck_assert_int_eq(subwords_vector(&made.subwords, word_of("</s>"), vector), STATUS_NOT_FOUND);
  ck_assert_float_eq(vector[0], 5);
  made.subwords.end_is_word = true;
  expect_naive(&made, "</s>", 4);
  unmake(&made);
}
END_TEST

START_TEST(vectors_are_sums_in_order) {
  static const struct {
    uint32_t min, max, buckets, dim, step;
  } shapes[] = {{3, 6, 1000, 70, 1}, {1, 4, 13, 5, 1}, {2, 9, 100000, 3, 7}, {0, 1, 50, 4, 1}, {3, 6, 40, 33, 13}};
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz\xC3\xA9\xC3\xA4\xE4\xB8\xAD\xF0\x9D\x84\x9E <>/s\x80\xFF";
  struct numbers numbers = {11};
  for (size_t shape = 0; shape < sizeof shapes / sizeof *shapes; shape++) {
    struct made made =
        make(shapes[shape].min, shapes[shape].max, shapes[shape].buckets, shapes[shape].dim, shapes[shape].step);
    for (int i = effort(2000); i > 0; i--) {
      char word[40];
      size_t length = numbers_below(&numbers, sizeof word);
      for (size_t at = 0; at < length; at++) word[at] = letters[numbers_below(&numbers, sizeof letters - 1)];
      expect_naive(&made, word, length);
    }
    unmake(&made);
  }
}
END_TEST

START_TEST(a_model_without_ngrams_has_its_own_rows) {
  const float own[3] = {1.5f, -0.0f, -2};
  float vector[3];
  subwords_known_vector(NULL, word_of("word"), own, 3, vector);
  ck_assert_float_eq(vector[0], 1.5f);
  ck_assert(vector[1] == 0 && !signbit(vector[1]));
  ck_assert_float_eq(vector[2], -2);
}
END_TEST

/* ---- the store file ---- */

static void write_model(const char *store, const struct subwords *subwords, uint32_t dim, char digest[33]) {
  const struct writer_origin origin = {.source = "-", .source_format = "fasttext-bin"};
  struct writer *writer;
  struct problem problem = {0};
  uint64_t size;
  uint32_t row;
  float *vector = calloc(dim, sizeof *vector);
  vector[0] = 1;
  ck_assert_msg(writer_open(store, "m", true, &problem, &writer) == STATUS_OK, "%s", problem.text);
  ck_assert_int_eq(writer_add(writer, word_of("cat"), vector, dim, &problem, &row), STATUS_OK);
  if (subwords) ck_assert_msg(writer_add_subwords(writer, subwords, &problem) == STATUS_OK, "%s", problem.text);
  ck_assert_int_eq(writer_finish(writer, &origin, 1, &problem, &size, digest), STATUS_OK);
  writer_close(writer);
  free(vector);
}

static struct model *open_model(const char *store) {
  char path[SCRATCH_PATH_MAX + 8];
  struct problem problem = {0};
  struct model *model = NULL;
  snprintf(path, sizeof path, "%s/m.mdb", store);
  ck_assert_msg(model_open(path, 1, &problem, &model) == STATUS_OK, "%s", problem.text);
  ck_assert_msg(verify_model(model, &(struct verify_options){.threads = 1}, &problem) == STATUS_OK, "%s", problem.text);
  return model;
}

static void expect_same(const struct subwords *got, const struct subwords *wanted) {
  ck_assert_uint_eq(got->min, wanted->min);
  ck_assert_uint_eq(got->max, wanted->max);
  ck_assert_uint_eq(got->buckets, wanted->buckets);
  ck_assert_uint_eq(got->count, wanted->count);
  ck_assert_int_eq(got->end_is_word, wanted->end_is_word);
  ck_assert_int_eq(got->pruned != NULL, wanted->pruned != NULL);
  for (uint32_t row = 0; row < wanted->count; row++) {
    ck_assert_uint_eq(subwords_bucket(got, row), subwords_bucket(wanted, row));
    ck_assert_mem_eq(subwords_row(got, row), subwords_row(wanted, row), wanted->stride * sizeof(float));
  }
}

START_TEST(subwords_come_back_from_the_file) {
  static const struct {
    uint32_t buckets, dim, step;
  } shapes[] = {{1000, 7, 1}, {1000, 8, 3}, {1, 1, 1}, {130, 65536, 1}}; /* the last in two slabs */
  char store[SCRATCH_PATH_MAX], digest[33];
  scratch_folder(store, "back-%d", _i);
  struct made made = make(2, 5, shapes[_i].buckets, shapes[_i].dim, shapes[_i].step);
  made.subwords.end_is_word = _i == 1;
  write_model(store, &made.subwords, shapes[_i].dim, digest);
  struct model *model = open_model(store);
  ck_assert_ptr_nonnull(model_subwords(model));
  expect_same(model_subwords(model), &made.subwords);
  model_drop(model);
  unmake(&made);
}
END_TEST

START_TEST(the_digest_covers_subwords) {
  char store[SCRATCH_PATH_MAX], without[33], with[33], other[33];
  scratch_folder(store, "digest");
  struct made made = make(2, 5, 10, 4, 2);
  write_model(store, NULL, 4, without);
  ck_assert_str_eq(without, "c71aefca1eca2c5e1c496eb3fa6077f4");
  struct model *model = open_model(store);
  ck_assert_ptr_null(model_subwords(model));
  model_drop(model);
  write_model(store, &made.subwords, 4, with);
  ck_assert_str_ne(with, without);
  made.rows[5] += 1;
  write_model(store, &made.subwords, 4, other);
  ck_assert_str_ne(with, other);
  made.rows[5] -= 1;
  made.buckets[1]++;
  write_model(store, &made.subwords, 4, other);
  ck_assert_str_ne(with, other);
  made.buckets[1]--;
  made.subwords.max++;
  write_model(store, &made.subwords, 4, other);
  ck_assert_str_ne(with, other);
  unmake(&made);
}
END_TEST

/* What is changed in the record `s`, or behind a mark of a row, and what is said of it. */
static const struct {
  size_t offset; /* in the record */
  uint32_t put;
  const char *says; /* NULL: the file is one without subwords to this build */
} broken_records[] = {{0, 0, "mark"},       {8, 2, NULL},          {12, 6, "length"},           {16, 0, "length"},
                      {16, 256, "length"},  {20, 0, "buckets"},    {20, 0x80000000, "buckets"}, {20, 4, "row count"},
                      {24, 0, "row count"}, {24, 11, "row count"}, {28, 5, "dimension"},        {32, 2, "rules"},
                      {36, 2, "rules"}};

/* The file of a model with subwords; its record is found by its mark. */
static char *read_file(const char *path, size_t *length, char **record) {
  char *bytes = scratch_read(path, length);
  *record = memmem(bytes, *length, "wvsubwd\n", 8);
  ck_assert_ptr_nonnull(*record);
  return bytes;
}

static enum status open_changed(const char *path, char *bytes, size_t length, struct problem *problem,
                                struct model **model) {
  enum { TRAILER = 8 + 32 };
  uint64_t size;
  metadata_sum_remove(bytes, length);
  scratch_write(path, bytes, length - TRAILER);
  int fd = open(path, O_RDWR);
  ck_assert_int_eq(checksum_append(fd, length - TRAILER, 1, path, problem, &size), STATUS_OK);
  close(fd);
  return model_open(path, 1, problem, model);
}

START_TEST(an_impossible_record_is_refused) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX], digest[33];
  char *record;
  size_t length;
  struct problem problem = {0};
  struct model *model = NULL;
  scratch_folder(store, "record-%d", _i);
  scratch_path(path, "record-%d/m.mdb", _i);
  struct made made = make(2, 5, 10, 4, 2);
  write_model(store, &made.subwords, 4, digest);
  unmake(&made);
  char *bytes = read_file(path, &length, &record);
  memcpy(record + broken_records[_i].offset, &broken_records[_i].put, 4);
  enum status status = open_changed(path, bytes, length, &problem, &model);
  if (broken_records[_i].says) {
    ck_assert_int_eq(status, STATUS_DAMAGED);
    ck_assert_msg(strstr(problem.text, broken_records[_i].says) != NULL, "%s", problem.text);
  } else {
    ck_assert_int_eq(status, STATUS_OK);
    ck_assert_ptr_null(model_subwords(model));
    model_drop(model);
  }
  free(bytes);
}
END_TEST

START_TEST(verify_looks_at_the_rows_of_subwords) {
  const float wrong[] = {NAN, 2e30f};
  const uint32_t out_of_order = 0, too_large = 10;
  const struct {
    const void *put;
    uint32_t row; /* of the buckets; UINT32_MAX: in the floats */
    const char *says;
  } breaks[] = {{&wrong[0], UINT32_MAX, "number"},
                {&wrong[1], UINT32_MAX, "number"},
                {&out_of_order, 1, "order"},
                {&too_large, 2, "order"}};
  const uint32_t buckets[] = {0, 2, 4, 6, 8};
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX], digest[33];
  char *record;
  size_t length;
  struct problem problem = {0};
  struct model *model = NULL;
  scratch_folder(store, "rows-%d", _i);
  scratch_path(path, "rows-%d/m.mdb", _i);
  struct made made = make(2, 5, 10, 4, 2);
  write_model(store, &made.subwords, 4, digest);
  char *bytes = read_file(path, &length, &record);
  char *floats = memmem(bytes, length, made.rows, 5 * 4 * sizeof(float));
  char *numbers = memmem(bytes, length, buckets, sizeof buckets);
  ck_assert(floats && numbers);
  memcpy(breaks[_i].row == UINT32_MAX ? floats + 8 : numbers + 4 * breaks[_i].row, breaks[_i].put, 4);
  ck_assert_int_eq(open_changed(path, bytes, length, &problem, &model), STATUS_OK);
  ck_assert_int_eq(verify_model(model, &(struct verify_options){.threads = 1}, &problem), STATUS_DAMAGED);
  ck_assert_msg(strstr(problem.text, breaks[_i].says) != NULL, "%s", problem.text);
  model_drop(model);
  unmake(&made);
  free(bytes);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/subwords", &cases);
  tcase_add_test(cases, words_have_the_ngrams_that_the_rules_give);
  tcase_add_test(cases, the_end_of_a_line_is_a_word_to_old_models);
  tcase_add_test(cases, vectors_are_sums_in_order);
  tcase_add_test(cases, a_model_without_ngrams_has_its_own_rows);
  tcase_add_loop_test(cases, subwords_come_back_from_the_file, 0, 4);
  tcase_add_test(cases, the_digest_covers_subwords);
  tcase_add_loop_test(cases, an_impossible_record_is_refused, 0, (int)(sizeof broken_records / sizeof *broken_records));
  tcase_add_loop_test(cases, verify_looks_at_the_rows_of_subwords, 0, 4);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
