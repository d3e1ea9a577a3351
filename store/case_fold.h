/* Unicode's full case folding: toCasefold(X) of The Unicode Standard, section 3.13, by the statuses C and F of
 * CaseFolding.txt, so "Straße" and "STRASSE" are both "strasse", whatever the language (no Turkish rules) and the
 * process's locale. Nothing is normalised: an accent that is a character of its own stays one.
 *
 * Words are bytes. Bytes that are not UTF-8 stay as they are, and what is well-formed between them is folded, so ASCII
 * letters of a word in Latin-1 are. */
#ifndef WORDVEC_STORE_CASE_FOLD_H
#define WORDVEC_STORE_CASE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CASE_FOLD_GROWTH = 3 }; /* a folded form has at most so many times the bytes: U+0390 becomes three characters */

/* Writes the folded form of `bytes` into `out`, which has room for CASE_FOLD_GROWTH * length, and returns its length.
 * Folding a folded form changes nothing. */
size_t case_fold(const char *bytes, size_t length, char *out);

/* Whether `folded` is the folded form of `bytes`. */
bool case_fold_equals(const char *bytes, size_t length, const char *folded, size_t folded_length);

/* Of the Unicode that the library knows, 15.0.0 as 0x0F0000. A later version may fold characters that an earlier one
 * did not have, and no others (Unicode's stability policy). */
uint32_t case_fold_version(void);

#endif
