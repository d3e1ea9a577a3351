/* The rows of a source, one by one, whatever the layout. */
#ifndef WORDVEC_STORE_IMPORT_READER_H
#define WORDVEC_STORE_IMPORT_READER_H

#include <stdint.h>

#include "store/import/detect.h"
#include "store/import/source.h"
#include "store/import/word_list.h"
#include "store/matrix/subwords.h"
#include "store/matrix/vocabulary.h"

enum row_kind {
  ROW_WHOLE,
  ROW_NOT_FINITE, /* whole, but a number is NaN, Infinity or beyond float32 */
  ROW_CUT_SHORT,  /* the last line, which ended too early: no vector; the word may be cut too */
  ROW_END         /* no more rows: nothing else is set */
};

struct reader_row {
  enum row_kind kind;
  struct word word; /* this and the vector are borrowed until the next call */
  const float *vector;
  uint64_t position; /* where the row begins: the line (from 1), or the byte (from 0, after decompression); or its
                         number in the array (from 0) */
};

struct reader {
  /* STATUS_BAD_MATRIX with the position for what cannot be a row; also as source_read() fails. */
  enum status (*next)(struct reader *reader, struct problem *problem, struct reader_row *row);
  void (*close)(struct reader *reader);
  const char *unit; /* of positions: "line", "byte" or "row" */
  /* How much of the source the rows so far have needed: source_position() and source_stored() as they were behind it.
   * While a reader is open its threads may be ahead of that, so it is the reader that must be asked. */
  uint64_t text_bytes, stored_bytes;
  /* What the source has beside its rows, once the first of them was read; borrowed until the reader is closed. NULL:
   * nothing. */
  const struct subwords *subwords;
};

/* What readers work with beside the source: borrowed until reader_close(). */
struct reader_needs {
  unsigned threads;            /* to parse text and make vectors with, the calling one included */
  struct word_list *words;     /* of a layout that has none: as many as it has rows */
  const char *folder;          /* for scratch files, which are made once rows are asked for */
  void (*tick)(void *context); /* called now and then while a row takes long; may be NULL */
  void *context;
};

/* Opens the reader of the layout on a source of which nothing has been taken, and which is borrowed until
 * reader_close(). */
enum status reader_open(struct source *source, const struct layout *layout, const struct reader_needs *needs,
                        struct problem *problem, struct reader **out) MUST_USE;

/* Those behind it. */
enum status reader_fasttext_open(struct source *source, const struct reader_needs *needs, struct problem *problem,
                                 struct reader **out) MUST_USE;
enum status reader_npy_open(struct source *source, const struct layout *layout, const struct reader_needs *needs,
                            struct problem *problem, struct reader **out) MUST_USE;
enum status reader_text_open(struct source *source, const struct layout *layout, unsigned threads,
                             struct problem *problem, struct reader **out) MUST_USE;
enum status reader_word2vec_open(struct source *source, const struct layout *layout, struct problem *problem,
                                 struct reader **out) MUST_USE;

static inline enum status reader_next(struct reader *reader, struct problem *problem, struct reader_row *row) {
  return reader->next(reader, problem, row);
}

static inline void reader_close(struct reader *reader) {
  if (reader) reader->close(reader);
}

#endif
