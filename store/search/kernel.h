/* The arithmetic of search, in one form per instruction set. All forms give the same bits: the dot product that
 * store/matrix/rows.h defines (rows_dot()), whatever the width of the registers, and sums of whole numbers. */
#ifndef WORDVEC_STORE_SEARCH_KERNEL_H
#define WORDVEC_STORE_SEARCH_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "store/matrix/codes.h"
#include "store/matrix/graph.h"
#include "store/status.h"

enum {
  KERNELS_MOST = 8,
  KERNEL_GROUPS = 32, /* of coarse codes, at most, that coarse() takes at a time: 30 KiB */
  KERNEL_QUERIES = 32 /* at most that it compares them with */
};

/* What a query asks of the coarse part of a row: its bound is
 *
 *   (base + start) + scale * (step * sum + error),   sum = the dot product of its codes and the row's,
 *
 * and the row survives when bound + rest * far >= threshold. In float32, in this order, each operation rounded. */
struct kernel_coarse {
  float start, step, error, far;
  float threshold;
  int32_t offset;             /* -CODES_ZERO times the sum of the query's codes */
  int8_t codes[CODES_COARSE]; /* -127 to 127 */
};

/* The side of a dot product that is compared with many codes of a graph (matrix/graph.h). */
struct gather_query {
  const int8_t *values; /* [lines * GRAPH_LINE], -127 to 127, 0 behind the dimensions */
  int32_t bias;         /* GRAPH_ZERO times the sum of the values */
  uint32_t lines;
};

/* What coarse() finds out. */
struct kernel_bounds {
  float bounds[KERNEL_GROUPS * KERNEL_QUERIES][CODES_GROUP];
  uint16_t survivors[KERNEL_QUERIES][KERNEL_GROUPS];
};

struct kernel {
  const char *name;     /* "scalar", "avx2", "avx512", "neon" */
  const char *integers; /* the instructions that multiply codes, for those who compare kernels */

  /* dots[i] = rows_dot(query, rows + i * stride, dim) for i < count, bit for bit. The query is given as float64
   * values of float32 ones, `stride` of them with 0.0 behind dim; rows hold +0.0f behind dim, so that a kernel may
   * run over `stride`, a multiple of 4. Neither need be aligned beyond its type. */
  void (*dots)(const double *query, const float *rows, uint32_t stride, size_t count, double *dots);

  /* For group g and query q the bounds of the group's rows, into bounds[g * query_count + q], and a bit for each row
   * that survives, into survivors[q][g]. Codes are loaded once for all queries. */
  void (*coarse)(const struct kernel_coarse *queries, size_t query_count, const struct codes_coarse *groups,
                 size_t group_count, struct kernel_bounds *out);

  /* The sum of query[i] * record[i] for i < bytes, a multiple of CODES_FINE_UNIT up to CODES_FINE_MAX; query[i] from
   * -127 to 127. Both start on a multiple of CODES_FINE_UNIT. */
  int32_t (*fine)(const int8_t *query, const uint8_t *record, size_t bytes);

  /* dots[i] = the dot product of the query's code and the signed one of block ids[i], i < count. What follows a code
   * in its last line is multiplied with the query's zeros. */
  void (*gather)(const struct gather_query *query, const struct graph_blocks *blocks, const uint32_t *ids, size_t count,
                 int32_t *dots);
};

/* The fastest kernel that this CPU and operating system allow. Never NULL: scalar runs everywhere. */
const struct kernel *kernel_best(void);

/* The fastest kernel of that name; STATUS_NOT_FOUND when there is none of the name in this build, STATUS_UNSUPPORTED
 * when this CPU cannot run it; *problem then lists those that it can. */
enum status kernel_named(const char *name, struct problem *problem, const struct kernel **out) MUST_USE;

/* The kernels that this CPU can run, slowest first; the count is returned. Kernels of one name differ in `integers`.
 */
size_t kernel_usable(const struct kernel *kernels[KERNELS_MOST]);

#endif
