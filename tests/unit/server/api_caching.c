/* Tags of answers, and what is not done for a client that has the answer: every GET route, with the rows of the model
 * locked away. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/api.h"
#include "server/routes.h"
#include "tests/support/api_fixture.h"
#include "tests/support/suite.h"

static struct api_fixture zoo;
static char digest[33];

static void read_digest(void) {
  struct model *model = catalog_acquire(zoo.service.catalog, "zoo");
  ck_assert_ptr_nonnull(model);
  memcpy(digest, model_info(model)->digest, sizeof digest);
  model_drop(model);
}

static void open_zoo(void) {
  api_fixture_open(&zoo);
  read_digest();
}

static void close_zoo(void) {
  api_fixture_close(&zoo);
}

/* A request for each route that answers GET. */
static const struct {
  const char *path, *query;
  bool about_model; /* its answer comes from the model, or tells about it alone */
  bool reads_rows;  /* on the thread that asks; searches have their own */
} asked[] = {
    {"/vector", "word=cat", true, true},
    {"/vectors", "word=cat&word=dog", true, true},
    {"/neighbors", "word=cat", true, false},
    {"/analogy", "a=cat&b=kitten&c=dog", true, false},
    {"/rank", "word=cat&other=dog", true, false},
    {"/closer-than", "word=cat&than=dog", true, false},
    {"/matrix", "format=json", true, true},
    {"/similarity", "a=cat&b=dog", true, true},
    {"/mean", "words=cat&words=dog", true, true},
    {"/doesnt-match", "words=cat&words=dog&words=king", true, true},
    {"/index", "word=cat", true, false},
    {"/word", "index=1", true, false},
    {"/words", "prefix=c", true, false},
    {"/models", "", false, false},
    {"/models/", "", true, false},
    {"/info", "", false, false},
    {"/openapi.json", "", false, false},
    {"/v1/models", "", false, false},
    {"/v1/models/", "", true, false},
    {"/word2vec/similarity", "w1=cat&w2=dog", true, true},
    {"/word2vec/n_similarity", "ws1=cat&ws2=dog", true, true},
    {"/word2vec/most_similar", "positive=cat", true, false},
    {"/word2vec/model", "word=cat", true, true},
    {"/word2vec/model_word_set", "", true, false},
};
enum { ASKED = sizeof asked / sizeof asked[0] };

/* Answers as exchange.c has it done. */
static bool answer(handler *handle, const char *query, const char *if_none_match) {
  api_fixture_query(&zoo, query);
  zoo.call.service = &zoo.service;
  zoo.call.if_none_match = if_none_match;
  bytes_release(&zoo.reply.body);
  zoo.reply = (struct reply){.http_status = 200};
  bytes_init_within(&zoo.reply.body, zoo.service.limits.answer_bytes, &zoo.service.answers);
  return api_answer(handle, &zoo.call, &zoo.reply, &zoo.refusal);
}

static void ask(size_t i, const char *if_none_match) {
  const char *rest;
  const struct route *route = route_find(asked[i].path, &rest);
  ck_assert_msg(route != NULL, "%s", asked[i].path);
  zoo.call.rest = "zoo";
  zoo.call.dialect = route_dialect(asked[i].path);
  bool done = answer(route->handle, asked[i].query, if_none_match);
  ck_assert_msg(done, "%s: %s", asked[i].path, zoo.refusal.detail);
}

static void expect_unmodified(size_t i, const char *tag) {
  ck_assert_msg(zoo.reply.http_status == 304, "%s: %u", asked[i].path, zoo.reply.http_status);
  ck_assert_str_eq(zoo.reply.etag, tag);
  ck_assert_ptr_null(zoo.reply.body.data);
  ck_assert_ptr_null(zoo.reply.stream);
}

START_TEST(no_route_is_forgotten) {
  const struct route *route;
  for (size_t r = 0; (route = route_at(r)); r++) {
    size_t i = 0;
    while (i < ASKED && strcmp(asked[i].path, route->path) != 0) i++;
    bool of_the_moment = strcmp(route->path, "/livez") == 0 || strcmp(route->path, "/readyz") == 0 ||
                         strcmp(route->path, "/metrics") == 0;
    ck_assert_msg(i < ASKED || of_the_moment || !(route->methods & ROUTE_GET), "%s", route->path);
  }
}
END_TEST

START_TEST(every_route_tells_its_version_and_knows_it_again) {
  size_t i = (size_t)_i;
  char tag[ETAG_SIZE], list[ETAG_SIZE + 32];
  ask(i, NULL);
  ck_assert_int_eq(zoo.reply.http_status, 200);
  ck_assert_int_eq(zoo.reply.etag[0], '"');
  ck_assert_msg((strncmp(zoo.reply.etag + 1, digest, 32) == 0) == asked[i].about_model, "%s", zoo.reply.etag);
  memcpy(tag, zoo.reply.etag, sizeof tag);
  ask(i, "\"another\"");
  ck_assert_int_eq(zoo.reply.http_status, 200);
  ck_assert_str_eq(zoo.reply.etag, tag);
  uint64_t length = zoo.reply.body.length;
  snprintf(list, sizeof list, "\"another\", W/%s", tag);
  ask(i, list);
  expect_unmodified(i, tag);
  ask(i, "*");
  expect_unmodified(i, tag);
  ck_assert_uint_eq(zoo.reply.length, length);
}
END_TEST

/* Takes the rows' pages away; the test's process is its own. */
static void lock_rows(void) {
  struct model *model = catalog_acquire(zoo.service.catalog, "zoo");
  const struct rows *rows = model_rows(model);
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)rows->slabs[0] & ~(page - 1);
  ck_assert_int_eq(mprotect((void *)at, page, PROT_NONE), 0);
  model_drop(model);
}

enum { TOUCHED = 42 };

static void leave(int number) {
  (void)number;
  _exit(TOUCHED);
}

/* Whether asking without a condition reads a row: in a process that ends with it. */
static bool touches(size_t i) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    const struct sigaction action = {.sa_handler = leave};
    sigaction(SIGSEGV, &action, NULL);
    ask(i, NULL);
    _exit(0);
  }
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == TOUCHED;
}

START_TEST(what_the_client_has_is_not_looked_up) {
  size_t i = (size_t)_i;
  char tag[ETAG_SIZE];
  ask(i, NULL);
  memcpy(tag, zoo.reply.etag, sizeof tag);
  lock_rows(); /* from here on reading them is the test's end */
  ask(i, tag);
  expect_unmodified(i, tag);
  zoo.call.asks_only = true;
  ask(i, tag);
  expect_unmodified(i, tag);
  zoo.call.asks_only = false;
  if (asked[i].reads_rows) ck_assert_msg(touches(i), "%s reads no row at all", asked[i].path);
}
END_TEST

START_TEST(who_only_asks_gets_no_answer) {
  zoo.call.asks_only = true;
  ck_assert(!answer(api_neighbors, "word=cat", "\"another\""));
  ck_assert(zoo.reply.postponed);
  ck_assert_int_eq(zoo.reply.http_status, 200);
}
END_TEST

/* A client cannot have what there is not (RFC 9110, section 13.2.1). */
START_TEST(a_star_does_not_hide_a_refusal) {
  ck_assert(!answer(api_vector, "word=caat", "*"));
  ck_assert_int_eq(zoo.refusal.kind, REFUSAL_NO_WORD);
}
END_TEST

START_TEST(probes_are_answered_in_any_case) {
  static handler *const probes[] = {api_livez, api_readyz};
  for (size_t i = 0; i < 2; i++) {
    ck_assert(answer(probes[i], "", "*"));
    ck_assert_int_eq(zoo.reply.http_status, 200);
  }
}
END_TEST

static const char *tag_of(handler *handle, const char *query, char tag[ETAG_SIZE]) {
  json_decref(api_get(&zoo, handle, query));
  return memcpy(tag, zoo.reply.etag, ETAG_SIZE);
}

START_TEST(another_representation_has_another_tag) {
  char json[ETAG_SIZE], npy[ETAG_SIZE];
  tag_of(api_vector, "word=cat", json);
  ck_assert_ptr_nonnull(strstr(json, "-json-"));
  zoo.call.accept = "application/x-npy";
  api_fixture_query(&zoo, "word=cat");
  ck_assert(api_fixture_call(&zoo, api_vector));
  memcpy(npy, zoo.reply.etag, sizeof npy);
  ck_assert_ptr_nonnull(strstr(npy, "-npy-"));
  zoo.call.accept = NULL;
  ck_assert(answer(api_vector, "word=cat", npy));
  ck_assert_int_eq(zoo.reply.http_status, 200);
  api_fixture_query(&zoo, "word=cat&format=octet-stream");
  ck_assert(api_fixture_call(&zoo, api_vector));
  ck_assert_ptr_nonnull(strstr(zoo.reply.etag, "-octet-stream-"));
}
END_TEST

START_TEST(what_else_decides_is_in_the_tag) {
  char before[ETAG_SIZE], after[ETAG_SIZE];
  tag_of(api_neighbors, "word=cat", before);
  zoo.service.default_recall = 0.9;
  ck_assert_str_ne(tag_of(api_neighbors, "word=cat", after), before);
  zoo.service.default_recall = 0;
  ck_assert_str_eq(tag_of(api_neighbors, "word=cat", after), before);
}
END_TEST

/* In a store of its own: the same contents under another name, which an answer tells; other contents; several. */
START_TEST(models_that_come_and_go) {
  struct api_fixture own;
  struct fixture digits;
  char zoo_tag[ETAG_SIZE], tag[ETAG_SIZE];
  api_fixture_open(&own);
  json_decref(api_get(&own, api_vector, "word=cat"));
  memcpy(zoo_tag, own.reply.etag, sizeof zoo_tag);
  json_decref(api_get(&own, api_models, ""));
  memcpy(tag, own.reply.etag, sizeof tag);
  api_fixture_write(own.store, "copy", &own.zoo);
  api_fixture_look(&own);
  json_decref(api_get(&own, api_models, ""));
  ck_assert_str_ne(own.reply.etag, tag);
  json_decref(api_get(&own, api_vector, "word=cat&model=copy"));
  ck_assert_mem_eq(own.reply.etag, zoo_tag, 33);
  ck_assert_str_ne(own.reply.etag, zoo_tag);
  json_decref(api_get(&own, api_vector, "word=cat&model=zoo"));
  ck_assert_str_eq(own.reply.etag, zoo_tag);

  fixture_digits(&digits);
  api_fixture_write(own.store, "digits", &digits);
  api_fixture_look(&own);
  json_decref(api_get(&own, api_vectors, "word=cat&model=zoo,digits&oov=zero"));
  memcpy(tag, own.reply.etag, sizeof tag);
  ck_assert_mem_eq(tag, zoo_tag, 33);
  ck_assert_int_eq(tag[33], '+');
  json_decref(api_get(&own, api_vector, "word=d0&model=digits"));
  ck_assert_mem_eq(tag + 34, own.reply.etag + 1, 32);

  own.zoo.floats[0] += 1;
  api_fixture_write(own.store, "zoo", &own.zoo);
  api_fixture_look(&own);
  own.call.if_none_match = zoo_tag;
  json_decref(api_get(&own, api_vector, "word=cat&model=zoo"));
  ck_assert(memcmp(own.reply.etag, zoo_tag, 33) != 0);
  fixture_release(&digits);
  api_fixture_close(&own);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_caching", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, no_route_is_forgotten);
  tcase_add_loop_test(tcase, every_route_tells_its_version_and_knows_it_again, 0, ASKED);
  tcase_add_loop_test(tcase, what_the_client_has_is_not_looked_up, 0, ASKED);
  tcase_add_test(tcase, who_only_asks_gets_no_answer);
  tcase_add_test(tcase, a_star_does_not_hide_a_refusal);
  tcase_add_test(tcase, probes_are_answered_in_any_case);
  tcase_add_test(tcase, another_representation_has_another_tag);
  tcase_add_test(tcase, what_else_decides_is_in_the_tag);
  tcase_add_test(tcase, models_that_come_and_go);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
