/* Requests as the handlers understand them: typed, checked as far as that goes without the model, and the same whether
 * they came as a query string or as JSON. Everything in them is borrowed from the reading, which must have begun
 * (reading_begin()) and is to be released when the answer is written. Each function returns false with the refusal
 * filled: 400 for parameters that are unknown, missing or repeated, 406, 422 with pointers for values. */
#ifndef WORDVEC_SERVER_REQUEST_H
#define WORDVEC_SERVER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/params.h"
#include "server/representation.h"
#include "server/word_policy.h"
#include "store/matrix/vocabulary.h"

/* What every request may say. */
struct request_common {
  struct word model; /* bytes NULL: not said */
  enum representation representation;
};

/* One row, by word or by number: GET /vector, /index, /word. */
struct row_request {
  struct request_common common;
  bool by_index;
  struct word word;
  struct word_policy policy; /* of the word */
  uint64_t index;
};

/* Which of the two a row_request may be made of. */
enum row_key { ROW_BY_WORD = 1, ROW_BY_INDEX = 2 };

/* Reads a row request; has_binary: the route has the binary representations. */
bool request_row(struct reading *reading, unsigned row_keys, bool has_binary, struct row_request *out);

/* GET /words. */
struct words_request {
  struct request_common common;
  struct word prefix;
  bool has_after;
  struct word after;
  size_t limit;
};

bool request_words(struct reading *reading, struct words_request *out);

/* A request that says nothing but which representation it takes: one that is about no model, or names it in its path.
 */
bool request_plain(struct reading *reading, struct request_common *out);

/* How lines of different lengths become one width. */
struct request_padding {
  size_t maxlen; /* 0: the longest line */
  bool pad_before;
  bool cut_before; /* what is cut off a line longer than maxlen is its beginning */
  float value;
  bool has_pad_index;
  uint64_t pad_index;
};

/* Many rows in one or two dimensions: /vectors by words, /lookup by row numbers. */
struct grid_request {
  struct request_common common;
  const char *name; /* of the list, for pointers: "words" */
  bool two_dimensional;
  size_t count;         /* lines; in one dimension cells, each a line of its own */
  size_t total;         /* cells in all lines */
  const size_t *starts; /* [count + 1]: line i is cells starts[i] … starts[i + 1] - 1; two-dimensional only */
  size_t width;         /* that all lines have, of an array; there may be none of them to tell */
  const struct word *words;
  const uint64_t *indices; /* [total], the one of the two that was asked for; NULL: the other one */
  struct request_padding padding;
  struct word_policy policy; /* of words, or of the row that stands for unknown ones */
  bool keras;                /* layout=keras: rows are numbered as Keras' TextVectorization does */
};

bool request_vectors(struct reading *reading, struct grid_request *out);
bool request_lookup(struct reading *reading, struct grid_request *out);

/* The rows that a layer's matrix has: GET and POST /matrix. */
struct matrix_request {
  struct request_common common;
  bool listed; /* there is a list of words (word_array.h); else all rows are wanted */
  bool keras;  /* layout=keras: two rows come first, of padding and of unknown words */
  struct word_policy policy;
};

bool request_matrix(struct reading *reading, struct matrix_request *out);

/* The pointer of a cell: "#/indices/0/3". Returns `out`. */
const char *request_cell_pointer(const struct grid_request *request, size_t cell, char out[POINTER_MAX]);

/* One thing that a search is made of. */
#define TERM_ALONE SIZE_MAX
struct search_term {
  enum { TERM_WORD, TERM_INDEX, TERM_VECTOR } kind;
  struct word word;
  uint64_t index;
  const float *vector;
  size_t dim;
  double weight;
  const char *name; /* of the parameter that gave it: "positive" */
  size_t place;     /* in that list; TERM_ALONE: it is no list */
};

/* The pointer of a term of the object at `base`: "#/queries/3/positive/0". Returns `out`. */
const char *request_term_pointer(const char *base, const struct search_term *term, char out[POINTER_MAX]);

/* Which rows may be in an answer, as the request says it. */
struct search_scope {
  int64_t clip_start, clip_end;         /* a slice of the rows as Python has them; an end of 0 is that of the matrix */
  int64_t restrict_vocab;               /* unless 0 it is the end instead, and the start is 0 */
  const struct search_term *candidates; /* NULL: not given */
  size_t candidate_count;
  const char *candidates_at; /* the pointer of the object that gives them */
  double least;              /* -INFINITY: not given */
};

/* What rows are compared by: their cosine with a sum, or a product of cosines (store/search/cosmul.h). */
enum objective { OBJECTIVE_COSADD, OBJECTIVE_COSMUL, OBJECTIVE_COUNT };

struct neighbors_query {
  char pointer[POINTER_MAX / 2]; /* "#" or "#/queries/3" */
  bool analogy;                  /* terms are b, c and a of "b - a + c" */
  bool listed;                   /* terms come from lists; otherwise one is the query itself */
  size_t count;
  const struct search_term *terms; /* [count], at least one; positive ones first */
  size_t k;
  bool include_query;
  double recall; /* of an approximate search; 0: an exact one is wanted */
  enum objective objective;
  struct search_scope scope;
  struct word_policy policy;
};

struct neighbors_request {
  struct request_common common;
  bool batch;
  size_t count;
  struct neighbors_query *queries;
};

bool request_neighbors(struct reading *reading, struct neighbors_request *out);

/* As request_neighbors(), for queries of three words: /analogy. */
bool request_analogy(struct reading *reading, struct neighbors_request *out);

/* How near one word is to another among all: /rank, and /closer-than, which lists those that are nearer. */
struct rank_request {
  struct request_common common;
  struct search_term word, other;
  struct word_policy policy;
  size_t limit; /* of the list; 0: there is none */
};

bool request_rank(struct reading *reading, struct rank_request *out);
bool request_closer_than(struct reading *reading, struct rank_request *out);

/* POST /v1/embeddings: texts, or lists of row numbers ("tokens"). */
struct embeddings_request {
  struct word model;
  bool base64;
  uint64_t dimensions;       /* that each vector is to have; 0: not said */
  struct word_policy policy; /* of words in texts */
  bool case_said;            /* and not only taken for granted */
  size_t count;              /* of inputs */
  const struct word *texts;  /* [count], none empty; NULL: tokens */
  const uint64_t *tokens;    /* [starts[count]] */
  const size_t *starts;      /* [count + 1]: input i is tokens[starts[i]] … tokens[starts[i + 1] - 1], at least one */
  bool listed;               /* inputs are elements of a list, and not the whole of `input` */
};

bool request_embeddings(struct reading *reading, struct embeddings_request *out);

/* The pointer of an input: "#/input/3", or "#/input"; and of one of its tokens. Returns `out`. */
const char *request_input_pointer(const struct embeddings_request *request, size_t input, char out[POINTER_MAX]);
const char *request_token_pointer(const struct embeddings_request *request, size_t input, size_t token,
                                  char out[POINTER_MAX]);

/* Words that are given together. */
struct word_list {
  const struct word *words;
  size_t count;
};

/* What word2vec-api's clients ask, each route as much of it as it has: GET /word2vec/… */
struct word2vec_request {
  struct word model;
  struct word_policy policy;
  struct word_list first;  /* w1, ws1, positive or word */
  struct word_list second; /* w2, ws2 or negative */
  size_t topn;             /* 0: none are wanted */
};

bool request_word2vec_similarity(struct reading *reading, struct word2vec_request *out);
bool request_word2vec_n_similarity(struct reading *reading, struct word2vec_request *out);
bool request_word2vec_most_similar(struct reading *reading, struct word2vec_request *out);
bool request_word2vec_model(struct reading *reading, struct word2vec_request *out);
bool request_word2vec_word_set(struct reading *reading, struct word2vec_request *out);

/* For request_*.c: reads `model`, `format` and Accept; and the end of every reading: params_finish(), then whether all
 * is well. */
void request_common(struct params *params, enum representations has, struct request_common *out);
bool request_finish(struct params *params);

#endif
