/* Writes one store file (FORMAT.md): rows are added in order, then the file is finished, synced and renamed into
 * place, or abandoned without a trace. Private memory is bounded whatever the number of rows; words wait for sorting
 * in a file mapping beside the store file. One thread at a time. */
#ifndef WORDVEC_STORE_MATRIX_WRITER_H
#define WORDVEC_STORE_MATRIX_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "store/matrix/codes.h"
#include "store/matrix/graph.h"
#include "store/matrix/model.h"
#include "store/matrix/recall.h"
#include "store/matrix/subwords.h"

struct writer;

/* What the writer records beside the rows. Texts are copied. */
struct writer_origin {
  const char *source; /* see struct model_info */
  const char *source_format;
  int64_t imported_at;
  uint64_t declared_rows;
  uint64_t skipped[SKIP_COUNT];
};

/* Starts the file of model `name` in the folder `store` (made if it is missing). STATUS_EXISTS when the model exists
 * and `replace` is false, STATUS_BUSY when another process is importing that name, STATUS_BAD_ARGUMENT for a bad name,
 * STATUS_IO, STATUS_NO_SPACE. Leftovers of imports that were killed are swept. */
enum status writer_open(const char *store, const char *name, bool replace, struct problem *problem,
                        struct writer **out) MUST_USE;

/* Adds the next row: `dim` finite floats and its word (at most WORD_LENGTH_MAX bytes); both are copied. The first row
 * fixes dim. STATUS_EXISTS, and nothing added, when an earlier row has the word: its number is then in
 * *row; otherwise *row is the new row's. STATUS_LIMIT beyond MODEL_ROWS_MAX, STATUS_NO_SPACE, STATUS_IO. */
enum status writer_add(struct writer *writer, struct word word, const float *vector, uint32_t dim,
                       struct problem *problem, uint32_t *row) MUST_USE;

/* The rows added so far, for what is to be derived from them, with their codes if all of these were added: borrowed
 * until the next call with this writer. No row may be added afterwards. STATUS_BAD_MATRIX when there is none. */
enum status writer_rows(struct writer *writer, struct problem *problem, struct rows *rows) MUST_USE;

/* Adds the codes of slab `slab`: those of `coarse` and the records of `fine` that belong to its rows. */
enum status writer_add_codes(struct writer *writer, uint32_t slab, const struct codes_coarse *coarse,
                             const unsigned char *fine, uint32_t fine_bytes, struct problem *problem) MUST_USE;

/* Adds what belongs to the codes of all slabs; without it the file has no codes. Their slabs are not looked at. */
enum status writer_add_axes(struct writer *writer, const struct codes *codes, struct problem *problem) MUST_USE;

/* Adds slab `slab` of a graph's nodes: `length` bytes. */
enum status writer_add_nodes(struct writer *writer, uint32_t slab, const uint8_t *nodes, size_t length,
                             struct problem *problem) MUST_USE;

/* Adds what belongs to all of a graph, its entries among it; without it the file has no graph. Its slabs of nodes are
 * not looked at. */
enum status writer_add_graph(struct writer *writer, const struct graph_header *header,
                             const struct recall_table *recall, const uint8_t *entries,
                             struct problem *problem) MUST_USE;

/* Adds subwords, once all rows are added; the digest covers them. Their rows must lie in slabs as large as those of a
 * matrix of their dimension, and keep what subwords.h says. */
enum status writer_add_subwords(struct writer *writer, const struct subwords *subwords,
                                struct problem *problem) MUST_USE;

/* The folder that the file is made in, for temporary files beside it. */
const char *writer_folder(const struct writer *writer);

/* Completes the file (word keys, metadata, sums, these with `threads`), syncs it, renames it over any earlier version
 * and syncs the folder. STATUS_BAD_MATRIX when no row was added. On success *file_size is its size in bytes, and the
 * digest's 32 hex digits are in digest. The writer is still to be closed. */
enum status writer_finish(struct writer *writer, const struct writer_origin *origin, unsigned threads,
                          struct problem *problem, uint64_t *file_size, char digest[33]) MUST_USE;

/* Frees the writer; the file is removed unless writer_finish() succeeded. NULL is allowed. */
void writer_close(struct writer *writer);

#endif
