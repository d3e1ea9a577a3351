/* Starting and joining threads. */
#include "store/workers.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
  /* A tenth of the share of a thread that has the usual priority, and it gives way to one at once. */
  NICENESS = 10,
  /* Address space, not memory; as the deepest JSON that the limits allow may need it. */
  STACK_BYTES = 2 << 20
};

static void *run(void *argument) {
  const struct workers *workers = argument;
  /* A thread of Linux has a priority of its own. Where it cannot be lowered, it stays as it is. */
  (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
  workers->work(workers->context);
  return NULL;
}

enum status workers_start(struct workers *workers, unsigned count, void (*work)(void *context), void *context) {
  *workers = (struct workers){.threads = calloc(count, sizeof *workers->threads), .work = work, .context = context};
  pthread_attr_t attributes;
  if (!workers->threads || pthread_attr_init(&attributes) != 0) return STATUS_NO_MEMORY;
  int error = pthread_attr_setstacksize(&attributes, STACK_BYTES);
  while (error == 0 && workers->count < count) {
    error = pthread_create(&workers->threads[workers->count], &attributes, run, workers);
    if (error == 0) workers->count++;
  }
  pthread_attr_destroy(&attributes);
  return error == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

void workers_join(struct workers *workers) {
  for (unsigned i = 0; i < workers->count; i++) pthread_join(workers->threads[i], NULL);
  free(workers->threads);
  *workers = (struct workers){0};
}
