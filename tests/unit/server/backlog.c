/* The queue of work: bounded, in order, late when it is too late, and nothing is lost at the end. */
#include "server/backlog.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

enum { TASKS_MOST = 2000 };

struct piece {
  struct backlog_task task;
  unsigned done, late; /* how often */
  unsigned order;
};

/* What the threads of a backlog share; the gate keeps them from finishing. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool closed;
  unsigned working, finished;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void work(void *context, struct backlog_task *task, bool late) {
  struct piece *piece = (struct piece *)task;
  ck_assert_ptr_eq(context, &gate);
  pthread_mutex_lock(&gate.lock);
  gate.working++;
  pthread_cond_broadcast(&gate.changed);
  while (gate.closed && !late) pthread_cond_wait(&gate.changed, &gate.lock);
  piece->done++;
  piece->late += late;
  piece->order = gate.finished++;
  pthread_cond_broadcast(&gate.changed);
  pthread_mutex_unlock(&gate.lock);
}

static atomic_size_t places;

static struct backlog *start(unsigned threads, size_t length, unsigned seconds) {
  struct backlog *backlog = NULL;
  gate.working = gate.finished = 0;
  const struct backlog_options options = {threads, length, seconds, work, &gate, &places};
  ck_assert_int_eq(backlog_new(&options, &backlog), STATUS_OK);
  return backlog;
}

static void gate_set(bool closed) {
  pthread_mutex_lock(&gate.lock);
  gate.closed = closed;
  pthread_cond_broadcast(&gate.changed);
  pthread_mutex_unlock(&gate.lock);
}

static void await(const unsigned *count, unsigned wanted) {
  pthread_mutex_lock(&gate.lock);
  while (*count < wanted) pthread_cond_wait(&gate.changed, &gate.lock);
  pthread_mutex_unlock(&gate.lock);
}

static void add(struct backlog *backlog, struct piece *piece) {
  ck_assert(backlog_reserve(backlog));
  backlog_add(backlog, &piece->task);
}

START_TEST(everything_is_done_once_and_in_order) {
  static struct piece pieces[TASKS_MOST];
  struct backlog *backlog = start(1, TASKS_MOST, 1000);
  for (size_t i = 0; i < TASKS_MOST; i++) add(backlog, &pieces[i]);
  await(&gate.finished, TASKS_MOST);
  for (unsigned i = 0; i < TASKS_MOST; i++) {
    ck_assert_uint_eq(pieces[i].done, 1);
    ck_assert_uint_eq(pieces[i].late, 0);
    ck_assert_uint_eq(pieces[i].order, i);
  }
  backlog_free(backlog);
}
END_TEST

START_TEST(as_many_at_a_time_as_there_are_threads) {
  enum { THREADS = 4 };
  struct piece pieces[THREADS] = {0};
  struct backlog *backlog = start(THREADS, THREADS, 1000);
  gate_set(true);
  for (size_t i = 0; i < THREADS; i++) add(backlog, &pieces[i]);
  await(&gate.working, THREADS);
  gate_set(false);
  await(&gate.finished, THREADS);
  backlog_free(backlog);
}
END_TEST

/* What a thread has taken is no longer in the queue. */
START_TEST(a_full_queue_has_no_place) {
  struct piece pieces[4] = {0};
  struct backlog *backlog = start(1, 2, 1000);
  gate_set(true);
  add(backlog, &pieces[0]);
  await(&gate.working, 1);
  add(backlog, &pieces[1]);
  ck_assert_uint_eq(atomic_load(&places), 1);
  add(backlog, &pieces[2]);
  ck_assert(!backlog_reserve(backlog));
  ck_assert_uint_eq(atomic_load(&places), 2);
  gate_set(false);
  await(&gate.finished, 3);
  add(backlog, &pieces[3]);
  await(&gate.finished, 4);
  backlog_free(backlog);
}
END_TEST

/* With no time to wait, nothing comes in time. */
START_TEST(what_has_waited_too_long_is_late) {
  struct piece piece = {0};
  struct backlog *backlog = start(1, 2, 0);
  add(backlog, &piece);
  await(&gate.finished, 1);
  ck_assert_uint_eq(piece.late, 1);
  backlog_free(backlog);
}
END_TEST

/* While every thread is busy, a turn finds what is late, and leaves alone what is not. */
START_TEST(late_work_does_not_wait_for_a_thread) {
  struct piece under_way = {0}, patient = {0}, late[2] = {0};
  struct backlog *patient_one = start(1, 2, 1000);
  gate_set(true);
  add(patient_one, &under_way);
  await(&gate.working, 1);
  add(patient_one, &patient);
  backlog_turn(patient_one);
  ck_assert_uint_eq(patient.done, 0);
  gate_set(false);
  backlog_free(patient_one);
  ck_assert_uint_eq(patient.done, 1);

  struct backlog *backlog = start(1, 2, 1);
  under_way.done = 0;
  gate_set(true);
  add(backlog, &under_way);
  await(&gate.working, 1);
  for (size_t i = 0; i < 2; i++) add(backlog, &late[i]);
  ck_assert(!backlog_reserve(backlog));
  while (late[1].done == 0) backlog_turn(backlog);
  for (size_t i = 0; i < 2; i++) ck_assert_uint_eq(late[i].late, 1);
  ck_assert_uint_eq(under_way.done, 0);
  ck_assert(backlog_reserve(backlog));
  gate_set(false);
  backlog_free(backlog);
}
END_TEST

START_TEST(the_end_lets_nothing_wait) {
  enum { WAITING = 10 };
  struct piece under_way = {0}, waiting[WAITING] = {0}, reserved = {0};
  struct backlog *backlog = start(1, WAITING + 1, 1000);
  gate_set(true);
  add(backlog, &under_way);
  await(&gate.working, 1);
  for (size_t i = 0; i < WAITING; i++) add(backlog, &waiting[i]);
  ck_assert(backlog_reserve(backlog));
  gate_set(false);
  backlog_end(backlog);
  ck_assert_uint_eq(under_way.done, 1);
  for (size_t i = 0; i < WAITING; i++) ck_assert_uint_eq(waiting[i].done, 1);
  ck_assert(!backlog_reserve(backlog));
  backlog_add(backlog, &reserved.task);
  ck_assert_uint_eq(reserved.done, 1);
  ck_assert_uint_eq(reserved.late, 1);
  backlog_free(backlog);
}
END_TEST

static atomic_uint placed;
static atomic_bool ending;

static void *add_many(void *argument) {
  static struct piece pieces[4][TASKS_MOST];
  static atomic_uint who;
  struct backlog *backlog = argument;
  struct piece *own = pieces[atomic_fetch_add(&who, 1)];
  for (size_t i = 0; i < TASKS_MOST; i++) {
    while (!backlog_reserve(backlog))
      if (atomic_load(&ending)) return NULL;
    backlog_add(backlog, &own[i].task);
    atomic_fetch_add(&placed, 1);
  }
  return NULL;
}

/* Threads add while others take and a third ends it: what had a place is done. */
START_TEST(an_end_in_the_middle_loses_nothing) {
  pthread_t adding[4];
  struct backlog *backlog = start(3, 50, 1000);
  for (size_t i = 0; i < 4; i++) ck_assert_int_eq(pthread_create(&adding[i], NULL, add_many, backlog), 0);
  await(&gate.finished, 100);
  atomic_store(&ending, true);
  backlog_end(backlog);
  for (size_t i = 0; i < 4; i++) pthread_join(adding[i], NULL);
  ck_assert_uint_eq(gate.finished, atomic_load(&placed));
  backlog_free(backlog);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/backlog");
  TCase *tcase = tcase_create("backlog");
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, everything_is_done_once_and_in_order);
  tcase_add_test(tcase, as_many_at_a_time_as_there_are_threads);
  tcase_add_test(tcase, a_full_queue_has_no_place);
  tcase_add_test(tcase, what_has_waited_too_long_is_late);
  tcase_add_test(tcase, late_work_does_not_wait_for_a_thread);
  tcase_add_test(tcase, the_end_lets_nothing_wait);
  tcase_add_test(tcase, an_end_in_the_middle_loses_nothing);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}
