/* A daemon whose n-th allocation or system call fails, its libraries' among them: while it starts it ends with a line
 * that says why, or serves; while it serves, a request is answered rightly, refused with 503 (or 500), or its
 * connection is closed; when it looks at the store, it serves what it had and looks again. Whatever it was, afterwards
 * it is alive and answers rightly. */
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/fault.h"
#include "tests/support/http_client.h"
#include "tests/support/suite.h"

enum { STARTS_MOST = 50 /* in one light: a longer sweep takes strides */ };

static struct fault_plan *plan;
static struct daemon served; /* its store */
static char versions[2][SCRATCH_PATH_MAX];

/* Targets; behind a space a body. */
static const char *const targets[] = {
    "/vector?word=w1",
    "/vectors?word=w1&word=w2",
    "/neighbors?word=w3&k=5",
    "/words?limit=20",
    "/matrix?format=json",
    "/models",
    "/similarity?a=w1&b=w2",
    "/lookup {\"indices\":[[0,1,2],[3]]}",
    "/vectors {\"words\":[\"w1\",\"longer-than-what-a-parser-first-has-for-a-token\"]}",
    "/neighbors {\"queries\":[{\"word\":\"w1\"},{\"index\":3,\"k\":2}]}"};
enum { TARGETS = sizeof targets / sizeof targets[0] };

/* Asks over a connection of its own, with a line more in its head; false: nobody listens, or it was closed without a
 * whole answer. */
static bool ask_with(unsigned port, const char *target, const char *line, struct answer *answer) {
  struct raw raw;
  char text[512];
  const char *body = strchr(target, ' ');
  int length = body ? (int)(body - target) : (int)strlen(target);
  snprintf(text, sizeof text, "%s %.*s HTTP/1.1\r\nHost: x\r\n%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
           body ? "POST" : "GET", length, target, line, body ? strlen(body + 1) : 0, body ? body + 1 : "");
  if (!raw_try_open(&raw, port)) return false;
  raw_send_text(&raw, text);
  bool whole = raw_answer(&raw, false, answer);
  raw_close(&raw);
  return whole;
}

static bool ask(unsigned port, const char *target, struct answer *answer) {
  return ask_with(port, target, "", answer);
}

/* ---- while it starts */

/* A port that was free an instant ago: the line that tells the port may be the one that cannot be written. */
static unsigned free_port(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, length), 0);
  ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
  close(fd);
  return ntohs(address.sin_port);
}

static bool is_ready(unsigned port, bool *listening) {
  struct answer answer;
  *listening = ask(port, "/vector?word=w1", &answer);
  if (!*listening) return false;
  bool ready = answer.status == 200;
  answer_release(&answer);
  return ready;
}

/* Starts one under the plan as it is, until it answers (true; stopped again) or has ended. */
static bool start_once(const char *what) {
  char log[SCRATCH_PATH_MAX], listen[32];
  const char *arguments[] = {"serve",       "--store",   served.store, "--listen", listen, "--metrics-listen",
                             "127.0.0.1:0", "--threads", "2",          NULL};
  unsigned port = free_port();
  snprintf(listen, sizeof listen, "127.0.0.1:%u", port);
  scratch_path(log, "start.log");
  unlink(log);
  pid_t pid = process_start(arguments, &(struct process_io){.err = log, .input = -1});
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  bool listening;
  int status;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (is_ready(port, &listening)) {
      fault_disarm(plan);
      kill(pid, SIGTERM);
      int code = process_wait(pid);
      ck_assert_msg(code == 0, "%s: it ended with %d", what, code);
      return true;
    }
    if (listening) kill(pid, SIGHUP); /* it looks again anyhow, but a second later */
    ck_assert_msg(support_seconds() < deadline, "%s, a %s: neither up nor down", what, plan->last);
    support_pause();
  }
  char *text = scratch_read(log, NULL);
  ck_assert_msg(
      WIFEXITED(status) && WEXITSTATUS(status) == 1 && (strlen(text) > 20 || strcmp(plan->last, "write") == 0),
      "%s, a %s: status %x: %s", what, plan->last, (unsigned)status, text);
  free(text);
  return false;
}

static void sweep_starts(uint32_t kinds, uint32_t variant, struct fault_tally *tally) {
  fault_arm(plan, kinds, UINT64_MAX, 0, 0);
  ck_assert(start_once("a start without faults"));
  uint64_t calls = atomic_load(&plan->count), stride = calls / STARTS_MOST + 1;
  for (uint64_t number = 1; number <= calls; number += stride) {
    char what[64];
    snprintf(what, sizeof what, "a start, number %llu", (unsigned long long)number);
    fault_arm(plan, kinds, number, 0, variant);
    bool up = start_once(what);
    tally->injected += fault_disarm(plan);
    if (up)
      tally->right++;
    else
      tally->errors++;
  }
}

START_TEST(starts_end_well_or_say_why_not) {
  static const struct {
    const char *name;
    uint32_t kinds, variant;
  } lights[] = {{"allocations of a start: ", FAULT_ALLOCATION, 0},
                {"system calls of a start: ", FAULT_CALL, 0},
                {"system calls of a start, other errors: ", FAULT_CALL, 1}};
  struct fault_tally tally = {0};
  sweep_starts(lights[_i].kinds, lights[_i].variant, &tally);
  fault_tell(lights[_i].name, &tally);
}
END_TEST

/* ---- while it serves */

static void judge(const char *target, uint64_t number, const struct answer *right, struct fault_tally *tally) {
  struct answer answer;
  bool whole = ask(served.port, target, &answer);
  uint64_t injected = fault_disarm(plan);
  tally->injected += injected;
  bool same = whole && answer.status == 200 && answer.length == right->length &&
              memcmp(answer.body, right->body, right->length) == 0;
  if (same && injected)
    tally->right++;
  else if (injected)
    tally->errors++;
  ck_assert_msg(same || (injected && (!whole || answer.status == 503 || answer.status == 500)),
                "%s, number %llu, a %s: %ld: %.300s", target, (unsigned long long)number, plan->last,
                whole ? answer.status : 0, whole ? answer.body : "");
  if (whole) answer_release(&answer);
}

static void sweep_target(const char *target, uint32_t kinds, uint32_t variant, struct fault_tally *tally) {
  struct answer right;
  ck_assert(ask(served.port, target, &right));
  ck_assert_int_eq(right.status, 200);
  fault_arm(plan, kinds, UINT64_MAX, 0, 0);
  judge(target, 0, &right, tally);
  uint64_t calls = atomic_load(&plan->count) + 4; /* its threads do not always take the same way */
  for (uint64_t number = 1; number <= calls; number++) {
    fault_arm(plan, kinds, number, 0, variant);
    judge(target, number, &right, tally);
  }
  /* A thread that polls and accepts in turn could meet the same fault in every turn of less than four calls. */
  for (uint64_t every = 4; every <= 20; every++) {
    fault_arm(plan, kinds, 1, every, variant);
    judge(target, every, &right, tally);
  }
  judge(target, 0, &right, tally);
  answer_release(&right);
}

START_TEST(requests_are_answered_rightly_or_not_at_all) {
  static const struct {
    const char *name;
    uint32_t kinds, variant;
  } lights[] = {{"allocations while serving: ", FAULT_ALLOCATION, 0},
                {"system calls while serving: ", FAULT_CALL, 0},
                {"system calls while serving, other errors: ", FAULT_CALL, 1}};
  struct fault_tally tally = {0};
  daemon_start(&served, "--threads", "2", "--log-format", "json", NULL);
  daemon_await_ready(&served, 200);
  for (size_t i = 0; i < TARGETS; i++) sweep_target(targets[i], lights[_i].kinds, lights[_i].variant, &tally);
  daemon_stop(&served);
  fault_tell(lights[_i].name, &tally);
}
END_TEST

START_TEST(interrupts_are_not_noticed) {
  struct fault_tally tally = {0};
  daemon_start(&served, NULL);
  daemon_await_ready(&served, 200);
  for (size_t i = 0; i < TARGETS; i++) {
    struct answer right;
    ck_assert(ask(served.port, targets[i], &right));
    for (uint64_t every = 3; every < 12; every += 2) {
      struct answer answer;
      fault_arm(plan, FAULT_INTERRUPT, 1, every, 0);
      bool whole = ask(served.port, targets[i], &answer);
      tally.injected += fault_disarm(plan);
      ck_assert_msg(whole && answer.length == right.length && memcmp(answer.body, right.body, right.length) == 0,
                    "%s, every %d", targets[i], (int)every);
      tally.right++;
      answer_release(&answer);
    }
    answer_release(&right);
  }
  daemon_stop(&served);
  fault_tell("interrupts and parts of work, while serving: ", &tally);
}
END_TEST

/* ---- while it looks at the store */

/* Which version answers, by its rows; it must be one of the two. */
static int version_served(const char *what) {
  struct answer answer;
  bool whole = ask(served.port, "/models/m", &answer);
  ck_assert_msg(whole && answer.status == 200, "%s, a %s: %ld: %s", what, plan->last, whole ? answer.status : 0,
                whole ? answer.body : "");
  int version = strstr(answer.body, "\"rows\":50,") ? 0 : 1;
  ck_assert_msg(version == 0 || strstr(answer.body, "\"rows\":60,"), "%s: %s", what, answer.body);
  answer_release(&answer);
  return version;
}

/* Puts the version in the place of the other, by a rename as an import does it. */
static void place_version(int version) {
  char link_path[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX + 8];
  scratch_path(link_path, "linked.mdb");
  snprintf(path, sizeof path, "%s/m.mdb", served.store);
  ck_assert_int_eq(link(versions[version], link_path), 0);
  ck_assert_int_eq(rename(link_path, path), 0);
  unlink(link_path); /* it is left when both are one file */
}

/* The other version comes while the n-th call fails. What fails is what a look does; between looks there is nothing. */
static void look_once(int version, uint32_t kinds, uint64_t number, struct fault_tally *tally) {
  char what[64];
  snprintf(what, sizeof what, "a look, number %llu", (unsigned long long)number);
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  fault_arm(plan, kinds, number, 0, (uint32_t)number);
  place_version(version);
  kill(served.pid, SIGHUP);
  while (atomic_load(&plan->injected) == 0 && support_seconds() < deadline && atomic_load(&plan->count) < number) {
    kill(served.pid, SIGHUP);
    support_pause();
  }
  tally->injected += fault_disarm(plan);
  while (version_served(what) != version) {
    ck_assert_msg(support_seconds() < deadline, "%s, a %s: never swapped", what, plan->last);
    kill(served.pid, SIGHUP);
    support_pause();
  }
  tally->right++;
}

START_TEST(looks_keep_what_is_served_and_are_made_again) {
  enum { CALLS = 40 }; /* a look at one new file has some 25 */
  struct fault_tally tally = {0};
  place_version(0);
  daemon_start(&served, NULL);
  daemon_await_ready(&served, 200);
  for (uint64_t number = 1; number <= CALLS; number++)
    look_once((int)(number % 2), _i ? FAULT_CALL : FAULT_ALLOCATION, number, &tally);
  daemon_stop(&served);
  fault_tell(_i ? "system calls of a look: " : "allocations of a look: ", &tally);
}
END_TEST

static void import_version(int version) {
  char text[SCRATCH_PATH_MAX];
  struct fixture bulk;
  fixture_bulk(&bulk, version ? 60 : 50, 4);
  scratch_path(text, "m.txt");
  fixture_write(&bulk, text);
  daemon_import(&served, "m", text);
  fixture_release(&bulk);
  char path[SCRATCH_PATH_MAX + 8];
  snprintf(path, sizeof path, "%s/m.mdb", served.store);
  scratch_path(versions[version], "version%d.mdb", version);
  if (link(path, versions[version]) != 0) support_fail("%s: cannot be kept", path);
}

/* ---- with keys */

static const char key_line[] = "Authorization: Bearer a-key-of-this-test\r\n";

/* The status, 0 when the connection was closed. */
static long status_of(const char *line) {
  struct answer answer;
  if (!ask_with(served.port, "/vector?word=w1", line, &answer)) return 0;
  long status = answer.status;
  answer_release(&answer);
  return status;
}

/* The keys are read again while the n-th call fails: those of before stay. */
static void reload_once(uint32_t kinds, uint64_t number) {
  fault_arm(plan, kinds, number, 0, 0);
  kill(served.pid, SIGHUP);
  for (int i = 0; i < 20 && atomic_load(&plan->injected) == 0; i++) support_pause();
}

START_TEST(nobody_is_let_in_without_a_key) {
  enum { CALLS = 30 };
  const uint32_t kinds = _i ? FAULT_CALL : FAULT_ALLOCATION;
  struct fault_tally tally = {0};
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "keys");
  scratch_write(path, "a-key-of-this-test\n", strlen("a-key-of-this-test\n"));
  ck_assert_int_eq(chmod(path, 0600), 0);
  daemon_start(&served, "--api-key-file", path, NULL);
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while (status_of(key_line) != 200) ck_assert(support_seconds() < deadline);
  for (uint64_t number = 1; number <= CALLS; number++) {
    fault_arm(plan, kinds, number, 0, 0);
    long status = status_of("");
    tally.injected += fault_disarm(plan);
    ck_assert_msg(status == 401 || status == 503 || status == 500 || status == 0, "number %d, a %s: %ld", (int)number,
                  plan->last, status);
    reload_once(kinds, number);
    tally.injected += fault_disarm(plan);
    ck_assert_msg(status_of("") == 401, "number %d, a %s: open", (int)number, plan->last);
    ck_assert_msg(status_of(key_line) == 200, "number %d, a %s: closed", (int)number, plan->last);
    tally.right += 2;
  }
  daemon_stop(&served);
  fault_tell(_i ? "system calls of a daemon with keys: " : "allocations of a daemon with keys: ", &tally);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/serving", &tcase);
  tcase_add_loop_test(tcase, starts_end_well_or_say_why_not, 0, 3);
  tcase_add_loop_test(tcase, requests_are_answered_rightly_or_not_at_all, 0, 3);
  tcase_add_test(tcase, interrupts_are_not_noticed);
  tcase_add_loop_test(tcase, looks_keep_what_is_served_and_are_made_again, 0, 2);
  tcase_add_loop_test(tcase, nobody_is_let_in_without_a_key, 0, 2);
  scratch_open();
  plan = fault_open();
  daemon_prepare(&served);
  import_version(1);
  import_version(0);
  int failures = suite_run(suite);
  scratch_close();
  return failures;
}
