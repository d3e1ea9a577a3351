/* Callers of a scanner get what exact_search() gives, bit for bit, whoever else asks; who shares a pass with whom is
 * seen by a kernel that stops where a test wants it to. */
#include "store/search/scanner.h"

#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/codes_fixture.h"
#include "tests/support/effort.h"
#include "tests/support/numbers.h"
#include "tests/support/rows_fixture.h"

static void *memory(size_t size) {
  void *data = calloc(1, size > 0 ? size : 1);
  ck_assert_ptr_nonnull(data);
  return data;
}

static void make_rows(struct rows_fixture *fixture, uint32_t count, uint32_t dim, uint64_t seed) {
  struct numbers numbers = {.state = seed};
  float *values = memory((size_t)count * dim * sizeof *values);
  numbers_fill(&numbers, FLAVOUR_PLAIN, values, (size_t)count * dim);
  rows_fixture_init(fixture, values, count, dim, 12);
  free(values);
}

/* ---- many callers */

enum { CALLERS = 8, BATCH_MOST = 40, K_MOST = 60, EXCLUDED_MOST = 5 };

struct caller {
  struct scanner *scanner;
  const struct rows *matrices[2];
  unsigned seed;
  int wrong; /* the first round that differed; Check does not count in threads */
};

/* The answers of one batch. */
struct answers {
  struct hit room[BATCH_MOST][K_MOST], *hits[BATCH_MOST];
  size_t found[BATCH_MOST];
};

static struct answers *answers_new(void) {
  struct answers *answers = memory(sizeof *answers);
  for (size_t i = 0; i < BATCH_MOST; i++) answers->hits[i] = answers->room[i];
  return answers;
}

static bool answers_equal(const struct answers *a, const struct answers *b, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (a->found[i] != b->found[i]) return false;
    for (size_t j = 0; j < a->found[i]; j++)
      if (a->room[i][j].row != b->room[i][j].row ||
          memcmp(&a->room[i][j].similarity, &b->room[i][j].similarity, sizeof(double)) != 0)
        return false;
  }
  return true;
}

/* What some of the queries of a round are narrowed to. */
struct narrowing {
  struct exact_scope scopes[BATCH_MOST];
  uint64_t counts[BATCH_MOST];
  struct cosmul_factor factors[2];
  struct cosmul product;
};

static void narrow(struct numbers *numbers, const struct rows *rows, struct exact_query *query, size_t i,
                   struct narrowing *out) {
  uint32_t first = numbers_below(numbers, rows->count);
  out->counts[i] = UINT64_MAX;
  out->scopes[i] = (struct exact_scope){.first = first,
                                        .end = first + numbers_below(numbers, rows->count - first),
                                        .least = numbers_below(numbers, 2) ? 0.25 : -INFINITY,
                                        .count = numbers_below(numbers, 2) ? &out->counts[i] : NULL};
  query->scope = &out->scopes[i];
  if (numbers_below(numbers, 3) == 0) query->product = &out->product;
}

static size_t make_queries(struct numbers *numbers, const struct rows *rows, struct exact_query *queries,
                           uint32_t *excluded, struct narrowing *narrowing) {
  size_t count = numbers_below(numbers, 3) ? 1 : numbers_below(numbers, BATCH_MOST) + 1;
  narrowing->factors[0] = (struct cosmul_factor){rows_at(rows, numbers_below(numbers, rows->count)), 1};
  narrowing->factors[1] = (struct cosmul_factor){rows_at(rows, numbers_below(numbers, rows->count)), -1};
  narrowing->product = (struct cosmul){narrowing->factors, 2};
  for (size_t i = 0; i < EXCLUDED_MOST; i++) excluded[i] = numbers_below(numbers, rows->count);
  for (size_t i = 0; i < count; i++) {
    queries[i] = (struct exact_query){.vector = rows_at(rows, numbers_below(numbers, rows->count)),
                                      .k = 1 + numbers_below(numbers, K_MOST),
                                      .excluded = excluded,
                                      .excluded_count = numbers_below(numbers, EXCLUDED_MOST + 1)};
    if (numbers_below(numbers, 2)) narrow(numbers, rows, &queries[i], i, narrowing);
  }
  return count;
}

static void *ask_often(void *argument) {
  struct caller *caller = argument;
  struct numbers numbers = {.state = caller->seed};
  struct answers *shared = answers_new(), *alone = answers_new();
  struct exact_query queries[BATCH_MOST];
  struct narrowing narrowing;
  uint64_t counts[BATCH_MOST];
  uint32_t excluded[EXCLUDED_MOST];
  int rounds = effort(40);
  for (int round = 1; round <= rounds && !caller->wrong; round++) {
    const struct rows *rows = caller->matrices[numbers_below(&numbers, 2)];
    memset(&narrowing, 0, sizeof narrowing);
    size_t count = make_queries(&numbers, rows, queries, excluded, &narrowing);
    bool done = scanner_search(caller->scanner, rows, queries, count, shared->hits, shared->found) == STATUS_OK;
    memcpy(counts, narrowing.counts, sizeof counts);
    if (!done || exact_search(kernel_best(), rows, queries, count, alone->hits, alone->found) != STATUS_OK ||
        !answers_equal(shared, alone, count) || memcmp(counts, narrowing.counts, sizeof counts) != 0)
      caller->wrong = round;
  }
  free(shared);
  free(alone);
  return NULL;
}

START_TEST(many_callers_get_what_each_would_get_alone) {
  static const unsigned threads[] = {1, 2, 5};
  struct rows_fixture plain, coded;
  struct codes_fixture codes;
  make_rows(&plain, 4500, 7, 1);
  make_rows(&coded, 5000, 20, 2);
  codes_fixture_init(&codes, &coded.rows, kernel_best(), 1);
  coded.rows.codes = &codes.codes;
  struct scanner *scanner = NULL;
  ck_assert_int_eq(scanner_new(kernel_best(), threads[_i], 16, &scanner), STATUS_OK);
  struct caller callers[CALLERS];
  pthread_t asking[CALLERS];
  for (unsigned i = 0; i < CALLERS; i++) {
    callers[i] = (struct caller){.scanner = scanner, .matrices = {&plain.rows, &coded.rows}, .seed = i};
    ck_assert_int_eq(pthread_create(&asking[i], NULL, ask_often, &callers[i]), 0);
  }
  for (unsigned i = 0; i < CALLERS; i++) {
    pthread_join(asking[i], NULL);
    ck_assert_msg(callers[i].wrong == 0, "caller %u, round %d", i, callers[i].wrong);
  }
  scanner_free(scanner);
  codes_fixture_release(&codes);
  rows_fixture_release(&coded);
  rows_fixture_release(&plain);
}
END_TEST

START_TEST(no_queries_and_no_rows_are_answered) {
  struct rows_fixture none;
  rows_fixture_init(&none, NULL, 0, 7, 4);
  struct scanner *scanner = NULL;
  ck_assert_int_eq(scanner_new(kernel_best(), 2, 4, &scanner), STATUS_OK);
  static const float vector[7] = {1};
  struct exact_query query = {.vector = vector, .k = 3};
  struct hit hits[3], *room = hits;
  size_t found = 77;
  ck_assert_int_eq(scanner_search(scanner, &none.rows, NULL, 0, NULL, &found), STATUS_OK);
  ck_assert_uint_eq(found, 77);
  ck_assert_int_eq(scanner_search(scanner, &none.rows, &query, 1, &room, &found), STATUS_OK);
  ck_assert_uint_eq(found, 0);
  scanner_free(scanner);
  rows_fixture_release(&none);
}
END_TEST

/* More hits than a pass has room for: one query a pass. */
START_TEST(a_very_large_k_is_answered) {
  enum { ROWS = 66000, QUERIES = 2 };
  struct rows_fixture fixture;
  make_rows(&fixture, ROWS, 1, 3);
  struct scanner *scanner = NULL;
  ck_assert_int_eq(scanner_new(kernel_best(), 2, 8, &scanner), STATUS_OK);
  struct exact_query queries[QUERIES];
  struct hit *hits[QUERIES];
  size_t found[QUERIES];
  for (size_t i = 0; i < QUERIES; i++) {
    queries[i] = (struct exact_query){.vector = rows_at(&fixture.rows, 0), .k = ROWS + 5};
    hits[i] = memory(queries[i].k * sizeof(struct hit));
  }
  ck_assert_int_eq(scanner_search(scanner, &fixture.rows, queries, QUERIES, hits, found), STATUS_OK);
  for (size_t i = 0; i < QUERIES; i++) {
    ck_assert_uint_eq(found[i], ROWS);
    for (size_t j = 1; j < ROWS; j++) ck_assert(hit_before(hits[i][j - 1], hits[i][j]));
    free(hits[i]);
  }
  scanner_free(scanner);
  rows_fixture_release(&fixture);
}
END_TEST

/* ---- who shares a pass */

/* The gate that the kernel of these tests goes through: nobody who works on pass `held` gets through, or nobody at all.
 * Passes are told apart by their first rows, which holds with one thread. */
enum { HOLD_ALL = 1000 };

static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  const float *starts[2]; /* first rows of the matrices */
  const float *last;
  unsigned pass;    /* the one that has begun last, from 1 */
  unsigned held;    /* 0: none */
  unsigned waiting; /* threads in front of it */
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void gated_dots(const double *query, const float *rows, uint32_t stride, size_t count, double *dots) {
  pthread_mutex_lock(&gate.lock);
  gate.pass += (rows == gate.starts[0] || rows == gate.starts[1]) && rows != gate.last;
  gate.last = rows;
  gate.waiting++;
  pthread_cond_broadcast(&gate.changed);
  while (gate.held == gate.pass || gate.held == HOLD_ALL) pthread_cond_wait(&gate.changed, &gate.lock);
  gate.waiting--;
  pthread_mutex_unlock(&gate.lock);
  kernel_best()->dots(query, rows, stride, count, dots);
}

static void gate_hold(unsigned pass) {
  pthread_mutex_lock(&gate.lock);
  gate.held = pass;
  pthread_cond_broadcast(&gate.changed);
  pthread_mutex_unlock(&gate.lock);
}

static void gate_await(unsigned threads) {
  pthread_mutex_lock(&gate.lock);
  while (gate.waiting < threads) pthread_cond_wait(&gate.changed, &gate.lock);
  pthread_mutex_unlock(&gate.lock);
}

static struct rows_fixture matrices[2];

static struct scanner *gated_scanner(unsigned threads, size_t most) {
  static struct kernel kernel;
  struct scanner *scanner = NULL;
  kernel = *kernel_best();
  kernel.dots = gated_dots;
  for (size_t i = 0; i < 2; i++) {
    make_rows(&matrices[i], 6000, 3, 4 + i);
    gate.starts[i] = rows_at(&matrices[i].rows, 0);
  }
  gate.last = NULL;
  gate.pass = 0;
  gate.held = threads == 1 ? 1 : HOLD_ALL;
  ck_assert_int_eq(scanner_new(&kernel, threads, most, &scanner), STATUS_OK);
  return scanner;
}

static void gated_free(struct scanner *scanner) {
  scanner_free(scanner);
  for (size_t i = 0; i < 2; i++) rows_fixture_release(&matrices[i]);
}

/* A caller in a thread of its own that looks for the first `count` rows of a matrix. */
struct asker {
  struct scanner *scanner;
  const struct rows *rows;
  size_t count;
  enum status status;
  pthread_t thread;
};

static void *ask(void *argument) {
  enum { MOST = 64 };
  struct asker *asker = argument;
  struct exact_query queries[MOST];
  struct hit room[MOST], *hits[MOST];
  size_t found[MOST];
  for (size_t i = 0; i < asker->count; i++) {
    queries[i] = (struct exact_query){.vector = rows_at(asker->rows, (uint32_t)i), .k = 1};
    hits[i] = &room[i];
  }
  asker->status = scanner_search(asker->scanner, asker->rows, queries, asker->count, hits, found);
  for (size_t i = 0; i < asker->count && asker->status == STATUS_OK; i++)
    if (found[i] != 1 || room[i].row != i) asker->status = STATUS_DAMAGED;
  return NULL;
}

/* Starts it and waits until it is the `place`-th in the line; 0: until its pass is at the gate. */
static void asker_start(struct asker *asker, struct scanner *scanner, size_t matrix, size_t count, size_t place) {
  const struct timespec pause = {.tv_nsec = 100000};
  *asker = (struct asker){.scanner = scanner, .rows = &matrices[matrix].rows, .count = count};
  ck_assert_int_eq(pthread_create(&asker->thread, NULL, ask, asker), 0);
  if (place == 0) gate_await(1);
  while (scanner_waiting(scanner) < place) nanosleep(&pause, NULL);
}

static void asker_join(struct asker *asker, enum status status) {
  pthread_join(asker->thread, NULL);
  ck_assert_int_eq(asker->status, status);
}

START_TEST(those_who_wait_share_one_pass) {
  enum { WAITING = 10 };
  struct asker first, waiting[WAITING];
  struct scanner *scanner = gated_scanner(1, WAITING);
  asker_start(&first, scanner, 0, 1, 0);
  for (size_t i = 0; i < WAITING; i++) asker_start(&waiting[i], scanner, 0, 1, i + 1);
  gate_hold(3);
  asker_join(&first, STATUS_OK);
  for (size_t i = 0; i < WAITING; i++) asker_join(&waiting[i], STATUS_OK);
  ck_assert_uint_eq(gate.pass, 2);
  struct scanner_tally tally;
  scanner_tally(scanner, &tally);
  ck_assert_uint_eq(tally.queries, 1 + WAITING);
  for (size_t i = 0; i < SCANNER_SIZES; i++) ck_assert_uint_eq(tally.sizes[i], i == 0 || i == 4); /* 1, and 9 to 16 */
  gated_free(scanner);
}
END_TEST

/* One caller with 60 queries, of which a pass takes 4, and one with 1 query, over the same rows or (_i = 1) others: it
 * is answered before the pass after the next. */
START_TEST(who_asks_little_is_not_held_up_by_who_asks_much) {
  struct asker first, much, little;
  struct scanner *scanner = gated_scanner(1, 4);
  asker_start(&first, scanner, 0, 1, 0);
  asker_start(&much, scanner, 0, 60, 1);
  asker_start(&little, scanner, (size_t)_i, 1, 2);
  gate_hold(3 + (unsigned)_i);
  asker_join(&little, STATUS_OK);
  gate_hold(0);
  asker_join(&much, STATUS_OK);
  asker_join(&first, STATUS_OK);
  gated_free(scanner);
}
END_TEST

START_TEST(all_threads_work_on_one_query) {
  enum { THREADS = 3 };
  struct asker only;
  struct scanner *scanner = gated_scanner(THREADS, 4);
  asker_start(&only, scanner, 0, 1, 0);
  gate_await(THREADS); /* at its rows at the same time */
  gate_hold(0);
  asker_join(&only, STATUS_OK);
  gated_free(scanner);
}
END_TEST

/* ---- the end */

START_TEST(a_stop_ends_every_search) {
  struct asker under_way, waiting, later;
  struct scanner *scanner = gated_scanner(1, 4);
  asker_start(&under_way, scanner, 0, 1, 0);
  asker_start(&waiting, scanner, 0, 10, 1);
  scanner_stop(scanner);
  asker_join(&waiting, STATUS_BUSY); /* at once, though a pass is at the gate */
  asker_start(&later, scanner, 0, 1, 0);
  asker_join(&later, STATUS_BUSY);
  gate_hold(0);
  asker_join(&under_way, STATUS_BUSY);
  gated_free(scanner);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/search/scanner");
  TCase *tcase = tcase_create("scanner");
  tcase_set_timeout(tcase, 120);
  tcase_add_loop_test(tcase, many_callers_get_what_each_would_get_alone, 0, 3);
  tcase_add_test(tcase, no_queries_and_no_rows_are_answered);
  tcase_add_test(tcase, a_very_large_k_is_answered);
  tcase_add_test(tcase, those_who_wait_share_one_pass);
  tcase_add_loop_test(tcase, who_asks_little_is_not_held_up_by_who_asks_much, 0, 2);
  tcase_add_test(tcase, all_threads_work_on_one_query);
  tcase_add_test(tcase, a_stop_ends_every_search);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}
