/* Origins as they may be listed, and who may read. */
#include "server/cors.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

static const char *const right[] = {
    "*",
    "https://example.com",
    "http://localhost:3000",
    "http://[::1]:8080",
    "https://a.example,https://b.example:8443",
    "chrome-extension://abcdef",
};

static const char *const wrong[] = {
    "",
    "example.com",
    "https://",
    "https://example.com/",
    "https://Example.com",
    "HTTPS://example.com",
    "https://a.example, https://b.example",
    "https://a.example,",
    ",https://a.example",
    "https://a.example,*",
    "null",
    "https:/a",
    "://a",
    "https://a\r\nX: b",
};

START_TEST(origins_that_can_be_listed) {
  struct problem problem;
  ck_assert_msg(cors_check(right[_i], &problem) == STATUS_OK, "%s", problem.text);
}
END_TEST

START_TEST(origins_that_cannot) {
  struct problem problem;
  ck_assert_msg(cors_check(wrong[_i], &problem) == STATUS_BAD_ARGUMENT, "%s", wrong[_i]);
  ck_assert_ptr_nonnull(strstr(problem.text, "is no origin"));
}
END_TEST

START_TEST(who_may_read) {
  static const char list[] = "https://a.example,http://localhost:3000,https://b.example";
  static const char *const listed[] = {"https://a.example", "http://localhost:3000", "https://b.example"};
  static const char *const others[] = {"https://a.exampl",
                                       "https://a.example:443",
                                       "http://a.example",
                                       "https://a.example,http://localhost:3000",
                                       "https://xa.example",
                                       "http://localhost:300",
                                       "null",
                                       "",
                                       "https://a.example.evil",
                                       ",",
                                       "*"};
  for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
    ck_assert_str_eq(cors_allowed(list, listed[i]), listed[i]);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) ck_assert_ptr_null(cors_allowed(list, others[i]));
  ck_assert_ptr_null(cors_allowed(list, NULL));
  ck_assert_ptr_null(cors_allowed(NULL, "https://a.example"));
  ck_assert_str_eq(cors_allowed("*", "https://any.example"), "*");
  ck_assert_ptr_null(cors_allowed("*", NULL));
  ck_assert(cors_varies(list) && !cors_varies("*") && !cors_varies(NULL));
}
END_TEST

START_TEST(what_is_a_preflight) {
  const struct guard_fields asks = {.preflight = true}, plain = {.preflight = false};
  ck_assert(cors_is_preflight("*", "OPTIONS", &asks));
  ck_assert(!cors_is_preflight(NULL, "OPTIONS", &asks));
  ck_assert(!cors_is_preflight("*", "GET", &asks));
  ck_assert(!cors_is_preflight("*", "OPTIONS", &plain));
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/cors", &tcase);
  tcase_add_loop_test(tcase, origins_that_can_be_listed, 0, sizeof right / sizeof *right);
  tcase_add_loop_test(tcase, origins_that_cannot, 0, sizeof wrong / sizeof *wrong);
  tcase_add_test(tcase, who_may_read);
  tcase_add_test(tcase, what_is_a_preflight);
  return suite_run(suite);
}
