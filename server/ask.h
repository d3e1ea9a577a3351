/* Asks on behalf of a command: a daemon over the network, or in this process the same handlers that a daemon would run,
 * over the store. Either way the answer is the same bytes. */
#ifndef WORDVEC_SERVER_ASK_H
#define WORDVEC_SERVER_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "server/answer.h"
#include "server/options.h"
#include "server/question.h"

struct ask;

/* Which models of the store are opened: reading a file takes time in proportion to it. */
enum ask_models {
  ASK_ONE_MODEL, /* those that --model names, else the default or only one */
  ASK_ALL_MODELS
};

/* Prepares to ask whom the options name. False: standard error was told why, and *status is what the program is to exit
 * with. The options are borrowed. */
bool ask_open(const struct options *options, enum ask_models models, struct ask **out, int *status);
void ask_close(struct ask *ask); /* NULL is allowed */

/* Whether something of the store could not be opened; standard error was told. */
bool ask_failed(const struct ask *ask);

/* Sends a request and takes the answer, whatever its status; a daemon that is busy is asked a few times more. With
 * `out`, which may be NULL, the body of an answer that is no error goes there as it comes, whatever its size. The
 * answer is to be given to answer_clear(). False: there is none, and standard error was told why. */
bool ask_send(struct ask *ask, const struct question_text *text, FILE *out, struct answer *answer);

enum ask_outcome {
  ASK_ANSWERED,
  ASK_UNKNOWN, /* it is about a word or row that is not there; standard error was told */
  ASK_FAILED   /* whatever else is wrong; standard error was told */
};

/* Reads an answer. Unless ASK_ANSWERED it is released. */
enum ask_outcome ask_judge(struct ask *ask, struct answer *answer);

/* Sends a question and reads the answer, which then is to be given to answer_clear(). */
enum ask_outcome ask_question(struct ask *ask, const struct question *question, struct answer *answer);

/* The limits that requests are under. False, and standard error was told. */
struct ask_limits {
  size_t body_bytes;
  size_t answer_floats;
  size_t batch_queries;
  size_t words;
};
bool ask_limits(struct ask *ask, struct ask_limits *limits);

/* The dimension of the model that is asked. False, and standard error was told. */
bool ask_dim(struct ask *ask, size_t *dim);

#endif
