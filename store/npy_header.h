/* The head of a .npy file as NumPy documents it ("numpy.lib.format", versions 1.0 to 3.0), out of bytes that nobody
 * vouches for: what kind of numbers follow, in which shape and order, and where they begin. Reads bytes and nothing
 * else; npy_items.h turns the items behind it into numbers.
 *
 * A head is the magic "\x93NUMPY", a version, the length of the rest (two bytes in version 1, else four, low byte
 * first), and the text of a Python dict:
 *
 *   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 50), }
 *
 * which is read as Python would read it, as far as plain arrays need it: the three keys, each once, in any order; both
 * quotes; any spaces; the L that Python 2 wrote behind a number. Types that are not read here (objects, which are
 * pickles; records, complex numbers, dates) are told apart from damage. */
#ifndef WORDVEC_STORE_NPY_HEADER_H
#define WORDVEC_STORE_NPY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/status.h"

enum {
  NPY_PREFIX_BYTES = 12,        /* of a head that tell how long it is, whatever its version */
  NPY_HEADER_BYTES_MAX = 65545, /* the longest that version 1.0 can have; a longer one is refused */
  NPY_DIMENSIONS_MAX = 8
};

enum npy_kind {
  NPY_FLOAT,    /* of 2, 4 or 8 bytes */
  NPY_SIGNED,   /* of 1, 2, 4 or 8 bytes */
  NPY_UNSIGNED, /* likewise */
  NPY_BOOLEAN,  /* of 1 byte */
  NPY_BYTES,    /* strings of item_bytes bytes each, filled up with NULs */
  NPY_UNICODE   /* strings of item_bytes / 4 code points of 4 bytes each, filled up with NULs */
};

enum { NPY_DESCR_MAX = 16 };

struct npy_header {
  char descr[NPY_DESCR_MAX]; /* the type as the file writes it, "<f4"; for people */
  enum npy_kind kind;
  size_t item_bytes; /* 0 only for strings */
  bool big_endian;
  bool fortran_order; /* the first index runs fastest; of no meaning with fewer than two dimensions */
  size_t dimensions;  /* 0: a single number without a shape */
  uint64_t sizes[NPY_DIMENSIONS_MAX];
  uint64_t count;       /* of items: the product of the sizes; count * item_bytes is known not to overflow */
  size_t offset;        /* of the first item from the beginning of the file */
  uint64_t total_bytes; /* offset + count * item_bytes */
};

/* Whether `length` bytes can be the beginning of a .npy file: as far as they go, they are its magic. */
bool npy_magic(const void *bytes, size_t length);

/* How many bytes the head takes, from the first NPY_PREFIX_BYTES of a file. STATUS_FOREIGN: it is no .npy file;
 * STATUS_UNSUPPORTED: of a later version; STATUS_BAD_MATRIX: the head is longer than NPY_HEADER_BYTES_MAX. */
enum status npy_header_length(const unsigned char bytes[NPY_PREFIX_BYTES], struct problem *problem,
                              size_t *out) MUST_USE;

/* Reads the head at the beginning of `length` bytes, of which it need not be all. Fails as npy_header_length() does,
 * and with STATUS_BAD_MATRIX for a head that is cut short or says no sense, STATUS_UNSUPPORTED for a type or number of
 * dimensions that is not read here. The problem's text is one line, its position the byte it is about. */
enum status npy_header_read(const void *bytes, size_t length, struct problem *problem, struct npy_header *out) MUST_USE;

/* Which item stands at [row][column] of an array of two dimensions. */
static inline uint64_t npy_item_at(const struct npy_header *header, uint64_t row, uint64_t column) {
  return header->fortran_order ? column * header->sizes[0] + row : row * header->sizes[1] + column;
}

#endif
