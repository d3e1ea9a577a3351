/* Decimal text → the nearest float32 (ties to even), whatever the process's locale.
 *
 * Grammar: [+-] digits [. digits] [(e|E) [+-] digits] with a digit before or after the point, or [+-] and one of nan,
 * inf, infinity in any case. Nothing else is a number: no hexadecimal, no decimal comma, no leading blank. */
#ifndef WORDVEC_STORE_IMPORT_FLOAT_PARSE_H
#define WORDVEC_STORE_IMPORT_FLOAT_PARSE_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>

enum float_kind {
  FLOAT_NONE,      /* no number begins here */
  FLOAT_FINITE,    /* denormals and zeros of either sign included */
  FLOAT_NOT_FINITE /* nan, inf, or a number that rounds to infinity */
};

/* The "C" locale, for the few numbers that are handed to the C library: make one and keep it. NULL when there is no
 * memory; freed with freelocale(). */
locale_t float_parse_locale(void);

/* Reads the longest number that begins at *text and ends at or before `end`, and moves *text behind it. What follows
 * is for the caller to judge ("0x10" is the number 0 followed by an x). On FLOAT_NONE nothing is changed; on
 * FLOAT_NOT_FINITE *value is what rounding gives. Never reads at or beyond `end`. */
enum float_kind float_parse(locale_t locale, const char **text, const char *end, float *value);

/* Reads up to `count` numbers with exactly one space (0x20) between neighbours and returns how many it read; *text is
 * then behind the last of them (unmoved when there is none). A number that is followed by anything but a space or
 * `end` is not read. *finite is set to whether all that were read are finite. */
size_t float_parse_run(locale_t locale, const char **text, const char *end, float *values, size_t count, bool *finite);

#endif
