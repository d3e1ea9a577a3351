/* In which form an answer goes out: what the `format` parameter says, else what Accept prefers (RFC 9110, 12.5.1). */
#ifndef WORDVEC_SERVER_REPRESENTATION_H
#define WORDVEC_SERVER_REPRESENTATION_H

#include <stdbool.h>

#include "server/refusal.h"

enum representation {
  REPRESENTATION_JSON,
  REPRESENTATION_NPY,
  REPRESENTATION_OCTETS, /* the bare floats */
  REPRESENTATION_COUNT
};

enum { SHAPE_TEXT = 64 }; /* room for "2,4,50", the shape that goes with bare floats */

/* "application/json", "application/x-npy", "application/octet-stream". */
const char *representation_media_type(enum representation representation);

/* The values of the `format` parameter in the order of the enum: "json", "npy", "octet-stream". */
extern const char *const representation_names[REPRESENTATION_COUNT];

/* Which of them a route has; where the first two are all there is, they are also whether it has binary ones. */
enum representations {
  REPRESENTATIONS_JSON = false,
  REPRESENTATIONS_JSON_FIRST = true,
  REPRESENTATIONS_NPY_FIRST /* all three; who says nothing gets .npy */
};

/* The representation that `accept` (NULL or empty: anything) likes best among those that a route has: highest quality,
 * then the more specific range, then the earlier one, then the first of the route. False, with REFUSAL_NOT_ACCEPTABLE,
 * when it likes none. */
bool representation_of_accept(const char *accept, enum representations has, enum representation *out,
                              struct refusal *refusal);

#endif
