/* The first rows of an export, read back before anything is written: a layout of text has no room to say how many
 * numbers a row has or where a word ends, so what import makes of a file depends on all of its first lines. */
#ifndef WORDVEC_STORE_EXPORT_REHEARSAL_H
#define WORDVEC_STORE_EXPORT_REHEARSAL_H

#include "store/export/form.h"

/* Whether the rows `row` gives, those that do not fit left out, come back as they are. STATUS_UNSUPPORTED when they do
 * not; the text names the first. */
enum status export_rehearse(struct export_job *job, const struct export_rows *rows) MUST_USE;

#endif
