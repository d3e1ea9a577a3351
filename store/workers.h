/* Threads that share one kind of work, start together and end together. They run at a lower priority than the thread
 * that starts them: what they do takes long, and somebody waits for what others do. */
#ifndef WORDVEC_STORE_WORKERS_H
#define WORDVEC_STORE_WORKERS_H

#include <pthread.h>

#include "store/status.h"

struct workers {
  unsigned count;
  pthread_t *threads;
  void (*work)(void *context);
  void *context;
};

/* Starts `count` >= 1 threads that each call work(context) once. The struct may not be moved while they run. Not
 * STATUS_OK: some may run all the same, so that the caller, once it has told them to end, calls workers_join(). */
enum status workers_start(struct workers *workers, unsigned count, void (*work)(void *context), void *context) MUST_USE;

/* Waits until all have returned from work(). A struct of zeros is no threads. */
void workers_join(struct workers *workers);

#endif
