/* Binary answers of many wide rows: whole and in order, to clients that read when they like, and also when the model
 * has been replaced meanwhile. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/suite.h"

enum { ROWS = 40, DIM = 260, ODD_DIM = 259 /* between whose rows there is padding */, FLOAT = sizeof(float) };

static struct daemon served;
static struct fixture even, odd;

/* {"indices":[…]} of `count` rows, every step-th; the caller's. */
static char *body_of(size_t count, size_t step) {
  char *body = malloc(count * 4 + 32);
  size_t used = (size_t)sprintf(body, "{\"indices\":[");
  for (size_t i = 0; i < count; i++) used += (size_t)sprintf(body + used, "%s%zu", i ? "," : "", i * step % ROWS);
  sprintf(body + used, "]}");
  return body;
}

static void expect_rows(const char *bytes, const struct fixture *matrix, size_t count, size_t step) {
  for (size_t i = 0; i < count; i++)
    ck_assert_mem_eq(bytes + i * matrix->dim * FLOAT, fixture_row(matrix, i * step % ROWS), matrix->dim * FLOAT);
}

/* Neighbouring rows (step 1) and others, of one to more than a thousand. */
static const struct {
  size_t count, step;
} sizes[] = {{1, 1}, {2, 1}, {3, 7}, {1024, 3}, {1025, 3}, {3000, 1}, {3000, 11}};

START_TEST(rows_in_order) {
  const struct fixture *matrices[] = {&even, &odd};
  char *body = body_of(sizes[_i].count, sizes[_i].step);
  for (size_t m = 0; m < 2; m++) {
    struct answer answer;
    size_t length = sizes[_i].count * matrices[m]->dim * FLOAT;
    const char *target[] = {"/lookup?format=octet-stream", "/lookup?format=npy"};
    char with_model[80100];
    snprintf(with_model, sizeof with_model, "{\"model\":\"%s\",%s", m ? "odd" : "even", body + 1);
    client_post(served.port, target[0], with_model, &answer);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_uint_eq(answer.length, length);
    expect_rows(answer.body, matrices[m], sizes[_i].count, sizes[_i].step);
    answer_release(&answer);
    client_post(served.port, target[1], with_model, &answer);
    ck_assert_uint_eq(answer.length, 128 + length);
    expect_rows(answer.body + 128, matrices[m], sizes[_i].count, sizes[_i].step);
    answer_release(&answer);
  }
  free(body);
}
END_TEST

START_TEST(no_rows_at_all) {
  struct answer answer;
  client_post(served.port, "/lookup?format=octet-stream", "{\"model\":\"odd\",\"indices\":[]}", &answer);
  ck_assert_int_eq(answer.status, 200);
  ck_assert_uint_eq(answer.length, 0);
  answer_release(&answer);
  client_post(served.port, "/lookup?format=npy", "{\"model\":\"odd\",\"indices\":[]}", &answer);
  ck_assert_uint_eq(answer.length, 128);
  answer_release(&answer);
}
END_TEST

static void expect_all(const char *bytes, float value) {
  for (size_t i = 0; i < ODD_DIM; i++) ck_assert_mem_eq(bytes + i * FLOAT, &value, FLOAT);
}

START_TEST(what_is_no_row_stands_between) {
  enum { SIZE = ODD_DIM * FLOAT };
  struct answer answer;
  client_post(served.port, "/lookup?format=octet-stream",
              "{\"model\":\"odd\",\"indices\":[[3],[1,2]],\"maxlen\":3,\"value\":2.5}", &answer);
  ck_assert_uint_eq(answer.length, 6 * SIZE);
  ck_assert_mem_eq(answer.body, fixture_row(&odd, 3), SIZE);
  expect_all(answer.body + 1 * SIZE, 2.5f);
  expect_all(answer.body + 2 * SIZE, 2.5f);
  ck_assert_mem_eq(answer.body + 3 * SIZE, fixture_row(&odd, 1), SIZE);
  ck_assert_mem_eq(answer.body + 4 * SIZE, fixture_row(&odd, 2), SIZE);
  expect_all(answer.body + 5 * SIZE, 2.5f);
  answer_release(&answer);
  client_post(served.port, "/vectors?format=npy",
              "{\"model\":\"odd\",\"words\":[[\"no\",\"w5\"],[\"w0\"]],\"oov\":\"zero\",\"pad_index\":7}", &answer);
  ck_assert_uint_eq(answer.length, 128 + 4 * SIZE);
  expect_all(answer.body + 128, 0);
  ck_assert_mem_eq(answer.body + 128 + 1 * SIZE, fixture_row(&odd, 5), SIZE);
  ck_assert_mem_eq(answer.body + 128 + 2 * SIZE, fixture_row(&odd, 0), SIZE);
  ck_assert_mem_eq(answer.body + 128 + 3 * SIZE, fixture_row(&odd, 7), SIZE);
  answer_release(&answer);
}
END_TEST

START_TEST(head_says_the_length) {
  struct client_request request = {.method = "HEAD",
                                   .target = "/vectors?word=w1&word=w9&model=odd&format=octet-stream"};
  struct answer answer;
  char length[32];
  client_send(served.port, &request, &answer);
  ck_assert_int_eq(answer.status, 200);
  ck_assert(answer_header(&answer, "Content-Length", length, sizeof length));
  ck_assert_int_eq(atoi(length), 2 * ODD_DIM * FLOAT);
  answer_release(&answer);
}
END_TEST

/* 16 MB are on their way, more than any socket holds, when the model is replaced by one of other floats. */
START_TEST(an_answer_outlives_its_model) {
  enum { COUNT = 16000 };
  struct daemon daemon;
  struct raw raw;
  struct answer answer;
  char path[SCRATCH_PATH_MAX], head[160], *body = body_of(COUNT, 7);
  scratch_path(path, "even.txt");
  fixture_write(&even, path);
  daemon_prepare(&daemon);
  daemon_import(&daemon, "m", path);
  daemon_start(&daemon, NULL);
  daemon_await_ready(&daemon, 200);
  raw_open(&raw, daemon.port);
  snprintf(head, sizeof head, "POST /lookup?format=octet-stream HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
           strlen(body));
  raw_send_text(&raw, head);
  raw_send_text(&raw, body);
  ck_assert_msg(raw_waits_for_reading(&raw), "no answer began");
  suite_import(&daemon, "m", &odd);
  daemon_await_log(&daemon, "replaced");
  ck_assert(raw_answer(&raw, false, &answer));
  ck_assert_int_eq(answer.status, 200);
  ck_assert_uint_eq(answer.length, (size_t)COUNT * DIM * FLOAT);
  expect_rows(answer.body, &even, COUNT, 7);
  answer_release(&answer);
  raw_close(&raw);
  free(body);
  daemon_stop(&daemon);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/wide_rows", &tcase);
  scratch_open();
  fixture_bulk(&even, ROWS, DIM);
  fixture_bulk(&odd, ROWS, ODD_DIM);
  daemon_prepare(&served);
  suite_import(&served, "even", &even);
  suite_import(&served, "odd", &odd);
  daemon_start(&served, NULL);
  daemon_await_ready(&served, 200);
  tcase_add_loop_test(tcase, rows_in_order, 0, (int)(sizeof sizes / sizeof *sizes));
  tcase_add_test(tcase, no_rows_at_all);
  tcase_add_test(tcase, what_is_no_row_stands_between);
  tcase_add_test(tcase, head_says_the_length);
  tcase_add_test(tcase, an_answer_outlives_its_model);
  int result = suite_run(suite);
  daemon_stop(&served);
  fixture_release(&even);
  fixture_release(&odd);
  scratch_close();
  return result;
}
