/* Bodies that are small as text and large as a tree: 1 MiB of two-byte objects and the like, many at once. What the
 * budget holds is refused or answered, the rest is told 503, and memory stays within the budget. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

enum {
  BODY_BYTES = 1000000,
  CLIENTS = 16,
  ROUNDS = 1,
  BUDGET = 128 << 20,
  /* Beside the budget: answers, and what the allocator keeps of trees that are not large, in 16 arenas. */
  BESIDE = 96 << 20
};

static struct fixture zoo;

static const struct shape {
  const char *path, *head, *piece, *tail;
} shapes[] = {
    {"/vectors", "{\"words\":[{}", ",{}", "]}"},
    {"/vectors", "{\"words\":[[]", ",[]", "]}"},
    {"/vectors", "{\"words\":[[[[]]]", ",[[[]]]", "]}"},
    {"/lookup", "{\"indices\":[0", ",0", "]}"},
    {"/lookup", "{\"indices\":[[0]", ",[0]", "]}"},
    {"/lookup", "{\"indices\":[0.5", ",0.5", "]}"},
    {"/neighbors", "{\"queries\":[{}", ",{}", "]}"},
    {"/neighbors", "{\"queries\":[{\"a\":0}", ",{\"a\":0}", "]}"},
    {"/neighbors", "{\"vector\":[1", ",1", "]}"},
    {"/mean", "{\"words\":[\"\"", ",\"\"", "]}"},
    {"/mean", "{\"words\":[\"", "\\u00e9", "\"]}"},
    {"/similarity", "{\"words\":[{\"b\":{\"b\":{}}}", ",{\"b\":{\"b\":{}}}", "]}"},
    {"/matrix", "{\"words\":[\"\"", ",\"\"", "]}"},
    {"/v1/embeddings", "{\"model\":\"zoo\",\"input\":[{}", ",{}", "]}"},
    {"/doesnt-match", "{\"no\":0", NULL /* another key each time */, "}"},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static char *body_of(const struct shape *shape) {
  char *body = malloc(BODY_BYTES + 256);
  if (!body) support_fail("out of memory");
  size_t used = (size_t)sprintf(body, "%s", shape->head);
  for (size_t i = 0; used < BODY_BYTES; i++)
    used += (size_t)(shape->piece ? sprintf(body + used, "%s", shape->piece) : sprintf(body + used, ",\"k%zu\":0", i));
  sprintf(body + used, "%s", shape->tail);
  return body;
}

struct client {
  pthread_t thread;
  unsigned port;
  char *const *bodies;
  size_t answers, busy;
  long odd; /* a status that none should be; 0: none was */
};

static void *post_all(void *context) {
  struct client *client = context;
  for (size_t i = 0; i < SHAPES * ROUNDS; i++) {
    size_t shape = i % SHAPES;
    struct raw raw;
    struct answer answer;
    char head[256];
    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
             shapes[shape].path, strlen(client->bodies[shape]));
    raw_open(&raw, client->port);
    raw_send_text(&raw, head);
    raw_send_text(&raw, client->bodies[shape]);
    if (raw_answer(&raw, false, &answer)) {
      long status = answer.status;
      client->answers++;
      client->busy += status == 503;
      if (status != 200 && status != 400 && status != 404 && status != 422 && status != 503) client->odd = status;
    } else {
      client->odd = -1;
    }
    answer_release(&answer);
    raw_close(&raw);
  }
  return NULL;
}

START_TEST(memory_stays_within_the_budget) {
  struct daemon daemon;
  struct client clients[CLIENTS] = {0};
  char *bodies[SHAPES];
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  daemon_start(&daemon, "--limit-parsing-bytes", "128M", "--text-cache", "0", NULL);
  daemon_await_ready(&daemon, 200);
  size_t before = daemon_memory(&daemon, "VmHWM:"), answers = 0, busy = 0;
  for (size_t i = 0; i < SHAPES; i++) bodies[i] = body_of(&shapes[i]);
  for (size_t i = 0; i < CLIENTS; i++) {
    /* All begin with the costliest shape, and so meet there. */
    clients[i].port = daemon.port;
    clients[i].bodies = bodies;
    ck_assert(pthread_create(&clients[i].thread, NULL, post_all, &clients[i]) == 0);
  }
  for (size_t i = 0; i < CLIENTS; i++) {
    pthread_join(clients[i].thread, NULL);
    ck_assert_msg(clients[i].odd == 0, "an answer of status %ld", clients[i].odd);
    answers += clients[i].answers;
    busy += clients[i].busy;
  }
  for (size_t i = 0; i < SHAPES; i++) free(bodies[i]);
  size_t grown = daemon_memory(&daemon, "VmHWM:") - before;
  printf(
      "counts: %zu bodies of 1 MB in %d shapes from %d clients, %zu refused as too much; at most %zu MiB beside %zu, "
      "of a "
      "budget of %d\n",
      answers, SHAPES, CLIENTS, busy, grown >> 20, before >> 20, BUDGET >> 20);
  ck_assert_uint_eq(answers, (size_t)CLIENTS * SHAPES * ROUNDS);
  ck_assert_uint_gt(busy, 0);
  ck_assert_uint_lt(grown, (size_t)BUDGET + BESIDE);
  json_decref(get_json(daemon.port, 200, "/vector?word=cat"));
  daemon_stop(&daemon);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/amplification", &tcase);
  tcase_add_test(tcase, memory_stays_within_the_budget);
  setlinebuf(stdout);
  /* Memory is that of the program as it is, not that of the sanitizer. */
  if (getenv("RELEASE_BINARY")) setenv("WORDVEC_BINARY", getenv("RELEASE_BINARY"), 1);
  scratch_open();
  fixture_zoo(&zoo);
  int failed = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
