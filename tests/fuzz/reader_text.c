/* Any bytes as lines of text, for libFuzzer: the first byte chooses the format among those of text. What must hold: no
 * sanitizer speaks, and fuzz_import(). */
#include "tests/support/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const enum import_format formats[] = {IMPORT_GLOVE, IMPORT_WORD2VEC_TEXT, IMPORT_FASTTEXT_VEC};
  if (size > 0) fuzz_import(formats[data[0] % 3], data + 1, size - 1);
  return 0;
}
