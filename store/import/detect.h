/* What a source holds, told by its first bytes: which layout, how many dimensions, where the rows begin; or why it
 * cannot be read.
 *
 * - A binary model of fastText is told by its mark or, in the old layout, by arguments that no text could be.
 * - A first line of two whole numbers, "rows dim", is a header in any format, forced or not. The layouts themselves do
 *   not differ but for it: text with a header is "word2vec-text" ("fasttext-vec" when the name ends in .vec), text
 *   without is "glove".
 * - With one dimension a header is also a possible row (the word "7", the number 1). `--format glove` then means a row
 *   and the other formats a header; detection takes it for a row only when all lines are in sight, all begin with a
 *   whole number, and their count is not the header's. (A header that was none shows as a count that disagrees.)
 * - A header that cannot be (of no dimensions, of too many, of 2^64 rows) is refused, unless the lines behind it are
 *   rows of one dimension and it can be one too.
 * - Behind a header, bytes are word2vec-binary unless the next line or most lines end in that many numbers, or all that
 *   follows are bytes of text.
 * - What begins with the magic of a .npy file is npy. It holds no words.
 * - Without a header the dimension is the number of numbers that most of the first lines end in (see detect_dim.h).
 *   With one, it is an error when most end in more than it says. */
#ifndef WORDVEC_STORE_IMPORT_DETECT_H
#define WORDVEC_STORE_IMPORT_DETECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/import/import.h"
#include "store/import/source.h"
#include "store/npy_header.h"

struct layout {
  enum import_format format; /* never IMPORT_AUTO */
  uint32_t dim;              /* 1 to MODEL_DIM_MAX */
  uint64_t declared_rows;    /* of the header; 0 without one */
  size_t header_length;      /* bytes before the first row; 0 without a header */
  bool line_feeds;           /* word2vec-binary: a line feed follows each vector */
  struct npy_header npy;     /* npy: floats in two dimensions, the sizes of which are declared_rows and dim */
};

/* Looks at the source without taking anything. `format` forces the layout. STATUS_UNSUPPORTED for what is recognised
 * as something else, STATUS_BAD_MATRIX for what is no matrix; also as source_peek() fails. */
enum status detect(struct source *source, enum import_format format, struct problem *problem,
                   struct layout *layout) MUST_USE;

/* The name of the foreign format that the bytes begin, and what to do about it, as one phrase; NULL for none.
 * `printable` asks for those whose marks a text matrix could begin with too. */
const char *detect_foreign(const unsigned char *data, size_t length, bool printable);

#endif
