/* The stored bytes of a source: plain reads of a descriptor, of which the first block is kept so that the container can
 * be told before anything is consumed (standard input cannot be rewound). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "store/import/stream.h"

static enum status read_some(const struct stored *stored, unsigned char *buffer, size_t size, struct problem *problem,
                             size_t *got) {
  ssize_t count;
  do count = read(stored->fd, buffer, size);
  while (count < 0 && errno == EINTR);
  if (count < 0) return problem_set_errno(problem, errno, "%s: cannot be read", stored->label);
  *got = (size_t)count;
  return STATUS_OK;
}

enum status stored_open(struct stored *stored, int fd, bool owned, const char *label, struct problem *problem) {
  stored->fd = fd;
  stored->owned = owned;
  stored->label = label;
  stored->first_length = 0;
  stored->position = 0;
  while (stored->first_length < STORED_FIRST) { /* a pipe gives less at a time */
    size_t got = 0;
    enum status status =
        read_some(stored, stored->first + stored->first_length, STORED_FIRST - stored->first_length, problem, &got);
    if (status != STATUS_OK) return status;
    if (got == 0) break;
    stored->first_length += got;
  }
  return STATUS_OK;
}

void stored_close(struct stored *stored) {
  if (stored->owned) close(stored->fd);
}

enum status stored_read(struct stored *stored, unsigned char *buffer, size_t size, struct problem *problem,
                        size_t *got) {
  size_t taken = 0;
  if (stored->position < stored->first_length) {
    taken = stored->first_length - (size_t)stored->position;
    if (taken > size) taken = size;
    memcpy(buffer, stored->first + stored->position, taken);
  } else {
    enum status status = read_some(stored, buffer, size, problem, &taken);
    if (status != STATUS_OK) return status;
  }
  stored->position += taken;
  *got = taken;
  return STATUS_OK;
}
