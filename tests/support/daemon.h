/* A real `wordvec serve` on a port of its own choice, for one test program or one test. */
#ifndef WORDVEC_TESTS_SUPPORT_DAEMON_H
#define WORDVEC_TESTS_SUPPORT_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

#include "tests/support/scratch.h"

struct daemon {
  pid_t pid;
  unsigned port;
  char store[SCRATCH_PATH_MAX];
  char log[SCRATCH_PATH_MAX]; /* the file that takes standard error */
};

/* Names a new, empty store folder for *daemon; nothing runs yet. */
void daemon_prepare(struct daemon *daemon);

/* Imports `path` into the store under `name`, replacing what is there. */
void daemon_import(const struct daemon *daemon, const char *name, const char *path);

/* Starts `wordvec serve --store STORE --listen 127.0.0.1:0 FLAG…` and waits for its "listening on" line. The list of
 * further flags ends with NULL. */
void daemon_start(struct daemon *daemon, ...) __attribute__((sentinel));

/* The same over a socket of the caller, who keeps it, as a service manager hands it on. `environment`, which may be
 * NULL, is one more variable. */
void daemon_start_on(struct daemon *daemon, int listener, const char *environment, ...) __attribute__((sentinel));

/* A socket that listens on a port of 127.0.0.1 that the system chooses, for daemons to come. */
int daemon_listener(void);

/* Waits until GET /readyz answers `status`. */
void daemon_await_ready(const struct daemon *daemon, long status);

/* Waits until the log holds `text`. */
void daemon_await_log(const struct daemon *daemon, const char *text);
bool daemon_log_has(const struct daemon *daemon, const char *text);

/* How many descriptors it has open, and a line of its /proc/PID/status ("VmRSS:", "VmHWM:") in bytes. */
size_t daemon_descriptors(const struct daemon *daemon);
size_t daemon_memory(const struct daemon *daemon, const char *line);

/* Sends the signal, waits for the end and gives the exit code as process_wait() does. */
int daemon_signal(struct daemon *daemon, int signal);

/* Stops it by SIGTERM; fails unless it exits with 0. Shows the log when it does not. */
void daemon_stop(struct daemon *daemon);

#endif
