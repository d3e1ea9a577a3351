/* wordvec list: the models of the store as a table, one a line. */
#include <stdio.h>
#include <stdlib.h>

#include "server/commands.h"

struct failures {
  bool any;
};

static void tell_failure(void *context, bool failed, const char *model, const char *text) {
  struct failures *failures = context;
  if (!failed) return;
  failures->any = true;
  fprintf(stderr, "wordvec list: %s%s%s\n", model, *model ? ": " : "", text);
}

static void print_table(const struct catalog_entry *entries, size_t count) {
  int width = 4;
  for (size_t i = 0; i < count; i++) {
    int length = snprintf(NULL, 0, "%s", entries[i].name);
    if (length > width) width = length;
  }
  printf("%-*s  %12s  %6s  %14s  %s\n", width, "NAME", "ROWS", "DIM", "BYTES", "DIGEST");
  for (size_t i = 0; i < count; i++) {
    const struct model_info *info = model_info(entries[i].model);
    printf("%-*s  %12llu  %6u  %14llu  %s\n", width, entries[i].name, (unsigned long long)info->rows, info->dim,
           (unsigned long long)info->file_size, info->digest);
  }
}

int cmd_list(const struct options *options) {
  struct catalog *catalog;
  struct catalog_entry *entries;
  size_t count;
  struct failures failures = {false};
  if (catalog_new(options->store, command_threads(options, COMMAND_THREADS_MOST), &catalog) != STATUS_OK) {
    fprintf(stderr, "wordvec list: out of memory\n");
    return EXIT_FAILURE;
  }
  catalog_refresh(catalog, false, tell_failure, &failures);
  if (catalog_list(catalog, &entries, &count) != STATUS_OK) {
    fprintf(stderr, "wordvec list: out of memory\n");
    catalog_free(catalog);
    return EXIT_FAILURE;
  }
  if (count > 0)
    print_table(entries, count);
  else if (!failures.any)
    fprintf(stderr, "There is no model in %s yet; make one with: wordvec import FILE --store %s\n", options->store,
            options->store);
  catalog_list_free(entries, count);
  catalog_free(catalog);
  return failures.any ? EXIT_FAILURE : EXIT_SUCCESS;
}
