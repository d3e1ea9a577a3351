/* Lines of the log on their way out. Any thread adds them, one of the queue's own writes them, so that whoever reads
 * the log holds up nobody by not reading (a pipe that is full, a terminal that is stopped). The queue is bounded: what
 * finds no room is dropped and counted, as is what cannot be written (a disk that is full), and the count is told as
 * soon as a line gets through again. */
#ifndef WORDVEC_SERVER_LOG_QUEUE_H
#define WORDVEC_SERVER_LOG_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/status.h"

enum { LOG_LINE_MAX = 2048 /* bytes of a line, its line feed included */ };

struct log_queue;

struct log_queue_options {
  int descriptor; /* borrowed; it may block */
  size_t bytes;   /* of the lines that wait: at least 8 * LOG_LINE_MAX */

  /* Counts lines that were dropped, on any thread; it must not wait. */
  void (*count)(void *context, uint64_t dropped);

  /* Writes the line that tells how many, and returns its length. */
  size_t (*tell)(void *context, uint64_t dropped, char line[LOG_LINE_MAX]);

  void *context;
};

/* STATUS_NO_MEMORY, also for a thread that cannot be had. */
enum status log_queue_new(const struct log_queue_options *options, struct log_queue **out) MUST_USE;

/* Adds a line, which ends in a line feed and has no other. The last eighth of the room is for those that matter. Waits
 * for nothing but other threads that add a line. */
void log_queue_add(struct log_queue *queue, const char *line, size_t length, bool matters);

/* Writes what waits, for so many milliseconds at most; whatever is added from now on is dropped. */
void log_queue_end(struct log_queue *queue, int milliseconds);

/* Frees it, when it was ended and nobody adds to it any more; NULL is allowed. Where writing to a descriptor blocks
 * that poll() found ready, the queue and its thread are left to the end of the process. */
void log_queue_free(struct log_queue *queue);

#endif
