/* The similarities of many vectors with many others, each as rows.h defines it and as a search gives it: by the kernel,
 * block by block, so that what is compared is in the cache. */
#ifndef WORDVEC_STORE_SEARCH_COSINES_H
#define WORDVEC_STORE_SEARCH_COSINES_H

#include "store/matrix/rows.h"
#include "store/search/kernel.h"

/* Vectors wherever they lie. */
struct cosines_side {
  const float *const *vectors; /* [count][dim], finite; NULL stands for a zero vector */
  size_t count;
};

/* out[i * others->count + j] = the similarity of vector i of `those` and vector j of `others`. STATUS_NO_MEMORY; some
 * hundred KiB are taken, or a few vectors' worth. */
enum status cosines_of(const struct kernel *kernel, uint32_t dim, const struct cosines_side *those,
                       const struct cosines_side *others, double *out) MUST_USE;

/* The same with every row in place of the others: out[i * rows->count + row]. */
enum status cosines_of_rows(const struct kernel *kernel, const struct rows *rows, const struct cosines_side *those,
                            double *out) MUST_USE;

#endif
