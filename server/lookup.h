/* From a word to its vector: what becomes of one that the vocabulary does not have as it is written. Every route
 * that answers with more than a word's own row finds its words here. */
#ifndef WORDVEC_SERVER_LOOKUP_H
#define WORDVEC_SERVER_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "server/api.h"
#include "server/request.h"
#include "server/result.h"

/* Finds words for one request. Of several models a word's vector is the concatenation of what each has; it is of no
 * row, and a word that one of them lacks is unknown to all. */
struct lookup {
  struct reading *reading; /* owns the vectors that are made */
  float *made; /* [dim of all models], set behind lookup_begin() by who needs a vector only until the next one
                  is found: every one is made here. NULL: each has memory of its own */
  const struct api_choice *choice;
  struct word_policy policy;
  const float *zero;                 /* made when it is first needed */
  uint32_t unk_rows[API_MODELS_MAX]; /* under OOV_UNK */
  size_t letters;                    /* bytes of words, so far, whose n-grams were put together */
};

/* Prepares to find words; false, and noted in the reading, when the model cannot follow the policy. */
bool lookup_begin(struct lookup *lookup, struct reading *reading, const struct api_choice *choice,
                  struct word_policy policy);

/* Finds a word. False: *refusal says why; REFUSAL_NO_WORD only under OOV_ERROR, with near spellings if `suggest`. */
bool lookup_word(struct lookup *lookup, struct word word, bool suggest, struct found *out, struct refusal *refusal);

/* About as many multiplications as putting vectors together from the n-grams of that many bytes of words takes. */
uint64_t lookup_ngram_work(const struct lookup *lookup, size_t letters);

/* The rows of a word in each of the models, rows[choice->count], and how it was found there. STATUS_NOT_FOUND when one
 * of them lacks it, whose row is then FOUND_NO_ROW; what it gets is lookup_word()'s to say. */
enum status lookup_rows(const struct lookup *lookup, struct word word, uint32_t *rows, enum found_by *by) MUST_USE;

/* Counts a word that lookup_rows() looked up, by what became of it: lookup_word() counts by itself. */
void lookup_count(const struct lookup *lookup, enum found_by by);

/* What the policy gives for any unknown word, whatever it is. STATUS_NOT_FOUND where it does not give a vector without
 * knowing the word; STATUS_NO_MEMORY. */
enum status lookup_unknown(struct lookup *lookup, struct found *out) MUST_USE;

/* Finds the one word or row of a request: word, found and with_source of *result. False: noted in the reading. */
bool lookup_one(struct reading *reading, const struct api_choice *choice, const struct row_request *request,
                struct row_result *result);

/* The row that a number stands for, of one model; `index` is known to be below the count of rows. */
struct found lookup_row(const struct api_choice *choice, uint32_t index);

/* The row that the model has for unknown words: that of the first of <unk>, <UNK>, [UNK], UNK and unk which it has.
 * STATUS_NOT_FOUND when it has none. */
enum status lookup_unk(const struct vocabulary *vocabulary, uint32_t *row) MUST_USE;

#endif
