/* The rows of a matrix as arithmetic sees them: pointers into a read-only map, no database and no words.
 *
 * Shape: `count` rows of `dim` float32, in file order, numbered from 0. Rows lie in slabs of 1 << slab_shift rows (the
 * last may be shorter). Inside a slab, row follows row at `stride` floats; stride is dim rounded up to a multiple of
 * 4, the floats between are +0.0f. A slab starts on a 64-byte boundary, so every row starts on a 16-byte one.
 * All values are finite. */
#ifndef WORDVEC_STORE_MATRIX_ROWS_H
#define WORDVEC_STORE_MATRIX_ROWS_H

#include <stddef.h>
#include <stdint.h>

enum {
  ROWS_STRIDE_UNIT = 4, /* floats: a stride is a multiple of it */
  ROWS_DOT_LANES = 16   /* running sums of rows_dot() */
};

struct codes;
struct rows;

/* Rows that are nowhere as such: row i is row numbers[0][i] of parts[0], then row numbers[1][i] of parts[1] and so on,
 * dimensions after dimensions. */
struct rows_join {
  size_t count; /* of parts */
  const struct rows *const *parts;
  const uint32_t *const *numbers; /* [count][rows] */
};

struct rows {
  uint32_t count;
  uint32_t dim;
  uint32_t stride;
  uint32_t slab_shift;
  uint32_t slab_count;
  const float *const *slabs; /* [slab_count], borrowed from the model */
  const double *const
      *norms;                /* [slab_count], Euclidean norm of each row as rows_norm_of() gives it; 0 for a zero row */
  const struct codes *codes; /* of these rows (codes.h), or NULL: then a search reads the rows themselves */
  const struct rows_join *join; /* NULL; or there are no slabs, and rows come from rows_gather() instead of rows_at() */
};

static inline uint32_t rows_stride_of(uint32_t dim) {
  return (dim + ROWS_STRIDE_UNIT - 1) / ROWS_STRIDE_UNIT * ROWS_STRIDE_UNIT;
}

/* The row `row` < count: `stride` floats, of which the first `dim` count and the rest are +0.0f. */
static inline const float *rows_at(const struct rows *rows, uint32_t row) {
  uint32_t within = row & ((1u << rows->slab_shift) - 1);
  return rows->slabs[row >> rows->slab_shift] + (size_t)within * rows->stride;
}

/* Copies rows `first` to first + count - 1 of a join together, each `stride` floats with +0.0f behind dim. */
void rows_gather(const struct rows *rows, uint32_t first, size_t count, float *out);

static inline const double *rows_norm_at(const struct rows *rows, uint32_t row) {
  return &rows->norms[row >> rows->slab_shift][row & ((1u << rows->slab_shift) - 1)];
}

static inline double rows_norm(const struct rows *rows, uint32_t row) {
  return *rows_norm_at(rows, row);
}

/* How many rows slab `slab` < slab_count holds. */
static inline uint32_t rows_in_slab(const struct rows *rows, uint32_t slab) {
  uint32_t full = 1u << rows->slab_shift;
  uint32_t before = slab << rows->slab_shift;
  return rows->count - before < full ? rows->count - before : full;
}

/* The float64 dot product of two vectors of `dim` float32, in THE order of summing that the whole project uses and
 * every kernel reproduces bit for bit:
 *
 *   lane[j] = a[j]*b[j] + a[j+16]*b[j+16] + …   for j = 0…15, from +0.0, left to right;
 *   then lane[j] += lane[j+8] for j < 8, lane[j] += lane[j+4] for j < 4, lane[j] += lane[j+2] for j < 2, and the
 *   result is lane[0] + lane[1].
 *
 * A product of two float32 has at most 48 significant bits and so is exact in float64: whether a kernel multiplies
 * and adds or fuses the two cannot change a bit. A lane starts at +0.0 and so is never -0.0: products with padding
 * (+0.0f) cannot change a bit either, which lets a kernel run over `stride` instead of dim. */
double rows_dot(const float *a, const float *b, uint32_t dim);

/* sqrt(rows_dot(a, a, dim)): finite for every finite vector, 0 only for a zero vector (the square of the smallest
 * denormal float32 is a normal float64). */
double rows_norm_of(const float *a, uint32_t dim);

/* The similarity of the contract: dot / (norm_a * norm_b), 0 when either norm is 0. May pass 1 by an ulp or two. */
static inline double rows_cosine(double dot, double norm_a, double norm_b) {
  double norms = norm_a * norm_b;
  return norms > 0 ? dot / norms : 0.0;
}

/* The mean of rows: sums[i] += row[i] in float64 for each row, in row order; then mean[i] = (float)(sums[i] / count).
 * All have `stride` numbers. The mean of finite rows is finite. */
void rows_sum(double *restrict sums, const float *restrict row, uint32_t stride);
void rows_mean_of(const double *sums, uint64_t count, uint32_t stride, float *mean);

#endif
