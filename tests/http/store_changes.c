/* The store changes while it is served: models come, are replaced, are damaged and go; no answer mixes two versions. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

static struct fixture zoo;

static void start_with_zoo(struct daemon *daemon) {
  daemon_prepare(daemon);
  suite_import(daemon, "zoo", &zoo);
  daemon_start(daemon, NULL);
  daemon_await_ready(daemon, 200);
}

/* Waits until the target is answered with this status. */
static void await_status(const struct daemon *daemon, const char *target, long status) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (;;) {
    struct answer answer;
    client_get(daemon->port, target, &answer);
    long seen = answer.status;
    answer_release(&answer);
    if (seen == status) return;
    if (support_seconds() > deadline) support_fail("%s answers %ld, not %ld", target, seen, status);
    support_pause();
  }
}

START_TEST(a_new_model_is_served) {
  struct daemon daemon;
  struct fixture digits;
  fixture_digits(&digits);
  start_with_zoo(&daemon);
  await_status(&daemon, "/models/digits", 404);
  suite_import(&daemon, "digits", &digits);
  await_status(&daemon, "/models/digits", 200);
  json_decref(get_json(daemon.port, 200, "/vector?model=digits&word=d1"));
  daemon_stop(&daemon);
  fixture_release(&digits);
}
END_TEST

START_TEST(a_removed_model_is_gone) {
  struct daemon daemon;
  char path[SCRATCH_PATH_MAX + 16];
  start_with_zoo(&daemon);
  snprintf(path, sizeof path, "%s/zoo.mdb", daemon.store);
  ck_assert_int_eq(unlink(path), 0);
  await_status(&daemon, "/readyz", 503);
  json_decref(get_problem(daemon.port, 503, "not_ready", "/vector?word=cat"));
  daemon_stop(&daemon);
}
END_TEST

START_TEST(sighup_looks_at_once_and_harms_nothing) {
  struct daemon daemon;
  struct fixture digits;
  fixture_digits(&digits);
  start_with_zoo(&daemon);
  suite_import(&daemon, "digits", &digits);
  ck_assert_int_eq(kill(daemon.pid, SIGHUP), 0);
  await_status(&daemon, "/models/digits", 200);
  json_decref(get_json(daemon.port, 200, "/vector?model=zoo&word=cat"));
  daemon_stop(&daemon);
  fixture_release(&digits);
}
END_TEST

/* 2,000 rows that all hold `value`. */
static void write_uniform(const char *path, float value) {
  struct fixture bulk;
  fixture_bulk(&bulk, 2000, 16);
  for (size_t i = 0; i < bulk.rows * bulk.dim; i++) bulk.floats[i] = value;
  fixture_write(&bulk, path);
  fixture_release(&bulk);
}

/* Asks for rows from all over the matrix; they must all be of one version, which is returned. */
static float version_of_answer(const struct daemon *daemon) {
  struct answer answer;
  client_post_as(daemon->port, "/lookup", "{\"indices\":[0,1999,1000,500,1,1998,3]}", "application/octet-stream",
                 &answer);
  ck_assert_int_eq(answer.status, 200);
  ck_assert_uint_eq(answer.length, 7 * 16 * sizeof(float));
  float first, value;
  memcpy(&first, answer.body, sizeof first);
  for (size_t i = 0; i < 7 * 16; i++) {
    memcpy(&value, answer.body + i * sizeof value, sizeof value);
    ck_assert_msg(memcmp(&value, &first, sizeof value) == 0, "two versions in one answer: %g and %g", (double)first,
                  (double)value);
  }
  answer_release(&answer);
  return first;
}

START_TEST(a_replaced_model_is_swapped_in_whole) {
  struct daemon daemon;
  char one[SCRATCH_PATH_MAX], two[SCRATCH_PATH_MAX];
  scratch_path(one, "one.txt");
  scratch_path(two, "two.txt");
  write_uniform(one, 1.5f);
  write_uniform(two, 2.5f);
  daemon_prepare(&daemon);
  daemon_import(&daemon, "m", one);
  daemon_start(&daemon, "--log-format", "off", NULL);
  daemon_await_ready(&daemon, 200);
  ck_assert(version_of_answer(&daemon) == 1.5f);
  const char *arguments[] = {"import", two, "--store", daemon.store, "--name", "m", "--force", NULL};
  pid_t import = process_start(arguments, &(struct process_io){.input = -1});
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while (version_of_answer(&daemon) != 2.5f) ck_assert_msg(support_seconds() < deadline, "never swapped");
  ck_assert_int_eq(process_wait(import), 0);
  ck_assert(version_of_answer(&daemon) == 2.5f);
  daemon_stop(&daemon);
}
END_TEST

static void copy_file(const char *from, const char *to) {
  size_t length;
  char *bytes = scratch_read(from, &length);
  scratch_write(to, bytes, length);
  free(bytes);
}

/* Turns the bits of one byte in the middle. */
static void damage(const char *path) {
  size_t length;
  char *bytes = scratch_read(path, &length);
  ck_assert_uint_gt(length, 4096);
  bytes[length / 2] = (char)~bytes[length / 2];
  scratch_write(path, bytes, length);
  free(bytes);
}

static void in_store(char path[SCRATCH_PATH_MAX + 32], const struct daemon *daemon, const char *name) {
  snprintf(path, SCRATCH_PATH_MAX + 32, "%s/%s", daemon->store, name);
}

START_TEST(files_that_cannot_be_served_are_named_and_the_others_served) {
  struct daemon daemon;
  char good[SCRATCH_PATH_MAX + 32], bad[SCRATCH_PATH_MAX + 32];
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  in_store(good, &daemon, "zoo.mdb");
  in_store(bad, &daemon, "damaged.mdb");
  copy_file(good, bad);
  damage(bad);
  in_store(bad, &daemon, "short.mdb");
  copy_file(good, bad);
  ck_assert_int_eq(truncate(bad, 5000), 0);
  in_store(bad, &daemon, "empty.mdb");
  scratch_write(bad, "", 0);
  in_store(bad, &daemon, "foreign.mdb");
  scratch_write(bad, "the 0.1 0.2\n", 12);
  in_store(bad, &daemon, "notes.txt");
  scratch_write(bad, "no model", 8);
  in_store(bad, &daemon, ".zoo2.mdb");
  copy_file(good, bad);
  daemon_start(&daemon, NULL);
  daemon_await_ready(&daemon, 200);
  static const char *const named[] = {"damaged", "short", "empty", "foreign"};
  for (size_t i = 0; i < 4; i++) daemon_await_log(&daemon, named[i]);
  ck_assert(!daemon_log_has(&daemon, "notes"));
  json_t *answer = get_json(daemon.port, 200, "/models");
  expect_length(answer, "/models", 1);
  json_decref(answer);
  json_decref(get_json(daemon.port, 200, "/vector?word=cat"));
  json_decref(get_problem(daemon.port, 404, "model_not_found", "/vector?word=cat&model=damaged"));
  daemon_stop(&daemon);
}
END_TEST

START_TEST(a_damaged_replacement_leaves_the_old_version) {
  struct daemon daemon;
  char path[SCRATCH_PATH_MAX + 32], spare[SCRATCH_PATH_MAX + 32];
  start_with_zoo(&daemon);
  in_store(path, &daemon, "zoo.mdb");
  in_store(spare, &daemon, "spare");
  copy_file(path, spare);
  damage(spare);
  ck_assert_int_eq(rename(spare, path), 0);
  daemon_await_log(&daemon, "error");
  json_t *answer = get_json(daemon.port, 200, "/vector?word=cat");
  expect_floats(answer, "/vector", fixture_row(&zoo, ZOO_CAT), ZOO_DIM);
  json_decref(answer);
  daemon_stop(&daemon);
}
END_TEST

static size_t files_in(const char *folder) {
  size_t count = 0;
  DIR *listing = opendir(folder);
  ck_assert_ptr_nonnull(listing);
  for (struct dirent *entry; (entry = readdir(listing));)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(listing);
  return count;
}

enum { WAITING_ROWS = 6000 };

/* An import of "zoo" from a pipe that has taken some rows and waits for more. */
static pid_t begin_import(const struct daemon *daemon, int *feeder) {
  int ends[2];
  ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
  const char *arguments[] = {"import", "-", "--store", daemon->store, "--name", "zoo", "--force", NULL};
  size_t files = files_in(daemon->store);
  pid_t import = process_start(arguments, &(struct process_io){.input = ends[0]});
  close(ends[0]);
  signal(SIGPIPE, SIG_IGN);
  /* Several megabytes: past any detection of the format and any buffer, so that rows have reached the store. */
  char numbers[1024] = "";
  for (int i = 0; i < 200; i++) strcat(numbers, " 0.5");
  for (int i = 0; i < WAITING_ROWS; i++) {
    char line[1100];
    int length = snprintf(line, sizeof line, "w%d%s\n", i, numbers);
    ck_assert_int_eq(write(ends[1], line, (size_t)length), length);
  }
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while (files_in(daemon->store) <= files) {
    ck_assert_msg(support_seconds() < deadline, "the import made no file");
    support_pause();
  }
  *feeder = ends[1];
  return import;
}

START_TEST(an_import_that_is_killed_leaves_the_old_version) {
  struct daemon daemon;
  int feeder;
  start_with_zoo(&daemon);
  pid_t import = begin_import(&daemon, &feeder);
  ck_assert_int_eq(kill(import, SIGKILL), 0);
  ck_assert_int_eq(process_wait(import), 128 + SIGKILL);
  close(feeder);
  json_t *answer = get_json(daemon.port, 200, "/vector?word=cat");
  expect_floats(answer, "/vector", fixture_row(&zoo, ZOO_CAT), ZOO_DIM);
  json_decref(answer);
  run_wordvec_well("verify", "zoo", "--store", daemon.store, NULL);
  ck_assert_uint_gt(files_in(daemon.store), 1);
  answer = get_json(daemon.port, 200, "/models");
  expect_length(answer, "/models", 1);
  json_decref(answer);
  suite_import(&daemon, "zoo", &zoo);
  ck_assert_uint_eq(files_in(daemon.store), 1);
  daemon_stop(&daemon);
}
END_TEST

START_TEST(two_imports_of_one_name) {
  struct daemon daemon;
  struct run run;
  int feeder;
  char path[SCRATCH_PATH_MAX];
  daemon_prepare(&daemon);
  suite_import(&daemon, "zoo", &zoo);
  scratch_path(path, "zoo.txt");
  pid_t import = begin_import(&daemon, &feeder);
  run_wordvec(&run, "import", path, "--store", daemon.store, "--name", "zoo", "--force", NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "zoo"));
  run_release(&run);
  run_wordvec(&run, "import", path, "--store", daemon.store, "--name", "other", NULL);
  ck_assert_int_eq(run.code, 0); /* another name is another matter */
  run_release(&run);
  close(feeder);
  ck_assert_int_eq(process_wait(import), 0);
  run_wordvec(&run, "info", "zoo", "--store", daemon.store, NULL);
  ck_assert_ptr_nonnull(strstr(run.out, "6000"));
  run_release(&run);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/store_changes", &tcase);
  tcase_add_test(tcase, a_new_model_is_served);
  tcase_add_test(tcase, a_removed_model_is_gone);
  tcase_add_test(tcase, sighup_looks_at_once_and_harms_nothing);
  tcase_add_test(tcase, a_replaced_model_is_swapped_in_whole);
  tcase_add_test(tcase, files_that_cannot_be_served_are_named_and_the_others_served);
  tcase_add_test(tcase, a_damaged_replacement_leaves_the_old_version);
  tcase_add_test(tcase, an_import_that_is_killed_leaves_the_old_version);
  tcase_add_test(tcase, two_imports_of_one_name);
  scratch_open();
  fixture_zoo(&zoo);
  int failed = suite_run(suite);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
