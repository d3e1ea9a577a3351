/* Exact search for many callers at once, on threads of its own. Whoever waits for the same rows is answered in the same
 * pass over them, and a pass is split between all threads: one query has all of them to itself, and many queries
 * read the matrix once.
 *
 * A pass takes some queries of every caller that waits for its rows, so that one who brings a thousand holds up nobody
 * for long; callers with other rows take turns with them. */
#ifndef WORDVEC_STORE_SEARCH_SCANNER_H
#define WORDVEC_STORE_SEARCH_SCANNER_H

#include "store/search/exact.h"

struct scanner;

/* Starts `threads` >= 1 threads; a pass takes at most `most` >= 1 queries. STATUS_NO_MEMORY, also for threads that
 * cannot be had. */
enum status scanner_new(const struct kernel *kernel, unsigned threads, size_t most, struct scanner **out) MUST_USE;

/* exact_search() by the threads of the scanner; it returns when all queries are answered. Callers that share a pass are
 * those with the same `rows` (the pointer). STATUS_NO_MEMORY; STATUS_BUSY when the scanner was stopped first. Hits and
 * found are then undefined. Thread-safe. */
enum status scanner_search(struct scanner *scanner, const struct rows *rows, const struct exact_query *queries,
                           size_t count, struct hit *const *hits, size_t *found) MUST_USE;

/* How many callers have queries that no pass has taken yet. */
size_t scanner_waiting(struct scanner *scanner);

/* Passes up to now by how many queries each took: sizes[i] of up to 1 << i and more than sizes[i - 1] are of, the last
 * of more than all others. */
enum { SCANNER_SIZES = 12 };
struct scanner_tally {
  uint64_t sizes[SCANNER_SIZES];
  uint64_t queries; /* of all of them */
};
void scanner_tally(struct scanner *scanner, struct scanner_tally *out);

/* Ends all searches, those under way too, with STATUS_BUSY, and every later one. Returns without waiting for them. */
void scanner_stop(struct scanner *scanner);

/* Stops, and frees when no search is under way any more: callers must have returned. NULL is allowed. */
void scanner_free(struct scanner *scanner);

#endif
