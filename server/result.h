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
#include "store/matrix/model.h"
#include "store/search/topk.h"

/* One row with its word. */
struct row_result {
  const char *model;
  struct word word;
  uint32_t index;
  const float *vector; /* [dim]; NULL where only word and index are asked for */
  uint32_t dim;
  struct cached_rows cached; /* where its text may be found */
};

/* Cells of a grid that are no rows; both lie above the last possible row. */
#define GRID_PADDED (MODEL_ROWS_MAX)
#define GRID_UNKNOWN (MODEL_ROWS_MAX + 1u)

/* One row a cell: the answer of /vectors and /lookup. */
struct grid_result {
  const char *model;
  const struct rows *rows;
  bool by_words;             /* "indices" and "found" are part of the answer */
  bool two_dimensional;      /* shape [count, width, dim], else [count, dim] with width 1 */
  size_t count;              /* so that count * width * dim is known not to overflow */
  size_t width;              /* cells in each line */
  const uint32_t *cells;     /* [count * width]: a row, GRID_PADDED or GRID_UNKNOWN */
  const uint32_t *lengths;   /* [count]: how many cells of each line are not padding; two-dimensional only */
  const float *padding;      /* [dim]: what a padded cell holds */
  struct cached_rows cached; /* where the texts of rows may be found */
  const float *unknown;      /* [dim]: what an unknown word's cell holds; NULL: null in JSON, impossible in binary */
};

/* The floats of a cell; NULL for an unknown word that has none. */
static inline const float *grid_vector(const struct grid_result *grid, size_t cell) {
  uint32_t row = grid->cells[cell];
  return row == GRID_PADDED ? grid->padding : row == GRID_UNKNOWN ? grid->unknown : rows_at(grid->rows, row);
}

struct neighbors_result {
  const struct hit *hits; /* best first */
  size_t count;
  double recall;               /* that the search was measured to have; 0: it was exact */
  const struct refusal *error; /* in a batch, what this query got instead of hits; NULL otherwise */
};

struct neighbors_answer {
  const char *model;
  const struct vocabulary *vocabulary;
  bool batch;
  size_t count; /* 1 unless a batch */
  const struct neighbors_result *results;
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
