/* Listening addresses: what is read, what is refused, which reach beyond this machine, and the URL of each. */
#include "server/address.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *text, *url, *reachable;
  bool loopback;
} good[] = {
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080", true},
    {"127.9.9.9:0", "http://127.9.9.9:0", "http://127.9.9.9:0", true},
    {"localhost:65535", "http://127.0.0.1:65535", "http://127.0.0.1:65535", true},
    {"[::1]:80", "http://[::1]:80", "http://[::1]:80", true},
    {"[::ffff:127.0.0.1]:80", "http://[::ffff:127.0.0.1]:80", "http://[::ffff:127.0.0.1]:80", true},
    {"[::ffff:10.0.0.1]:80", "http://[::ffff:10.0.0.1]:80", "http://[::ffff:10.0.0.1]:80", false},
    {"0.0.0.0:8080", "http://0.0.0.0:8080", "http://127.0.0.1:8080", false},
    {"[::]:8080", "http://[::]:8080", "http://[::1]:8080", false},
    {"10.1.2.3:1", "http://10.1.2.3:1", "http://10.1.2.3:1", false},
    {"[2001:db8::1]:443", "http://[2001:db8::1]:443", "http://[2001:db8::1]:443", false},
};

START_TEST(good_addresses) {
  struct address address;
  char url[ADDRESS_URL_SIZE];
  ck_assert_int_eq(address_parse(good[_i].text, NULL, &address), STATUS_OK);
  address_url(&address, url);
  ck_assert_str_eq(url, good[_i].url);
  ck_assert_int_eq(address_is_loopback(&address), good[_i].loopback);
  ck_assert_uint_eq(address_port(&address), strtoul(strrchr(good[_i].url, ':') + 1, NULL, 10));
  address_make_reachable(&address);
  address_url(&address, url);
  ck_assert_str_eq(url, good[_i].reachable);
}
END_TEST

static const char *const bad[] = {"",
                                  ":",
                                  ":8080",
                                  "8080",
                                  "127.0.0.1",
                                  "127.0.0.1:",
                                  "127.0.0.1:x",
                                  "127.0.0.1:-1",
                                  "127.0.0.1:+1",
                                  "127.0.0.1: 1",
                                  "127.0.0.1:65536",
                                  "127.0.0.1:000080",
                                  "127.0.0.256:80",
                                  "example.org:80",
                                  "::1:80",
                                  "[::1]",
                                  "[::1]:",
                                  "[::1:80",
                                  "::1]:80",
                                  "[]:80",
                                  "[127.0.0.1]:80",
                                  "[:80",
                                  "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb]:80",
                                  "127.0.0.1:80 "};

START_TEST(bad_addresses) {
  struct problem problem;
  struct address address;
  ck_assert_msg(address_parse(bad[_i], &problem, &address) == STATUS_BAD_ARGUMENT, "'%s'", bad[_i]);
  ck_assert_ptr_nonnull(strstr(problem.text, "127.0.0.1:8080")); /* shows how it is written */
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/address");
  TCase *tcase = tcase_create("address");
  tcase_add_loop_test(tcase, good_addresses, 0, sizeof good / sizeof *good);
  tcase_add_loop_test(tcase, bad_addresses, 0, sizeof bad / sizeof *bad);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
