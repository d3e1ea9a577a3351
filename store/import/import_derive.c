/* Codes, then the graph, each with its own kind of progress. */
#include "store/import/import_derive.h"

#include "store/import/import_codes.h"
#include "store/import/import_graph.h"

static void report_codes(void *context, uint32_t done, uint32_t all) {
  const struct import_derive *derive = context;
  derive->progress(derive->context, IMPORT_CODES, done, all);
}

static void report_graph(void *context, uint32_t done, uint32_t all) {
  const struct import_derive *derive = context;
  derive->progress(derive->context, IMPORT_GRAPH, done, all);
}

static void report_recall(void *context, uint32_t done, uint32_t all) {
  const struct import_derive *derive = context;
  derive->progress(derive->context, IMPORT_RECALL, done, all);
}

enum status import_derive(struct writer *writer, const struct import_derive *derive, struct problem *problem,
                          struct import_graph_report *graph) {
  unsigned threads = derive->threads > 0 ? derive->threads : 1;
  void *context = (void *)(uintptr_t)derive;
  struct import_step codes = {.threads = threads, .progress = report_codes, .context = context};
  struct import_graph_steps steps = {.build = {.threads = threads, .progress = report_graph, .context = context},
                                     .measure = {.threads = threads, .progress = report_recall, .context = context}};
  struct rows rows;
  enum status status = writer_rows(writer, problem, &rows);
  if (status == STATUS_OK) status = import_codes(writer, &codes, problem);
  uint32_t least = derive->graph_rows > 0 ? derive->graph_rows : IMPORT_GRAPH_ROWS;
  if (status != STATUS_OK || derive->no_index || rows.count < least) return status;
  return import_graph(writer, &steps, problem, graph);
}
