/* Joins of the models that requests search together, kept from one request to the next: making one takes a pass over
 * all words of the models. */
#ifndef WORDVEC_SERVER_JOINS_H
#define WORDVEC_SERVER_JOINS_H

#include "store/matrix/join.h"

struct joins;

/* Keeps up to `bytes` of them, the latest first. STATUS_NO_MEMORY. */
enum status joins_new(size_t bytes, struct joins **out) MUST_USE;
void joins_free(struct joins *joins); /* NULL is allowed; joins that are held stay */

/* The join of these models, the caller's to join_drop(): one that is kept, or a new one. One is made at a time, and
 * others wait for it: they are apt to ask for the same one, and it takes memory. Statuses are those of join_new().
 * Thread-safe. */
enum status joins_get(struct joins *joins, struct model *const *models, size_t count, struct join **out) MUST_USE;

#endif
