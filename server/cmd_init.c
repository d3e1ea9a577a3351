/* wordvec init: makes a model of random rows. */
#include <stdio.h>
#include <stdlib.h>

#include "server/commands.h"
#include "server/import_view.h"
#include "store/import/init.h"

static const struct number_pair keras = {true, -0.05, 0.05};

static int usage(const char *text) {
  fprintf(stderr, "wordvec init: %s\nTry 'wordvec init --help'.\n", text);
  return EXIT_USAGE;
}

int cmd_init(const struct options *options) {
  const struct init_flags *flags = &options->init;
  struct problem problem;
  struct import_report report;
  struct import_view view;
  if (!flags->name) return usage("--name is missing");
  if (flags->dim == 0) return usage("--dim is missing");
  if (flags->uniform.given && flags->normal.given) return usage("--uniform and --normal exclude each other");
  const struct number_pair *numbers = flags->normal.given    ? &flags->normal
                                      : flags->uniform.given ? &flags->uniform
                                                             : &keras;
  import_view_begin(&view);
  struct init_options init = {.store = options->store,
                              .name = flags->name,
                              .words = flags->words,
                              .rows = flags->rows,
                              .dim = flags->dim,
                              .seed = flags->seed,
                              .distribution = flags->normal.given ? INIT_NORMAL : INIT_UNIFORM,
                              .first = numbers->first,
                              .second = numbers->second,
                              .replace = flags->force,
                              .no_index = flags->no_index,
                              .threads = command_threads(options, COMMAND_THREADS_MOST),
                              .progress = import_view_progress,
                              .context = &view};
  enum status status = init_run(&init, &problem, &report);
  import_view_end(&view);
  if (status != STATUS_OK) return command_fail(options, &problem);
  import_view_report(&report);
  return EXIT_SUCCESS;
}
