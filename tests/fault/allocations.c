/* Every n-th allocation fails, for n = 1, 2, 3 and on until nothing is left to fail: in each handler, and in each thing
 * that is done to a file. What comes of it is what came without, or a refusal that says why. The linker has all that
 * the program's own code allocates go through here (--wrap), jansson's with it; what other libraries allocate fails in
 * tests/fault/commands.c and tests/fault/serving.c. Under AddressSanitizer leaks fail the run. */
#include <check.h>
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/request_json_memory.h"
#include "store/export/export.h"
#include "store/import/import.h"
#include "store/matrix/verify.h"
#include "tests/support/api_fixture.h"
#include "tests/support/fault.h"

/* ---- what fails */

/* Calls until the one that fails; 0: none does. Threads that the calls start count, too. */
static _Atomic long until;
static atomic_bool failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);

static bool is_the_one(void) {
  if (atomic_load(&until) <= 0 || atomic_fetch_sub(&until, 1) != 1) return false;
  atomic_store(&failed, true);
  return true;
}

void *__wrap_malloc(size_t size) {
  return is_the_one() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  return is_the_one() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
  return is_the_one() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size) {
  return is_the_one() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text) {
  return is_the_one() ? NULL : __real_strdup(text);
}

static void fail_at(long number) {
  atomic_store(&failed, false);
  atomic_store(&until, number);
}

/* Whether one did fail. */
static bool let_be(void) {
  atomic_store(&until, 0);
  return atomic_load(&failed);
}

/* ---- handlers */

static struct api_fixture zoo;
static struct fault_tally tally;

struct asked {
  handler *answer;
  const char *query; /* NULL: there is a body */
  const char *body;
  const char *rest; /* of the path */
  enum dialect dialect;
};

static const struct asked requests[] = {
    {api_vector, "word=cat", NULL, NULL, DIALECT_OWN},
    {api_vector, "word=CAT&case=insensitive", NULL, NULL, DIALECT_OWN},
    {api_vector, "word=nosuch", NULL, NULL, DIALECT_OWN},
    {api_vector, "word=cat&format=npy", NULL, NULL, DIALECT_OWN},
    {api_vectors, "word=cat&word=dog", NULL, NULL, DIALECT_OWN},
    {api_vectors, NULL, "{\"words\":[[\"cat\",\"dog\"],[\"nosuch\"]]}", NULL, DIALECT_OWN},
    {api_vectors, NULL, "{\"words\":[\"nosuch\",3],\"oov\":\"mean\",\"format\":\"npy\"}", NULL, DIALECT_OWN},
    {api_vectors, NULL,
     "{\"words\":[\"a word that is longer than what a parser first has for a token\",\"w\\u0031\"],\"oov\":\"zero\"}",
     NULL, DIALECT_OWN},
    {api_lookup, NULL, "{\"indices\":[[0,1,2,0],[3]]}", NULL, DIALECT_OWN},
    {api_neighbors, "word=cat&k=5", NULL, NULL, DIALECT_OWN},
    {api_neighbors, "vector=1,-0.5,0,2,1e-3&k=30", NULL, NULL, DIALECT_OWN},
    {api_neighbors, NULL, "{\"queries\":[{\"word\":\"cat\"},{\"word\":\"nosuch\"},{\"positive\":[\"king\",3]}]}", NULL,
     DIALECT_OWN},
    {api_neighbors, "word=cat&model=zoo,other", NULL, NULL, DIALECT_OWN},
    {api_analogy, "a=man&b=king&c=woman", NULL, NULL, DIALECT_OWN},
    {api_rank, "word=cat&other=king", NULL, NULL, DIALECT_OWN},
    {api_closer_than, "word=cat&than=king", NULL, NULL, DIALECT_OWN},
    {api_matrix, "format=json", NULL, NULL, DIALECT_OWN},
    {api_matrix, NULL, "{\"words\":[\"cat\",\"dog\",\"nosuch\"],\"oov\":\"zero\"}", NULL, DIALECT_OWN},
    {api_similarity, "a=cat&a=dog&b=king", NULL, NULL, DIALECT_OWN},
    {api_similarity, NULL, "{\"a\":[\"cat\",[1,2,3,4,5]],\"b\":[\"king\"]}", NULL, DIALECT_OWN},
    {api_mean, NULL, "{\"queries\":[{\"words\":[\"cat\",[3,0,0,4,0]]},{\"words\":[\"dog\"]}]}", NULL, DIALECT_OWN},
    {api_doesnt_match, "word=cat&word=dog&word=king", NULL, NULL, DIALECT_OWN},
    {api_index, "word=cat", NULL, NULL, DIALECT_OWN},
    {api_word, "index=3", NULL, NULL, DIALECT_OWN},
    {api_words, "prefix=c&limit=3", NULL, NULL, DIALECT_OWN},
    {api_models, "", NULL, NULL, DIALECT_OWN},
    {api_model, "", NULL, "zoo", DIALECT_OWN},
    {api_info, "", NULL, NULL, DIALECT_OWN},
    {api_livez, "", NULL, NULL, DIALECT_OWN},
    {api_readyz, "", NULL, NULL, DIALECT_OWN},
    {api_openapi, "", NULL, NULL, DIALECT_OWN},
    {api_openai_embeddings, NULL, "{\"model\":\"zoo\",\"input\":[\"cat dog\",\"king\"]}", NULL, DIALECT_OPENAI},
    {api_openai_embeddings, NULL, "{\"model\":\"zoo\",\"input\":\"cat\",\"encoding_format\":\"base64\"}", NULL,
     DIALECT_OPENAI},
    {api_openai_models, "", NULL, NULL, DIALECT_OPENAI},
    {api_openai_model, "", NULL, "zoo", DIALECT_OPENAI},
    {api_word2vec_similarity, "w1=cat&w2=dog", NULL, NULL, DIALECT_WORD2VEC},
    {api_word2vec_n_similarity, "ws1=cat&ws1=king&ws2=dog", NULL, NULL, DIALECT_WORD2VEC},
    {api_word2vec_most_similar, "positive=cat&topn=3", NULL, NULL, DIALECT_WORD2VEC},
    {api_word2vec_model, "word=cat", NULL, NULL, DIALECT_WORD2VEC},
    {api_word2vec_word_set, "", NULL, NULL, DIALECT_WORD2VEC},
};
enum { REQUESTS = sizeof requests / sizeof requests[0] };

/* What a call gave: its body, or its refusal as text. */
struct outcome {
  bool done;
  char *text;
  size_t length;
  unsigned status;
};

static void keep(struct outcome *outcome, const void *bytes, size_t length) {
  outcome->text = __real_malloc(length + 1);
  ck_assert_ptr_nonnull(outcome->text);
  memcpy(outcome->text, bytes, length);
  outcome->length = length;
}

/* The handler that is called, and what fails within it: Check allocates, too. */
static handler *called;
static long fails_at;

static bool call_with_fault(const struct call *call, struct reply *reply, struct refusal *refusal) {
  fail_at(fails_at);
  bool done = called(call, reply, refusal);
  let_be();
  return done;
}

static void call_it(const struct asked *asked, long number, struct outcome *outcome) {
  if (asked->body)
    api_fixture_body(&zoo, asked->body, strlen(asked->body));
  else
    api_fixture_query(&zoo, asked->query);
  zoo.call.rest = asked->rest ? asked->rest : "";
  zoo.call.dialect = asked->dialect;
  called = asked->answer;
  fails_at = number;
  outcome->done = api_fixture_call(&zoo, call_with_fault);
}

/* What it gave, streams read to their end. Nothing fails here: the head of an answer is out before. */
static void take_outcome(struct outcome *outcome) {
  const struct reply *reply = &zoo.reply;
  if (!outcome->done) {
    outcome->status = refusal_status(zoo.refusal.kind, zoo.call.dialect);
    keep(outcome, zoo.refusal.detail, strlen(zoo.refusal.detail));
    return;
  }
  outcome->status = reply->http_status;
  if (!reply->stream) {
    keep(outcome, reply->body.data, reply->body.length);
    return;
  }
  struct bytes body;
  bytes_init(&body, 1 << 24);
  ck_assert_int_eq(stream_append(reply->stream, &body), STATUS_OK);
  keep(outcome, body.data, body.length);
  bytes_release(&body);
}

static bool same(const struct outcome *a, const struct outcome *b) {
  return a->done == b->done && a->status == b->status && a->length == b->length &&
         memcmp(a->text, b->text, a->length) == 0;
}

START_TEST(handlers_answer_rightly_or_say_why_not) {
  const struct asked *asked = &requests[_i];
  struct outcome right, got;
  call_it(asked, 0, &got); /* what is kept from one call to the next is kept by now */
  call_it(asked, 0, &right);
  take_outcome(&right);
  for (long number = 1;; number++) {
    call_it(asked, number, &got);
    if (!let_be()) break;
    take_outcome(&got);
    tally.injected++;
    if (same(&got, &right))
      tally.right++;
    else
      tally.errors++;
    ck_assert_msg(same(&got, &right) || got.status == 503 || got.status == 500,
                  "request %d (%s), allocation %ld: %u, not %u: %.*s", _i, asked->query ? asked->query : asked->body,
                  number, got.status, right.status, (int)got.length, got.text);
    free(got.text);
    ck_assert_int_lt(number, 100000);
  }
  take_outcome(&got);
  ck_assert(same(&got, &right));
  free(got.text);
  free(right.text);
}
END_TEST

/* ---- files */

static char source[SCRATCH_PATH_MAX], folder[SCRATCH_PATH_MAX];
static char digest[33]; /* of a model that was imported without a fault */

static struct import_options import_options(void) {
  return (struct import_options){.path = source,
                                 .store = folder,
                                 .name = "m",
                                 .replace = true,
                                 .threads = 1,
                                 .duplicates = DUPLICATES_LAST,
                                 .graph_rows = 100};
}

static size_t files_in(const char *path) {
  size_t count = 0;
  DIR *listing = opendir(path);
  ck_assert_ptr_nonnull(listing);
  for (struct dirent *entry; (entry = readdir(listing));)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(listing);
  return count;
}

static enum status open_model(struct problem *problem, struct model **model) {
  char path[MODEL_PATH_MAX];
  snprintf(path, sizeof path, "%s/m.mdb", folder);
  return model_open(path, 1, problem, model);
}

static void expect_whole(void) {
  struct problem problem;
  struct model *model;
  ck_assert_msg(open_model(&problem, &model) == STATUS_OK, "%s", problem.text);
  ck_assert_str_eq(model_info(model)->digest, digest);
  model_drop(model);
  ck_assert_uint_eq(files_in(folder), 1);
}

/* One run of something: STATUS_OK, or not with a problem. */
typedef enum status run_once(struct problem *problem);

static enum status import_once(struct problem *problem) {
  struct import_options options = import_options();
  struct import_report report;
  enum status status = import_run(&options, problem, &report);
  let_be();
  if (status == STATUS_OK) ck_assert_str_eq(report.digest, digest);
  return status;
}

static enum status open_once(struct problem *problem) {
  struct model *model;
  enum status status = open_model(problem, &model);
  if (status != STATUS_OK) return status;
  struct verify_options options = {.threads = 1};
  status = verify_model(model, &options, problem);
  model_drop(model);
  return status;
}

static enum status export_once(struct problem *problem) {
  char path[SCRATCH_PATH_MAX];
  struct model *model;
  struct export_report report;
  scratch_path(path, "out.txt");
  enum status status = open_model(problem, &model);
  if (status != STATUS_OK) return status;
  struct export_options options = {
      .rows = export_rows_of(model), .model = model, .name = "m", .format = EXPORT_WORD2VEC_TEXT, .path = path};
  status = export_run(&options, problem, &report);
  model_drop(model);
  let_be();
  ck_assert_msg((access(path, F_OK) == 0) == (status == STATUS_OK), "%s: status %d", path, status);
  unlink(path);
  return status;
}

static run_once *const runs[] = {import_once, open_once, export_once};

START_TEST(files_are_done_with_wholly_or_not_at_all) {
  for (long number = 1;; number++) {
    struct problem problem = {.text = ""};
    fail_at(number);
    enum status status = runs[_i](&problem);
    if (!let_be()) {
      ck_assert_int_eq(status, STATUS_OK);
      return;
    }
    tally.injected++;
    if (status == STATUS_OK)
      tally.right++;
    else
      tally.errors++;
    ck_assert_msg(status == STATUS_OK || (status == STATUS_NO_MEMORY && strstr(problem.text, "memory")),
                  "run %d, allocation %ld: status %d, \"%s\"", _i, number, status, problem.text);
    expect_whole();
  }
}
END_TEST

/* ---- other layouts of a matrix */

static const char *const layouts[] = {"tests/cases/gzip/input.txt",         "tests/cases/zip/input.zip",
                                      "tests/cases/binary/input.bin",       "tests/cases/fasttext-bin/input.bin",
                                      "tests/cases/fasttext-ftz/input.bin", "tests/cases/npy-words-beside/m.npy"};

START_TEST(layouts_are_imported_wholly_or_not_at_all) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX + 8], right[33] = "";
  const struct import_options options = {.path = layouts[_i], .store = store, .name = "m", .threads = 1};
  scratch_folder(store, "layouts");
  snprintf(path, sizeof path, "%s/m.mdb", store);
  for (long number = 0;; number++) {
    struct problem problem = {.text = ""};
    struct import_report report;
    fail_at(number);
    enum status status = import_run(&options, &problem, &report);
    bool injected = let_be();
    ck_assert_msg(status == STATUS_OK || (injected && status == STATUS_NO_MEMORY && strstr(problem.text, "memory")),
                  "%s, allocation %ld: status %d, \"%s\"", layouts[_i], number, status, problem.text);
    if (number == 0) memcpy(right, report.digest, sizeof right);
    if (status == STATUS_OK) ck_assert_str_eq(report.digest, right);
    ck_assert_int_eq(unlink(path) == 0, status == STATUS_OK);
    ck_assert_uint_eq(files_in(store), 0);
    tally.injected += injected;
    tally.right += injected && status == STATUS_OK;
    tally.errors += injected && status != STATUS_OK;
    if (number > 0 && !injected) return;
  }
}
END_TEST

/* ---- the whole */

static void prepare(void) {
  struct fixture other, bulk;
  fixture_digits(&other);
  api_fixture_open(&zoo);
  fixture_bulk(&bulk, 120, ZOO_DIM);
  api_fixture_write(zoo.store, "other", &bulk);
  api_fixture_look(&zoo);
  zoo.service.default_model = "zoo";
  scratch_path(source, "m.txt");
  scratch_folder(folder, "models");
  fixture_write(&bulk, source);
  struct import_options options = import_options();
  struct import_report report;
  struct problem problem;
  ck_assert_msg(import_run(&options, &problem, &report) == STATUS_OK, "%s", problem.text);
  ck_assert(report.graph.made);
  memcpy(digest, report.digest, sizeof digest);
  fixture_release(&bulk);
  fixture_release(&other);
}

static void tidy(void) {
  api_fixture_close(&zoo);
}

int main(void) {
  Suite *suite = suite_create("fault/allocations");
  TCase *tcase = tcase_create("allocations");
  request_json_guard_memory();
  tcase_set_timeout(tcase, SUPPORT_PATIENCE_SECONDS);
  tcase_add_unchecked_fixture(tcase, prepare, tidy);
  tcase_add_loop_test(tcase, handlers_answer_rightly_or_say_why_not, 0, REQUESTS);
  tcase_add_loop_test(tcase, files_are_done_with_wholly_or_not_at_all, 0, sizeof runs / sizeof runs[0]);
  tcase_add_loop_test(tcase, layouts_are_imported_wholly_or_not_at_all, 0, sizeof layouts / sizeof layouts[0]);
  suite_add_tcase(suite, tcase);
  scratch_open();
  SRunner *runner = srunner_create(suite);
  srunner_set_fork_status(runner, CK_NOFORK); /* one count for all, and leaks are seen at the end */
  srunner_run_all(runner, CK_ENV);
  int failures = srunner_ntests_failed(runner);
  srunner_free(runner);
  fault_tell("allocations of the program's own: ", &tally);
  scratch_close();
  return failures ? 1 : 0;
}
