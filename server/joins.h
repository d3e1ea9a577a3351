/* Joins of the models that requests search together, kept from one request to the next: making one takes a pass over
 * all words of the models.
 *
 * Every list of models is a join of its own, its order included, and a few are kept: whoever asks for many of them must
 * not hold up those who ask for one again and again. So a join is made without the lock, a few at a time, and what was
 * asked for once makes room for the next such before anything that was asked for again does. */
#ifndef WORDVEC_SERVER_JOINS_H
#define WORDVEC_SERVER_JOINS_H

#include <stdbool.h>

#include "store/matrix/join.h"

enum { JOINS_MAKING_MOST = 2 /* at a time: each takes a core, and memory that grows with the words */ };

struct joins;

/* How joins are made: join_new(). */
typedef enum status joins_maker(struct model *const *models, size_t count, struct join **out);

/* Keeps up to `bytes` of them. `queue`: how many callers may wait until they can make theirs; when models are swapped
 * quickly, each pair of versions is a join of its own. STATUS_NO_MEMORY. */
enum status joins_new(size_t bytes, size_t queue, joins_maker *make, struct joins **out) MUST_USE;
void joins_free(struct joins *joins); /* NULL is allowed; joins that are held stay */

/* The join of these models, the caller's to join_drop(): one that is kept, or one that is made now, by this caller or
 * by another, who is waited for. A caller in a hurry gets only what is kept, else STATUS_NOT_FOUND. STATUS_BUSY: as
 * many others are being made as may be, and as many callers wait as may. Statuses else are those of join_new().
 * Thread-safe. */
enum status joins_get(struct joins *joins, struct model *const *models, size_t count, bool hurried,
                      struct join **out) MUST_USE;

/* Makes no more: who waits for a turn, and who comes, gets STATUS_BUSY unless the join is kept. What is being made is
 * finished. */
void joins_stop(struct joins *joins);

/* How many callers wait for what others make, or until they can make theirs. */
size_t joins_waiting(struct joins *joins);

#endif
