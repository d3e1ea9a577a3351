/* A table that a command prints: columns under each other for people, or one record a line with tabs between. */
#ifndef WORDVEC_SERVER_SHEET_H
#define WORDVEC_SERVER_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "server/options.h"
#include "store/bytes.h"
#include "store/matrix/vocabulary.h"

struct sheet_cell {
  size_t start, length; /* in `text` */
  size_t width;         /* characters */
  bool right;           /* set to the right: a number */
};

struct sheet {
  FILE *out;
  enum ask_format format; /* ASK_TEXT or ASK_TSV */
  size_t columns;
  struct bytes text;
  struct sheet_cell *cells; /* row after row */
  size_t count, capacity;
  bool failed; /* no memory: sticks, and sheet_print() reports it */
};

/* Embedded; every row has `columns` cells. */
void sheet_init(struct sheet *sheet, FILE *out, enum ask_format format, size_t columns);
void sheet_release(struct sheet *sheet);

/* The next cell. In tsv a word keeps its bytes but for tab, line feed, carriage return and backslash, which are \t, \n,
 * \r and \\, and numbers have all their digits; for people, controls and what is not UTF-8 are \xNN, and similarities
 * have six decimals. */
void sheet_word(struct sheet *sheet, struct word word);
void sheet_text(struct sheet *sheet, const char *text);
void sheet_size(struct sheet *sheet, uint64_t value);
void sheet_number(struct sheet *sheet, double value);

/* A text of our own, or a word over a column of numbers. */
void sheet_head(struct sheet *sheet, const char *text, bool right);
void sheet_heading(struct sheet *sheet, struct word word);

/* Prints what was added since the last time. False: there was no memory, and nothing was printed. */
bool sheet_print(struct sheet *sheet);

/* A word and a finite number as they stand in a record, on their own. A number with a fraction is as short as reads
 * back; `digits` has room for SHEET_NUMBER bytes. */
bool sheet_write_word(FILE *out, enum ask_format format, struct word word);
enum { SHEET_NUMBER = 40 };
size_t sheet_digits(double value, char digits[SHEET_NUMBER]);

#endif
