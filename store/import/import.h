/* Imports a matrix: a source (file, gzip, zip member, standard input) is read by the reader of its format, and each
 * row goes to the writer of the store file. What is imperfect is skipped and counted, warned of or refused. */
#ifndef WORDVEC_STORE_IMPORT_IMPORT_H
#define WORDVEC_STORE_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/matrix/model.h"
#include "store/matrix/recall.h"
#include "store/status.h"

enum import_format {
  IMPORT_AUTO,
  IMPORT_GLOVE,
  IMPORT_WORD2VEC_TEXT,
  IMPORT_WORD2VEC_BINARY,
  IMPORT_FASTTEXT_VEC,
  IMPORT_FASTTEXT_BIN,
  IMPORT_NPY,
  IMPORT_FORMATS
};

enum import_duplicates { DUPLICATES_FIRST, DUPLICATES_LAST, DUPLICATES_ERROR };
enum import_encoding { ENCODING_KEEP, ENCODING_REPLACE, ENCODING_SKIP, ENCODING_ERROR };

enum import_stage {
  IMPORT_READING,
  IMPORT_CODES,    /* all rows are read: codes are derived from them */
  IMPORT_GRAPH,    /* a graph is built over them */
  IMPORT_RECALL,   /* what it finds is measured */
  IMPORT_FINISHING /* words are being sorted and the file is summed and synced */
};

enum { IMPORT_GRAPH_ROWS = 50000 }; /* below, comparing all rows is as fast */

struct import_progress {
  enum import_stage stage;
  uint32_t done, all;   /* of the stage's work: rows, or a measure of it; 0 while reading and finishing */
  uint64_t bytes_read;  /* of the source as stored (compressed bytes of a compressed file) */
  uint64_t bytes_total; /* 0 when it is not known */
  uint64_t rows;
};

struct import_options {
  const char *path;  /* "-" for standard input; FILE.zip:member for one of several */
  const char *words; /* of a matrix without any, see word_list.h; NULL: the list beside it */
  const char *store; /* folder */
  const char *name;  /* NULL: from the file's name, see import_name_of() */
  enum import_format format;
  uint64_t limit; /* rows kept at most; 0: all */
  enum import_duplicates duplicates;
  enum import_encoding encoding;
  bool strict;
  bool replace;        /* --force */
  bool no_index;       /* no graph for approximate search */
  uint32_t graph_rows; /* from which on there is one; 0 is IMPORT_GRAPH_ROWS */
  unsigned threads;    /* to parse text, derive codes and graph and sum the file with; 0 is 1 */
  /* Called now and then from the importing thread; a warning is one line without its end. Either may be NULL. */
  void (*progress)(void *context, const struct import_progress *progress);
  void (*warning)(void *context, const char *text);
  void *context;
};

/* The graph that was made, if one was. */
struct import_graph_report {
  bool made;
  double build_seconds, seconds; /* without and with the measuring and writing */
  uint64_t bytes;                /* of the graph in the store file */
  uint64_t temporary_bytes;      /* of temporary files that it was made in */
  uint64_t private_bytes;        /* of heap, at its peak */
  struct recall_table recall;
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
  struct import_graph_report graph;
  uint64_t bytes_read;
  uint64_t text_bytes; /* bytes after decompression */
  uint64_t file_size;
  double seconds;
  double mb_per_second; /* of text, in 10^6 bytes, the time of the graph not counted */
  char digest[33];
};

/* Runs the import. On failure *problem says what and where, and nothing is left in the store; *report is untouched.
 * Statuses: those of writer_*() and word_list_*(), STATUS_NOT_FOUND and STATUS_IO for the source, STATUS_BAD_MATRIX
 * (position: line or byte), STATUS_UNSUPPORTED (a format that is recognised but not read), STATUS_BAD_ARGUMENT. */
enum status import_run(const struct import_options *options, struct problem *problem,
                       struct import_report *report) MUST_USE;

/* The model name that a path gives: its last component (a zip member's when one is named) less .gz .zip .txt .vec
 * .bin .ftz .npy .npz, repeatedly. STATUS_BAD_ARGUMENT when that is not a valid name, or for "-". */
enum status import_name_of(const char *path, struct problem *problem, char name[MODEL_NAME_MAX + 1]) MUST_USE;

/* "glove" of IMPORT_GLOVE and so on, then NULL; the names are those of the command line and of struct model_info. */
extern const char *const import_format_names[IMPORT_FORMATS + 1];

#endif
