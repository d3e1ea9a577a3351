/* The forms of the kernel's functions in this build, for kernel.c alone; everybody else goes through kernel.h. Each is
 * defined in the file of its name, and only on its architecture. */
#ifndef WORDVEC_STORE_SEARCH_KERNEL_FORMS_H
#define WORDVEC_STORE_SEARCH_KERNEL_FORMS_H

#include "store/search/kernel.h"

/* How far ahead of the arithmetic a form asks for memory; past the end of the rows such a request does nothing.
 * Measured from 0 to 16 KiB over 422,295 rows of 300 floats on a Sapphire Rapids core: 51 ms without, 46 ms at 2 KiB,
 * and flat from 4 KiB on at 41 ms, which is what a bare loop over the same memory takes. */
enum { KERNEL_AHEAD_BYTES = 4096 };

#define KERNEL_DOTS(form) \
  void dots_##form(const double *query, const float *rows, uint32_t stride, size_t count, double *dots)
#define KERNEL_CODES(form)                                                                                       \
  void coarse_##form(const struct kernel_coarse *queries, size_t query_count, const struct codes_coarse *groups, \
                     size_t group_count, struct kernel_bounds *out);                                             \
  int32_t fine_##form(const int8_t *query, const uint8_t *record, size_t bytes);                                 \
  void gather_##form(const struct gather_query *query, const struct graph_blocks *blocks, const uint32_t *ids,   \
                     size_t count, int32_t *dots)

KERNEL_DOTS(scalar);
KERNEL_CODES(scalar);
#if defined(__x86_64__)
KERNEL_DOTS(avx2);
KERNEL_CODES(avx2);
KERNEL_CODES(avxvnni);
KERNEL_DOTS(avx512);
KERNEL_CODES(avx512vnni);
#elif defined(__aarch64__)
KERNEL_DOTS(neon);
KERNEL_CODES(neon);
KERNEL_CODES(dotprod);
#endif

#endif
