/* An import is killed at 100 random instants, with an older version in the store that a daemon serves: afterwards the
 * store has the old version or the new one, whole, the daemon serves just that, and what else the import left is hidden
 * until the next one takes it away. Imports of one name and of several at once get into each other's way no more than
 * they say. */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/import/import.h"
#include "store/matrix/verify.h"
#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

enum { KILLS = 100, WHOLE_EVERY = 10, ROUNDS = 5, ROWS = 110, LONG_ROWS = 300, DIM = 4 };

/* Instants lie in so many times the duration of an import. */
#define OVER 1.1

static struct daemon served;
static char sources[3][SCRATCH_PATH_MAX]; /* two versions; and one that takes longer than an import waits for another */

static struct import_options options_of(int version, const char *name) {
  return (struct import_options){
      .path = sources[version], .store = served.store, .name = name, .replace = true, .threads = 2, .graph_rows = 100};
}

/* An import in a process of its own: with a graph, which the command makes of 50,000 rows and more. */
static pid_t begin(int version, const char *name) {
  pid_t pid = fork();
  if (pid < 0) support_fail("fork");
  if (pid > 0) return pid;
  struct import_options options = options_of(version, name);
  struct import_report report;
  struct problem problem;
  enum status status = import_run(&options, &problem, &report);
  _exit(status == STATUS_OK ? 0 : status == STATUS_BUSY ? 10 : 1);
}

static int wait_for(pid_t pid) {
  int status;
  ck_assert_int_eq(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The digest of a model's file, which must be whole. */
static void digest_of(const char *name, char out[33]) {
  char path[SCRATCH_PATH_MAX + 16];
  struct problem problem;
  struct model *model;
  snprintf(path, sizeof path, "%s/%s.mdb", served.store, name);
  if (model_open(path, 1, &problem, &model) != STATUS_OK) support_fail("%s", problem.text);
  const struct verify_options options = {.threads = 1};
  if (verify_model(model, &options, &problem) != STATUS_OK) support_fail("%s", problem.text);
  memcpy(out, model_info(model)->digest, 33);
  model_drop(model);
}

struct left {
  size_t models, hidden, others;
};

static struct left left_in_store(void) {
  struct left left = {0};
  DIR *listing = opendir(served.store);
  ck_assert_ptr_nonnull(listing);
  for (struct dirent *entry; (entry = readdir(listing));) {
    const char *dot = strrchr(entry->d_name, '.');
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (entry->d_name[0] == '.')
      left.hidden++;
    else if (dot && strcmp(dot, ".mdb") == 0)
      left.models++;
    else
      left.others++;
  }
  closedir(listing);
  return left;
}

/* ---- killed */

/* Returns the seconds that it took. */
static double import_wholly(int version, char digest[33]) {
  double start = support_seconds();
  ck_assert_int_eq(wait_for(begin(version, "m")), 0);
  double seconds = support_seconds() - start;
  digest_of("m", digest);
  struct left left = left_in_store();
  ck_assert_msg(left.models == 1 && left.hidden == 0 && left.others == 0, "something is left beside the model");
  return seconds;
}

static void rest_for(double seconds) {
  struct timespec time = {.tv_sec = (time_t)seconds};
  time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
  nanosleep(&time, NULL);
}

/* Waits until the daemon serves that digest; until then it serves another version, never none. */
static void await_digest(const char *digest) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (;;) {
    kill(served.pid, SIGHUP);
    json_t *answer = get_json(served.port, 200, "/models/m");
    const char *seen = json_string_value(json_object_get(answer, "digest"));
    bool same = seen && strcmp(seen, digest) == 0;
    json_decref(answer);
    if (same) return;
    ck_assert_msg(support_seconds() < deadline, "%s is not served", digest);
    support_pause();
  }
}

struct killing {
  char digests[2][33];
  int current; /* version in the store */
  double seconds;
  unsigned unbegun, begun, done; /* without a file of its own yet, with one, renamed */
};

static void kill_once(struct killing *killing, unsigned *random) {
  char digest[33];
  int next = !killing->current;
  pid_t pid = begin(next, "m");
  rest_for((double)rand_r(random) / RAND_MAX * killing->seconds);
  kill(pid, SIGKILL);
  int code = wait_for(pid);
  ck_assert_msg(code == 0 || code == 128 + SIGKILL, "it ended with %d", code);
  struct left left = left_in_store();
  ck_assert_msg(left.models == 1 && left.others == 0 && left.hidden <= 1, "%zu models, %zu hidden, %zu other files",
                left.models, left.hidden, left.others);
  digest_of("m", digest);
  bool renewed = strcmp(digest, killing->digests[next]) == 0;
  ck_assert_msg(renewed || strcmp(digest, killing->digests[killing->current]) == 0, "neither version: %s", digest);
  ck_assert_msg(renewed || code != 0, "it ended well and left the old version");
  if (renewed)
    killing->done++;
  else if (left.hidden > 0)
    killing->begun++;
  else
    killing->unbegun++;
  if (renewed) killing->current = next;
  await_digest(digest);
}

START_TEST(kills_leave_the_old_version_or_the_new_one) {
  struct killing killing = {.current = 1};
  const char *wanted = getenv("FAULT_SEED");
  unsigned seed = wanted && *wanted ? (unsigned)strtoul(wanted, NULL, 10) : (unsigned)time(NULL), random = seed;
  printf("FAULT_SEED=%u\n", seed);
  import_wholly(0, killing.digests[0]);
  killing.seconds = import_wholly(1, killing.digests[1]) * OVER;
  daemon_start(&served, NULL);
  daemon_await_ready(&served, 200);
  for (int i = 1; i <= KILLS; i++) {
    kill_once(&killing, &random);
    if (i % WHOLE_EVERY != 0) continue;
    char digest[33];
    killing.current = !killing.current;
    killing.seconds = import_wholly(killing.current, digest) * OVER; /* a machine is not always as busy */
    ck_assert_str_eq(digest, killing.digests[killing.current]);
    await_digest(digest);
  }
  json_t *answer = get_json(served.port, 200, "/models");
  expect_length(answer, "/models", 1);
  json_decref(answer);
  ck_assert_msg(!daemon_log_has(&served, "error"), "the daemon complained");
  daemon_stop(&served);
  printf(
      "counts: kills: %d at random instants of %.0f ms (seed %u): %u before its file, %u in it, %u behind it; "
      "0 half files, 0 others served\n",
      KILLS, killing.seconds * 1e3, seed, killing.unbegun, killing.begun, killing.done);
  ck_assert_uint_gt(killing.begun, KILLS / 20);
}
END_TEST

/* ---- several at once */

/* What an import that was killed has left is swept by one of another name. */
START_TEST(an_import_of_another_name_sweeps) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while (left_in_store().hidden == 0) {
    pid_t pid = begin(0, "swept");
    for (int i = 0; i < 100 && left_in_store().hidden == 0; i++) rest_for(1e-4);
    kill(pid, SIGKILL);
    wait_for(pid);
    ck_assert(support_seconds() < deadline);
  }
  ck_assert_int_eq(wait_for(begin(1, "other")), 0);
  ck_assert_uint_eq(left_in_store().hidden, 0);
}
END_TEST

START_TEST(imports_at_once) {
  enum { AT_ONCE = 4 };
  static const char *const names[AT_ONCE] = {"m", "m", "n", "other"};
  unsigned done = 0, busy = 0;
  for (int round = 0; round < ROUNDS; round++) {
    pid_t pids[AT_ONCE];
    int codes[AT_ONCE];
    char digest[33];
    for (int i = 0; i < AT_ONCE; i++) pids[i] = begin(2, names[i]);
    for (int i = 0; i < AT_ONCE; i++) codes[i] = wait_for(pids[i]);
    for (int i = 0; i < AT_ONCE; i++) {
      ck_assert_msg(codes[i] == 0 || (i < 2 && codes[i] == 10), "%s: ended with %d", names[i], codes[i]);
      digest_of(names[i], digest);
      if (codes[i] == 0)
        done++;
      else
        busy++;
    }
    ck_assert_msg(codes[0] == 0 || codes[1] == 0, "both imports of one name gave way");
    ck_assert_uint_eq(left_in_store().hidden, 0);
  }
  printf("counts: imports at once: %d rounds, %u done, %u gave way to one of their name\n", ROUNDS, done, busy);
  ck_assert_uint_gt(busy, 0);
}
END_TEST

int main(void) {
  TCase *tcase;
  struct fixture bulk;
  Suite *suite = suite_of("fault/killed_imports", &tcase);
  tcase_add_test(tcase, kills_leave_the_old_version_or_the_new_one);
  tcase_add_test(tcase, an_import_of_another_name_sweeps);
  tcase_add_test(tcase, imports_at_once);
  scratch_open();
  daemon_prepare(&served);
  for (int version = 0; version < 3; version++) {
    scratch_path(sources[version], "m%d.txt", version);
    fixture_bulk(&bulk, version == 2 ? LONG_ROWS : (size_t)(ROWS + version), DIM);
    fixture_write(&bulk, sources[version]);
    fixture_release(&bulk);
  }
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
