/* What handlers answer with, before anybody knows as which bytes: write_json and write_npy turn these into a body.
 * Everything is borrowed for as long as the model is held. */
#ifndef WORDVEC_SERVER_RESULT_H
#define WORDVEC_SERVER_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/refusal.h"
#include "server/service.h"
#include "server/text_cache.h"
#include "store/matrix/join.h"
#include "store/matrix/model.h"
#include "store/search/topk.h"

/* How a word was found, or what stands in for it: the less like the word itself, the later. */
enum found_by {
  FOUND_EXACT, /* as it is written, or by its number */
  FOUND_CASE,  /* in another case than it is written */
  FOUND_NULL,  /* nothing stands in */
  FOUND_ZERO,
  FOUND_UNK,
  FOUND_MEAN,
  FOUND_SUBWORD,
  FOUND_PADDING, /* no word at all: a padded cell of a grid */
  FOUND_GIVEN,   /* nor this: a vector of the request's own */
  FOUND_COUNT
};

#define FOUND_NO_ROW (MODEL_ROWS_MAX + 1u) /* above the last possible row */

/* One word or row as it was found. */
struct found {
  const float *vector; /* [dim]; NULL: it has none */
  uint32_t row;        /* that the vector is of; FOUND_NO_ROW when it is of none */
  enum found_by by;
};

/* Whether it is in the vocabulary, and `row` its own. */
static inline bool found_itself(const struct found *found) {
  return found->by == FOUND_EXACT || found->by == FOUND_CASE;
}

/* One word or row with its vector. */
struct row_result {
  const char *model;
  struct word word;    /* as it was asked for */
  struct word matched; /* the form that the vocabulary has; bytes NULL: no other */
  struct found found;
  bool with_vector; /* else only word and index are asked for */
  bool with_source; /* the answer says how the word was found */
  uint32_t dim;
  struct cached_rows cached; /* where its text may be found */
};

/* The numbers of layout=keras: 0 is padding, 1 an unknown word, and row i of the model is i + 2. */
enum { KERAS_PADDING = 0, KERAS_UNKNOWN = 1, KERAS_ROWS_FROM = 2 };

/* One word or row a cell: the answer of /vectors and /lookup. */
struct grid_result {
  const char *model;
  uint32_t dim;
  bool by_words;                    /* "indices" and "found" are part of the answer */
  bool with_sources;                /* "sources" is */
  bool keras;                       /* "indices" are numbered as layout=keras has them */
  const struct vocabulary *matched; /* and "matched", whose words are these; NULL: not */
  bool two_dimensional;             /* shape [count, width, dim], else [count, dim] with width 1 */
  size_t count;                     /* so that count * width * dim is known not to overflow */
  size_t width;                     /* cells in each line */
  const struct found *cells; /* [count * width]; a cell without a vector is null in JSON, and impossible in binary */
  const uint32_t *lengths;   /* [count]: how many cells of each line are not padding; two-dimensional only */
  struct cached_rows cached; /* where the texts of rows may be found */
};

/* How the words of a request were found, where the answer says it: found is NULL where it does not. */
struct sources {
  const struct found *found; /* [count] */
  size_t count;
  bool listed;                      /* a list even of one */
  const struct vocabulary *matched; /* and the forms, of this vocabulary, that differ in case; NULL: not */
};

struct neighbors_result {
  const struct hit *hits; /* best first */
  size_t count;
  bool product;                /* rows were compared by a product of cosines */
  double recall;               /* that the search was measured to have; 0: it was exact */
  struct word expression;      /* of an analogy: "king - man + woman"; bytes NULL: none */
  struct sources sources;      /* of the terms */
  const struct refusal *error; /* in a batch, what this query got instead of hits; NULL otherwise */
};

struct neighbors_answer {
  const char *model;
  const struct vocabulary *vocabulary; /* of the first model */
  const struct join *join;             /* whose rows the hits are; NULL: they are the model's */
  bool batch;
  size_t count; /* 1 unless a batch */
  const struct neighbors_result *results;
};

/* How near a word is to another among all. */
struct rank_result {
  const char *model;
  const struct vocabulary *vocabulary; /* of the first model */
  const struct join *join;             /* whose rows the hits are; NULL: they are the model's */
  struct word word, other;             /* as they were asked for */
  struct found found[2];               /* what they were found to be */
  struct sources sources;
  uint64_t closer;        /* rows more similar to the word than the other is, but for its own */
  const struct hit *hits; /* [count]: the nearest of those, best first */
  size_t count;
};

/* A page of the vocabulary. */
struct words_result {
  const char *model;
  const struct vocabulary *vocabulary;
  const uint32_t *rows;
  size_t count;
  bool more;
};

struct service_info {
  const char *version;
  const char *build;
  const char *compiler;
  const char *architecture;
  const char *kernel;
  const char *default_model; /* NULL: requests name one */
  double default_recall;     /* 0: searches are exact unless a request says otherwise */
  size_t models;
  const struct limits *limits;
};

#endif
