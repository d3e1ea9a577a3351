/* The arithmetic of search, in one form per instruction set. All forms give the same bits: the dot product that
 * store/matrix/rows.h defines (rows_dot()), whatever the width of the registers. */
#ifndef WORDVEC_STORE_SEARCH_KERNEL_H
#define WORDVEC_STORE_SEARCH_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "store/status.h"

struct kernel {
  const char *name; /* "scalar", "avx2", "avx512", "neon" */

  /* dots[i] = rows_dot(query, rows + i * stride, dim) for i < count, bit for bit. The query is given as float64
   * values of float32 ones, `stride` of them with 0.0 behind dim; rows hold +0.0f behind dim, so that a kernel may run
   * over `stride`, a multiple of 4. Neither need be aligned beyond its type. */
  void (*dots)(const double *query, const float *rows, uint32_t stride, size_t count, double *dots);
};

/* The fastest kernel that this CPU and operating system allow. Never NULL: scalar runs everywhere. */
const struct kernel *kernel_best(void);

/* The kernel of that name; STATUS_NOT_FOUND when there is none of the name in this build, STATUS_UNSUPPORTED when
 * this CPU cannot run it; *problem then lists those that it can. */
enum status kernel_named(const char *name, struct problem *problem, const struct kernel **out) MUST_USE;

/* The kernels that this CPU can run, slowest first; the count is returned, *kernels is static storage. */
size_t kernel_usable(const struct kernel *const **kernels);

#endif
