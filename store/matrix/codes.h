/* Codes: every row a second time in one byte a dimension, so that a search can tell from a third of the memory which
 * rows cannot be in its answer. What they promise is written below; why that suffices is proved in search/sieve.c.
 *
 * For a row x, let u = x / |x| (0 for a zero row), and w = u - centre, each number of it rounded to float32. A is the
 * matrix of `axes`: axis_count rows of float32, orthonormal up to `skew`: the Frobenius norm of A A' - I is at most
 * skew. Let v = A w, the row's coordinates. The first CODES_COARSE of them are its coarse part, the others its fine
 * part. For each part,
 *
 *   v_part = scale * code + y,   |y| <= scale * limit.error,   |code| <= limit.length,
 *
 * where code holds whole numbers from -127 to 127, stored with 128 added; and with rest_coarse, rest_fine
 *
 *   |w|^2 - |v_coarse|^2 + skew |v_coarse|^2 <= rest_coarse^2,   |w|^2 - |v|^2 + skew |v|^2 <= rest_fine^2.
 *
 * base is the float32 next to centre . w. All norms are Euclidean. Axes are best given by falling variance of the
 * rows, but nothing depends on it: any centre and any axes give right answers, good ones give them sooner. */
#ifndef WORDVEC_STORE_MATRIX_CODES_H
#define WORDVEC_STORE_MATRIX_CODES_H

#include <stdint.h>

#include "store/matrix/rows.h"

enum {
  CODES_GROUP = 16,  /* rows whose coarse codes lie together: lanes of the widest registers */
  CODES_COARSE = 48, /* dimensions of the coarse part; missing ones have the code 0 */
  CODES_QUAD = 4,    /* dimensions that an instruction multiplies and adds at once */
  CODES_ZERO = 128,  /* how the code 0 is stored */
  CODES_LARGEST = 127,
  CODES_FINE_LEAD = 8,  /* bytes before the codes of a fine record */
  CODES_FINE_UNIT = 64, /* a fine record is a multiple of it, and aligned to it */
  CODES_FINE_MAX = 256,
  CODES_AXES_MAX = CODES_COARSE + CODES_FINE_MAX - CODES_FINE_LEAD,
  CODES_DIM_MAX = 1024 /* of matrices that have codes: finding axes takes its square in memory, its cube in time */
};

/* Coarse parts of CODES_GROUP rows: the code of dimension 4q + i of row r is codes[q][r][i]. Lanes behind the last row
 * are zero. */
struct codes_coarse {
  float base[CODES_GROUP];
  float scale[CODES_GROUP];
  float rest[CODES_GROUP];
  uint8_t codes[CODES_COARSE / CODES_QUAD][CODES_GROUP][CODES_QUAD];
};

/* The start of a fine record: fine_bytes - CODES_FINE_LEAD codes follow. */
struct codes_fine {
  float scale;
  float rest;
  uint8_t codes[];
};

struct codes_limit {
  float error;
  float length;
};

/* Slabs are those of the rows: slab s holds groups from its first row on, and a fine record for each row. */
struct codes {
  uint32_t axis_count; /* 1 to the lesser of dim and CODES_COARSE + fine_bytes - CODES_FINE_LEAD */
  uint32_t fine_bytes; /* of a record */
  float skew;
  struct codes_limit coarse_limit, fine_limit;
  const float *centre;                      /* [stride], +0.0f behind dim, as in a row */
  const float *axes;                        /* [axis_count][stride] */
  const struct codes_coarse *const *coarse; /* [slab_count] */
  const unsigned char *const *fine;         /* [slab_count] */
};

/* w of one row: `stride` float32 values, widened. */
static inline void codes_centred(const struct rows *rows, uint32_t row, const float *centre, double *w) {
  const float *x = rows_at(rows, row);
  double norm = rows_norm(rows, row), inverse = norm > 0 ? 1 / norm : 0;
  for (uint32_t i = 0; i < rows->stride; i++) w[i] = (double)(float)((double)x[i] * inverse - (double)centre[i]);
}

/* Groups that hold that many rows. */
static inline uint32_t codes_groups(uint32_t rows) {
  return (rows + CODES_GROUP - 1) / CODES_GROUP;
}

#endif
