/* The words that an evaluation knows: of the model's first rows, each form with the first row that has it. As gensim
 * has it, forms are upper cases where case does not count. */
#ifndef WORDVEC_SERVER_EVAL_WORDS_H
#define WORDVEC_SERVER_EVAL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/ask.h"

struct eval_words;

/* Asks for the words of the model. They are of the rows that --restrict-vocab leaves. False: standard error was told.
 */
bool eval_words_new(struct ask *ask, const struct options *options, struct eval_words **out);
void eval_words_free(struct eval_words *words); /* NULL is allowed */

/* How many rows the model has. */
uint64_t eval_words_rows(const struct eval_words *words);

/* The row of a form; false when none has it. */
bool eval_words_find(const struct eval_words *words, struct word form, uint32_t *row);

/* Appends the form of a word to *text; fails as bytes_reserve() does. *form is borrowed until more is appended. */
enum status eval_words_form(const struct eval_words *words, struct word word, struct bytes *text,
                            struct word *form) MUST_USE;

#endif
