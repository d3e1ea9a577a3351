/* The subcommands. Each runs with what options_read() found and returns the exit status of the program. */
#ifndef WORDVEC_SERVER_COMMANDS_H
#define WORDVEC_SERVER_COMMANDS_H

#include "server/options.h"

int cmd_import(const struct options *options);
int cmd_export(const struct options *options);
int cmd_init(const struct options *options);
int cmd_serve(const struct options *options);
int cmd_list(const struct options *options);
int cmd_info(const struct options *options);
int cmd_verify(const struct options *options);
int cmd_healthcheck(const struct options *options);
int cmd_vector(const struct options *options);
int cmd_neighbors(const struct options *options);
int cmd_lookup(const struct options *options);
int cmd_index(const struct options *options);
int cmd_word(const struct options *options);
int cmd_words(const struct options *options);
int cmd_similarity(const struct options *options);
int cmd_analogy(const struct options *options);
int cmd_doesnt_match(const struct options *options);
int cmd_rank(const struct options *options);
int cmd_closer_than(const struct options *options);
int cmd_mean(const struct options *options);
int cmd_ask(const struct options *options);
int cmd_eval(const struct options *options);
int cmd_completion(const struct options *options);
int cmd_manual(const struct options *options);

enum { COMMAND_THREADS_MOST = 64 }; /* of a command that does one thing and ends */

/* options->threads, or where it was left out one for each core that this process may use, at most `most`. */
unsigned command_threads(const struct options *options, unsigned most);
unsigned command_cores(unsigned most);

/* Opens the model of the store that the operand names; `path` becomes its file's. */
enum status command_open_model(const struct options *options, char path[MODEL_PATH_MAX], struct problem *problem,
                               struct model **out) MUST_USE;

/* What --kernel names, or the best one. */
enum status command_kernel(const struct options *options, struct problem *problem, const struct kernel **out) MUST_USE;

/* Makes what all requests share, over the store that the options name, with a catalog that has not looked yet and opens
 * models with `threads`. To be closed whatever comes of it. STATUS_NO_MEMORY, also for threads that cannot be had. */
enum status command_open_service(const struct options *options, const struct kernel *kernel, unsigned threads,
                                 struct service *service) MUST_USE;
void command_close_service(struct service *service);

/* Tells standard error and gives the exit status. */
int command_fail(const struct options *options, const struct problem *problem);

#endif
