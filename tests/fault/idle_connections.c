/* Connections over which nothing comes, 10,000 of them, while others are served; and a daemon that the system gives no
 * descriptor any more. */
#include <check.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

enum { IDLE = 10000, KEPT = 200 /* descriptors of this process for all else */, SERVED = 200, BYTES_MOST = 64 << 10 };

static struct fixture zoo;

static void await_descriptors(const struct daemon *daemon, size_t least, size_t most) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (size_t count; (count = daemon_descriptors(daemon)) < least || count > most; support_pause())
    if (support_seconds() > deadline) support_fail("%zu descriptors, not %zu to %zu", count, least, most);
}

/* As many as this process and the daemon may have descriptors for. */
static size_t idle_count(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  /* The daemon wants a reserve, and what is no connection. */
  size_t allowed = limit.rlim_cur > 2000 ? (size_t)limit.rlim_cur - 2000 : limit.rlim_cur / 2;
  if (allowed >= IDLE) return IDLE;
  printf("skipped: %d idle connections; the system allows %zu\n", IDLE, allowed);
  return allowed;
}

static size_t serve_others(unsigned port, double *worst) {
  *worst = 0;
  for (size_t i = 0; i < SERVED; i++) {
    struct answer answer;
    double from = support_seconds();
    client_get(port, i % 2 ? "/vector?word=cat" : "/neighbors?word=cat&k=3", &answer);
    double took = support_seconds() - from;
    ck_assert_int_eq(answer.status, 200);
    if (took > *worst) *worst = took;
    answer_release(&answer);
  }
  return SERVED;
}

START_TEST(idle_connections_hold_up_nobody) {
  struct daemon daemon;
  size_t count = idle_count();
  struct raw *idle = calloc(count, sizeof *idle);
  ck_assert_ptr_nonnull(idle);
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--timeout", "8", "--limit-connections", "12000", NULL);
  daemon_await_ready(&daemon, 200);
  double worst;
  serve_others(daemon.port, &worst);
  /* Some of the connections before may still be ending. */
  enum { ENDING = 8 };
  size_t held = daemon_descriptors(&daemon), memory = daemon_memory(&daemon, "VmRSS:");
  /* Every second one has asked something, and is kept alive. */
  for (size_t i = 0; i < count; i++) {
    raw_open(&idle[i], daemon.port);
    if (i % 2) raw_send_text(&idle[i], "GET /vector?word=cat HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  await_descriptors(&daemon, held + count - ENDING, SIZE_MAX);
  size_t each = (daemon_memory(&daemon, "VmRSS:") - memory) / count;
  size_t served = serve_others(daemon.port, &worst);
  for (size_t i = 0; i < count; i++) {
    ck_assert(raw_closes(&idle[i]));
    raw_close(&idle[i]);
  }
  await_descriptors(&daemon, 0, held);
  printf("counts: %zu idle connections of %zu bytes each; %zu others served beside them, the slowest in %.1f ms\n",
         count, each, served, worst * 1000);
  ck_assert_uint_lt(each, BYTES_MOST);
  daemon_stop(&daemon);
  free(idle);
}
END_TEST

/* The limit falls to what the daemon has and a few more. Those that come then wait, and are served when others go. */
START_TEST(accepts_again_when_there_are_descriptors) {
  enum { CLIENTS = 12, FEW = 4 };
  static const char request[] = "GET /vector?word=cat HTTP/1.1\r\nHost: a\r\n\r\n";
  struct daemon daemon;
  struct raw raws[CLIENTS];
  struct answer answer;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, NULL);
  daemon_await_ready(&daemon, 200);
  size_t held = daemon_descriptors(&daemon);
  await_descriptors(&daemon, 0, held);
  const struct rlimit limit = {held + FEW, 20000};
  ck_assert(prlimit(daemon.pid, RLIMIT_NOFILE, &limit, NULL) == 0);
  for (size_t i = 0; i < CLIENTS; i++) {
    raw_open(&raws[i], daemon.port);
    raw_send_text(&raws[i], request);
  }
  size_t waiting = 0;
  for (size_t i = 0; i < CLIENTS; i++) {
    struct pollfd wait = {.fd = raws[i].descriptor, .events = POLLIN};
    waiting += poll(&wait, 1, 100) == 0;
  }
  ck_assert_uint_ge(waiting, 1);
  /* In the order in which they came. */
  for (size_t i = 0; i < CLIENTS; i++) {
    ck_assert(raw_answer(&raws[i], false, &answer));
    json_decref(expect_answer(&answer, 200));
    answer_release(&answer);
    raw_close(&raws[i]);
  }
  await_descriptors(&daemon, 0, held);
  printf("counts: %zu of %d clients waited for descriptors, and were answered\n", waiting, CLIENTS);
  daemon_stop(&daemon);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/idle_connections", &tcase);
  tcase_add_test(tcase, idle_connections_hold_up_nobody);
  tcase_add_test(tcase, accepts_again_when_there_are_descriptors);
  setlinebuf(stdout);
  /* Memory is that of the program as it is, not that of the sanitizer. */
  if (getenv("RELEASE_BINARY")) setenv("WORDVEC_BINARY", getenv("RELEASE_BINARY"), 1);
  scratch_open();
  fixture_zoo(&zoo);
  int failed = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
