/* The subcommands. Each runs with what options_read() found and returns the exit status of the program. */
#ifndef WORDVEC_SERVER_COMMANDS_H
#define WORDVEC_SERVER_COMMANDS_H

#include "server/options.h"

int cmd_import(const struct options *options);
int cmd_serve(const struct options *options);
int cmd_list(const struct options *options);
int cmd_info(const struct options *options);
int cmd_verify(const struct options *options);
int cmd_healthcheck(const struct options *options);

/* options->threads, or where it was left out one for each core that this process may use, at most `most`. */
unsigned command_threads(const struct options *options, unsigned most);

#endif
