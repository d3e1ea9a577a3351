/* Words made UTF-8 for those who want that, and any bytes shown to a person. */
#ifndef WORDVEC_STORE_IMPORT_ENCODING_H
#define WORDVEC_STORE_IMPORT_ENCODING_H

#include <stddef.h>

#include "store/bytes.h"
#include "store/status.h"

/* Appends the bytes with each maximal subpart of an ill-formed sequence (see store/utf8.h) replaced by U+FFFD. Fails as
 * bytes_append() does. */
enum status encoding_repair(const char *bytes, size_t length, struct bytes *out) MUST_USE;

/* Writes the bytes, in double quotes, as terminated printable UTF-8 of at most size - 1 bytes (size at least 16): what
 * is invalid or cannot be seen is escaped (\x1F, \u00A0), and what does not fit is replaced by "…". Returns text. */
const char *encoding_show(const char *bytes, size_t length, char *text, size_t size);

/* The same without the quotes: for names of files, in which nearly always nothing is escaped. */
const char *encoding_show_name(const char *name, char *text, size_t size);

#endif
