/* The one binary: finds out what is asked for and runs it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/commands.h"

typedef int run_command(const struct options *options);

int main(int count, char *arguments[]) {
  static run_command *const commands[COMMAND_COUNT] = {
      [COMMAND_IMPORT] = cmd_import,
      [COMMAND_EXPORT] = cmd_export,
      [COMMAND_INIT] = cmd_init,
      [COMMAND_SERVE] = cmd_serve,
      [COMMAND_LIST] = cmd_list,
      [COMMAND_INFO] = cmd_info,
      [COMMAND_VERIFY] = cmd_verify,
      [COMMAND_HEALTHCHECK] = cmd_healthcheck,
      [COMMAND_VECTOR] = cmd_vector,
      [COMMAND_NEIGHBORS] = cmd_neighbors,
      [COMMAND_LOOKUP] = cmd_lookup,
      [COMMAND_INDEX] = cmd_index,
      [COMMAND_WORD] = cmd_word,
      [COMMAND_WORDS] = cmd_words,
      [COMMAND_SIMILARITY] = cmd_similarity,
      [COMMAND_ANALOGY] = cmd_analogy,
      [COMMAND_DOESNT_MATCH] = cmd_doesnt_match,
      [COMMAND_RANK] = cmd_rank,
      [COMMAND_CLOSER_THAN] = cmd_closer_than,
      [COMMAND_MEAN] = cmd_mean,
      [COMMAND_ASK] = cmd_ask,
      [COMMAND_EVAL] = cmd_eval,
      [COMMAND_COMPLETION] = cmd_completion,
      [COMMAND_MANUAL] = cmd_manual,
  };
  struct options options;
  /* A file that may not grow further is told of by the write that it refuses, not by the end of the process. */
  signal(SIGXFSZ, SIG_IGN);
  int status = options_read(count, arguments, stdout, stderr, &options);
  if (status < 0) status = commands[options.command](&options);
  /* Results that could not be written, to a full disk say, are no success. */
  if (fflush(stdout) != 0 || ferror(stdout)) {
    fprintf(stderr, "wordvec: cannot write to standard output\n");
    if (status == EXIT_SUCCESS) status = EXIT_FAILURE;
  }
  options_release(&options);
  return status;
}
