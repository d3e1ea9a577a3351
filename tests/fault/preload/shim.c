/* Preloaded before the libraries of another process (LD_PRELOAD), it makes the calls fail that a plan names: those of
 * the program and of its libraries alike, but not what libc calls within itself. A plan can be changed at any time, so
 * that a process that runs for long can be left in peace, too. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/support/fault_plan.h"

enum { MOST_ERRORS = 4, DESCRIPTORS = 4096 };

/* The one plan of the process; NULL: nothing fails. */
static struct fault_plan *plan;

/* Eventfds only fail when 2^64 - 2 waits in one of them: to them nothing happens. */
static bool is_event[DESCRIPTORS];

struct call {
  const char *name;
  int errors[MOST_ERRORS]; /* that it may plausibly fail with; 0 ends them */
  uint32_t kinds;          /* beside FAULT_CALL */
};

/* The error that this call is to fail with, 0 for none. */
static int error_of(const struct call *call) {
  uint32_t kinds = plan ? atomic_load(&plan->kinds) & (call->kinds | FAULT_CALL) : 0;
  if (kinds == 0 || (plan->only[0] && strcmp(plan->only, call->name) != 0)) return 0;
  uint64_t number = atomic_fetch_add(&plan->count, 1) + 1;
  bool fails =
      number == plan->first || (plan->every > 0 && number > plan->first && (number - plan->first) % plan->every == 0);
  if (!fails) return 0;
  atomic_fetch_add(&plan->injected, 1);
  memcpy(plan->last, call->name, strnlen(call->name, sizeof plan->last - 1) + 1);
  if (kinds & FAULT_DISK) return ENOSPC;
  if (kinds & FAULT_INTERRUPT) return EINTR;
  size_t count = 0;
  while (count < MOST_ERRORS && call->errors[count]) count++;
  return call->errors[plan->variant % count];
}

/* ---- memory: glibc keeps its own functions under these names for such as this */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool no_memory(const char *name) {
  if (!plan || !(atomic_load_explicit(&plan->kinds, memory_order_relaxed) & FAULT_ALLOCATION)) return false;
  uint64_t number = atomic_fetch_add(&plan->count, 1) + 1;
  bool fails =
      number == plan->first || (plan->every > 0 && number > plan->first && (number - plan->first) % plan->every == 0);
  if (!fails) return false;
  atomic_fetch_add(&plan->injected, 1);
  memcpy(plan->last, name, strnlen(name, sizeof plan->last - 1) + 1);
  errno = ENOMEM;
  return true;
}

void *malloc(size_t size) {
  return no_memory("malloc") ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  return no_memory("calloc") ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  return no_memory("realloc") ? NULL : __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size) {
  return no_memory("memalign") ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return no_memory("aligned_alloc") ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
  void *made = no_memory("posix_memalign") ? NULL : __libc_memalign(alignment, size);
  if (!made) return ENOMEM;
  *out = made;
  return 0;
}

/* ---- system calls */

static void *next_of(const char *name) {
  return dlsym(RTLD_NEXT, name);
}

/* The function of libc that this one stands before: looked up once. */
#define REAL(name)               \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)next_of(#name)

#define ERRORS(...) \
  { __VA_ARGS__ }

/* A function that returns `failed` and sets errno. */
#define WRAP(type, failed, name, parameters, arguments, kinds, errors) \
  type name parameters {                                               \
    static const struct call call = {#name, errors, kinds};            \
    REAL(name);                                                        \
    int error = error_of(&call);                                       \
    if (error == 0) return real arguments;                             \
    errno = error;                                                     \
    return failed;                                                     \
  }

/* One that returns the error. */
#define WRAP_RETURNING(name, parameters, arguments, kinds, errors) \
  int name parameters {                                            \
    static const struct call call = {#name, errors, kinds};        \
    REAL(name);                                                    \
    int error = error_of(&call);                                   \
    return error == 0 ? real arguments : error;                    \
  }

#define WRAP_OPEN(name)                                                                 \
  int name(const char *path, int flags, ...) {                                          \
    static const struct call call = {#name, ERRORS(EMFILE, EIO, ENOMEM), 0};            \
    static const struct call making = {#name, ERRORS(EMFILE, EIO, ENOSPC), FAULT_DISK}; \
    REAL(name);                                                                         \
    mode_t mode = 0;                                                                    \
    bool makes = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;                 \
    if (makes) {                                                                        \
      va_list list;                                                                     \
      va_start(list, flags);                                                            \
      mode = va_arg(list, mode_t);                                                      \
      va_end(list);                                                                     \
    }                                                                                   \
    int error = error_of(makes ? &making : &call);                                      \
    if (error == 0) return real(path, flags, mode);                                     \
    errno = error;                                                                      \
    return -1;                                                                          \
  }
WRAP_OPEN(open)
WRAP_OPEN(open64)

WRAP(DIR *, NULL, opendir, (const char *path), (path), 0, ERRORS(EMFILE, ENOMEM, EIO))
WRAP(struct dirent *, NULL, readdir, (DIR * folder), (folder), 0, ERRORS(EIO))
WRAP(struct dirent64 *, NULL, readdir64, (DIR * folder), (folder), 0, ERRORS(EIO))
WRAP(int, -1, mkdir, (const char *path, mode_t mode), (path, mode), FAULT_DISK, ERRORS(EIO, ENOSPC))
WRAP(int, -1, access, (const char *path, int mode), (path, mode), 0, ERRORS(EIO, ENOMEM))
WRAP(int, -1, stat, (const char *path, struct stat *out), (path, out), 0, ERRORS(EIO, ENOMEM))
WRAP(int, -1, fstat, (int fd, struct stat *out), (fd, out), 0, ERRORS(EIO, ENOMEM))
WRAP(int, -1, fstatat, (int folder, const char *path, struct stat *out, int flags), (folder, path, out, flags), 0,
     ERRORS(EIO, ENOMEM))
WRAP(int, -1, stat64, (const char *path, struct stat64 *out), (path, out), 0, ERRORS(EIO, ENOMEM))
WRAP(int, -1, fstat64, (int fd, struct stat64 *out), (fd, out), 0, ERRORS(EIO, ENOMEM))
WRAP(int, -1, statvfs, (const char *path, struct statvfs *out), (path, out), 0, ERRORS(EIO, ENOMEM))
WRAP(off_t, -1, lseek, (int fd, off_t offset, int whence), (fd, offset, whence), 0, ERRORS(ESPIPE))
WRAP(off64_t, -1, lseek64, (int fd, off64_t offset, int whence), (fd, offset, whence), 0, ERRORS(ESPIPE))
WRAP(int, -1, rename, (const char *from, const char *to), (from, to), FAULT_DISK, ERRORS(EIO, ENOSPC))
WRAP(int, -1, linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags), FAULT_DISK,
     ERRORS(EIO, ENOSPC))
WRAP(int, -1, fsync, (int fd), (fd), FAULT_DISK | FAULT_INTERRUPT, ERRORS(EIO, ENOSPC))
WRAP(int, -1, fdatasync, (int fd), (fd), FAULT_DISK, ERRORS(EIO, ENOSPC))
WRAP(int, -1, ftruncate, (int fd, off_t size), (fd, size), FAULT_INTERRUPT, ERRORS(EIO, EFBIG))
WRAP(int, -1, ftruncate64, (int fd, off64_t size), (fd, size), FAULT_INTERRUPT, ERRORS(EIO, EFBIG))
WRAP_RETURNING(posix_fallocate, (int fd, off_t offset, off_t length), (fd, offset, length),
               FAULT_DISK | FAULT_INTERRUPT, ERRORS(ENOSPC, EIO))
WRAP(int, -1, flock, (int fd, int operation), (fd, operation), FAULT_INTERRUPT, ERRORS(ENOLCK))
WRAP(void *, MAP_FAILED, mmap, (void *at, size_t length, int protection, int flags, int fd, off_t offset),
     (at, length, protection, flags, fd, offset), 0, ERRORS(ENOMEM, EAGAIN))
WRAP(void *, MAP_FAILED, mmap64, (void *at, size_t length, int protection, int flags, int fd, off64_t offset),
     (at, length, protection, flags, fd, offset), 0, ERRORS(ENOMEM, EAGAIN))

void *mremap(void *old, size_t old_length, size_t length, int flags, ...) {
  static const struct call call = {"mremap", ERRORS(ENOMEM, EAGAIN), 0};
  REAL(mremap);
  va_list list;
  va_start(list, flags);
  void *at = flags & MREMAP_FIXED ? va_arg(list, void *) : NULL;
  va_end(list);
  int error = error_of(&call);
  if (error == 0) return real(old, old_length, length, flags, at);
  errno = error;
  return MAP_FAILED;
}

/* ---- bytes in and out. An interrupt is EINTR and a part of what was asked for in turns. */

static bool event(int fd) {
  return fd >= 0 && fd < DESCRIPTORS && is_event[fd];
}

/* Where the program itself lies, without its libraries. LMDB, which reads and writes plain files, knows of no
 * interrupts; the kernel does not interrupt those. */
static uintptr_t program_begin, program_end;

static bool by_program(const void *caller) {
  return (uintptr_t)caller >= program_begin && (uintptr_t)caller < program_end;
}

static int find_program(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size, (void)context;
  program_begin = UINTPTR_MAX;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    uintptr_t begin = info->dlpi_addr + part->p_vaddr, end = begin + part->p_memsz;
    if (part->p_type != PT_LOAD) continue;
    if (begin < program_begin) program_begin = begin;
    if (end > program_end) program_end = end;
  }
  return 1; /* it comes first */
}

/* What is left of `length` when the call does a part of its work; EINTR otherwise. */
static bool does_a_part(int error, size_t *length) {
  if (error != EINTR || *length < 2 || atomic_load(&plan->injected) % 2 == 0) return false;
  *length = (*length + 1) / 2;
  return true;
}

#define WRAP_BYTES(name, parameters, arguments, fd, kinds, errors)        \
  ssize_t name parameters {                                               \
    static const struct call call = {#name, errors, kinds};               \
    REAL(name);                                                           \
    int error = event(fd) ? 0 : error_of(&call);                          \
    if (error == 0 || does_a_part(error, &length)) return real arguments; \
    errno = error;                                                        \
    return -1;                                                            \
  }
WRAP_BYTES(read, (int fd, void *to, size_t length), (fd, to, length), fd, FAULT_INTERRUPT, ERRORS(EIO, ENOMEM))
/* As `read`, of a program that was built to check the size of what it reads into. */
ssize_t __read_chk(int fd, void *to, size_t length, size_t size);
ssize_t __read_chk(int fd, void *to, size_t length, size_t size) {
  if (length > size) abort();
  return read(fd, to, length);
}
WRAP_BYTES(write, (int fd, const void *from, size_t length), (fd, from, length), fd, FAULT_INTERRUPT | FAULT_DISK,
           ERRORS(ENOSPC, EIO, EFBIG))
WRAP_BYTES(send, (int fd, const void *from, size_t length, int flags), (fd, from, length, flags), fd, FAULT_INTERRUPT,
           ERRORS(ECONNRESET, ENOMEM, EPIPE))
WRAP_BYTES(recv, (int fd, void *to, size_t length, int flags), (fd, to, length, flags), fd, FAULT_INTERRUPT,
           ERRORS(ECONNRESET, ENOMEM))
WRAP_BYTES(sendfile64, (int fd, int in, off64_t *at, size_t length), (fd, in, at, length), fd, FAULT_INTERRUPT,
           ERRORS(EIO, ECONNRESET))
/* The same at a place of a file. */
#define WRAP_AT(name, parameters, arguments, kinds, errors)                         \
  ssize_t name parameters {                                                         \
    static const struct call theirs = {#name, errors, kinds};                       \
    static const struct call own = {#name, errors, (kinds) | FAULT_INTERRUPT};      \
    REAL(name);                                                                     \
    int error = error_of(by_program(__builtin_return_address(0)) ? &own : &theirs); \
    if (error == 0 || does_a_part(error, &length)) return real arguments;           \
    errno = error;                                                                  \
    return -1;                                                                      \
  }
WRAP_AT(pread, (int fd, void *to, size_t length, off_t at), (fd, to, length, at), 0, ERRORS(EIO, ENOMEM))
WRAP_AT(pread64, (int fd, void *to, size_t length, off64_t at), (fd, to, length, at), 0, ERRORS(EIO, ENOMEM))
WRAP_AT(pwrite, (int fd, const void *from, size_t length, off_t at), (fd, from, length, at), FAULT_DISK,
        ERRORS(ENOSPC, EIO, EFBIG))
WRAP_AT(pwrite64, (int fd, const void *from, size_t length, off64_t at), (fd, from, length, at), FAULT_DISK,
        ERRORS(ENOSPC, EIO, EFBIG))
WRAP(ssize_t, -1, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count),
     FAULT_INTERRUPT | FAULT_DISK, ERRORS(ENOSPC, EIO))
WRAP(ssize_t, -1, pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at), FAULT_DISK,
     ERRORS(ENOSPC, EIO, EFBIG))
WRAP(ssize_t, -1, pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at),
     FAULT_DISK, ERRORS(ENOSPC, EIO, EFBIG))
WRAP(ssize_t, -1, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), FAULT_INTERRUPT,
     ERRORS(ECONNRESET, ENOMEM, EPIPE))

/* ---- sockets, events, threads, the rest */

WRAP(int, -1, socket, (int domain, int type, int protocol), (domain, type, protocol), 0, ERRORS(EMFILE, ENOBUFS))
WRAP(int, -1, bind, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length), 0,
     ERRORS(EADDRINUSE, EACCES))
WRAP(int, -1, listen, (int fd, int backlog), (fd, backlog), 0, ERRORS(EADDRINUSE))
WRAP(int, -1, accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags), (fd, address, length, flags),
     FAULT_INTERRUPT, ERRORS(EMFILE, ECONNABORTED, ENOMEM))
WRAP(int, -1, getsockname, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length), 0,
     ERRORS(ENOBUFS))
WRAP(int, -1, setsockopt, (int fd, int level, int name, const void *value, socklen_t length),
     (fd, level, name, value, length), 0, ERRORS(ENOMEM))
WRAP(int, -1, epoll_create1, (int flags), (flags), 0, ERRORS(EMFILE, ENOMEM))
WRAP(int, -1, epoll_wait, (int fd, struct epoll_event *events, int most, int timeout), (fd, events, most, timeout),
     FAULT_INTERRUPT, ERRORS(EINTR))
WRAP(int, -1, poll, (struct pollfd * wait, nfds_t count, int timeout), (wait, count, timeout), FAULT_INTERRUPT,
     ERRORS(EINTR, ENOMEM))
WRAP(int, -1, signalfd, (int fd, const sigset_t *mask, int flags), (fd, mask, flags), 0, ERRORS(EMFILE, ENOMEM))
WRAP(int, -1, sigtimedwait, (const sigset_t *set, siginfo_t *info, const struct timespec *timeout),
     (set, info, timeout), FAULT_INTERRUPT, ERRORS(EINTR))
WRAP(ssize_t, -1, getrandom, (void *to, size_t length, unsigned flags), (to, length, flags), FAULT_INTERRUPT,
     ERRORS(EAGAIN, ENOSYS))
WRAP(int, -1, sched_getaffinity, (pid_t pid, size_t size, cpu_set_t *set), (pid, size, set), 0, ERRORS(EINVAL))
WRAP(int, -1, sync_file_range, (int fd, off64_t offset, off64_t length, unsigned flags), (fd, offset, length, flags), 0,
     ERRORS(EIO, ENOSPC))
WRAP(int, -1, dup3, (int old, int new, int flags), (old, new, flags), FAULT_INTERRUPT, ERRORS(EINTR, EBUSY))
WRAP_RETURNING(pthread_create,
               (pthread_t * thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument),
               (thread, attributes, start, argument), 0, ERRORS(EAGAIN))

int eventfd(unsigned value, int flags) {
  static const struct call call = {"eventfd", ERRORS(EMFILE, ENOMEM), 0};
  REAL(eventfd);
  int error = error_of(&call);
  if (error) {
    errno = error;
    return -1;
  }
  int fd = real(value, flags);
  if (fd >= 0 && fd < DESCRIPTORS) is_event[fd] = true;
  return fd;
}

/* Only what adds may find no memory; what takes away cannot fail. */
int epoll_ctl(int fd, int operation, int target, struct epoll_event *about) {
  static const struct call call = {"epoll_ctl", ERRORS(ENOMEM, ENOSPC), 0};
  REAL(epoll_ctl);
  int error = operation == EPOLL_CTL_ADD ? error_of(&call) : 0;
  if (error == 0) return real(fd, operation, target, about);
  errno = error;
  return -1;
}

int close(int fd) {
  REAL(close);
  if (event(fd)) is_event[fd] = false;
  return real(fd);
}

__attribute__((constructor)) static void map_plan(void) {
  const char *path = getenv("FAULT_PLAN");
  dl_iterate_phdr(find_program, NULL);
  if (!path) return;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) abort();
  close(fd);
  plan = mapped;
}
