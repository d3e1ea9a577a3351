/* UTF-8 as Unicode defines it (The Unicode Standard, section 3.9, table 3-7): no overlong forms, no surrogates,
 * nothing above U+10FFFF. Words are bytes; this tells which of them are also text. */
#ifndef WORDVEC_STORE_UTF8_H
#define WORDVEC_STORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_ILL_FORMED 0xFFFFFFFFu

/* U+FFFD, what stands for ill-formed bytes where text is needed, in UTF-8. */
#define UTF8_REPLACEMENT "\xEF\xBF\xBD"

/* Reads the code point at `bytes`, of which `length` >= 1 are there, and returns how many bytes it takes. Where there
 * is none, *code_point is UTF8_ILL_FORMED and the return value the length of the maximal subpart of an ill-formed
 * sequence, for which Unicode recommends one U+FFFD (as Python's errors="replace" does). */
size_t utf8_next(const char *bytes, size_t length, uint32_t *code_point);

bool utf8_valid(const char *bytes, size_t length);

#endif
