/* From the terms of a request to their vectors: words by lookup.h, rows by their numbers, vectors as they are. */
#ifndef WORDVEC_SERVER_TERM_FINDER_H
#define WORDVEC_SERVER_TERM_FINDER_H

#include "server/lookup.h"
#include "server/request_similarity.h"
#include "server/result_similarity.h"

struct term_finder {
  struct lookup lookup;
  uint32_t dim;
  size_t found_by[FOUND_COUNT]; /* how many of them, so far */
  bool suggest;                 /* near spellings of the first unknown word are wanted */
};

/* Prepares to find terms; false, and noted in the reading, when the model cannot follow the policy. */
bool term_finder_begin(struct term_finder *finder, struct reading *reading, const struct api_choice *choice,
                       struct word_policy policy);

/* What finding the terms of a list and going over their vectors once takes, for api_stays(). */
uint64_t term_finder_work(const struct term_finder *finder, const struct term_list *list);

/* Finds the terms of a list. What is wrong with any of them is noted in the reading by its place, and others are found
 * nevertheless: so all lists of a request are gone through before reading_finish() is asked. */
void term_finder_find(struct term_finder *finder, const struct term_list *list, struct named_list *out);

/* What an answer to the request says of how they were found; in binary, only how many were found how. */
struct said term_finder_said(const struct term_finder *finder);
void term_finder_count(const struct term_finder *finder, struct reply *reply);

#endif
