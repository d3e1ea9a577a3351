/* Any bytes as a file that import reads, for fuzz targets. */
#ifndef WORDVEC_TESTS_SUPPORT_FUZZ_IMPORT_H
#define WORDVEC_TESTS_SUPPORT_FUZZ_IMPORT_H

#include <stdint.h>

#include "store/import/detect.h"

/* Opens, detects or takes the format as given, and reads to the end. What must hold, or the process ends: a row that
 * comes out is whole and finite as it says, positions only grow, and a failure has one line of text. */
void fuzz_import(enum import_format format, const uint8_t *data, size_t size);

#endif
