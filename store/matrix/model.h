/* An open model: one immutable store file (FORMAT.md), checked wholly before LMDB sees a byte of it, then mapped.
 *
 * A model is never changed after model_open() and may be read by any number of threads. It is counted: model_open()
 * gives the first reference, model_acquire() another, and the last model_drop() unmaps the file. Everything borrowed
 * from a model (rows, words, info) is valid until then, also when the file has been replaced or removed meanwhile.
 *
 * A file is replaced by renaming another over it. One that is cut short or written to while it is open is lost: see
 * model_lost(). */
#ifndef WORDVEC_STORE_MATRIX_MODEL_H
#define WORDVEC_STORE_MATRIX_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "store/matrix/graph.h"
#include "store/matrix/recall.h"
#include "store/matrix/rows.h"
#include "store/matrix/subwords.h"
#include "store/matrix/vocabulary.h"
#include "store/status.h"

enum {
  MODEL_NAME_MAX = 128,  /* bytes; a name matches [A-Za-z0-9][A-Za-z0-9._-]{0,127} */
  MODEL_PATH_MAX = 4096, /* bytes of a store file's path, with its terminator */
  MODEL_DIM_MAX = 65536
};
#define MODEL_ROWS_MAX 0xFFFFFFFEu

/* Why an import left rows out, in the order in which FORMAT.md stores the counts. */
enum skip {
  SKIP_DUPLICATE,  /* a word that another row has */
  SKIP_CUT_SHORT,  /* a last line that ended too early */
  SKIP_NOT_FINITE, /* NaN, Infinity, or a number beyond float32 */
  SKIP_ENCODING,   /* a word that is not UTF-8, under --encoding-errors skip */
  SKIP_COUNT
};

/* "duplicate", "cut_short", "not_finite", "encoding"; static storage. */
const char *skip_name(enum skip skip);

/* What is known of a model beside its contents. Texts are borrowed from the model. */
struct model_info {
  uint64_t rows;
  uint32_t dim;
  uint32_t format_version;
  char digest[33];     /* 32 lower-case hex digits, XXH3-128 of words and floats: equal contents, equal digest */
  uint64_t content[2]; /* the same 128 bits, to compare */
  uint64_t derived;    /* of what the digest leaves out and answers depend on, for it is made of the content and may
                          be made otherwise: graph and measured recall, folded forms, mean */
  const char *source;  /* the name of the imported file, without its folders; "-" for standard input */
  const char *source_format; /* "glove", "word2vec-text", "word2vec-binary", "fasttext-vec", "fasttext-bin", … */
  int64_t imported_at;       /* seconds since 1970-01-01 UTC */
  uint64_t declared_rows;    /* what the source's header said; 0 when it had none */
  uint64_t skipped[SKIP_COUNT];
  uint64_t file_size;                /* bytes */
  const struct recall_table *recall; /* what its graph was measured to find; NULL: it has no graph */
  const struct subwords *subwords;   /* as model_subwords() */
};

struct model;

/* Opens the store file `path` with `threads` (at least 1) checking its sums. On failure *problem says what is wrong
 * with which file: STATUS_NOT_FOUND, STATUS_IO, STATUS_FOREIGN (not one of ours), STATUS_UNSUPPORTED (version, byte
 * order), STATUS_DAMAGED (sum or structure), STATUS_LOST (it shrank meanwhile), STATUS_NO_MEMORY. */
enum status model_open(const char *path, unsigned threads, struct problem *problem, struct model **out) MUST_USE;

struct model *model_acquire(struct model *model); /* returns its argument */
void model_drop(struct model *model);             /* NULL is allowed */

/* Whether the file was lost under the model: cut short, changed, or unreadable. From then on whatever is borrowed from
 * it may read as zeros, at any moment; so ask when the work is done, and if it was lost throw away what came of it.
 * Takes nanoseconds. Nothing brings a lost model back but opening the file again. */
bool model_lost(const struct model *model);

/* Says so of the file: STATUS_LOST. */
enum status model_tell_lost(const char *file, struct problem *problem);

const struct rows *model_rows(const struct model *model);
const struct graph *model_graph(const struct model *model);       /* NULL: it has none, searches compare all rows */
const struct subwords *model_subwords(const struct model *model); /* NULL: it has none, unknown words no vector */
/* The mean of all rows: the float32 of a float64 sum in row order over the count, `stride` floats as a row has.
 * NULL: the file was imported before it was kept. */
const float *model_mean(const struct model *model);

const struct vocabulary *model_vocabulary(const struct model *model);
const struct model_info *model_info(const struct model *model);

/* The model of that name in the folder `store`: "STORE/NAME.mdb" into `path`, STATUS_BAD_ARGUMENT when the name does
 * not match the pattern above, STATUS_LIMIT when the path does not fit. */
enum status model_path(const char *store, const char *name, char *path, size_t size, struct problem *problem) MUST_USE;

/* Whether `name` matches [A-Za-z0-9][A-Za-z0-9._-]{0,127}, and the rule in words, for errors. */
bool model_name_valid(const char *name);
#define MODEL_NAME_RULE \
  "a model's name begins with a letter or digit and goes on with up to 127 letters, digits, '.', '_' or '-'"

#endif
