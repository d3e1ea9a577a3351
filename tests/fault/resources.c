/* What runs out: disks, descriptors, memory, threads. A command says what it lacked and leaves nothing half done; a
 * daemon refuses what it cannot do, stays, and answers when there is enough again. Of plain builds, for sanitizers need
 * more of everything. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/fault.h"
#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

enum { ROWS = 20000, DIM = 16 };

static struct fault_plan *plan;
static struct daemon served; /* its store holds "m": ROWS x DIM */
static char source[SCRATCH_PATH_MAX];
static char digest_line[64]; /* of an import of it, as the summary has it */

static size_t files_in(const char *path) {
  size_t count = 0;
  DIR *listing = opendir(path);
  ck_assert_ptr_nonnull(listing);
  for (struct dirent *entry; (entry = readdir(listing));)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(listing);
  return count;
}

/* What is started from here on by this test runs under the limit: "--nofile=5". */
static void limit(const char *name, unsigned long long most) {
  char words[64];
  snprintf(words, sizeof words, "prlimit --%s=%llu", name, most);
  setenv("WORDVEC_WRAPPER", words, 1);
}

/* Imports into `store`: true when it did. Else it says one of `reasons`, and nothing is left. */
static bool imports(const char *store, const char *what, const char *const *reasons) {
  struct run run;
  run_wordvec(&run, "import", source, "--store", store, "--name", "new", "--force", NULL);
  bool done = run.code == 0, explained = done;
  for (; !explained && *reasons; reasons++) explained = strstr(run.err, *reasons) != NULL;
  ck_assert_msg(explained && (done || run.code == 1), "%s: exit %d: %s", what, run.code, run.err);
  ck_assert_msg(done || access(store, F_OK) != 0 || files_in(store) == 0, "%s: something is left", what);
  ck_assert_msg(!done || strstr(run.out, digest_line), "%s: %s", what, run.out);
  run_release(&run);
  return done;
}

/* ---- disks */

static const char *const no_space[] = {"disk is full", "No space left", "no room for", NULL};
static const char *const too_large[] = {"a limit on the size of files", "File too large", NULL};

/* A file system that only this test and what it starts can see, where the system lets one have it. */
static bool have_own_mounts(void) {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

START_TEST(imports_on_full_disks) {
  char path[SCRATCH_PATH_MAX], options[64];
  int full = 0;
  scratch_folder(path, "disk");
  bool done = !have_own_mounts();
  if (done) printf("skipped: imports_on_full_disks: no mounts of one's own can be had here\n");
  for (unsigned kilobytes = 64; !done; kilobytes += 256) {
    snprintf(options, sizeof options, "size=%uk", kilobytes);
    ck_assert_msg(mount("none", path, "tmpfs", 0, options) == 0, "mount: %s", strerror(errno));
    done = imports(path, options, no_space);
    full += !done;
    ck_assert_int_lt(full, 100);
    ck_assert_int_eq(umount(path), 0);
  }
  printf("counts: full disks: %d sizes are too small, each was told and nothing was left\n", full);
}
END_TEST

/* Past the limit the kernel sends SIGXFSZ, which by itself ends the process. */
START_TEST(imports_beyond_the_size_of_files) {
  char path[SCRATCH_PATH_MAX];
  int refused = 0;
  scratch_folder(path, "sizes");
  for (unsigned long long most = 8192;; most *= 2, refused++) {
    limit("fsize", most);
    if (imports(path, "a limit of the size of files", too_large)) break;
  }
  ck_assert_int_gt(refused, 4);
  printf("counts: limits of the size of files: %d are too small, each was told and nothing was left\n", refused);
}
END_TEST

START_TEST(results_that_cannot_be_written) {
  static const char *const commands[][6] = {
      {"list"},
      {"info", "m"},
      {"verify", "m"},
      {"vector", "w1"},
      {"neighbors", "w1"},
      {"lookup", "1", "2"},
      {"index", "w1"},
      {"word", "1"},
      {"words"},
      {"similarity", "w1", "w2"},
      {"analogy", "w1", "w2", "w3"},
      {"doesnt-match", "w1", "w2", "w3"},
      {"rank", "w1", "w2"},
      {"closer-than", "w1", "w2"},
      {"mean", "w1", "w2"},
      {"export", "m", "--output", "-"},
      {"import", source, "--name", "m", "--force"},
  };
  char err[SCRATCH_PATH_MAX];
  scratch_path(err, "full.err");
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    const char *arguments[PROCESS_ARGUMENTS_MAX];
    size_t count = 0;
    for (; count < 6 && commands[i][count]; count++) arguments[count] = commands[i][count];
    arguments[count++] = "--store";
    arguments[count++] = served.store;
    arguments[count] = NULL;
    unlink(err);
    int code =
        process_wait(process_start(arguments, &(struct process_io){.out = "/dev/full", .err = err, .input = -1}));
    char *said = scratch_read(err, NULL);
    ck_assert_msg(code == 1 && strstr(said, "standard output"), "%s: exit %d: %s", arguments[0], code, said);
    free(said);
  }
}
END_TEST

/* ---- descriptors */

/* Whether the system can read the program and its libraries at all. */
static bool is_loaded(void) {
  struct run run;
  run_wordvec(&run, "--version", NULL);
  run_release(&run);
  return run.code == 0;
}

START_TEST(imports_with_few_descriptors) {
  static const char *const reasons[] = {"Too many open files", NULL};
  char path[SCRATCH_PATH_MAX];
  int refused = 0;
  scratch_folder(path, "few");
  for (unsigned most = 4; most < 32; most++) {
    limit("nofile", most);
    if (!is_loaded()) continue;
    if (imports(path, "few descriptors", reasons)) break;
    refused++;
  }
  ck_assert_msg(refused > 0 && refused < 20, "%d limits", refused);
}
END_TEST

/* Starts one that must either serve or say why not. */
static bool serves(const char *what) {
  char log[SCRATCH_PATH_MAX];
  scratch_path(log, "few.log");
  unlink(log);
  const char *arguments[] = {"serve", "--store", served.store, "--listen", "127.0.0.1:0", NULL};
  pid_t pid = process_start(arguments, &(struct process_io){.err = log, .input = -1});
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (;;) {
    int status;
    char *said = scratch_read(log, NULL);
    bool up = strstr(said, "listening on") != NULL, down = waitpid(pid, &status, WNOHANG) == pid;
    bool explained = strlen(said) > 20;
    ck_assert_msg(!down || (WIFEXITED(status) && WEXITSTATUS(status) == 1 && explained), "%s: status %x: %s", what,
                  (unsigned)status, said);
    free(said);
    if (up && !down) {
      kill(pid, SIGTERM);
      ck_assert_int_eq(process_wait(pid), 0);
    }
    if (up || down) return up;
    ck_assert_msg(support_seconds() < deadline, "%s: neither up nor down", what);
    support_pause();
  }
}

START_TEST(starts_with_few_descriptors) {
  int refused = 0;
  for (unsigned most = 4; most < 64; most++) {
    limit("nofile", most);
    if (!is_loaded()) continue;
    if (serves("few descriptors")) break;
    refused++;
  }
  ck_assert_msg(refused > 0 && refused < 50, "%d limits", refused);
}
END_TEST

START_TEST(the_limit_of_descriptors_is_raised) {
  struct daemon daemon = served;
  struct rlimit now;
  setenv("WORDVEC_WRAPPER", "prlimit --nofile=100:2000", 1);
  daemon_start(&daemon, NULL);
  ck_assert_int_eq(prlimit(daemon.pid, RLIMIT_NOFILE, NULL, &now), 0);
  ck_assert_uint_eq(now.rlim_cur, 2000);
  daemon_stop(&daemon);
}
END_TEST

/* ---- threads */

/* Which threads a start needs is found out by denying it one after the other. */
START_TEST(starts_without_threads) {
  int refused = 0;
  snprintf(plan->only, sizeof plan->only, "pthread_create");
  for (uint64_t number = 1; number < 200; number++, refused++) {
    fault_arm(plan, FAULT_CALL, number, 0, 0);
    bool up = serves("a thread less");
    if (fault_disarm(plan) == 0) break;
    ck_assert_msg(!up, "it serves without its thread number %d", (int)number);
  }
  plan->only[0] = '\0';
  ck_assert_int_gt(refused, 4);
  printf("counts: threads denied to a start: %d, each was told\n", refused);
}
END_TEST

/* ---- memory */

START_TEST(imports_in_little_memory) {
  static const char *const reasons[] = {"memory", "Cannot allocate", "cannot map", NULL};
  char path[SCRATCH_PATH_MAX];
  int refused = 0;
  scratch_folder(path, "little");
  for (unsigned long long most = 40 << 20;; most += 12 << 20, refused++) {
    limit("as", most);
    if (imports(path, "little memory", reasons)) break;
    ck_assert_int_lt(refused, 100);
  }
  ck_assert_int_gt(refused, 3);
  printf("counts: limits of memory: %d are too small for an import, each was told and nothing was left\n", refused);
}
END_TEST

/* What RLIMIT_DATA counts: of the heap that threads reserve, what they have taken. */
static rlim_t bytes_of_data(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  char *text = scratch_read(path, NULL), *found = strstr(text, "VmData:");
  ck_assert_ptr_nonnull(found);
  rlim_t bytes = strtoull(found + strlen("VmData:"), NULL, 10) << 10;
  free(text);
  return bytes;
}

struct outcomes {
  unsigned right, busy, closed;
};

static void ask(const char *target, const char *body, const struct answer *right, struct outcomes *outcomes) {
  struct raw raw;
  struct answer answer;
  char head[256];
  snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
           body ? "POST" : "GET", target, body ? strlen(body) : 0);
  raw_open(&raw, served.port);
  raw_send_text(&raw, head);
  if (body) raw_send_text(&raw, body);
  bool whole = raw_answer(&raw, false, &answer);
  bool same = whole && answer.status == 200 && answer.length == right->length &&
              memcmp(answer.body, right->body, right->length) == 0;
  ck_assert_msg(!whole || same || answer.status == 503 || answer.status == 500, "%s: %ld: %.300s", target,
                answer.status, answer.body);
  if (!whole)
    outcomes->closed++;
  else if (same)
    outcomes->right++;
  else
    outcomes->busy++;
  raw_close(&raw);
  if (whole) answer_release(&answer);
}

/* {"words":["w0","w1",…]} */
static char *many_words(size_t count) {
  char *text = malloc(32 + count * 10);
  ck_assert_ptr_nonnull(text);
  size_t length = (size_t)sprintf(text, "{\"words\":[");
  for (size_t i = 0; i < count; i++) length += (size_t)sprintf(text + length, "%s\"w%zu\"", i ? "," : "", i);
  sprintf(text + length, "]}");
  return text;
}

START_TEST(a_daemon_in_little_memory) {
  enum { STEPS = 40, STEP = 256 << 10 };
  struct outcomes outcomes = {0};
  char *words = many_words(ROWS), *few = many_words(3);
  struct answer large, small, near;
  daemon_start(&served, NULL);
  daemon_await_ready(&served, 200);
  client_post(served.port, "/vectors", words, &large);
  client_post(served.port, "/vectors", few, &small);
  client_get(served.port, "/neighbors?word=w7&k=100", &near);
  ck_assert_msg(large.status == 200, "%.200s", large.body);
  ck_assert(small.status == 200 && near.status == 200);
  daemon_stop(&served); /* with the memory that it has kept for answers as large */
  daemon_start(&served, NULL);
  daemon_await_ready(&served, 200);
  rlim_t taken = bytes_of_data(served.pid);
  for (int step = 0; step < STEPS; step++) {
    struct rlimit tight = {taken + (rlim_t)step * STEP, RLIM_INFINITY};
    ck_assert_int_eq(prlimit(served.pid, RLIMIT_DATA, &tight, NULL), 0);
    ask("/vectors", words, &large, &outcomes);
    ask("/vectors", few, &small, &outcomes);
    ask("/neighbors?word=w7&k=100", NULL, &near, &outcomes);
  }
  struct rlimit wide = {RLIM_INFINITY, RLIM_INFINITY};
  ck_assert_int_eq(prlimit(served.pid, RLIMIT_DATA, &wide, NULL), 0);
  unsigned right = outcomes.right;
  ask("/vectors", words, &large, &outcomes);
  ask("/neighbors?word=w7&k=100", NULL, &near, &outcomes);
  ck_assert_uint_eq(outcomes.right, right + 2);
  daemon_stop(&served);
  printf("counts: a daemon in little memory: %u right answers, %u refused, %u closed, 0 crashes\n", right,
         outcomes.busy, outcomes.closed);
  ck_assert_uint_gt(outcomes.busy + outcomes.closed, 0);
  answer_release(&large);
  answer_release(&small);
  answer_release(&near);
  free(words);
  free(few);
}
END_TEST

/* ---- the whole */

static void prepare(void) {
  struct fixture bulk;
  struct run run;
  daemon_prepare(&served);
  scratch_path(source, "m.txt");
  fixture_bulk(&bulk, ROWS, DIM);
  fixture_write(&bulk, source);
  fixture_release(&bulk);
  run_wordvec(&run, "import", source, "--store", served.store, NULL);
  char *digest = run.code == 0 ? strstr(run.out, "digest ") : NULL;
  if (!digest) support_fail("import: %s", run.err);
  snprintf(digest_line, sizeof digest_line, "%s", digest);
  run_release(&run);
}

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/resources", &tcase);
  tcase_add_test(tcase, imports_on_full_disks);
  tcase_add_test(tcase, imports_beyond_the_size_of_files);
  tcase_add_test(tcase, results_that_cannot_be_written);
  tcase_add_test(tcase, imports_with_few_descriptors);
  tcase_add_test(tcase, starts_with_few_descriptors);
  tcase_add_test(tcase, the_limit_of_descriptors_is_raised);
  tcase_add_test(tcase, starts_without_threads);
  tcase_add_test(tcase, imports_in_little_memory);
  tcase_add_test(tcase, a_daemon_in_little_memory);
  scratch_open();
  plan = fault_open();
  prepare();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
