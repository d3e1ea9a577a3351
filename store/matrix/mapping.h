/* A file in memory, read-only, that may be lost while it is read: cut short, or on a disk that no longer gives its
 * bytes. Plainly mapped, the next look at such a page is a SIGBUS and the end of the process. Here the whole map
 * becomes zeros instead, and whoever reads it goes on over them; what was made of them is then thrown away, which is
 * the caller's part:
 *
 *   - whatever is read from a map may be zero at any moment, also between two looks at the same place;
 *   - what was made of it counts only if mapping_lost() is false afterwards. */
#ifndef WORDVEC_STORE_MATRIX_MAPPING_H
#define WORDVEC_STORE_MATRIX_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/status.h"

struct mapping;

/* Maps all of the file open at `fd`, of `length` bytes: a multiple of 8, and the last 8 not all zero. The descriptor
 * stays the caller's and may be closed. `file` names it in *problem. STATUS_IO, STATUS_DAMAGED when the file is
 * shorter, STATUS_NO_MEMORY. The first call takes over SIGBUS for the process; one that has to do with no map goes to
 * whom it went before. */
enum status mapping_open(int fd, uint64_t length, const char *file, struct problem *problem,
                         struct mapping **out) MUST_USE;
void mapping_close(struct mapping *mapping); /* NULL is allowed */

/* Its bytes, page-aligned. */
const unsigned char *mapping_data(const struct mapping *mapping);

/* Whether the file was lost: then what was read since it was opened may be zeros in place of its bytes. Costs a look at
 * the last bytes of the map: whatever the file was cut to, they are gone first. Thread-safe. */
bool mapping_lost(const struct mapping *mapping);

#endif
