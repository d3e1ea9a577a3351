/* A source cut into blocks of whole lines. Blocks do not depend on each other: they can be parsed in parallel, their
 * rows to be put in order by the blocks' first lines. */
#ifndef WORDVEC_STORE_IMPORT_LINES_H
#define WORDVEC_STORE_IMPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/import/source.h"
#include "store/status.h"

enum {
  LINES_BLOCK = 4 << 20,
  LINES_LENGTH_MAX = 8 << 20 /* bytes of one line: 65,536 numbers of 120 characters, and a word */
};

struct lines {
  struct source *source; /* borrowed */
  char *buffer;
  size_t capacity;
  size_t tail;   /* where the bytes begin that no block has had yet */
  size_t length; /* bytes in the buffer */
  uint64_t line; /* number of the next block's first line */
  bool ended;
};

struct line_block {
  const char *bytes;   /* borrowed until the next block; each line but the source's very last ends in a line feed */
  size_t length;       /* 0 only when there are no more lines */
  uint64_t first_line; /* from 1 */
  bool last;           /* nothing follows */
};

/* `line` is the number of the line that the source is at. */
enum status lines_init(struct lines *lines, struct source *source, uint64_t line, struct problem *problem) MUST_USE;
void lines_release(struct lines *lines);

/* STATUS_BAD_MATRIX when a line passes LINES_LENGTH_MAX or the source is damaged. */
enum status lines_next(struct lines *lines, struct problem *problem, struct line_block *block) MUST_USE;

#endif
