/* A struct rows made of arrays, without a store, and the arithmetic of rows.h once more in other words, so that a
 * test compares the code with the contract and not with itself. */
#ifndef WORDVEC_TESTS_SUPPORT_ROWS_FIXTURE_H
#define WORDVEC_TESTS_SUPPORT_ROWS_FIXTURE_H

#include "store/matrix/rows.h"

struct rows_fixture {
  struct rows rows;
  float **slabs;
  double **norms;
};

/* Copies values[count][dim] into slabs of 1 << slab_shift rows. Every slab is an allocation that ends with its last
 * float, so that a sanitizer sees a read behind it. Ends the process when memory runs out. */
void rows_fixture_init(struct rows_fixture *fixture, const float *values, uint32_t count, uint32_t dim,
                       uint32_t slab_shift);
void rows_fixture_release(struct rows_fixture *fixture);

/* The dot product and the norm of two vectors as rows.h documents them. */
double rows_fixture_dot(const float *a, const float *b, size_t dim);
double rows_fixture_norm(const float *a, size_t dim);

#endif
