/* A query of a search made ready: its words found, the sum or product of them made, its scope told in rows. */
#ifndef WORDVEC_SERVER_QUERY_H
#define WORDVEC_SERVER_QUERY_H

#include <stdbool.h>

#include "server/lookup.h"
#include "server/request.h"
#include "store/matrix/join.h"
#include "store/search/exact.h"

/* The rows of a list of candidates, as a policy finds them. */
struct candidate_rows {
  const struct candidate_rows *next;
  const struct search_term *of;
  struct word_policy policy;
  const uint32_t *rows; /* ascending and without repeats */
  size_t count;
};

/* What makes the queries of one request. Memory is the reading's. It points into itself: it stays where it is. */
struct query_maker {
  struct reading *reading;
  const struct api_choice *choice;
  const struct rows *rows; /* of the model, or of several joined: numbers of rows are in these */
  struct join *join;       /* NULL: one model is asked */
  bool postponed;          /* the models are not joined yet, and the call is hurried: nothing was refused */
  struct join_rows joined;
  bool suggest;                            /* near spellings of unknown words are wanted */
  struct lookup lookup;                    /* of the policy that was followed last */
  const struct candidate_rows *candidates; /* all that were found so far */
};

/* It points into itself: it stays where it was made. */
struct query {
  struct exact_query exact;
  struct exact_scope scope;
  struct cosmul product;
  bool narrowed; /* no graph can answer it: not every row may be in the answer, or rows are not compared by a
                    cosine */
  const struct found *found; /* of each term */
};

/* Begins; false, and refused or postponed, when the models cannot be searched together, or not now. query_maker_end()
 * is due in any case, when the answer is written. */
bool query_maker_begin(struct query_maker *maker, struct reading *reading, const struct api_choice *choice,
                       bool suggest);
void query_maker_end(struct query_maker *maker);

/* Words are found by that policy from here on. False: the model cannot, and the reading says so. */
bool query_follow(struct query_maker *maker, struct word_policy policy);

/* Notes in the reading a vector that has not the model's dimension; `base` is the pointer of the object with the term.
 */
void query_check(struct query_maker *maker, const char *base, const struct search_term *term);

/* Finds what a term stands for; a vector is its own, of no row. False: *refusal says why. */
bool query_find(struct query_maker *maker, const char *base, const struct search_term *term, struct found *out,
                struct refusal *refusal);

/* The row that is a term's own: FOUND_NO_ROW when it has none. False: *refusal says why. */
bool query_row(const struct query_maker *maker, const struct search_term *term, const struct found *found,
               uint32_t *row, struct refusal *refusal);

/* Makes a query, by its own policy. False: *refusal says why. */
bool query_make(struct query_maker *maker, const struct neighbors_query *asked, struct query *out,
                struct refusal *refusal);

/* How terms were found, for an answer that says so if the policy was said. */
struct sources query_sources(const struct query_maker *maker, struct word_policy policy, const struct found *found,
                             size_t count, bool listed);

/* Searches; hits and found as exact_search() has them. False: refused in the reading's refusal. */
bool query_search(const struct query_maker *maker, const struct exact_query *queries, size_t count,
                  struct hit *const *hits, size_t *found);

/* Refuses what is wrong with the value at `pointer`; false, for the caller to return. */
bool query_refuse(struct refusal *refusal, const char *pointer, const char *detail);

#endif
