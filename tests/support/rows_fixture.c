/* Rows from arrays, and the documented arithmetic written out. */
#include "tests/support/rows_fixture.h"

#include <math.h>
#include <stdlib.h>

enum { SLAB_ALIGNMENT = 64, LANES = 16 };

static void *memory(size_t size) {
  void *data = NULL;
  if (posix_memalign(&data, SLAB_ALIGNMENT, size > 0 ? size : 1) != 0) abort();
  return data;
}

static void fill_slab(struct rows_fixture *fixture, uint32_t slab, const float *values) {
  struct rows *rows = &fixture->rows;
  uint32_t in_slab = rows_in_slab(rows, slab);
  float *floats = fixture->slabs[slab] = memory((size_t)in_slab * rows->stride * sizeof *floats);
  double *norms = fixture->norms[slab] = memory(in_slab * sizeof *norms);
  for (uint32_t i = 0; i < in_slab; i++) {
    for (uint32_t j = 0; j < rows->stride; j++)
      floats[(size_t)i * rows->stride + j] = j < rows->dim ? values[(size_t)i * rows->dim + j] : 0.0f;
    norms[i] = rows_fixture_norm(values + (size_t)i * rows->dim, rows->dim);
  }
}

void rows_fixture_init(struct rows_fixture *fixture, const float *values, uint32_t count, uint32_t dim,
                       uint32_t slab_shift) {
  uint32_t slab_rows = 1u << slab_shift;
  struct rows rows = {.count = count, .dim = dim, .stride = rows_stride_of(dim), .slab_shift = slab_shift};
  rows.slab_count = (count + slab_rows - 1) / slab_rows;
  *fixture = (struct rows_fixture){.rows = rows};
  fixture->slabs = memory(rows.slab_count * sizeof *fixture->slabs);
  fixture->norms = memory(rows.slab_count * sizeof *fixture->norms);
  for (uint32_t slab = 0; slab < rows.slab_count; slab++)
    fill_slab(fixture, slab, values + (size_t)slab * slab_rows * dim);
  fixture->rows.slabs = (const float *const *)fixture->slabs;
  fixture->rows.norms = (const double *const *)fixture->norms;
}

void rows_fixture_release(struct rows_fixture *fixture) {
  for (uint32_t slab = 0; slab < fixture->rows.slab_count; slab++) {
    free(fixture->slabs[slab]);
    free(fixture->norms[slab]);
  }
  free(fixture->slabs);
  free(fixture->norms);
}

double rows_fixture_dot(const float *a, const float *b, size_t dim) {
  double s[LANES];
  for (size_t lane = 0; lane < LANES; lane++) {
    s[lane] = 0.0;
    for (size_t i = lane; i < dim; i += LANES) s[lane] = s[lane] + (double)a[i] * (double)b[i];
  }
  double even = ((s[0] + s[8]) + (s[4] + s[12])) + ((s[2] + s[10]) + (s[6] + s[14]));
  double odd = ((s[1] + s[9]) + (s[5] + s[13])) + ((s[3] + s[11]) + (s[7] + s[15]));
  return even + odd;
}

double rows_fixture_norm(const float *a, size_t dim) {
  return sqrt(rows_fixture_dot(a, a, dim));
}
