/* The names that an import has for things: of models, formats and reasons to skip. */
#include <string.h>
#include <unistd.h>

#include "store/import/encoding.h"
#include "store/import/import.h"
#include "store/import/source.h"

const char *const import_format_names[IMPORT_FORMATS + 1] = {
    [IMPORT_AUTO] = "auto",
    [IMPORT_GLOVE] = "glove",
    [IMPORT_WORD2VEC_TEXT] = "word2vec-text",
    [IMPORT_WORD2VEC_BINARY] = "word2vec-binary",
    [IMPORT_FASTTEXT_VEC] = "fasttext-vec",
    [IMPORT_FASTTEXT_BIN] = "fasttext-bin",
    [IMPORT_NPY] = "npy",
};

/* The length of `name` less one of the known suffixes, or the same length when it has none of them. */
static size_t without_suffix(const char *name, size_t length) {
  static const char *const suffixes[] = {".gz", ".zip", ".txt", ".vec", ".bin", ".ftz", ".npy", ".npz"};
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    size_t suffix = strlen(suffixes[i]);
    if (length >= suffix && memcmp(name + length - suffix, suffixes[i], suffix) == 0) return length - suffix;
  }
  return length;
}

enum status import_name_of(const char *path, struct problem *problem, char name[MODEL_NAME_MAX + 1]) {
  if (strcmp(path, "-") == 0)
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0,
                       "a matrix from standard input has no name: give it one with --name");
  struct source_path parts;
  enum status status = source_path_split(path, problem, &parts);
  if (status != STATUS_OK) return status;
  /* A member of an archive that is not there still has a name: what is wrong is for the opening to say. */
  const char *missing = access(parts.file, F_OK) == 0 ? NULL : strstr(parts.file, ".zip:");
  const char *named = parts.member[0] ? parts.member : missing ? missing + 5 : parts.file;
  const char *slash = strrchr(named, '/');
  const char *base = slash ? slash + 1 : named;
  size_t length = strlen(base), shorter;
  while ((shorter = without_suffix(base, length)) < length) length = shorter;
  char text[MODEL_NAME_MAX + 1];
  if (length <= MODEL_NAME_MAX) {
    memcpy(text, base, length);
    text[length] = '\0';
    if (model_name_valid(text)) {
      memcpy(name, text, length + 1);
      return STATUS_OK;
    }
  }
  char shown[100];
  encoding_show(base, length, shown, sizeof shown);
  return problem_set(problem, STATUS_BAD_ARGUMENT, 0,
                     "%s, from the file's name, cannot name a model: give one with --name; " MODEL_NAME_RULE, shown);
}
