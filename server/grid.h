/* Lays the rows of a grid request out as cells of one width: padding, truncating, mask. */
#ifndef WORDVEC_SERVER_GRID_H
#define WORDVEC_SERVER_GRID_H

#include "server/api.h"
#include "server/request.h"
#include "server/result.h"

/* Whether the answer stays within `answer_floats`; noted in the reading where not. To be asked before much is looked
 * up.
 */
bool grid_fits(struct reading *reading, const struct grid_request *request, const struct api_choice *choice);

/* Makes *out of `found`, which has request->total elements and stays in use where there is nothing to pad; those by
 * FOUND_PADDING get the vector that padding has. Memory comes from the reading. `answer_floats` bounds count * width *
 * dim. False: noted in the reading. */
bool grid_lay_out(struct reading *reading, const struct grid_request *request, const struct api_choice *choice,
                  struct found *found, struct grid_result *out);

#endif
