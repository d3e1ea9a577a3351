/* Keys and origins over the wire: who is answered, who is not, and what a refusal tells. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

#define KEY "first-key-0123456789"
#define OTHER "second-key-0123456789"
#define LATER "later-key-0123456789"
#define PAGE "https://a.example"

static struct fixture zoo;
static struct daemon served;
static char key_file[SCRATCH_PATH_MAX];

static void write_keys(const char *text) {
  scratch_write(key_file, text, strlen(text));
}

static void ask(const char *method, const char *target, const char *field, struct answer *answer) {
  const struct client_request request = {.method = method, .target = target, .headers = {field}};
  client_send(served.port, &request, answer);
}

static long status_with(const char *target, const char *field) {
  struct answer answer;
  ask(NULL, target, field, &answer);
  long status = answer.status;
  answer_release(&answer);
  return status;
}

static void expect_field(const struct answer *answer, const char *name, const char *expected) {
  char value[256];
  bool has = answer_header(answer, name, value, sizeof value);
  ck_assert_msg(has == (expected != NULL), "%s in: %s", name, answer->head);
  if (expected) ck_assert_str_eq(value, expected);
}

START_TEST(a_key_is_needed) {
  ck_assert_int_eq(status_with("/vector?word=cat", "Authorization: Bearer " KEY), 200);
  ck_assert_int_eq(status_with("/vector?word=cat", "authorization: BEARER " OTHER), 200);
  ck_assert_int_eq(status_with("/nothing", "Authorization: Bearer " KEY), 404);
  ck_assert_int_eq(status_with("/livez", NULL), 200);
  ck_assert_int_eq(status_with("/readyz", NULL), 200);
  ck_assert_int_eq(status_with("/livez", "Authorization: Bearer wrong"), 200);
}
END_TEST

/* The same bytes whatever is asked for, with a key that is wrong and without one each. */
START_TEST(a_refusal_tells_nothing_of_what_is_there) {
  static const char *const targets[] = {"/vector?word=cat", "/nothing",  "/models/zoo",
                                        "/models/none",     "/word=%FF", "/vector?model=none&x=1"};
  static const char *const fields[] = {NULL, "Authorization: Bearer " KEY "x"};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    struct answer first, answer;
    ask(NULL, targets[0], fields[i], &first);
    expect_field(&first, "WWW-Authenticate",
                 fields[i] ? "Bearer realm=\"wordvec\", error=\"invalid_token\"" : "Bearer realm=\"wordvec\"");
    expect_field(&first, "Access-Control-Allow-Origin", NULL);
    json_decref(expect_problem(&first, 401, "unauthorized"));
    for (size_t j = 1; j < sizeof targets / sizeof *targets; j++) {
      ask(NULL, targets[j], fields[i], &answer);
      ck_assert_int_eq(answer.status, 401);
      ck_assert_str_eq(answer.body, first.body);
      answer_release(&answer);
    }
    ask("DELETE", targets[0], fields[i], &answer);
    ck_assert_int_eq(answer.status, 401);
    expect_field(&answer, "Allow", NULL);
    answer_release(&answer);
    answer_release(&first);
  }
}
END_TEST

START_TEST(others_clients_read_it_in_their_shape) {
  struct answer answer;
  static const char *const paths[] = {"/v1/models", "/v1/nothing"};
  for (size_t i = 0; i < 2; i++) {
    ask(NULL, paths[i], NULL, &answer);
    json_t *root = expect_answer(&answer, 401);
    expect_text(root, "/error/code", "invalid_api_key");
    expect_text(root, "/error/type", "invalid_request_error");
    json_decref(root);
    answer_release(&answer);
  }
  ask(NULL, "/word2vec/model?word=cat", NULL, &answer);
  json_t *root = expect_answer(&answer, 401);
  ck_assert_ptr_nonnull(strstr(json_string_value(json_at(root, "/message")), "key is needed"));
  json_decref(root);
  answer_release(&answer);
}
END_TEST

/* Sends bytes over a bare connection, takes one answer, and says whether the connection ended with it. */
static bool exchange(const char *bytes, struct answer *answer) {
  struct raw raw;
  char value[32];
  raw_open(&raw, served.port);
  raw_send_text(&raw, bytes);
  ck_assert_msg(raw_answer(&raw, false, answer), "no answer to %s", bytes);
  bool ends = answer_header(answer, "Connection", value, sizeof value) && strcmp(value, "close") == 0;
  if (ends) ck_assert(raw_closes(&raw));
  raw_close(&raw);
  return ends;
}

START_TEST(a_body_is_not_waited_for) {
  static const char *const heads[] = {"Content-Length: 1000000\r\n", "Content-Length: 10\r\nExpect: 100-continue\r\n",
                                      "Transfer-Encoding: chunked\r\n"};
  char request[256];
  struct answer answer;
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    snprintf(request, sizeof request, "POST /lookup HTTP/1.1\r\nHost: a\r\n%s\r\n", heads[i]);
    ck_assert(exchange(request, &answer));
    ck_assert_int_eq(answer.status, 401);
    answer_release(&answer);
  }
}
END_TEST

START_TEST(two_keys_are_malformed) {
  struct answer answer;
  ck_assert(exchange("GET /livez HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " KEY "\r\nAuthorization: Bearer " OTHER
                     "\r\n\r\n",
                     &answer));
  ck_assert_int_eq(answer.status, 400);
  answer_release(&answer);
}
END_TEST

/* A refused request leaves the connection to the next one. */
START_TEST(a_connection_outlives_a_refusal) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send_text(&raw,
                "GET /word?index=1 HTTP/1.1\r\nHost: a\r\n\r\nGET /word?index=1 HTTP/1.1\r\nHost: a\r\n"
                "Authorization: Bearer " KEY "\r\n\r\n");
  ck_assert(raw_answer(&raw, false, &answer));
  ck_assert_int_eq(answer.status, 401);
  answer_release(&answer);
  ck_assert(raw_answer(&raw, false, &answer));
  ck_assert_int_eq(answer.status, 200);
  answer_release(&answer);
  raw_close(&raw);
}
END_TEST

/* ---- Pages of other origins */

START_TEST(pages_that_are_listed_may_read) {
  struct answer answer;
  exchange("GET /word?index=1 HTTP/1.1\r\nHost: a\r\nOrigin: " PAGE "\r\nAuthorization: Bearer " KEY "\r\n\r\n",
           &answer);
  ck_assert_int_eq(answer.status, 200);
  expect_field(&answer, "Access-Control-Allow-Origin", PAGE);
  ck_assert_ptr_nonnull(strstr(answer.head, "Vary: Origin\r\n"));
  ck_assert_ptr_nonnull(strstr(answer.head, "X-Shape"));
  ck_assert_ptr_null(strstr(answer.head, "Allow-Credentials"));
  answer_release(&answer);
  exchange("GET /word?index=1 HTTP/1.1\r\nHost: a\r\nOrigin: " PAGE "\r\n\r\n", &answer);
  ck_assert_int_eq(answer.status, 401);
  expect_field(&answer, "Access-Control-Allow-Origin", PAGE);
  answer_release(&answer);
  exchange("GET /livez HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\n\r\n", &answer);
  ck_assert_int_eq(answer.status, 200);
  expect_field(&answer, "Access-Control-Allow-Origin", NULL);
  ck_assert_ptr_nonnull(strstr(answer.head, "Vary: Origin\r\n"));
  answer_release(&answer);
  exchange("GET /livez HTTP/1.1\r\nHost: a\r\nOrigin: " PAGE "\r\nOrigin: " PAGE "\r\n\r\n", &answer);
  expect_field(&answer, "Access-Control-Allow-Origin", NULL);
  answer_release(&answer);
}
END_TEST

#define ASKS "\r\nAccess-Control-Request-Method: POST\r\n\r\n"

START_TEST(a_preflight_needs_no_key) {
  struct answer answer;
  ck_assert(!exchange("OPTIONS /lookup HTTP/1.1\r\nHost: a\r\nOrigin: " PAGE ASKS, &answer));
  ck_assert_int_eq(answer.status, 204);
  ck_assert_uint_eq(answer.length, 0);
  expect_field(&answer, "Access-Control-Allow-Origin", PAGE);
  expect_field(&answer, "Access-Control-Allow-Methods", "GET, HEAD, POST");
  expect_field(&answer, "Access-Control-Max-Age", "7200");
  ck_assert_ptr_nonnull(strstr(answer.head, "Authorization, Content-Type"));
  char *head = strdup(answer.head);
  answer_release(&answer);
  exchange("OPTIONS /nothing HTTP/1.1\r\nHost: a\r\nOrigin: " PAGE ASKS, &answer);
  ck_assert_int_eq(answer.status, 204); /* what is there does not show */
  ck_assert_uint_eq(strlen(answer.head), strlen(head));
  free(head);
  answer_release(&answer);
  exchange("OPTIONS /lookup HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example" ASKS, &answer);
  ck_assert_int_eq(answer.status, 401);
  expect_field(&answer, "Access-Control-Allow-Methods", NULL);
  answer_release(&answer);
  exchange("OPTIONS /lookup HTTP/1.1\r\nHost: a\r\nOrigin: " PAGE "\r\nAuthorization: Bearer " KEY "\r\n\r\n", &answer);
  ck_assert_int_eq(answer.status, 405);
  answer_release(&answer);
}
END_TEST

/* ---- Commands, and the daemon's life */

START_TEST(commands_show_a_key) {
  char url[64];
  struct run run;
  snprintf(url, sizeof url, "http://127.0.0.1:%u", served.port);
  run_wordvec(&run, "word", "1", "--url", url, "--api-key-file", key_file, NULL);
  ck_assert_msg(run.code == 0, "%s", run.err);
  run_release(&run);
  run_wordvec(&run, "word", "1", "--url", url, NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_msg(strstr(run.err, "key is needed") != NULL, "%s", run.err);
  ck_assert_ptr_nonnull(strstr(run.err, "--api-key-file"));
  run_release(&run);
  run_wordvec(&run, "word", "1", "--url", url, "--api-key-file", "/nowhere", NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "/nowhere"));
  run_release(&run);
  run_wordvec_well("healthcheck", "--url", url, NULL);
  run_wordvec_well("healthcheck", "--url", url, "--api-key-file", key_file, NULL);
}
END_TEST

START_TEST(a_daemon_without_good_keys_does_not_start) {
  char bad[SCRATCH_PATH_MAX];
  struct run run;
  scratch_path(bad, "bad-keys");
  scratch_write(bad, KEY "\nshort\n", strlen(KEY "\nshort\n"));
  run_wordvec(&run, "serve", "--store", served.store, "--listen", "127.0.0.1:0", "--api-key-file", bad, NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_msg(strstr(run.err, "line 2") != NULL, "%s", run.err);
  run_release(&run);
  /* An address for documentation (RFC 5737), which no machine has: with keys it may be tried. */
  run_wordvec(&run, "serve", "--store", served.store, "--listen", "203.0.113.1:1", NULL);
  ck_assert_int_eq(run.code, 2);
  run_release(&run);
  run_wordvec(&run, "serve", "--store", served.store, "--listen", "203.0.113.1:1", "--api-key-file", key_file, NULL);
  ck_assert_msg(run.code == 1 && strstr(run.err, "cannot listen on"), "%s", run.err);
  run_release(&run);
}
END_TEST

START_TEST(sighup_reads_the_keys_again) {
  write_keys("# one that goes, one that comes\n" OTHER "\n" LATER "\n" LATER "x\n");
  kill(served.pid, SIGHUP);
  daemon_await_log(&served, "3 keys in force");
  ck_assert_int_eq(status_with("/word?index=1", "Authorization: Bearer " KEY), 401);
  ck_assert_int_eq(status_with("/word?index=1", "Authorization: Bearer " OTHER), 200);
  ck_assert_int_eq(status_with("/word?index=1", "Authorization: Bearer " LATER), 200);
  write_keys(KEY "\n?\n");
  kill(served.pid, SIGHUP);
  daemon_await_log(&served, "line 2: a key has 16 to 512 characters; the keys before stay in force");
  ck_assert_int_eq(status_with("/word?index=1", "Authorization: Bearer " KEY), 401);
  ck_assert_int_eq(status_with("/word?index=1", "Authorization: Bearer " LATER), 200);
  static const char *const secrets[] = {KEY, OTHER, LATER, "Bearer"};
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) ck_assert(!daemon_log_has(&served, secrets[i]));
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/access", &tcase);
  tcase_add_test(tcase, a_key_is_needed);
  tcase_add_test(tcase, a_refusal_tells_nothing_of_what_is_there);
  tcase_add_test(tcase, others_clients_read_it_in_their_shape);
  tcase_add_test(tcase, a_body_is_not_waited_for);
  tcase_add_test(tcase, two_keys_are_malformed);
  tcase_add_test(tcase, a_connection_outlives_a_refusal);
  tcase_add_test(tcase, pages_that_are_listed_may_read);
  tcase_add_test(tcase, a_preflight_needs_no_key);
  tcase_add_test(tcase, commands_show_a_key);
  tcase_add_test(tcase, a_daemon_without_good_keys_does_not_start);
  tcase_add_test(tcase, sighup_reads_the_keys_again); /* the last: the keys are others then */
  scratch_open();
  fixture_zoo(&zoo);
  scratch_path(key_file, "keys");
  write_keys("# the web shop\n" KEY "\n\n" OTHER "\n");
  daemon_prepare(&served);
  suite_import(&served, "zoo", &zoo);
  daemon_start(&served, "--api-key-file", key_file, "--cors-origin", "https://b.example," PAGE, NULL);
  daemon_await_ready(&served, 200);
  int failed = suite_run(suite);
  daemon_stop(&served);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
