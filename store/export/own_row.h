/* The way back from a word's vector to its own row in a fastText model, whose mean with the rows of its n-grams the
 * vector is. */
#ifndef WORDVEC_STORE_EXPORT_OWN_ROW_H
#define WORDVEC_STORE_EXPORT_OWN_ROW_H

#include "store/matrix/subwords.h"

/* Finds the row of which subwords_known_vector() makes `vector`: `dim` finite floats, which a vector that was made so
 * always has. Where there is none it is the one whose vector is nearest. `own` must not be `vector`. STATUS_NO_MEMORY.
 */
enum status own_row_find(const struct subwords *subwords, struct word word, const float *vector, float *own) MUST_USE;

#endif
