/* Gives a fuzz target every file of the folders and files that are named, and says how many there were: for compilers
 * that have no libFuzzer, and for builds that exist already. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, const char *path) {
  fprintf(stderr, "replay: %s %s\n", what, path);
  exit(2);
}

/* A copy of just that size, so that a byte behind its end is seen by who looks for such. */
static void give(const char *path, size_t size) {
  FILE *file = fopen(path, "rb");
  uint8_t *data = malloc(size ? size : 1);
  if (!file || !data || fread(data, 1, size, file) != size) fail("cannot read", path);
  fclose(file);
  printf("%s\n", path); /* the last line of a run that crashed */
  fflush(stdout);
  LLVMFuzzerTestOneInput(data, size);
  free(data);
}

static size_t replay(const char *path) {
  struct stat about;
  if (stat(path, &about) != 0) fail("there is no", path);
  if (!S_ISDIR(about.st_mode)) {
    give(path, (size_t)about.st_size);
    return 1;
  }
  struct dirent **entries;
  int count = scandir(path, &entries, NULL, alphasort);
  size_t given = 0;
  if (count < 0) fail("cannot list", path);
  for (int i = 0; i < count; i++) {
    char inside[4096];
    snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name);
    if (entries[i]->d_name[0] != '.') given += replay(inside);
    free(entries[i]);
  }
  free(entries);
  return given;
}

int main(int count, char **arguments) {
  size_t given = 0;
  for (int i = 1; i < count; i++) given += replay(arguments[i]);
  printf("100%%: Checks: %zu, Failures: 0, Errors: 0\n", given);
  return given == 0; /* an empty corpus proves nothing */
}
