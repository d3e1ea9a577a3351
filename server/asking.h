/* What the commands that ask have in common: one request, or one for each batch of words. */
#ifndef WORDVEC_SERVER_ASKING_H
#define WORDVEC_SERVER_ASKING_H

#include "server/ask.h"
#include "server/render.h"
#include "server/word_source.h"

/* How a command that takes words from operands or standard input asks about a batch of them. */
struct asking {
  const char *path;
  /* Adds the batch to the question. False: a word is not what it should be; standard error was told. */
  bool (*put)(struct question *question, const struct word_source *source, const struct word_batch *batch);
  enum render_outcome (*render)(const struct render *render, const struct word_batch *batch,
                                const struct json_t *answer);
  enum {
    ASKING_ONE,     /* a request for each word */
    ASKING_VECTORS, /* as many as an answer has floats for */
    ASKING_QUERIES  /* as many as a batch of queries may have */
  } batches;
};

/* Whether words come from standard input; whether they are one operand, which is asked for itself, not as a batch. */
bool asking_input(const struct options *options);
bool asking_one(const struct options *options);

/* The operand at that place. */
struct word asking_operand(const struct options *options, size_t i);

/* Runs to the end of the words; the exit status of the command. */
int asking_run(const struct options *options, const struct asking *asking);

/* Asks one question, which is released, and prints the answer by `print`. */
typedef enum render_outcome asking_print(const struct render *render, const struct options *options,
                                         const struct json_t *answer);
int asking_once(const struct options *options, struct question *question, asking_print *print);

/* Adds the words of a batch as "word", "words", "queries", "index" or "indices". */
bool asking_put_word(struct question *question, const struct word_source *source, const struct word_batch *batch);
bool asking_put_words(struct question *question, const struct word_source *source, const struct word_batch *batch);
bool asking_put_queries(struct question *question, const struct word_source *source, const struct word_batch *batch);
bool asking_put_index(struct question *question, const struct word_source *source, const struct word_batch *batch);
bool asking_put_indices(struct question *question, const struct word_source *source, const struct word_batch *batch);

/* The words of the batch's line i, exactly `count` of them. False: standard error was told. */
bool asking_split(const struct word_source *source, const struct word_batch *batch, size_t i, struct word *words,
                  size_t count);

/* All words of the batch's line i, in an array for the caller to free(). NULL: standard error was told. */
struct word *asking_split_all(const struct word_source *source, const struct word_batch *batch, size_t i,
                              size_t *count);

#endif
