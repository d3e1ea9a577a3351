/* wordvec info NAME: what the store knows of one model. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "server/commands.h"

static void print_time(int64_t seconds) {
  time_t when = (time_t)seconds;
  struct tm parts;
  char text[32];
  if (gmtime_r(&when, &parts) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0)
    printf("imported         %s\n", text);
}

static void print_recall(const struct recall_table *recall) {
  if (!recall) return;
  printf("recall           of approximate search, over %u queries:\n", recall->queries);
  printf("  width      @1     @10    @100\n");
  for (uint32_t i = 0; i < recall->count; i++) {
    const struct recall_step *step = &recall->steps[i];
    printf("  %5u  %.4f  %.4f  %.4f\n", step->width, step->at_1, step->at_10, step->at_100);
  }
}

static void print_subwords(const struct subwords *subwords) {
  if (!subwords) return;
  printf("subwords         %u to %u characters, %u buckets", subwords->min, subwords->max, subwords->buckets);
  if (subwords->pruned) printf(", %u of them kept", subwords->count);
  printf("\n");
}

static void print_info(const char *name, const char *path, const struct model_info *info) {
  printf("name             %s\n", name);
  printf("rows             %llu\n", (unsigned long long)info->rows);
  printf("dim              %u\n", info->dim);
  printf("digest           %s\n", info->digest);
  printf("source           %s\n", info->source);
  printf("source format    %s\n", info->source_format);
  if (info->declared_rows > 0) printf("declared rows    %llu\n", (unsigned long long)info->declared_rows);
  print_time(info->imported_at);
  for (unsigned skip = 0; skip < SKIP_COUNT; skip++) {
    char label[32];
    snprintf(label, sizeof label, "skipped %s", skip_name((enum skip)skip));
    if (info->skipped[skip] > 0) printf("%-20s %llu\n", label, (unsigned long long)info->skipped[skip]);
  }
  print_subwords(info->subwords);
  print_recall(info->recall);
  printf("file             %s\n", path);
  printf("file size        %llu\n", (unsigned long long)info->file_size);
  printf("format version   %u\n", info->format_version);
}

int cmd_info(const struct options *options) {
  char path[MODEL_PATH_MAX];
  struct problem problem;
  struct model *model;
  if (command_open_model(options, path, &problem, &model) != STATUS_OK) return command_fail(options, &problem);
  print_info(options->operand, path, model_info(model));
  model_drop(model);
  return EXIT_SUCCESS;
}
