/* Chooses the reader of a layout. */
#include "store/import/reader.h"

enum status reader_open(struct source *source, const struct layout *layout, unsigned threads, struct problem *problem,
                        struct reader **out) {
  return layout->format == IMPORT_WORD2VEC_BINARY ? reader_word2vec_open(source, layout, problem, out)
                                                  : reader_text_open(source, layout, threads, problem, out);
}
