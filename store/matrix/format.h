/* The layout that ../FORMAT.md describes, as constants, keys and the head. Pure: it touches no file. */
#ifndef WORDVEC_STORE_MATRIX_FORMAT_H
#define WORDVEC_STORE_MATRIX_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/matrix/model.h"

enum {
  FORMAT_VERSION = 1,
  FORMAT_LEAD = 48,             /* zero bytes before the data of a slab or chunk */
  FORMAT_ALIGNMENT = 64,        /* of that data, in the file and in the map */
  FORMAT_VALUE_MIN = 16896,     /* a slab or chunk value is filled up to this, so that LMDB gives it pages of its own */
  FORMAT_TEXT_CHUNK = 16 << 20, /* bytes of the stream of words in one chunk */
  FORMAT_FOLD_SLOTS = 4 << 20,  /* slots of folded forms in one chunk */
  FORMAT_SLAB_BYTES = 32 << 20, /* a slab of rows is at most this, unless one row is more */
  FORMAT_SLAB_ROWS_MAX = 1 << 20,
  FORMAT_KEY_WORD = 510, /* bytes of a word that its key holds */
  FORMAT_KEY_MAX = FORMAT_KEY_WORD + 1,
  FORMAT_HEAD_FIXED = 128,
  FORMAT_HEAD_SUM = 124, /* where the head has its sum, a u32 */
  FORMAT_TEXT_MAX = 255  /* bytes of the names of source and source format */
};

enum format_kind {
  FORMAT_AXES = 'a',
  FORMAT_BUCKETS = 'b',
  FORMAT_COARSE = 'c',
  FORMAT_FINE = 'f',
  FORMAT_GRAPH = 'g',
  FORMAT_HEAD = 'h',
  FORMAT_FOLDS = 'i',
  FORMAT_FOLD_CHUNK = 'j',
  FORMAT_LINKS = 'l',
  FORMAT_MEAN = 'm',
  FORMAT_NORMS = 'n',
  FORMAT_PLACES = 'o',
  FORMAT_PRUNED = 'p',
  FORMAT_ROWS = 'r',
  FORMAT_SUBWORDS = 's',
  FORMAT_TEXT = 't',
  FORMAT_WORD = 'w'
};

struct format_key {
  size_t length;
  unsigned char bytes[FORMAT_KEY_MAX];
};

/* A slab or chunk: which, and how many bytes of data it holds behind its lead. */
struct format_part {
  enum format_kind kind;
  uint32_t number;
  size_t length;
};

/* The key of a slab or chunk. */
struct format_key format_key_of(struct format_part part);

/* The key under which `word` is listed: its first FORMAT_KEY_WORD bytes count. */
struct format_key format_word_key(struct word word);

/* A word's place in the stream: offset and length in one u64. */
static inline uint64_t format_place(uint64_t offset, size_t length) {
  return offset << 16 | length;
}
static inline uint64_t format_place_offset(uint64_t place) {
  return place >> 16;
}
static inline size_t format_place_length(uint64_t place) {
  return place & 0xFFFF;
}

struct head {
  uint64_t rows;
  uint32_t dim;
  uint32_t stride;
  uint32_t slab_rows;
  uint32_t slabs;
  uint32_t text_chunks;
  uint64_t text_bytes;
  unsigned char digest[16];
  int64_t imported_at;
  uint64_t declared_rows;
  uint64_t skipped[SKIP_COUNT];
  uint32_t sum; /* as format_metadata_sum() gives it; 0 in files of builds that did not keep it */
  char source[FORMAT_TEXT_MAX + 1];
  char source_format[FORMAT_TEXT_MAX + 1];
};

/* Rows that slab `slab` of the file holds: slab_rows, but for the last. */
static inline uint32_t format_rows_in_slab(const struct head *head, uint32_t slab) {
  uint64_t left = head->rows - (uint64_t)slab * head->slab_rows;
  return left < head->slab_rows ? (uint32_t)left : head->slab_rows;
}

/* Rows in a slab of a matrix of that many columns: a power of two. */
uint32_t format_slab_rows(uint32_t dim);

struct lmdb;

/* Whether the file has slab or chunk 0 of that kind, for kinds that a file need not have. */
bool format_has(const struct lmdb *lmdb, enum format_kind kind);

/* The data of a slab or chunk behind its lead, 64-byte aligned in the map. STATUS_DAMAGED when it is not there, not
 * aligned, or not of part.length bytes between a lead and a filling of zeros; `file` names the file in *problem. */
enum status format_find(const struct lmdb *lmdb, struct format_part part, const char *file, struct problem *problem,
                        const void **data) MUST_USE;

/* The same of a record whose length is not known yet: its first part.length bytes. */
enum status format_find_start(const struct lmdb *lmdb, struct format_part part, const char *file,
                              struct problem *problem, const void **data) MUST_USE;

/* The sum that goes into the head, of the `length` bytes of this head but for the sum, and of what begins the records
 * of kinds that say what others mean (FORMAT.md). Never 0. STATUS_NO_MEMORY. */
enum status format_metadata_sum(const struct lmdb *lmdb, const unsigned char *head, size_t length,
                                uint32_t *sum) MUST_USE;

/* Writes the head into `out` and returns its length, at most FORMAT_HEAD_FIXED + 2 * FORMAT_TEXT_MAX. */
size_t format_head_write(const struct head *head, unsigned char *out);

/* Reads a head and checks that its numbers follow from each other; `file` names the file in *problem.
 * STATUS_FOREIGN, STATUS_UNSUPPORTED or STATUS_DAMAGED. */
enum status format_head_read(const unsigned char *data, size_t length, const char *file, struct problem *problem,
                             struct head *out) MUST_USE;

#endif
