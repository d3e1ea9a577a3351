/* Dot products of int8 codes, in one form per instruction set. They are integers: every form gives the same ones, so a
 * graph is built and walked alike on every CPU.
 *
 * A row's code is stored as unsigned bytes, 128 above the signed value, because that is what the instructions multiply
 * with signed ones; the query's signed code comes with 128 * (the sum of its values), which undoes the shift. */
#ifndef WORDVEC_STORE_SEARCH_GRAPH_DOTS_H
#define WORDVEC_STORE_SEARCH_GRAPH_DOTS_H

#include <stddef.h>
#include <stdint.h>

enum {
  CODE_LINE = 64,         /* bytes: codes are compared by whole cache lines */
  CODE_MOST = 127,        /* magnitude of a signed code */
  CODE_SHIFT = 128,       /* stored = signed + this */
  CODE_DIM_MOST = 1 << 16 /* 2^16 products of up to 127 * 255 stay within an int32 */
};

/* The side of a dot product that is compared with many. */
struct code_query {
  const int8_t *values; /* [lines * CODE_LINE], 0 behind the dimensions */
  int32_t bias;         /* CODE_SHIFT * the sum of the values */
  uint32_t lines;
};

/* Blocks that begin with a stored code; what follows it in its last line is multiplied with the query's zeros. */
struct code_blocks {
  const uint8_t *bytes; /* on a 64-byte boundary */
  size_t block_bytes;   /* a multiple of CODE_LINE */
};

struct graph_dots {
  const char *name;

  /* dots[i] = the dot product of the query's code and that of block ids[i], i < count. */
  void (*gather)(const struct code_query *query, const struct code_blocks *blocks, const uint32_t *ids, size_t count,
                 int32_t *dots);
};

/* The fastest form that this CPU and operating system allow. */
const struct graph_dots *graph_dots_best(void);

/* The forms that this CPU can run, slowest first; the count is returned, *forms is static storage. */
size_t graph_dots_usable(const struct graph_dots *const **forms);

#endif
