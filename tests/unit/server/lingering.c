/* What a client still sends is thrown away, a little at each turn: one that sends fast holds up nobody. */
#include "server/lingering.h"

#include <check.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SENT_MOST = 1 << 20, TURNS_MOST = 64 };

static struct lingering *lingering;
static int client, server, watched; /* `watched`: the server's end once more */

static void set_up(void) {
  int ends[2], room = SENT_MOST;
  ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  client = ends[0];
  server = ends[1];
  watched = dup(server);
  setsockopt(client, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  ck_assert_int_eq(lingering_new(&lingering), STATUS_OK);
}

static void tear_down(void) {
  lingering_free(lingering);
  close(client);
  close(watched);
}

/* As much as the system takes. */
static size_t send_all(void) {
  static char bytes[16 << 10];
  size_t sent = 0;
  for (ssize_t put; (put = send(client, bytes, sizeof bytes, MSG_NOSIGNAL)) > 0;) sent += (size_t)put;
  return sent;
}

static size_t unread(void) {
  int left = -1;
  ck_assert_int_eq(ioctl(watched, FIONREAD, &left), 0);
  return (size_t)left;
}

START_TEST(a_turn_reads_some_of_what_has_come) {
  int turns = 0;
  size_t sent = send_all();
  lingering_add(lingering, server);
  lingering_turn(lingering);
  ck_assert_uint_gt(unread(), 0);
  ck_assert_uint_lt(unread(), sent);
  while (unread() > 0 && turns < TURNS_MOST) {
    lingering_turn(lingering);
    turns++;
  }
  ck_assert_uint_eq(unread(), 0);
}
END_TEST

/* A descriptor that lingers is closed behind the client's end. */
START_TEST(the_end_of_the_client_is_the_end) {
  int left;
  lingering_add(lingering, server);
  lingering_turn(lingering);
  ck_assert_int_eq(send(client, "x", 1, MSG_NOSIGNAL), 1); /* still there */
  shutdown(client, SHUT_WR);
  lingering_turn(lingering);
  lingering_turn(lingering);
  ck_assert_int_eq(ioctl(server, FIONREAD, &left), -1);
}
END_TEST

START_TEST(too_many_are_closed_at_once) {
  enum { MANY = 65 };
  int last = -1;
  for (int i = 0; i < MANY; i++) lingering_add(lingering, last = dup(watched));
  int left;
  ck_assert_int_eq(ioctl(last, FIONREAD, &left), -1);
  close(server);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/lingering");
  TCase *tcase = tcase_create("lingering");
  tcase_add_checked_fixture(tcase, set_up, tear_down);
  tcase_add_test(tcase, a_turn_reads_some_of_what_has_come);
  tcase_add_test(tcase, the_end_of_the_client_is_the_end);
  tcase_add_test(tcase, too_many_are_closed_at_once);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
