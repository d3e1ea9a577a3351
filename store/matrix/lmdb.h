/* The only door to LMDB: one unnamed database in one file. Either written (lmdb_create) by one thread, or read
 * (lmdb_open) by any number, without LMDB (pages.h says why). */
#ifndef WORDVEC_STORE_MATRIX_LMDB_H
#define WORDVEC_STORE_MATRIX_LMDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/matrix/mapping.h"
#include "store/status.h"

struct lmdb;

/* Borrowed bytes: a key or a value. */
struct lmdb_span {
  const void *data;
  size_t length;
};

/* Opens for reading the LMDB file of the mapping's first `covered` bytes. The mapping is borrowed until lmdb_close().
 * `file` names it in *problem. STATUS_FOREIGN, STATUS_UNSUPPORTED, STATUS_DAMAGED, STATUS_NO_MEMORY. */
enum status lmdb_open(const struct mapping *mapping, uint64_t covered, const char *file, struct problem *problem,
                      struct lmdb **out) MUST_USE;

/* Creates the LMDB file `path`, which must not exist or be empty, for writing. Nothing is synced. */
enum status lmdb_create(const char *path, struct problem *problem, struct lmdb **out) MUST_USE;

void lmdb_close(struct lmdb *lmdb); /* drops what was not committed; NULL is allowed */

/* The value of a key: in a file opened for reading borrowed from its mapping, and thread-safe; in one that is written,
 * of what was committed, borrowed until the next call. STATUS_NOT_FOUND, STATUS_NO_MEMORY, or STATUS_DAMAGED when the
 * way to it leads nowhere. */
enum status lmdb_get(const struct lmdb *lmdb, struct lmdb_span key, struct lmdb_span *value) MUST_USE;

/* Room for the value of a new key, `length` bytes for the caller to fill wholly before the next call with this lmdb.
 * Keys given with `append` must ascend above all keys in the file. */
enum status lmdb_reserve(struct lmdb *lmdb, struct lmdb_span key, size_t length, bool append, struct problem *problem,
                         void **value) MUST_USE;

/* Commits what was reserved and filled since the last commit. Memory in use goes back to almost nothing. */
enum status lmdb_commit(struct lmdb *lmdb, struct problem *problem) MUST_USE;

/* Bytes of the file that LMDB uses, a whole number of pages, as of the last commit. */
uint64_t lmdb_size(const struct lmdb *lmdb);

/* A walk through the keys in order, by one thread. */
struct lmdb_cursor;

struct lmdb_record {
  struct lmdb_span key;
  struct lmdb_span value;
};

enum status lmdb_cursor_open(const struct lmdb *lmdb, struct lmdb_cursor **out) MUST_USE;
void lmdb_cursor_close(struct lmdb_cursor *cursor);

/* The first record whose key is not below `key`, or the next one; STATUS_NOT_FOUND behind the last, STATUS_DAMAGED. */
enum status lmdb_cursor_seek(struct lmdb_cursor *cursor, struct lmdb_span key, struct lmdb_record *record) MUST_USE;
enum status lmdb_cursor_next(struct lmdb_cursor *cursor, struct lmdb_record *record) MUST_USE;

#endif
