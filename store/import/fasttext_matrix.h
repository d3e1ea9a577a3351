/* The input matrix of a fastText model: rows of its words, then of its n-grams, read into a file mapping, so that
 * private memory does not grow with their number. A quantised matrix comes out as the floats that fastText computes
 * with.
 *
 *   u8 quantised                      absent in version 0, which has no quantised ones
 *   plain:      i64 rows, i64 dim, f32 × rows × dim
 *   quantised:  u8 has norms, i64 rows, i64 dim, i32 bytes of codes, the codes (one byte for each part of a row), the
 *               quantiser; with norms, also u8 × rows codes of them and their quantiser, of one dimension
 *   quantiser:  i32 dim, i32 parts, i32 dimensions of a part, i32 of the last part, f32 × 256 × dim centroids, those of
 *               a part together
 *
 * A row is, part by part, the centroid of its code, times its norm. (fastText 0.9.2: src/densematrix.cc,
 * src/quantmatrix.cc, src/productquantizer.cc; Jégou et al., "Product quantization for nearest neighbor search",
 * 2011.) */
#ifndef WORDVEC_STORE_IMPORT_FASTTEXT_MATRIX_H
#define WORDVEC_STORE_IMPORT_FASTTEXT_MATRIX_H

#include "store/import/fasttext_head.h"
#include "store/import/intake.h"
#include "store/matrix/spill.h"

/* Embedded: fasttext_matrix_init() before use, fasttext_matrix_release() after. */
struct fasttext_matrix {
  const char *folder; /* borrowed: where temporary files are made */
  struct fasttext_head head;
  uint32_t stride;     /* floats from row to row */
  uint32_t ngrams;     /* rows behind those of words: 0 where words have no n-grams, whatever the file has */
  struct spill rows;   /* f32, once read */
  struct spill pruned; /* u32 for each n-gram of a pruned model, its bucket: ascending */
};

void fasttext_matrix_init(struct fasttext_matrix *matrix, const struct fasttext_head *head, const char *folder);
void fasttext_matrix_release(struct fasttext_matrix *matrix);

/* Reads the table of a pruned model (i32 bucket, i32 row for each n-gram), and the matrix, which follow the dictionary.
 * STATUS_BAD_MATRIX at the byte of what cannot be or is cut off; also as the source and temporary files fail. */
enum status fasttext_matrix_read(struct fasttext_matrix *matrix, struct intake *intake,
                                 struct problem *problem) MUST_USE;

static inline const float *fasttext_matrix_row(const struct fasttext_matrix *matrix, uint64_t row) {
  return (const float *)(const void *)matrix->rows.data + row * matrix->stride;
}

/* Fails because the source ends inside `what`, the part of it that begins at `from` being read. */
enum status fasttext_cut(const struct intake *intake, uint64_t from, const char *what, struct problem *problem);

#endif
