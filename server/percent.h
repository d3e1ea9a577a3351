/* Percent-encoding (RFC 3986, section 2.1): how a word's bytes stand in a URL and under "word_bytes". */
#ifndef WORDVEC_SERVER_PERCENT_H
#define WORDVEC_SERVER_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "store/bytes.h"

/* Appends the bytes with everything encoded but letters, digits and "-._~". Fails as bytes_reserve() does. */
enum status percent_encode(struct bytes *out, const char *bytes, size_t length) MUST_USE;

/* Decodes `length` bytes into `out`, which has room for as many and may be `text`; returns how many they are. A '%'
 * without two hexadecimal digits behind it stays; '+' becomes a space, as in query strings, where `plus` says so. */
size_t percent_decode(const char *text, size_t length, bool plus, char *out);

/* Where the first such '%' is; `length` where there is none. */
size_t percent_broken(const char *text, size_t length);

#endif
