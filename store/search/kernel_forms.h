/* The forms of the kernel in this build, for kernel.c alone; everybody else goes through kernel.h. Each is defined in
 * the file of its name, and only on its architecture. */
#ifndef WORDVEC_STORE_SEARCH_KERNEL_FORMS_H
#define WORDVEC_STORE_SEARCH_KERNEL_FORMS_H

#include "store/search/kernel.h"

/* How far ahead of the arithmetic a form asks for memory; past the end of the rows such a request does nothing.
 * Measured from 0 to 16 KiB over 422,295 rows of 300 floats on a Sapphire Rapids core: 51 ms without, 46 ms at 2 KiB,
 * and flat from 4 KiB on at 41 ms, which is what a bare loop over the same memory takes. */
enum { KERNEL_AHEAD_BYTES = 4096 };

extern const struct kernel kernel_scalar;
#if defined(__x86_64__)
extern const struct kernel kernel_avx2;
extern const struct kernel kernel_avx512;
#elif defined(__aarch64__)
extern const struct kernel kernel_neon;
#endif

#endif
