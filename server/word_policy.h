/* What a request wants done with words that the vocabulary does not have as they are written: the parameters `oov` and
 * `case`, the same on every route that takes words. lookup.h follows them. */
#ifndef WORDVEC_SERVER_WORD_POLICY_H
#define WORDVEC_SERVER_WORD_POLICY_H

#include <stdbool.h>

#include "server/params.h"

/* What a word out of the vocabulary gets. */
enum oov_policy {
  OOV_ERROR,   /* nothing: the request is refused */
  OOV_NULL,    /* null in JSON; it is left out of sums */
  OOV_ZERO,    /* zeros */
  OOV_UNK,     /* the row that the model has for unknown words, see lookup_unk() */
  OOV_MEAN,    /* the mean of all rows */
  OOV_SUBWORD, /* what its n-grams give, as in fastText: zeros when it has none */
  OOV_COUNT
};

/* Which spellings are the same word. */
enum case_policy {
  CASE_EXACT,    /* equal bytes */
  CASE_FALLBACK, /* equal bytes; where no word has them, as CASE_FOLD */
  CASE_FOLD,     /* equal after Unicode full case folding: the lowest of their rows */
  CASE_COUNT
};

struct word_policy {
  enum oov_policy oov;
  enum case_policy letter_case;
  bool said; /* the request gives one of them: its answer then says how each word was found */
};

/* Reads `oov` and `case` into *policy, which holds what stands for them where they are not given. */
void word_policy_read(struct params *params, struct word_policy *policy);

/* Reads `oov` alone, for routes on which no word is written. */
void word_policy_read_oov(struct params *params, struct word_policy *policy);

#endif
