/* wordvec verify NAME|FILE: opens a model's file, which checks its sums and structure, then every row and word. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/commands.h"
#include "store/matrix/verify.h"
#include "store/search/kernel.h"

/* A model's name holds no '/', and one that ends in .mdb would be of a file NAME.mdb.mdb. */
static bool is_file(const char *operand) {
  size_t length = strlen(operand);
  return strchr(operand, '/') || (length >= 4 && strcmp(operand + length - 4, ".mdb") == 0);
}

static enum status verify(const char *path, const struct model *model, unsigned threads, struct problem *problem) {
  const struct verify_options options = {.threads = threads, .dots = kernel_best()->dots};
  const struct model_info *info = model_info(model);
  printf("%s\n", path);
  printf("ok  checksums of %llu bytes\n", (unsigned long long)info->file_size);
  printf("ok  structure: format version %u, byte order, counts and sizes\n", info->format_version);
  fflush(stdout);
  enum status status = verify_model(model, &options, problem);
  if (status != STATUS_OK) return status;
  printf("ok  %llu rows of %u: finite, padding zero, norms as recomputed\n", (unsigned long long)info->rows, info->dim);
  printf("ok  %llu words: unique, in order, each found under its row\n", (unsigned long long)info->rows);
  if (verify_folds(model)) printf("ok  folded forms: each leads to the first row that has it\n");
  if (model_mean(model)) printf("ok  mean of the rows\n");
  printf("ok  digest %s\n", info->digest);
  if (info->subwords) printf("ok  %u rows of subwords: numbers and buckets as they must be\n", info->subwords->count);
  if (model_rows(model)->codes) printf("ok  codes: each within its bounds\n");
  if (model_graph(model)) printf("ok  graph: each code its row's, each row reached\n");
  return STATUS_OK;
}

int cmd_verify(const struct options *options) {
  char path[MODEL_PATH_MAX];
  const char *file = is_file(options->operand) ? options->operand : NULL;
  struct problem problem;
  struct model *model = NULL;
  unsigned threads = command_threads(options, COMMAND_THREADS_MOST);
  enum status status =
      file ? model_open(file, threads, &problem, &model) : command_open_model(options, path, &problem, &model);
  if (status == STATUS_OK) status = verify(file ? file : path, model, threads, &problem);
  if (model && model_lost(model)) status = model_tell_lost(file ? file : path, &problem);
  model_drop(model);
  return status == STATUS_OK ? EXIT_SUCCESS : command_fail(options, &problem);
}
