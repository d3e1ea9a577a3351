/* wordvec completion SHELL: the script that completes its commands and flags. */
#include <stdlib.h>
#include <string.h>

#include "server/commands.h"
#include "server/completion.h"

int cmd_completion(const struct options *options) {
  if (strcmp(options->operand, "bash") == 0) {
    completion_bash(stdout);
  } else if (strcmp(options->operand, "zsh") == 0) {
    completion_zsh(stdout);
  } else {
    fprintf(stderr, "wordvec completion: there is none for '%s'; there is bash, zsh\n", options->operand);
    return EXIT_USAGE;
  }
  return EXIT_SUCCESS;
}
