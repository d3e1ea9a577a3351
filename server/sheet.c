/* Cells gather until the width of each column is known. */
#include "server/sheet.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/answer.h"
#include "store/utf8.h"

enum { TEXT_MAX = 1 << 30, GAP = 2 };

void sheet_init(struct sheet *sheet, FILE *out, enum ask_format format, size_t columns) {
  *sheet = (struct sheet){.out = out, .format = format, .columns = columns};
  bytes_init(&sheet->text, TEXT_MAX);
}

void sheet_release(struct sheet *sheet) {
  bytes_release(&sheet->text);
  free(sheet->cells);
}

static size_t width_of(const char *text, size_t length) {
  size_t width = 0;
  uint32_t code_point;
  for (size_t i = 0; i < length; i += utf8_next(text + i, length - i, &code_point)) width++;
  return width;
}

/* A cell of everything behind `start` in the text. */
static void add(struct sheet *sheet, size_t start, bool right, enum status status) {
  if (sheet->count == sheet->capacity) {
    size_t capacity = sheet->capacity ? sheet->capacity * 2 : 64;
    struct sheet_cell *cells = reallocarray(sheet->cells, capacity, sizeof *cells);
    if (!cells) {
      sheet->failed = true;
      return;
    }
    sheet->cells = cells;
    sheet->capacity = capacity;
  }
  if (status != STATUS_OK) sheet->failed = true;
  if (sheet->failed) return;
  size_t length = sheet->text.length - start;
  size_t width = length > 0 ? width_of((const char *)sheet->text.data + start, length) : 0;
  sheet->cells[sheet->count++] = (struct sheet_cell){start, length, width, right};
}

static enum status escape(struct bytes *text, struct word word) {
  static const char special[] = "\t\n\r\\", letters[] = "tnr\\";
  enum status status = STATUS_OK;
  for (size_t i = 0; status == STATUS_OK && i < word.length; i++) {
    const char *found = word.bytes[i] ? strchr(special, word.bytes[i]) : NULL;
    char pair[2] = {'\\', found ? letters[found - special] : 0};
    status = bytes_append(text, found ? pair : word.bytes + i, found ? 2 : 1);
  }
  return status;
}

static enum status append_word(struct bytes *text, enum ask_format format, struct word word) {
  return format == ASK_TSV ? escape(text, word) : answer_show(text, word.bytes, word.length);
}

void sheet_word(struct sheet *sheet, struct word word) {
  size_t start = sheet->text.length;
  add(sheet, start, false, append_word(&sheet->text, sheet->format, word));
}

void sheet_text(struct sheet *sheet, const char *text) {
  sheet_word(sheet, (struct word){text, strlen(text)});
}

void sheet_head(struct sheet *sheet, const char *text, bool right) {
  size_t start = sheet->text.length;
  add(sheet, start, right, bytes_append_text(&sheet->text, text));
}

void sheet_heading(struct sheet *sheet, struct word word) {
  size_t start = sheet->text.length;
  add(sheet, start, true, append_word(&sheet->text, sheet->format, word));
}

void sheet_size(struct sheet *sheet, uint64_t value) {
  char digits[SHEET_NUMBER];
  snprintf(digits, sizeof digits, "%" PRIu64, value);
  sheet_head(sheet, digits, true);
}

size_t sheet_digits(double value, char digits[SHEET_NUMBER]) {
  size_t length = 0;
  for (int precision = 15; precision <= 17; precision++) {
    length = (size_t)snprintf(digits, SHEET_NUMBER, "%.*g", precision, value);
    if (strtod(digits, NULL) == value) break;
  }
  return length;
}

void sheet_number(struct sheet *sheet, double value) {
  char digits[SHEET_NUMBER];
  if (sheet->format == ASK_TSV)
    sheet_digits(value, digits);
  else
    snprintf(digits, sizeof digits, "%.6f", value);
  sheet_head(sheet, digits, true);
}

bool sheet_write_word(FILE *out, enum ask_format format, struct word word) {
  struct bytes text;
  bytes_init(&text, TEXT_MAX);
  bool done = append_word(&text, format, word) == STATUS_OK;
  if (done && text.length > 0) fwrite(text.data, 1, text.length, out);
  bytes_release(&text);
  return done;
}

/* Blanks before a cell are put off until there is something behind them: no line ends in them. */
static void print_cell(const struct sheet *sheet, const struct sheet_cell *cell, size_t width, size_t *blanks) {
  size_t missing = cell->width < width ? width - cell->width : 0;
  if (cell->right) *blanks += missing;
  if (cell->length > 0) {
    fprintf(sheet->out, "%*s", (int)*blanks, "");
    fwrite(sheet->text.data + cell->start, 1, cell->length, sheet->out);
    *blanks = 0;
  }
  *blanks += GAP + (cell->right ? 0 : missing);
}

static void print_line(const struct sheet *sheet, const struct sheet_cell *cells, const size_t *widths) {
  size_t blanks = 0;
  for (size_t i = 0; i < sheet->columns; i++) {
    if (sheet->format == ASK_TEXT) {
      print_cell(sheet, &cells[i], widths[i], &blanks);
      continue;
    }
    if (i > 0) fputc('\t', sheet->out);
    if (cells[i].length > 0) fwrite(sheet->text.data + cells[i].start, 1, cells[i].length, sheet->out);
  }
  fputc('\n', sheet->out);
}

bool sheet_print(struct sheet *sheet) {
  size_t *widths = calloc(sheet->columns, sizeof *widths);
  bool good = widths && !sheet->failed;
  for (size_t i = 0; good && i < sheet->count; i++) {
    size_t *width = &widths[i % sheet->columns];
    if (sheet->cells[i].width > *width) *width = sheet->cells[i].width;
  }
  for (size_t i = 0; good && i < sheet->count; i += sheet->columns) print_line(sheet, &sheet->cells[i], widths);
  free(widths);
  sheet->count = sheet->text.length = 0;
  return good;
}
