/* Text parsed by several threads: whatever their number, and wherever what is odd lies in relation to the borders of
 * blocks, the same rows, the same report and the same first error come out. */
#include "store/import/text_pipeline.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "store/import/import.h"
#include "tests/support/effort.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static char store[SCRATCH_PATH_MAX];

/* ---- texts ---- */

/* Lines of one length, so that blocks hold ROWS_A_BLOCK of them and their borders are known. */
enum { DIM = 16, WORD = 8, NUMBER = 7, LINE = WORD + DIM * NUMBER + 1, ROWS_A_BLOCK = LINES_BLOCK / LINE, BLOCKS = 5 };

struct text {
  char *bytes;
  size_t length, rows;
};

static uint64_t random_state;

static uint32_t next_random(void) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(random_state >> 33);
}

static struct text even_text(size_t rows) {
  struct text text = {malloc(rows * LINE + 1), rows * LINE, rows};
  ck_assert_ptr_nonnull(text.bytes);
  for (size_t row = 0; row < rows; row++) {
    char *at = text.bytes + row * LINE;
    at += sprintf(at, "w%07zu", row);
    for (int i = 0; i < DIM; i++) at += sprintf(at, " 0.%04u", next_random() % 10000);
    *at = '\n';
  }
  return text;
}

static char *line_at(const struct text *text, size_t row) {
  ck_assert_uint_lt(row, text->rows);
  return text->bytes + row * LINE;
}

static void repeat_word(const struct text *text, size_t row, size_t of) {
  memcpy(line_at(text, row), line_at(text, of), WORD);
}

static void overflow(const struct text *text, size_t row) {
  memcpy(line_at(text, row) + WORD + 1, "1e9999", 6);
}

static void spoil_word(const struct text *text, size_t row) {
  line_at(text, row)[1] = '\xFF';
}

static void spoil_number(const struct text *text, size_t row) {
  line_at(text, row)[LINE - 2] = 'x';
}

static void join_fields(const struct text *text, size_t row) {
  line_at(text, row)[WORD] = '_';
}

static void blank(const struct text *text, size_t row) {
  memset(line_at(text, row), ' ', LINE - 1);
}

/* ---- imports ---- */

static const unsigned threads[] = {1, 2, 3, 8};
enum { THREADS = sizeof threads / sizeof *threads };

/* Of them, how many are tried: the first two where every instruction costs tens. */
static int thread_counts(void) {
  return effort(THREADS) < THREADS ? 2 : THREADS;
}

struct outcome {
  enum status status;
  struct problem problem;
  struct import_report report;
};

static struct outcome import(const char *path, struct import_options options, unsigned thread_count) {
  struct outcome outcome = {0};
  options.path = path;
  options.store = store;
  options.name = "model";
  options.replace = true;
  options.threads = thread_count;
  options.no_index = true; /* the graph comes behind the text, and took three quarters of all this */
  outcome.status = import_run(&options, &outcome.problem, &outcome.report);
  return outcome;
}

static void expect_same(const struct outcome *a, const struct outcome *b) {
  ck_assert_int_eq(a->status, b->status);
  if (a->status != STATUS_OK) {
    ck_assert_str_eq(a->problem.text, b->problem.text);
    ck_assert_uint_eq(a->problem.position, b->problem.position);
    return;
  }
  const struct import_report *left = &a->report, *right = &b->report;
  ck_assert_str_eq(left->digest, right->digest);
  ck_assert_uint_eq(left->rows, right->rows);
  ck_assert_uint_eq(left->dim, right->dim);
  ck_assert_uint_eq(left->warnings, right->warnings);
  ck_assert_uint_eq(left->bytes_read, right->bytes_read);
  ck_assert_uint_eq(left->text_bytes, right->text_bytes);
  ck_assert_uint_eq(left->file_size, right->file_size);
  for (int i = 0; i < SKIP_COUNT; i++) {
    ck_assert_uint_eq(left->skipped[i], right->skipped[i]);
    ck_assert_str_eq(left->first_skipped[i], right->first_skipped[i]);
  }
}

/* Imports the text with each number of threads; the first outcome, which all the others were the same as. */
static struct outcome import_text(const struct text *text, struct import_options options) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "matrix");
  scratch_write(path, text->bytes, text->length);
  struct outcome first = import(path, options, threads[0]);
  for (int i = 1; i < thread_counts(); i++) {
    struct outcome other = import(path, options, threads[i]);
    expect_same(&first, &other);
  }
  return first;
}

static void expect_error_at(const struct text *text, uint64_t line) {
  struct outcome outcome = import_text(text, (struct import_options){0});
  ck_assert_int_eq(outcome.status, STATUS_BAD_MATRIX);
  ck_assert_msg(outcome.problem.position == line, "line %llu: %s", (unsigned long long)line, outcome.problem.text);
}

/* ---- what must be the same ---- */

START_TEST(skips_alike_at_every_border) {
  random_state = 1;
  struct text text = even_text(BLOCKS * ROWS_A_BLOCK + 100);
  for (size_t border = 1; border <= BLOCKS; border++) {
    size_t row = border * ROWS_A_BLOCK;
    repeat_word(&text, row, row - 1); /* the last of a block again as the first of the next */
    overflow(&text, row - 2);
    overflow(&text, row + 1);
    spoil_word(&text, row + 2);
    repeat_word(&text, row + 3, 7);
    repeat_word(&text, row + 4, row + 5);
  }
  struct outcome outcome = import_text(&text, (struct import_options){.encoding = ENCODING_SKIP});
  ck_assert_msg(outcome.status == STATUS_OK, "%s", outcome.problem.text);
  ck_assert_uint_eq(outcome.report.skipped[SKIP_DUPLICATE], 3 * BLOCKS);
  ck_assert_uint_eq(outcome.report.skipped[SKIP_NOT_FINITE], 2 * BLOCKS);
  ck_assert_uint_eq(outcome.report.skipped[SKIP_ENCODING], BLOCKS);
  ck_assert_uint_eq(outcome.report.rows, text.rows - 6 * BLOCKS);
  ck_assert_uint_eq(outcome.report.text_bytes, text.length);
  char expected[80];
  snprintf(expected, sizeof expected, "line %d: \"w%07d\"", ROWS_A_BLOCK - 1, ROWS_A_BLOCK - 2);
  ck_assert_str_eq(outcome.report.first_skipped[SKIP_NOT_FINITE], expected);
  outcome = import_text(&text, (struct import_options){.duplicates = DUPLICATES_LAST});
  ck_assert_msg(outcome.status == STATUS_OK, "%s", outcome.problem.text);
  outcome = import_text(&text, (struct import_options){.strict = true});
  ck_assert_uint_eq(outcome.problem.position, ROWS_A_BLOCK - 1);
  free(text.bytes);
}
END_TEST

/* How far other threads have read ahead must not show. */
START_TEST(stops_alike_at_a_limit) {
  random_state = 2;
  struct text text = even_text(BLOCKS * ROWS_A_BLOCK);
  for (int i = -1; i <= 1; i++) {
    uint64_t limit = (uint64_t)(2 * ROWS_A_BLOCK + i);
    struct outcome outcome = import_text(&text, (struct import_options){.limit = limit});
    ck_assert_msg(outcome.status == STATUS_OK, "%s", outcome.problem.text);
    ck_assert_uint_eq(outcome.report.rows, limit);
    ck_assert_uint_lt(outcome.report.text_bytes, text.length);
  }
  free(text.bytes);
}
END_TEST

START_TEST(names_the_first_error) {
  static const int offsets[] = {-2, -1, 0, 1};
  random_state = 3;
  size_t row = (size_t)(3 * ROWS_A_BLOCK + offsets[_i]);
  struct text text = even_text(BLOCKS * ROWS_A_BLOCK);
  spoil_number(&text, row + ROWS_A_BLOCK);
  expect_error_at(&text, row + ROWS_A_BLOCK + 1);
  join_fields(&text, row + 1);
  expect_error_at(&text, row + 2);
  blank(&text, row);
  expect_error_at(&text, row + 1);
  free(text.bytes);
}
END_TEST

START_TEST(tells_a_blank_end_from_a_blank_line) {
  random_state = 4;
  struct text text = even_text(BLOCKS * ROWS_A_BLOCK);
  size_t rows = ROWS_A_BLOCK + 5;
  for (size_t row = rows; row < text.rows; row++) blank(&text, row); /* whole blocks of them */
  struct outcome outcome = import_text(&text, (struct import_options){0});
  ck_assert_msg(outcome.status == STATUS_OK, "%s", outcome.problem.text);
  ck_assert_uint_eq(outcome.report.rows, rows);
  join_fields(&text, rows - 1); /* the last line that is not blank is a cut one */
  outcome = import_text(&text, (struct import_options){0});
  ck_assert_msg(outcome.status == STATUS_OK, "%s", outcome.problem.text);
  ck_assert_uint_eq(outcome.report.rows, rows - 1);
  ck_assert_uint_eq(outcome.report.skipped[SKIP_CUT_SHORT], 1);
  memcpy(line_at(&text, text.rows - 1), "x", 1); /* unless something stands behind all the blank ones */
  expect_error_at(&text, rows);
  free(text.bytes);
}
END_TEST

START_TEST(ends_wherever_the_file_does) {
  random_state = 5;
  struct text text = even_text(3 * ROWS_A_BLOCK + 1);
  size_t whole = text.length;
  /* With and without its line feed, the last line ends near a border of blocks and near one of what is read. */
  const size_t ends[] = {2 * (size_t)ROWS_A_BLOCK * LINE,
                         2 * (size_t)ROWS_A_BLOCK * LINE - 1,
                         LINES_BLOCK,
                         LINES_BLOCK - 1,
                         LINES_BLOCK + 1,
                         whole};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    text.length = ends[i];
    size_t rows = (text.length + 1) / LINE;
    struct outcome outcome = import_text(&text, (struct import_options){0});
    ck_assert_msg(outcome.status == STATUS_OK, "%s", outcome.problem.text);
    ck_assert_uint_eq(outcome.report.rows + outcome.report.skipped[SKIP_CUT_SHORT], (text.length + LINE - 1) / LINE);
    ck_assert_uint_ge(outcome.report.rows, rows);
  }
  free(text.bytes);
}
END_TEST

/* Rows, words and numbers of any length, and what is skipped anywhere. */
static struct text uneven_text(size_t size, size_t errors) {
  struct text text = {.bytes = malloc(size + 4096)};
  ck_assert_ptr_nonnull(text.bytes);
  size_t next_error = errors > 0 ? size / (errors + 1) : size + 4096;
  while (text.length < size) {
    char *begin = text.bytes + text.length, *at = begin;
    bool again = next_random() % 100 == 0;
    at += sprintf(at, "%u_%.*s", again ? next_random() % 100 : (unsigned)text.rows, (int)(next_random() % 40),
                  "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd");
    if (next_random() % 50 == 0) at += sprintf(at, " two words");
    for (int i = 0; i < 5; i++)
      at +=
          sprintf(at, next_random() % 300 == 0 ? " nan" : " %.*f", (int)(next_random() % 17), next_random() / 1e9 - 1);
    if (text.length >= next_error) {
      next_error += size / (errors + 1);
      at += sprintf(at, " wrong");
    }
    at += sprintf(at, next_random() % 10 == 0 ? "\r\n" : "\n");
    text.length += (size_t)(at - begin);
    text.rows++;
  }
  return text;
}

START_TEST(reads_uneven_text_alike) {
  random_state = 100 + (uint64_t)_i;
  struct text text = uneven_text(4 * LINES_BLOCK + next_random() % LINES_BLOCK, (size_t)_i % 4);
  struct outcome outcome = import_text(&text, (struct import_options){0});
  ck_assert_int_eq(outcome.status, _i % 4 == 0 ? STATUS_OK : STATUS_BAD_MATRIX);
  if (outcome.status == STATUS_OK) {
    ck_assert_uint_gt(outcome.report.skipped[SKIP_DUPLICATE], 0);
    ck_assert_uint_gt(outcome.report.skipped[SKIP_NOT_FINITE], 0);
    ck_assert_uint_eq(
        outcome.report.rows + outcome.report.skipped[SKIP_DUPLICATE] + outcome.report.skipped[SKIP_NOT_FINITE],
        text.rows);
  }
  free(text.bytes);
}
END_TEST

/* A gzip file that is damaged late: the rows before are read and the damage is what is wrong, unless a line before is.
 */
START_TEST(orders_damage_and_wrong_lines) {
  random_state = 6;
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "matrix.gz");
  struct text text = even_text(BLOCKS * ROWS_A_BLOCK);
  for (int wrong = 0; wrong < 2; wrong++) {
    if (wrong) spoil_number(&text, ROWS_A_BLOCK + 3);
    gzFile file = gzopen(path, "wb1");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, text.bytes, (unsigned)text.length), (int)text.length);
    ck_assert_int_eq(gzclose(file), Z_OK);
    struct outcome whole = import(path, (struct import_options){0}, 1);
    ck_assert_int_eq(whole.status, wrong ? STATUS_BAD_MATRIX : STATUS_OK);
    if (!wrong) {
      struct outcome shared = import(path, (struct import_options){0}, 3);
      expect_same(&whole, &shared);
      ck_assert_int_eq(truncate(path, (off_t)whole.report.bytes_read * 9 / 10), 0);
    } else {
      ck_assert_int_eq(truncate(path, (off_t)text.length / 3), 0);
    }
    struct outcome first = import(path, (struct import_options){0}, 1);
    ck_assert_int_eq(first.status, STATUS_BAD_MATRIX);
    ck_assert_uint_eq(first.problem.position, wrong ? ROWS_A_BLOCK + 4 : 0);
    for (int i = 1; i < thread_counts(); i++) {
      struct outcome other = import(path, (struct import_options){0}, threads[i]);
      expect_same(&first, &other);
    }
  }
  free(text.bytes);
}
END_TEST

START_TEST(finds_endless_lines_behind_many) {
  random_state = 7;
  struct text text = even_text(2 * ROWS_A_BLOCK + 10);
  size_t start = text.length;
  text.length += LINES_LENGTH_MAX;
  text.bytes = realloc(text.bytes, text.length + LINE);
  ck_assert_ptr_nonnull(text.bytes);
  memset(text.bytes + start, '1', text.length - start);
  expect_error_at(&text, text.rows + 1);
  /* A byte less is a line, though no row: a word and a number too few, cut short at the end. */
  text.bytes[text.length - 1] = '\n';
  struct outcome outcome = import_text(&text, (struct import_options){0});
  ck_assert_msg(outcome.status == STATUS_OK, "%s", outcome.problem.text);
  ck_assert_uint_eq(outcome.report.rows, text.rows);
  ck_assert_uint_eq(outcome.report.skipped[SKIP_CUT_SHORT], 1);
  memcpy(text.bytes + text.length, text.bytes, LINE);
  text.length += LINE;
  expect_error_at(&text, text.rows + 1);
  free(text.bytes);
}
END_TEST

static void *do_nothing(void *argument) {
  return argument;
}

START_TEST(needs_no_thread_of_its_own) {
  random_state = 8;
  struct text text = even_text(BLOCKS * ROWS_A_BLOCK);
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "matrix");
  scratch_write(path, text.bytes, text.length);
  struct outcome shared = import(path, (struct import_options){0}, 3);
  /* A stack larger than the address space: from here on no thread starts. */
  pthread_attr_t attributes;
  pthread_t thread;
  size_t usual;
  ck_assert_int_eq(pthread_getattr_default_np(&attributes), 0);
  ck_assert_int_eq(pthread_attr_getstacksize(&attributes, &usual), 0);
  ck_assert_int_eq(pthread_attr_setstacksize(&attributes, (size_t)1 << 60), 0);
  ck_assert_int_eq(pthread_setattr_default_np(&attributes), 0);
  ck_assert_int_ne(pthread_create(&thread, NULL, do_nothing, NULL), 0);
  struct outcome alone = import(path, (struct import_options){0}, 3);
  ck_assert_int_eq(alone.status, STATUS_OK);
  ck_assert_uint_eq(alone.report.rows, text.rows);
  expect_same(&shared, &alone);
  ck_assert_int_eq(pthread_attr_setstacksize(&attributes, usual), 0);
  ck_assert_int_eq(pthread_setattr_default_np(&attributes), 0);
  pthread_attr_destroy(&attributes);
  free(text.bytes);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/import/text_pipeline", &tcase);
  scratch_open();
  scratch_path(store, "store");
  tcase_add_test(tcase, skips_alike_at_every_border);
  tcase_add_test(tcase, stops_alike_at_a_limit);
  tcase_add_loop_test(tcase, names_the_first_error, 0, effort(4));
  tcase_add_test(tcase, tells_a_blank_end_from_a_blank_line);
  tcase_add_test(tcase, ends_wherever_the_file_does);
  tcase_add_loop_test(tcase, reads_uneven_text_alike, 0, effort(8));
  tcase_add_test(tcase, orders_damage_and_wrong_lines);
  tcase_add_test(tcase, finds_endless_lines_behind_many);
  tcase_add_test(tcase, needs_no_thread_of_its_own);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
