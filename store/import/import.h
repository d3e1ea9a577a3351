/* Imports a matrix: a source (file, gzip, zip member, standard input) is read by the reader of its format, and each
 * row goes to the writer of the store file. What is imperfect is skipped and counted, warned of or refused. */
#ifndef WORDVEC_STORE_IMPORT_IMPORT_H
#define WORDVEC_STORE_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/matrix/model.h"
#include "store/status.h"

enum import_format {
  IMPORT_AUTO,
  IMPORT_GLOVE,
  IMPORT_WORD2VEC_TEXT,
  IMPORT_WORD2VEC_BINARY,
  IMPORT_FASTTEXT_VEC,
  IMPORT_FORMATS
};

enum import_duplicates { DUPLICATES_FIRST, DUPLICATES_LAST, DUPLICATES_ERROR };
enum import_encoding { ENCODING_KEEP, ENCODING_REPLACE, ENCODING_SKIP, ENCODING_ERROR };

struct import_progress {
  uint64_t bytes_read;  /* of the source as stored (compressed bytes of a compressed file) */
  uint64_t bytes_total; /* 0 when it is not known */
  uint64_t rows;
  bool finishing; /* all rows are read: words are being sorted and the file is summed and synced */
};

struct import_options {
  const char *path;  /* "-" for standard input; FILE.zip:member for one of several */
  const char *store; /* folder */
  const char *name;  /* NULL: from the file's name, see import_name_of() */
  enum import_format format;
  uint64_t limit; /* rows kept at most; 0: all */
  enum import_duplicates duplicates;
  enum import_encoding encoding;
  bool strict;
  bool replace;     /* --force */
  unsigned threads; /* to parse text and to sum the file with; 0 is 1 */
  /* Called now and then from the importing thread; a warning is one line without its end. Either may be NULL. */
  void (*progress)(void *context, const struct import_progress *progress);
  void (*warning)(void *context, const char *text);
  void *context;
};

struct import_report {
  char name[MODEL_NAME_MAX + 1];
  char path[MODEL_PATH_MAX]; /* of the store file */
  const char *source_format; /* static storage */
  uint64_t rows;
  uint32_t dim;
  uint64_t declared_rows; /* 0: the source had no header */
  uint64_t skipped[SKIP_COUNT];
  char first_skipped[SKIP_COUNT][160]; /* where the first of each kind was, with its word; empty when none */
  uint64_t warnings;
  uint64_t bytes_read;
  uint64_t text_bytes; /* bytes after decompression */
  uint64_t file_size;
  double seconds;
  double mb_per_second; /* of text, in 10^6 bytes */
  char digest[33];
};

/* Runs the import. On failure *problem says what and where, and nothing is left in the store; *report is untouched.
 * Statuses: those of writer_*(), STATUS_NOT_FOUND and STATUS_IO for the source, STATUS_BAD_MATRIX (position: line or
 * byte), STATUS_UNSUPPORTED (a format that is recognised but not read), STATUS_BAD_ARGUMENT. */
enum status import_run(const struct import_options *options, struct problem *problem,
                       struct import_report *report) MUST_USE;

/* The model name that a path gives: its last component (a zip member's when one is named) less .gz .zip .txt .vec
 * .bin .ftz .npy, repeatedly. STATUS_BAD_ARGUMENT when that is not a valid name, or for "-". */
enum status import_name_of(const char *path, struct problem *problem, char name[MODEL_NAME_MAX + 1]) MUST_USE;

/* "glove" of IMPORT_GLOVE and so on, then NULL; the names are those of the command line and of struct model_info. */
extern const char *const import_format_names[IMPORT_FORMATS + 1];

#endif
