/* The layouts that exports are written in. */
#ifndef WORDVEC_STORE_EXPORT_FORM_H
#define WORDVEC_STORE_EXPORT_FORM_H

#include <locale.h>

#include "store/bytes.h"
#include "store/export/export.h"
#include "store/export/output.h"
#include "store/import/import.h"

/* What is written, and where to. */
struct export_job {
  const struct export_form *form;
  const struct model *model; /* see struct export_options */
  uint64_t count;            /* of rows that are written */
  uint32_t dim;
  struct output *outputs; /* [form->files] */
  struct problem *problem;
  locale_t locale;   /* for text_row_parse() */
  struct bytes line; /* room for a row as text, and … */
  float *vector;     /* [dim] … as numbers */
};

struct export_form {
  const char *name;
  unsigned files;                        /* 1 or 2 */
  const char *endings[EXPORT_FILES_MAX]; /* of their names: ".npy", ".words.txt" */
  enum import_format read_as; /* what detection is to find in the first file; IMPORT_AUTO: not asked, as the layout
                                 cannot be mistaken or is none of import's */
  bool whole;                 /* only all rows of a model can be written: it holds more than rows */

  /* Why the layout cannot hold this row, as the end of "the layout cannot hold …"; NULL when it can. *status is set
   * when that could not be found out. */
  const char *(*misfit)(struct export_job *job, struct word word, const float *vector, enum status *status);

  /* What stands before the rows, one row, and what stands behind them; the first and last may be NULL. */
  enum status (*begin)(struct export_job *job);
  enum status (*row)(struct export_job *job, struct word word, const float *vector);
  enum status (*end)(struct export_job *job);
};

const struct export_form *export_form_of(enum export_format format);

/* Each format's. */
extern const struct export_form export_word2vec_text, export_word2vec_binary, export_glove, export_fasttext_vec,
    export_fasttext_bin, export_npy, export_projector;

/* The row as a line of text: the word, then each number behind `separator`, the first one without when the word is
 * NULL; and a line feed. Borrowed from the job until the next. */
enum status export_line(struct export_job *job, const struct word *word, const float *vector, char separator,
                        struct word *line) MUST_USE;

#endif
