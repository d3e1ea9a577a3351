/* Restarts under load over one socket that outlives the daemons, as systemd keeps it: no request fails.
 *
 * The rule of the clients is RFC 9112, section 9.6: a connection whose answer said "Connection: close" gets no further
 * request. They do not use what section 9.3.1 allows beside it, to send a request again when a kept connection was
 * closed under it: whoever asks at least once in a delay hears in time that the connection ends, and nothing need be
 * sent twice. A client that was silent for the whole delay may find its connection closed, as after any server's
 * time-out. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/load.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

enum {
  RESTARTS = 50,
  CLIENTS = 8,
  RESTARTS_AT_ONCE = 15, /* without a delay */
  HASTY = 4,             /* of them, a connection a request */
  PAUSE_MICROSECONDS = 2000,
  DRAINING_MOST = 10,  /* daemons that end at the same time */
  ANSWERS_BETWEEN = 20 /* two restarts */
};

static struct fixture zoo;

static bool judge(void *context, size_t request, size_t before, const struct answer *answer, char fault[256]) {
  (void)context;
  (void)request;
  (void)before;
  if (answer->status == 200 && answer->length > 0) return true;
  snprintf(fault, 256, "status %ld: %.150s", answer->status, answer->body);
  return false;
}

static void await_answers(const struct load *load, size_t count) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  size_t from = load_answered(load);
  while (load_answered(load) < from + count) {
    if (support_seconds() > deadline) support_fail("the clients are not answered any more");
    support_pause();
  }
}

static void expect_end(pid_t pid) {
  int code = process_wait(pid);
  ck_assert_msg(code == 0, "a daemon exited with %d", code);
}

/* `restarts` times: starts the next daemon, waits until it serves, and ends the one before. */
static void restart_under_load(unsigned hasty, unsigned dawdling, const char *delay, int restarts,
                               struct load_result *result) {
  char *requests[] = {load_request("/vector?word=cat", NULL), load_request("/neighbors?word=dog&k=3", NULL),
                      load_request("/lookup", "{\"indices\":[[0,1],[2]]}"), load_request("/word?index=2", NULL)};
  enum { REQUESTS = sizeof requests / sizeof *requests };
  int listener = daemon_listener();
  struct daemon daemon;
  pid_t draining[DRAINING_MOST] = {0};
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start_on(&daemon, listener, NULL, "--log-format", "off", "--drain-delay", delay, "--drain-timeout", "60",
                  NULL);
  const struct load_options options = {.port = daemon.port,
                                       .clients = CLIENTS,
                                       .hasty = hasty,
                                       .dawdling = dawdling,
                                       .pause_microseconds = PAUSE_MICROSECONDS,
                                       .requests = (const char *const *)requests,
                                       .request_count = REQUESTS,
                                       .judge = judge};
  struct load *load = load_start(&options);
  for (int i = 0; i < restarts; i++) {
    pid_t before = daemon.pid;
    await_answers(load, ANSWERS_BETWEEN);
    daemon_start_on(&daemon, listener, NULL, "--log-format", "off", "--drain-delay", delay, "--drain-timeout", "60",
                    NULL);
    kill(before, SIGTERM);
    if (draining[i % DRAINING_MOST]) expect_end(draining[i % DRAINING_MOST]);
    draining[i % DRAINING_MOST] = before;
  }
  await_answers(load, ANSWERS_BETWEEN);
  load_stop(load, result);
  for (size_t i = 0; i < DRAINING_MOST; i++)
    if (draining[i]) expect_end(draining[i]);
  daemon_stop(&daemon);
  close(listener);
  for (size_t i = 0; i < REQUESTS; i++) free(requests[i]);
}

START_TEST(with_a_delay_no_client_loses_a_request) {
  struct load_result result;
  restart_under_load(HASTY, 0, "1", RESTARTS, &result);
  printf("counts: %d restarts under %d clients: %zu requests over %zu connections, %zu told to close, %zu failed\n",
         RESTARTS, CLIENTS, result.requests, result.connections, result.told_to_close, result.failures);
  ck_assert_msg(result.failures == 0, "%zu requests failed, the first: %s", result.failures, result.first);
  ck_assert_uint_ge(result.told_to_close, RESTARTS);
}
END_TEST

/* Without a delay: what has been let in is served, also when it asks a moment later, and what waits in the kernel's
 * queue is the next daemon's. */
START_TEST(without_a_delay_no_connection_is_lost) {
  struct load_result result;
  restart_under_load(CLIENTS, HASTY, "0", RESTARTS_AT_ONCE, &result);
  printf("counts: %d more without a delay, a connection a request: %zu requests, %zu failed\n", RESTARTS_AT_ONCE,
         result.requests, result.failures);
  ck_assert_msg(result.failures == 0, "%zu requests failed, the first: %s", result.failures, result.first);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/restarts", &tcase);
  tcase_add_test(tcase, with_a_delay_no_client_loses_a_request);
  tcase_add_test(tcase, without_a_delay_no_connection_is_lost);
  scratch_open();
  fixture_zoo(&zoo);
  int failed = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
