/* Growing arrays in unnamed files. */
#include "store/matrix/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_SIZE = 1 << 16 };

/* O_TMPFILE never shows a name; where the file system lacks it, a name exists for an instant, and begins with a dot so
 * that readers of the folder pass it by. */
static int open_unnamed(const char *folder) {
  int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
  char path[4096];
  int length = snprintf(path, sizeof path, "%s/.spill-XXXXXX", folder);
  if (length < 0 || (size_t)length >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0) unlink(path);
  return fd;
}

static size_t grown_size(size_t current, size_t needed, size_t most) {
  size_t size = current > 0 ? current : FIRST_SIZE;
  while (size < needed) size *= 2;
  return size < most ? size : most;
}

enum status spill_grow(struct spill *spill, const char *folder, size_t needed, struct problem *problem) {
  return spill_grow_within(spill, folder, needed, SIZE_MAX, problem);
}

enum status spill_grow_within(struct spill *spill, const char *folder, size_t needed, size_t most,
                              struct problem *problem) {
  if (needed <= spill->size) return STATUS_OK;
  size_t size = grown_size(spill->size, needed, most);
  if (spill->fd < 0) spill->fd = open_unnamed(folder);
  if (spill->fd < 0) return problem_set_errno(problem, errno, "%s: cannot make a temporary file there", folder);
  int error;
  do error = posix_fallocate(spill->fd, (off_t)spill->size, (off_t)(size - spill->size));
  while (error == EINTR);
  if (error)
    return problem_set_errno(problem, error, "%s: no room for %zu bytes of temporary file", folder, size - spill->size);
  void *data = spill->data ? mremap(spill->data, spill->size, size, MREMAP_MAYMOVE)
                           : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, spill->fd, 0);
  if (data == MAP_FAILED) return problem_set_errno(problem, errno, "%s: cannot map a temporary file", folder);
  spill->data = data;
  spill->size = size;
  return STATUS_OK;
}

void spill_release(struct spill *spill) {
  if (spill->data) munmap(spill->data, spill->size);
  if (spill->fd >= 0) close(spill->fd);
  *spill = SPILL_NONE;
}
