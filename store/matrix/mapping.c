/* Maps of files, and the one signal handler that keeps a lost file from ending the process.
 *
 * The kernel takes pages behind a file's new end out of all maps, first those behind it and only then the rest of the
 * page that the end lies in, which reads as zeros without a signal. So the last bytes of a map tell of any cut: if
 * zeros can have been read anywhere, they are gone. A page that cannot be read from the disk is a SIGBUS, too; the
 * handler replaces the whole map then, and the last bytes with it. */
#include "store/matrix/mapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where a map lies, for the signal handler: it is told an address and nothing else, so this list is the process's.
 * Slots are added in front and never freed, only used again: a handler may be walking over them at any time. */
struct slot {
  atomic_uintptr_t start; /* 0: free. Written last, cleared first */
  atomic_size_t length;
  struct slot *next;
};

static _Atomic(struct slot *) slots;
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER; /* of those who add, not of the handler */
static pthread_once_t handler_installed = PTHREAD_ONCE_INIT;
static struct sigaction action_before;

struct mapping {
  const unsigned char *data;
  size_t length;
  uint64_t seal; /* its last 8 bytes */
  struct slot *slot;
};

/* Makes the map that the address lies in one of zeros; false: there is none. In one call for the whole map: page by
 * page, a search over a large matrix would fault a hundred thousand times, and need as many maps. Of the calls in here
 * mmap() is not on POSIX's list of those that a handler may make, but here it is a bare system call. */
static bool replace_map(uintptr_t address) {
  for (struct slot *slot = atomic_load(&slots); slot; slot = slot->next) {
    uintptr_t start = atomic_load(&slot->start);
    size_t length = atomic_load(&slot->length);
    /* The slot may have been given to another map in between: then start has changed. */
    if (start == 0 || address - start >= length || atomic_load(&slot->start) != start) continue;
    const int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    return mmap((void *)start, length, PROT_READ, flags, -1, 0) != MAP_FAILED;
  }
  return false;
}

static void on_bus_error(int number, siginfo_t *info, void *context) {
  int error = errno;
  (void)context;
  /* Sent by a process it has no address. */
  bool sent = info->si_code <= 0;
  if (sent || !replace_map((uintptr_t)info->si_addr)) {
    /* None of ours: the instruction faults again on return, now as it would have without this handler. */
    sigaction(SIGBUS, &action_before, NULL);
    if (sent) raise(number);
  }
  errno = error;
}

static void install_handler(void) {
  struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &action_before);
}

/* A free slot, kept from others by a start that no map has; NULL without memory. */
static struct slot *take_slot(void) {
  pthread_mutex_lock(&slots_lock);
  struct slot *slot = atomic_load(&slots);
  while (slot && atomic_load(&slot->start) != 0) slot = slot->next;
  if (!slot && (slot = calloc(1, sizeof *slot))) {
    slot->next = atomic_load(&slots);
    atomic_store(&slots, slot);
  }
  if (slot) {
    atomic_store(&slot->length, 0);
    atomic_store(&slot->start, UINTPTR_MAX);
  }
  pthread_mutex_unlock(&slots_lock);
  return slot;
}

static size_t whole_pages(size_t length) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return (length + page - 1) / page * page;
}

/* Reads the last bytes by a system call: a file that has shrunk is then an error and no signal. */
static enum status read_seal(int fd, uint64_t length, const char *file, struct problem *problem, uint64_t *seal) {
  ssize_t got;
  do got = pread(fd, seal, sizeof *seal, (off_t)(length - sizeof *seal));
  while (got < 0 && errno == EINTR);
  if (got < 0) return problem_set_errno(problem, errno, "%s: cannot be read", file);
  if (got == (ssize_t)sizeof *seal) return STATUS_OK;
  return problem_set(problem, STATUS_DAMAGED, 0, "%s: it ended while it was being read", file);
}

enum status mapping_open(int fd, uint64_t length, const char *file, struct problem *problem, struct mapping **out) {
  uint64_t seal;
  pthread_once(&handler_installed, install_handler);
  enum status status = read_seal(fd, length, file, problem, &seal);
  if (status != STATUS_OK) return status;
  struct mapping *mapping = calloc(1, sizeof *mapping);
  struct slot *slot = mapping ? take_slot() : NULL;
  if (!slot) {
    free(mapping);
    return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  }
  void *data = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) {
    int error = errno;
    atomic_store(&slot->start, 0);
    free(mapping);
    return problem_set_errno(problem, error, "%s: cannot be mapped", file);
  }
  *mapping = (struct mapping){.data = data, .length = length, .seal = seal, .slot = slot};
  atomic_store(&slot->length, whole_pages(length));
  atomic_store(&slot->start, (uintptr_t)data);
  *out = mapping;
  return STATUS_OK;
}

void mapping_close(struct mapping *mapping) {
  if (!mapping) return;
  atomic_store(&mapping->slot->start, 0);
  munmap((void *)(uintptr_t)mapping->data, mapping->length);
  free(mapping);
}

const unsigned char *mapping_data(const struct mapping *mapping) {
  return mapping->data;
}

bool mapping_lost(const struct mapping *mapping) {
  /* Behind whatever was read before: on some CPUs loads overtake each other. */
  atomic_thread_fence(memory_order_acquire);
  const volatile uint64_t *last = (const volatile void *)(mapping->data + mapping->length - sizeof *last);
  return *last != mapping->seal;
}
