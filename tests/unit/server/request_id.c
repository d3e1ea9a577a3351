/* Names of requests: which are taken over, and that own ones are new. */
#include "server/request_id.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

#define SIXTEEN "0123456789abcdef"
#define LONGEST SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN

static const struct {
  const char *sent;
  bool taken;
} names[] = {
    {"1", true},
    {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", true},
    {"Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8", true},
    {"a+b/c==@host:1.2_~", true},
    {LONGEST, true},
    {LONGEST "0", false},
    {"", false},
    {"a b", false},
    {"a\tb", false},
    {"a\"b", false},
    {"a\\b", false},
    {"a,b", false},
    {"a%0ab", false},
    {"\x1b[31m", false},
    {"\xc3\xa4", false},
};

START_TEST(safe_names_are_taken) {
  char out[REQUEST_ID_SIZE] = "before";
  ck_assert_msg(request_id_take(names[_i].sent, out) == names[_i].taken, "%s", names[_i].sent);
  ck_assert_str_eq(out, names[_i].taken ? names[_i].sent : "before");
}
END_TEST

enum { THREADS = 4, EACH = 500, MADE = THREADS * EACH };

static struct request_ids ids;
static char made[MADE][REQUEST_ID_SIZE];

static void *make_some(void *argument) {
  char(*own)[REQUEST_ID_SIZE] = argument;
  for (size_t i = 0; i < EACH; i++) request_id_make(&ids, own[i]);
  return NULL;
}

static int compare(const void *a, const void *b) {
  return strcmp(a, b);
}

START_TEST(own_names_are_new) {
  pthread_t threads[THREADS];
  char taken[REQUEST_ID_SIZE];
  request_ids_init(&ids);
  for (size_t i = 0; i < THREADS; i++)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, make_some, made[i * EACH]), 0);
  for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  qsort(made, MADE, sizeof made[0], compare);
  for (size_t i = 0; i < MADE; i++) {
    ck_assert_uint_eq(strspn(made[i], SIXTEEN), 16);
    ck_assert_uint_eq(strlen(made[i]), 16);
    ck_assert(i == 0 || strcmp(made[i - 1], made[i]) != 0);
  }
  ck_assert(request_id_take(made[0], taken));
}
END_TEST

START_TEST(another_process_makes_others) {
  struct request_ids other;
  char one[REQUEST_ID_SIZE], two[REQUEST_ID_SIZE];
  request_ids_init(&ids);
  request_ids_init(&other);
  request_id_make(&ids, one);
  request_id_make(&other, two);
  ck_assert_str_ne(one, two);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/request_id", &tcase);
  tcase_add_loop_test(tcase, safe_names_are_taken, 0, (int)(sizeof names / sizeof names[0]));
  tcase_add_test(tcase, own_names_are_new);
  tcase_add_test(tcase, another_process_makes_others);
  return suite_run(suite);
}
