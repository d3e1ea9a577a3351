/* Any bytes as an array of NumPy that is imported, for libFuzzer. What must hold: no sanitizer speaks, and
 * fuzz_import(). */
#include "tests/support/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_import(IMPORT_NPY, data, size);
  return 0;
}
