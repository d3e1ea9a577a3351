/* Starting, feeding and awaiting the binary under test. */
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/effort.h"
#include "tests/support/scratch.h"

enum { COMMAND_MAX = PROCESS_ARGUMENTS_MAX + 32 };

/* Which command with which flags, without their values: FNV's hash. */
static unsigned kind_of(const char *const *arguments) {
  unsigned hash = 2166136261u;
  for (size_t i = 0; arguments[i]; i++) {
    if (i > 0 && arguments[i][0] != '-') continue;
    for (const char *c = arguments[i]; *c && *c != '='; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
  }
  return hash;
}

/* Whether a run goes behind the wrapper: with TEST_EFFORT, of each command with the same flags only the first of a test
 * program, for half a second goes by before valgrind has read the libraries. Daemons always do. */
static bool is_wrapped(const char *const *arguments) {
  char path[SCRATCH_PATH_MAX]; /* tests of one program are processes of their own, with one folder */
  if (effort(100) == 100 || !arguments[0] || strcmp(arguments[0], "serve") == 0) return true;
  scratch_path(path, "wrapped.%x", kind_of(arguments));
  int mark = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (mark >= 0) close(mark);
  return mark >= 0;
}

/* The wrapper's words, the binary, then the arguments. `text` holds the wrapper's words. */
static void build_command(const char *command[COMMAND_MAX], char *text, size_t size, const char *const *arguments) {
  size_t count = 0;
  const char *wrapper = getenv("WORDVEC_WRAPPER");
  snprintf(text, size, "%s", wrapper && is_wrapped(arguments) ? wrapper : "");
  char *rest = NULL;
  for (char *part = strtok_r(text, " ", &rest); part && count < 24; part = strtok_r(NULL, " ", &rest))
    command[count++] = part;
  const char *binary = getenv("WORDVEC_BINARY");
  command[count++] = binary && binary[0] ? binary : "build/release/wordvec";
  for (; *arguments && count < COMMAND_MAX - 1; arguments++) command[count++] = *arguments;
  command[count] = NULL;
}

static void redirect(const char *path, int target) {
  int descriptor = open(path ? path : "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0 || dup2(descriptor, target) < 0) _exit(126);
}

/* As sd_listen_fds(3) has it; `environment` of struct process_io may say something else. */
static void hand_on(const struct process_io *io) {
  enum { FIRST = 3, ASIDE = 100 };
  const int sockets[] = {io->listener, io->metrics_listener};
  int aside[2], count = 0;
  char text[16];
  /* Out of the way first: each may have the number that the other is to get. */
  for (int i = 0; i < 2; i++)
    if (sockets[i] > 0) aside[count++] = fcntl(sockets[i], F_DUPFD_CLOEXEC, ASIDE);
  for (int i = 0; i < count; i++)
    if (aside[i] < 0 || dup2(aside[i], FIRST + i) < 0) _exit(126);
  snprintf(text, sizeof text, "%d", (int)getpid());
  if (setenv("LISTEN_PID", text, 1)) _exit(126);
  snprintf(text, sizeof text, "%d", count);
  if (setenv("LISTEN_FDS", text, 1)) _exit(126);
  if (setenv("LISTEN_FDNAMES", io->listener > 0 ? "wordvec.socket:metrics" : "metrics", 1)) _exit(126);
}

static void become(const char *const command[COMMAND_MAX], const struct process_io *io, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
  int input = io->input >= 0 ? io->input : open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (input < 0 || dup2(input, STDIN_FILENO) < 0) _exit(126);
  redirect(io->out, STDOUT_FILENO);
  redirect(io->err, STDERR_FILENO);
  if (io->listener > 0 || io->metrics_listener > 0) hand_on(io);
  char environment[SCRATCH_PATH_MAX];
  snprintf(environment, sizeof environment, "%s", io->environment ? io->environment : "");
  if (io->environment && putenv(environment)) _exit(126);
  signal(SIGPIPE, SIG_DFL);
  execvp(command[0], (char *const *)command);
  fprintf(stderr, "cannot run %s: %s\n", command[0], strerror(errno));
  _exit(127);
}

pid_t process_start(const char *const *arguments, const struct process_io *io) {
  const char *command[COMMAND_MAX];
  char text[SCRATCH_PATH_MAX];
  build_command(command, text, sizeof text, arguments);
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid < 0) support_fail("fork: %s", strerror(errno));
  if (pid == 0) become(command, io, parent);
  return pid;
}

int process_wait(pid_t pid) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (;;) {
    int status;
    pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (ended < 0 && errno != EINTR) support_fail("waitpid: %s", strerror(errno));
    if (support_seconds() > deadline) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      support_fail("process %d did not end in time and was killed", (int)pid);
    }
    support_pause();
  }
}

static void collect(const char *arguments[PROCESS_ARGUMENTS_MAX], va_list list) {
  size_t count = 0;
  do {
    arguments[count] = va_arg(list, const char *);
  } while (arguments[count] && ++count < PROCESS_ARGUMENTS_MAX - 1);
  arguments[count] = NULL;
}

/* The child reads while this writes: its output goes to files, so neither waits for the other. */
static void feed(int descriptor, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t done = write(descriptor, bytes, length);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) break; /* the child closed its end, which it may */
    bytes += done;
    length -= (size_t)done;
  }
  close(descriptor);
}

void run_arguments(struct run *run, const char *const *arguments, const void *input, size_t length) {
  char out[SCRATCH_PATH_MAX], err[SCRATCH_PATH_MAX];
  scratch_path(out, "run.%d.out", (int)getpid());
  scratch_path(err, "run.%d.err", (int)getpid());
  struct process_io io = {.out = out, .err = err, .input = -1};
  int ends[2] = {-1, -1};
  if (input && pipe2(ends, O_CLOEXEC)) support_fail("pipe: %s", strerror(errno));
  io.input = ends[0];
  signal(SIGPIPE, SIG_IGN);
  pid_t pid = process_start(arguments, &io);
  if (input) {
    close(ends[0]);
    feed(ends[1], input, length);
  }
  run->code = process_wait(pid);
  run->out = scratch_read(out, &run->out_length);
  run->err = scratch_read(err, NULL);
  unlink(out);
  unlink(err);
}

void run_wordvec(struct run *run, ...) {
  const char *arguments[PROCESS_ARGUMENTS_MAX];
  va_list list;
  va_start(list, run);
  collect(arguments, list);
  va_end(list);
  run_arguments(run, arguments, NULL, 0);
}

void run_wordvec_with_input(struct run *run, const void *input, size_t length, ...) {
  const char *arguments[PROCESS_ARGUMENTS_MAX];
  va_list list;
  va_start(list, length);
  collect(arguments, list);
  va_end(list);
  run_arguments(run, arguments, input, length);
}

void run_release(struct run *run) {
  free(run->out);
  free(run->err);
}

void run_wordvec_well(const char *first, ...) {
  const char *arguments[PROCESS_ARGUMENTS_MAX + 1] = {first};
  va_list list;
  va_start(list, first);
  collect(arguments + 1, list);
  va_end(list);
  struct run run;
  run_arguments(&run, arguments, NULL, 0);
  if (run.code != 0) support_fail("wordvec %s … exited with %d:\n%s", first, run.code, run.err);
  run_release(&run);
}
