/* Starting, awaiting and stopping a real daemon. Its log is a file, so that every forked test can read it. */
#include "tests/support/daemon.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/http_client.h"
#include "tests/support/process.h"

void daemon_prepare(struct daemon *daemon) {
  memset(daemon, 0, sizeof *daemon);
  char name[SCRATCH_PATH_MAX];
  scratch_path(name, "store.XXXXXX");
  if (!mkdtemp(name)) support_fail("mkdtemp %s", name);
  snprintf(daemon->store, sizeof daemon->store, "%s", name);
}

void daemon_import(const struct daemon *daemon, const char *name, const char *path) {
  run_wordvec_well("import", path, "--store", daemon->store, "--name", name, "--force", NULL);
}

static bool has_ended(struct daemon *daemon) {
  int status;
  if (waitpid(daemon->pid, &status, WNOHANG) == 0) return false;
  daemon->pid = 0;
  return true;
}

/* The port of the "listening on" line; 0 while there is none. */
static unsigned port_in_log(const struct daemon *daemon) {
  static const char mark[] = "http://127.0.0.1:"; /* in the text and in the JSON form of the line */
  char *log = scratch_read(daemon->log, NULL);
  char *found = strstr(log, mark);
  char *number = found ? found + strlen(mark) : NULL;
  char *end = NULL;
  unsigned long port = number ? strtoul(number, &end, 10) : 0;
  if (end && *end == '\0') port = 0; /* the line is still being written */
  free(log);
  return (unsigned)port;
}

static void show_log(const struct daemon *daemon) {
  char *log = scratch_read(daemon->log, NULL);
  fprintf(stderr, "---- log of the daemon\n%s----\n", log);
  free(log);
}

static void start(struct daemon *daemon, struct process_io *io, va_list list) {
  const char *arguments[PROCESS_ARGUMENTS_MAX] = {"serve", "--store", daemon->store, "--listen", "127.0.0.1:0"};
  size_t count = 5;
  while (count < PROCESS_ARGUMENTS_MAX - 1 && (arguments[count] = va_arg(list, const char *))) count++;
  arguments[count] = NULL;
  scratch_path(daemon->log, "daemon.XXXXXX.log");
  int log = mkstemps(daemon->log, 4);
  if (log < 0) support_fail("mkstemps %s", daemon->log);
  close(log);
  io->err = daemon->log;
  io->input = -1;
  daemon->pid = process_start(arguments, io);
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while ((daemon->port = port_in_log(daemon)) == 0) {
    if (has_ended(daemon) || support_seconds() > deadline) {
      show_log(daemon);
      support_fail("the daemon did not say where it listens");
    }
    support_pause();
  }
}

void daemon_start(struct daemon *daemon, ...) {
  struct process_io io = {.listener = 0};
  va_list list;
  va_start(list, daemon);
  start(daemon, &io, list);
  va_end(list);
}

void daemon_start_on(struct daemon *daemon, int listener, const char *environment, ...) {
  struct process_io io = {.listener = listener, .environment = environment};
  va_list list;
  va_start(list, environment);
  start(daemon, &io, list);
  va_end(list);
}

int daemon_listener(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 || bind(descriptor, (const struct sockaddr *)&address, sizeof address) || listen(descriptor, 4096))
    support_fail("cannot listen: %s", strerror(errno));
  return descriptor;
}

void daemon_await_ready(const struct daemon *daemon, long status) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (;;) {
    struct answer answer;
    client_get(daemon->port, "/readyz", &answer);
    long seen = answer.status;
    answer_release(&answer);
    if (seen == status) return;
    if (support_seconds() > deadline) support_fail("/readyz answers %ld, not %ld", seen, status);
    support_pause();
  }
}

bool daemon_log_has(const struct daemon *daemon, const char *text) {
  char *log = scratch_read(daemon->log, NULL);
  bool found = strstr(log, text) != NULL;
  free(log);
  return found;
}

void daemon_await_log(const struct daemon *daemon, const char *text) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while (!daemon_log_has(daemon, text)) {
    if (support_seconds() > deadline) {
      show_log(daemon);
      support_fail("the log does not say \"%s\"", text);
    }
    support_pause();
  }
}

int daemon_signal(struct daemon *daemon, int signal) {
  kill(daemon->pid, signal);
  int code = process_wait(daemon->pid);
  daemon->pid = 0;
  return code;
}

void daemon_stop(struct daemon *daemon) {
  int code = daemon_signal(daemon, SIGTERM);
  if (code == 0) return;
  show_log(daemon);
  support_fail("the daemon exited with %d after SIGTERM", code);
}

size_t daemon_descriptors(const struct daemon *daemon) {
  char path[64];
  size_t count = 0;
  snprintf(path, sizeof path, "/proc/%d/fd", (int)daemon->pid);
  DIR *folder = opendir(path);
  if (!folder) support_fail("the daemon is gone");
  while (readdir(folder)) count++;
  closedir(folder);
  return count - 2; /* less "." and ".." */
}

size_t daemon_memory(const struct daemon *daemon, const char *line) {
  char path[64];
  unsigned long kib = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)daemon->pid);
  char *text = scratch_read(path, NULL), *found = strstr(text, line);
  if (!found || sscanf(found + strlen(line), "%lu", &kib) != 1) support_fail("no %s in %s", line, path);
  free(text);
  return (size_t)kib << 10;
}
