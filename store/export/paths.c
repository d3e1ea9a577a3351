/* Names of files from names of files. */
#include "store/export/paths.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The length of `path` less `ending`; SIZE_MAX when it has another. */
static size_t without(const char *path, const char *ending) {
  size_t length = strlen(path), ends = strlen(ending);
  return length >= ends && memcmp(path + length - ends, ending, ends) == 0 ? length - ends : SIZE_MAX;
}

/* "a/x.npy" → "a/x.words.txt"; "a/x.vectors.tsv" and "a/x.tsv" → "a/x.metadata.tsv"; "a/vectors.tsv" →
 * "a/metadata.tsv"; any other has the second ending behind its own. */
static int second_path(const struct export_form *form, const char *path, char out[MODEL_PATH_MAX]) {
  const char *first = form->endings[0], *second = form->endings[1];
  const char *slash = strrchr(path, '/');
  size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
  if (strcmp(path + folder, first + 1) == 0)
    return snprintf(out, MODEL_PATH_MAX, "%.*s%s", (int)folder, path, second + 1);
  size_t stem = without(path, first);
  if (stem == SIZE_MAX) stem = without(path, strrchr(first, '.'));
  if (stem == SIZE_MAX || stem <= folder) stem = strlen(path);
  return snprintf(out, MODEL_PATH_MAX, "%.*s%s", (int)stem, path, second);
}

enum status export_paths(const struct export_form *form, const char *path, const char *name, struct problem *problem,
                         char paths[EXPORT_FILES_MAX][MODEL_PATH_MAX]) {
  struct stat about;
  bool folder = path && stat(path, &about) == 0 && S_ISDIR(about.st_mode);
  if (path && strcmp(path, "-") == 0 && form->files > 1)
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0,
                       "%s is %u files, which standard output cannot take; --output FILE names the first of them",
                       form->name, form->files);
  for (unsigned i = 0; i < form->files; i++) {
    int length;
    if (!path || folder)
      length =
          snprintf(paths[i], MODEL_PATH_MAX, "%s%s%s%s", path ? path : "", path ? "/" : "", name, form->endings[i]);
    else
      length = i == 0 ? snprintf(paths[i], MODEL_PATH_MAX, "%s", path) : second_path(form, path, paths[i]);
    if (length < 0 || length >= MODEL_PATH_MAX)
      return problem_set(problem, STATUS_LIMIT, 0, "the path of the file is too long");
  }
  return STATUS_OK;
}
