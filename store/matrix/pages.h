/* The pages of an LMDB file, read without LMDB. LMDB trusts them: it follows any number that it finds there, and aborts
 * where one cannot be. A served file may be lost at any moment (mapping.h), in the middle of a walk too, and then its
 * pages are zeros or end in zeros. Here every number is checked where it is used, and read once: a walk over any bytes
 * at all ends, inside the map, with what it looked for or with STATUS_DAMAGED.
 *
 * The layout is that of LMDB's data version 1 on 64-bit machines, which has not changed since 0.9; the tests compare
 * what comes out of here with what LMDB says itself. */
#ifndef WORDVEC_STORE_MATRIX_PAGES_H
#define WORDVEC_STORE_MATRIX_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/matrix/lmdb.h"
#include "store/status.h"

enum {
  PAGES_DEPTH_MAX = 32 /* levels of a tree: LMDB's own limit */
};

/* What a file's head says; plain, so that it can lie in the struct of whoever opens it. */
struct pages {
  const unsigned char *data; /* borrowed */
  uint64_t count;            /* of pages */
  uint32_t size;             /* of a page: a power of two of at least 512 */
  uint64_t root;             /* page of the unnamed database; UINT64_MAX: it is empty */
};

/* Reads the head of an LMDB file whose `covered` bytes begin at `data`. STATUS_FOREIGN, STATUS_UNSUPPORTED,
 * STATUS_DAMAGED. */
enum status pages_open(const unsigned char *data, uint64_t covered, const char *file, struct problem *problem,
                       struct pages *out) MUST_USE;

/* As lmdb_get(). */
enum status pages_get(const struct pages *pages, struct lmdb_span key, struct lmdb_span *value) MUST_USE;

/* A place in the tree: the way to it from the root. */
struct pages_walk {
  uint32_t depth; /* levels; the last is a leaf */
  uint64_t left;  /* pages that the walk may still look at: more than the file has, and it goes in circles */
  struct {
    uint64_t number; /* of the page */
    uint32_t index;  /* in it */
  } levels[PAGES_DEPTH_MAX];
};

/* As lmdb_cursor_seek() and lmdb_cursor_next(). */
enum status pages_seek(const struct pages *pages, struct lmdb_span key, struct pages_walk *walk,
                       struct lmdb_record *record) MUST_USE;
enum status pages_next(const struct pages *pages, struct pages_walk *walk, struct lmdb_record *record) MUST_USE;

#endif
