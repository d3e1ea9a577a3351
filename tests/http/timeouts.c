/* Connections on which nothing more comes: closed at the time-out, which is a second here, and the daemon is well. */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

/* Neither an idle connection, nor a stalled head, nor a stalled body is kept beyond the time-out. */
START_TEST(stalled_connections_are_closed) {
  static const char *const texts[] = {"", "GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: ",
                                      "POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n{\"ind",
                                      "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"};
  struct raw raws[4];
  for (size_t i = 0; i < 4; i++) {
    raw_open(&raws[i], served.port);
    raw_send_text(&raws[i], texts[i]);
  }
  for (size_t i = 0; i < 4; i++) {
    ck_assert(raw_closes(&raws[i]));
    raw_close(&raws[i]);
  }
}
END_TEST

/* A byte every tenth of a second is never silence, and would keep a connection for ever; the time-out is for the whole
 * head, and for a body that comes at next to no pace. */
START_TEST(trickles_are_closed) {
  static const struct {
    const char *text, *bytes;
  } trickles[] = {
      {"GET /livez HTTP/1.1\r\nHost: a\r\nX: ", "a"},
      {"GET /livez HTTP/1.1\r\nHost: a\r\n", "X: 1\r\n"},
      {"GET /", "a"},
      {"", "\r\n"},
      {"POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n{", " "},
      {"POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"},
      {"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n", " "},
      {"POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: 1\r\n"},
  };
  enum { COUNT = sizeof trickles / sizeof *trickles, TENTHS_MOST = 300 };
  struct raw raws[COUNT];
  size_t left = COUNT;
  bool closed[COUNT] = {false};
  for (size_t i = 0; i < COUNT; i++) {
    raw_open(&raws[i], served.port);
    raw_send_text(&raws[i], trickles[i].text);
  }
  for (int tenths = 0; left > 0; tenths++) {
    ck_assert_msg(tenths < TENTHS_MOST, "%zu of %d trickles go on", left, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
      char dropped[512];
      if (closed[i]) continue;
      raw_send_text(&raws[i], trickles[i].bytes);
      ssize_t got = recv(raws[i].descriptor, dropped, sizeof dropped, MSG_DONTWAIT);
      closed[i] = got == 0 || (got < 0 && errno == ECONNRESET);
      left -= closed[i];
    }
    poll(NULL, 0, 100);
  }
  for (size_t i = 0; i < COUNT; i++) raw_close(&raws[i]);
}
END_TEST

#define REQUEST(text) \
  { text, sizeof(text) - 1 }

START_TEST(bytes_that_are_not_http) {
  static const struct {
    const char *text;
    size_t length;
  } requests[] = {
      REQUEST("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
      REQUEST("GET\r\n\r\n"),
      REQUEST("\0\0\0\0\0\0\r\n\r\n"),
      REQUEST("GET /livez HTTP/9.9\r\nHost: a\r\n\r\n"),
  };
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    struct raw raw;
    raw_open(&raw, served.port);
    raw_send(&raw, requests[i].text, requests[i].length);
    raw_half_close(&raw);
    ck_assert(raw_closes(&raw));
    raw_close(&raw);
  }
  json_decref(get_json(served.port, 200, "/vector?word=cat"));
}
END_TEST

START_TEST(clients_that_go_away) {
  static const char *const texts[] = {"", "GET", "GET /vector?word=cat HTTP/1.1\r\nHost: a\r\n",
                                      "POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n{\"ind",
                                      "POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\""};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct raw raw;
    raw_open(&raw, served.port);
    raw_send_text(&raw, texts[i]);
    raw_half_close(&raw);
    ck_assert(raw_closes(&raw));
    raw_close(&raw);
    raw_open(&raw, served.port);
    raw_send_text(&raw, texts[i]);
    raw_close(&raw);
  }
  json_decref(get_json(served.port, 200, "/vector?word=cat"));
}
END_TEST

/* A whole request, then the end of what the client says: it still gets its answer. */
START_TEST(a_half_closed_client_gets_its_answer) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send_text(&raw, "GET /vector?word=cat HTTP/1.1\r\nHost: a\r\n\r\n");
  raw_half_close(&raw);
  ck_assert(raw_answer(&raw, false, &answer));
  ck_assert_int_eq(answer.status, 200);
  answer_release(&answer);
  ck_assert(raw_closes(&raw));
  raw_close(&raw);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/timeouts", &tcase);
  tcase_add_test(tcase, stalled_connections_are_closed);
  tcase_add_test(tcase, trickles_are_closed);
  tcase_add_test(tcase, bytes_that_are_not_http);
  tcase_add_test(tcase, clients_that_go_away);
  tcase_add_test(tcase, a_half_closed_client_gets_its_answer);
  scratch_open();
  fixture_zoo(&zoo);
  daemon_prepare(&served);
  suite_import(&served, "zoo", &zoo);
  daemon_start(&served, "--timeout", "1", NULL);
  daemon_await_ready(&served, 200);
  int failed = suite_run(suite);
  daemon_stop(&served);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
