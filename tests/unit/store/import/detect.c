/* The dimension of text matrices at random: however their numbers are written, whatever spaces and numbers their words
 * hold and whatever a line of them has lost, the dimension is found, and no row of another length passes for a row. */
#include "store/import/detect.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/import/float_parse.h"
#include "store/import/text_row.h"
#include "tests/support/effort.h"
#include "tests/support/numbers.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { MATRICES = 1500, ROWS_MAX = 60, DIM_MAX = 40, LINE_MAX_BYTES = 64 + 32 * DIM_MAX };

enum style { FIXED, TRIMMED, SHORTEST, SCIENTIFIC, WHOLE, FIRST_WHOLE, FIRST_COARSE, STYLE_COUNT };

struct made {
  uint32_t dim, rows;
  enum style style;
  char lines[ROWS_MAX][LINE_MAX_BYTES];
  size_t word_length[ROWS_MAX];
  bool phrase[ROWS_MAX]; /* the word holds spaces */
};

static int write_number(struct numbers *numbers, enum style style, uint32_t column, char *out) {
  double value = (double)numbers_float(numbers, FLAVOUR_PLAIN) * 4;
  if (numbers_below(numbers, 20) == 0) value = numbers_below(numbers, 3);
  switch (style) {
    case FIXED: return snprintf(out, 32, "%.6f", value);
    case TRIMMED: return snprintf(out, 32, "%g", value);
    case SHORTEST: return snprintf(out, 32, "%.9g", value);
    case SCIENTIFIC: return snprintf(out, 32, "%.7e", value);
    case WHOLE: return snprintf(out, 32, "%d", (int)(value * 100));
    case FIRST_WHOLE: return column == 0 ? snprintf(out, 32, "%d", (int)value) : snprintf(out, 32, "%.5f", value);
    default: return column == 0 ? snprintf(out, 32, "%.1f", value) : snprintf(out, 32, "%.5f", value);
  }
}

/* Words with spaces are fewer than others, as they are in any vocabulary of words. */
static void make_rows(struct numbers *numbers, struct made *made) {
  static const char *const phrases[] = {"route 66",  "windows 3.1", "1 000", ". . .",     "at name@domain.com",
                                        "area 51 5", "a  b",        " ",     "nan nan",   "1 2 3 go",
                                        "to 0",      "in 1990",     "x y z", "\xC2\xA0 7"};
  uint32_t room = made->rows - 1;
  for (uint32_t i = 0; i < made->rows; i++) {
    bool phrase = made->phrase[i] = room >= 2 && numbers_below(numbers, 3) == 0;
    if (phrase) room -= 2;
    const char *word = phrases[numbers_below(numbers, sizeof phrases / sizeof *phrases)];
    char *line = made->lines[i];
    int length = phrase ? snprintf(line, 64, "%s", word) : snprintf(line, 64, "w%u", i);
    made->word_length[i] = (size_t)length;
    for (uint32_t column = 0; column < made->dim; column++) {
      line[length++] = ' ';
      length += write_number(numbers, made->style, column, line + length);
    }
  }
}

/* What is detected of the lines behind `header`, which may be empty. */
static enum status detect_lines(const struct made *made, const char *header, struct problem *problem,
                                struct layout *layout) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "matrix.txt");
  unlink(path); /* some file systems write through what replaces a file in place */
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  fputs(header, file);
  for (uint32_t i = 0; i < made->rows; i++) fprintf(file, "%s\n", made->lines[i]);
  ck_assert_int_eq(fclose(file), 0);
  struct source *source;
  ck_assert_int_eq(source_open(path, problem, &source), STATUS_OK);
  enum status status = detect(source, IMPORT_AUTO, problem, layout);
  source_close(source);
  return status;
}

static void make(struct numbers *numbers, struct made *made) {
  made->dim = 1 + numbers_below(numbers, numbers_below(numbers, 2) ? 4 : DIM_MAX);
  made->rows = 1 + numbers_below(numbers, ROWS_MAX);
  made->style = (enum style)numbers_below(numbers, STYLE_COUNT);
  make_rows(numbers, made);
}

static void expect_dim(const struct made *made, const char *header) {
  struct problem problem;
  struct layout layout;
  ck_assert_msg(detect_lines(made, header, &problem, &layout) == STATUS_OK, "%s", problem.text);
  ck_assert_msg(layout.dim == made->dim, "%u dimensions, not %u, in %u rows of style %d, the first: %s", layout.dim,
                made->dim, made->rows, (int)made->style, made->lines[0]);
}

START_TEST(finds_the_dimension) {
  struct numbers numbers = {1};
  struct made *made = malloc(sizeof *made);
  ck_assert_ptr_nonnull(made);
  for (int round = 0; round < effort(MATRICES); round++) {
    make(&numbers, made);
    expect_dim(made, "");
    char header[32];
    snprintf(header, sizeof header, "%u %u\n", made->rows, made->dim);
    expect_dim(made, header);
  }
  free(made);
}
END_TEST

/* One line that is short, or holds what is no number, or has a number too many. */
static void damage(struct numbers *numbers, struct made *made) {
  char *line = made->lines[numbers_below(numbers, made->rows)], *space = strrchr(line, ' ');
  switch (numbers_below(numbers, 4)) {
    case 0: *space = '\0'; break;
    case 1: memcpy(space, " 0,5", 5); break;
    case 2: memcpy(space, " 0x1p3", 7); break;
    default: memcpy(line + strlen(line), " 0.25", 6);
  }
}

START_TEST(is_not_led_astray_by_one_line) {
  struct numbers numbers = {2};
  struct made *made = malloc(sizeof *made);
  ck_assert_ptr_nonnull(made);
  for (int round = 0; round < effort(MATRICES); round++) {
    make(&numbers, made);
    if (made->rows < 4) continue;
    damage(&numbers, made);
    /* The vote of a few lines can be lost to phrases and damage together. */
    size_t phrases = 0;
    for (uint32_t i = 0; i < made->rows; i++) phrases += made->phrase[i];
    if (2 * phrases + 3 < made->rows) expect_dim(made, "");
  }
  free(made);
}
END_TEST

/* Whatever the header says less than the rows hold is refused. */
START_TEST(believes_no_header_of_fewer_numbers) {
  struct numbers numbers = {3};
  struct made *made = malloc(sizeof *made);
  ck_assert_ptr_nonnull(made);
  for (int round = 0; round < effort(MATRICES); round++) {
    make(&numbers, made);
    char header[32];
    snprintf(header, sizeof header, "%u %u\n", made->rows, numbers_below(&numbers, made->dim));
    struct problem problem;
    struct layout layout;
    /* "5 0" and "5 1" may be rows themselves where the others have one number. */
    if (made->dim == 1) continue;
    ck_assert_msg(detect_lines(made, header, &problem, &layout) == STATUS_BAD_MATRIX, "%sthen %s", header,
                  made->lines[0]);
    ck_assert_msg(strstr(problem.text, "header") != NULL, "%s", problem.text);
  }
  free(made);
}
END_TEST

/* With the right dimension each row is taken apart at the right place, except that a number in a word may look too much
 * like those behind it. */
START_TEST(takes_rows_with_phrases_apart) {
  struct numbers numbers = {4};
  locale_t locale = float_parse_locale();
  struct made *made = malloc(sizeof *made);
  ck_assert_ptr_nonnull(made);
  size_t phrases = 0;
  for (int round = 0; round < effort(MATRICES); round++) {
    make(&numbers, made);
    for (uint32_t i = 0; i < made->rows; i++) {
      float vector[DIM_MAX];
      struct text_row row;
      struct word line = {made->lines[i], strlen(made->lines[i])};
      enum text_row_kind kind = text_row_parse(locale, line, made->dim, vector, &row);
      bool alike = made->style != FIXED && made->phrase[i];
      ck_assert_msg(kind == TEXT_ROW_WHOLE || (alike && kind == TEXT_ROW_MANY), "%s", made->lines[i]);
      if (kind == TEXT_ROW_WHOLE) ck_assert_msg(row.word.length == made->word_length[i], "%s", made->lines[i]);
      phrases += kind == TEXT_ROW_WHOLE && made->phrase[i];
    }
  }
  ck_assert_uint_gt(phrases, (size_t)effort(MATRICES));
  freelocale(locale);
  free(made);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *tcase;
  Suite *suite = suite_of("store/import/detect", &tcase);
  tcase_add_test(tcase, finds_the_dimension);
  tcase_add_test(tcase, is_not_led_astray_by_one_line);
  tcase_add_test(tcase, believes_no_header_of_fewer_numbers);
  tcase_add_test(tcase, takes_rows_with_phrases_apart);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
