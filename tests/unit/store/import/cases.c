/* Runs every folder of tests/cases (its README says what the files mean): imports the input as the options say, opens
 * the model and compares each row to the bit, or compares the refusal. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/import/import.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

#define CASES "tests/cases"

enum { CASES_MAX = 1000, WARNINGS_MAX = 8 };

static char *names[CASES_MAX];
static size_t name_count;
static char store[SCRATCH_PATH_MAX];

/* ---- a line-wise look at the two files of a case ---- */

struct lines_of {
  char *text;
  char *next;
};

static struct lines_of read_lines(const char *name, const char *file) {
  char path[SCRATCH_PATH_MAX];
  size_t length;
  snprintf(path, sizeof path, CASES "/%s/%s", name, file);
  char *text = scratch_read(path, &length);
  ck_assert_msg(strlen(text) == length, "%s holds a NUL", path);
  return (struct lines_of){text, text};
}

/* The next line that is no comment, or NULL. */
static char *next_line(struct lines_of *lines) {
  while (*lines->next) {
    char *line = lines->next;
    char *end = strchr(line, '\n');
    lines->next = end ? end + 1 : line + strlen(line);
    if (end) *end = '\0';
    if (*line && *line != '#') return line;
  }
  return NULL;
}

/* Whether the line is "KEY VALUE" (or "KEY"); *value is the rest. */
static bool has_key(char *line, const char *key, char **value) {
  size_t length = strlen(key);
  if (strncmp(line, key, length) != 0 || (line[length] != ' ' && line[length] != '\0')) return false;
  *value = line + length + (line[length] == ' ');
  return true;
}

/* ---- the import ---- */

struct outcome {
  enum status status;
  struct problem problem;
  struct import_report report;
  char warnings[WARNINGS_MAX][480];
  size_t warning_count;
};

static void take_warning(void *context, const char *text) {
  struct outcome *outcome = context;
  ck_assert_uint_lt(outcome->warning_count, WARNINGS_MAX);
  snprintf(outcome->warnings[outcome->warning_count++], sizeof *outcome->warnings, "%s", text);
}

static size_t index_of(const char *value, const char *const *choices) {
  size_t i = 0;
  while (choices[i] && strcmp(choices[i], value) != 0) i++;
  ck_assert_msg(choices[i] != NULL, "unknown value %s", value);
  return i;
}

/* Reads `options`; standard input becomes the named file. */
static void read_options(const char *name, struct import_options *options, char path[SCRATCH_PATH_MAX],
                         char words[SCRATCH_PATH_MAX]) {
  static const char *const duplicates[] = {"first", "last", "error", NULL};
  static const char *const encodings[] = {"keep", "replace", "skip", "error", NULL};
  struct lines_of lines = read_lines(name, "options");
  snprintf(path, SCRATCH_PATH_MAX, CASES "/%s/input.txt", name);
  char *line, *value;
  while ((line = next_line(&lines))) {
    if (has_key(line, "file", &value)) {
      snprintf(path, SCRATCH_PATH_MAX, CASES "/%s/%s", name, value);
    } else if (has_key(line, "stdin", &value)) {
      snprintf(path, SCRATCH_PATH_MAX, CASES "/%s/%s", name, value);
      int fd = open(path, O_RDONLY);
      ck_assert_int_ge(fd, 0);
      ck_assert_int_ge(dup2(fd, STDIN_FILENO), 0);
      close(fd);
      snprintf(path, SCRATCH_PATH_MAX, "-");
    } else if (has_key(line, "format", &value)) {
      options->format = (enum import_format)index_of(value, import_format_names);
    } else if (has_key(line, "words", &value)) {
      snprintf(words, SCRATCH_PATH_MAX, CASES "/%s/%s", name, value);
      options->words = words;
    } else if (has_key(line, "duplicates", &value)) {
      options->duplicates = (enum import_duplicates)index_of(value, duplicates);
    } else if (has_key(line, "encoding-errors", &value)) {
      options->encoding = (enum import_encoding)index_of(value, encodings);
    } else if (has_key(line, "limit", &value)) {
      options->limit = strtoull(value, NULL, 10);
    } else {
      ck_assert_msg(has_key(line, "strict", &value), "unknown option %s", line);
      options->strict = true;
    }
  }
  free(lines.text);
}

static void import_case(const char *name, struct outcome *outcome) {
  char path[SCRATCH_PATH_MAX], words[SCRATCH_PATH_MAX];
  struct import_options options = {
      .store = store, .name = "case", .threads = 1, .warning = take_warning, .context = outcome};
  options.path = path;
  int standard_input = dup(STDIN_FILENO);
  read_options(name, &options, path, words);
  outcome->status = import_run(&options, &outcome->problem, &outcome->report);
  if (standard_input >= 0) {
    dup2(standard_input, STDIN_FILENO);
    close(standard_input);
  }
}

/* ---- expectations ---- */

static enum status status_named(const char *name) {
  static const struct {
    const char *name;
    enum status status;
  } statuses[] = {{"bad-matrix", STATUS_BAD_MATRIX},
                  {"unsupported", STATUS_UNSUPPORTED},
                  {"not-found", STATUS_NOT_FOUND},
                  {"bad-argument", STATUS_BAD_ARGUMENT},
                  {"io", STATUS_IO}};
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
    if (strcmp(statuses[i].name, name) == 0) return statuses[i].status;
  ck_abort_msg("unknown status %s", name);
}

/* Decodes %XX in place. */
static struct word word_of(char *field) {
  char *out = field;
  for (const char *p = field; *p; out++) {
    if (*p == '%') {
      char digits[3] = {p[1], p[2], '\0'};
      *out = (char)strtoul(digits, NULL, 16);
      p += 3;
    } else {
      *out = *p++;
    }
  }
  return (struct word){field, (size_t)(out - field)};
}

static uint32_t bits_of_text(const char *field) {
  if (strncmp(field, "bits:", 5) == 0) return (uint32_t)strtoul(field + 5, NULL, 16);
  char *end;
  float value = strtof(field, &end);
  ck_assert_msg(*end == '\0', "no number in expected: %s", field);
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static void expect_row(const struct model *model, uint32_t at, char *fields) {
  const struct rows *rows = model_rows(model);
  ck_assert_msg(at < rows->count, "row %u is missing: %s", at, fields);
  char *numbers = strchr(fields, ' ');
  *numbers++ = '\0';
  struct word expected = word_of(fields), found = vocabulary_word(model_vocabulary(model), at);
  ck_assert_msg(expected.length == found.length && memcmp(expected.bytes, found.bytes, found.length) == 0,
                "row %u has the word \"%.*s\" of %zu bytes instead of \"%.*s\" of %zu", at, (int)found.length,
                found.bytes, found.length, (int)expected.length, expected.bytes, expected.length);
  uint32_t by_word = UINT32_MAX, i = 0;
  ck_assert_int_eq(vocabulary_find(model_vocabulary(model), expected, &by_word), STATUS_OK);
  ck_assert_uint_eq(by_word, at);
  for (char *rest = numbers, *field; (field = strsep(&rest, " ")); i++) {
    uint32_t bits;
    ck_assert_uint_lt(i, rows->dim);
    memcpy(&bits, rows_at(rows, at) + i, sizeof bits);
    ck_assert_msg(bits == bits_of_text(field), "row %u, number %u is %08x, not %s", at, i, bits, field);
  }
  ck_assert_uint_eq(i, rows->dim);
}

/* "MIN MAX BUCKETS ROWS" */
static void expect_subwords(const struct model *model, const char *value) {
  const struct subwords *subwords = model_subwords(model);
  char found[80] = "none";
  if (subwords)
    snprintf(found, sizeof found, "%u %u %u %u", subwords->min, subwords->max, subwords->buckets, subwords->count);
  ck_assert_str_eq(found, value);
}

/* "WORD NUMBER…", what n-grams make of a word that has no row; without numbers they make nothing of it. */
static void expect_unknown(const struct model *model, char *fields) {
  uint32_t dim = model_rows(model)->dim, row, i = 0;
  float *vector = calloc(dim, sizeof *vector);
  char *rest = fields, *word_field = strsep(&rest, " ");
  struct word word = word_of(word_field);
  ck_assert_int_eq(vocabulary_find(model_vocabulary(model), word, &row), STATUS_NOT_FOUND);
  ck_assert_ptr_nonnull(model_subwords(model));
  ck_assert_int_eq(subwords_vector(model_subwords(model), word, vector), rest ? STATUS_OK : STATUS_NOT_FOUND);
  for (char *field; rest && (field = strsep(&rest, " ")); i++) {
    uint32_t bits;
    ck_assert_uint_lt(i, dim);
    memcpy(&bits, vector + i, sizeof bits);
    ck_assert_msg(bits == bits_of_text(field), "%s, number %u is %08x, not %s", word_field, i, bits, field);
  }
  ck_assert(i == 0 || i == dim);
  free(vector);
}

static void expect_skips(const struct outcome *outcome, char *const texts[SKIP_COUNT]) {
  for (int kind = 0; kind < SKIP_COUNT; kind++) {
    const char *name = skip_name((enum skip)kind);
    char found[256], *expected;
    snprintf(found, sizeof found, "%s %llu %s", name, (unsigned long long)outcome->report.skipped[kind],
             outcome->report.first_skipped[kind]);
    if (!texts[kind])
      ck_assert_msg(outcome->report.skipped[kind] == 0, "skipped: %s", found);
    else
      ck_assert_msg(strcmp(texts[kind], found) == 0, "skipped: %s\ninstead of %s", found, texts[kind]);
    if (has_key(found, name, &expected)) ck_assert(*expected);
  }
}

static void expect_model(const struct model *model, const struct outcome *outcome, struct lines_of *lines) {
  const struct import_report *report = &outcome->report;
  const struct model_info *info = model_info(model);
  char *line, *value, *skips[SKIP_COUNT] = {NULL};
  size_t warnings = 0;
  uint32_t rows = 0;
  while ((line = next_line(lines))) {
    if (has_key(line, "row", &value)) {
      expect_row(model, rows++, value);
    } else if (has_key(line, "rows", &value)) { /* too long to spell out */
      rows = (uint32_t)strtoul(value, NULL, 10);
    } else if (has_key(line, "format", &value)) {
      ck_assert_str_eq(report->source_format, value);
      ck_assert_str_eq(info->source_format, value);
    } else if (has_key(line, "dim", &value)) {
      ck_assert_uint_eq(report->dim, strtoul(value, NULL, 10));
      ck_assert_uint_eq(model_rows(model)->dim, report->dim);
    } else if (has_key(line, "declared", &value)) {
      ck_assert_uint_eq(report->declared_rows, strtoul(value, NULL, 10));
      ck_assert_uint_eq(info->declared_rows, report->declared_rows);
    } else if (has_key(line, "subwords", &value)) {
      expect_subwords(model, value);
    } else if (has_key(line, "unknown", &value)) {
      expect_unknown(model, value);
    } else if (has_key(line, "skipped", &value)) {
      for (int kind = 0; kind < SKIP_COUNT; kind++) {
        char *rest;
        if (has_key(value, skip_name((enum skip)kind), &rest)) skips[kind] = value;
      }
    } else {
      ck_assert_msg(has_key(line, "warning", &value), "unknown line in expected: %s", line);
      ck_assert_msg(warnings < outcome->warning_count, "no such warning: %s", value);
      ck_assert_msg(strstr(outcome->warnings[warnings], value), "%s\ninstead of %s", outcome->warnings[warnings],
                    value);
      warnings++;
    }
  }
  ck_assert_uint_eq(model_rows(model)->count, rows);
  ck_assert_uint_eq(report->rows, rows);
  ck_assert_uint_eq(outcome->warning_count, warnings);
  ck_assert_uint_eq(report->warnings, warnings);
  expect_skips(outcome, skips);
  for (int kind = 0; kind < SKIP_COUNT; kind++) ck_assert_uint_eq(info->skipped[kind], report->skipped[kind]);
  ck_assert_str_eq(info->digest, report->digest);
}

/* Nothing is left of an import that was refused. */
static void expect_empty_store(void) {
  DIR *folder = opendir(store);
  if (!folder) return;
  for (struct dirent *entry; (entry = readdir(folder));)
    ck_assert_msg(strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0, "%s is left", entry->d_name);
  closedir(folder);
}

static void expect_refusal(const struct outcome *outcome, struct lines_of *lines, char *line) {
  const struct problem *problem = &outcome->problem;
  char *value;
  for (; line; line = next_line(lines)) {
    if (has_key(line, "status", &value)) {
      ck_assert_msg(outcome->status == status_named(value), "%s: %s", status_text(outcome->status), problem->text);
    } else if (has_key(line, "position", &value)) {
      ck_assert_msg(problem->position == strtoull(value, NULL, 10), "position %llu instead of %s: %s",
                    (unsigned long long)problem->position, value, problem->text);
    } else {
      ck_assert_msg(has_key(line, "error", &value), "unknown line in expected: %s", line);
      ck_assert_msg(strstr(problem->text, value), "\"%s\" is not in: %s", value, problem->text);
    }
  }
  ck_assert_int_eq(problem->status, outcome->status);
  ck_assert_msg(!strchr(problem->text, '\n') && strlen(problem->text) + 1 < sizeof problem->text, "%s", problem->text);
  expect_empty_store();
}

START_TEST(comes_out_as_expected) {
  const char *name = names[_i];
  struct outcome *outcome = calloc(1, sizeof *outcome);
  ck_assert_ptr_nonnull(outcome);
  scratch_remove(store);
  import_case(name, outcome);
  struct lines_of lines = read_lines(name, "expected");
  char *first = next_line(&lines), *value;
  ck_assert_msg(first != NULL, "%s expects nothing", name);
  if (has_key(first, "status", &value)) {
    ck_assert_msg(outcome->status != STATUS_OK, "%s was imported, with %llu rows", name,
                  (unsigned long long)outcome->report.rows);
    expect_refusal(outcome, &lines, first);
  } else {
    struct model *model;
    ck_assert_msg(outcome->status == STATUS_OK, "%s: %s", name, outcome->problem.text);
    ck_assert_msg(model_open(outcome->report.path, 1, &outcome->problem, &model) == STATUS_OK, "%s",
                  outcome->problem.text);
    first[strlen(first)] = '\n'; /* give the line back */
    lines.next = first;
    expect_model(model, outcome, &lines);
    model_drop(model);
  }
  free(lines.text);
  free(outcome);
}
END_TEST

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_cases(void) {
  DIR *folder = opendir(CASES);
  if (!folder) support_fail("cases: no folder " CASES "; run from the top of the project");
  for (struct dirent *entry; (entry = readdir(folder));) {
    char path[SCRATCH_PATH_MAX];
    snprintf(path, sizeof path, CASES "/%s/expected", entry->d_name);
    if (access(path, R_OK) == 0 && name_count < CASES_MAX) names[name_count++] = strdup(entry->d_name);
  }
  closedir(folder);
  if (name_count == 0) support_fail("cases: there are none under " CASES);
  qsort(names, name_count, sizeof *names, by_name);
}

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/import/cases", &tcase);
  find_cases();
  scratch_open();
  scratch_path(store, "store");
  tcase_add_loop_test(tcase, comes_out_as_expected, 0, (int)name_count);
  int failed = suite_run(suite);
  scratch_close();
  for (size_t i = 0; i < name_count; i++) free(names[i]);
  return failed;
}
