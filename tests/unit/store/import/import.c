/* Whole imports: matrices at random written in each format and read back bit for bit, files longer than any block,
 * the real files, and what is reported on the way. */
#include "store/import/import.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/support/effort.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static char store[SCRATCH_PATH_MAX];

/* ---- matrices at random ---- */

struct matrix {
  uint32_t rows, dim;
  char **words;
  size_t *lengths;
  float *floats;
};

static uint64_t random_state;

static uint32_t next_random(void) {
  random_state += 0x9E3779B97F4A7C15u;
  uint64_t z = random_state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (uint32_t)(z >> 32);
}

static float random_float(void) {
  static const float special[] = {0.0f, -0.0f, FLT_MAX, -FLT_MAX, FLT_MIN, FLT_TRUE_MIN, -FLT_TRUE_MIN, 1.0f, 0.1f};
  uint32_t choice = next_random() % 8;
  if (choice == 0) return special[next_random() % (sizeof special / sizeof *special)];
  if (choice < 5) return (float)((int)(next_random() % 200001) - 100000) / 1e5f;
  float value;
  do {
    uint32_t bits = next_random();
    memcpy(&value, &bits, sizeof value);
  } while (!isfinite(value));
  return value;
}

/* Any bytes but a line feed and, where `spaces` is false, the space; a number in front makes words unique without
 * making a part of them a number. */
static void random_word(struct matrix *matrix, uint32_t row, bool spaces) {
  char *word = malloc(48);
  ck_assert_ptr_nonnull(word);
  size_t length = (size_t)snprintf(word, 48, "%u_", row);
  for (size_t more = next_random() % 12; more > 0; more--) {
    char c = (char)next_random();
    if (c == '\n' || (c == ' ' && !spaces) || (c >= '0' && c <= '9')) c = 'x';
    if (spaces && next_random() % 6 == 0) c = ' ';
    word[length++] = c;
  }
  matrix->words[row] = word;
  matrix->lengths[row] = length;
}

static struct matrix *random_matrix(uint32_t rows, uint32_t dim, bool spaces) {
  struct matrix *matrix = calloc(1, sizeof *matrix);
  *matrix = (struct matrix){.rows = rows, .dim = dim};
  matrix->words = calloc(rows, sizeof *matrix->words);
  matrix->lengths = calloc(rows, sizeof *matrix->lengths);
  matrix->floats = calloc((size_t)rows * dim, sizeof *matrix->floats);
  ck_assert(matrix->words && matrix->lengths && matrix->floats);
  for (uint32_t i = 0; i < rows; i++) random_word(matrix, i, spaces);
  for (size_t i = 0; i < (size_t)rows * dim; i++) matrix->floats[i] = random_float();
  return matrix;
}

static void matrix_free(struct matrix *matrix) {
  for (uint32_t i = 0; i < matrix->rows; i++) free(matrix->words[i]);
  free(matrix->words);
  free(matrix->lengths);
  free(matrix->floats);
  free(matrix);
}

/* gzopen() with "T" writes plainly: one way to write for both. */
static void write_text(const struct matrix *matrix, const char *path, bool header, const char *mode) {
  gzFile file = gzopen(path, mode);
  ck_assert_ptr_nonnull(file);
  static const char *const ends[] = {"\n", " \n", "\r\n"};
  const char *end = ends[next_random() % 3];
  if (header) gzprintf(file, "%u %u\n", matrix->rows, matrix->dim);
  for (uint32_t i = 0; i < matrix->rows; i++) {
    gzwrite(file, matrix->words[i], (unsigned)matrix->lengths[i]);
    for (uint32_t j = 0; j < matrix->dim; j++)
      gzprintf(file, next_random() % 2 ? " %.9g" : " %.8e", (double)matrix->floats[(size_t)i * matrix->dim + j]);
    if (i + 1 < matrix->rows || next_random() % 2) gzputs(file, end);
  }
  ck_assert_int_eq(gzclose(file), Z_OK);
}

static void write_binary(const struct matrix *matrix, const char *path, const char *separator, const char *mode) {
  gzFile file = gzopen(path, mode);
  ck_assert_ptr_nonnull(file);
  gzprintf(file, "%u %u\n", matrix->rows, matrix->dim);
  for (uint32_t i = 0; i < matrix->rows; i++) {
    gzwrite(file, matrix->words[i], (unsigned)matrix->lengths[i]);
    gzputs(file, " ");
    gzwrite(file, matrix->floats + (size_t)i * matrix->dim, (unsigned)(matrix->dim * sizeof(float)));
    gzputs(file, separator);
  }
  ck_assert_int_eq(gzclose(file), Z_OK);
}

/* In either order; the words go beside it. */
static void write_array(const struct matrix *matrix, const char *path, bool fortran, const char *mode) {
  char words[SCRATCH_PATH_MAX], head[128];
  snprintf(words, sizeof words, "%.*s.words.txt", (int)(strlen(path) - strlen(".npy")), path);
  gzFile file = gzopen(words, mode);
  ck_assert_ptr_nonnull(file);
  for (uint32_t i = 0; i < matrix->rows; i++) {
    gzwrite(file, matrix->words[i], (unsigned)matrix->lengths[i]);
    gzputs(file, "\n");
  }
  ck_assert_int_eq(gzclose(file), Z_OK);
  file = gzopen(path, mode);
  ck_assert_ptr_nonnull(file);
  snprintf(head, sizeof head, "{'descr': '<f4', 'fortran_order': %s, 'shape': (%u, %u), }", fortran ? "True" : "False",
           matrix->rows, matrix->dim);
  gzwrite(file, "\x93NUMPY\1\0\x76\0", 10);
  gzprintf(file, "%-117s\n", head);
  size_t count = (size_t)matrix->rows * matrix->dim;
  if (!fortran) gzwrite(file, matrix->floats, (unsigned)(count * sizeof(float)));
  for (size_t i = 0; i < count && fortran; i++)
    gzwrite(file, &matrix->floats[i % matrix->rows * matrix->dim + i / matrix->rows], sizeof(float));
  ck_assert_int_eq(gzclose(file), Z_OK);
}

/* A word that ends in a carriage return cannot be in a list. */
static void without_carriage_returns(const struct matrix *matrix) {
  for (uint32_t i = 0; i < matrix->rows; i++)
    if (matrix->words[i][matrix->lengths[i] - 1] == '\r') matrix->words[i][matrix->lengths[i] - 1] = 'r';
}

static struct import_options options_for(const char *path) {
  return (struct import_options){.path = path, .store = store, .name = "model", .threads = 1, .replace = true};
}

static struct model *import_and_open(const struct import_options *options, struct import_report *report) {
  struct problem problem;
  struct model *model;
  ck_assert_msg(import_run(options, &problem, report) == STATUS_OK, "%s", problem.text);
  ck_assert_msg(model_open(report->path, 1, &problem, &model) == STATUS_OK, "%s", problem.text);
  return model;
}

static void expect_matrix(const struct matrix *matrix, const struct import_options *options) {
  struct import_report report;
  struct model *model = import_and_open(options, &report);
  const struct rows *rows = model_rows(model);
  ck_assert_uint_eq(rows->count, matrix->rows);
  ck_assert_uint_eq(rows->dim, matrix->dim);
  ck_assert_uint_eq(report.warnings, 0);
  for (uint32_t i = 0; i < matrix->rows; i++) {
    struct word word = vocabulary_word(model_vocabulary(model), i);
    ck_assert_uint_eq(word.length, matrix->lengths[i]);
    ck_assert(memcmp(word.bytes, matrix->words[i], word.length) == 0);
    const float *expected = matrix->floats + (size_t)i * matrix->dim;
    ck_assert_msg(memcmp(rows_at(rows, i), expected, matrix->dim * sizeof *expected) == 0, "row %u of %s", i,
                  report.source_format);
  }
  model_drop(model);
}

START_TEST(reads_back_every_format) {
  if (effort_skips(_i)) return;
  char path[SCRATCH_PATH_MAX];
  random_state = (uint64_t)_i;
  uint32_t rows = 2 + next_random() % 60, dim = 2 + next_random() % 70;
  const char *mode = next_random() % 2 ? "wbT" : "wb1";
  struct matrix *spaced = random_matrix(rows, dim, true), *whole = random_matrix(rows, dim, false);
  scratch_path(path, "matrix");
  struct import_options options = options_for(path);
  write_text(spaced, path, false, mode);
  expect_matrix(spaced, &options);
  write_text(spaced, path, true, mode);
  expect_matrix(spaced, &options);
  write_binary(whole, path, "", mode);
  expect_matrix(whole, &options);
  write_binary(whole, path, "\n", mode);
  expect_matrix(whole, &options);
  options.duplicates = DUPLICATES_LAST;
  expect_matrix(whole, &options);
  scratch_path(path, "matrix.npy");
  without_carriage_returns(spaced);
  write_array(spaced, path, next_random() % 2, mode);
  expect_matrix(spaced, &options);
  matrix_free(spaced);
  matrix_free(whole);
}
END_TEST

START_TEST(reads_files_longer_than_a_block) {
  char path[SCRATCH_PATH_MAX];
  random_state = 77;
  struct matrix *matrix = random_matrix(5500, 64, false);
  scratch_path(path, "long");
  struct import_options options = options_for(path);
  write_text(matrix, path, true, "wbT");
  expect_matrix(matrix, &options);
  write_binary(matrix, path, "\n", "wbT");
  expect_matrix(matrix, &options);
  options.duplicates = DUPLICATES_LAST;
  expect_matrix(matrix, &options);
  matrix_free(matrix);
  matrix = random_matrix(1200, 300, true); /* blocks of arrays are 1 MiB */
  options.duplicates = DUPLICATES_FIRST;
  scratch_path(path, "long.npy");
  without_carriage_returns(matrix);
  for (int fortran = 0; fortran < 2; fortran++) {
    write_array(matrix, path, fortran, "wbT");
    expect_matrix(matrix, &options);
  }
  matrix_free(matrix);
}
END_TEST

/* Lines of 4 MiB and a little: a block must grow to hold one. */
START_TEST(reads_lines_longer_than_a_block) {
  enum { DIM = 100, LENGTH = 50000 };
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "wide");
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  for (int row = 0; row < 3; row++) {
    fprintf(file, "w%d", row);
    for (int i = 0; i < DIM; i++) fprintf(file, " %d.%0*d", i, LENGTH, 5);
    fputs("\n", file);
  }
  fclose(file);
  struct import_options options = options_for(path);
  struct import_report report;
  struct model *model = import_and_open(&options, &report);
  ck_assert_uint_eq(model_rows(model)->count, 3);
  ck_assert_uint_eq(model_rows(model)->dim, DIM);
  for (int i = 0; i < DIM; i++) ck_assert(rows_at(model_rows(model), 2)[i] == (float)i);
  model_drop(model);
}
END_TEST

START_TEST(refuses_endless_lines) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "endless");
  enum { LENGTH = 20 << 20 };
  char *text = malloc(LENGTH);
  ck_assert_ptr_nonnull(text);
  memset(text, 'w', LENGTH);
  memcpy(text, "2 3\ncat 1 2 3\n", 14);
  scratch_write(path, text, LENGTH);
  free(text);
  struct import_options options = options_for(path);
  struct import_report report;
  struct problem problem;
  ck_assert_int_eq(import_run(&options, &problem, &report), STATUS_BAD_MATRIX);
  ck_assert_msg(problem.position == 3 && strstr(problem.text, "longer than"), "%s", problem.text);
}
END_TEST

/* ---- real files ---- */

/* The path of a file of real data, or NULL after a line that says it is not there. */
static const char *real_file(char path[SCRATCH_PATH_MAX], const char *name) {
  const char *folder = getenv("TEST_DATA");
  snprintf(path, SCRATCH_PATH_MAX, "%s/%s", folder ? folder : "", name);
  if (folder && access(path, R_OK) == 0) return path;
  printf("skipped: no %s in the folder TEST_DATA\n", name);
  return NULL;
}

static struct model *import_real(const char *name, struct import_report *report) {
  char path[SCRATCH_PATH_MAX];
  if (!real_file(path, name)) return NULL;
  struct import_options options = options_for(path);
  return import_and_open(&options, report);
}

static void expect_word(const struct model *model, uint32_t row, const char *expected) {
  struct word word = vocabulary_word(model_vocabulary(model), row);
  ck_assert_msg(word.length == strlen(expected) && memcmp(word.bytes, expected, word.length) == 0, "row %u is %.*s",
                row, (int)word.length, word.bytes);
}

START_TEST(reads_real_files) {
  static const struct {
    const char *file, *format, *first;
    uint32_t rows, dim;
    uint64_t declared, warnings, duplicates;
  } files[] = {
      {"classics.50d.txt.gz", "glove", "the", 25000, 50, 0, 0, 0},
      {"glove.6B.100d.top2604.txt.gz", "glove", "the", 2604, 100, 0, 0, 0},
      {"glove.6B.50d.with-word2vec-header.txt.gz", "word2vec-text", "the", 2987, 50, 2987, 0, 0},
      {"word2vec-c.1186x200.bin", "word2vec-binary", "</s>", 1186, 200, 1186, 0, 0},
      {"word2vec-c.1186x200.txt.gz", "word2vec-text", "</s>", 1186, 200, 1186, 0, 0},
      {"wiki.en.header-disagrees.vec.gz", "fasttext-vec", ",", 99, 300, 2519370, 1, 0},
      {"duplicates.glove.txt", "glove", "a", 3, 20, 0, 0, 1},
      {"duplicates.word2vec.txt", "word2vec-text", "a", 3, 20, 4, 0, 1},
      {"duplicates.word2vec.bin", "word2vec-binary", "a", 3, 20, 4, 0, 1},
      {"fasttext.skipgram.2061x70.bin", "fasttext-bin", "the", 2061, 70, 2061, 0, 0},
  };
  struct import_report report;
  struct model *model = import_real(files[_i].file, &report);
  if (!model) return;
  ck_assert_str_eq(report.source_format, files[_i].format);
  ck_assert_uint_eq(report.rows, files[_i].rows);
  ck_assert_uint_eq(report.dim, files[_i].dim);
  ck_assert_uint_eq(report.declared_rows, files[_i].declared);
  ck_assert_uint_eq(report.warnings, files[_i].warnings);
  ck_assert_uint_eq(report.skipped[SKIP_DUPLICATE], files[_i].duplicates);
  expect_word(model, 0, files[_i].first);
  ck_assert_str_eq(model_info(model)->source, files[_i].file);
  model_drop(model);
}
END_TEST

enum { REAL_FILES = 10 };

/* The text of the C program has six decimals: it must be each float of its binary file, rounded so. */
START_TEST(agrees_between_two_layouts_of_one_model) {
  struct import_report report;
  char path[SCRATCH_PATH_MAX];
  struct model *binary = import_real("word2vec-c.1186x200.bin", &report);
  if (!binary || !real_file(path, "word2vec-c.1186x200.txt.gz")) return;
  struct import_options options = options_for(path);
  options.name = "text";
  struct model *text = import_and_open(&options, &report);
  for (uint32_t i = 0; i < model_rows(binary)->count; i++) {
    struct word a = vocabulary_word(model_vocabulary(binary), i), b = vocabulary_word(model_vocabulary(text), i);
    ck_assert(a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0);
    for (uint32_t j = 0; j < model_rows(binary)->dim; j++) {
      char printed[64];
      snprintf(printed, sizeof printed, "%f", (double)rows_at(model_rows(binary), i)[j]);
      ck_assert(rows_at(model_rows(text), i)[j] == strtof(printed, NULL));
    }
  }
  model_drop(binary);
  model_drop(text);
}
END_TEST

/* Every number of a real file against the C library. */
START_TEST(reads_the_floats_of_a_real_file) {
  char path[SCRATCH_PATH_MAX], *line = malloc(1 << 16);
  struct import_report report;
  struct model *model = import_real("classics.50d.txt.gz", &report);
  if (model) {
    gzFile file = gzopen(real_file(path, "classics.50d.txt.gz"), "rb");
    ck_assert_ptr_nonnull(file);
    for (uint32_t row = 0; gzgets(file, line, 1 << 16); row++) {
      char *number = strchr(line, ' ');
      *number = '\0';
      expect_word(model, row, line);
      const float *floats = rows_at(model_rows(model), row);
      uint32_t equal = 0;
      for (uint32_t j = 0; j < 50; j++) equal += floats[j] == strtof(number + 1, &number);
      ck_assert_uint_eq(equal, 50);
    }
    gzclose(file);
    model_drop(model);
  }
  free(line);
}
END_TEST

/* "WORD NUMBER…" as fastText prints it, of a word that the model knows or not. */
static void expect_printed(const struct model *model, const char *line) {
  uint32_t row, dim = model_rows(model)->dim;
  float vector[128];
  const char *number = strchr(line, ' ');
  struct word word = {line, (size_t)(number - line)};
  ck_assert_uint_le(dim, sizeof vector / sizeof *vector);
  if (vocabulary_find(model_vocabulary(model), word, &row) == STATUS_OK)
    memcpy(vector, rows_at(model_rows(model), row), dim * sizeof *vector);
  else
    ck_assert_int_eq(subwords_vector(model_subwords(model), word, vector), STATUS_OK);
  for (uint32_t i = 0; i < dim; i++) {
    char printed[32];
    size_t length = (size_t)snprintf(printed, sizeof printed, " %.5g", (double)vector[i]);
    ck_assert_msg(strncmp(number, printed, length) == 0, "%.*s, number %u:%s, not%.12s", (int)word.length, line, i,
                  printed, number);
    number += length;
  }
}

START_TEST(reads_what_fasttext_prints) {
  struct import_report report;
  char path[SCRATCH_PATH_MAX];
  struct model *model = import_real("fasttext.skipgram.2061x70.bin", &report);
  if (!model || !real_file(path, "fasttext.skipgram.2061x70.print-word-vectors.txt")) return;
  size_t length, lines = 0;
  char *text = scratch_read(path, &length), *rest = text;
  for (char *line; (line = strsep(&rest, "\n")) && *line; lines++) expect_printed(model, line);
  ck_assert_uint_eq(lines, 12);
  ck_assert_uint_eq(model_subwords(model)->min, 3);
  ck_assert_uint_eq(model_subwords(model)->max, 6);
  ck_assert_uint_eq(model_subwords(model)->buckets, 1000);
  free(text);
  model_drop(model);
}
END_TEST

/* Vectors are made by many threads, in batches. */
START_TEST(makes_the_same_of_a_model_with_any_number_of_threads) {
  struct import_report one, many;
  struct model *model = import_real("fasttext.skipgram.2061x70.bin", &one);
  char path[SCRATCH_PATH_MAX];
  if (!model || !real_file(path, "fasttext.skipgram.2061x70.bin")) return;
  model_drop(model);
  struct import_options options = options_for(path);
  options.threads = 7;
  model_drop(import_and_open(&options, &many));
  ck_assert_str_eq(one.digest, many.digest);
}
END_TEST

/* ---- what is reported ---- */

struct seen {
  unsigned calls, finishing;
  struct import_progress last;
};

static void see_progress(void *context, const struct import_progress *progress) {
  struct seen *seen = context;
  ck_assert_uint_ge(progress->bytes_read, seen->last.bytes_read);
  ck_assert(progress->bytes_total == 0 || progress->bytes_read <= progress->bytes_total);
  ck_assert(seen->last.stage != IMPORT_FINISHING);
  seen->calls++;
  seen->finishing += progress->stage == IMPORT_FINISHING;
  seen->last = *progress;
}

START_TEST(reports_what_it_did) {
  static const char text[] = "4 2\ncat 1 2\ndog 3 4\ncat 5 6\nrat nan 1\n";
  char path[SCRATCH_PATH_MAX], expected[SCRATCH_PATH_MAX];
  scratch_path(path, "small.vec");
  scratch_write(path, text, sizeof text - 1);
  struct seen seen = {0};
  struct import_options options = options_for(path);
  options.name = NULL;
  options.progress = see_progress;
  options.context = &seen;
  struct import_report report;
  struct model *model = import_and_open(&options, &report);
  scratch_path(expected, "store/small.mdb");
  ck_assert_str_eq(report.path, expected);
  ck_assert_str_eq(report.name, "small");
  ck_assert_uint_eq(report.rows, 2);
  ck_assert_uint_eq(report.bytes_read, sizeof text - 1);
  ck_assert_uint_eq(report.text_bytes, sizeof text - 1);
  ck_assert_uint_eq(report.file_size, model_info(model)->file_size);
  ck_assert_str_eq(report.digest, model_info(model)->digest);
  ck_assert_uint_eq(report.skipped[SKIP_DUPLICATE], 1);
  ck_assert_str_eq(report.first_skipped[SKIP_DUPLICATE], "line 4: \"cat\" (row 0 has it)");
  ck_assert_str_eq(report.first_skipped[SKIP_NOT_FINITE], "line 5: \"rat\"");
  ck_assert_str_eq(report.first_skipped[SKIP_CUT_SHORT], "");
  ck_assert(report.seconds >= 0);
  ck_assert_uint_eq(seen.finishing, 1);
  ck_assert_uint_eq(seen.last.rows, 2);
  ck_assert_uint_eq(seen.last.bytes_total, sizeof text - 1);
  model_drop(model);
}
END_TEST

START_TEST(touches_no_report_on_failure) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "torn");
  scratch_write(path, "cat 1 2\ndog 3\nrat 5 6\n", 22);
  struct import_options options = options_for(path);
  options.name = "torn";
  struct import_report report, before;
  memset(&report, 0x5A, sizeof report);
  before = report;
  struct problem problem;
  ck_assert_int_eq(import_run(&options, &problem, &report), STATUS_BAD_MATRIX);
  ck_assert(memcmp(&report, &before, sizeof report) == 0);
  ck_assert_int_eq(import_run(&options, NULL, &report), STATUS_BAD_MATRIX);
  char model[SCRATCH_PATH_MAX];
  scratch_path(model, "store/torn.mdb");
  ck_assert_int_ne(access(model, F_OK), 0);
}
END_TEST

START_TEST(keeps_the_old_version_unless_told) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "version");
  scratch_write(path, "cat 1 2\n", 8);
  struct import_options options = options_for(path);
  options.name = "version";
  options.replace = false;
  struct import_report report;
  struct problem problem;
  ck_assert_int_eq(import_run(&options, &problem, &report), STATUS_OK);
  char digest[33];
  memcpy(digest, report.digest, sizeof digest);
  scratch_write(path, "dog 1 2\n", 8);
  ck_assert_int_eq(import_run(&options, &problem, &report), STATUS_EXISTS);
  options.replace = true;
  ck_assert_int_eq(import_run(&options, &problem, &report), STATUS_OK);
  ck_assert_str_ne(report.digest, digest);
  options.name = "../escape";
  ck_assert_int_eq(import_run(&options, &problem, &report), STATUS_BAD_ARGUMENT);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/import/import", &tcase);
  scratch_open();
  scratch_path(store, "store");
  tcase_add_loop_test(tcase, reads_back_every_format, 0, 12);
  tcase_add_test(tcase, reads_files_longer_than_a_block);
  tcase_add_test(tcase, reads_lines_longer_than_a_block);
  tcase_add_test(tcase, refuses_endless_lines);
  /* All of them are read in another test, too, by the program. */
  tcase_add_loop_test(tcase, reads_real_files, 0, effort(REAL_FILES) < REAL_FILES ? 3 : REAL_FILES);
  tcase_add_test(tcase, agrees_between_two_layouts_of_one_model);
  tcase_add_test(tcase, reads_the_floats_of_a_real_file);
  tcase_add_test(tcase, reads_what_fasttext_prints);
  tcase_add_test(tcase, makes_the_same_of_a_model_with_any_number_of_threads);
  tcase_add_test(tcase, reports_what_it_did);
  tcase_add_test(tcase, touches_no_report_on_failure);
  tcase_add_test(tcase, keeps_the_old_version_unless_told);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
