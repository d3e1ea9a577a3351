/* Reading what searches are made of: words, row numbers and vectors, alone or in lists. For request_*.c. */
#ifndef WORDVEC_SERVER_REQUEST_TERMS_H
#define WORDVEC_SERVER_REQUEST_TERMS_H

#include <stdbool.h>
#include <stddef.h>

#include "server/params.h"
#include "server/request.h"

/* The word under `name`, or its exact bytes under `encoded`; in JSON a row number may stand there as well. False: it
 * is not given, or what is wrong with it is noted. */
bool terms_read_word(struct params *params, const char *name, const char *encoded, struct search_term *out);

/* The one of word, word_bytes, index and vector that is called `name`. */
void terms_read_single(struct params *params, const char *name, struct search_term *out);

/* A JSON value as a term of the params' object: a word, a row number or a vector. */
void terms_read_value(struct params *params, struct json_t *value, const char *name, size_t place,
                      struct search_term *out);

/* Notes what keeps a vector that was in no JSON from being compared with: NaN, infinity, or that it is zero. `base` is
 * the pointer of the object that the term is of. */
void terms_check_vector(struct reading *reading, const char *base, const struct search_term *term);

/* All of a list: in JSON words, row numbers and vectors, as in gensim; words in a query string. Each gets that weight.
 * terms has room for list->count. False: there is no memory left. */
bool terms_read_list(const struct params_list *list, double weight, struct search_term *terms);

#endif
