/* The items of a .npy array as numbers of this machine: any byte order and size, and float16. Items lie one behind the
 * other and need not be aligned; which belongs where, npy_item_at() knows. */
#ifndef WORDVEC_STORE_NPY_ITEMS_H
#define WORDVEC_STORE_NPY_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/npy_header.h"

/* The first `count` items at `items`, of kind NPY_FLOAT, rounded to float32: to the nearest, ties to even; beyond
 * float32, and what is not finite, as IEEE 754 has it, for the caller to judge. */
void npy_floats(const struct npy_header *header, const void *items, size_t count, float *out);

/* One item of kind NPY_SIGNED or NPY_UNSIGNED. False: it is above INT64_MAX. */
bool npy_integer(const struct npy_header *header, const void *item, int64_t *out);

#endif
