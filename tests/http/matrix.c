/* /matrix over the wire: streamed as a whole and for lists of words longer than other bodies, within limits of its own;
 * for clients that read slowly, stop reading or go. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/npy.h"
#include "tests/support/suite.h"

enum {
  ROWS = 2000,
  DIM = 50,
  LONG_LIST = 120000 /* words: a body longer than 1 MiB, and rows of more bytes than sockets hold, so that a client
                        which does not read stops the stream */
};

static struct daemon served; /* limits at their defaults, but for the room for answers */
static struct daemon strict; /* small limits */
static struct fixture zoo, bulk;

static void get_matrix(unsigned port, const char *target, struct answer *answer) {
  client_get_as(port, target, "*/*", answer);
  ck_assert_msg(answer->status == 200, "%s: %ld: %.300s", target, answer->status, answer->body);
}

START_TEST(the_whole_matrix) {
  struct answer answer;
  const size_t shape[] = {ROWS, DIM};
  char value[64];
  get_matrix(served.port, "/matrix?model=bulk", &answer);
  expect_npy(&answer, shape, 2, bulk.floats);
  ck_assert(answer_header(&answer, "Content-Length", value, sizeof value));
  ck_assert_uint_eq(strtoull(value, NULL, 10), answer.length);
  answer_release(&answer);
  get_matrix(served.port, "/matrix?model=zoo&format=octet-stream", &answer);
  expect_bare_floats(&answer, "30,5", zoo.floats, ZOO_ROWS * ZOO_DIM);
  answer_release(&answer);
}
END_TEST

START_TEST(accept_chooses) {
  struct answer answer;
  char type[64];
  client_get_as(served.port, "/matrix?model=zoo", "application/json", &answer);
  json_t *object = expect_answer(&answer, 200);
  expect_json(object, "/shape", "[30,5]");
  json_decref(object);
  answer_release(&answer);
  client_get_as(served.port, "/matrix?model=zoo", "application/octet-stream, application/json;q=0.5", &answer);
  ck_assert(answer_header(&answer, "Content-Type", type, sizeof type));
  ck_assert_str_eq(type, "application/octet-stream");
  answer_release(&answer);
  static const char words[] = "{\"words\":[\"cat\",\"nosuch\"],\"model\":\"zoo\",\"oov\":\"zero\"}";
  const size_t shape[] = {2, ZOO_DIM};
  float rows[2][ZOO_DIM] = {{0}};
  memcpy(rows[0], fixture_row(&zoo, ZOO_CAT), sizeof rows[0]);
  client_post_as(served.port, "/matrix", words, "*/*", &answer);
  expect_npy(&answer, shape, 2, rows[0]);
  ck_assert(answer_header(&answer, "X-Sources", type, sizeof type));
  ck_assert_str_eq(type, "exact=1, zero=1");
  answer_release(&answer);
  client_post_as(served.port, "/matrix", words, "application/octet-stream", &answer);
  expect_bare_floats(&answer, "2,5", rows[0], 2 * ZOO_DIM);
  answer_release(&answer);
  client_post_as(served.port, "/matrix", words, "application/json", &answer);
  object = expect_answer(&answer, 200);
  expect_floats(object, "/vectors/0", rows[0], ZOO_DIM);
  expect_text(object, "/sources/1", "zero");
  json_decref(object);
  answer_release(&answer);
  client_get_as(served.port, "/matrix?model=zoo", "text/html", &answer);
  json_decref(expect_problem(&answer, 406, "not_acceptable"));
  answer_release(&answer);
}
END_TEST

/* A HEAD has the length of the GET, and the connection goes on behind either. */
START_TEST(one_connection) {
  struct raw raw;
  struct answer answer;
  char length[64];
  raw_open(&raw, served.port);
  for (int i = 0; i < 3; i++) {
    raw_send_text(&raw, "HEAD /matrix?model=bulk HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(raw_answer(&raw, true, &answer));
    ck_assert_int_eq(answer.status, 200);
    ck_assert(answer_header(&answer, "Content-Length", length, sizeof length));
    answer_release(&answer);
    raw_send_text(&raw, "GET /matrix?model=bulk HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(raw_answer(&raw, false, &answer));
    ck_assert_uint_eq(answer.length, strtoull(length, NULL, 10));
    ck_assert_mem_eq(answer.body + answer.length - ROWS * DIM * sizeof(float), bulk.floats, ROWS * DIM * sizeof(float));
    answer_release(&answer);
  }
  raw_close(&raw);
}
END_TEST

/* {"words":[…],"model":"bulk"} of `count` words of the model, from the last one back, over and over; the caller's. */
static char *body_of(size_t count, size_t *length) {
  char *body = malloc(count * 12 + 64), *to = body;
  ck_assert_ptr_nonnull(body);
  to += sprintf(to, "{\"words\":[");
  for (size_t i = 0; i < count; i++) to += sprintf(to, "%s\"w%zu\"", i ? ", " : "", ROWS - 1 - i % ROWS);
  to += sprintf(to, "],\"model\":\"bulk\"}");
  *length = (size_t)(to - body);
  return body;
}

static void post_words(unsigned port, size_t count, bool chunked, struct answer *answer) {
  size_t length;
  char *body = body_of(count, &length);
  struct client_request request = {.target = "/matrix", .body = body, .body_length = length, .chunked = chunked};
  client_send(port, &request, answer);
  free(body);
}

/* Whether an answer ends in the rows of body_of(count). */
static void expect_rows(const struct answer *answer, size_t count) {
  const size_t bytes = DIM * sizeof(float);
  ck_assert_uint_gt(answer->length, count * bytes);
  const char *floats = answer->body + answer->length - count * bytes;
  for (size_t i = 0; i < count; i++)
    if (memcmp(floats + i * bytes, fixture_row(&bulk, ROWS - 1 - i % ROWS), bytes) != 0) ck_abort_msg("row %zu", i);
}

/* A body of more than 1 MiB, of which curl asks first whether it may come; other routes may not have that. */
START_TEST(a_long_list_of_words) {
  for (int chunked = 0; chunked < 2; chunked++) {
    struct answer answer;
    char shape[64];
    post_words(served.port, LONG_LIST, chunked, &answer);
    ck_assert_msg(answer.status == 200, "%ld: %.300s", answer.status, answer.body);
    snprintf(shape, sizeof shape, "(%d,%d)", LONG_LIST, DIM);
    ck_assert_ptr_nonnull(strstr(answer.body + 10, shape));
    expect_rows(&answer, LONG_LIST);
    answer_release(&answer);
  }
  char *body = malloc(2 << 20);
  ck_assert_ptr_nonnull(body);
  memset(body, ' ', 2 << 20);
  struct client_request request = {.target = "/lookup", .body = body, .body_length = 2 << 20};
  struct answer answer;
  client_send(served.port, &request, &answer);
  json_decref(expect_problem(&answer, 413, "body_too_large"));
  answer_release(&answer);
  free(body);
}
END_TEST

START_TEST(limits_of_its_own) {
  struct answer answer;
  for (int chunked = 0; chunked < 2; chunked++) {
    post_words(strict.port, 10, chunked, &answer);
    ck_assert_int_eq(answer.status, 200);
    answer_release(&answer);
    post_words(strict.port, 11, chunked, &answer);
    json_t *problem = expect_problem(&answer, 422, "invalid_request");
    expect_error_at(problem, "#/words");
    json_decref(problem);
    answer_release(&answer);
    post_words(strict.port, 1000, chunked, &answer);
    json_decref(expect_problem(&answer, 413, "body_too_large"));
    answer_release(&answer);
    post_words(strict.port, 1000000, chunked, &answer);
    json_decref(expect_problem(&answer, 413, "body_too_large"));
    answer_release(&answer);
  }
  json_t *info = get_json(strict.port, 200, "/info");
  expect_integer(info, "/limits/matrix_words", 10);
  expect_integer(info, "/limits/matrix_body_bytes", 2000);
  json_decref(info);
  info = get_json(served.port, 200, "/info");
  expect_integer(info, "/limits/matrix_words", 1000000);
  expect_integer(info, "/limits/matrix_body_bytes", 32 << 20);
  json_decref(info);
}
END_TEST

/* Refused before the body is asked for. */
START_TEST(expectations) {
  struct raw raw;
  struct answer answer;
  static const struct {
    const char *length;
    long status;
  } cases[] = {{"1999", 100}, {"2001", 413}, {"33554433", 413}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char head[160];
    snprintf(head, sizeof head,
             "POST /matrix HTTP/1.1\r\nHost: a\r\nContent-Length: %s\r\nExpect: 100-continue\r\n\r\n", cases[i].length);
    raw_open(&raw, strict.port);
    raw_send_text(&raw, head);
    ck_assert(raw_answer(&raw, false, &answer));
    ck_assert_int_eq(answer.status, cases[i].status);
    answer_release(&answer);
    raw_close(&raw);
  }
}
END_TEST

/* Of long lists: each is a block of 64 KiB, a number a word, and little more. */
enum { STREAMS = 4, ROOM_FOR_STREAMS = STREAMS * (65536 + LONG_LIST * 4 + 8192) };

static char *long_request;
static size_t long_request_length;

static void make_long_request(void) {
  size_t length;
  char *body = body_of(LONG_LIST, &length);
  long_request = malloc(length + 128);
  ck_assert_ptr_nonnull(long_request);
  int head = snprintf(long_request, 128, "POST /matrix HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", length);
  memcpy(long_request + head, body, length);
  long_request_length = (size_t)head + length;
  free(body);
}

/* Begins a stream, as soon as there is room for it. */
static void begin_stream(struct raw *raw, unsigned port) {
  static const char wanted[] = "HTTP/1.1 200 ";
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  if (!long_request) make_long_request();
  for (;;) {
    char head[sizeof wanted] = "";
    raw_open(raw, port);
    raw_send(raw, long_request, long_request_length);
    ck_assert_msg(raw_waits_for_reading(raw), "no answer began");
    ck_assert_int_gt(recv(raw->descriptor, head, sizeof head - 1, MSG_PEEK), 0);
    if (strcmp(head, wanted) == 0) return;
    ck_assert_msg(support_seconds() < deadline, "no room for a stream");
    raw_close(raw);
    support_pause();
  }
}

/* Starts a daemon that has room for no more of them, on the store that all share. */
static void start(struct daemon *daemon, const char *flag, const char *value) {
  char room[32];
  snprintf(room, sizeof room, "%d", ROOM_FOR_STREAMS);
  if (daemon != &served) memcpy(daemon->store, served.store, sizeof daemon->store);
  daemon_start(daemon, "--limit-answer-bytes", room, flag, value, NULL);
  daemon_await_ready(daemon, 200);
}

static void begin_streams(struct raw *raws, unsigned port) {
  for (int i = 0; i < STREAMS; i++) begin_stream(&raws[i], port);
}

static void close_all(struct raw *raws) {
  for (int i = 0; i < STREAMS; i++) raw_close(&raws[i]);
}

static long status_of(unsigned port, const char *target) {
  struct answer answer;
  client_get(port, target, &answer);
  long status = answer.status;
  if (status == 503) json_decref(expect_problem(&answer, 503, "busy"));
  answer_release(&answer);
  return status;
}

/* Waits until there is room for another stream. */
static void await_room(unsigned port) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while (status_of(port, "/matrix?model=zoo") != 200) {
    ck_assert_msg(support_seconds() < deadline, "no room for a stream");
    support_pause();
  }
}

/* Nobody reads as many streams as there is room for. Small answers are sent meanwhile, and another stream when one is
 * read to its end or its client has gone. */
START_TEST(clients_that_do_not_read) {
  struct raw held[STREAMS];
  struct answer answer;
  begin_streams(held, served.port);
  ck_assert_int_eq(status_of(served.port, "/matrix?model=zoo"), 503);
  ck_assert_int_eq(status_of(served.port, "/vector?word=cat&model=zoo"), 200);
  ck_assert(raw_answer(&held[0], false, &answer));
  expect_rows(&answer, LONG_LIST);
  answer_release(&answer);
  await_room(served.port);
  close_all(held);
  begin_streams(held, served.port); /* all of them: nothing is left of the ones before */
  close_all(held);
  await_room(served.port);
}
END_TEST

/* Clients that stay and do not read are given up after the time-out, which is a second there. */
START_TEST(clients_that_read_nothing_for_too_long) {
  struct raw held[STREAMS];
  struct daemon daemon;
  daemon_prepare(&daemon);
  start(&daemon, "--timeout", "1");
  begin_streams(held, daemon.port);
  await_room(daemon.port);
  for (int i = 0; i < STREAMS; i++) ck_assert(raw_closes(&held[i]));
  close_all(held);
  daemon_stop(&daemon);
}
END_TEST

/* Half of what may be parsed is room for one body of 2 MB and not for two; other routes' bodies are still read. */
enum { LONG_BODY = 1900000 };

/* Sends a long body but for its last `kept` bytes. */
static void send_long_body(struct raw *raw, unsigned port, const char *body, size_t kept) {
  static const char head[] =
      "POST /matrix HTTP/1.1\r\nHost: a\r\nContent-Length: 1900000\r\nExpect: 100-continue\r\n\r\n";
  struct answer answer;
  raw_open(raw, port);
  raw_send_text(raw, head);
  ck_assert(raw_answer(raw, false, &answer));
  ck_assert_int_eq(answer.status, 100);
  answer_release(&answer);
  raw_send(raw, body, LONG_BODY - kept);
}

START_TEST(long_bodies_have_a_share) {
  struct raw held, other;
  struct answer answer;
  struct daemon daemon;
  char *body = malloc(LONG_BODY);
  ck_assert_ptr_nonnull(body);
  memset(body, ' ', LONG_BODY);
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--limit-parsing-bytes", "4M", "--limit-matrix-body-bytes", "2M", NULL);
  send_long_body(&held, daemon.port, body, 1000);
  /* As long as the first has not been read there is room for another, which is then refused for what it holds. */
  for (bool busy = false; !busy;) {
    send_long_body(&other, daemon.port, body, 0);
    ck_assert(raw_answer(&other, false, &answer));
    busy = answer.status != 413;
    if (busy) json_decref(expect_problem(&answer, 503, "busy"));
    answer_release(&answer);
    raw_close(&other);
  }
  json_decref(post_json(daemon.port, 200, "/lookup", "{\"indices\":[1]}"));
  raw_close(&held);
  free(body);
  daemon_stop(&daemon);
}
END_TEST

/* Both daemons serve one store. */
static void start_all(void) {
  daemon_prepare(&served);
  daemon_prepare(&strict);
  suite_import(&served, "zoo", &zoo);
  suite_import(&served, "bulk", &bulk);
  start(&served, "--timeout", "30");
  memcpy(strict.store, served.store, sizeof strict.store);
  daemon_start(&strict, "--limit-matrix-words", "10", "--limit-matrix-body-bytes", "2000", NULL);
  daemon_await_ready(&strict, 200);
}

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/matrix", &tcase);
  tcase_add_test(tcase, the_whole_matrix);
  tcase_add_test(tcase, accept_chooses);
  tcase_add_test(tcase, one_connection);
  tcase_add_test(tcase, a_long_list_of_words);
  tcase_add_test(tcase, limits_of_its_own);
  tcase_add_test(tcase, expectations);
  tcase_add_test(tcase, clients_that_do_not_read);
  tcase_add_test(tcase, clients_that_read_nothing_for_too_long);
  tcase_add_test(tcase, long_bodies_have_a_share);
  scratch_open();
  fixture_zoo(&zoo);
  fixture_bulk(&bulk, ROWS, DIM);
  start_all();
  int failed = suite_run(suite);
  daemon_stop(&served);
  daemon_stop(&strict);
  fixture_release(&zoo);
  fixture_release(&bulk);
  scratch_close();
  return failed;
}
