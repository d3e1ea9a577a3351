/* Derives the graph of the rows that an import has written, and measures what it finds. */
#ifndef WORDVEC_STORE_IMPORT_IMPORT_GRAPH_H
#define WORDVEC_STORE_IMPORT_IMPORT_GRAPH_H

#include "store/import/import.h"
#include "store/import/import_step.h"
#include "store/matrix/writer.h"

/* The steps of the work, in their order, each with its own progress. */
struct import_graph_steps {
  struct import_step build, measure;
};

/* Builds, checks, measures and adds the graph of rows whose shape a graph can have; otherwise report->made stays
 * false. Its memory is that of files without names beside the store's. Those of writer_*(). */
enum status import_graph(struct writer *writer, const struct import_graph_steps *steps, struct problem *problem,
                         struct import_graph_report *report) MUST_USE;

#endif
