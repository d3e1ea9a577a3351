/* Joins that are kept, and what is let go of. */
#include "server/joins.h"

#include <check.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/support/effort.h"
#include "tests/support/scratch.h"
#include "tests/support/words_model.h"

enum { MODELS = 5 };

static struct model *models[MODELS];

static void open_models(void) {
  static const struct word words[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}};
  scratch_open();
  for (size_t i = 0; i < MODELS; i++) {
    const char name[] = {(char)('a' + i), '\0'};
    models[i] = words_model(name, words, (uint32_t)i + 1);
  }
}

static void close_models(void) {
  for (size_t i = 0; i < MODELS; i++) model_drop(models[i]);
  scratch_close();
}

static struct join *get(struct joins *joins, size_t first, size_t second) {
  struct model *const pair[] = {models[first], models[second]};
  struct join *join = NULL;
  ck_assert_int_eq(joins_get(joins, pair, 2, false, &join), STATUS_OK);
  ck_assert(join_fits(join, pair, 2));
  return join;
}

START_TEST(the_same_models_get_the_same_join) {
  struct joins *joins = NULL;
  ck_assert_int_eq(joins_new(1 << 20, 0, join_new, &joins), STATUS_OK);
  struct join *first = get(joins, 0, 1), *other = get(joins, 1, 0), *again = get(joins, 0, 1);
  ck_assert_ptr_eq(first, again);
  ck_assert_ptr_ne(first, other);
  join_drop(first);
  join_drop(other);
  joins_free(joins);
  struct model *const pair[] = {models[0], models[1]};
  ck_assert(join_fits(again, pair, 2)); /* what is held outlives the list */
  join_drop(again);
}
END_TEST

/* Room for two, as large as the largest. */
START_TEST(those_that_were_not_asked_for_of_late_go) {
  struct joins *joins = NULL;
  struct join *largest = NULL;
  struct model *const pair[] = {models[3], models[4]};
  ck_assert_int_eq(join_new(pair, 2, &largest), STATUS_OK);
  ck_assert_int_eq(joins_new(2 * join_size(largest), 0, join_new, &joins), STATUS_OK);
  struct join *a = get(joins, 3, 4), *b = get(joins, 4, 3), *a_again = get(joins, 3, 4), *c = get(joins, 2, 4);
  struct join *b_again = get(joins, 4, 3);
  ck_assert_ptr_eq(a, a_again);
  ck_assert_ptr_ne(b, b_again); /* c took its place, and not that of a */
  struct join *all[] = {largest, a, b, a_again, c, b_again};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) join_drop(all[i]);
  joins_free(joins);
}
END_TEST

START_TEST(more_than_a_list_holds) {
  struct joins *joins = NULL;
  ck_assert_int_eq(joins_new(1 << 20, 0, join_new, &joins), STATUS_OK);
  for (int round = 0; round < 3; round++)
    for (size_t i = 0; i < MODELS; i++)
      for (size_t j = 0; j < MODELS; j++) join_drop(get(joins, i, j));
  joins_free(joins);
}
END_TEST

/* While it is made, the file of the last model is cut short. */
static enum status make_while_a_file_is_lost(struct model *const *of, size_t count, struct join **out) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "words/%c.mdb", 'a' + MODELS - 1);
  enum status status = join_new(of, count, out);
  if (truncate(path, 0) != 0) support_fail("cannot cut %s", path);
  return status;
}

START_TEST(one_of_a_lost_file_is_not_kept) {
  if (!effort_mends_faults()) return;
  struct joins *joins = NULL;
  struct join *join = NULL;
  struct model *const pair[] = {models[0], models[MODELS - 1]};
  ck_assert_int_eq(joins_new(1 << 20, 0, make_while_a_file_is_lost, &joins), STATUS_OK);
  join_drop(get(joins, 0, MODELS - 1));
  ck_assert_int_eq(joins_get(joins, pair, 2, true, &join), STATUS_NOT_FOUND);
  joins_free(joins);
}
END_TEST

START_TEST(one_that_is_larger_than_all_may_be_is_not_kept) {
  struct joins *joins = NULL;
  ck_assert_int_eq(joins_new(1, 0, join_new, &joins), STATUS_OK);
  struct join *first = get(joins, 0, 1), *again = get(joins, 0, 1);
  ck_assert_ptr_ne(first, again);
  join_drop(first);
  join_drop(again);
  joins_free(joins);
}
END_TEST

static bool is_kept(struct joins *joins, size_t first, size_t second) {
  struct model *const pair[] = {models[first], models[second]};
  struct join *join = NULL;
  enum status status = joins_get(joins, pair, 2, true, &join);
  if (status == STATUS_OK) join_drop(join);
  return status == STATUS_OK;
}

START_TEST(who_is_in_a_hurry_gets_what_is_kept) {
  struct joins *joins = NULL;
  ck_assert_int_eq(joins_new(1 << 20, 0, join_new, &joins), STATUS_OK);
  ck_assert(!is_kept(joins, 0, 1));
  join_drop(get(joins, 0, 1));
  ck_assert(is_kept(joins, 0, 1));
  ck_assert(!is_kept(joins, 1, 0));
  joins_free(joins);
}
END_TEST

/* Every pair once leaves a pair alone that was asked for twice. */
START_TEST(what_is_asked_for_once_makes_room_for_such) {
  struct joins *joins = NULL;
  ck_assert_int_eq(joins_new(1 << 20, 0, join_new, &joins), STATUS_OK);
  for (int twice = 0; twice < 2; twice++) {
    join_drop(get(joins, 0, 1));
    join_drop(get(joins, 1, 2));
  }
  for (size_t i = 0; i < MODELS; i++)
    for (size_t j = 0; j < MODELS; j++) {
      bool asked_again = i <= 1 && j == i + 1;
      if (!asked_again) join_drop(get(joins, i, j));
    }
  ck_assert(is_kept(joins, 0, 1));
  ck_assert(is_kept(joins, 1, 2));
  ck_assert(is_kept(joins, 4, 4)); /* the last of the others */
  ck_assert(!is_kept(joins, 2, 1));
  joins_free(joins);
}
END_TEST

/* ---- several callers at a time */

static struct {
  pthread_mutex_t lock;
  pthread_cond_t moved;
  size_t making; /* calls that have begun */
  bool open;     /* whether they may end */
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false};

static enum status make_slowly(struct model *const *of, size_t count, struct join **out) {
  pthread_mutex_lock(&gate.lock);
  gate.making++;
  pthread_cond_broadcast(&gate.moved);
  while (!gate.open) pthread_cond_wait(&gate.moved, &gate.lock);
  pthread_mutex_unlock(&gate.lock);
  return join_new(of, count, out);
}

static void await_making(size_t count) {
  pthread_mutex_lock(&gate.lock);
  while (gate.making < count) pthread_cond_wait(&gate.moved, &gate.lock);
  pthread_mutex_unlock(&gate.lock);
}

static void open_gate(void) {
  pthread_mutex_lock(&gate.lock);
  gate.open = true;
  pthread_cond_broadcast(&gate.moved);
  pthread_mutex_unlock(&gate.lock);
}

struct asker {
  pthread_t thread;
  struct joins *joins;
  size_t first, second;
  struct join *join;
};

static void *ask(void *context) {
  struct asker *asker = context;
  asker->join = get(asker->joins, asker->first, asker->second);
  return NULL;
}

static void start(struct asker *asker, struct joins *joins, size_t first, size_t second) {
  *asker = (struct asker){.joins = joins, .first = first, .second = second};
  ck_assert_int_eq(pthread_create(&asker->thread, NULL, ask, asker), 0);
}

/* While two are being made: one that is kept is had, who wants the same waits for it, some others wait for their turn,
 * and more are refused. */
START_TEST(joins_that_are_being_made_hold_up_no_other) {
  enum { SAME = 3, QUEUE = 2 };
  struct joins *joins = NULL;
  struct asker makers[JOINS_MAKING_MOST], same[SAME], queued[QUEUE];
  struct model *const another[] = {models[2], models[3]};
  struct join *refused = NULL;
  ck_assert_int_eq(joins_new(1 << 20, QUEUE, make_slowly, &joins), STATUS_OK);
  gate.open = true;
  join_drop(get(joins, 0, 1));
  gate.open = false;
  gate.making = 0;
  for (size_t i = 0; i < JOINS_MAKING_MOST; i++) start(&makers[i], joins, 4, i);
  await_making(JOINS_MAKING_MOST);
  join_drop(get(joins, 0, 1));
  for (size_t i = 0; i < QUEUE; i++) start(&queued[i], joins, 3, i);
  while (joins_waiting(joins) < QUEUE) support_pause();
  ck_assert_int_eq(joins_get(joins, another, 2, false, &refused), STATUS_BUSY);
  ck_assert_int_eq(joins_get(joins, another, 2, true, &refused), STATUS_NOT_FOUND);
  ck_assert_ptr_null(refused);
  for (size_t i = 0; i < SAME; i++) start(&same[i], joins, 4, 0);
  while (joins_waiting(joins) < QUEUE + SAME) support_pause();
  open_gate();
  for (size_t i = 0; i < JOINS_MAKING_MOST; i++) pthread_join(makers[i].thread, NULL);
  for (size_t i = 0; i < SAME; i++) {
    pthread_join(same[i].thread, NULL);
    ck_assert_ptr_eq(same[i].join, makers[0].join);
    join_drop(same[i].join);
  }
  for (size_t i = 0; i < QUEUE; i++) {
    pthread_join(queued[i].thread, NULL);
    join_drop(queued[i].join);
  }
  ck_assert_uint_eq(gate.making, JOINS_MAKING_MOST + QUEUE);
  for (size_t i = 0; i < JOINS_MAKING_MOST; i++) join_drop(makers[i].join);
  join_drop(get(joins, 2, 3)); /* there is room for others again */
  joins_free(joins);
}
END_TEST

static void *ask_in_vain(void *context) {
  struct asker *asker = context;
  struct model *const pair[] = {models[asker->first], models[asker->second]};
  ck_assert_int_eq(joins_get(asker->joins, pair, 2, false, &asker->join), STATUS_BUSY);
  return NULL;
}

/* Who waits for a turn is let go, what is being made is finished, and what is kept can be had. */
START_TEST(none_is_begun_once_it_stops) {
  struct joins *joins = NULL;
  struct asker makers[JOINS_MAKING_MOST], queued;
  ck_assert_int_eq(joins_new(1 << 20, 1, make_slowly, &joins), STATUS_OK);
  gate.open = false;
  gate.making = 0;
  for (size_t i = 0; i < JOINS_MAKING_MOST; i++) start(&makers[i], joins, 4, i);
  await_making(JOINS_MAKING_MOST);
  queued = (struct asker){.joins = joins, .first = 2, .second = 3};
  ck_assert_int_eq(pthread_create(&queued.thread, NULL, ask_in_vain, &queued), 0);
  while (joins_waiting(joins) < 1) support_pause();
  joins_stop(joins);
  pthread_join(queued.thread, NULL); /* while the others are still being made */
  open_gate();
  for (size_t i = 0; i < JOINS_MAKING_MOST; i++) {
    pthread_join(makers[i].thread, NULL);
    join_drop(makers[i].join);
  }
  join_drop(get(joins, 4, 0));
  ask_in_vain(&queued);
  ck_assert_ptr_null(queued.join);
  ck_assert_uint_eq(gate.making, JOINS_MAKING_MOST);
  joins_free(joins);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/joins");
  TCase *tcase = tcase_create("joins");
  tcase_add_checked_fixture(tcase, open_models, close_models);
  tcase_add_test(tcase, the_same_models_get_the_same_join);
  tcase_add_test(tcase, those_that_were_not_asked_for_of_late_go);
  tcase_add_test(tcase, more_than_a_list_holds);
  tcase_add_test(tcase, one_that_is_larger_than_all_may_be_is_not_kept);
  tcase_add_test(tcase, who_is_in_a_hurry_gets_what_is_kept);
  tcase_add_test(tcase, what_is_asked_for_once_makes_room_for_such);
  tcase_add_test(tcase, joins_that_are_being_made_hold_up_no_other);
  tcase_add_test(tcase, none_is_begun_once_it_stops);
  tcase_add_test(tcase, one_of_a_lost_file_is_not_kept);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}
