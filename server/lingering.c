/* A few descriptors under one epoll, each with an amount of bytes and a time after which it is closed anyway. */
#include "server/lingering.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/clock.h"

/* Most clients are through with a body of tens of megabytes by then; one that never ends is cut off all the same. */
enum {
  SLOTS = 64,
  MILLISECONDS = 2000,
  PATIENCE_BYTES = 64 << 20,
  READ_BYTES = 64 << 10,
  READS_A_TURN = 2 /* of one slot: as fast as it sends, nobody waits long for the lock */
};

struct slot {
  int descriptor;   /* -1: free */
  int64_t deadline; /* of clock_milliseconds() */
  size_t left;
};

struct lingering {
  int epoll;
  pthread_mutex_t lock;
  struct slot slots[SLOTS];
  char discarded[READ_BYTES];
};

enum status lingering_new(struct lingering **out) {
  struct lingering *lingering = calloc(1, sizeof *lingering);
  if (!lingering) return STATUS_NO_MEMORY;
  lingering->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (lingering->epoll < 0) {
    free(lingering);
    return STATUS_IO;
  }
  pthread_mutex_init(&lingering->lock, NULL);
  for (size_t i = 0; i < SLOTS; i++) lingering->slots[i].descriptor = -1;
  *out = lingering;
  return STATUS_OK;
}

void lingering_free(struct lingering *lingering) {
  if (!lingering) return;
  for (size_t i = 0; i < SLOTS; i++)
    if (lingering->slots[i].descriptor >= 0) close(lingering->slots[i].descriptor);
  close(lingering->epoll);
  pthread_mutex_destroy(&lingering->lock);
  free(lingering);
}

static bool take_slot(struct lingering *lingering, int descriptor) {
  for (size_t i = 0; i < SLOTS; i++) {
    struct slot *slot = &lingering->slots[i];
    if (slot->descriptor >= 0) continue;
    struct epoll_event event = {.events = EPOLLIN};
    if (epoll_ctl(lingering->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) return false;
    *slot = (struct slot){descriptor, clock_milliseconds() + MILLISECONDS, PATIENCE_BYTES};
    return true;
  }
  return false;
}

void lingering_add(struct lingering *lingering, int descriptor) {
  pthread_mutex_lock(&lingering->lock);
  bool taken = take_slot(lingering, descriptor);
  pthread_mutex_unlock(&lingering->lock);
  if (!taken) close(descriptor);
}

int lingering_descriptor(const struct lingering *lingering) {
  return lingering->epoll;
}

/* Whether the slot is still worth keeping. */
static bool discard(struct lingering *lingering, struct slot *slot) {
  ssize_t got = 1;
  for (int i = 0; i < READS_A_TURN && got > 0 && slot->left > 0; i++) {
    got = recv(slot->descriptor, lingering->discarded, sizeof lingering->discarded, MSG_DONTWAIT);
    if (got > 0) slot->left -= (size_t)got < slot->left ? (size_t)got : slot->left;
  }
  return got != 0 && slot->left > 0 && clock_milliseconds() < slot->deadline;
}

void lingering_turn(struct lingering *lingering) {
  pthread_mutex_lock(&lingering->lock);
  for (size_t i = 0; i < SLOTS; i++) {
    struct slot *slot = &lingering->slots[i];
    if (slot->descriptor < 0 || discard(lingering, slot)) continue;
    close(slot->descriptor); /* which also takes it out of the epoll, as nobody else holds it any more */
    slot->descriptor = -1;
  }
  pthread_mutex_unlock(&lingering->lock);
}
