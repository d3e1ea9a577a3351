/* Subwords in the store file (../FORMAT.md, keys b, p and s): written from subwords.h's struct, and back into it. */
#ifndef WORDVEC_STORE_MATRIX_SUBWORDS_MAP_H
#define WORDVEC_STORE_MATRIX_SUBWORDS_MAP_H

#include "store/matrix/lmdb.h"
#include "store/matrix/subwords.h"
#include "store/status.h"

/* The value of the key s, less its lead. */
enum { SUBWORDS_MAP_FIXED = 64 };
void subwords_map_write(const struct subwords *subwords, unsigned char out[SUBWORDS_MAP_FIXED]);

/* Subwords with their views of the map. */
struct subwords_map {
  struct subwords subwords;
  const void **views;
};

/* The subwords of a model of `dim` dimensions, checked as far as a look-up needs to be safe; *out is NULL when the file
 * has none, or some of a version that this build does not know. STATUS_DAMAGED, STATUS_NO_MEMORY. */
enum status subwords_map(const struct lmdb *lmdb, uint32_t dim, const char *file, struct problem *problem,
                         struct subwords_map **out) MUST_USE;
void subwords_unmap(struct subwords_map *map); /* NULL is allowed */

/* Checks each row (numbers within the limit, padding zero, buckets ascending and below their number). STATUS_DAMAGED.
 */
enum status subwords_verify(const struct subwords *subwords, struct problem *problem) MUST_USE;

/* Makes slab_shift, slab_count and stride what dim and count ask for. */
void subwords_shape(struct subwords *subwords);

#endif
