/* A growing array in a file that has no name: shared pages, so that what an import must remember of every row is the
 * page cache's memory and not the process's. The file goes with the process, however that ends. */
#ifndef WORDVEC_STORE_MATRIX_SCRATCH_H
#define WORDVEC_STORE_MATRIX_SCRATCH_H

#include <stddef.h>

#include "store/status.h"

struct scratch {
  int fd;              /* -1: none */
  unsigned char *data; /* moves when it grows */
  size_t size;         /* bytes mapped; new ones are zero */
};

#define SCRATCH_NONE ((struct scratch){.fd = -1})

/* Makes at least `size` bytes; `folder` is where the file is created, on the same disk as the store. Disk space is
 * taken at once: STATUS_NO_SPACE, never a SIGBUS later. */
enum status scratch_grow(struct scratch *scratch, const char *folder, size_t size, struct problem *problem) MUST_USE;
void scratch_release(struct scratch *scratch);

#endif
