/* What a step behind the reading works with: one that derives something from all rows. */
#ifndef WORDVEC_STORE_IMPORT_IMPORT_STEP_H
#define WORDVEC_STORE_IMPORT_IMPORT_STEP_H

#include <stdint.h>

struct import_step {
  unsigned threads;                                             /* at least 1 */
  void (*progress)(void *context, uint32_t done, uint32_t all); /* called now and then by the importing thread */
  void *context;
};

#endif
