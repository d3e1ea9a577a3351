/* Whole exports: matrices at random go through every layout and back by import, words of all bytes among them; what a
 * layout cannot hold; and files that appear whole or not at all. */
#include "store/export/export.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/import/import.h"
#include "store/matrix/writer.h"
#include "tests/support/effort.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

/* ---- matrices */

enum { ROWS_MOST = 40, DIM_MOST = 6, WORD_MOST = 24 };

struct matrix {
  uint32_t rows, dim;
  char bytes[ROWS_MOST][WORD_MOST];
  size_t lengths[ROWS_MOST];
  float floats[ROWS_MOST][DIM_MOST];
};

static struct word word_at(const struct matrix *matrix, uint32_t row) {
  return (struct word){matrix->bytes[row], matrix->lengths[row]};
}

static float random_float(void) {
  static const float special[] = {0.0f, -0.0f, FLT_MAX, -FLT_MIN, FLT_TRUE_MIN, 1.0f, 66.0f, 0.1f, 1e16f, 1e-5f};
  long choice = random() % 4;
  if (choice == 0) return special[random() % 10];
  if (choice < 3) return (float)(random() % 20001 - 10000) / 1e4f;
  float value;
  do {
    uint32_t bits = (uint32_t)random() << 1 ^ (uint32_t)random();
    memcpy(&value, &bits, sizeof value);
  } while (!isfinite(value));
  return value;
}

/* Of pieces that mean something to one layout or another. */
static size_t random_word(char bytes[WORD_MOST], bool tame) {
  static const char *const pieces[] = {"a",    "cat",  "\xC3\x9F", "_",        "b7",   "\t",
                                       " ",    "\n",   "\r",       " 66",      " 0.5", " 1e5",
                                       "\xFF", " -1 ", "\x01",     "\xC2\xA0", "</s>", "\xEF\xBB\xBF"};
  size_t length = 0;
  for (long i = random() % 5; i > 0; i--) {
    const char *piece = pieces[random() % (tame ? 5 : 18)];
    if (length + strlen(piece) > WORD_MOST) break;
    memcpy(bytes + length, piece, strlen(piece));
    length += strlen(piece);
  }
  if (!tame && length < WORD_MOST && random() % 8 == 0) bytes[length++] = '\0';
  return length;
}

static bool has_word(const struct matrix *matrix, uint32_t count, struct word word) {
  for (uint32_t row = 0; row < count; row++)
    if (word_compare(word_at(matrix, row), word) == 0) return true;
  return false;
}

static void random_matrix(struct matrix *matrix, bool tame) {
  uint32_t wanted = 1 + (uint32_t)random() % ROWS_MOST;
  matrix->dim = 1 + (uint32_t)random() % DIM_MOST;
  matrix->rows = 0;
  for (uint32_t i = 0; i < wanted; i++) {
    matrix->lengths[matrix->rows] = random_word(matrix->bytes[matrix->rows], tame);
    if (has_word(matrix, matrix->rows, word_at(matrix, matrix->rows))) continue;
    for (uint32_t j = 0; j < matrix->dim; j++) matrix->floats[matrix->rows][j] = random_float();
    matrix->rows++;
  }
}

static void words_of(struct matrix *matrix, uint32_t rows, const char *const *words, uint32_t dim) {
  *matrix = (struct matrix){.rows = rows, .dim = dim};
  for (uint32_t row = 0; row < rows; row++) {
    matrix->lengths[row] = strlen(words[row]);
    memcpy(matrix->bytes[row], words[row], matrix->lengths[row]);
    for (uint32_t i = 0; i < dim; i++) matrix->floats[row][i] = (float)row + 0.25f * (float)i;
  }
}

static enum status give_row(void *context, uint64_t at, struct problem *problem, struct word *word,
                            const float **vector) {
  const struct matrix *matrix = context;
  (void)problem;
  *word = word_at(matrix, (uint32_t)at);
  *vector = matrix->floats[at];
  return STATUS_OK;
}

static struct export_options options_of(struct matrix *matrix, enum export_format format, const char *path) {
  return (struct export_options){
      .rows = {.count = matrix->rows, .dim = matrix->dim, .row = give_row, .context = matrix},
      .name = "m",
      .format = format,
      .path = path,
      .replace = true};
}

/* ---- there and back */

/* The rows of the file are those of the matrix that `kept` keeps, in their order, to the bit. */
static void expect_back(const struct matrix *matrix, const char *path, bool (*fits)(struct word word),
                        uint64_t misfits) {
  char store[SCRATCH_PATH_MAX];
  struct import_report report;
  struct problem problem;
  struct model *model;
  scratch_path(store, "store");
  struct import_options options = {.path = path, .store = store, .name = "back", .replace = true, .strict = true};
  ck_assert_msg(import_run(&options, &problem, &report) == STATUS_OK, "%s", problem.text);
  ck_assert_int_eq(model_open(report.path, 1, &problem, &model), STATUS_OK);
  ck_assert_uint_eq(report.dim, matrix->dim);
  ck_assert_uint_eq(report.rows + misfits, matrix->rows);
  for (uint32_t row = 0, at = 0; at < report.rows; row++) {
    ck_assert_uint_lt(row, matrix->rows);
    struct word word = vocabulary_word(model_vocabulary(model), at);
    bool same = word_compare(word, word_at(matrix, row)) == 0;
    if (!same && misfits > 0 && (!fits || !fits(word_at(matrix, row)))) continue;
    ck_assert_msg(same, "row %u has another word", at);
    ck_assert_mem_eq(rows_at(model_rows(model), at), matrix->floats[row], matrix->dim * sizeof(float));
    at++;
  }
  model_drop(model);
}

static bool fits_binary(struct word word) {
  return !memchr(word.bytes, ' ', word.length);
}

static bool fits_list(struct word word) {
  return !memchr(word.bytes, '\n', word.length) && (word.length == 0 || word.bytes[word.length - 1] != '\r');
}

static bool fits_line_without_spaces(struct word word) {
  return !memchr(word.bytes, '\n', word.length) && !memchr(word.bytes, ' ', word.length) && word.length > 0;
}

static const struct {
  enum export_format format;
  const char *file;
  bool (*fits)(struct word word); /* what surely fits; of text also what import tells apart from numbers */
  bool exactly;                   /* and nothing else does */
} layouts[] = {{EXPORT_GLOVE, "m.txt", fits_line_without_spaces, false},
               {EXPORT_WORD2VEC_TEXT, "m.txt", fits_line_without_spaces, false},
               {EXPORT_FASTTEXT_VEC, "m.vec", fits_line_without_spaces, false},
               {EXPORT_WORD2VEC_BINARY, "m.bin", fits_binary, true},
               {EXPORT_NPY, "m.npy", fits_list, true}};

static uint64_t count_misfits(const struct matrix *matrix, bool (*fits)(struct word word)) {
  uint64_t misfits = 0;
  for (uint32_t row = 0; row < matrix->rows; row++) misfits += !fits(word_at(matrix, row));
  return misfits;
}

START_TEST(what_fits_comes_back_to_the_bit) {
  char path[SCRATCH_PATH_MAX];
  int written = 0, doubtful = 0, tries = effort(20) + 4; /* each syncs three files */
  srandom((unsigned)_i + 3);
  scratch_path(path, "%s", layouts[_i].file);
  for (int i = 0; i < tries; i++) {
    struct matrix matrix;
    struct export_report report;
    struct problem problem = {0};
    random_matrix(&matrix, i % 4 == 0);
    struct export_options options = options_of(&matrix, layouts[_i].format, path);
    options.misfits = MISFITS_SKIP;
    enum status status = export_run(&options, &problem, &report);
    uint64_t misfits = count_misfits(&matrix, layouts[_i].fits);
    if (status == STATUS_UNSUPPORTED) { /* nothing fits; or words with spaces make the whole doubtful */
      ck_assert_msg(misfits == matrix.rows || (!layouts[_i].exactly && misfits > 0), "%s", problem.text);
      doubtful++;
      continue;
    }
    ck_assert_msg(status == STATUS_OK, "%s", problem.text);
    ck_assert_uint_le(report.misfits, misfits);
    if (layouts[_i].exactly) ck_assert_uint_eq(report.misfits, misfits);
    ck_assert_uint_eq(report.rows + report.misfits, matrix.rows);
    ck_assert_int_eq(report.first_misfit[0] != '\0', report.misfits > 0);
    expect_back(&matrix, path, layouts[_i].fits, report.misfits);
    written++;
  }
  ck_assert_int_gt(written, doubtful);
}
END_TEST

START_TEST(a_model_has_the_same_digest_again) {
  const char *const words[] = {"the",   "at name@domain.com", "",         "\xFF\xFE", "na\xC3\xAFve",
                               ". . .", "\xC2\xA0",           "tab\there"};
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX], file[SCRATCH_PATH_MAX], digest[33];
  const struct writer_origin origin = {.source = "-", .source_format = "glove"};
  struct writer *writer;
  struct model *model;
  struct problem problem;
  struct export_report report;
  struct import_report imported;
  uint64_t size;
  struct matrix matrix;
  uint32_t row;
  words_of(&matrix, 8, words, 5);
  scratch_path(store, "digests");
  ck_assert_int_eq(writer_open(store, "m", true, &problem, &writer), STATUS_OK);
  for (uint32_t i = 0; i < matrix.rows; i++)
    ck_assert_int_eq(writer_add(writer, word_at(&matrix, i), matrix.floats[i], 5, &problem, &row), STATUS_OK);
  ck_assert_int_eq(writer_finish(writer, &origin, 1, &problem, &size, digest), STATUS_OK);
  writer_close(writer);
  ck_assert_int_eq(model_path(store, "m", path, sizeof path, &problem), STATUS_OK);
  ck_assert_int_eq(model_open(path, 1, &problem, &model), STATUS_OK);
  for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
    if (layouts[i].format == EXPORT_WORD2VEC_BINARY) continue;
    scratch_path(file, "%s", layouts[i].file);
    struct export_options options = {.rows = export_rows_of(model),
                                     .model = model,
                                     .name = "m",
                                     .format = layouts[i].format,
                                     .path = file,
                                     .replace = true};
    ck_assert_msg(export_run(&options, &problem, &report) == STATUS_OK, "%s", problem.text);
    struct import_options import = {.path = file, .store = store, .name = "again", .replace = true, .strict = true};
    ck_assert_msg(import_run(&import, &problem, &imported) == STATUS_OK, "%s", problem.text);
    ck_assert_str_eq(imported.digest, digest);
  }
  model_drop(model);
}
END_TEST

/* ---- what does not fit */

static const struct {
  enum export_format format;
  const char *word;
  const char *says; /* NULL: it fits */
} words[] = {
    {EXPORT_GLOVE, "a\nb", "a line feed"},
    {EXPORT_GLOVE, "route 66", NULL},
    {EXPORT_GLOVE, "a 0.125 b", "read as numbers"},
    {EXPORT_GLOVE, "", NULL},
    {EXPORT_GLOVE, "a\rb\r", NULL},
    {EXPORT_WORD2VEC_TEXT, "x 0.75", "read as numbers"},
    {EXPORT_FASTTEXT_VEC, "x\ny", "a line feed"},
    {EXPORT_WORD2VEC_BINARY, "a b", "a space"},
    {EXPORT_WORD2VEC_BINARY, "\n\n", NULL},
    {EXPORT_NPY, "a\nb", "a line feed"},
    {EXPORT_NPY, "a\r", "carriage return"},
    {EXPORT_NPY, "a b 0.5", NULL},
    {EXPORT_PROJECTOR, "a\tb", "a tab"},
    {EXPORT_PROJECTOR, "a\rb", "the end of a line"},
    {EXPORT_PROJECTOR, "\xFF", "not UTF-8"},
    {EXPORT_PROJECTOR, "", "nothing is seen"},
    {EXPORT_PROJECTOR, "\xC2\xA0\xE3\x80\x80", "nothing is seen"},
    {EXPORT_PROJECTOR, "a b\xC2\xA0", NULL},
};

START_TEST(a_word_that_does_not_fit_is_named) {
  const char *const three[] = {"cat", words[_i].word, "dog"};
  char folder[SCRATCH_PATH_MAX];
  struct matrix matrix;
  struct problem problem = {0};
  struct export_report report = {0};
  scratch_folder(folder, "misfit-%d", _i);
  words_of(&matrix, 3, three, 2);
  struct export_options options = options_of(&matrix, words[_i].format, folder);
  enum status status = export_run(&options, &problem, &report);
  if (!words[_i].says) {
    ck_assert_msg(status == STATUS_OK, "%s", problem.text);
    return;
  }
  ck_assert_int_eq(status, STATUS_UNSUPPORTED);
  ck_assert_msg(strstr(problem.text, words[_i].says) && strstr(problem.text, "row 1 (\"") &&
                    strstr(problem.text, export_format_names[words[_i].format]),
                "%s", problem.text);
  ck_assert_uint_eq(report.file_count, 0);
  ck_assert_int_eq(rmdir(folder), 0); /* nothing is in it */
  scratch_folder(folder, "misfit-%d", _i);
  options.misfits = MISFITS_SKIP;
  ck_assert_msg(export_run(&options, &problem, &report) == STATUS_OK, "%s", problem.text);
  ck_assert_uint_eq(report.misfits, 1);
  ck_assert_uint_eq(report.rows, 2);
  ck_assert_msg(strstr(report.first_misfit, "row 1: \"") && strstr(report.first_misfit, words[_i].says), "%s",
                report.first_misfit);
}
END_TEST

/* Each row could be one of two dimensions or of three: alone it is taken at its word, all together they mislead. */
START_TEST(text_that_would_be_another_matrix_is_refused) {
  static const char *const places[] = {"room 5", "gate 7", "line 3", "cat"};
  char path[SCRATCH_PATH_MAX];
  struct matrix matrix;
  struct problem problem = {0};
  struct export_report report;
  scratch_path(path, "misleading");
  words_of(&matrix, 4, places, 2);
  struct export_options options = options_of(&matrix, EXPORT_GLOVE, path);
  ck_assert_int_eq(export_run(&options, &problem, &report), STATUS_UNSUPPORTED);
  ck_assert_msg(strstr(problem.text, "would not be read back from glove"), "%s", problem.text);
  ck_assert_int_ne(access(path, F_OK), 0);
  options.format = EXPORT_NPY;
  ck_assert_msg(export_run(&options, &problem, &report) == STATUS_OK, "%s", problem.text);
  expect_back(&matrix, path, fits_list, 0);
}
END_TEST

START_TEST(nothing_to_export_is_said) {
  static const char *const spaced[] = {"a b", "c d"};
  struct matrix matrix;
  struct problem problem = {0};
  struct export_report report;
  char folder[SCRATCH_PATH_MAX];
  scratch_folder(folder, "nothing");
  words_of(&matrix, 2, spaced, 2);
  struct export_options options = options_of(&matrix, EXPORT_WORD2VEC_BINARY, folder);
  options.misfits = MISFITS_SKIP;
  ck_assert_int_eq(export_run(&options, &problem, &report), STATUS_UNSUPPORTED);
  ck_assert_msg(strstr(problem.text, "no rows to export; row 0: \"a b\""), "%s", problem.text);
  options.rows.count = 0;
  ck_assert_int_eq(export_run(&options, &problem, &report), STATUS_UNSUPPORTED);
  ck_assert_str_eq(problem.text, "no rows to export");
  ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* ---- files */

static const char *const animals[] = {"cat", "dog"};

static int entries(const char *folder) {
  DIR *open = opendir(folder);
  int count = 0;
  while (readdir(open)) count++;
  closedir(open);
  return count - 2;
}

START_TEST(files_that_are_there_are_kept) {
  char path[SCRATCH_PATH_MAX], folder[SCRATCH_PATH_MAX];
  struct matrix matrix;
  struct problem problem = {0};
  struct export_report report;
  size_t length;
  scratch_folder(folder, "kept");
  scratch_path(path, "kept/m.words.txt"); /* the second of the two */
  scratch_write(path, "precious", 8);
  words_of(&matrix, 2, animals, 3);
  struct export_options options = options_of(&matrix, EXPORT_NPY, folder);
  options.replace = false;
  ck_assert_int_eq(export_run(&options, &problem, &report), STATUS_EXISTS);
  ck_assert_msg(strstr(problem.text, path) && strstr(problem.text, "--force"), "%s", problem.text);
  ck_assert_int_eq(entries(folder), 1);
  options.replace = true;
  ck_assert_int_eq(export_run(&options, &problem, &report), STATUS_OK);
  ck_assert_int_eq(entries(folder), 2);
  char *bytes = scratch_read(path, &length);
  ck_assert_uint_eq(length, 8);
  ck_assert_mem_eq(bytes, "cat\ndog\n", 8);
  free(bytes);
  ck_assert_uint_eq(report.files[1].bytes, 8);
  struct stat about;
  ck_assert_int_eq(stat(report.files[0].path, &about), 0);
  ck_assert_uint_eq((uint64_t)about.st_size, report.files[0].bytes);
}
END_TEST

START_TEST(a_write_that_fails_leaves_nothing) {
  char folder[SCRATCH_PATH_MAX];
  struct matrix matrix;
  struct problem problem = {0};
  struct export_report report;
  struct rlimit limit = {.rlim_cur = 10, .rlim_max = RLIM_INFINITY};
  scratch_folder(folder, "failing");
  words_of(&matrix, 2, animals, 6);
  struct export_options options = options_of(&matrix, EXPORT_NPY, folder);
  signal(SIGXFSZ, SIG_IGN);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  enum status status = export_run(&options, &problem, &report);
  limit.rlim_cur = RLIM_INFINITY;
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  ck_assert_int_eq(status, STATUS_IO);
  ck_assert_msg(strstr(problem.text, "m.npy: cannot be written"), "%s", problem.text);
  ck_assert_int_eq(entries(folder), 0);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named) {
  struct matrix matrix;
  struct problem problem = {0};
  struct export_report report;
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "no/such/folder.txt");
  words_of(&matrix, 2, animals, 2);
  struct export_options options = options_of(&matrix, EXPORT_GLOVE, path);
  ck_assert_int_eq(export_run(&options, &problem, &report), STATUS_NOT_FOUND);
  ck_assert_msg(strstr(problem.text, path), "%s", problem.text);
}
END_TEST

START_TEST(a_pipe_takes_rows_as_they_come) {
  char path[SCRATCH_PATH_MAX], text[256] = "";
  struct matrix matrix;
  struct problem problem = {0};
  struct export_report report;
  scratch_path(path, "pipe");
  ck_assert_int_eq(mkfifo(path, 0600), 0);
  int reading = open(path, O_RDONLY | O_NONBLOCK);
  words_of(&matrix, 2, animals, 2);
  struct export_options options = options_of(&matrix, EXPORT_WORD2VEC_TEXT, path);
  options.replace = false;
  ck_assert_msg(export_run(&options, &problem, &report) == STATUS_OK, "%s", problem.text);
  ck_assert_int_gt(read(reading, text, sizeof text - 1), 0);
  ck_assert_str_eq(text, "2 2\ncat 0.0 0.25\ndog 1.0 1.25\n");
  close(reading);
}
END_TEST

START_TEST(the_projectors_tables_are_in_step) {
  char folder[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct matrix matrix;
  struct problem problem = {0};
  struct export_report report;
  size_t length;
  scratch_folder(folder, "projector");
  words_of(&matrix, 2, animals, 3);
  struct export_options options = options_of(&matrix, EXPORT_PROJECTOR, folder);
  ck_assert_int_eq(export_run(&options, &problem, &report), STATUS_OK);
  scratch_path(path, "projector/m.vectors.tsv");
  char *bytes = scratch_read(path, &length);
  ck_assert_str_eq(bytes, "0.0\t0.25\t0.5\n1.0\t1.25\t1.5\n");
  free(bytes);
  scratch_path(path, "projector/m.metadata.tsv");
  bytes = scratch_read(path, &length);
  ck_assert_str_eq(bytes, "cat\ndog\n");
  free(bytes);
}
END_TEST

/* Longer than the buffer of a file and than a rehearsal. */
static enum status give_long(void *context, uint64_t at, struct problem *problem, struct word *word,
                             const float **vector) {
  static float floats[300];
  static char text[32];
  (void)context;
  (void)problem;
  for (int i = 0; i < 300; i++) floats[i] = (float)(at * 300 + (uint64_t)i) / 7;
  *word = (struct word){text, (size_t)snprintf(text, sizeof text, "word-%llu", (unsigned long long)at)};
  *vector = floats;
  return STATUS_OK;
}

START_TEST(long_files_come_back) {
  char path[SCRATCH_PATH_MAX], store[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  struct export_report report;
  struct import_report imported;
  char digest[33] = "";
  const uint64_t rows = (uint64_t)effort(3000) + 1100;
  scratch_path(store, "store");
  for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
    scratch_path(path, "long-%s", layouts[i].file);
    struct export_options options = {.rows = {.count = rows, .dim = 300, .row = give_long},
                                     .name = "long",
                                     .format = layouts[i].format,
                                     .path = path,
                                     .replace = true};
    ck_assert_msg(export_run(&options, &problem, &report) == STATUS_OK, "%s", problem.text);
    struct import_options import = {.path = path, .store = store, .name = "long", .replace = true, .strict = true};
    ck_assert_msg(import_run(&import, &problem, &imported) == STATUS_OK, "%s", problem.text);
    ck_assert_uint_eq(imported.rows, rows);
    if (i > 0) ck_assert_str_eq(imported.digest, digest);
    memcpy(digest, imported.digest, sizeof digest);
  }
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/export/export", &cases);
  tcase_add_loop_test(cases, what_fits_comes_back_to_the_bit, 0, (int)(sizeof layouts / sizeof layouts[0]));
  tcase_add_test(cases, a_model_has_the_same_digest_again);
  tcase_add_loop_test(cases, a_word_that_does_not_fit_is_named, 0, (int)(sizeof words / sizeof words[0]));
  tcase_add_test(cases, text_that_would_be_another_matrix_is_refused);
  tcase_add_test(cases, nothing_to_export_is_said);
  tcase_add_test(cases, files_that_are_there_are_kept);
  tcase_add_test(cases, a_write_that_fails_leaves_nothing);
  tcase_add_test(cases, a_folder_that_is_not_there_is_named);
  tcase_add_test(cases, a_pipe_takes_rows_as_they_come);
  tcase_add_test(cases, the_projectors_tables_are_in_step);
  tcase_add_test(cases, long_files_come_back);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
