/* One line of a text matrix → its word and numbers. A pure function of the line, so that lines may be parsed anywhere
 * and in any order.
 *
 * Fields are split at 0x20 and nowhere else. The last `dim` fields are the numbers; all before them is the word, with
 * any spaces it has. A carriage return and spaces at the end of the line are not part of it. */
#ifndef WORDVEC_STORE_IMPORT_TEXT_ROW_H
#define WORDVEC_STORE_IMPORT_TEXT_ROW_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/matrix/vocabulary.h"

enum text_row_kind {
  TEXT_ROW_WHOLE,
  TEXT_ROW_BLANK,        /* nothing but spaces, or nothing */
  TEXT_ROW_FEW,          /* fewer than dim fields after the first */
  TEXT_ROW_BAD_NUMBER,   /* enough fields, but one of the last dim is no number */
  TEXT_ROW_MANY,         /* more than dim numbers */
  TEXT_ROW_WORD_TOO_LONG /* over WORD_LENGTH_MAX bytes */
};

struct text_row {
  struct word word; /* borrowed from the line; the first field only unless TEXT_ROW_WHOLE */
  bool finite;      /* TEXT_ROW_WHOLE: all the numbers are */
  size_t numbers;   /* of the other kinds: how many numbers end the line */
  struct word bad;  /* TEXT_ROW_BAD_NUMBER: the last field that is none */
};

/* Parses the line (without its line feed) into vector[dim]; dim is at least 1.
 *
 * A word may hold spaces and numbers ("route 66"), which makes one number too many hard to tell from a longer word.
 * It is TEXT_ROW_MANY when a part of the word after its first is written like the numbers of the row: with an
 * exponent, with a decimal point and no fewer decimals than the row's shortest number has (where some have a point), or
 * as a whole number where all the row's numbers are whole. Also when a number there is followed by two spaces, as where
 * numbers stand in columns. */
enum text_row_kind text_row_parse(locale_t locale, struct word line, uint32_t dim, float *vector, struct text_row *row);

/* How many bytes of the line count: less the carriage return and the spaces at its end. */
size_t text_row_trimmed(struct word line);

/* How many numbers end the line; its first field is not one of them, whatever it is. Stops counting at `most`. */
size_t text_row_numbers(locale_t locale, struct word line, size_t most);

/* Whether the last field of the line could be the beginning of a number, but is none yet: "-", "1e", "" … */
bool text_row_ends_in_number(struct word line);

#endif
