/* Files that are cut short while they are served: their model answers 503 and nothing that its file did not hold, the
 * other model and the daemon go on, and a whole file is served again.
 *
 * Clients ask all routes of both models all the time. In each phase they know what the answers must be: while the file
 * is whole, what they were at the start, to the byte; once it is cut, 503; in between, one of the two. */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/http_client.h"
#include "tests/support/process.h"
#include "tests/support/store_fixture.h"
#include "tests/support/suite.h"

enum { CLIENTS = 4, ROWS = 600, DIM = 52, REQUEST_MAX = 1024, PAGE = 4096 };

/* NAME stands for the model. A body makes a POST. */
static const struct {
  const char *target, *body;
} asked[] = {
    {"/vector?model=NAME&word=w1", NULL},
    {"/vector?model=NAME&index=599", NULL},
    {"/vector?model=NAME&word=W1&case=fold", NULL},
    {"/vector?model=NAME&word=unheard-of&oov=subword", NULL},
    {"/vector?model=NAME&word=w11111", NULL}, /* 404, with near spellings */
    {"/vectors", "{\"model\": \"NAME\", \"words\": [\"w1\", \"W2\", \"w500\"]}"},
    {"/lookup", "{\"model\": \"NAME\", \"indices\": [[0, 1, 2], [599], [500, 7]]}"},
    {"/neighbors?model=NAME&word=w3&k=20", NULL},
    {"/neighbors?model=NAME&word=w4&recall=0.5", NULL},
    {"/neighbors", "{\"model\": \"NAME\", \"queries\": [{\"word\": \"w3\"}, {\"index\": 400}, {\"word\": \"gone\"}]}"},
    {"/neighbors?model=NAME,other&word=w3", NULL},
    {"/analogy?model=NAME&a=w1&b=w3&c=w4&objective=cosmul", NULL},
    {"/rank?model=NAME&word=w1&other=w3", NULL},
    {"/matrix?model=NAME&format=npy", NULL},
    {"/matrix?format=npy", "{\"model\": \"NAME\", \"words\": [\"w1\", \"never\", \"w9\"], \"oov\": \"subword\"}"},
    {"/similarity?model=NAME&a=w1&b=w3", NULL},
    {"/mean?model=NAME&word=w1&word=w3", NULL},
    {"/doesnt-match?model=NAME&word=w1&word=w3&word=w4", NULL},
    {"/index?model=NAME&word=w498", NULL},
    {"/word?model=NAME&index=598", NULL},
    {"/words?model=NAME&prefix=w&limit=50", NULL},
    {"/models/NAME", NULL},
    {"/v1/embeddings", "{\"model\": \"NAME\", \"input\": \"w1 w3 w4\"}"},
    {"/word2vec/most_similar?model=NAME&positive=w1", NULL},
    {"/word2vec/model_word_set?model=NAME", NULL},
};
enum { ASKED = sizeof asked / sizeof asked[0] };

enum phase { PHASE_WHOLE, PHASE_CHANGING, PHASE_LOST };

/* What the clients, which are processes, share with the test. */
struct shared {
  atomic_int phase;
  atomic_bool stop;
  atomic_uint rounds[CLIENTS]; /* of all requests */
  atomic_ulong answers[PHASE_LOST + 1];
  atomic_uint wrong;
  char first_wrong[512];
};

static struct shared *shared;
static struct daemon service;
static char victim[SCRATCH_PATH_MAX], whole[SCRATCH_PATH_MAX];
static struct answer expected[2][ASKED]; /* of the victim, of the other */
static const char *const models[2] = {"victim", "other"};

/* Writes `text` with the model's name in place of NAME. */
static void put_name(char *out, const char *text, const char *name) {
  size_t used = 0;
  for (const char *at = text; *at;) {
    bool here = strncmp(at, "NAME", 4) == 0;
    used += (size_t)snprintf(out + used, REQUEST_MAX - used, "%.*s", here ? (int)strlen(name) : 1, here ? name : at);
    at += here ? 4 : 1;
  }
}

/* Asks over the connection, which is opened when it is not; false when the answer was cut off. */
static bool ask(struct raw *raw, size_t request, size_t model, struct answer *answer) {
  char target[REQUEST_MAX], body[REQUEST_MAX], text[3 * REQUEST_MAX];
  put_name(target, asked[request].target, models[model]);
  if (asked[request].body) put_name(body, asked[request].body, models[model]);
  if (asked[request].body)
    snprintf(text, sizeof text, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s", target, strlen(body),
             body);
  else
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
  if (raw->descriptor < 0) raw_open(raw, service.port);
  raw_send_text(raw, text);
  if (raw_answer(raw, false, answer)) return true;
  raw_close(raw);
  *raw = (struct raw){.descriptor = -1};
  return false;
}

static void note_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note_wrong(const char *format, ...) {
  if (atomic_fetch_add(&shared->wrong, 1) > 0) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(shared->first_wrong, sizeof shared->first_wrong, format, arguments);
  va_end(arguments);
}

static bool is_lost_answer(const struct answer *answer) {
  char after[16];
  return answer->status == 503 && strstr(answer->body, "model_lost") &&
         answer_header(answer, "Retry-After", after, sizeof after);
}

/* The word2vec dialect has only a message. */
static bool tells_loss(const struct answer *answer) {
  return is_lost_answer(answer) || (answer->status == 503 && strstr(answer->body, "cut short"));
}

static bool is_expected(const struct answer *answer, const struct answer *wanted) {
  return answer->status == wanted->status && answer->length == wanted->length &&
         memcmp(answer->body, wanted->body, wanted->length) == 0;
}

static void judge(size_t request, size_t model, bool complete, const struct answer *answer, int before, int after) {
  const struct answer *wanted = &expected[model][request];
  bool may_be_lost = model == 0 && (before != PHASE_WHOLE || after != PHASE_WHOLE);
  bool must_be_lost = model == 0 && before == PHASE_LOST && after == PHASE_LOST;
  bool is_right = complete && is_expected(answer, wanted);
  bool is_lost = !complete || tells_loss(answer); /* a stream can only be cut off */
  if (must_be_lost ? !is_lost || !complete : !is_right && !(may_be_lost && is_lost))
    note_wrong("%s of %s, phases %d to %d: %ld, %zu bytes: %.200s", asked[request].target, models[model], before, after,
               complete ? answer->status : 0L, answer->length, answer->length > 0 ? answer->body : "");
  if (before == after) atomic_fetch_add(&shared->answers[before], 1);
}

static void run_client(unsigned number) {
  struct raw raw = {.descriptor = -1};
  for (unsigned i = number * 7; !atomic_load(&shared->stop); i++) {
    size_t request = i % ASKED;
    for (size_t model = 0; model < 2; model++) {
      struct answer answer = {0};
      int before = atomic_load(&shared->phase);
      bool complete = ask(&raw, request, model, &answer);
      judge(request, model, complete, &answer, before, atomic_load(&shared->phase));
      answer_release(&answer);
    }
    if (request == 0) atomic_fetch_add(&shared->rounds[number], 1);
  }
  raw_close(&raw);
}

/* Until every client has asked all there is, twice: so once from begin to end in this phase. */
static void await_rounds(void) {
  unsigned begun[CLIENTS];
  for (unsigned i = 0; i < CLIENTS; i++) begun[i] = atomic_load(&shared->rounds[i]);
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (unsigned i = 0; i < CLIENTS;) {
    if (atomic_load(&shared->rounds[i]) >= begun[i] + 2)
      i++;
    else if (support_seconds() > deadline || atomic_load(&shared->wrong) > 0)
      return;
    else
      support_pause();
  }
}

static void copy(const char *from, const char *to) {
  size_t length;
  char *bytes = scratch_read(from, &length), part[SCRATCH_PATH_MAX + 8];
  snprintf(part, sizeof part, "%s.part", to);
  scratch_write(part, bytes, length);
  if (rename(part, to) != 0) support_fail("cannot rename %s", part);
  free(bytes);
}

static void record_expected(void) {
  struct raw raw = {.descriptor = -1};
  for (size_t model = 0; model < 2; model++)
    for (size_t i = 0; i < ASKED; i++) {
      struct answer *answer = &expected[model][i];
      ck_assert_msg(ask(&raw, i, model, answer), "%s has no answer", asked[i].target);
      long wanted = strstr(asked[i].target, "w11111") ? 404 : 200;
      ck_assert_msg(answer->status == wanted, "%s: %ld %s", asked[i].target, answer->status, answer->body);
    }
  raw_close(&raw);
}

/* Whether the victim is served, asked by a client of its own. */
static void await_served(void) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (long status = 0; status != 200;) {
    struct answer answer;
    client_get(service.port, "/models/victim", &answer);
    status = answer.status;
    answer_release(&answer);
    ck_assert_msg(support_seconds() < deadline, "the victim is not served again");
    support_pause();
  }
}

/* To which of its bytes a file of `size` bytes is cut. */
static off_t cut_of(int i, off_t size) {
  switch (i) {
    case 0: return 0;
    case 1: return size / 2;
    case 2: return PAGE;
    case 3: return size / 4 * 3 + 1234; /* inside a page: what is left of that reads as zeros without any signal */
    default: return size - 1;
  }
}
enum { CUTS = 5 };

static void cut_and_restore(int i) {
  struct stat about;
  ck_assert_int_eq(stat(victim, &about), 0);
  await_rounds();
  atomic_store(&shared->phase, PHASE_CHANGING);
  ck_assert_int_eq(truncate(victim, cut_of(i, about.st_size)), 0);
  atomic_store(&shared->phase, PHASE_LOST);
  await_rounds(); /* before the daemon looks, or while it does */
  kill(service.pid, SIGHUP);
  daemon_await_log(&service, "model victim: its file was cut short");
  atomic_store(&shared->phase, PHASE_CHANGING);
  copy(whole, victim);
  kill(service.pid, SIGHUP);
  await_served();
  atomic_store(&shared->phase, PHASE_WHOLE);
}

START_TEST(the_others_go_on) {
  pid_t clients[CLIENTS];
  record_expected();
  fflush(NULL);
  for (unsigned i = 0; i < CLIENTS; i++) {
    clients[i] = fork();
    if (clients[i] == 0) {
      run_client(i);
      _exit(0);
    }
  }
  for (int i = 0; i < CUTS && atomic_load(&shared->wrong) == 0; i++) cut_and_restore(i);
  await_rounds();
  atomic_store(&shared->stop, true);
  for (unsigned i = 0; i < CLIENTS; i++) {
    int status;
    ck_assert_int_eq(waitpid(clients[i], &status, 0), clients[i]);
    ck_assert_msg(status == 0, "a client had no connection any more");
  }
  ck_assert_msg(atomic_load(&shared->wrong) == 0, "%u answers are wrong, the first: %s", atomic_load(&shared->wrong),
                shared->first_wrong);
  ck_assert_msg(daemon_log_has(&service, "import it again"), "the log does not say what to do");
  struct answer metrics;
  char counted[64];
  snprintf(counted, sizeof counted, "\nwordvec_models_lost_total %d\n", CUTS);
  client_get(service.port, "/metrics", &metrics);
  ck_assert_msg(strstr(metrics.body, counted) != NULL, "the losses are not counted");
  answer_release(&metrics);
  printf("lost files: %d cuts, %lu answers of whole and %lu of lost files, 0 wrong\n", CUTS,
         atomic_load(&shared->answers[PHASE_WHOLE]), atomic_load(&shared->answers[PHASE_LOST]));
}
END_TEST

/* An export writes into a pipe until that is full, and waits; the rest of its file is gone when it goes on. */
START_TEST(an_export_says_so_and_fails) {
  char file[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX], err[SCRATCH_PATH_MAX], fifo[SCRATCH_PATH_MAX];
  scratch_folder(path, "export");
  scratch_path(file, "export/m.mdb");
  scratch_path(err, "export.err");
  scratch_path(fifo, "export.out");
  copy(whole, file);
  ck_assert_int_eq(mkfifo(fifo, 0600), 0);
  int reading = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const char *arguments[] = {"export", "m", "--store", path, "--format", "glove", "--output", fifo, NULL};
  pid_t child = process_start(arguments, &(struct process_io){.err = err, .input = -1});
  struct pollfd wait = {.fd = reading, .events = POLLIN};
  ck_assert_int_eq(poll(&wait, 1, 1000 * SUPPORT_PATIENCE_SECONDS), 1);
  ck_assert_int_eq(truncate(file, PAGE), 0);
  ck_assert_int_eq(fcntl(reading, F_SETFL, 0), 0);
  for (char bytes[1 << 16]; read(reading, bytes, sizeof bytes) > 0;) continue;
  ck_assert_int_eq(process_wait(child), 1);
  size_t length;
  char *text = scratch_read(err, &length);
  ck_assert_msg(strstr(text, "export/m.mdb: the file was cut short") && strstr(text, "import it again"), "%s", text);
  free(text);
  close(reading);
}
END_TEST

int main(void) {
  scratch_open();
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  TCase *cases;
  Suite *suite = suite_of("fault/lost_files", &cases);
  tcase_add_test(cases, the_others_go_on);
  tcase_add_test(cases, an_export_says_so_and_fails);
  daemon_prepare(&service);
  struct store_fixture shape = {.rows = ROWS, .dim = DIM, .codes = true, .graph = true, .subwords = true, .seed = 1};
  store_fixture_write(service.store, "victim", &shape);
  shape.seed = 2;
  store_fixture_write(service.store, "other", &shape);
  snprintf(victim, sizeof victim, "%.900s/victim.mdb", service.store);
  scratch_path(whole, "whole");
  copy(victim, whole);
  daemon_start(&service, NULL);
  daemon_await_ready(&service, 200);
  int failed = suite_run(suite);
  daemon_stop(&service);
  scratch_close();
  return failed;
}
