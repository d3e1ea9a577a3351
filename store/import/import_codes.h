/* Derives the codes of the rows that an import has written. */
#ifndef WORDVEC_STORE_IMPORT_IMPORT_CODES_H
#define WORDVEC_STORE_IMPORT_IMPORT_CODES_H

#include "store/import/import_step.h"
#include "store/matrix/writer.h"

/* Adds codes to the file, where they pay. Those of writer_*(). */
enum status import_codes(struct writer *writer, const struct import_step *step, struct problem *problem) MUST_USE;

#endif
