/* The table of refusals against the contract, and that no text of a refusal can be anything but bounded UTF-8. */
#include "server/refusal.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/utf8.h"

static const struct {
  enum refusal_kind kind;
  unsigned http_status;
  const char *code;
} expected[REFUSAL_COUNT] = {
    {REFUSAL_MALFORMED, 400, "malformed_request"},
    {REFUSAL_UNKNOWN_PARAMETER, 400, "unknown_parameter"},
    {REFUSAL_MISSING_PARAMETER, 400, "missing_parameter"},
    {REFUSAL_NO_ROUTE, 404, "route_not_found"},
    {REFUSAL_NO_MODEL, 404, "model_not_found"},
    {REFUSAL_NO_WORD, 404, "word_not_found"},
    {REFUSAL_NO_ROW, 404, "index_not_found"},
    {REFUSAL_UNAUTHORIZED, 401, "unauthorized"},
    {REFUSAL_METHOD, 405, "method_not_allowed"},
    {REFUSAL_NOT_ACCEPTABLE, 406, "not_acceptable"},
    {REFUSAL_BODY_TOO_LARGE, 413, "body_too_large"},
    {REFUSAL_URL_TOO_LONG, 414, "url_too_long"},
    {REFUSAL_MEDIA_TYPE, 415, "unsupported_media_type"},
    {REFUSAL_EXPECTATION, 417, "expectation_failed"},
    {REFUSAL_INVALID, 422, "invalid_request"},
    {REFUSAL_HEADERS_TOO_LARGE, 431, "headers_too_large"},
    {REFUSAL_INTERNAL, 500, "internal_error"},
    {REFUSAL_BUSY, 503, "busy"},
    {REFUSAL_NOT_READY, 503, "not_ready"},
    {REFUSAL_MODEL_LOST, 503, "model_lost"},
    {REFUSAL_HTTP_VERSION, 505, "http_version_not_supported"},
};

START_TEST(every_kind_has_its_status_and_code) {
  const struct refusal_type *type = refusal_type_of(expected[_i].kind);
  ck_assert_uint_eq(type->http_status, expected[_i].http_status);
  ck_assert_str_eq(type->code, expected[_i].code);
  ck_assert_uint_gt(strlen(type->title), 0);
}
END_TEST

START_TEST(set_starts_afresh) {
  struct refusal refusal;
  memset(&refusal, 0x55, sizeof refusal);
  refusal_set(&refusal, REFUSAL_NO_WORD, "%s is not in %s", "\"caat\"", "glove");
  ck_assert_int_eq(refusal.kind, REFUSAL_NO_WORD);
  ck_assert_str_eq(refusal.detail, "\"caat\" is not in glove");
  ck_assert_uint_eq(refusal.error_count, 0);
  ck_assert_uint_eq(refusal.suggestion_count, 0);
  ck_assert_str_eq(refusal.allow, "");
}
END_TEST

START_TEST(ill_formed_bytes_become_u_fffd) {
  struct refusal refusal;
  refusal_set(&refusal, REFUSAL_MALFORMED, "near '%s'", "a\xFF\xE2\x82z");
  ck_assert_str_eq(refusal.detail, "near 'a\xEF\xBF\xBD\xEF\xBF\xBDz'");
}
END_TEST

START_TEST(a_long_detail_is_cut_at_a_character) {
  char text[2000];
  for (size_t i = 0; i + 3 < sizeof text; i += 3) memcpy(text + i, "\xE2\x82\xAC", 4);
  struct refusal refusal;
  refusal_set(&refusal, REFUSAL_MALFORMED, "%s", text);
  size_t length = strlen(refusal.detail);
  ck_assert_uint_eq(length, (sizeof refusal.detail - 1) / 3 * 3);
  ck_assert(utf8_valid(refusal.detail, length));
  refusal_set(&refusal, REFUSAL_MALFORMED, "%0600d", 0);
  ck_assert_uint_eq(strlen(refusal.detail), sizeof refusal.detail - 1);
}
END_TEST

START_TEST(errors_are_kept_up_to_their_limit) {
  struct refusal refusal;
  refusal_set(&refusal, REFUSAL_INVALID, "two");
  for (int i = 0; i < REFUSAL_ERRORS_MAX + 3; i++) {
    char pointer[32];
    snprintf(pointer, sizeof pointer, "#/indices/%d", i);
    refusal_add_error(&refusal, pointer, "%d is not below %d", 400000 + i, 400000);
  }
  ck_assert_uint_eq(refusal.error_count, REFUSAL_ERRORS_MAX);
  ck_assert_str_eq(refusal.errors[3].pointer, "#/indices/3");
  ck_assert_str_eq(refusal.errors[3].detail, "400003 is not below 400000");
}
END_TEST

START_TEST(quote_shows_bytes_safely) {
  char out[REFUSAL_QUOTED];
  ck_assert_str_eq(refusal_quote(out, "caf\xC3\xA9", 5), "\"caf\xC3\xA9\"");
  ck_assert_str_eq(refusal_quote(out, "", 0), "\"\"");
  ck_assert_str_eq(refusal_quote(out, "a\0\n\x7F", 4), "\"a\\x00\\x0A\\x7F\"");
  ck_assert_str_eq(refusal_quote(out, "\xFFz", 2), "\"\xEF\xBF\xBDz\"");
}
END_TEST

START_TEST(quote_cuts_long_words) {
  char word[5000], out[REFUSAL_QUOTED];
  for (int fill = 0; fill < 256; fill += 5) {
    memset(word, fill, sizeof word);
    refusal_quote(out, word, sizeof word);
    size_t length = strlen(out);
    ck_assert_uint_lt(length, REFUSAL_QUOTED);
    ck_assert_uint_gt(length, REFUSAL_QUOTED / 2);
    ck_assert(utf8_valid(out, length));
    ck_assert_str_eq(out + length - 4, "\xE2\x80\xA6\"");
  }
}
END_TEST

static const struct {
  enum status status;
  unsigned http_status;
} mapped[] = {
    {STATUS_NO_MEMORY, 503},    {STATUS_LIMIT, 503}, {STATUS_BUSY, 503},    {STATUS_NOT_FOUND, 404},
    {STATUS_BAD_ARGUMENT, 422}, {STATUS_IO, 500},    {STATUS_DAMAGED, 500}, {STATUS_LOST, 503},
};

START_TEST(a_status_maps_to_a_kind) {
  struct refusal refusal;
  refusal_from_status(&refusal, mapped[_i].status, "row 7");
  ck_assert_uint_eq(refusal_type_of(refusal.kind)->http_status, mapped[_i].http_status);
  ck_assert(strncmp(refusal.detail, "row 7: ", 7) == 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/refusal");
  TCase *cases = tcase_create("refusal");
  tcase_add_loop_test(cases, every_kind_has_its_status_and_code, 0, REFUSAL_COUNT);
  tcase_add_test(cases, set_starts_afresh);
  tcase_add_test(cases, ill_formed_bytes_become_u_fffd);
  tcase_add_test(cases, a_long_detail_is_cut_at_a_character);
  tcase_add_test(cases, errors_are_kept_up_to_their_limit);
  tcase_add_test(cases, quote_shows_bytes_safely);
  tcase_add_test(cases, quote_cuts_long_words);
  tcase_add_loop_test(cases, a_status_maps_to_a_kind, 0, (int)(sizeof mapped / sizeof mapped[0]));
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
