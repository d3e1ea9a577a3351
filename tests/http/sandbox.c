/* A daemon in its sandbox: every thread is held, and all that a daemon does it still does. What the kernel then refuses
 * is tests/unit/server/sandbox.c's. */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

static struct fixture zoo;

/* Whether the daemon's kernel has Landlock; valgrind, under which a daemon may be, has none. */
static bool has_landlock(void) {
  return !getenv("WORDVEC_WRAPPER") && syscall(444, NULL, 0, 1) >= 1;
}

/* How many threads of a process may gain no new rights, and how many there are. */
static size_t held_threads(pid_t pid, size_t *count) {
  char path[SCRATCH_PATH_MAX];
  size_t held = 0;
  snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
  DIR *tasks = opendir(path);
  ck_assert_ptr_nonnull(tasks);
  *count = 0;
  for (const struct dirent *task; (task = readdir(tasks));) {
    if (task->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%s/status", (int)pid, task->d_name);
    char *status = scratch_read(path, NULL);
    held += strstr(status, "\nNoNewPrivs:\t1\n") != NULL;
    (*count)++;
    free(status);
  }
  closedir(tasks);
  return held;
}

static void expect_models(const struct daemon *daemon, size_t count) {
  json_t *models = get_json(daemon->port, 200, "/models");
  expect_length(models, "/models", count);
  json_decref(models);
}

/* Waits until so many are served. */
static void await_models(const struct daemon *daemon, size_t count) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (size_t seen = count + 1; seen != count; support_pause()) {
    json_t *models = get_json(daemon->port, 200, "/models");
    seen = json_array_size(json_at(models, "/models"));
    json_decref(models);
    if (support_seconds() > deadline) support_fail("%zu models are served, not %zu", seen, count);
  }
}

START_TEST(a_daemon_does_all_that_it_does) {
  struct daemon daemon, next;
  size_t count;
  char aside[SCRATCH_PATH_MAX];
  if (!has_landlock()) return;
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--sandbox", "required", "--metrics-listen", "127.0.0.1:0", NULL);
  daemon_await_ready(&daemon, 200);
  daemon_await_log(&daemon, "starts no program");
  size_t held = held_threads(daemon.pid, &count);
  ck_assert_uint_gt(count, 4);
  ck_assert_uint_eq(held, count);

  suite_import(&daemon, "later", &zoo);
  kill(daemon.pid, SIGHUP);
  await_models(&daemon, 2);
  json_decref(get_json(daemon.port, 200, "/vector?word=cat&model=later"));
  json_decref(get_json(daemon.port, 200, "/neighbors?word=cat&model=later"));

  daemon_prepare(&next);
  suite_import(&next, "other", &zoo);
  scratch_path(aside, "aside");
  ck_assert_int_eq(rename(daemon.store, aside), 0);
  ck_assert_int_eq(rename(next.store, daemon.store), 0);
  await_models(&daemon, 1);
  json_decref(get_json(daemon.port, 200, "/vector?word=cat&model=other"));
  expect_models(&daemon, 1);
  daemon_await_log(&daemon, "metrics on http://127.0.0.1:");
  daemon_stop(&daemon);
}
END_TEST

START_TEST(off_is_off) {
  struct daemon daemon;
  size_t count, own;
  daemon_prepare(&daemon);
  daemon_start(&daemon, "--sandbox", "off", NULL);
  daemon_await_log(&daemon, "no sandbox");
  if (held_threads(getpid(), &own) == 0) ck_assert_uint_eq(held_threads(daemon.pid, &count), 0);
  daemon_stop(&daemon);
}
END_TEST

START_TEST(what_cannot_be_had_is_not_required_in_vain) {
  struct run run;
  if (has_landlock()) return;
  run_wordvec(&run, "serve", "--listen", "127.0.0.1:0", "--sandbox", "required", NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "Landlock"));
  run_release(&run);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/sandbox", &tcase);
  tcase_add_test(tcase, a_daemon_does_all_that_it_does);
  tcase_add_test(tcase, off_is_off);
  tcase_add_test(tcase, what_cannot_be_had_is_not_required_in_vain);
  scratch_open();
  fixture_zoo(&zoo);
  int failed = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
