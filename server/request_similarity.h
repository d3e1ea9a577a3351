/* What /similarity, /doesnt-match and /mean are asked: lists of what may stand where gensim takes a key, and what to do
 * with them. As all requests (request.h): borrowed from the reading, and false with the refusal filled. */
#ifndef WORDVEC_SERVER_REQUEST_SIMILARITY_H
#define WORDVEC_SERVER_REQUEST_SIMILARITY_H

#include "server/request.h"

/* Words, row numbers and vectors. */
struct term_list {
  char base[POINTER_MAX / 2]; /* the pointer of the object that they stand in, for request_term_pointer() */
  bool single;                /* it is one term and no list */
  size_t count;
  struct search_term *terms;
};

struct term_pair {
  struct term_list a, b;
};

enum similarity_form {
  SIMILARITY_PAIR,  /* of two terms, or of the means of two sets */
  SIMILARITY_PAIRS, /* of many pairs */
  SIMILARITY_MATRIX /* of every term of the one list with every one of the other */
};

struct similarity_request {
  struct request_common common;
  enum similarity_form form;
  size_t count; /* of pairs */
  struct term_pair *pairs;
  struct term_list words, others; /* of a matrix */
  bool every_row;                 /* the others are all rows of the model */
  struct word_policy policy;
};

bool request_similarity(struct reading *reading, struct similarity_request *out);

struct mean_request {
  struct request_common common;
  bool batch;
  size_t count;            /* 1 unless a batch */
  struct term_list *lists; /* [count], none of them empty; their terms have weights, not all zero */
  bool pre_normalize;      /* words and rows count as unit vectors */
  bool post_normalize;     /* the mean becomes one */
  struct word_policy policy;
};

bool request_mean(struct reading *reading, struct mean_request *out);

/* /doesnt-match. */
struct doesnt_match_request {
  struct request_common common;
  struct term_list words; /* not empty */
  struct word_policy policy;
};

bool request_doesnt_match(struct reading *reading, struct doesnt_match_request *out);

#endif
