/* What several commands need. */
#include "server/commands.h"

#include <sched.h>
#include <stdlib.h>

#include "server/options_table.h"

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

int command_fail(const struct options *options, const struct problem *problem) {
  fprintf(stderr, "wordvec %s: %s\n", command_table()[options->command].name, problem->text);
  return problem->status == STATUS_BAD_ARGUMENT ? EXIT_USAGE : EXIT_FAILURE;
}
