/* A daemon on a socket that a service manager keeps: what it serves over, what it refuses, what it leaves behind, and
 * what it tells the manager. */
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

static struct fixture zoo;

static unsigned port_of(int listener) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
  return ntohs(address.sin_port);
}

/* What waits when a daemon ends, and what comes before there is another, is answered by the next one. */
START_TEST(the_socket_outlives_the_daemon) {
  struct daemon daemon;
  struct raw waiting;
  struct answer answer;
  int listener = daemon_listener();
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start_on(&daemon, listener, NULL, NULL);
  ck_assert_uint_eq(daemon.port, port_of(listener));
  json_decref(get_json(daemon.port, 200, "/vector?word=cat"));
  daemon_stop(&daemon);

  raw_open(&waiting, port_of(listener));
  raw_send_text(&waiting, "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  daemon_start_on(&daemon, listener, NULL, NULL);
  ck_assert_msg(raw_answer(&waiting, false, &answer), "the connection that waited was lost");
  ck_assert_int_eq(answer.status, 200);
  answer_release(&answer);
  raw_close(&waiting);
  daemon_stop(&daemon);
  close(listener);
}
END_TEST

/* Variables that were meant for another process are none. */
START_TEST(the_socket_of_another_is_left_alone) {
  struct daemon daemon;
  int listener = daemon_listener();
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start_on(&daemon, listener, "LISTEN_PID=1", NULL);
  ck_assert_uint_ne(daemon.port, port_of(listener));
  daemon_stop(&daemon);
  close(listener);
}
END_TEST

/* One that is named "metrics" is for these, and the other for everything else. */
START_TEST(a_socket_for_metrics) {
  struct daemon daemon;
  int listener = daemon_listener(), metrics = daemon_listener();
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  scratch_path(daemon.log, "metrics.log");
  const char *const arguments[] = {"serve", "--store", daemon.store, NULL};
  struct process_io io = {.err = daemon.log, .input = -1, .listener = listener, .metrics_listener = metrics};
  daemon.port = port_of(listener);
  daemon.pid = process_start(arguments, &io);
  daemon_await_ready(&daemon, 200);
  struct answer answer;
  client_get(port_of(metrics), "/metrics", &answer);
  ck_assert_int_eq(answer.status, 200);
  ck_assert_ptr_nonnull(strstr(answer.body, "wordvec_models 1"));
  answer_release(&answer);
  json_decref(get_problem(port_of(metrics), 404, "route_not_found", "/vector?word=cat"));
  json_decref(get_problem(daemon.port, 404, "route_not_found", "/metrics"));
  daemon_stop(&daemon);
  close(listener);
  close(metrics);
}
END_TEST

/* Runs `wordvec serve` to its end with the sockets handed on; `wanted` is in what it says. */
static void expect_refused(int listener, int metrics, const char *environment, const char *wanted) {
  char err[SCRATCH_PATH_MAX];
  scratch_path(err, "refused.err");
  unlink(err);
  const char *const arguments[] = {"serve", "--listen", "127.0.0.1:0", NULL};
  struct process_io io = {
      .err = err, .input = -1, .listener = listener, .metrics_listener = metrics, .environment = environment};
  ck_assert_int_eq(process_wait(process_start(arguments, &io)), 2);
  char *said = scratch_read(err, NULL);
  ck_assert_msg(strstr(said, wanted) != NULL, "no \"%s\" in: %s", wanted, said);
  free(said);
}

START_TEST(what_cannot_be_served_is_refused) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  int listener = daemon_listener(), other = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  expect_refused(listener, 0, "LISTEN_FDS=3", "3 sockets");
  expect_refused(other, 0, NULL, "not a listening TCP socket");
  /* Who reaches it may ask, whoever made it. */
  int open_to_all = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ck_assert_int_eq(bind(open_to_all, (const struct sockaddr *)&address, sizeof address), 0);
  ck_assert_int_eq(listen(open_to_all, 1), 0);
  expect_refused(open_to_all, 0, NULL, "--insecure-bind");
  expect_refused(listener, open_to_all, NULL, "--metrics-listen: http://0.0.0.0:");
  close(open_to_all);
  close(other);
  close(listener);
}
END_TEST

/* Reads one message; fails when none comes in time. */
static void expect_message(int manager, const char *wanted) {
  char text[128];
  struct timeval patience = {.tv_sec = SUPPORT_PATIENCE_SECONDS};
  setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ssize_t got = recv(manager, text, sizeof text - 1, 0);
  ck_assert_msg(got > 0, "the manager was not told \"%s\"", wanted);
  text[got] = '\0';
  ck_assert_str_eq(text, wanted);
}

START_TEST(the_manager_is_told) {
  struct daemon daemon;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char path[SCRATCH_PATH_MAX], variable[SCRATCH_PATH_MAX + 32];
  scratch_path(path, "manager");
  ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
  memcpy(address.sun_path, path, strlen(path));
  snprintf(variable, sizeof variable, "NOTIFY_SOCKET=%s", path);
  int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ck_assert_int_eq(bind(manager, (const struct sockaddr *)&address, sizeof address), 0);
  int listener = daemon_listener();
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start_on(&daemon, listener, variable, NULL);
  expect_message(manager, "READY=1");
  json_decref(get_json(daemon.port, 200, "/vector?word=cat")); /* it is */
  kill(daemon.pid, SIGTERM);
  expect_message(manager, "STOPPING=1");
  ck_assert_int_eq(process_wait(daemon.pid), 0);
  close(listener);
  close(manager);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/activation", &tcase);
  tcase_add_test(tcase, the_socket_outlives_the_daemon);
  tcase_add_test(tcase, the_socket_of_another_is_left_alone);
  tcase_add_test(tcase, a_socket_for_metrics);
  tcase_add_test(tcase, what_cannot_be_served_is_refused);
  tcase_add_test(tcase, the_manager_is_told);
  scratch_open();
  fixture_zoo(&zoo);
  int failed = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
