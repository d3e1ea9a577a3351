/* Writes a float32 as text: the shortest decimal digits that read back to the same float32, the nearest to the true
 * value among those (the even one when two are). After R. Giulietti, "The Schubfach way to render doubles", 2020. */
#ifndef WORDVEC_STORE_FLOAT_TEXT_H
#define WORDVEC_STORE_FLOAT_TEXT_H

#include <stddef.h>

enum { FLOAT_TEXT_MAX = 32 /* bytes that float_text_write() may touch */ };

/* Writes `value`, which must be finite, at `out` and returns the number of bytes written (no terminator). The layout is
 * that of Python's repr(): "0.1", "1.0", "-0.0", "100000.0", "1e-05", "1.5e+16"; exponents from -4 to 15 are written
 * out, others as e±NN. Valid JSON. Bytes behind the text, within FLOAT_TEXT_MAX, may be overwritten. */
size_t float_text_write(char out[FLOAT_TEXT_MAX], float value);

#endif
