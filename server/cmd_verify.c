/* wordvec verify NAME|FILE: opens a model's file, which checks its sums and structure, then every row and word. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/commands.h"
#include "store/matrix/verify.h"

/* A model's name holds no '/', and one that ends in .mdb would be of a file NAME.mdb.mdb. */
static bool is_file(const char *operand) {
  size_t length = strlen(operand);
  return strchr(operand, '/') || (length >= 4 && strcmp(operand + length - 4, ".mdb") == 0);
}

static int fail(const struct problem *problem) {
  fprintf(stderr, "wordvec verify: %s\n", problem->text);
  return EXIT_FAILURE;
}

static int verify(const char *path, unsigned threads) {
  struct problem problem;
  struct model *model;
  if (model_open(path, threads, &problem, &model) != STATUS_OK) return fail(&problem);
  const struct model_info *info = model_info(model);
  printf("%s\n", path);
  printf("ok  checksums of %llu bytes\n", (unsigned long long)info->file_size);
  printf("ok  structure: format version %u, byte order, counts and sizes\n", info->format_version);
  fflush(stdout);
  enum status status = verify_model(model, &problem);
  if (status == STATUS_OK) {
    printf("ok  %llu rows of %u: finite, padding zero, norms as recomputed\n", (unsigned long long)info->rows,
           info->dim);
    printf("ok  %llu words: unique, in order, each found under its row\n", (unsigned long long)info->rows);
    printf("ok  digest %s\n", info->digest);
  }
  model_drop(model);
  return status == STATUS_OK ? EXIT_SUCCESS : fail(&problem);
}

int cmd_verify(const struct options *options) {
  char path[4096];
  struct problem problem;
  unsigned threads = command_threads(options, 64);
  if (is_file(options->operand)) return verify(options->operand, threads);
  if (model_path(options->store, options->operand, path, sizeof path, &problem) != STATUS_OK) {
    fail(&problem);
    return problem.status == STATUS_BAD_ARGUMENT ? EXIT_USAGE : EXIT_FAILURE;
  }
  return verify(path, threads);
}
