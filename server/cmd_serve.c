/* wordvec serve: starts the daemon, and on SIGTERM or SIGINT ends it without losing an answer. The main thread waits
 * for these, and on SIGHUP reads the keys again; a thread of its own looks at the store every second and when that asks
 * it to, for a look takes as long as reading a new file does; requests run on libmicrohttpd's threads, which see no
 * signals. */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "server/admission.h"
#include "server/commands.h"
#include "server/confine.h"
#include "server/http.h"
#include "server/http_watch.h"
#include "server/notify.h"
#include "server/request_json.h"
#include "server/request_json_memory.h"
#include "server/sockets.h"
#include "server/version.h"
#include "store/clock.h"

enum {
  THREADS_MOST = 4,
  LOOK_MILLISECONDS = 1000,
  TURN_MILLISECONDS = 1000,
  DRAIN_POLL_MILLISECONDS = 10,
  MAPPED_BYTES = 4 << 20,      /* allocations from here on are given back to the system when they are freed */
  KEPT_BYTES = 16 << 20,       /* free memory that is kept, for ordinary answers */
  FAREWELL_MILLISECONDS = 500, /* for answers to those who are given up */
  DESCRIPTORS_KEPT = 64        /* for everything that is not a connection */
};

struct daemon {
  const struct options *options;
  struct log log;
  struct service service;
  struct sockets sockets; /* until http and watch have them */
  struct http *http;
  struct http_watch *watch; /* NULL: /metrics has no address of its own */
  int signals;              /* signalfd of SIGTERM, SIGINT and SIGHUP */
  int look;                 /* eventfd: the store is to be looked at now */
  pthread_t looker;
};

static void tell_model(void *context, bool failed, const char *model, const char *text) {
  const struct log *log = context;
  if (*model)
    log_event(log, failed, "model", "model %s: %s", model, text);
  else
    log_event(log, failed, "model", "%s", text);
}

/* Raises the soft limit of descriptors to the hard one, and lowers the limit of connections to what that allows. */
static void fit_descriptors(struct daemon *daemon) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  }
  size_t *connections = &daemon->service.limits.connections;
  size_t wanted = *connections + admission_reserve(*connections) + DESCRIPTORS_KEPT;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted) return;
  size_t allowed = admission_fit(limit.rlim_cur > DESCRIPTORS_KEPT ? (size_t)limit.rlim_cur - DESCRIPTORS_KEPT : 0);
  log_warning(&daemon->log, "limit", "at most %zu connections, not %zu: the system allows %llu descriptors", allowed,
              *connections, (unsigned long long)limit.rlim_cur);
  *connections = allowed;
}

static void tell_keys(const struct daemon *daemon) {
  struct keys *keys = daemon->service.keys;
  const char *path = daemon->options->api_key_file;
  log_event(&daemon->log, false, "keys", "%zu keys in force, from %s", keys_count(keys), path);
  if (keys_exposed(keys))
    log_warning(&daemon->log, "keys", "every user of this machine may read or change the keys: chmod o= %s", path);
}

/* Reads the keys, if there are to be some, before anybody can ask. */
static bool open_keys(struct daemon *daemon) {
  const char *path = daemon->options->api_key_file;
  struct problem problem;
  if (!path) return true;
  if (keys_open(path, &problem, &daemon->service.keys) != STATUS_OK) {
    log_event(&daemon->log, true, "keys", "%s", problem.text);
    return false;
  }
  tell_keys(daemon);
  return true;
}

static void reload_keys(struct daemon *daemon) {
  struct problem problem;
  if (!daemon->service.keys) return;
  if (keys_reload(daemon->service.keys, &problem) == STATUS_OK)
    tell_keys(daemon);
  else
    log_event(&daemon->log, true, "keys", "%s; the keys before stay in force", problem.text);
}

/* Signals are waited for; this must come before any thread is started, for threads inherit the mask. */
static int block_signals(void) {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGINT);
  sigaddset(&awaited, SIGHUP);
  signal(SIGPIPE, SIG_IGN);
  if (pthread_sigmask(SIG_BLOCK, &awaited, NULL) != 0) return -1;
  return signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The next signal to stop; 0: none has come. SIGHUP is seen to here, whatever else goes on: a look may take long, and a
 * key may be to be refused at once. */
static int next_signal(struct daemon *daemon) {
  struct signalfd_siginfo info;
  while (read(daemon->signals, &info, sizeof info) == (ssize_t)sizeof info) {
    if (info.ssi_signo != SIGHUP) return (int)info.ssi_signo;
    reload_keys(daemon);
    eventfd_write(daemon->look, 1);
  }
  return 0;
}

static void tell_start(struct daemon *daemon, unsigned threads) {
  log_event(&daemon->log, false, "start", "wordvec %s: %u threads, %s kernel, store %s", WORDVEC_VERSION, threads,
            daemon->service.kernel->name, daemon->options->store);
}

/* What the first look found missing. */
static void tell_readiness(struct daemon *daemon) {
  const struct service *service = &daemon->service;
  if (catalog_count(service->catalog) == 0)
    log_event(&daemon->log, false, "empty",
              "the store has no model yet, so that the daemon is not ready; give it one with: wordvec import FILE "
              "--store %s",
              daemon->options->store);
  if (!service->default_model) return;
  struct model *model = catalog_acquire(service->catalog, service->default_model);
  if (!model)
    log_event(&daemon->log, true, "model", "the default model %s is not in the store", service->default_model);
  model_drop(model);
}

/* The thread that looks at the store until the daemon drains. */
static void *look_on(void *argument) {
  struct daemon *daemon = argument;
  struct service *service = &daemon->service;
  struct pollfd asked = {.fd = daemon->look, .events = POLLIN};
  eventfd_t times;
  catalog_refresh(service->catalog, false, tell_model, &daemon->log);
  if (atomic_load(&service->draining)) return NULL;
  tell_readiness(daemon);
  log_listening(&daemon->log, http_url(daemon->http));
  if (daemon->watch) log_event(&daemon->log, false, "metrics", "metrics on %s/metrics", http_watch_url(daemon->watch));
  notify_manager(daemon->options->serve.notify_socket, "READY=1");
  for (;;) {
    poll(&asked, 1, LOOK_MILLISECONDS);
    if (atomic_load(&service->draining)) return NULL;
    bool insists = eventfd_read(daemon->look, &times) == 0;
    size_t lost = catalog_refresh(service->catalog, insists, tell_model, &daemon->log);
    for (; lost > 0; lost--) metrics_count_model_lost(service->metrics);
  }
}

/* Whether the looking thread has ended, when the daemon drains. Reading a large file cannot be interrupted, and nobody
 * waits for it any more: the end of the process ends it too. */
static bool looker_ended(const struct daemon *daemon) {
  struct timespec soon;
  eventfd_write(daemon->look, 1);
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_sec += 1;
  return pthread_timedjoin_np(daemon->looker, NULL, &soon) == 0;
}

static enum status start(struct daemon *daemon, unsigned threads, struct problem *problem) {
  const struct sockets *sockets = &daemon->sockets;
  enum status status = sockets_open(daemon->options, problem, &daemon->sockets);
  if (status != STATUS_OK) return status;
  bool apart = sockets->metrics.descriptor >= 0;
  struct http_options options = {
      .listener = sockets->serving,
      .threads = threads,
      .scope = {.except = apart ? ROUTE_APART : 0},
      .service = &daemon->service,
      .log = &daemon->log,
  };
  status = http_start(&options, problem, &daemon->http);
  if (status != STATUS_OK) return status;
  if (apart) status = http_watch_start(&sockets->metrics, &daemon->service, &daemon->log, problem, &daemon->watch);
  if (status == STATUS_OK) {
    int error = pthread_create(&daemon->looker, NULL, look_on, daemon);
    if (error == 0) return STATUS_OK;
    status = problem_set_errno(problem, error, "cannot start a thread");
  }
  http_watch_stop(daemon->watch);
  http_stop(daemon->http);
  return status;
}

static void turn(struct daemon *daemon) {
  http_turn(daemon->http);
  http_watch_turn(daemon->watch);
}

/* Serves until SIGTERM or SIGINT. */
static void serve(struct daemon *daemon) {
  struct pollfd wait[] = {{.fd = daemon->signals, .events = POLLIN},
                          {.fd = http_descriptor(daemon->http), .events = POLLIN}};
  int number;
  while ((number = next_signal(daemon)) == 0) {
    poll(wait, 2, TURN_MILLISECONDS);
    turn(daemon);
  }
  const char *name = number == SIGTERM ? "SIGTERM" : "SIGINT";
  unsigned delay = daemon->service.limits.drain_delay_seconds;
  if (delay > 0)
    log_event(&daemon->log, false, "stop", "%s: accepting connections for %u s more, then finishing what is in flight",
              name, delay);
  else
    log_event(&daemon->log, false, "stop", "%s: finishing what is in flight", name);
}

/* Goes on as before, but for readiness and that each answer ends its connection: who keeps one open hears of it, and
 * who chooses where to send requests has time to look. */
static void delay_drain(struct daemon *daemon, int64_t milliseconds) {
  int64_t deadline = clock_milliseconds() + milliseconds, left;
  struct pollfd wait[] = {{.fd = daemon->signals, .events = POLLIN},
                          {.fd = http_descriptor(daemon->http), .events = POLLIN}};
  while ((left = deadline - clock_milliseconds()) > 0 && next_signal(daemon) == 0) {
    poll(wait, 2, left < TURN_MILLISECONDS ? (int)left : TURN_MILLISECONDS);
    turn(daemon);
  }
}

/* Waits until nothing is in flight, twice in a row, as a request may just be coming in on an open connection. A signal,
 * or the end of the time, ends the wait. */
static void await_idle(struct daemon *daemon, int64_t milliseconds) {
  int64_t deadline = clock_milliseconds() + milliseconds;
  int idle = 0;
  while (idle < 2 && clock_milliseconds() < deadline) {
    poll(NULL, 0, DRAIN_POLL_MILLISECONDS);
    turn(daemon);
    idle = http_is_idle(daemon->http) ? idle + 1 : 0;
    if (next_signal(daemon) != 0) break;
  }
}

static void drain(struct daemon *daemon) {
  atomic_store(&daemon->service.draining, true);
  notify_manager(daemon->options->serve.notify_socket, "STOPPING=1");
  delay_drain(daemon, (int64_t)daemon->service.limits.drain_delay_seconds * 1000);
  http_quiesce(daemon->http);
  await_idle(daemon, (int64_t)daemon->service.limits.drain_timeout_seconds * 1000);
  size_t left = http_in_flight(daemon->http);
  if (left == 0) return;
  log_event(&daemon->log, true, "stop", "%zu requests were still in flight and are given up", left);
  scanner_stop(daemon->service.scanner);
  joins_stop(daemon->service.joins); /* else each that waits for its turn would still make one */
  http_give_up(daemon->http);
  await_idle(daemon, FAREWELL_MILLISECONDS);
}

static int run(struct daemon *daemon) {
  unsigned threads = command_threads(daemon->options, THREADS_MOST);
  struct problem problem;
  tell_start(daemon, threads);
  if (start(daemon, threads, &problem) != STATUS_OK) {
    log_event(&daemon->log, true, "start", "%s", problem.text);
    return EXIT_FAILURE;
  }
  /* Connections are accepted from here on; /livez answers and /readyz says 503 while a large store is being read. */
  serve(daemon);
  drain(daemon);
  bool ended = looker_ended(daemon);
  http_watch_stop(daemon->watch);
  http_stop(daemon->http);
  log_event(&daemon->log, false, "stopped", "stopped");
  if (ended) return EXIT_SUCCESS;
  log_flush(&daemon->log);
  _exit(EXIT_SUCCESS); /* not exit(): what it tidies up, that thread still uses */
}

int cmd_serve(const struct options *options) {
  const struct serve_flags *flags = &options->serve;
  struct daemon daemon = {.options = options,
                          .log = {.descriptor = STDERR_FILENO,
                                  .format = flags->log_format,
                                  .level = flags->log_level,
                                  .slow_microseconds = flags->slow_milliseconds * UINT64_C(1000)}};
  const struct kernel *kernel;
  struct problem problem;
  if (!sockets_choose(options, &daemon.sockets)) return EXIT_USAGE;
  if (command_kernel(options, &problem, &kernel) != STATUS_OK) {
    fprintf(stderr, "wordvec serve: --kernel: %s\n", problem.text);
    return EXIT_USAGE;
  }
  if (!open_keys(&daemon)) return EXIT_FAILURE;
  daemon.signals = block_signals();
  daemon.look = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (daemon.signals < 0 || daemon.look < 0) {
    log_event(&daemon.log, true, "start", "cannot receive signals: %s", strerror(errno));
    return EXIT_FAILURE;
  }
  /* Left to itself, glibc keeps whatever the largest answers took, up to 32 MiB each. */
  mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
  mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
  request_json_guard_memory();
  request_json_seed();
  if (!confine(options, daemon.sockets.serving.inherited, &daemon.log)) return EXIT_FAILURE;
  int exit_status = EXIT_FAILURE;
  enum status status = metrics_new(&daemon.service.metrics);
  daemon.log.metrics = daemon.service.metrics;
  if (status == STATUS_OK) status = log_open(&daemon.log);
  if (status == STATUS_OK)
    status = command_open_service(options, kernel, command_threads(options, THREADS_MOST), &daemon.service);
  if (status == STATUS_OK) {
    fit_descriptors(&daemon);
    exit_status = run(&daemon);
  } else {
    log_event(&daemon.log, true, "start",
              "cannot start serving: the system gives no memory, or no %zu threads to search with (--search-threads)",
              daemon.service.limits.search_threads);
  }
  log_close(&daemon.log);
  command_close_service(&daemon.service);
  keys_close(daemon.service.keys);
  metrics_free(daemon.service.metrics);
  close(daemon.signals);
  close(daemon.look);
  return exit_status;
}
