/* What is made of the rows once all are written: what searches need beside them. */
#ifndef WORDVEC_STORE_IMPORT_IMPORT_DERIVE_H
#define WORDVEC_STORE_IMPORT_IMPORT_DERIVE_H

#include "store/import/import.h"
#include "store/matrix/writer.h"

struct import_derive {
  unsigned threads; /* 0 is 1 */
  bool no_index;
  uint32_t graph_rows; /* see struct import_options */
  /* Called now and then; may not be NULL. */
  void (*progress)(void *context, enum import_stage stage, uint32_t done, uint32_t all);
  void *context;
};

/* Adds codes, and a graph where one is wanted and pays: the report is left alone where none is made. Those of
 * writer_*(). */
enum status import_derive(struct writer *writer, const struct import_derive *derive, struct problem *problem,
                          struct import_graph_report *graph) MUST_USE;

#endif
