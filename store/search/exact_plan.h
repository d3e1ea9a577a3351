/* A plan from inside, for exact.c, which makes it, and exact_codes.c, which scans the codes of its rows. */
#ifndef WORDVEC_STORE_SEARCH_EXACT_PLAN_H
#define WORDVEC_STORE_SEARCH_EXACT_PLAN_H

#include <stdatomic.h>
#include <stdbool.h>

#include "store/search/exact.h"
#include "store/search/sieve.h"

/* A row that is not ruled out, and the most that it can be worth. */
struct candidate {
  uint32_t row;
  float bound;
};

/* A vector that rows are compared with, as the kernel wants it. */
struct operand {
  const double *values;
  double norm;
  double weight; /* in a product */
};

/* One query being answered. */
struct scan {
  struct sieve sieve; /* when it is sieved */
  bool sieved;        /* codes rule out rows; otherwise all of its rows are compared */
  bool product;       /* the operands are factors; otherwise there is one */
  bool counts;        /* every row that is at least `least` is to be counted, whatever else has been found */
  struct operand operand;
  const struct operand *operands; /* [operand_count] */
  size_t operand_count;
  const uint32_t *excluded; /* ascending */
  size_t excluded_count;
  uint32_t first, end; /* of the rows that may be in the answer */
  const uint32_t *candidates;
  size_t candidate_count;
  double least;
  atomic_ullong counted;
  _Atomic float floor;        /* k rows are known to be at least this similar */
  struct candidate *deferred; /* [EXACT_DEFERRED], of all threads; see exact_codes.c */
  atomic_uint deferred_count; /* of those that came: the last ones may have found no room */
};

struct exact_plan {
  const struct kernel *kernel;
  const struct rows *rows;
  size_t count;
  struct exact_extent extent;
  bool sieves, sweeps; /* whether any scan is sieved, and whether any is not */
  struct scan *scans;
  uint32_t *excluded;
  struct operand *operands; /* of all scans, */
  double *values;           /* and of each values_step() */
  struct candidate *deferred;
  atomic_ullong compared;
  atomic_uint scanned; /* rows */
};

/* Enough for what 422,295 rows leave to be done at k = 1000: some 10,000. Untouched memory costs nothing. */
enum { EXACT_DEFERRED = 8192 };

/* Compares `count` rows from `first` on, all of one slab, with one query; at most EXACT_RUN. */
enum { EXACT_RUN = 256 };
void exact_compare(const struct exact_plan *plan, struct scan *scan, uint32_t first, size_t count, struct topk *top);

/* Scans rows first … end-1 by their codes, for those scans that are sieved. Some rows may be deferred. */
void exact_codes_scan(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops);

/* Compares what has been deferred, when all rows have been scanned. */
void exact_codes_settle(struct exact_plan *plan, struct topk *tops);

#endif
