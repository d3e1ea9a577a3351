/* Store files as builds wrote them that kept no sum of the metadata, for tests that alter these. */
#ifndef WORDVEC_TESTS_SUPPORT_METADATA_SUM_H
#define WORDVEC_TESTS_SUPPORT_METADATA_SUM_H

#include <stddef.h>
#include <string.h>

/* Takes the sum out of the head in the bytes of a store file. */
static inline void metadata_sum_remove(void *bytes, size_t length) {
  enum { SUM_AT = 124, SUM_BYTES = 4, MARK_BYTES = 8 };
  unsigned char *head = memmem(bytes, length, "wordvec", MARK_BYTES);
  if (head) memset(head + SUM_AT, 0, SUM_BYTES);
}

#endif
