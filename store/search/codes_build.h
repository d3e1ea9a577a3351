/* Making codes of rows: a centre and axes from a sample, then slab after slab of codes. The same rows give the same
 * codes, whatever the threads and the kernel. */
#ifndef WORDVEC_STORE_SEARCH_CODES_BUILD_H
#define WORDVEC_STORE_SEARCH_CODES_BUILD_H

#include <stdbool.h>

#include "store/matrix/codes.h"
#include "store/matrix/rows.h"
#include "store/search/kernel.h"

struct codes_build;

/* Whether codes pay for a matrix of this shape: a small one is scanned in less time than they save, and its rows
 * should not be too wide for them. */
bool codes_worth(uint32_t rows, uint32_t dim);

/* Finds centre and axes; rows->count is at least 1 and dim at most CODES_DIM_MAX. STATUS_NO_MEMORY. Takes up to
 * some 80 MiB on the way. */
enum status codes_build_new(const struct kernel *kernel, const struct rows *rows, struct codes_build **out) MUST_USE;
void codes_build_free(struct codes_build *build); /* NULL is allowed */

/* Makes the codes of slab `slab` on `threads` threads: codes_groups(rows_in_slab()) groups into `coarse`, and
 * rows_in_slab() fine records into `fine`, which is aligned to CODES_FINE_UNIT. */
void codes_build_slab(struct codes_build *build, const struct rows *rows, uint32_t slab, unsigned threads,
                      struct codes_coarse *coarse, unsigned char *fine);

/* What belongs to the codes of all slabs made so far, less the slabs: borrowed, and complete behind the last one. */
const struct codes *codes_build_codes(const struct codes_build *build);

#endif
