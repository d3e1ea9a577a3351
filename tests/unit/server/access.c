/* Who may ask, and that nothing of a key stays behind. */
#include "server/access.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scratch.h"
#include "tests/support/suite.h"

#define KEY "0123456789abcdef"

static struct keys *keys;

static void open_keys(void) {
  char path[SCRATCH_PATH_MAX];
  struct problem problem;
  scratch_path(path, "keys");
  scratch_write(path, KEY, strlen(KEY));
  ck_assert_int_eq(keys_open(path, &problem, &keys), STATUS_OK);
}

static void close_keys(void) {
  keys_close(keys);
}

static struct guard_fields with(const char *authorization) {
  struct guard_fields fields = {.fault = NULL};
  static const char name[] = "authorization";
  if (authorization) guard_field(&fields, name, strlen(name), authorization, strlen(authorization));
  return fields;
}

static bool allows(const char *authorization, const char *path, struct refusal *refusal) {
  const char *rest;
  struct guard_fields fields = with(authorization);
  return access_allows(keys, &fields, route_find(path, &rest), refusal);
}

START_TEST(without_keys_everybody_may) {
  struct refusal refusal;
  struct guard_fields fields = with(NULL);
  ck_assert(access_allows(NULL, &fields, NULL, &refusal));
}
END_TEST

START_TEST(with_keys_those_who_show_one) {
  struct refusal refusal;
  ck_assert(allows("Bearer " KEY, "/vector", &refusal));
  ck_assert(allows("Bearer " KEY, "/nothing", &refusal)); /* is another's to refuse */
  ck_assert(!allows(NULL, "/vector", &refusal));
  ck_assert_int_eq(refusal.kind, REFUSAL_UNAUTHORIZED);
  ck_assert_str_eq(refusal.challenge, "Bearer realm=\"wordvec\"");
  ck_assert(!allows("Bearer " KEY "0", "/vector", &refusal));
  ck_assert_int_eq(refusal.kind, REFUSAL_UNAUTHORIZED);
  ck_assert_str_eq(refusal.challenge, "Bearer realm=\"wordvec\", error=\"invalid_token\"");
}
END_TEST

/* All but those that say whether the daemon is well. */
START_TEST(routes_that_need_none) {
  const struct route *route;
  for (size_t i = 0; (route = route_at(i)); i++) {
    struct refusal refusal;
    bool open = strcmp(route->path, "/livez") == 0 || strcmp(route->path, "/readyz") == 0;
    ck_assert_msg(allows(NULL, route->path, &refusal) == open, "%s", route->path);
  }
}
END_TEST

START_TEST(what_is_there_does_not_show) {
  struct refusal there, absent;
  memset(&there, 0, sizeof there);
  memset(&absent, 0, sizeof absent);
  ck_assert(!allows(NULL, "/models/zoo", &there));
  ck_assert(!allows(NULL, "/nothing", &absent));
  ck_assert_int_eq(memcmp(&there, &absent, sizeof there), 0);
}
END_TEST

START_TEST(a_key_is_wiped) {
  char value[] = "Bearer " KEY;
  static const char zeros[sizeof value];
  struct guard_fields fields = with(value);
  access_wipe(&fields);
  ck_assert_int_eq(memcmp(value, zeros, sizeof value), 0);
  ck_assert_ptr_null(fields.authorization);
  access_wipe(&fields);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/access", &tcase);
  tcase_add_checked_fixture(tcase, open_keys, close_keys);
  tcase_add_test(tcase, without_keys_everybody_may);
  tcase_add_test(tcase, with_keys_those_who_show_one);
  tcase_add_test(tcase, routes_that_need_none);
  tcase_add_test(tcase, what_is_there_does_not_show);
  tcase_add_test(tcase, a_key_is_wiped);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
