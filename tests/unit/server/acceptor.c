/* Connections are handed on while there is room; at the end those that have come are taken, or left to the next process
 * on the same socket. */
#include "server/acceptor.h"

#include <check.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/scratch.h"

enum { CLIENTS = 5 };

static struct listener listener;
static int clients[CLIENTS];
static atomic_size_t taken, room;
static bool flood; /* whoever is taken calls again */

static bool has_room(void *context) {
  (void)context;
  return atomic_load(&taken) < atomic_load(&room);
}

static void call(size_t first, size_t behind) {
  for (size_t i = first; i < behind; i++) {
    clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(clients[i], (const struct sockaddr *)&listener.address.storage, listener.address.length),
                     0);
  }
}

static void call_again(void) {
  close(clients[0]);
  call(0, 1);
}

static void take(void *context, int descriptor, const struct sockaddr *peer, socklen_t length) {
  ck_assert_ptr_eq(context, &taken);
  ck_assert_int_eq(peer->sa_family, AF_INET);
  ck_assert_uint_gt(length, 0);
  ck_assert_int_ne(fcntl(descriptor, F_GETFL) & O_NONBLOCK, 0);
  ck_assert_int_ne(fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0);
  close(descriptor);
  if (flood) call_again();
  atomic_fetch_add(&taken, 1);
}

static struct acceptor *start(bool inherited) {
  struct acceptor *acceptor;
  listener.inherited = inherited;
  const struct acceptor_options options = {listener, has_room, take, &taken};
  ck_assert_int_eq(acceptor_start(&options, &acceptor), STATUS_OK);
  return acceptor;
}

static void await_taken(size_t count) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while (atomic_load(&taken) < count && support_seconds() < deadline) support_pause();
  ck_assert_uint_eq(atomic_load(&taken), count);
}

static void set_up(void) {
  struct address address;
  struct problem problem;
  ck_assert_int_eq(address_parse("127.0.0.1:0", &problem, &address), STATUS_OK);
  ck_assert_int_eq(listener_open(&address, &problem, &listener), STATUS_OK);
  for (size_t i = 0; i < CLIENTS; i++) clients[i] = -1;
  atomic_store(&taken, 0);
  atomic_store(&room, SIZE_MAX);
  flood = false;
}

static void tear_down(void) {
  for (size_t i = 0; i < CLIENTS; i++)
    if (clients[i] >= 0) close(clients[i]);
}

START_TEST(connections_are_handed_on) {
  struct acceptor *acceptor = start(false);
  call(0, 2);
  await_taken(2);
  call(2, CLIENTS);
  await_taken(CLIENTS);
  acceptor_stop(acceptor);
  ck_assert_int_eq(fcntl(listener.descriptor, F_GETFD), -1); /* it was closed */
}
END_TEST

START_TEST(without_room_they_wait) {
  atomic_store(&room, 2);
  struct acceptor *acceptor = start(false);
  call(0, CLIENTS);
  await_taken(2);
  atomic_store(&room, 4);
  await_taken(4);
  acceptor_stop(acceptor);
  ck_assert_uint_eq(atomic_load(&taken), 4);
}
END_TEST

/* Those that the thread has not come to yet are taken all the same. */
START_TEST(what_has_come_is_taken_at_the_end) {
  atomic_store(&room, 0);
  struct acceptor *acceptor = start(false);
  call(0, CLIENTS);
  atomic_store(&room, SIZE_MAX);
  acceptor_stop(acceptor);
  ck_assert_uint_eq(atomic_load(&taken), CLIENTS);
}
END_TEST

/* However many call meanwhile. */
START_TEST(a_flood_does_not_put_off_the_end) {
  atomic_store(&room, 0);
  struct acceptor *acceptor = start(false);
  call(0, 1);
  flood = true;
  atomic_store(&room, 2 * LISTENER_BACKLOG);
  acceptor_stop(acceptor);
  ck_assert_uint_gt(atomic_load(&taken), 0);
  ck_assert_uint_lt(atomic_load(&taken), LISTENER_BACKLOG + LISTENER_BACKLOG / 2);
}
END_TEST

START_TEST(an_inherited_socket_is_left_to_the_next) {
  int held = dup(listener.descriptor); /* as a service manager has it */
  atomic_store(&room, 0);
  struct acceptor *acceptor = start(true);
  call(0, CLIENTS);
  acceptor_stop(acceptor);
  ck_assert_uint_eq(atomic_load(&taken), 0);
  atomic_store(&room, SIZE_MAX);
  listener.descriptor = held;
  acceptor = start(true);
  await_taken(CLIENTS);
  acceptor_stop(acceptor);
}
END_TEST

/* Two processes may share it for a while: a connection goes to either, and neither is held up by the other's haste. */
START_TEST(two_on_one_socket) {
  struct acceptor *first = start(true);
  listener.descriptor = dup(listener.descriptor);
  struct acceptor *second = start(true);
  call(0, CLIENTS);
  await_taken(CLIENTS);
  acceptor_stop(first);
  acceptor_stop(second);
}
END_TEST

START_TEST(none) {
  acceptor_stop(NULL);
  close(listener.descriptor);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/acceptor");
  TCase *tcase = tcase_create("acceptor");
  tcase_set_timeout(tcase, 2 * SUPPORT_PATIENCE_SECONDS);
  tcase_add_checked_fixture(tcase, set_up, tear_down);
  tcase_add_test(tcase, connections_are_handed_on);
  tcase_add_test(tcase, without_room_they_wait);
  tcase_add_test(tcase, what_has_come_is_taken_at_the_end);
  tcase_add_test(tcase, a_flood_does_not_put_off_the_end);
  tcase_add_test(tcase, an_inherited_socket_is_left_to_the_next);
  tcase_add_test(tcase, two_on_one_socket);
  tcase_add_test(tcase, none);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
