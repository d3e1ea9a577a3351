/* Reads /proc/self/statm, counts /proc/self/fd, and asks getrusage() for what it knows, which needs no file. */
#include "server/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

void usage_open(struct usage_source *source) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  source->started = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
  source->memory = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  source->descriptors = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void usage_close(struct usage_source *source) {
  if (source->memory >= 0) close(source->memory);
  if (source->descriptors >= 0) close(source->descriptors);
  source->memory = source->descriptors = -1;
}

/* Pages: of the address space, in memory, and of these with a file behind them. */
static void read_memory(int file, struct usage *out) {
  char text[128], *at = text;
  uint64_t pages[3], page = (uint64_t)sysconf(_SC_PAGESIZE);
  ssize_t length = file >= 0 ? pread(file, text, sizeof text - 1, 0) : -1;
  if (length <= 0) return;
  text[length] = '\0';
  for (size_t i = 0; i < 3; i++) pages[i] = strtoull(at, &at, 10);
  out->virtual_bytes = pages[0] * page;
  out->resident_bytes = pages[1] * page;
  out->private_bytes = (pages[1] > pages[2] ? pages[1] - pages[2] : 0) * page;
}

static bool is_number(const char *name) {
  return *name >= '0' && *name <= '9';
}

/* The entries of the folder. readdir() would want memory. */
static uint64_t count_descriptors(int folder) {
  _Alignas(struct dirent64) char entries[8192];
  uint64_t count = 0;
  ssize_t length;
  if (folder < 0 || lseek(folder, 0, SEEK_SET) != 0) return 0;
  while ((length = getdents64(folder, entries, sizeof entries)) > 0) {
    for (ssize_t at = 0; at < length;) {
      const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
      count += is_number(entry->d_name);
      at += entry->d_reclen;
    }
  }
  return count;
}

static uint64_t microseconds_of(const struct timeval *time) {
  return (uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_usec;
}

void usage_read(const struct usage_source *source, struct usage *out) {
  struct rusage spent;
  struct rlimit most;
  *out = (struct usage){.started = source->started};
  read_memory(source->memory, out);
  out->descriptors = count_descriptors(source->descriptors);
  if (getrlimit(RLIMIT_NOFILE, &most) == 0) out->descriptors_most = most.rlim_cur;
  if (getrusage(RUSAGE_SELF, &spent) != 0) return;
  out->minor_faults = (uint64_t)spent.ru_minflt;
  out->major_faults = (uint64_t)spent.ru_majflt;
  out->processor_microseconds = microseconds_of(&spent.ru_utime) + microseconds_of(&spent.ru_stime);
}
