/* The trailer of sums behind LMDB's pages (../FORMAT.md): written last, checked first. */
#ifndef WORDVEC_STORE_MATRIX_CHECKSUM_H
#define WORDVEC_STORE_MATRIX_CHECKSUM_H

#include <stdint.h>

#include "store/status.h"

/* Sums the file open at `fd`, of `covered` bytes, with `threads` threads, and appends the trailer. *size is then the
 * file's size. */
enum status checksum_append(int fd, uint64_t covered, unsigned threads, const char *file, struct problem *problem,
                            uint64_t *size) MUST_USE;

/* Checks the trailer and every sum of the file open at `fd`, with `threads` threads. STATUS_FOREIGN when the file has
 * no trailer and is no LMDB file either, STATUS_DAMAGED when it is cut short or a sum is wrong (position: first byte of
 * the block), STATUS_UNSUPPORTED when it comes from a machine of the other byte order. On success *covered is the size
 * of LMDB's part. */
enum status checksum_verify(int fd, unsigned threads, const char *file, struct problem *problem,
                            uint64_t *covered) MUST_USE;

#endif
