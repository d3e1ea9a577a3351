/* Any bytes as a matrix of any format or of one that is said, also within gzip and zip, for libFuzzer: the first byte
 * chooses the format. What must hold: no sanitizer speaks, and fuzz_import(). */
#include "tests/support/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 0) fuzz_import((enum import_format)(data[0] % IMPORT_FORMATS), data + 1, size - 1);
  return 0;
}
