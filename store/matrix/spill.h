/* A growing array in a file that has no name: shared pages, so that what an import must remember of every row is the
 * page cache's memory and not the process's. The file goes with the process, however that ends. */
#ifndef WORDVEC_STORE_MATRIX_SPILL_H
#define WORDVEC_STORE_MATRIX_SPILL_H

#include <stddef.h>

#include "store/status.h"

struct spill {
  int fd;              /* -1: none */
  unsigned char *data; /* moves when it grows */
  size_t size;         /* bytes mapped; new ones are zero */
};

#define SPILL_NONE ((struct spill){.fd = -1})

/* Makes at least `size` bytes; `folder` is where the file is created, on the same disk as the store. Disk space is
 * taken at once: STATUS_NO_SPACE, never a SIGBUS later. */
enum status spill_grow(struct spill *spill, const char *folder, size_t size, struct problem *problem) MUST_USE;
/* The same for an array that will never have more than `most` bytes: it takes no room beyond them. */
enum status spill_grow_within(struct spill *spill, const char *folder, size_t size, size_t most,
                              struct problem *problem) MUST_USE;
void spill_release(struct spill *spill);

#endif
