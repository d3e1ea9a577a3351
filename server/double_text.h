/* A float64 as decimal text. */
#ifndef WORDVEC_SERVER_DOUBLE_TEXT_H
#define WORDVEC_SERVER_DOUBLE_TEXT_H

#include <stddef.h>

enum { DOUBLE_TEXT_MAX = 32 }; /* bytes of the longest "-1.7976931348623157e+308", with ".0" and a terminator */

/* Writes a finite value, and returns how many bytes: the shortest of %.15g, %.16g and %.17g that reads back to it, with
 * ".0" behind what looks like an integer. At most DOUBLE_TEXT_MAX bytes of `to` are touched. */
size_t double_text_write(char *to, double value);

#endif
