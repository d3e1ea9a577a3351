/* What the commands that make a model show: how far they are on standard error, and a summary on standard output. */
#ifndef WORDVEC_SERVER_IMPORT_VIEW_H
#define WORDVEC_SERVER_IMPORT_VIEW_H

#include "server/meter.h"
#include "store/import/import.h"

struct import_view {
  struct meter meter;
  enum import_stage stage;
};

void import_view_begin(struct import_view *view);
void import_view_end(struct import_view *view);

/* For import_options: `context` is the view. */
void import_view_progress(void *context, const struct import_progress *progress);
void import_view_warning(void *context, const char *text);

void import_view_report(const struct import_report *report);

#endif
