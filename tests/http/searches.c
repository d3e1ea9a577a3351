/* Searches leave the threads that talk to clients: they wait in a bounded queue with a deadline, lookups overtake them,
 * and whatever happens to their clients or to the daemon meanwhile, each is answered once or given up.
 *
 * Daemons have one thread of each kind. A long search keeps that of the searches busy; that a test looked while it was,
 * is seen from its answer not having come, and tried again where it had. */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/effort.h"
#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/scrape.h"
#include "tests/support/suite.h"

enum { ROWS = 4000, DIM = 32, TRIES = 6, LONG_MOST = 600, MATRIX_MOST = 1000 };

static struct fixture bulk;

/* A daemon with the flags --search-batch 1 and so on; `queue` and `timeout` as texts. */
static void start(struct daemon *daemon, const char *queue, const char *timeout, const char *drain) {
  daemon_prepare(daemon);
  suite_import(daemon, "bulk", &bulk);
  daemon_start(daemon, "--threads", "1", "--search-threads", "1", "--limit-search-batch", "1", "--limit-search-queue",
               queue, "--search-timeout", timeout, "--drain-timeout", drain, "--kernel", "scalar", NULL);
  daemon_await_ready(daemon, 200);
}

static void expect_lookup(struct raw *raw) {
  struct answer answer;
  raw_send_text(raw, "GET /index?word=w7 HTTP/1.1\r\nHost: a\r\n\r\n");
  ck_assert(raw_answer(raw, false, &answer));
  json_t *root = expect_answer(&answer, 200);
  expect_integer(root, "/index", 7);
  json_decref(root);
  answer_release(&answer);
}

/* A connection that the daemon knows: what is sent over it is read in the order in which such connections send. */
static void connect_well(struct raw *raw, const struct daemon *daemon) {
  raw_open(raw, daemon->port);
  expect_lookup(raw);
}

/* Sends a search that takes a while, in one piece that is read at once. */
static void begin_long(struct raw *raw) {
  char request[16 << 10], body[12 << 10];
  size_t used = (size_t)snprintf(body, sizeof body, "{\"queries\":[{\"index\":0,\"k\":1}");
  for (int i = 1; i < effort_of_daemon(LONG_MOST); i++)
    used += (size_t)snprintf(body + used, sizeof body - used, ",{\"index\":%d}", i % 10);
  used += (size_t)snprintf(body + used, sizeof body - used, "]}");
  int length = snprintf(request, sizeof request, "POST /neighbors HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
                        used, body);
  raw_send(raw, request, (size_t)length);
}

/* The same for similarities, of which so many are more than the thread of a connection takes upon itself. */
static void begin_long_matrix(struct raw *raw) {
  char request[4 << 10], body[3 << 10];
  size_t used = (size_t)snprintf(body, sizeof body, "{\"words\":[0");
  for (int i = 1; i < effort_of_daemon(MATRIX_MOST); i++)
    used += (size_t)snprintf(body + used, sizeof body - used, ",%d", i % 10);
  used += (size_t)snprintf(body + used, sizeof body - used, "]}");
  int length =
      snprintf(request, sizeof request,
               "POST /similarity?format=octet-stream HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s", used, body);
  raw_send(raw, request, (size_t)length);
}

static bool is_pending(const struct raw *raw) {
  struct pollfd wait = {.fd = raw->descriptor, .events = POLLIN};
  return poll(&wait, 1, 0) == 0;
}

/* The status of the next answer: 200, or 503 with all that belongs to it. */
static long read_status(struct raw *raw) {
  struct answer answer;
  char value[64] = "";
  ck_assert_msg(raw_answer(raw, false, &answer), "closed without an answer");
  long status = answer.status;
  if (status == 503) {
    json_decref(expect_problem(&answer, 503, "busy"));
    ck_assert_msg(answer_header(&answer, "Retry-After", value, sizeof value), "no Retry-After");
  } else {
    json_decref(expect_answer(&answer, 200));
  }
  answer_release(&answer);
  return status;
}

static void expect_neighbors(struct raw *raw, size_t row, size_t k) {
  struct answer answer;
  ck_assert(raw_answer(raw, false, &answer));
  json_t *root = expect_answer(&answer, 200);
  expect_nearest(root, &bulk, fixture_row(&bulk, row), &row, 1, k);
  json_decref(root);
  answer_release(&answer);
}

START_TEST(lookups_overtake_matrices_of_similarities) {
  struct daemon daemon;
  struct raw matrix, lookup;
  struct answer answer;
  bool overtaken = false;
  start(&daemon, "10", "60", "60");
  connect_well(&matrix, &daemon);
  connect_well(&lookup, &daemon);
  for (int i = 0; i < TRIES && !overtaken; i++) {
    begin_long_matrix(&matrix);
    expect_lookup(&lookup);
    overtaken = is_pending(&matrix);
    ck_assert(raw_answer(&matrix, false, &answer));
    ck_assert_int_eq(answer.status, 200);
    ck_assert_uint_eq(answer.length, (size_t)effort_of_daemon(MATRIX_MOST) * ROWS * sizeof(double));
    answer_release(&answer);
  }
  ck_assert(overtaken);
  raw_close(&matrix);
  raw_close(&lookup);
  daemon_stop(&daemon);
}
END_TEST

/* On the one thread that talks to clients, a lookup that is sent after a search is answered before it. */
START_TEST(lookups_overtake_searches) {
  struct daemon daemon;
  struct raw search, lookup;
  bool overtaken = false;
  start(&daemon, "10", "60", "60");
  connect_well(&search, &daemon);
  connect_well(&lookup, &daemon);
  for (int i = 0; i < TRIES && !overtaken; i++) {
    begin_long(&search);
    expect_lookup(&lookup);
    overtaken = is_pending(&search);
    ck_assert_int_eq(read_status(&search), 200);
  }
  ck_assert(overtaken);
  raw_close(&search);
  raw_close(&lookup);
  daemon_stop(&daemon);
}
END_TEST

/* A batch holds its thread and another waits for it; a single search waits for neither. */
START_TEST(single_searches_overtake_batches) {
  struct daemon daemon;
  struct raw first, second, single;
  bool overtaken = false;
  start(&daemon, "10", "60", "60");
  connect_well(&first, &daemon);
  connect_well(&second, &daemon);
  connect_well(&single, &daemon);
  for (int i = 0; i < TRIES && !overtaken; i++) {
    begin_long(&first);
    begin_long(&second);
    raw_send_text(&single, "GET /neighbors?index=7&k=3 HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_neighbors(&single, 7, 3);
    overtaken = is_pending(&first) && is_pending(&second);
    ck_assert_int_eq(read_status(&first), 200);
    ck_assert_int_eq(read_status(&second), 200);
  }
  ck_assert(overtaken);
  raw_close(&first);
  raw_close(&second);
  raw_close(&single);
  daemon_stop(&daemon);
}
END_TEST

/* One search is under way and at most one waits: of five, three at least are refused at once. */
START_TEST(a_full_queue_answers_503_at_once) {
  enum { SEARCHES = 5 };
  struct daemon daemon;
  struct raw searches[SEARCHES];
  bool refused = false;
  start(&daemon, "1", "60", "60");
  for (size_t i = 0; i < SEARCHES; i++) connect_well(&searches[i], &daemon);
  for (int try = 0; try < TRIES && !refused; try++) {
    size_t busy = 0;
    for (size_t i = 0; i < SEARCHES; i++) begin_long(&searches[i]);
    busy += read_status(&searches[SEARCHES - 1]) == 503;
    refused = is_pending(&searches[0]);
    for (size_t i = 0; i < SEARCHES - 1; i++) busy += read_status(&searches[i]) == 503;
    refused = refused && busy >= SEARCHES - 2;
    ck_assert_uint_lt(busy, SEARCHES);
  }
  ck_assert(refused);
  ck_assert_double_ge(scrape_value(daemon.port, "wordvec_http_requests_rejected_total{reason=\"queue_full\"}"),
                      SEARCHES - 2);
  /* A refusal leaves the connection as it was. */
  begin_long(&searches[SEARCHES - 1]);
  ck_assert_int_eq(read_status(&searches[SEARCHES - 1]), 200);
  for (size_t i = 0; i < SEARCHES; i++) raw_close(&searches[i]);
  daemon_stop(&daemon);
}
END_TEST

/* With no more than a second to wait, the last of many long searches is not worked on. */
START_TEST(who_waits_too_long_gets_503) {
  enum { SEARCHES = 100 };
  struct daemon daemon;
  struct raw searches[SEARCHES];
  start(&daemon, "1000", "1", "60");
  for (size_t i = 0; i < SEARCHES; i++) connect_well(&searches[i], &daemon);
  for (size_t i = 0; i < SEARCHES; i++) begin_long(&searches[i]);
  ck_assert_int_eq(read_status(&searches[0]), 200);
  ck_assert_int_eq(read_status(&searches[SEARCHES - 1]), 503);
  ck_assert_double_ge(scrape_value(daemon.port, "wordvec_http_requests_rejected_total{reason=\"queue_timeout\"}"), 1);
  ck_assert_double_eq(scrape_value(daemon.port, "wordvec_http_requests_rejected_total{reason=\"queue_full\"}"), 0);
  for (size_t i = 0; i < SEARCHES; i++) raw_close(&searches[i]);
  daemon_stop(&daemon);
}
END_TEST

START_TEST(many_clients_get_their_own_answers) {
  enum { CLIENTS = 40 };
  struct daemon daemon;
  struct raw clients[CLIENTS];
  daemon_prepare(&daemon);
  suite_import(&daemon, "bulk", &bulk);
  daemon_start(&daemon, NULL);
  daemon_await_ready(&daemon, 200);
  for (size_t i = 0; i < CLIENTS; i++) raw_open(&clients[i], daemon.port);
  for (size_t i = 0; i < CLIENTS; i++) {
    char request[128];
    snprintf(request, sizeof request, "GET /neighbors?index=%zu&k=%zu HTTP/1.1\r\nHost: a\r\n\r\n", i * 100, i % 7 + 1);
    raw_send_text(&clients[i], request);
  }
  for (size_t i = 0; i < CLIENTS; i++) {
    expect_neighbors(&clients[i], i * 100, i % 7 + 1);
    raw_close(&clients[i]);
  }
  daemon_stop(&daemon);
}
END_TEST

/* Several requests in one piece: all are answered, in their order, over one connection. */
START_TEST(requests_behind_a_search_keep_their_order) {
  struct daemon daemon;
  struct raw raw;
  struct answer answer;
  start(&daemon, "10", "60", "60");
  raw_open(&raw, daemon.port);
  raw_send_text(&raw,
                "GET /neighbors?index=1&k=3 HTTP/1.1\r\nHost: a\r\n\r\n"
                "GET /vector?index=2 HTTP/1.1\r\nHost: a\r\n\r\n"
                "HEAD /neighbors?index=1&k=3 HTTP/1.1\r\nHost: a\r\n\r\n"
                "POST /neighbors HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n{\"index\":5,\"k\":2}"
                "GET /vector?word=v7 HTTP/1.1\r\nHost: a\r\n\r\n"
                "GET /neighbors?index=3&k=4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect_neighbors(&raw, 1, 3);
  ck_assert(raw_answer(&raw, false, &answer));
  json_t *root = expect_answer(&answer, 200);
  expect_integer(root, "/index", 2);
  json_decref(root);
  answer_release(&answer);
  ck_assert(raw_answer(&raw, true, &answer));
  ck_assert_int_eq(answer.status, 200);
  answer_release(&answer);
  expect_neighbors(&raw, 5, 2);
  ck_assert(raw_answer(&raw, false, &answer));
  root = expect_problem(&answer, 404, "word_not_found");
  expect_text(root, "/suggestions/0", "w7");
  json_decref(root);
  answer_release(&answer);
  expect_neighbors(&raw, 3, 4);
  ck_assert(raw_closes(&raw));
  raw_close(&raw);
  daemon_stop(&daemon);
}
END_TEST

/* Near spellings are found while searches wait; they have a place of their own to wait. */
START_TEST(suggestions_overtake_searches) {
  struct daemon daemon;
  struct raw search, lookup;
  struct answer answer;
  bool overtaken = false;
  start(&daemon, "10", "60", "60");
  connect_well(&search, &daemon);
  connect_well(&lookup, &daemon);
  for (int i = 0; i < TRIES && !overtaken; i++) {
    begin_long(&search);
    raw_send_text(&lookup, "GET /vector?word=v7 HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(raw_answer(&lookup, false, &answer));
    json_t *problem = expect_problem(&answer, 404, "word_not_found");
    overtaken = is_pending(&search);
    expect_text(problem, "/suggestions/0", "w7");
    json_decref(problem);
    answer_release(&answer);
    ck_assert_int_eq(read_status(&search), 200);
  }
  ck_assert(overtaken);
  raw_close(&lookup);
  raw_close(&search);
  daemon_stop(&daemon);
}
END_TEST

/* More unknown words at once than may wait for near spellings: each is answered, with them or without. */
START_TEST(a_flood_of_unknown_words) {
  enum { CLIENTS = 80 };
  struct daemon daemon;
  struct raw clients[CLIENTS];
  struct answer answer;
  start(&daemon, "10", "60", "60");
  for (size_t i = 0; i < CLIENTS; i++) connect_well(&clients[i], &daemon);
  for (size_t i = 0; i < CLIENTS; i++) {
    const char *route = i % 2 ? "vector" : "neighbors";
    char request[128];
    snprintf(request, sizeof request, "GET /%s?word=v%zu HTTP/1.1\r\nHost: a\r\n\r\n", route, i);
    raw_send_text(&clients[i], request);
  }
  for (size_t i = 0; i < CLIENTS; i++) {
    ck_assert(raw_answer(&clients[i], false, &answer));
    if (answer.status == 503)
      json_decref(expect_problem(&answer, 503, "busy")); /* more searches than may wait */
    else
      json_decref(expect_problem(&answer, 404, "word_not_found"));
    answer_release(&answer);
    raw_close(&clients[i]);
  }
  daemon_stop(&daemon);
}
END_TEST

/* A client may say behind its request that no more will follow, and is answered all the same: as long as no other
 * connection is open, for then libmicrohttpd takes it for gone. */
START_TEST(clients_that_close_their_side_are_answered) {
  enum { CLIENTS = 20 };
  struct daemon daemon;
  struct raw raw;
  struct answer answer;
  unsigned answered = 0;
  start(&daemon, "10", "60", "60");
  for (int i = 0; i < CLIENTS; i++) {
    raw_open(&raw, daemon.port);
    raw_send_text(&raw, "GET /neighbors?index=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    raw_half_close(&raw);
    if (raw_answer(&raw, false, &answer)) {
      json_decref(expect_answer(&answer, 200));
      answer_release(&answer);
      answered++;
    }
    raw_close(&raw);
  }
  ck_assert_uint_gt(answered, CLIENTS / 2);
  daemon_stop(&daemon);
}
END_TEST

/* Clients that go while their searches are worked on or wait, in every way, leave nothing behind: what was in flight
 * would hold up the stop, and be told. */
START_TEST(clients_that_go_are_forgotten) {
  enum { GOING = 30 };
  static const struct linger reset = {.l_onoff = 1};
  struct daemon daemon;
  struct raw going[GOING], staying;
  start(&daemon, "100", "60", "60");
  for (size_t i = 0; i < GOING; i++) connect_well(&going[i], &daemon);
  connect_well(&staying, &daemon);
  for (size_t i = 0; i < GOING; i++) begin_long(&going[i]);
  expect_lookup(&staying); /* so they have been read */
  for (size_t i = 0; i < GOING; i++) {
    if (i % 3 == 0) setsockopt(going[i].descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (i % 3 == 1)
      raw_half_close(&going[i]);
    else
      raw_close(&going[i]);
  }
  begin_long(&staying);
  ck_assert_int_eq(read_status(&staying), 200);
  for (size_t i = 1; i < GOING; i += 3) raw_close(&going[i]);
  raw_close(&staying);
  daemon_stop(&daemon);
  ck_assert(!daemon_log_has(&daemon, "given up"));
}
END_TEST

START_TEST(sigterm_finishes_searches_that_wait) {
  enum { SEARCHES = 4 };
  struct daemon daemon;
  struct raw searches[SEARCHES], lookup;
  start(&daemon, "10", "60", "60");
  connect_well(&lookup, &daemon);
  for (size_t i = 0; i < SEARCHES; i++) connect_well(&searches[i], &daemon);
  for (size_t i = 0; i < SEARCHES; i++) begin_long(&searches[i]);
  expect_lookup(&lookup);
  kill(daemon.pid, SIGTERM);
  for (size_t i = 0; i < SEARCHES; i++) {
    ck_assert_int_eq(read_status(&searches[i]), 200);
    raw_close(&searches[i]);
  }
  raw_close(&lookup);
  ck_assert_int_eq(process_wait(daemon.pid), 0);
  ck_assert(!daemon_log_has(&daemon, "given up"));
}
END_TEST

/* Past its time a drain ends, and those who still wait are told. */
START_TEST(searches_that_a_drain_gives_up_are_told) {
  enum { SEARCHES = 40 };
  struct daemon daemon;
  struct raw searches[SEARCHES], lookup;
  start(&daemon, "100", "60", "0");
  connect_well(&lookup, &daemon);
  for (size_t i = 0; i < SEARCHES; i++) connect_well(&searches[i], &daemon);
  for (size_t i = 0; i < SEARCHES; i++) begin_long(&searches[i]);
  expect_lookup(&lookup);
  kill(daemon.pid, SIGTERM);
  ck_assert_int_eq(read_status(&searches[SEARCHES - 1]), 503);
  for (size_t i = 0; i < SEARCHES - 1; i++) read_status(&searches[i]);
  for (size_t i = 0; i < SEARCHES; i++) raw_close(&searches[i]);
  raw_close(&lookup);
  ck_assert_int_eq(process_wait(daemon.pid), 0);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/searches", &tcase);
  tcase_add_test(tcase, lookups_overtake_searches);
  tcase_add_test(tcase, lookups_overtake_matrices_of_similarities);
  tcase_add_test(tcase, single_searches_overtake_batches);
  tcase_add_test(tcase, a_full_queue_answers_503_at_once);
  tcase_add_test(tcase, who_waits_too_long_gets_503);
  tcase_add_test(tcase, many_clients_get_their_own_answers);
  tcase_add_test(tcase, requests_behind_a_search_keep_their_order);
  tcase_add_test(tcase, suggestions_overtake_searches);
  tcase_add_test(tcase, a_flood_of_unknown_words);
  tcase_add_test(tcase, clients_that_close_their_side_are_answered);
  tcase_add_test(tcase, clients_that_go_are_forgotten);
  tcase_add_test(tcase, sigterm_finishes_searches_that_wait);
  tcase_add_test(tcase, searches_that_a_drain_gives_up_are_told);
  scratch_open();
  fixture_bulk(&bulk, ROWS, DIM);
  int failed = suite_run(suite);
  fixture_release(&bulk);
  scratch_close();
  return failed;
}
