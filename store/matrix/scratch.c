/* Growing arrays in unnamed files. */
#include "store/matrix/scratch.h"

#include <errno.h>
#include <fcntl.h>
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
  int length = snprintf(path, sizeof path, "%s/.scratch-XXXXXX", folder);
  if (length < 0 || (size_t)length >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0) unlink(path);
  return fd;
}

static size_t grown_size(size_t current, size_t needed) {
  size_t size = current > 0 ? current : FIRST_SIZE;
  while (size < needed) size *= 2;
  return size;
}

enum status scratch_grow(struct scratch *scratch, const char *folder, size_t needed, struct problem *problem) {
  if (needed <= scratch->size) return STATUS_OK;
  size_t size = grown_size(scratch->size, needed);
  if (scratch->fd < 0) scratch->fd = open_unnamed(folder);
  if (scratch->fd < 0) return problem_set_errno(problem, errno, "%s: cannot make a temporary file there", folder);
  int error = posix_fallocate(scratch->fd, (off_t)scratch->size, (off_t)(size - scratch->size));
  if (error)
    return problem_set_errno(problem, error, "%s: no room for %zu bytes of temporary file", folder,
                             size - scratch->size);
  void *data = scratch->data ? mremap(scratch->data, scratch->size, size, MREMAP_MAYMOVE)
                             : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, scratch->fd, 0);
  if (data == MAP_FAILED) return problem_set_errno(problem, errno, "%s: cannot map a temporary file", folder);
  scratch->data = data;
  scratch->size = size;
  return STATUS_OK;
}

void scratch_release(struct scratch *scratch) {
  if (scratch->data) munmap(scratch->data, scratch->size);
  if (scratch->fd >= 0) close(scratch->fd);
  *scratch = SCRATCH_NONE;
}
