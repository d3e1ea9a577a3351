/* Who is let in, how long a connection may take, and what becomes of one that takes longer. */
#include "server/admission.h"

#include <check.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/suite.h"

START_TEST(the_reserve_is_a_share_within_bounds) {
  ck_assert_uint_eq(admission_reserve(1), 8);
  ck_assert_uint_eq(admission_reserve(800), 100);
  ck_assert_uint_eq(admission_reserve(1000000), 1024);
  for (size_t descriptors = 9; descriptors < 20000; descriptors += 7) {
    size_t connections = admission_fit(descriptors);
    ck_assert_uint_le(connections + admission_reserve(connections), descriptors + 1);
    ck_assert_uint_ge(connections + admission_reserve(connections), descriptors - 1);
  }
  ck_assert_uint_eq(admission_fit(0), 1);
  ck_assert_uint_eq(admission_fit(8), 1);
}
END_TEST

START_TEST(what_is_too_much_is_not_admitted_until_there_is_less) {
  struct admission *admission;
  ck_assert_int_eq(admission_new(2, 30, &admission), STATUS_OK);
  struct visit *visits[4];
  for (int i = 0; i < 4; i++) {
    visits[i] = admission_arrive(admission, -1);
    ck_assert_ptr_nonnull(visits[i]);
  }
  ck_assert_uint_eq(admission_count(admission), 4);
  ck_assert(admission_admits(admission, visits[0]) && admission_admits(admission, visits[1]));
  ck_assert(!admission_admits(admission, visits[2]) && !admission_admits(admission, visits[3]));
  /* They have less time to ask than others. */
  ck_assert_int_lt(atomic_load(&visits[3]->deadline), atomic_load(&visits[0]->deadline));
  admission_leave(admission, visits[0]);
  ck_assert(!admission_admits(admission, visits[3]));
  admission_leave(admission, visits[2]);
  ck_assert(admission_admits(admission, visits[3]));
  /* From then on like all others, whoever else comes. */
  visit_reads_head(visits[3]);
  ck_assert_int_ge(atomic_load(&visits[3]->deadline), visits[3]->since + 30000);
  visits[0] = admission_arrive(admission, -1);
  ck_assert(admission_admits(admission, visits[3]) && !admission_admits(admission, visits[0]));
  admission_leave(admission, visits[0]);
  admission_leave(admission, visits[3]);
  admission_leave(admission, visits[1]);
  ck_assert_uint_eq(admission_count(admission), 0);
  admission_leave(admission, NULL);
  ck_assert(admission_admits(admission, NULL));
  admission_free(admission);
  admission_free(NULL);
}
END_TEST

static bool has_ended(int peer) {
  char byte;
  return recv(peer, &byte, 1, MSG_DONTWAIT) == 0;
}

START_TEST(what_takes_too_long_is_ended) {
  struct admission *admission;
  int late[2], in_time[2], working[2];
  ck_assert_int_eq(admission_new(10, 30, &admission), STATUS_OK);
  ck_assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, late) && !socketpair(AF_UNIX, SOCK_STREAM, 0, in_time) &&
            !socketpair(AF_UNIX, SOCK_STREAM, 0, working));
  struct visit *visits[] = {admission_arrive(admission, late[0]), admission_arrive(admission, in_time[0]),
                            admission_arrive(admission, working[0])};
  visit_works(visits[2]);
  atomic_store(&visits[0]->deadline, visit_clock() - 1);
  admission_turn(admission);
  ck_assert(has_ended(late[1]) && !has_ended(in_time[1]) && !has_ended(working[1]));
  /* Not looked at again so soon. */
  atomic_store(&visits[1]->deadline, visit_clock() - 1);
  admission_turn(admission);
  ck_assert(!has_ended(in_time[1]));
  for (int i = 0; i < 3; i++) admission_leave(admission, visits[i]);
  const int all[] = {late[0], late[1], in_time[0], in_time[1], working[0], working[1]};
  for (int i = 0; i < 6; i++) close(all[i]);
  admission_free(admission);
}
END_TEST

/* A byte now and then moves a deadline by next to nothing; as many as are expected, by their time. */
START_TEST(deadlines_move_with_bytes) {
  struct visit visit = {0};
  visit_begin(&visit, -1, 5000);
  ck_assert_int_eq(atomic_load(&visit.deadline), visit.since + 5000);
  visit_reads_body(&visit);
  visit_has_read(&visit, 10);
  ck_assert_int_eq(atomic_load(&visit.deadline), visit.since + 5000);
  visit_has_read(&visit, 10 * VISIT_BODY_PACE);
  ck_assert_int_eq(atomic_load(&visit.deadline), visit.since + 15000);
  visit_works(&visit);
  ck_assert_int_eq(atomic_load(&visit.deadline), INT64_MAX);
  visit_sends(&visit, 3 * VISIT_ANSWER_PACE);
  ck_assert_int_eq(atomic_load(&visit.deadline), visit.since + 8000);
  ck_assert(atomic_load(&visit.unread));
  visit_has_made(&visit, (uint64_t)480 << 20);
  ck_assert_int_eq(atomic_load(&visit.deadline), visit.since + 5000 + 30720 * 1000);
  visit_reads_head(&visit);
  ck_assert_int_eq(atomic_load(&visit.deadline), visit.since + 5000);
  ck_assert(!atomic_load(&visit.unread));
  visit_reads_head(NULL);
  visit_reads_body(NULL);
  visit_has_read(NULL, 1);
  visit_works(NULL);
  visit_sends(NULL, 1);
  visit_has_made(NULL, 1);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/admission", &tcase);
  tcase_add_test(tcase, the_reserve_is_a_share_within_bounds);
  tcase_add_test(tcase, what_is_too_much_is_not_admitted_until_there_is_less);
  tcase_add_test(tcase, what_takes_too_long_is_ended);
  tcase_add_test(tcase, deadlines_move_with_bytes);
  return suite_run(suite);
}
