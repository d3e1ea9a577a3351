/* Targets and fields that are let through and that are not. */
#include "server/guard.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* ---- Targets */

static struct guard_target judge(char *target, size_t url_bytes, size_t arguments) {
  struct guard_target found;
  guard_target(target, url_bytes, arguments, &found);
  return found;
}

static const struct {
  const char *target;
  size_t arguments;
  bool malformed;
} targets[] = {
    {"/", 0, false},
    {"/vector", 0, false},
    {"/vector?", 0, false},
    {"/vector?word=cat", 1, false},
    {"/vector?word=cat&model=a", 2, false},
    {"/vectors?word=a&&word=b&", 4, false}, /* as many as '&' could make of it at most */
    {"/a&b", 0, false},
    {"/vector?word=a?b", 1, false},
    {"/vector?word=%00", 1, false}, /* a word may hold any byte */
    {"/vector?word=%e2%82%AC", 1, false},
    {"/vector?word=caf\xc3\xa9", 1, false},
    {"/vec%74or", 0, false},
    {"", 0, false},
    {"/vector%00", 0, true},
    {"/vec%00tor?word=a", 1, true},
    {"/%", 0, true},
    {"/%4", 0, true},
    {"/%4g", 0, true},
    {"/vector?word=%", 1, true},
    {"/vector?word=%zz", 1, true},
    {"/vector?word=a b", 1, true},
    {"/vector?word=a\tb", 1, true},
    {"/vector?word=\x7f", 1, true},
};

START_TEST(targets_are_judged) {
  char target[64];
  strcpy(target, targets[_i].target);
  struct guard_target found = judge(target, 1000, 100);
  ck_assert_str_eq(target, targets[_i].target); /* untouched */
  ck_assert_uint_eq(found.arguments, targets[_i].arguments);
  ck_assert_int_eq(found.malformed, targets[_i].malformed);
  ck_assert(!found.too_long && !found.too_many);
}
END_TEST

START_TEST(length_has_a_limit) {
  char fits[] = "/234567890", beyond[] = "/2345678901";
  ck_assert(!judge(fits, 10, 100).too_long);
  ck_assert(judge(beyond, 10, 100).too_long);
}
END_TEST

/* Beyond the limit no '&' is left for whoever splits the query string next. */
START_TEST(arguments_have_a_limit) {
  char fits[] = "/?a&b&c", beyond[] = "/?a&b&c&d&e&&";
  struct guard_target found = judge(fits, 100, 3);
  ck_assert(!found.too_many);
  ck_assert_uint_eq(found.arguments, 3);
  found = judge(beyond, 100, 3);
  ck_assert(found.too_many);
  ck_assert_uint_eq(found.arguments, 3);
  ck_assert_str_eq(beyond, "/?a&b&c_d_e__");
}
END_TEST

START_TEST(a_target_too_long_keeps_no_arguments) {
  char target[] = "/path?a&b&c";
  struct guard_target found = judge(target, 5, 100);
  ck_assert(found.too_long);
  ck_assert_ptr_null(strchr(target, '&'));
}
END_TEST

/* ---- Fields */

/* "Name: value" lines; the values begin behind ": ". */
static void show(struct guard_fields *fields, const char *const *lines) {
  static char names[12][64];
  memset(fields, 0, sizeof *fields);
  for (size_t i = 0; lines[i]; i++) {
    const char *colon = strstr(lines[i], ": ");
    size_t length = (size_t)(colon - lines[i]);
    memcpy(names[i], lines[i], length);
    names[i][length] = '\0';
    guard_field(fields, names[i], length, colon + 2, strlen(colon + 2));
  }
}

static const struct {
  const char *version;
  const char *lines[5];
} allowed[] = {
    {"HTTP/1.1", {"Host: a"}},
    {"HTTP/1.1", {"Host: "}},
    {"HTTP/1.1", {"host: example.org:8080"}},
    {"HTTP/1.1", {"Host: 127.0.0.1"}},
    {"HTTP/1.1", {"Host: [::1]:8080"}},
    {"HTTP/1.1", {"Host: [::ffff:1.2.3.4]"}},
    {"HTTP/1.1", {"Host: a:"}},
    {"HTTP/1.1", {"Host: a%20b_c~d"}},
    {"HTTP/1.1", {"Host: a \t"}},
    {"HTTP/1.1", {"Host: a", "Content-Length: 0"}},
    {"HTTP/1.1", {"Host: a", "Content-Length: 18446744073709551616"}}, /* absurd, but not ambiguous */
    {"HTTP/1.1", {"Host: a", "Transfer-Encoding: chunked"}},
    {"HTTP/1.1", {"Host: a", "transfer-encoding: Chunked"}},
    {"HTTP/1.1", {"Host: a", "X-!#$%&'*+-.^_`|~9: b", "X-Twice: 1", "X-Twice: 2"}},
    {"HTTP/1.1", {"Host: a", "Authorization: Bearer b", "Origin: c", "Origin: d"}},
    {"HTTP/1.0", {"User-Agent: old"}},
    {"HTTP/1.0", {"Content-Length: 3"}},
};

START_TEST(fields_that_pass) {
  struct guard_fields fields;
  struct refusal refusal;
  show(&fields, allowed[_i].lines);
  ck_assert_msg(guard_allows(&fields, allowed[_i].version, &refusal), "%s", refusal.detail);
}
END_TEST

static const struct {
  const char *version;
  const char *lines[5];
} refused[] = {
    {"HTTP/1.1", {"Accept: */*"}}, /* no Host */
    {"HTTP/1.1", {"Host: a", "Host: a"}},
    {"HTTP/1.1", {"Host: a", "HOST: b"}},
    {"HTTP/1.1", {"Host: a", "Authorization: Bearer b", "authorization: Bearer b"}},
    {"HTTP/1.1", {"Host: a b"}},
    {"HTTP/1.1", {"Host: a/b"}},
    {"HTTP/1.1", {"Host: a@b"}},
    {"HTTP/1.1", {"Host: a?"}},
    {"HTTP/1.1", {"Host: a:b"}},
    {"HTTP/1.1", {"Host: a:123456"}},
    {"HTTP/1.1", {"Host: a:1:2"}},
    {"HTTP/1.1", {"Host: [::1"}},
    {"HTTP/1.1", {"Host: [x]"}},
    {"HTTP/1.1", {"Host: [::1]x"}},
    {"HTTP/1.1", {"Host: a%2"}},
    {"HTTP/1.1", {"Host: a\xc3\xa9"}},
    {"HTTP/1.1", {"Host: a", "Content-Length: 3", "Content-Length: 3"}},
    {"HTTP/1.1", {"Host: a", "Content-Length: 3", "content-length: 4"}},
    {"HTTP/1.1", {"Host: a", "Content-Length: "}},
    {"HTTP/1.1", {"Host: a", "Content-Length: -1"}},
    {"HTTP/1.1", {"Host: a", "Content-Length: +1"}},
    {"HTTP/1.1", {"Host: a", "Content-Length: 1 2"}},
    {"HTTP/1.1", {"Host: a", "Content-Length: 0x10"}},
    {"HTTP/1.1", {"Host: a", "Content-Length: 3, 3"}},
    {"HTTP/1.1", {"Host: a", "Content-Length: 3", "Transfer-Encoding: chunked"}},
    {"HTTP/1.1", {"Host: a", "Transfer-Encoding: chunked", "Content-Length: 3"}},
    {"HTTP/1.1", {"Host: a", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}},
    {"HTTP/1.1", {"Host: a", "Transfer-Encoding: gzip"}},
    {"HTTP/1.1", {"Host: a", "Transfer-Encoding: gzip, chunked"}},
    {"HTTP/1.1", {"Host: a", "Transfer-Encoding: chunked, chunked"}},
    {"HTTP/1.1", {"Host: a", "Transfer-Encoding: identity"}},
    {"HTTP/1.1", {"Host: a", "Transfer-Encoding: chunked "}},
    {"HTTP/1.1", {"Host: a", "Transfer-Encoding: \vchunked"}},
    {"HTTP/1.1", {"Host: a", "Transfer-Encoding: "}},
    {"HTTP/1.0", {"Host: a", "Transfer-Encoding: chunked"}},
    {"HTTP/1.1", {"Host: a", "X Y: 1"}},
    {"HTTP/1.1", {"Host: a", "Content-Length : 1"}},
    {"HTTP/1.1", {"Host: a", ": 1"}},
    {"HTTP/1.1", {"Host: a", "X(Y): 1"}},
    {"HTTP/1.1", {"Host: a", "X\xc3\xa9: 1"}},
    {"HTTP/1.1", {"Host: a", "X-Value: a\rb"}},
};

START_TEST(fields_that_do_not) {
  struct guard_fields fields;
  struct refusal refusal;
  show(&fields, refused[_i].lines);
  ck_assert_msg(!guard_allows(&fields, refused[_i].version, &refusal), "%s", refused[_i].lines[1]);
  ck_assert_int_eq(refusal.kind, REFUSAL_MALFORMED);
  ck_assert_uint_gt(strlen(refusal.detail), 0);
}
END_TEST

START_TEST(a_zero_byte_is_refused) {
  struct guard_fields fields = {.fault = NULL};
  struct refusal refusal;
  guard_field(&fields, "Host", 4, "a\0b", 3);
  ck_assert(!guard_allows(&fields, "HTTP/1.1", &refusal));
  memset(&fields, 0, sizeof fields);
  guard_field(&fields, "Host", 4, "a", 1);
  guard_field(&fields, "X\0Y", 3, "a", 1);
  ck_assert(!guard_allows(&fields, "HTTP/1.1", &refusal));
}
END_TEST

START_TEST(what_the_rest_needs) {
  static const char *const lines[] = {"Host: a",
                                      "Accept: text/html",
                                      "accept: */*",
                                      "Content-Type: application/json",
                                      "Content-Length: 00012",
                                      "Expect: 100-Continue",
                                      "Authorization: Bearer b",
                                      "Origin: https://a.example",
                                      "Access-Control-Request-Method: POST",
                                      NULL};
  struct guard_fields fields;
  show(&fields, lines);
  ck_assert_str_eq(fields.accept, "text/html");
  ck_assert_uint_eq(fields.accept_count, 2);
  ck_assert_str_eq(fields.content_type, "application/json");
  ck_assert_uint_eq(fields.declared, 12);
  ck_assert(fields.expects);
  ck_assert_str_eq(fields.authorization, "Bearer b");
  ck_assert_uint_eq(fields.authorization_length, 8);
  ck_assert_str_eq(fields.origin, "https://a.example");
  ck_assert(fields.preflight);
  ck_assert(guard_expects_body(&fields));
}
END_TEST

START_TEST(bodies_that_follow) {
  static const struct {
    const char *lines[3];
    bool follows;
  } cases[] = {{{"Host: a"}, false},
               {{"Host: a", "Content-Length: 0"}, false},
               {{"Host: a", "Content-Length: 1"}, true},
               {{"Host: a", "Transfer-Encoding: chunked"}, true}};
  struct guard_fields fields;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    show(&fields, cases[i].lines);
    ck_assert_int_eq(guard_expects_body(&fields), cases[i].follows);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/guard");
  TCase *tcase = tcase_create("guard");
  tcase_add_loop_test(tcase, targets_are_judged, 0, sizeof targets / sizeof *targets);
  tcase_add_test(tcase, length_has_a_limit);
  tcase_add_test(tcase, arguments_have_a_limit);
  tcase_add_test(tcase, a_target_too_long_keeps_no_arguments);
  tcase_add_loop_test(tcase, fields_that_pass, 0, sizeof allowed / sizeof *allowed);
  tcase_add_loop_test(tcase, fields_that_do_not, 0, sizeof refused / sizeof *refused);
  tcase_add_test(tcase, a_zero_byte_is_refused);
  tcase_add_test(tcase, what_the_rest_needs);
  tcase_add_test(tcase, bodies_that_follow);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
