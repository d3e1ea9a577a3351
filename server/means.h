/* Means of what was found for the terms of a request. */
#ifndef WORDVEC_SERVER_MEANS_H
#define WORDVEC_SERVER_MEANS_H

#include "server/reading.h"
#include "server/request_similarity.h"
#include "server/result_similarity.h"

struct means_options {
  uint32_t dim;
  bool unit_words;   /* words and rows count as unit vectors, */
  bool unit_vectors; /* and so do vectors of the request's own */
  bool unit_mean;    /* the mean becomes one */
};

/* The mean of a list: *out is of no row, and has no vector when nothing of the list has one, or no weight. `terms`,
 * NULL: all weigh 1, are those that the list was found for. The vector is the reading's. False: refused. */
bool means_of(struct reading *reading, const struct named_list *list, const struct search_term *terms,
              const struct means_options *options, struct found *out);

#endif
