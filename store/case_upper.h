/* Unicode's full upper case: toUppercase(X) of The Unicode Standard, section 3.13, without what depends on a language,
 * as Python's str.upper() gives it: "Straße" is "STRASSE", "ŉ" is "ʼN". Not the same classes as case folding: "ı" has
 * the upper case of "i", and another folded form.
 *
 * Bytes that are not UTF-8 stay as they are. */
#ifndef WORDVEC_STORE_CASE_UPPER_H
#define WORDVEC_STORE_CASE_UPPER_H

#include <stddef.h>

enum { CASE_UPPER_GROWTH = 3 }; /* an upper case has at most so many times the bytes: U+0390 becomes three characters */

/* Writes the upper case of `bytes` into `out`, which has room for CASE_UPPER_GROWTH * length, and returns its length.
 */
size_t case_upper(const char *bytes, size_t length, char *out);

#endif
