/* Threads that share a loop: work comes in numbered pieces, taken in any order by whoever is free. What a piece does
 * must not depend on who does it, so that results are the same for any number of threads. */
#ifndef WORDVEC_STORE_CREW_H
#define WORDVEC_STORE_CREW_H

#include <stdint.h>

#include "store/status.h"

struct crew;

/* A crew of `threads` >= 1 in all, the caller's among them. STATUS_NO_MEMORY when memory or threads are refused. */
enum status crew_new(unsigned threads, struct crew **out) MUST_USE;
void crew_free(struct crew *crew);

unsigned crew_size(const struct crew *crew);

/* Calls work(context, member, first, end) for pieces first … end-1 that together are 0 … count-1, each piece once and
 * at most `grain` at a time, and returns when all are done. `member` < crew_size() tells threads apart. */
void crew_share(struct crew *crew, uint32_t count, uint32_t grain,
                void (*work)(void *context, unsigned member, uint32_t first, uint32_t end), void *context);

#endif
