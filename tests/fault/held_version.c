/* An answer that takes longer than its version is served: the version lives until the answer is out, and no longer. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/matrix/writer.h"
#include "tests/support/http_client.h"
#include "tests/support/suite.h"

enum { ROWS = 30000, DIM = 200 /* 24 MB, more than sockets hold */ };

/* All numbers of all rows are `value`. */
static void write_version(const char *folder, float value, char digest[33]) {
  static const struct writer_origin origin = {.source = "t", .source_format = "glove"};
  struct writer *writer;
  struct problem problem;
  uint64_t size;
  uint32_t added;
  float vector[DIM];
  for (size_t i = 0; i < DIM; i++) vector[i] = value;
  ck_assert_msg(writer_open(folder, "long", true, &problem, &writer) == STATUS_OK, "%s", problem.text);
  for (unsigned row = 0; row < ROWS; row++) {
    char word[32];
    int length = snprintf(word, sizeof word, "w%u", row);
    ck_assert_int_eq(writer_add(writer, (struct word){word, (size_t)length}, vector, DIM, &problem, &added), STATUS_OK);
  }
  ck_assert_msg(writer_finish(writer, &origin, 1, &problem, &size, digest) == STATUS_OK, "%s", problem.text);
  writer_close(writer);
}

/* Waits until the model's entry says so; NULL: until there is none. */
static void await_digest(const struct daemon *daemon, const char *digest) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (;;) {
    struct answer answer;
    client_get(daemon->port, "/models/long", &answer);
    bool there = digest ? answer.status == 200 && strstr(answer.body, digest) : answer.status == 404;
    answer_release(&answer);
    if (there) return;
    if (support_seconds() > deadline) support_fail("the change of the store is never seen");
    support_pause();
  }
}

/* Whether the daemon has a file mapped that is not in the store any more. */
static bool holds_what_is_gone(const struct daemon *daemon) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/maps", (int)daemon->pid);
  char *maps = scratch_read(path, NULL);
  bool holds = strstr(maps, "long.mdb (deleted)") != NULL;
  free(maps);
  return holds;
}

/* The file was replaced and then removed; both were told of. Who reads slowly gets the rest of what it began with, and
 * when it has, the daemon lets go of it. */
START_TEST(an_answer_goes_on_from_the_version_that_it_began_with) {
  struct daemon daemon;
  struct raw raw;
  struct answer answer;
  char digest[33], path[SCRATCH_PATH_MAX + 64];
  daemon_prepare(&daemon);
  write_version(daemon.store, 1.5f, digest);
  daemon_start(&daemon, NULL);
  daemon_await_ready(&daemon, 200);
  raw_open(&raw, daemon.port);
  raw_send_text(&raw, "GET /matrix?format=npy HTTP/1.1\r\nHost: a\r\n\r\n");
  ck_assert(raw_waits_for_reading(&raw));
  write_version(daemon.store, 2.5f, digest);
  kill(daemon.pid, SIGHUP);
  await_digest(&daemon, digest);
  snprintf(path, sizeof path, "%s/long.mdb", daemon.store);
  ck_assert_int_eq(unlink(path), 0);
  kill(daemon.pid, SIGHUP);
  await_digest(&daemon, NULL);
  ck_assert(holds_what_is_gone(&daemon));

  ck_assert(raw_answer(&raw, false, &answer));
  size_t bytes = (size_t)ROWS * DIM * sizeof(float);
  ck_assert_uint_gt(answer.length, bytes);
  size_t strange = 0; /* counted, for an assertion on each of six million takes a system call each */
  for (size_t at = answer.length - bytes; at < answer.length; at += sizeof(float)) {
    float value;
    memcpy(&value, answer.body + at, sizeof value);
    strange += value != 1.5f;
  }
  ck_assert_uint_eq(strange, 0);
  answer_release(&answer);
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while (holds_what_is_gone(&daemon)) {
    ck_assert_msg(support_seconds() < deadline, "the old version is held for ever");
    support_pause();
  }
  raw_close(&raw);
  daemon_stop(&daemon);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/held_version", &tcase);
  tcase_add_test(tcase, an_answer_goes_on_from_the_version_that_it_began_with);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
