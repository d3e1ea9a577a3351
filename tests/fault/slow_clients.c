/* Debian's slowhttptest against one daemon, all its ways at the same time: heads that never end, bodies that never end,
 * answers that are hardly read, ranges. Beside them ordinary clients are served, every one. */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

enum { SECONDS = 7, PAUSE_MILLISECONDS = 5 };

/* 300 connections each; -i: seconds between bytes, within the time-out of 2. */
static const char *const ways[][32] = {
    {"slowhttptest", "-H", "-c", "300", "-r", "300", "-i", "1", "-x", "8", "-p", "3", "-l", "7", "-u"},
    {"slowhttptest", "-B", "-c", "300", "-r", "300", "-i", "1", "-x", "8", "-s", "8192", "-t", "POST", "-p", "3", "-l",
     "7", "-u"},
    {"slowhttptest", "-X", "-c", "300", "-r", "300", "-w", "10", "-y", "20", "-n", "1",
     "-z",           "5",  "-k", "3",   "-p", "3",   "-l", "7",  "-u"},
    {"slowhttptest", "-R", "-c", "300", "-r", "300", "-a", "1", "-b", "3000", "-t", "HEAD", "-p", "3", "-l", "7", "-u"},
};
static const char *const targets[] = {"/vector?word=cat", "/lookup", "/openapi.json", "/openapi.json"};
enum { WAYS = sizeof ways / sizeof *ways };

static struct fixture zoo;

static bool is_installed(void) {
  return access("/usr/bin/slowhttptest", X_OK) == 0;
}

static pid_t attack(size_t way, unsigned port) {
  char url[128];
  const char *arguments[33];
  size_t count = 0;
  while (ways[way][count]) {
    arguments[count] = ways[way][count];
    count++;
  }
  snprintf(url, sizeof url, "http://127.0.0.1:%u%s", port, targets[way]);
  arguments[count++] = url;
  arguments[count] = NULL;
  pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, 0);
  dup2(nothing, 1);
  dup2(nothing, 2);
  execv("/usr/bin/slowhttptest", (char **)(uintptr_t)arguments);
  _exit(127);
}

START_TEST(slow_clients_hold_up_nobody) {
  struct daemon daemon;
  pid_t pids[WAYS];
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--timeout", "2", NULL);
  daemon_await_ready(&daemon, 200);
  size_t held = daemon_descriptors(&daemon), most = held, served = 0, left = WAYS;
  double worst = 0;
  for (size_t i = 0; i < WAYS; i++) {
    pids[i] = attack(i, daemon.port);
    ck_assert_int_gt(pids[i], 0);
  }
  double until = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while (left > 0) {
    struct answer answer;
    double from = support_seconds();
    ck_assert_msg(from < until, "%zu attacks do not end", left);
    client_get(daemon.port, served % 2 ? "/vector?word=cat" : "/neighbors?word=cat&k=3", &answer);
    double took = support_seconds() - from;
    ck_assert_msg(answer.status == 200, "%ld after %zu answers", answer.status, served);
    answer_release(&answer);
    served++;
    if (took > worst) worst = took;
    size_t now = daemon_descriptors(&daemon);
    if (now > most) most = now;
    for (size_t i = 0; i < WAYS; i++) {
      int status;
      if (pids[i] == 0 || waitpid(pids[i], &status, WNOHANG) != pids[i]) continue;
      ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != 127, "%s %s ended with %d", ways[i][0], ways[i][1],
                    status);
      pids[i] = 0;
      left--;
    }
    poll(NULL, 0, PAUSE_MILLISECONDS);
  }
  while (daemon_descriptors(&daemon) > held) {
    ck_assert_msg(support_seconds() < until, "%zu descriptors, not %zu", daemon_descriptors(&daemon), held);
    support_pause();
  }
  printf(
      "counts: -H, -B, -X and -R with 300 connections each for %d s, %zu at a time; %zu ordinary requests all "
      "answered, "
      "the slowest in %.0f ms\n",
      SECONDS, most - held, served, worst * 1000);
  ck_assert_uint_gt(most - held, 50); /* they were there */
  ck_assert_uint_gt(served, 10);
  daemon_stop(&daemon);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/slow_clients", &tcase);
  setlinebuf(stdout);
  if (is_installed())
    tcase_add_test(tcase, slow_clients_hold_up_nobody);
  else
    printf("skipped: slow clients: slowhttptest is not installed\n");
  scratch_open();
  fixture_zoo(&zoo);
  int failed = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
