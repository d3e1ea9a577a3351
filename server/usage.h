/* What this process takes of the machine, as the system tells it. */
#ifndef WORDVEC_SERVER_USAGE_H
#define WORDVEC_SERVER_USAGE_H

#include <stdint.h>

/* Where some of it is read: files of /proc that are opened once, for later there may be no descriptors left, or no
 * right to open anything. */
struct usage_source {
  int memory;      /* -1: it cannot be had, and what it would tell is 0 */
  int descriptors; /* likewise */
  double started;  /* seconds since 1970-01-01 UTC */
};

/* The process is taken to begin with this. Whoever calls this also calls usage_close(). */
void usage_open(struct usage_source *source);
void usage_close(struct usage_source *source);

struct usage {
  uint64_t resident_bytes; /* mapped files that are in memory included */
  uint64_t private_bytes;  /* of them those that no file is behind */
  uint64_t virtual_bytes;
  uint64_t minor_faults, major_faults;
  uint64_t processor_microseconds; /* user and system */
  uint64_t descriptors, descriptors_most;
  double started; /* seconds since 1970-01-01 UTC */
};

/* One caller at a time. */
void usage_read(const struct usage_source *source, struct usage *out);

#endif
