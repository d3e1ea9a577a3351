/* Bodies that are not what RFC 8259 and the contract allow, each refused with its place; and the estimate of a tree's
 * memory against what jansson allocates. */
#include "server/request_json.h"

#include <check.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "server/request_json_memory.h"
#include "tests/support/suite.h"

static struct service service;

static void set_up(void) {
  service.limits.json_depth = 64;
  service.parsing.limit = (size_t)1 << 30;
  atomic_store(&service.parsing.used, 0);
}

static const struct {
  const char *bytes;
  size_t length; /* 0: as long as the text */
  const char *place;
} malformed[] = {
    {"[", 0, "line 1, column 1"},
    {"{\"a\":1", 0, "line 1"},
    {"{\"a\":}", 0, "line 1, column 6"},
    {"{\"a\":1,}", 0, "line 1, column 8"},
    {"{'a':1}", 0, "line 1, column 2"},
    {"{\"a\":1} x", 0, "line 1, column 9"},
    {"{\"a\":1}\n\n{}", 0, "line 3, column 1"},
    {"{\"a\":1}\0", 8, "line 1, column 8"},
    {"{\"a\":1,\n\"a\":2}", 0, "line 2"},
    {"{\"a\":\"\\u0000\"}", 0, "line 1"},
    {"{\"a\\u0000\":1}", 0, "line 1"},
    {"{\"a\":\"\\ud834\"}", 0, "line 1"},
    {"{\"a\":\"\\udd1e\"}", 0, "line 1"},
    {"{\"a\":\"\\ud834\\u0041\"}", 0, "line 1"},
    {"{\"a\":\"x\xFFy\"}", 0, "line 1"},
    {"{\"a\":\"\xED\xA0\x80\"}", 0, "line 1"},
    {"{\"a\":\"\xC0\x80\"}", 0, "line 1"},
    {"{\"a\":\"\xC3\"}", 0, "line 1"},
    {"{\"a\":\"x\ny\"}", 0, "line 1"},
    {"{\"a\":\"x\0y\"}", 10, "line 1"},
    {"\xEF\xBB\xBF{}", 0, "line 1, column 1 (byte 0)"},
    {"{\"a\":9223372036854775808}", 0, "line 1"},
    {"{\"a\":-9223372036854775809}", 0, "line 1"},
    {"{\"a\":1e999}", 0, "line 1"},
    {"{\"a\":-1e999}", 0, "line 1"},
    {"{\"a\":01}", 0, "line 1"},
    {"{\"a\":+1}", 0, "line 1"},
    {"{\"a\":.5}", 0, "line 1"},
    {"{\"a\":1.}", 0, "line 1"},
    {"{\"a\":0x10}", 0, "line 1"},
    {"{\"a\":NaN}", 0, "line 1"},
    {"{\"a\":Infinity}", 0, "line 1"},
    {"{\"a\":tru}", 0, "line 1"},
    {"{\"a\":\"\\x41\"}", 0, "line 1"},
    {"// comment\n{}", 0, "line 1, column 1"},
    {" ", 0, "line 1"},
    {"", 0, "empty"},
};

START_TEST(malformed_bodies_are_refused_with_their_place) {
  struct request_json body;
  struct refusal refusal;
  /* Copied to the byte, so that a sanitizer sees a read behind it. */
  size_t length = malformed[_i].length ? malformed[_i].length : strlen(malformed[_i].bytes);
  char *bytes = malloc(length ? length : 1);
  ck_assert_ptr_nonnull(bytes);
  memcpy(bytes, malformed[_i].bytes, length);
  ck_assert_msg(!request_json_parse(&body, &service, bytes, length, &refusal), "%s", malformed[_i].bytes);
  ck_assert_int_eq(refusal.kind, REFUSAL_MALFORMED);
  ck_assert_msg(strstr(refusal.detail, malformed[_i].place) != NULL, "%s: %s", malformed[_i].bytes, refusal.detail);
  request_json_release(&body);
  ck_assert_uint_eq(atomic_load(&service.parsing.used), 0);
  free(bytes);
}
END_TEST

static const char *const well_formed[] = {
    "{}",
    " {\"a\" : [ 1 , -0.5e-3 , \"x\\ud834\\udd1ey\" , null , true ] }\r\n",
    "{\"a\":9223372036854775807,\"b\":-9223372036854775808,\"c\":1e308,\"d\":1e-999}",
    "{\"[[[[\":\"]]]]{{{{\\\"\",\"b\":\"\\\\\"}",
    "[]",
    "7",
};

START_TEST(well_formed_bodies_are_read) {
  struct request_json body;
  struct refusal refusal;
  ck_assert_msg(request_json_parse(&body, &service, well_formed[_i], strlen(well_formed[_i]), &refusal), "%s: %s",
                well_formed[_i], refusal.detail);
  ck_assert_ptr_nonnull(body.root);
  ck_assert_uint_gt(atomic_load(&service.parsing.used), 0);
  request_json_release(&body);
  ck_assert_uint_eq(atomic_load(&service.parsing.used), 0);
}
END_TEST

/* `depth` containers around nothing, arrays or objects by turns. */
static size_t nest(char *out, size_t depth) {
  size_t length = 0;
  for (size_t i = 0; i < depth; i++) length += (size_t)sprintf(out + length, i % 2 ? "{\"]\":" : "[\n");
  length += (size_t)sprintf(out + length, "1");
  for (size_t i = depth; i-- > 0;) out[length++] = i % 2 ? '}' : ']';
  out[length] = '\0';
  return length;
}

START_TEST(depth_is_limited) {
  char text[20000];
  struct request_json body;
  struct refusal refusal;
  ck_assert(request_json_parse(&body, &service, text, nest(text, 64), &refusal));
  request_json_release(&body);
  ck_assert(!request_json_parse(&body, &service, text, nest(text, 65), &refusal));
  ck_assert_int_eq(refusal.kind, REFUSAL_MALFORMED);
  ck_assert_ptr_nonnull(strstr(refusal.detail, "nested deeper than 64"));
  ck_assert_ptr_nonnull(strstr(refusal.detail, "line 33, column 6"));
  ck_assert(!request_json_parse(&body, &service, text, nest(text, 2500), &refusal));
  service.limits.json_depth = 1;
  ck_assert(request_json_parse(&body, &service, "{\"a\":\"[[\"}", 10, &refusal));
  request_json_release(&body);
  ck_assert(!request_json_parse(&body, &service, "{\"a\":[]}", 8, &refusal));
}
END_TEST

START_TEST(the_budget_is_taken_before_the_memory) {
  struct request_json body;
  struct refusal refusal;
  const char *deep;
  size_t need = request_json_estimate("{\"a\":1}", 7, 64, &deep);
  service.parsing.limit = need - 1;
  ck_assert(!request_json_parse(&body, &service, "{\"a\":1}", 7, &refusal));
  ck_assert_int_eq(refusal.kind, REFUSAL_BUSY);
  service.parsing.limit = need;
  ck_assert(request_json_parse(&body, &service, "{\"a\":1}", 7, &refusal));
  ck_assert_uint_eq(atomic_load(&service.parsing.used), need);
  request_json_release(&body);
}
END_TEST

static const char *const amplifiers[] = {
    "{},",
    "[],",
    "1,",
    "\"\",",
    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",",
    "{\"a\":1},",
    "[[]],",
    "[1],",
    "0.5,",
    "null,",
    "{\"a\":{}},",
    "[[[1]]],",
    "\"\\n\",",
    "[\"a\",1],",
    "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9},",
};

/* 100 KB of each, and what the tree really takes of the heap. */
START_TEST(the_estimate_is_an_upper_bound) {
  enum { SIZE = 100000 };
  char *text = malloc(SIZE + 200);
  ck_assert_ptr_nonnull(text);
  size_t length = 0, step = strlen(amplifiers[_i]);
  text[length++] = '[';
  while (length < SIZE) {
    memcpy(text + length, amplifiers[_i], step);
    length += step;
  }
  text[length - 1] = ']';
  const char *deep;
  size_t estimate = request_json_estimate(text, length, 64, &deep);
  ck_assert_ptr_null(deep);
  size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
  size_t taken = mallinfo2().uordblks + mallinfo2().hblkhd - before;
  ck_assert_ptr_nonnull(root);
  ck_assert_msg(taken <= estimate, "%s takes %zu, not %zu", amplifiers[_i], taken, estimate);
  json_decref(root);
  free(text);
}
END_TEST

/* One object of many keys grows one table. */
START_TEST(the_estimate_bounds_many_keys) {
  enum { KEYS = 20000 };
  char *text = malloc(KEYS * 20);
  ck_assert_ptr_nonnull(text);
  size_t length = 0;
  for (size_t i = 0; i < KEYS; i++) length += (size_t)sprintf(text + length, "%c\"%zu\":1", i ? ',' : '{', i);
  text[length++] = '}';
  const char *deep;
  size_t estimate = request_json_estimate(text, length, 64, &deep);
  size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
  size_t taken = mallinfo2().uordblks + mallinfo2().hblkhd - before;
  ck_assert_ptr_nonnull(root);
  ck_assert_msg(taken <= estimate, "takes %zu, not %zu", taken, estimate);
  json_decref(root);
  free(text);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/request_json", &tcase);
  request_json_guard_memory(); /* as the daemon does: what it adds counts, too */
  tcase_add_checked_fixture(tcase, set_up, NULL);
  tcase_add_loop_test(tcase, malformed_bodies_are_refused_with_their_place, 0,
                      (int)(sizeof malformed / sizeof *malformed));
  tcase_add_loop_test(tcase, well_formed_bodies_are_read, 0, (int)(sizeof well_formed / sizeof *well_formed));
  tcase_add_test(tcase, depth_is_limited);
  tcase_add_test(tcase, the_budget_is_taken_before_the_memory);
  tcase_add_loop_test(tcase, the_estimate_is_an_upper_bound, 0, (int)(sizeof amplifiers / sizeof *amplifiers));
  tcase_add_test(tcase, the_estimate_bounds_many_keys);
  return suite_run(suite);
}
