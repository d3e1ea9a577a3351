/* What several commands need. */
#include "server/commands.h"

#include <sched.h>

unsigned command_threads(const struct options *options, unsigned most) {
  if (options->threads > 0) return options->threads;
  cpu_set_t set;
  unsigned cores = 1;
  /* Not the machine's cores: a container may have been given fewer. */
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = (unsigned)CPU_COUNT(&set);
  return cores < most ? cores : most;
}
