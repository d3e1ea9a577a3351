/* What /similarity, /mean and /doesnt-match answer with, before anybody knows as which bytes (result.h). */
#ifndef WORDVEC_SERVER_RESULT_SIMILARITY_H
#define WORDVEC_SERVER_RESULT_SIMILARITY_H

#include "server/result.h"

/* One term of a request as it was found. */
struct named {
  struct word word; /* as it was asked for, or the row's own; bytes NULL: a vector, which has none */
  struct found found;
};

struct named_list {
  bool single; /* it was asked for alone, not in a list */
  size_t count;
  const struct named *items;
};

/* Whether the answer says how words were found. */
struct said {
  bool sources;
  const struct vocabulary *matched; /* the forms, of this vocabulary, that differ in case; NULL: not */
};

/* Two terms, or two sets of them. */
struct pair_result {
  const char *model;
  struct said said;
  struct named_list a, b;
  double similarity; /* NaN: there is none, as a side has no vector; so also below */
};

/* Similarities of many pairs, or of a matrix. */
struct similarities_result {
  const char *model;
  struct said said;
  bool matrix;                             /* shape [count, width], else [count] with width 1 */
  size_t count, width;                     /* so that their product is known not to overflow */
  const double *values;                    /* [count * width]; in binary none may be NaN */
  const struct pair_result *pairs;         /* [count], unless a matrix */
  const struct named_list *words, *others; /* of a matrix; others NULL: all rows */
};

/* Means, or a single one. */
struct mean_result {
  const char *model;
  struct said said;
  bool batch; /* shape [count, dim], else [dim] with count 1 */
  uint32_t dim;
  size_t count;
  const struct found *means;      /* [count], of no row; without a vector: null in JSON, and impossible in binary */
  const struct named_list *lists; /* [count], what they are the means of */
};

/* Which of a list is least similar to their mean. */
struct doesnt_match_result {
  const char *model;
  struct said said;
  struct named_list words;
  size_t place;         /* of the least similar one, in the list */
  const double *values; /* [words.count], similarities to the mean; NaN of what was left out */
};

#endif
