/* Bytes as text of A-Z, a-z, 0-9, '+' and '/', padded with '=' to a multiple of four (RFC 4648, section 4). */
#ifndef WORDVEC_SERVER_BASE64_H
#define WORDVEC_SERVER_BASE64_H

#include <stddef.h>

/* The length of the text of `length` bytes; `length` is at most SIZE_MAX / 2. */
static inline size_t base64_length(size_t length) {
  return (length + 2) / 3 * 4;
}

/* Writes base64_length(length) characters, and no terminator. */
void base64_encode(const void *bytes, size_t length, char *out);

#endif
