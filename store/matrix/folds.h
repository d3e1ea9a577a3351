/* Folded forms (case_fold.h) of the words of a model, for finding words whatever their case (../FORMAT.md, keys i and
 * j).
 *
 * The row that a folded form leads to is the lowest whose word has it. Mostly that row's word is the form itself, and
 * then the words' own keys find it. What is kept here is a hash table of the other forms: "Paris" in row 5 and nothing,
 * or a higher row, for "paris". So a matrix of lower-case words has an empty one. */
#ifndef WORDVEC_STORE_MATRIX_FOLDS_H
#define WORDVEC_STORE_MATRIX_FOLDS_H

#include <stdint.h>

#include "store/matrix/spill.h"
#include "store/matrix/vocabulary.h"
#include "store/matrix/word_table.h"

/* What belongs to the whole table, as it lies in the file. */
struct folds_header {
  uint32_t version; /* FOLDS_VERSION */
  uint32_t unicode; /* case_fold_version() of whoever folded */
  uint64_t seed;    /* of the hash, which is XXH3 of the folded form */
  uint64_t slots;   /* 0, or a power of two of at least 4,096 and at least twice `forms` */
  uint32_t forms;
  uint32_t zero[9];
};

enum { FOLDS_VERSION = 1 };
_Static_assert(sizeof(struct folds_header) == 64, "as the file has it");

/* A table being made. `slots` holds u32 row + 1, 0 for a free slot. */
struct folds_build {
  struct folds_header header;
  struct spill slots;
};

/* Makes the table of all words, in a spill file in `folder`. Private memory does not grow with their number. *out is to
 * be released in any case. */
enum status folds_build(const struct word_table *words, const char *folder, struct problem *problem,
                        struct folds_build *out) MUST_USE;
void folds_build_release(struct folds_build *build);

struct folds;
struct head;
struct lmdb;

/* The table of an open file, checked as far as a look-up needs to be safe; *out is NULL when the file has none, or one
 * of a version that this build does not know. Borrows from the map. STATUS_DAMAGED, STATUS_NO_MEMORY. */
enum status folds_map(const struct lmdb *lmdb, const struct head *head, const char *file, struct problem *problem,
                      struct folds **out) MUST_USE;
/* Whether a form of the table is found where it lies: with another seed or number of slots it would not be.
 * STATUS_DAMAGED. */
enum status folds_check(const struct folds *folds, const struct vocabulary *vocabulary, const char *file,
                        struct problem *problem) MUST_USE;
void folds_unmap(struct folds *folds); /* NULL is allowed */

const struct folds_header *folds_header(const struct folds *folds);

/* The row that the table has for a folded form; STATUS_NOT_FOUND when it has none. */
enum status folds_find(const struct folds *folds, const struct vocabulary *vocabulary, struct word folded,
                       uint32_t *row) MUST_USE;

#endif
