/* A block of lines and the rows in it. Parsing one is a pure function of its lines, so blocks may be parsed anywhere
 * and in any order; what a line that is no row means depends on what follows, and is for the reader to judge. */
#ifndef WORDVEC_STORE_IMPORT_TEXT_BLOCK_H
#define WORDVEC_STORE_IMPORT_TEXT_BLOCK_H

#include "store/import/lines.h"
#include "store/import/text_row.h"

struct text_block_row {
  struct word word; /* borrowed from the block's lines */
  bool finite;
};

/* The first line that is no row. */
struct text_block_odd {
  struct word line; /* without its line feed */
  bool closed;      /* it had a line feed */
  bool followed;    /* a line that is not blank follows in the block */
  enum text_row_kind kind;
  struct text_row parsed;
};

struct text_block {
  struct line_block lines;
  size_t rows; /* each is one line, from the block's first on */
  struct text_block_row *row;
  float *vectors; /* [rows * dim] */
  size_t capacity;
  bool has_odd; /* the rows end before the block does: at `odd`, behind which nothing is parsed */
  struct text_block_odd odd;
};

/* Parses block->lines, which lines_cut() has filled. STATUS_NO_MEMORY. */
enum status text_block_parse(struct text_block *block, locale_t locale, uint32_t dim) MUST_USE;
void text_block_release(struct text_block *block);

#endif
