/* Runs the wordvec binary under test: $WORDVEC_BINARY (else build/release/wordvec), behind the command of
 * $WORDVEC_WRAPPER when that is set ("valgrind -q …", split at spaces; with TEST_EFFORT not each run that is like
 * others before). A child dies with the process that started it, so that a test which fails leaves nothing running. */
#ifndef WORDVEC_TESTS_SUPPORT_PROCESS_H
#define WORDVEC_TESTS_SUPPORT_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

enum { PROCESS_ARGUMENTS_MAX = 32 };

struct process_io {
  const char *out;         /* file for standard output; NULL: dropped */
  const char *err;         /* file for standard error; NULL: dropped */
  const char *environment; /* "NAME=VALUE" to add; NULL: none */
  int input;               /* descriptor for standard input; -1: /dev/null */
  int listener;            /* socket to hand on as a service manager does (LISTEN_FDS); 0: none */
  int metrics_listener;    /* another, named "metrics"; 0: none */
};

/* Starts `wordvec ARGUMENT…`; `arguments` ends with NULL. */
pid_t process_start(const char *const *arguments, const struct process_io *io);

/* Waits for it: its exit code, or 128 + the signal that ended it. A process that does not end in time is killed by its
 * number, and the test with it. */
int process_wait(pid_t pid);

struct run {
  int code;  /* as process_wait() gives it */
  char *out; /* both terminated; out may hold other NULs */
  size_t out_length;
  char *err;
};

/* Runs `wordvec ARGUMENT…` to its end. The list ends with NULL. */
void run_wordvec(struct run *run, ...) __attribute__((sentinel));

/* The same with standard input from a pipe that carries `length` bytes. */
void run_wordvec_with_input(struct run *run, const void *input, size_t length, ...) __attribute__((sentinel));

/* The same with an array that ends with NULL; `input` NULL: nothing to read. */
void run_arguments(struct run *run, const char *const *arguments, const void *input, size_t length);

void run_release(struct run *run);

/* Runs to its end, fails unless the exit code is 0, and drops the output. */
void run_wordvec_well(const char *first, ...) __attribute__((sentinel));

#endif
