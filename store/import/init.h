/* A model of random rows, as an Embedding layer has before it is trained: to test with, and to start from. */
#ifndef WORDVEC_STORE_IMPORT_INIT_H
#define WORDVEC_STORE_IMPORT_INIT_H

#include "store/import/import.h"

enum init_distribution { INIT_UNIFORM, INIT_NORMAL };

struct init_options {
  const char *store; /* folder */
  const char *name;
  const char *words; /* a list (word_list.h); NULL: the words "0", "1" and so on */
  uint64_t rows;     /* 0: as many as the list has words */
  uint32_t dim;
  uint64_t seed;
  enum init_distribution distribution;
  double first, second; /* lowest and highest number; or mean and standard deviation */
  bool replace, no_index;
  uint32_t graph_rows; /* see struct import_options */
  unsigned threads;
  void (*progress)(void *context, const struct import_progress *progress); /* may be NULL */
  void *context;
};

/* Makes the model; what import_run() says of failures and the report holds, with the format "random" and no text. The
 * numbers are those of xoshiro.h from that seed, row after row, rounded to float32: a model of more rows begins with
 * the same ones, whatever its words. Also STATUS_BAD_ARGUMENT for rows, dimensions and bounds that cannot be;
 * STATUS_BAD_MATRIX for a list with a word twice (position: its line) or too few. */
enum status init_run(const struct init_options *options, struct problem *problem,
                     struct import_report *report) MUST_USE;

#endif
