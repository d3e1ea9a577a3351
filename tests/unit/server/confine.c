/* What a daemon with certain options is left with, and what its log says of it; in threads, as in sandbox.c. */
#include "server/confine.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static char store[SCRATCH_PATH_MAX], fallback[SCRATCH_PATH_MAX], keys[SCRATCH_PATH_MAX], said[SCRATCH_PATH_MAX];
static struct options options;

struct inmate {
  int times; /* it is confined so often */
  bool confined;
  int store, fallback, keys, elsewhere; /* errno values of opening a file there */
};

static void make_file(char path[SCRATCH_PATH_MAX], const char *folder) {
  char file[SCRATCH_PATH_MAX];
  scratch_folder(path, "%s", folder);
  scratch_folder(path, "%s/in", folder);
  scratch_path(file, "%s/in/file", folder);
  scratch_write(file, "x", 1);
}

static int try_open(const char *folder) {
  char path[SCRATCH_PATH_MAX + 8];
  snprintf(path, sizeof path, "%s/file", folder);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  int error = descriptor < 0 ? errno : 0;
  if (descriptor >= 0) close(descriptor);
  return error;
}

static void *live(void *argument) {
  struct inmate *inmate = argument;
  struct log log = {.format = LOG_TEXT, .level = LOG_DEBUG};
  log.descriptor = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  inmate->confined = true;
  for (int i = 0; i < inmate->times && inmate->confined; i++) inmate->confined = confine(&options, false, &log);
  inmate->store = try_open(store);
  inmate->fallback = try_open(fallback);
  inmate->keys = try_open(keys);
  int other = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
  inmate->elsewhere = other < 0 ? errno : 0;
  if (other >= 0) close(other);
  close(log.descriptor);
  return NULL;
}

static struct inmate imprison(int times) {
  struct inmate inmate = {.times = times};
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, live, &inmate), 0);
  pthread_join(thread, NULL);
  return inmate;
}

static bool log_says(const char *text) {
  char *log = scratch_read(said, NULL);
  bool found = strstr(log, text) != NULL;
  free(log);
  return found;
}

static void set_up(void) {
  static char key_file[SCRATCH_PATH_MAX + 8];
  struct problem problem;
  scratch_path(said, "log");
  make_file(store, "store");
  make_file(fallback, "fallback");
  make_file(keys, "keys");
  snprintf(key_file, sizeof key_file, "%s/file", keys);
  options = (struct options){.store = store, .api_key_file = key_file};
  options.serve.fallback_store = fallback;
  options.serve.notify_socket = "@manager";
  ck_assert_int_eq(address_parse("127.0.0.1:8080", &problem, &options.serve.address), STATUS_OK);
  ck_assert_int_eq(address_parse("[::1]:9090", &problem, &options.serve.metrics_address), STATUS_OK);
}

START_TEST(off_holds_nothing) {
  options.serve.sandbox = SANDBOX_OFF;
  struct inmate inmate = imprison(1);
  ck_assert(inmate.confined && inmate.elsewhere == 0);
  ck_assert(log_says("no sandbox (--sandbox off)"));
}
END_TEST

START_TEST(what_the_options_name_is_left) {
  struct inmate inmate = imprison(1);
  ck_assert(inmate.confined);
  ck_assert_int_eq(inmate.store, 0);
  ck_assert_int_eq(inmate.fallback, 0);
  ck_assert_int_eq(inmate.keys, 0);
  ck_assert_int_eq(inmate.elsewhere, EACCES);
  ck_assert(log_says("sandbox: Landlock ") && log_says("/fallback") && log_says("/proc/self"));
  options.api_key_file = NULL;
  options.serve.fallback_store = NULL;
  inmate = imprison(1);
  ck_assert_int_eq(inmate.store, 0);
  ck_assert_int_eq(inmate.fallback, EACCES);
  ck_assert_int_eq(inmate.keys, EACCES);
}
END_TEST

/* The kernel puts at most 16 sandboxes around a thread: the next cannot be entered. */
START_TEST(what_cannot_be_entered) {
  struct inmate inmate = imprison(17);
  ck_assert(inmate.confined);
  ck_assert(log_says("warning: no sandbox: Landlock cannot be entered"));
  options.serve.sandbox = SANDBOX_REQUIRED;
  inmate = imprison(17);
  ck_assert(!inmate.confined);
  ck_assert(log_says("error: no sandbox, and it is required: Landlock cannot be entered"));
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/confine", &tcase);
  tcase_add_checked_fixture(tcase, set_up, NULL);
  tcase_add_test(tcase, off_holds_nothing);
  if (syscall(444, NULL, 0, 1) >= 1) { /* landlock_create_ruleset(LANDLOCK_CREATE_RULESET_VERSION) */
    tcase_add_test(tcase, what_the_options_name_is_left);
    tcase_add_test(tcase, what_cannot_be_entered);
  }
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
