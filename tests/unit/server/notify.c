/* A service manager hears what it is told, over a path and over an abstract name; and nobody need listen. */
#include "server/notify.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/scratch.h"

static void expect_message(int descriptor, const char *wanted) {
  char text[64];
  ssize_t got = recv(descriptor, text, sizeof text - 1, 0); /* sent already */
  ck_assert_int_ge(got, 0);
  text[got] = '\0';
  ck_assert_str_eq(text, wanted);
}

static int manager_at(const char *path, size_t length) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, path, length);
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ck_assert_int_ge(descriptor, 0);
  ck_assert_int_eq(
      bind(descriptor, (const struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
      0);
  return descriptor;
}

START_TEST(over_a_path) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "notify");
  int manager = manager_at(path, strlen(path) + 1);
  notify_manager(path, "READY=1");
  notify_manager(path, "STOPPING=1\nSTATUS=x");
  expect_message(manager, "READY=1");
  expect_message(manager, "STOPPING=1\nSTATUS=x");
  close(manager);
  unlink(path);
}
END_TEST

START_TEST(over_an_abstract_name) {
  char name[64], bound[64];
  int length = snprintf(name, sizeof name, "@wordvec-test-%d", (int)getpid());
  memcpy(bound, name, (size_t)length);
  bound[0] = '\0';
  int manager = manager_at(bound, (size_t)length);
  notify_manager(name, "READY=1");
  expect_message(manager, "READY=1");
  close(manager);
}
END_TEST

/* Nothing to be sent to: it returns, and leaves no descriptor behind. */
START_TEST(to_nobody) {
  char long_path[256];
  memset(long_path, '/', sizeof long_path - 1);
  long_path[sizeof long_path - 1] = '\0';
  int before = dup(0);
  const char *const nobody[] = {NULL, "", "/", "@", "relative", "/nowhere/at/all", "vsock:2:1234", long_path};
  for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) notify_manager(nobody[i], "READY=1");
  int after = dup(0);
  ck_assert_int_eq(after, before + 1);
  close(after);
  close(before);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/notify");
  TCase *tcase = tcase_create("notify");
  tcase_add_test(tcase, over_a_path);
  tcase_add_test(tcase, over_an_abstract_name);
  tcase_add_test(tcase, to_nobody);
  suite_add_tcase(suite, tcase);
  scratch_open();
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  scratch_close();
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
