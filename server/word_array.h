/* A long list of words in a JSON body, {"words": ["the", "of", …]}, read where it lies. As a tree of jansson's a
 * million words of 8 letters took 88 MB beside their body of 11 MB, and 16 MB as a list of words; here they take
 * nothing. All else in the body is small, and jansson's to read.
 *
 * What is a word, and what is refused, is as everywhere: RFC 8259, UTF-8, no \u0000, no lone surrogates; a string, or
 * {"word_bytes": "%FF"}. */
#ifndef WORDVEC_SERVER_WORD_ARRAY_H
#define WORDVEC_SERVER_WORD_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#include "server/reading.h"
#include "store/matrix/vocabulary.h"

struct word_array {
  const char *first; /* the array's opening bracket in the body; NULL: there is no list */
  const char *end;   /* behind its closing one */
  size_t count;
  const char *at; /* what comes next: behind a bracket or a comma */
  size_t next;    /* its number */
  char *scratch;  /* room for a word that is not written as it is */
};

/* Begins to read the call as reading_begin() does, but for the array under "words" at the top, which is checked and
 * then left to *list: the rest is read as if it were empty. Elements that are no words are a 422 with their pointers;
 * more than `most` of them, too. The rest may have limits.body_bytes: else a 413. */
bool word_array_begin(struct reading *reading, const struct call *call, size_t most, struct word_array *list,
                      struct refusal *refusal);

/* The next word, valid until the one after it; false behind the last. */
bool word_array_next(struct word_array *list, struct word *out);

/* Begins again. */
void word_array_rewind(struct word_array *list);

#endif
