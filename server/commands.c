/* What several commands need. */
#include "server/commands.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "server/options_table.h"

enum {
  SEARCH_THREADS_MOST = 256,
  JOINS_BYTES = 64 << 20, /* two models of 400,000 words take 6.4 MB */
  JOINS_QUEUE_SHARE = 4   /* one in so many searches may wait until its join can be made */
};

unsigned command_threads(const struct options *options, unsigned most) {
  return options->threads > 0 ? options->threads : command_cores(most);
}

unsigned command_cores(unsigned most) {
  cpu_set_t set;
  unsigned cores = 1;
  /* Not the machine's cores: a container may have been given fewer. */
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = (unsigned)CPU_COUNT(&set);
  return cores < most ? cores : most;
}

enum status command_open_model(const struct options *options, char path[MODEL_PATH_MAX], struct problem *problem,
                               struct model **out) {
  enum status status = model_path(options->store, options->operand, path, MODEL_PATH_MAX, problem);
  if (status == STATUS_OK) status = model_open(path, command_threads(options, COMMAND_THREADS_MOST), problem, out);
  if (status != STATUS_NOT_FOUND) return status;
  return problem_set(problem, status, 0, "there is no model %s in %s; 'wordvec list --store %s' shows what there is",
                     options->operand, options->store, options->store);
}

enum status command_kernel(const struct options *options, struct problem *problem, const struct kernel **out) {
  if (strcmp(options->serve.kernel, "auto") != 0) return kernel_named(options->serve.kernel, problem, out);
  *out = kernel_best();
  return STATUS_OK;
}

enum status command_open_service(const struct options *options, const struct kernel *kernel, unsigned threads,
                                 struct service *service) {
  service->kernel = kernel;
  service->limits = options->serve.limits;
  service->default_model = options->serve.default_model;
  service->default_recall = options->serve.default_recall;
  service->cors_origins = options->serve.cors_origins;
  service_set_budgets(service);
  size_t *searching = &service->limits.search_threads;
  if (*searching == 0) *searching = command_cores(SEARCH_THREADS_MOST);
  enum status status = text_cache_new(service->limits.text_cache_bytes, &service->texts);
  if (status != STATUS_OK) return status;
  status = joins_new(JOINS_BYTES, service->limits.search_batch / JOINS_QUEUE_SHARE, join_new, &service->joins);
  if (status == STATUS_OK) status = catalog_new(options->store, threads, &service->catalog);
  if (status == STATUS_OK && options->serve.fallback_store)
    status = catalog_set_fallback(service->catalog, options->serve.fallback_store);
  if (status == STATUS_OK)
    status = scanner_new(kernel, (unsigned)*searching, service->limits.search_batch, &service->scanner);
  return status;
}

void command_close_service(struct service *service) {
  scanner_free(service->scanner);
  catalog_free(service->catalog);
  joins_free(service->joins);
  text_cache_free(service->texts);
}

int command_fail(const struct options *options, const struct problem *problem) {
  fprintf(stderr, "wordvec %s: %s\n", command_table()[options->command].name, problem->text);
  return problem->status == STATUS_BAD_ARGUMENT ? EXIT_USAGE : EXIT_FAILURE;
}
