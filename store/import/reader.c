/* Chooses the reader of a layout. */
#include "store/import/reader.h"

enum status reader_open(struct source *source, const struct layout *layout, const struct reader_needs *needs,
                        struct problem *problem, struct reader **out) {
  switch (layout->format) {
    case IMPORT_WORD2VEC_BINARY: return reader_word2vec_open(source, layout, problem, out);
    case IMPORT_FASTTEXT_BIN: return reader_fasttext_open(source, needs, problem, out);
    case IMPORT_NPY: return reader_npy_open(source, layout, needs, problem, out);
    default: return reader_text_open(source, layout, needs->threads, problem, out);
  }
}
