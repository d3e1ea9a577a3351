/* Work that takes too long for the threads that talk to clients: a bounded queue, and threads that take from it. */
#ifndef WORDVEC_SERVER_BACKLOG_H
#define WORDVEC_SERVER_BACKLOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/status.h"

struct backlog;

/* One piece of work, part of something of the caller's that lives until it is done. */
struct backlog_task {
  struct backlog_task *next;
  int64_t deadline; /* of clock_microseconds() */
};

/* Does a task, exactly once, on a thread of the backlog or, when late, on one that calls a function of it. `late`: its
 * deadline has passed, or the backlog ends; then it must not take long. The backlog does not touch the task any more.
 */
typedef void backlog_work(void *context, struct backlog_task *task, bool late);

struct backlog_options {
  unsigned threads; /* at least 1 */
  size_t length;    /* of the queue: tasks that no thread has taken yet, at least 1 */
  unsigned seconds; /* that a task may wait for a thread */
  backlog_work *work;
  void *context;
  atomic_size_t *waiting; /* is kept at how many places are taken; NULL: nobody wants to know */
};

/* STATUS_NO_MEMORY, also for threads that cannot be had. */
enum status backlog_new(const struct backlog_options *options, struct backlog **out) MUST_USE;

/* Takes a place in the queue, which backlog_add() then fills. False: it is full, or the backlog ends. */
bool backlog_reserve(struct backlog *backlog);

/* Queues a task into the place taken before. It may be done before this returns. */
void backlog_add(struct backlog *backlog, struct backlog_task *task);

/* Has what has waited too long done as late: to be called every second or so, for no thread may be free to. */
void backlog_turn(struct backlog *backlog);

/* Has all that waits done as late, and waits for what is under way. From now on no place is to be had, and a task for
 * one taken before is done, as late, by its own thread. */
void backlog_end(struct backlog *backlog);

/* Ends it and frees; NULL is allowed. */
void backlog_free(struct backlog *backlog);

#endif
