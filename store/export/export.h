/* Exports rows in a layout that others read: those that import reads, and the TensorFlow Projector's. What is written
 * can be imported again and is then the same to the last bit, word for word; a word that a layout cannot hold is
 * refused or left out, and named. */
#ifndef WORDVEC_STORE_EXPORT_EXPORT_H
#define WORDVEC_STORE_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/matrix/model.h"
#include "store/status.h"

enum export_format {
  EXPORT_WORD2VEC_TEXT,
  EXPORT_WORD2VEC_BINARY,
  EXPORT_GLOVE,
  EXPORT_FASTTEXT_VEC,
  EXPORT_FASTTEXT_BIN,
  EXPORT_NPY,
  EXPORT_PROJECTOR,
  EXPORT_FORMATS
};

/* "word2vec-text" and so on, then NULL; where import has the layout too, its name there. */
extern const char *const export_format_names[EXPORT_FORMATS + 1];

enum { EXPORT_FILES_MAX = 2 };

/* Rows in an order: `row` gives row `at` < count, its word and `dim` floats borrowed until the next call, and gives the
 * same each time. */
struct export_rows {
  uint64_t count;
  uint32_t dim;
  enum status (*row)(void *context, uint64_t at, struct problem *problem, struct word *word, const float **vector);
  void *context;
  const struct model
      *source; /* that rows are read from: when it is lost meanwhile, no file appears. NULL: it cannot be */
};

/* All rows of a model, which is borrowed. */
struct export_rows export_rows_of(const struct model *model);

enum export_misfits { MISFITS_ERROR, MISFITS_SKIP }; /* what becomes of words that the layout cannot hold */

struct export_progress {
  uint64_t done, all; /* rows */
  uint64_t bytes;     /* written */
};

struct export_options {
  struct export_rows rows;
  const struct model *model; /* whose rows all of these are, for layouts that hold more than rows; NULL: chosen ones */
  const char *name;          /* of the files without a path: NAME and the layout's ending */
  enum export_format format;
  /* NULL: in the current folder; a folder that is there: in it; "-": standard output, for layouts of one file; a file
   * that is there and is no plain one (a pipe, a device) is written to as it is. Of a layout of two files it names the
   * first, and the second has another ending in the same place. */
  const char *path;
  bool replace; /* files that are there */
  enum export_misfits misfits;
  void (*progress)(void *context, const struct export_progress *progress); /* called now and then; may be NULL */
  void *context;
};

struct export_file_report {
  char path[MODEL_PATH_MAX];
  uint64_t bytes;
};

struct export_report {
  uint64_t rows;
  uint64_t misfits;       /* rows left out */
  char first_misfit[200]; /* the first, and why; empty when there is none */
  unsigned file_count;
  struct export_file_report files[EXPORT_FILES_MAX];
};

/* Writes the files, under a name each only once all are whole and synced. On failure *problem says what and why, and
 * nothing is left but what a pipe has taken. STATUS_UNSUPPORTED: a word does not fit, or no row is left; also
 * STATUS_EXISTS, STATUS_BAD_ARGUMENT, STATUS_NO_SPACE, STATUS_IO, STATUS_NO_MEMORY, and as rows.row fails. */
enum status export_run(const struct export_options *options, struct problem *problem,
                       struct export_report *report) MUST_USE;

#endif
