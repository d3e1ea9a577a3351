/* The words of a text, as averages of word vectors are usually made of them: what stands between white space, looked
 * for as it stands and then without the punctuation around it. Nothing is split inside, so that "u.s.", "don't" and
 * "state-of-the-art" are found by models that have them. */
#ifndef WORDVEC_SERVER_TEXT_WORDS_H
#define WORDVEC_SERVER_TEXT_WORDS_H

#include <stdbool.h>

#include "store/matrix/vocabulary.h"

/* Takes the next piece between white space off the front of *text, which is UTF-8; false when none is left. White space
 * is Unicode's White_Space and the separators U+001C to U+001F, as for Python's str.split(). */
bool text_words_next(struct word *text, struct word *piece);

/* A piece without the characters at its ends that are punctuation or symbols: general categories P and S of Unicode,
 * which are all of ASCII's. Empty when it is nothing else. */
struct word text_words_bare(struct word piece);

#endif
