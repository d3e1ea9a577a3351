/* Sockets of one's own, and those that were handed on: what the environment may say, and what may lie behind it. */
#include "server/listener.h"

#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SELF = 4711 };

static size_t count_of(const char *process, const char *count) {
  struct listener_environment environment = {process, count, NULL};
  struct problem problem;
  size_t found = 99;
  enum status status = listener_count(&environment, SELF, &problem, &found);
  ck_assert_msg(status == STATUS_OK, "%s, %s: %s", process, count, problem.text);
  return found;
}

START_TEST(how_many) {
  ck_assert_uint_eq(count_of("4711", "1"), 1);
  ck_assert_uint_eq(count_of("4711", "3"), 3);
  ck_assert_uint_eq(count_of("4711", "0"), 0);
  ck_assert_uint_eq(count_of(NULL, NULL), 0);
  ck_assert_uint_eq(count_of(NULL, "1"), 0);
  ck_assert_uint_eq(count_of("4711", NULL), 0);
  ck_assert_uint_eq(count_of("4712", "1"), 0);    /* for another process */
  ck_assert_uint_eq(count_of("4712", "junk"), 0); /* and none of our business */
}
END_TEST

START_TEST(what_makes_no_sense) {
  static const char *const counts[] = {"", "-1", "+1", " 1", "1 ", "one", "1.0", "65", "99999999999999999999"};
  struct problem problem;
  size_t count = 99;
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    struct listener_environment environment = {"4711", counts[i], NULL};
    ck_assert_int_eq(listener_count(&environment, SELF, &problem, &count), STATUS_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(problem.text, "LISTEN_FDS"));
  }
  struct listener_environment environment = {"me", "1", NULL};
  ck_assert_int_eq(listener_count(&environment, SELF, &problem, &count), STATUS_BAD_ARGUMENT);
  ck_assert_ptr_nonnull(strstr(problem.text, "LISTEN_PID"));
  ck_assert_uint_eq(count, 99);
}
END_TEST

START_TEST(by_name) {
  struct listener_environment environment = {NULL, NULL, "http:metrics::x"};
  ck_assert_uint_eq(listener_named(&environment, 4, "http"), 0);
  ck_assert_uint_eq(listener_named(&environment, 4, "metrics"), 1);
  ck_assert_uint_eq(listener_named(&environment, 4, ""), 2);
  ck_assert_uint_eq(listener_named(&environment, 4, "x"), 3);
  ck_assert_uint_eq(listener_named(&environment, 4, "metric"), 4);
  ck_assert_uint_eq(listener_named(&environment, 1, "metrics"), 1); /* a name too many */
  environment.names = NULL;
  ck_assert_uint_eq(listener_named(&environment, 2, "http"), 2);
}
END_TEST

static struct listener opened(void) {
  struct address address;
  struct problem problem;
  struct listener listener;
  ck_assert_int_eq(address_parse("127.0.0.1:0", &problem, &address), STATUS_OK);
  ck_assert_msg(listener_open(&address, &problem, &listener) == STATUS_OK, "%s", problem.text);
  return listener;
}

static in_port_t port_of(const struct listener *listener) {
  return ((const struct sockaddr_in *)&listener->address.storage)->sin_port;
}

START_TEST(one_of_its_own) {
  struct problem problem;
  struct listener listener = opened(), second;
  ck_assert(!listener.inherited);
  ck_assert_uint_ne(port_of(&listener), 0);
  ck_assert_int_ne(fcntl(listener.descriptor, F_GETFL) & O_NONBLOCK, 0);
  ck_assert_int_ne(fcntl(listener.descriptor, F_GETFD) & FD_CLOEXEC, 0);
  ck_assert_int_eq(listener_open(&listener.address, &problem, &second), STATUS_IO); /* taken */
  close(listener.descriptor);
}
END_TEST

START_TEST(one_that_was_handed_on) {
  struct problem problem;
  struct listener listener = opened(), taken;
  fcntl(listener.descriptor, F_SETFL, 0); /* as a service manager leaves it */
  fcntl(listener.descriptor, F_SETFD, 0);
  ck_assert_msg(listener_inherit(listener.descriptor, &problem, &taken) == STATUS_OK, "%s", problem.text);
  ck_assert(taken.inherited);
  ck_assert_int_eq(taken.descriptor, listener.descriptor);
  ck_assert_uint_eq(port_of(&taken), port_of(&listener));
  ck_assert_int_ne(fcntl(taken.descriptor, F_GETFL) & O_NONBLOCK, 0);
  ck_assert_int_ne(fcntl(taken.descriptor, F_GETFD) & FD_CLOEXEC, 0);
  close(listener.descriptor);
}
END_TEST

/* No descriptor, no socket, a socket that does not listen, datagrams, another family. */
START_TEST(what_cannot_be_served) {
  int others[] = {999, open("/dev/null", O_RDONLY), socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_DGRAM, 0),
                  socket(AF_UNIX, SOCK_STREAM, 0)};
  ck_assert_int_eq(listen(others[4], 1), -1); /* without a name it does not listen */
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    struct problem problem;
    struct listener listener = {.descriptor = -7};
    ck_assert_int_eq(listener_inherit(others[i], &problem, &listener), STATUS_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(problem.text, "LISTEN_FDS"));
    ck_assert_int_eq(listener.descriptor, -7);
    if (i > 0) close(others[i]);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/listener");
  TCase *tcase = tcase_create("listener");
  tcase_add_test(tcase, how_many);
  tcase_add_test(tcase, what_makes_no_sense);
  tcase_add_test(tcase, by_name);
  tcase_add_test(tcase, one_of_its_own);
  tcase_add_test(tcase, one_that_was_handed_on);
  tcase_add_test(tcase, what_cannot_be_served);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
