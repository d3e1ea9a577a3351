/* Words are bytes; this is for those who want them to be UTF-8, and for showing any bytes to a person. */
#ifndef WORDVEC_STORE_IMPORT_ENCODING_H
#define WORDVEC_STORE_IMPORT_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/bytes.h"
#include "store/status.h"

/* The code point that begins at bytes[0] (`length` is at least 1): returns how many bytes it takes, and its number in
 * *code_point. Where the bytes are not UTF-8 (RFC 3629: no overlong forms, surrogates, or numbers over 10FFFF),
 * *code_point is UINT32_MAX and the length is that of the maximal invalid subsequence (Unicode, table 3-7). */
size_t encoding_next(const char *bytes, size_t length, uint32_t *code_point);

bool encoding_is_utf8(const char *bytes, size_t length);

/* Appends the bytes with each maximal invalid subsequence replaced by U+FFFD. Fails as bytes_append() does. */
enum status encoding_repair(const char *bytes, size_t length, struct bytes *out) MUST_USE;

/* Writes the bytes, in double quotes, as terminated printable UTF-8 of at most size - 1 bytes (size at least 16): what
 * is invalid or cannot be seen is escaped (\x1F, \u00A0), and what does not fit is replaced by "…". Returns text. */
const char *encoding_show(const char *bytes, size_t length, char *text, size_t size);

#endif
