/* A source cut into blocks of whole lines. Blocks do not depend on each other: they can be parsed in parallel, their
 * rows to be put in order by the order of the cuts. Where the cuts fall depends on the source alone. */
#ifndef WORDVEC_STORE_IMPORT_LINES_H
#define WORDVEC_STORE_IMPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/import/source.h"
#include "store/status.h"

enum {
  LINES_BLOCK = 1 << 20,     /* bytes of a block, unless its first line alone is longer */
  LINES_LENGTH_MAX = 8 << 20 /* bytes of one line: 65,536 numbers of 120 characters, and a word */
};

struct lines {
  struct source *source; /* borrowed */
  char *tail;            /* [LINES_BLOCK]: the beginning of a line, which waits for its end */
  size_t tail_length;
};

/* One block and the memory it lies in, which is used again for others. */
struct line_block {
  char *bytes; /* each line but the source's very last ends in a line feed */
  size_t capacity;
  size_t length;         /* 0 only when there are no more lines */
  bool last;             /* nothing follows */
  uint64_t text_bytes;   /* source_position() and … */
  uint64_t stored_bytes; /* … source_stored() behind the cut */
};

enum status lines_init(struct lines *lines, struct source *source, struct problem *problem) MUST_USE;
void lines_release(struct lines *lines);

/* Cuts the next block into *block, which is all zero the first time. STATUS_LIMIT, and no problem, when its first line
 * passes LINES_LENGTH_MAX: the caller knows that line's number. STATUS_BAD_MATRIX when the source is damaged. */
enum status lines_cut(struct lines *lines, struct problem *problem, struct line_block *block) MUST_USE;
void line_block_release(struct line_block *block);

#endif
