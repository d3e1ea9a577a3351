/* Lines through a pipe: all of them, whole, when somebody reads; dropped, counted and told when nobody does; and nobody
 * who adds one waits. */
#include "server/log_queue.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/suite.h"

enum { ROOM = 8 * LOG_LINE_MAX, LINE = 64, TEXT = 1 << 20 };

static int ends[2];
static atomic_uint_fast64_t counted;
static char text[TEXT];

static void count(void *context, uint64_t dropped) {
  (void)context;
  atomic_fetch_add(&counted, dropped);
}

static size_t tell(void *context, uint64_t dropped, char line[LOG_LINE_MAX]) {
  (void)context;
  return (size_t)snprintf(line, LOG_LINE_MAX, "dropped %llu\n", (unsigned long long)dropped);
}

static struct log_queue *open_queue(int descriptor) {
  struct log_queue *queue;
  const struct log_queue_options options = {.descriptor = descriptor, .bytes = ROOM, .count = count, .tell = tell};
  atomic_store(&counted, 0);
  ck_assert_int_eq(log_queue_new(&options, &queue), STATUS_OK);
  return queue;
}

static void open_pipe(void) {
  ck_assert_int_eq(pipe(ends), 0);
  ck_assert_int_ge(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
}

/* A line of LINE bytes that begins with a number. */
static void add(struct log_queue *queue, unsigned number, bool matters) {
  char line[LINE + 1];
  snprintf(line, sizeof line, "%06u %*s\n", number, LINE - 8, ".");
  log_queue_add(queue, line, LINE, matters);
}

static void *read_on(void *argument) {
  size_t *length = argument;
  ssize_t got;
  while ((got = read(ends[0], text + *length, TEXT - 1 - *length)) > 0) *length += (size_t)got;
  text[*length] = '\0';
  return NULL;
}

/* Lets somebody read until the writing end is closed. */
static void read_all(struct log_queue *queue) {
  pthread_t reader;
  size_t length = 0;
  ck_assert_int_eq(pthread_create(&reader, NULL, read_on, &length), 0);
  log_queue_end(queue, 60000);
  log_queue_free(queue);
  close(ends[1]);
  pthread_join(reader, NULL);
}

/* How many lines begin with a number, each LINE bytes long and above the one before; and what the others add up to. */
static unsigned numbered(unsigned long *dropped) {
  unsigned count = 0;
  long last = -1;
  *dropped = 0;
  for (char *at = text; *at;) {
    char *end = strchr(at, '\n');
    ck_assert_ptr_nonnull(end);
    if (strncmp(at, "dropped ", 8) == 0) {
      *dropped += strtoul(at + 8, NULL, 10);
    } else {
      long number = strtol(at, NULL, 10);
      ck_assert_int_eq(end + 1 - at, LINE);
      ck_assert_int_gt(number, last);
      last = number;
      count++;
    }
    at = end + 1;
  }
  return count;
}

START_TEST(lines_come_out_whole_and_in_order) {
  enum { LINES = 100 };
  unsigned long dropped;
  struct log_queue *queue = open_queue(ends[1]);
  for (unsigned i = 0; i < LINES; i++) add(queue, i, false);
  read_all(queue);
  ck_assert_uint_eq(numbered(&dropped), LINES);
  ck_assert_uint_eq(dropped, 0);
  ck_assert_uint_eq(atomic_load(&counted), 0);
}
END_TEST

START_TEST(what_nobody_reads_is_dropped_counted_and_told) {
  enum { LINES = 2000 };
  unsigned long dropped;
  struct log_queue *queue = open_queue(ends[1]);
  for (unsigned i = 0; i < LINES; i++) add(queue, i, false); /* would never return if it waited for a reader */
  ck_assert_uint_gt(atomic_load(&counted), 0);
  unsigned before = (unsigned)atomic_load(&counted);
  add(queue, LINES, true); /* room was kept for it */
  ck_assert_uint_eq(atomic_load(&counted), before);
  read_all(queue);
  ck_assert_uint_eq(numbered(&dropped), LINES + 1 - before);
  ck_assert_uint_eq(dropped, before);
  ck_assert_uint_eq(atomic_load(&counted), before);
  ck_assert_ptr_nonnull(strstr(text, "\n002000 "));
}
END_TEST

static void *add_many(void *argument) {
  struct log_queue *queue = argument;
  for (unsigned i = 0; i < 500; i++) log_queue_add(queue, "one line\n", 9, false);
  return NULL;
}

START_TEST(lines_of_many_threads_do_not_mix) {
  enum { THREADS = 4 };
  pthread_t threads[THREADS], reader;
  size_t length = 0, lines = 0;
  struct log_queue *queue = open_queue(ends[1]);
  ck_assert_int_eq(pthread_create(&reader, NULL, read_on, &length), 0);
  for (size_t i = 0; i < THREADS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, add_many, queue), 0);
  for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  log_queue_end(queue, 60000);
  log_queue_free(queue);
  close(ends[1]);
  pthread_join(reader, NULL);
  unsigned long dropped = 0;
  char *rest = text;
  for (char *line; (line = strsep(&rest, "\n")) && rest;) {
    if (strncmp(line, "dropped ", 8) == 0)
      dropped += strtoul(line + 8, NULL, 10);
    else
      ck_assert_str_eq(line, "one line");
    lines += line[0] == 'o';
  }
  ck_assert_uint_eq(lines + dropped, THREADS * 500);
}
END_TEST

/* It returns; what did not fit into the pipe was counted. */
START_TEST(an_end_does_not_wait_for_a_reader) {
  struct log_queue *queue = open_queue(ends[1]);
  for (unsigned i = 0; i < 200; i++) add(queue, i, false);
  log_queue_end(queue, 50);
  add(queue, 200, true);
  log_queue_free(queue);
  close(ends[1]);
  size_t length = 0;
  unsigned long dropped;
  read_on(&length);
  ck_assert_mem_eq(text, "000000 ", 7);
  ck_assert_uint_eq(numbered(&dropped) + atomic_load(&counted), 200 + 1);
}
END_TEST

/* A disk that is full, a pipe whose reader is gone: the lines are lost, the thread is not. */
START_TEST(what_cannot_be_written_is_counted) {
  int full = open("/dev/full", O_WRONLY);
  ck_assert_int_ge(full, 0);
  struct log_queue *queue = open_queue(full);
  for (unsigned i = 0; i < 10; i++) add(queue, i, false);
  log_queue_end(queue, 60000);
  log_queue_free(queue);
  ck_assert_uint_eq(atomic_load(&counted), 10);
  close(full);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/log_queue", &tcase);
  tcase_add_checked_fixture(tcase, open_pipe, NULL);
  tcase_add_test(tcase, lines_come_out_whole_and_in_order);
  tcase_add_test(tcase, what_nobody_reads_is_dropped_counted_and_told);
  tcase_add_test(tcase, lines_of_many_threads_do_not_mix);
  tcase_add_test(tcase, an_end_does_not_wait_for_a_reader);
  tcase_add_test(tcase, what_cannot_be_written_is_counted);
  return suite_run(suite);
}
