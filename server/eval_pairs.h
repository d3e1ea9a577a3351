/* Pairs of words that people have judged, as gensim's evaluate_word_pairs() scores them: lines "A<tab>B<tab>NUMBER",
 * and how far the model's similarities go with the numbers. */
#ifndef WORDVEC_SERVER_EVAL_PAIRS_H
#define WORDVEC_SERVER_EVAL_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "server/eval_text.h"
#include "server/eval_words.h"

struct eval_pairs {
  uint32_t (*rows)[2];  /* [count] */
  double *gold;         /* [count]: what people said */
  double *similarities; /* [count]: what the model says */
  bool *known;          /* [count]: an unknown pair is here only with --dummy4unknown, its similarity being 0 */
  size_t count, capacity;
  size_t unknown; /* pairs with a word that is not known */
  size_t invalid; /* lines that are no pair */
};

void eval_pairs_init(struct eval_pairs *pairs);
void eval_pairs_release(struct eval_pairs *pairs);

/* Reads the lines of `text`. False: standard error was told. */
bool eval_pairs_read(struct eval_pairs *pairs, const struct eval_words *words, const struct options *options,
                     struct eval_text *text);

/* Asks for the similarities, many at a time. False: standard error was told. */
bool eval_pairs_ask(struct eval_pairs *pairs, struct ask *ask, const struct options *options);

/* Percent of the pairs that have a word that is not known. */
double eval_pairs_unknown(const struct eval_pairs *pairs, const struct options *options);

/* A number as Python's float() reads it: white space around it, digits with single '_' between them, "inf", "nan". */
bool eval_pairs_number(struct word text, double *out);

#endif
