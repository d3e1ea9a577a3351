/* One request and one reply as the handlers see them: no connection, no socket, no libmicrohttpd. http makes the call
 * and sends the reply; handlers (api_*.c) turn the one into the other. */
#ifndef WORDVEC_SERVER_CALL_H
#define WORDVEC_SERVER_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/etag.h"
#include "server/metrics.h"
#include "server/refusal.h"
#include "server/representation.h"
#include "server/service.h"
#include "server/stream.h"
#include "store/bytes.h"

/* One argument of the query string, percent-decoded ('+' is a space); bytes, not necessarily UTF-8. */
struct argument {
  const char *name; /* terminated */
  const char *value;
  size_t length; /* of value; 0 for "?name" and "?name=" */
};

/* What a body holds. */
enum body_kind {
  BODY_JSON, /* all parameters, and a query string is refused except `format` */
  BODY_NPY   /* an array; parameters come from the query string, as those of a GET do */
};

struct call {
  struct service *service;
  bool hurried;  /* others wait for this thread: what takes long is to be postponed */
  bool suggest;  /* near spellings of an unknown word are wanted: a pass over all words, so not on every thread */
  bool has_body; /* POST */
  enum body_kind body_kind;
  const struct argument *arguments;
  size_t argument_count;
  const void *body;
  size_t body_length;
  const char *accept; /* all Accept headers joined by ", "; NULL when there is none */
  /* All If-None-Match fields of a GET or HEAD, joined: what the client has already; NULL: nothing. */
  const char *if_none_match;
  bool asks_only;   /* whether it has: if not, the reply is postponed */
  const char *rest; /* of the path, for routes that end in "/": "glove" of "/models/glove"; percent-decoded */
  enum dialect dialect;
  struct metrics_tally *tally; /* what handlers did, for whom counts it; NULL: nobody does */
};

enum { REPLY_SOURCES = 192 }; /* room for all of them with their counts */

struct reply {
  unsigned http_status;        /* 200 unless the handler says otherwise; 304 is api_answer()'s */
  const char *content_type;    /* static storage */
  struct bytes body;           /* its limit is set by http before the handler runs */
  struct stream *stream;       /* what is sent instead of the body; NULL: the body is. Whoever has the reply frees it */
  char shape[SHAPE_TEXT];      /* X-Shape, e.g. "2,4,50"; empty: no such header */
  const char *dtype;           /* X-Dtype, "float32"; NULL: no such header */
  char sources[REPLY_SOURCES]; /* X-Sources, "exact=998, zero=2"; empty: no such header */
  uint64_t rows;               /* vectors or neighbors in the answer, for counts */
  bool postponed;              /* not answered, as the call was hurried: to be called again when it need not be */
  char etag[ETAG_SIZE];        /* without the length, which is added when it is sent; empty: no such header */
  uint64_t length;             /* of the body that a 304 stands for, or ETAG_LENGTH_UNKNOWN */
  bool lost;                   /* a file that it was made of was lost meanwhile: it is not to be sent */
  char model[MODEL_NAME_MAX + 1]; /* the model that answered, for the log; may stay empty */
};

/* A handler fills *reply and returns true, or fills *refusal or sets reply->postponed and returns false (what else it
 * wrote to *reply is then thrown away). It may be called from any thread, and waits for nothing but, where its route
 * searches, the searches that come before its own. */
typedef bool handler(const struct call *call, struct reply *reply, struct refusal *refusal);

/* The handlers, one family a file. */
handler api_vector;    /* api_vectors.c   GET /vector */
handler api_vectors;   /* api_vectors.c   GET, POST /vectors */
handler api_lookup;    /* api_lookup.c    POST /lookup */
handler api_neighbors; /* api_neighbors.c GET, POST /neighbors */
handler api_matrix;    /* api_matrix.c    GET, POST /matrix */
handler api_index;     /* api_words.c     GET /index */
handler api_word;      /* api_words.c     GET /word */
handler api_words;     /* api_words.c     GET /words */
handler api_models;    /* api_models.c    GET /models */
handler api_model;     /* api_models.c    GET /models/NAME, name in call->rest */
handler api_info;      /* api_models.c    GET /info */
handler api_livez;     /* api_health.c    GET /livez */
handler api_readyz;    /* api_health.c    GET /readyz */
handler api_metrics;   /* api_metrics.c   GET /metrics */
handler api_openapi;   /* api_openapi.c   GET /openapi.json */

/* What is most like a word, seen in other ways. */
handler api_analogy;     /* api_neighbors.c GET, POST /analogy */
handler api_rank;        /* api_rank.c      GET, POST /rank */
handler api_closer_than; /* api_rank.c      GET, POST /closer-than */

/* Of other services' clients, in their dialects. */
handler api_openai_embeddings; /* api_openai.c POST /v1/embeddings */
handler api_openai_models;     /* api_openai.c GET /v1/models */
handler api_openai_model;      /* api_openai.c GET /v1/models/NAME, name in call->rest */

handler api_word2vec_similarity;   /* api_word2vec.c GET /word2vec/similarity */
handler api_word2vec_n_similarity; /* api_word2vec.c GET /word2vec/n_similarity */
handler api_word2vec_most_similar; /* api_word2vec.c GET /word2vec/most_similar */
handler api_word2vec_model;        /* api_word2vec.c GET /word2vec/model */
handler api_word2vec_word_set;     /* api_word2vec.c GET /word2vec/model_word_set */

/* Similarities and means, without a search. */
handler api_similarity;   /* api_similarity.c GET, POST /similarity */
handler api_mean;         /* api_mean.c GET, POST /mean */
handler api_doesnt_match; /* api_mean.c GET, POST /doesnt-match */

#endif
