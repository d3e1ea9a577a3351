/* Where a command's words come from: its operands, or standard input, a word a line. They come in batches, so that any
 * number of them takes bounded memory. */
#ifndef WORDVEC_SERVER_WORD_SOURCE_H
#define WORDVEC_SERVER_WORD_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "server/options.h"
#include "store/bytes.h"
#include "store/matrix/vocabulary.h"

struct word_source {
  const char *command; /* for what standard error is told */
  const char *const *operands;
  size_t operand_count; /* left */
  bool input;           /* standard input it is */
  struct bytes buffer;  /* of standard input, from `at` on not yet given */
  size_t at;
  size_t line; /* from 1, the next one's */
  bool ended;
};

/* Embedded. Operands, unless there are none or "-" is the only one. */
void word_source_init(struct word_source *source, const struct options *options);
void word_source_release(struct word_source *source);

struct word_batch {
  struct bytes text;
  struct word *words; /* [count], in `text` */
  size_t *lines;      /* [count]: of standard input that each stood on */
  size_t count;
  size_t capacity;
};

void word_batch_init(struct word_batch *batch);
void word_batch_release(struct word_batch *batch);

struct word_batch_limits {
  size_t words; /* at least 1 */
  size_t bytes; /* of a request's body, by question_word_size(); one word may pass it */
  bool whole;   /* wait until the batch is full; else take the lines that are there once there is one */
};

/* The words of a line that holds several: between tabs where there is one, else between spaces. The first `most` of
 * them go to words[]; returns how many there are. Two separators have nothing between them, or between tabs an empty
 * word. */
size_t word_source_split(struct word line, struct word *words, size_t most);

/* The next batch, without words at the end. Empty lines are left out, and a carriage return at a line's end is no part
 * of it. False: standard error was told what went wrong. */
bool word_source_next(struct word_source *source, const struct word_batch_limits *limits, struct word_batch *batch);

#endif
