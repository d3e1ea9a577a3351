/* A service for fuzz targets, and a judge of whatever its handlers answer. Without Check: what must hold and does not
 * ends the process, which is what libFuzzer looks for. */
#ifndef WORDVEC_TESTS_SUPPORT_FUZZ_SERVICE_H
#define WORDVEC_TESTS_SUPPORT_FUZZ_SERVICE_H

#include <stdint.h>

#include "server/call.h"
#include "server/routes.h"

/* Ends the process unless it holds. */
void fuzz_demand(bool holds, const char *what);

/* The one service of the process, made at the first call: small limits, and the models "zoo" (fixture_zoo()), "grams"
 * (three dimensions, n-grams, a row for unknown words) and "linked" (a graph). */
struct service *fuzz_service(void);

/* The route that the input begins with, a path and a line feed, which are skipped; NULL: none, or not under these
 * methods. By name, so that what is kept of inputs means the same when routes come and go. */
const struct route *fuzz_route(unsigned methods, const uint8_t **data, size_t *size);

/* Lets the route's handler answer the call, and judges: the answer is what its media type says, a refusal is whole, and
 * all memory is given back. */
void fuzz_answer(const struct route *route, struct call *call);

/* What a byte of the input chooses of a call: its Accept, and whether others wait for the thread. */
void fuzz_choose(struct call *call, unsigned choice);

#endif
