/* Judges the text of a float32 by exact integer arithmetic that shares nothing with store/float_text.c. */
#ifndef WORDVEC_TESTS_SUPPORT_FLOAT_ORACLE_H
#define WORDVEC_TESTS_SUPPORT_FLOAT_ORACLE_H

#include <stddef.h>

enum { FLOAT_ORACLE_TEN = 55 /* the largest power of ten, of either sign, in a text that is looked into */ };

/* Constants: fill with float_oracle_init(), then share freely between threads. */
struct float_oracle {
  unsigned __int128 five[FLOAT_ORACLE_TEN + 1]; /* exact powers of five */
  double ten[2 * FLOAT_ORACLE_TEN + 1];         /* about 10^(i - FLOAT_ORACLE_TEN) */
};

void float_oracle_init(struct float_oracle *oracle);

/* NULL when text[0 .. length) is the text that store/float_text.h promises for `value` (finite, any sign): it reads
 * back to the same float32, no text with fewer digits does, no other with as many digits is nearer (an even last digit
 * where two are equally near), and it is laid out as promised. Otherwise what is wrong, in a few words. */
const char *float_oracle_fault(const struct float_oracle *oracle, float value, const char *text, size_t length);

#endif
