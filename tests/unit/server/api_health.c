/* GET /livez and /readyz in each state of a daemon. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/api_fixture.h"
#include "tests/support/suite.h"

static struct api_fixture zoo;

static void open_zoo(void) {
  api_fixture_open(&zoo);
}

static void close_zoo(void) {
  api_fixture_close(&zoo);
}

static void expect(handler *answer, unsigned status, const char *text) {
  api_fixture_query(&zoo, "probe=1");
  zoo.call.accept = "image/png"; /* a probe cannot ask wrongly */
  ck_assert(api_fixture_call(&zoo, answer));
  ck_assert_uint_eq(zoo.reply.http_status, status);
  ck_assert_ptr_nonnull(strstr(zoo.reply.content_type, "text/plain"));
  ck_assert_uint_eq(zoo.reply.body.length, strlen(text));
  ck_assert_mem_eq(zoo.reply.body.data, text, strlen(text));
}

START_TEST(serving) {
  expect(api_livez, 200, "alive\n");
  expect(api_readyz, 200, "ready\n");
}
END_TEST

START_TEST(draining) {
  atomic_store(&zoo.service.draining, true);
  expect(api_livez, 200, "alive\n");
  expect(api_readyz, 503, "draining\n");
}
END_TEST

START_TEST(before_the_first_look_and_after_one_at_nothing) {
  struct catalog *looked = zoo.service.catalog;
  ck_assert_int_eq(catalog_new(zoo.store, 1, &zoo.service.catalog), STATUS_OK);
  expect(api_livez, 200, "alive\n");
  expect(api_readyz, 503, "starting\n");
  char path[SCRATCH_PATH_MAX + 16];
  snprintf(path, sizeof path, "%s/zoo.mdb", zoo.store);
  ck_assert_int_eq(unlink(path), 0);
  api_fixture_look(&zoo);
  expect(api_readyz, 503, "no model is served\n");
  catalog_free(zoo.service.catalog);
  zoo.service.catalog = looked;
}
END_TEST

START_TEST(no_room_for_a_word) {
  zoo.service.limits.answer_bytes = 2;
  api_get_refused(&zoo, api_livez, "", REFUSAL_BUSY, NULL);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_health", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, serving);
  tcase_add_test(tcase, draining);
  tcase_add_test(tcase, before_the_first_look_and_after_one_at_nothing);
  tcase_add_test(tcase, no_room_for_a_word);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
