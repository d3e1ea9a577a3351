/* Temporary folders and files of a test program. */
#include "tests/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Set once by scratch_open(), then only read: the one state that all tests of a program share. */
static char root[SCRATCH_PATH_MAX];

void support_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("test support: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

double support_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void support_pause(void) {
  (void)poll(NULL, 0, 3);
}

void scratch_open(void) {
  const char *parent = getenv("TMPDIR");
  snprintf(root, sizeof root, "%s/wordvec-test.XXXXXX", parent && parent[0] ? parent : "/tmp");
  if (!mkdtemp(root)) support_fail("mkdtemp %s: %s", root, strerror(errno));
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk) {
  (void)about, (void)kind, (void)walk;
  return remove(path);
}

void scratch_remove(const char *path) {
  if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
    fprintf(stderr, "test support: could not remove %s: %s\n", path, strerror(errno));
}

void scratch_close(void) {
  scratch_remove(root);
}

__attribute__((format(printf, 2, 0))) static void join(char path[SCRATCH_PATH_MAX], const char *format,
                                                       va_list arguments) {
  int used = snprintf(path, SCRATCH_PATH_MAX, "%s/", root);
  int more = vsnprintf(path + used, (size_t)(SCRATCH_PATH_MAX - used), format, arguments);
  if (used + more >= SCRATCH_PATH_MAX) support_fail("the path of the scratch folder is too long");
}

void scratch_path(char path[SCRATCH_PATH_MAX], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  join(path, format, arguments);
  va_end(arguments);
}

void scratch_folder(char path[SCRATCH_PATH_MAX], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  join(path, format, arguments);
  va_end(arguments);
  if (mkdir(path, 0777) && errno != EEXIST) support_fail("mkdir %s: %s", path, strerror(errno));
}

void scratch_write(const char *path, const void *bytes, size_t length) {
  FILE *file = fopen(path, "wb");
  if (!file) support_fail("%s: %s", path, strerror(errno));
  if (fwrite(bytes, 1, length, file) != length || fclose(file)) support_fail("%s: cannot write", path);
}

char *scratch_read(const char *path, size_t *length) {
  char *bytes = NULL;
  size_t used = 0;
  FILE *file = fopen(path, "rb");
  for (size_t capacity = 4096;; capacity *= 2) {
    bytes = realloc(bytes, capacity + 1);
    if (!bytes) support_fail("out of memory");
    if (file) used += fread(bytes + used, 1, capacity - used, file);
    if (used < capacity) break;
  }
  if (file) fclose(file);
  bytes[used] = '\0';
  if (length) *length = used;
  return bytes;
}
