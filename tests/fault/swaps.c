/* Swaps under load: 32 clients ask for everything that a model answers while its file is replaced 200 times, and
 * sometimes by one that is no model. No request fails, and each answer is of one version, that which its ETag names,
 * and which was served at some time between its question and itself.
 *
 * A version shows in every number: its rows are e0 + t*e8, e1 + t*e8, ... with a t of its own, so that the last number
 * of each vector is t, and the cosine of any two rows t*t / (1 + t*t). */
#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/matrix/checksum.h"
#include "store/matrix/writer.h"
#include "tests/support/load.h"
#include "tests/support/suite.h"

enum {
  SWAPS = 200,
  CLIENTS = 32,
  VERSIONS = 8, /* of each model, in turns */
  AXES = 8,
  DIM = AXES + 1,
  SECOND_EVERY = 5, /* swap is of the second model */
  BAD_EVERY = 10,   /* swaps a bad file comes first */
  LOOK_EVERY = 100, /* swaps no signal is sent: the daemon finds it by looking */
};

/* One of the two models, and which of its versions may be served now. */
struct subject {
  const char *name;
  float first; /* t of version 0; that of the next is one more */
  char files[VERSIONS][SCRATCH_PATH_MAX];
  char digests[VERSIONS][33];
  atomic_size_t served, coming; /* numbers of swaps: is served for sure, may be served */
};

static struct subject one = {.name = "one", .first = 1},
                      two = {.name = "two", .first = 41 /* so far off that no two sums of squares are the same */};

static struct subject *const subjects[] = {&one, &two};

static void write_version(const char *folder, struct subject *subject, unsigned version) {
  static const struct writer_origin origin = {.source = "t", .source_format = "glove"};
  struct writer *writer;
  struct problem problem;
  uint64_t size;
  uint32_t added;
  float t = subject->first + (float)version;
  snprintf(subject->files[version], SCRATCH_PATH_MAX, "%.900s/%s.mdb", folder, subject->name);
  ck_assert_msg(writer_open(folder, subject->name, true, &problem, &writer) == STATUS_OK, "%s", problem.text);
  for (unsigned row = 0; row <= AXES; row++) {
    char word[32];
    float vector[DIM] = {0};
    int length = snprintf(word, sizeof word, row < AXES ? "w%u" : "version %u", row < AXES ? row : version);
    if (row < AXES) vector[row] = 1;
    vector[AXES] = row < AXES ? t : -t; /* the last one is near to none */
    ck_assert_int_eq(writer_add(writer, (struct word){word, (size_t)length}, vector, DIM, &problem, &added), STATUS_OK);
  }
  ck_assert_msg(writer_finish(writer, &origin, 1, &problem, &size, subject->digests[version]) == STATUS_OK, "%s",
                problem.text);
  writer_close(writer);
}

/* ---- What an answer says of its version */

/* The versions that an answer shows; -1: of that model it shows nothing. */
struct shown {
  int versions[2];
};

static bool is_mixed(char fault[256], const char *what) {
  snprintf(fault, 256, "not of one version: %s", what);
  return false;
}

/* Notes the version that `t` belongs to. */
static bool show_tag(struct shown *shown, unsigned model, double t, char fault[256]) {
  int version = (int)lround(t - (double)subjects[model]->first);
  if (version < 0 || version >= VERSIONS || t != (double)subjects[model]->first + version)
    return is_mixed(fault, "a number that no version holds");
  if (shown->versions[model] >= 0 && shown->versions[model] != version) return is_mixed(fault, "two vectors differ");
  shown->versions[model] = version;
  return true;
}

/* A row of an axis: one 1, and the tag; of a join two such rows. A row of padding is all zero. */
static bool show_vector(struct shown *shown, const json_t *vector, unsigned models, char fault[256]) {
  for (unsigned model = 0; model < models; model++) {
    double ones = 0, t = json_number_value(json_array_get(vector, model * DIM + AXES));
    for (size_t i = 0; i < AXES; i++) ones += json_number_value(json_array_get(vector, model * DIM + i));
    if (ones == 0 && t == 0) continue;
    if (ones != 1) return is_mixed(fault, "a vector that no version holds");
    if (!show_tag(shown, model, t, fault)) return false;
  }
  return true;
}

static bool show_vectors(struct shown *shown, const json_t *vectors, unsigned models, char fault[256]) {
  size_t i;
  const json_t *item;
  json_array_foreach(vectors, i, item) {
    bool nested = json_is_array(json_array_get(item, 0));
    if (!(nested ? show_vectors(shown, item, models, fault) : show_vector(shown, item, models, fault))) return false;
  }
  return true;
}

/* A cosine of two rows tells the sum of the squares of the tags. */
static bool show_cosine(struct shown *shown, double cosine, unsigned models, char fault[256]) {
  double sum = models * cosine / (1 - cosine);
  if (models == 1) return show_tag(shown, 0, round(sqrt(sum) * 1e6) / 1e6, fault);
  for (int i = 0; i < VERSIONS; i++)
    for (int j = 0; j < VERSIONS; j++) {
      double a = (double)one.first + i, b = (double)two.first + j;
      if (fabs(a * a + b * b - sum) > 1e-6) continue;
      return show_tag(shown, 0, a, fault) && show_tag(shown, 1, b, fault);
    }
  return is_mixed(fault, "a cosine that no two versions have");
}

static bool show_neighbors(struct shown *shown, const json_t *neighbors, unsigned models, char fault[256]) {
  size_t i;
  const json_t *item;
  json_array_foreach(neighbors, i, item) if (!show_cosine(shown, json_number_value(json_object_get(item, "similarity")),
                                                          models, fault)) return false;
  return true;
}

/* ---- What is asked */

enum answer_kind { OF_VECTOR, OF_VERSION, OF_VECTORS, OF_NEIGHBORS, OF_BATCH, OF_SIMILARITY, OF_MODEL };

static const struct question {
  const char *target;
  const char *json; /* NULL: a GET */
  enum answer_kind kind;
  unsigned models;
} questions[] = {
    {"/vector?model=one&word=w1", NULL, OF_VECTOR, 1},
    {"/vector?model=one&index=8", NULL, OF_VERSION, 1},
    {"/vectors?model=one&word=w7&word=w0", NULL, OF_VECTORS, 1},
    {"/vectors", "{\"model\":\"one\",\"words\":[[\"w0\",\"w5\"],[\"w7\"]]}", OF_VECTORS, 1},
    {"/lookup", "{\"model\":\"one\",\"indices\":[[0,1,2,0],[7]]}", OF_VECTORS, 1},
    {"/neighbors?model=one&word=w0&k=3", NULL, OF_NEIGHBORS, 1},
    {"/neighbors", "{\"model\":\"one\",\"queries\":[{\"word\":\"w0\",\"k\":2},{\"word\":\"w3\",\"k\":4}]}", OF_BATCH,
     1},
    {"/similarity?model=one&a=w2&b=w6", NULL, OF_SIMILARITY, 1},
    {"/models/one", NULL, OF_MODEL, 1},
    {"/vectors?model=one,two&word=w0&word=w3", NULL, OF_VECTORS, 2},
    {"/neighbors?model=one,two&word=w2&k=3", NULL, OF_NEIGHBORS, 2},
    {"/neighbors", "{\"model\":\"one,two\",\"queries\":[{\"word\":\"w0\",\"k\":2},{\"word\":\"w4\",\"k\":3}]}",
     OF_BATCH, 2},
};

enum { QUESTIONS = sizeof questions / sizeof *questions };

/* The word of the row behind the axes names the version, and its numbers are that version's. */
static bool show_version(struct shown *shown, const json_t *root, char fault[256]) {
  int version = -1;
  const char *word = json_string_value(json_object_get(root, "word"));
  if (!word || sscanf(word, "version %d", &version) != 1) return is_mixed(fault, "no version has this word");
  double t = -json_number_value(json_array_get(json_object_get(root, "vector"), AXES));
  return show_tag(shown, 0, (double)one.first + version, fault) && show_tag(shown, 0, t, fault);
}

static bool show_digest(struct shown *shown, const char *digest, char fault[256]) {
  for (int version = 0; digest && version < VERSIONS; version++)
    if (strcmp(one.digests[version], digest) == 0) return show_tag(shown, 0, (double)one.first + version, fault);
  return is_mixed(fault, "no version has this digest");
}

static bool show(struct shown *shown, const struct question *question, const json_t *root, char fault[256]) {
  size_t i;
  const json_t *item;
  switch (question->kind) {
    case OF_VECTOR: return show_vector(shown, json_object_get(root, "vector"), question->models, fault);
    case OF_VERSION: return show_version(shown, root, fault);
    case OF_VECTORS: return show_vectors(shown, json_object_get(root, "vectors"), question->models, fault);
    case OF_NEIGHBORS: return show_neighbors(shown, json_object_get(root, "neighbors"), question->models, fault);
    case OF_SIMILARITY:
      return show_cosine(shown, json_number_value(json_object_get(root, "similarity")), question->models, fault);
    case OF_MODEL: return show_digest(shown, json_string_value(json_object_get(root, "digest")), fault);
    default: break;
  }
  json_array_foreach(
      json_object_get(root, "results"), i,
      item) if (!show_neighbors(shown, json_object_get(item, "neighbors"), question->models, fault)) return false;
  return true;
}

/* Which swaps were known to be over when the question was sent: of the two models in one number. */
static size_t note_served(void *context) {
  (void)context;
  return atomic_load(&one.served) << 16 | atomic_load(&two.served);
}

static bool was_served(const struct subject *subject, int version, size_t from, char fault[256]) {
  size_t to = atomic_load(&subject->coming);
  for (size_t swap = from; swap <= to; swap++)
    if (version == (int)(swap % VERSIONS)) return true;
  snprintf(fault, 256, "version %d of %s, when swaps %zu to %zu were served", version, subject->name, from, to);
  return false;
}

/* The tag begins with the digests of the versions that the numbers are of. */
static bool is_tagged(const struct shown *shown, unsigned models, const struct answer *answer, char fault[256]) {
  char tag[512] = "", wanted[80];
  const char *first = one.digests[shown->versions[0]];
  if (models == 1)
    snprintf(wanted, sizeof wanted, "\"%s-", first);
  else
    snprintf(wanted, sizeof wanted, "\"%s+%s-", first, two.digests[shown->versions[1]]);
  answer_header(answer, "ETag", tag, sizeof tag);
  if (strncmp(tag, wanted, strlen(wanted)) == 0) return true;
  snprintf(fault, 256, "the tag is %.100s, the numbers are of %s", tag, wanted);
  return false;
}

static bool judge(void *context, size_t request, size_t before, const struct answer *answer, char fault[256]) {
  const struct question *question = &questions[request];
  struct shown shown = {{-1, -1}};
  (void)context;
  if (answer->status != 200) {
    snprintf(fault, 256, "status %ld: %.150s", answer->status, answer->body);
    return false;
  }
  json_t *root = json_loadb(answer->body, answer->length, 0, NULL);
  bool right = show(&shown, question, root, fault);
  json_decref(root);
  if (!right) return false;
  for (unsigned model = 0; model < question->models; model++) {
    if (shown.versions[model] < 0) return is_mixed(fault, "the answer shows none");
    size_t from = model == 0 ? before >> 16 : before & 0xFFFF;
    if (!was_served(subjects[model], shown.versions[model], from, fault)) return false;
  }
  return is_tagged(&shown, question->models, answer, fault);
}

/* ---- What is done to the store */

/* Puts a file under a name in one step, as an import does. */
static void put(const struct daemon *daemon, const char *from, const char *name) {
  char aside[SCRATCH_PATH_MAX + 64], path[SCRATCH_PATH_MAX + 64];
  snprintf(aside, sizeof aside, "%s/.aside", daemon->store);
  snprintf(path, sizeof path, "%s/%s.mdb", daemon->store, name);
  ck_assert_int_eq(link(from, aside), 0);
  ck_assert_int_eq(rename(aside, path), 0);
}

static void await_digest(const struct daemon *daemon, const char *name, const char *digest) {
  char target[64];
  snprintf(target, sizeof target, "/models/%s", name);
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  for (;;) {
    struct answer answer;
    client_get(daemon->port, target, &answer);
    bool there = digest ? answer.status == 200 && strstr(answer.body, digest) : answer.status == 404;
    answer_release(&answer);
    if (there) return;
    if (support_seconds() > deadline) support_fail("the swap of %s is never seen", name);
    support_pause();
  }
}

/* How often the log has the text. */
static size_t count_in_log(const struct daemon *daemon, const char *text) {
  size_t count = 0;
  char *log = scratch_read(daemon->log, NULL);
  for (const char *at = log; (at = strstr(at, text)); at++) count++;
  free(log);
  return count;
}

/* What is no model: cut short, a bit turned, empty, something else, and whole but of another version of the format. */
enum bad_kind { BAD_CUT, BAD_BIT, BAD_EMPTY, BAD_OTHER, BAD_VERSION, BAD_KINDS };

static void raise_version(const char *path, char *bytes, size_t length) {
  static const char magic[8] = "wordvec";
  struct problem problem;
  uint64_t size;
  char *head = memmem(bytes, length, magic, sizeof magic);
  ck_assert_ptr_nonnull(head);
  head[sizeof magic]++;
  int descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  uint64_t covered = length / 4096 * 4096; /* less than a page of sums is behind LMDB's pages */
  ck_assert_int_eq(pwrite(descriptor, bytes, covered, 0), (ssize_t)covered);
  ck_assert_int_eq(checksum_append(descriptor, covered, 1, path, &problem, &size), STATUS_OK);
  close(descriptor);
}

static void write_bad(const char *path, const char *good, enum bad_kind kind) {
  size_t length;
  char *bytes = scratch_read(good, &length);
  unlink(path); /* what is served under it is another file */
  switch (kind) {
    case BAD_CUT: scratch_write(path, bytes, length - 1000); break;
    case BAD_BIT:
      bytes[length / 2] ^= 1;
      scratch_write(path, bytes, length);
      break;
    case BAD_EMPTY: scratch_write(path, "", 0); break;
    case BAD_OTHER: scratch_write(path, "the quick brown fox\n", 20); break;
    default: raise_version(path, bytes, length); break;
  }
  free(bytes);
}

/* A bad file in the place of the model: named once in the log, and what is served stays. */
static void put_bad(const struct daemon *daemon, struct subject *subject, enum bad_kind kind) {
  static const char mark[] = "the version before it is served on";
  char path[SCRATCH_PATH_MAX];
  size_t before = count_in_log(daemon, mark);
  scratch_path(path, "bad.mdb");
  write_bad(path, subject->files[0], kind);
  put(daemon, path, subject->name);
  kill(daemon->pid, SIGHUP);
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while (count_in_log(daemon, mark) == before) {
    if (support_seconds() > deadline) support_fail("a bad file of kind %d is not told of", (int)kind);
    support_pause();
  }
  await_digest(daemon, subject->name, subject->digests[atomic_load(&subject->served) % VERSIONS]);
}

static void swap(const struct daemon *daemon, struct subject *subject, bool signalled) {
  size_t number = atomic_load(&subject->served) + 1;
  atomic_store(&subject->coming, number);
  put(daemon, subject->files[number % VERSIONS], subject->name);
  if (signalled) kill(daemon->pid, SIGHUP);
  await_digest(daemon, subject->name, subject->digests[number % VERSIONS]);
  atomic_store(&subject->served, number);
}

/* A third model comes and goes. */
static void be_visited(const struct daemon *daemon) {
  char path[SCRATCH_PATH_MAX + 64];
  put(daemon, one.files[0], "guest");
  kill(daemon->pid, SIGHUP);
  await_digest(daemon, "guest", one.digests[0]);
  snprintf(path, sizeof path, "%s/guest.mdb", daemon->store);
  ck_assert_int_eq(unlink(path), 0);
  kill(daemon->pid, SIGHUP);
  await_digest(daemon, "guest", NULL);
}

static void prepare(struct daemon *daemon) {
  daemon_prepare(daemon);
  for (unsigned model = 0; model < 2; model++) {
    for (unsigned version = 0; version < VERSIONS; version++) {
      char folder[SCRATCH_PATH_MAX];
      scratch_folder(folder, "version%u", version);
      write_version(folder, subjects[model], version);
    }
    put(daemon, subjects[model]->files[0], subjects[model]->name);
  }
}

START_TEST(no_request_fails_and_no_answer_is_of_two_versions) {
  struct daemon daemon;
  struct load_result result;
  char *requests[QUESTIONS];
  size_t bad = 0, guests = 0;
  prepare(&daemon);
  for (size_t i = 0; i < QUESTIONS; i++) requests[i] = load_request(questions[i].target, questions[i].json);
  daemon_start(&daemon, "--log-format", "off", NULL);
  daemon_await_ready(&daemon, 200);
  const struct load_options options = {.port = daemon.port,
                                       .clients = CLIENTS,
                                       .pause_microseconds = 1000,
                                       .requests = (const char *const *)requests,
                                       .request_count = QUESTIONS,
                                       .before = note_served,
                                       .judge = judge};
  struct load *load = load_start(&options);
  for (size_t i = 1; i <= SWAPS; i++) {
    struct subject *subject = i % SECOND_EVERY == 0 ? &two : &one;
    if (i % BAD_EVERY == 1) {
      put_bad(&daemon, subject, (enum bad_kind)(bad++ % BAD_KINDS));
      be_visited(&daemon); /* each of its looks tries the bad file again, and does not tell of it again */
      guests++;
    }
    swap(&daemon, subject, i % LOOK_EVERY != 3);
  }
  load_stop(load, &result);
  printf("counts: %d swaps under %d clients, %zu bad files, %zu models that came and went: %zu requests, %zu failed\n",
         SWAPS, CLIENTS, bad, guests, result.requests, result.failures);
  ck_assert_msg(result.failures == 0, "%zu requests failed, the first: %s", result.failures, result.first);
  ck_assert_uint_gt(result.requests, SWAPS);
  ck_assert_uint_eq(count_in_log(&daemon, "the version before it is served on"), bad);
  ck_assert_uint_eq(count_in_log(&daemon, "replaced"), SWAPS);
  ck_assert_uint_eq(count_in_log(&daemon, "removed"), guests);
  daemon_stop(&daemon);
  for (size_t i = 0; i < QUESTIONS; i++) free(requests[i]);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/swaps", &tcase);
  tcase_add_test(tcase, no_request_fails_and_no_answer_is_of_two_versions);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
