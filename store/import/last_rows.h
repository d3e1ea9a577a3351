/* Rows put aside until it is known which of those with the same word is the last: for `--duplicates last`. They lie in
 * scratch files beside the store file; private memory does not grow with their number. */
#ifndef WORDVEC_STORE_IMPORT_LAST_ROWS_H
#define WORDVEC_STORE_IMPORT_LAST_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/matrix/vocabulary.h"
#include "store/status.h"

struct last_rows;

/* `folder` (copied) is where the scratch files are made. */
enum status last_rows_new(const char *folder, uint32_t dim, struct problem *problem, struct last_rows **out) MUST_USE;
void last_rows_free(struct last_rows *rows); /* NULL is allowed */

/* Puts a row aside. STATUS_EXISTS when an earlier row has the word: that one is then left out, and *earlier is the
 * position it was added with. Fails as the scratch files do. */
enum status last_rows_add(struct last_rows *rows, struct word word, const float *vector, uint64_t position,
                          struct problem *problem, uint64_t *earlier) MUST_USE;

/* The next row that is the last of its word, in the order of adding; false when there are no more. Borrowed until
 * last_rows_free(). No row may be added after the first call. */
bool last_rows_next(struct last_rows *rows, struct word *word, const float **vector);

#endif
