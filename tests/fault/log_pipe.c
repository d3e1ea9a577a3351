/* A log that nobody reads: standard error is a pipe that is full. Every request is answered, what the log has no room
 * for is counted and told once somebody reads again, and a daemon that is told to stop does. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/http_client.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

enum {
  REQUESTS = 3000, /* some 300 bytes of log each: more than the queue has room for */
  AT_A_TIME = 100,
  PIPE_BYTES = 4096,
  LOG_BYTES = 4 << 20
};

static struct fixture zoo;
static char log_text[LOG_BYTES];
static size_t log_length;

/* Reads what the pipe holds, waiting up to a moment for the first of it. */
static void read_some(int pipe) {
  struct pollfd wait = {.fd = pipe, .events = POLLIN};
  poll(&wait, 1, 10);
  ssize_t got = read(pipe, log_text + log_length, sizeof log_text - 1 - log_length);
  if (got > 0) log_length += (size_t)got;
  log_text[log_length] = '\0';
}

/* Reads the log until it holds `text`, behind which something follows. */
static const char *await(int pipe, const char *text) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  const char *found;
  while (!(found = strstr(log_text, text)) || !strchr(found, '\n')) {
    if (support_seconds() > deadline) support_fail("the log does not say \"%s\"", text);
    read_some(pipe);
  }
  return found;
}

/* Starts a daemon whose standard error is a pipe. Returns its reading end. */
static int start(struct daemon *daemon) {
  static const char mark[] = "listening on http://127.0.0.1:";
  daemon_prepare(daemon);
  suite_import(daemon, "zoo", &zoo);
  scratch_path(daemon->log, "log.pipe");
  unlink(daemon->log);
  ck_assert_int_eq(mkfifo(daemon->log, 0600), 0);
  int pipe = open(daemon->log, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ck_assert_int_ge(pipe, 0);
  ck_assert_int_ge(fcntl(pipe, F_SETPIPE_SZ, PIPE_BYTES), PIPE_BYTES);
  const char *const arguments[] = {"serve", "--store", daemon->store, "--listen", "127.0.0.1:0", NULL};
  log_length = 0;
  log_text[0] = '\0';
  daemon->pid = process_start(arguments, &(struct process_io){.err = daemon->log, .input = -1});
  daemon->port = (unsigned)strtoul(await(pipe, mark) + strlen(mark), NULL, 10);
  return pipe;
}

/* Asks for more than the log has room for, of which nothing is read. */
static unsigned ask_much(const struct daemon *daemon) {
  char path[240], request[AT_A_TIME * 320] = "";
  struct raw raw;
  unsigned answered = 0;
  memset(path, 'x', sizeof path - 1);
  path[sizeof path - 1] = '\0';
  for (size_t i = 0, used = 0; i < AT_A_TIME; i++)
    used += (size_t)snprintf(request + used, sizeof request - used, "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", path);
  raw_open(&raw, daemon->port);
  for (unsigned i = 0; i < REQUESTS; i += AT_A_TIME) {
    raw_send_text(&raw, request);
    for (unsigned j = 0; j < AT_A_TIME; j++) {
      struct answer answer;
      ck_assert_msg(raw_answer(&raw, false, &answer), "no answer number %u", i + j);
      ck_assert_int_eq(answer.status, 404);
      answer_release(&answer);
      answered++;
    }
  }
  raw_close(&raw);
  return answered;
}

/* What /metrics says was dropped. */
static unsigned long dropped(const struct daemon *daemon) {
  static const char name[] = "\nwordvec_log_lines_dropped_total ";
  struct answer answer;
  client_get(daemon->port, "/metrics", &answer);
  ck_assert_int_eq(answer.status, 200);
  const char *found = strstr(answer.body, name);
  ck_assert_ptr_nonnull(found);
  unsigned long count = strtoul(found + strlen(name), NULL, 10);
  answer_release(&answer);
  return count;
}

START_TEST(requests_do_not_wait_for_a_reader) {
  struct daemon daemon;
  int pipe = start(&daemon);
  unsigned answered = ask_much(&daemon);
  unsigned long lost = dropped(&daemon);
  ck_assert_uint_gt(lost, 0);
  ck_assert_uint_lt(lost, answered);
  char told[80];
  snprintf(told, sizeof told, "warning: %lu lines of the log were dropped", lost);
  await(pipe, told);
  ck_assert_uint_eq(dropped(&daemon), lost);
  kill(daemon.pid, SIGTERM);
  await(pipe, "\nstopped\n");
  ck_assert_int_eq(process_wait(daemon.pid), 0);
  unsigned lines = 0;
  for (const char *at = log_text; (at = strstr(at, " GET /xxx")); at++) lines++;
  ck_assert_uint_eq(lines + lost, answered);
  close(pipe);
  printf("log_pipe: %u requests answered, %u lines written, %lu dropped and told\n", answered, lines, lost);
}
END_TEST

START_TEST(an_end_does_not_wait_for_a_reader) {
  struct daemon daemon;
  int pipe = start(&daemon);
  ask_much(&daemon);
  kill(daemon.pid, SIGTERM);
  ck_assert_int_eq(process_wait(daemon.pid), 0);
  close(pipe);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/log_pipe", &tcase);
  tcase_add_test(tcase, requests_do_not_wait_for_a_reader);
  tcase_add_test(tcase, an_end_does_not_wait_for_a_reader);
  fixture_zoo(&zoo);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  fixture_release(&zoo);
  return failed;
}
