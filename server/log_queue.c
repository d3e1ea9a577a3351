/* A ring of bytes under a lock. What the writing thread takes out is whole lines of no more than a pipe takes at once:
 * so lines of several processes do not mix, and a pipe that poll() finds ready does not block.
 *
 * A thread that adds a line wakes the writer only where that waits for nothing else: after each write it lets lines
 * gather for a moment, so that under load most are added without a system call. */
#include "server/log_queue.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/clock.h"

enum {
  CHUNK_BYTES = PIPE_BUF,
  GATHER_MILLISECONDS = 5,
  POLL_MILLISECONDS = 100, /* after which a blocked writer looks whether it is to end */
  GRACE_MILLISECONDS = 300 /* after the deadline, for a writer that looks only then and when */
};

_Static_assert((int)LOG_LINE_MAX <= (int)CHUNK_BYTES, "a chunk holds a line at least");

struct log_queue {
  struct log_queue_options options;
  pthread_t writer;
  pthread_mutex_t lock;
  pthread_cond_t wake; /* the writer */
  pthread_cond_t done; /* `ended` */
  size_t at, used;     /* of the ring */
  bool idle;           /* the writer waits for a line */
  bool ending, ended;
  int64_t deadline; /* of clock_milliseconds(), once it is ending */
  uint64_t untold;  /* lines that were dropped since that was told last */
  char ring[];
};

static struct timespec after(int milliseconds) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  time.tv_nsec += milliseconds * 1000000L;
  time.tv_sec += time.tv_nsec / 1000000000L;
  time.tv_nsec %= 1000000000L;
  return time;
}

/* Copies bytes out of the ring, or into it; `at` is a place in it, wherever that is. */
static void copy_out(const struct log_queue *queue, size_t at, char *out, size_t length) {
  size_t size = queue->options.bytes, start = at % size, first = size - start < length ? size - start : length;
  memcpy(out, queue->ring + start, first);
  memcpy(out + first, queue->ring, length - first);
}

static void copy_in(struct log_queue *queue, size_t at, const char *from, size_t length) {
  size_t size = queue->options.bytes, start = at % size, first = size - start < length ? size - start : length;
  memcpy(queue->ring + start, from, first);
  memcpy(queue->ring, from + first, length - first);
}

/* Takes as many whole lines as fit into a chunk. */
static size_t take(struct log_queue *queue, char chunk[CHUNK_BYTES]) {
  size_t length = queue->used < CHUNK_BYTES ? queue->used : CHUNK_BYTES;
  copy_out(queue, queue->at, chunk, length);
  while (length > 0 && chunk[length - 1] != '\n') length--;
  queue->at = (queue->at + length) % queue->options.bytes;
  queue->used -= length;
  return length;
}

static uint64_t lines_of(const char *text, size_t length) {
  uint64_t count = 0;
  for (const char *at = text; (at = memchr(at, '\n', length - (size_t)(at - text))); at++) count++;
  return count;
}

/* Whether it is to end now; the lock is held. */
static bool is_late(const struct log_queue *queue) {
  return queue->ending && clock_milliseconds() >= queue->deadline;
}

static bool gives_up(struct log_queue *queue) {
  pthread_mutex_lock(&queue->lock);
  bool late = is_late(queue);
  pthread_mutex_unlock(&queue->lock);
  return late;
}

/* Writes all, unless that fails or the queue ends before somebody reads. */
static bool write_out(struct log_queue *queue, const char *text, size_t length) {
  while (length > 0) {
    struct pollfd wait = {.fd = queue->options.descriptor, .events = POLLOUT};
    if (poll(&wait, 1, POLL_MILLISECONDS) <= 0) {
      if (gives_up(queue)) return false;
      continue;
    }
    ssize_t written = write(wait.fd, text, length);
    if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (written < 0) continue;
    text += written;
    length -= (size_t)written;
  }
  return true;
}

/* The lock is held. */
static void drop(struct log_queue *queue, uint64_t lines) {
  queue->untold += lines;
  queue->options.count(queue->options.context, lines);
}

/* Tells how many were dropped since that was told last. The lock is held, and given away meanwhile. */
static void tell_dropped(struct log_queue *queue) {
  char line[LOG_LINE_MAX];
  uint64_t dropped = queue->untold;
  if (dropped == 0) return;
  queue->untold = 0;
  pthread_mutex_unlock(&queue->lock);
  bool told = write_out(queue, line, queue->options.tell(queue->options.context, dropped, line));
  pthread_mutex_lock(&queue->lock);
  if (!told) queue->untold += dropped;
}

/* Lets lines gather, but while they are many, or it ends. */
static void gather(struct log_queue *queue) {
  struct timespec moment = after(GATHER_MILLISECONDS);
  int error = 0;
  while (!queue->ending && queue->used < CHUNK_BYTES && error != ETIMEDOUT)
    error = pthread_cond_timedwait(&queue->wake, &queue->lock, &moment);
}

static void *write_on(void *argument) {
  struct log_queue *queue = argument;
  char chunk[CHUNK_BYTES];
  pthread_mutex_lock(&queue->lock);
  for (;;) {
    while (queue->used == 0 && !queue->ending) {
      queue->idle = true;
      pthread_cond_wait(&queue->wake, &queue->lock);
    }
    queue->idle = false;
    size_t length = take(queue, chunk);
    if (length == 0) break; /* it is ending, and nothing is left */
    pthread_mutex_unlock(&queue->lock);
    bool written = write_out(queue, chunk, length);
    pthread_mutex_lock(&queue->lock);
    if (written)
      tell_dropped(queue);
    else
      drop(queue, lines_of(chunk, length)); /* or the rest of them */
    if (is_late(queue)) break;
    gather(queue);
  }
  for (size_t length; (length = take(queue, chunk)) > 0;) drop(queue, lines_of(chunk, length));
  queue->ended = true;
  pthread_cond_signal(&queue->done);
  pthread_mutex_unlock(&queue->lock);
  return NULL;
}

/* No signal is for it: it would run a handler that others rely on. */
static int start_writer(struct log_queue *queue) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int error = pthread_create(&queue->writer, NULL, write_on, queue);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

static void free_queue(struct log_queue *queue) {
  pthread_cond_destroy(&queue->wake);
  pthread_cond_destroy(&queue->done);
  pthread_mutex_destroy(&queue->lock);
  free(queue);
}

enum status log_queue_new(const struct log_queue_options *options, struct log_queue **out) {
  struct log_queue *queue = calloc(1, sizeof *queue + options->bytes);
  pthread_condattr_t monotonic;
  if (!queue) return STATUS_NO_MEMORY;
  queue->options = *options;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&queue->lock, NULL);
  pthread_cond_init(&queue->wake, &monotonic);
  pthread_cond_init(&queue->done, &monotonic);
  pthread_condattr_destroy(&monotonic);
  if (start_writer(queue) != 0) {
    free_queue(queue);
    return STATUS_NO_MEMORY;
  }
  *out = queue;
  return STATUS_OK;
}

void log_queue_add(struct log_queue *queue, const char *line, size_t length, bool matters) {
  size_t size = queue->options.bytes;
  pthread_mutex_lock(&queue->lock);
  size_t kept = matters ? 0 : size / 8;
  bool fits = !queue->ending && queue->used + kept + length <= size;
  if (fits) {
    copy_in(queue, queue->at + queue->used, line, length);
    queue->used += length;
  } else {
    drop(queue, 1);
  }
  bool wakes = fits && (queue->idle || queue->used >= CHUNK_BYTES);
  queue->idle = false;
  if (wakes) pthread_cond_signal(&queue->wake);
  pthread_mutex_unlock(&queue->lock);
}

void log_queue_end(struct log_queue *queue, int milliseconds) {
  struct timespec last = after(milliseconds + GRACE_MILLISECONDS);
  int error = 0;
  pthread_mutex_lock(&queue->lock);
  if (!queue->ending) queue->deadline = clock_milliseconds() + milliseconds;
  queue->ending = true;
  pthread_cond_signal(&queue->wake);
  while (!queue->ended && error != ETIMEDOUT) error = pthread_cond_timedwait(&queue->done, &queue->lock, &last);
  pthread_mutex_unlock(&queue->lock);
}

void log_queue_free(struct log_queue *queue) {
  if (!queue) return;
  pthread_mutex_lock(&queue->lock);
  bool ended = queue->ended;
  pthread_mutex_unlock(&queue->lock);
  if (!ended) return;
  pthread_join(queue->writer, NULL);
  free_queue(queue);
}
