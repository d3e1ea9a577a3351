/* The stored bytes of a source: plain reads of a descriptor, of which the first block is kept so that the container can
 * be told before anything is consumed (standard input cannot be rewound). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "store/import/stream.h"

static enum status read_some(const struct raw *raw, unsigned char *buffer, size_t size, struct problem *problem,
                             size_t *got) {
  ssize_t count;
  do count = read(raw->fd, buffer, size);
  while (count < 0 && errno == EINTR);
  if (count < 0) return problem_set_errno(problem, errno, "%s: cannot be read", raw->label);
  *got = (size_t)count;
  return STATUS_OK;
}

enum status raw_open(struct raw *raw, int fd, bool owned, const char *label, struct problem *problem) {
  raw->fd = fd;
  raw->owned = owned;
  raw->label = label;
  raw->first_length = 0;
  raw->position = 0;
  while (raw->first_length < RAW_FIRST) { /* a pipe gives less at a time */
    size_t got = 0;
    enum status status = read_some(raw, raw->first + raw->first_length, RAW_FIRST - raw->first_length, problem, &got);
    if (status != STATUS_OK) return status;
    if (got == 0) break;
    raw->first_length += got;
  }
  return STATUS_OK;
}

void raw_close(struct raw *raw) {
  if (raw->owned) close(raw->fd);
}

enum status raw_read(struct raw *raw, unsigned char *buffer, size_t size, struct problem *problem, size_t *got) {
  size_t taken = 0;
  if (raw->position < raw->first_length) {
    taken = raw->first_length - (size_t)raw->position;
    if (taken > size) taken = size;
    memcpy(buffer, raw->first + raw->position, taken);
  } else {
    enum status status = read_some(raw, buffer, size, problem, &taken);
    if (status != STATUS_OK) return status;
  }
  raw->position += taken;
  *got = taken;
  return STATUS_OK;
}
