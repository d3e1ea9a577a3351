/* Entity tags and If-None-Match by the words of RFC 9110, sections 8.8.3 and 13.1.2. */
#include "server/etag.h"

#include <check.h>
#include <string.h>

#include "server/version.h"
#include "tests/support/suite.h"

#define DIGEST "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"
#define TAG "\"" DIGEST "-json-" WORDVEC_VERSION "-0123456789abcdef\""
#define LONG "\"" DIGEST "-json-" WORDVEC_VERSION "-0123456789abcdef-424\""

START_TEST(parts_in_their_order) {
  char tag[ETAG_SIZE];
  struct etag_parts parts = {
      .digests = {DIGEST, OTHER}, .count = 1, .representation = "json", .rest = 0x0123456789abcdef};
  etag_write(&parts, tag);
  ck_assert_str_eq(tag, TAG);
  etag_add_length(tag, 424);
  ck_assert_str_eq(tag, LONG);
  parts.count = 2;
  etag_write(&parts, tag);
  ck_assert_str_eq(tag, "\"" DIGEST "+" OTHER "-json-" WORDVEC_VERSION "-0123456789abcdef\"");
  parts = (struct etag_parts){.representation = "npy", .rest = 1};
  etag_write(&parts, tag);
  etag_add_length(tag, ETAG_LENGTH_UNKNOWN);
  ck_assert_str_eq(tag, "\"npy-" WORDVEC_VERSION "-0000000000000001\"");
  etag_add_length(tag, 0);
  ck_assert_str_eq(tag, "\"npy-" WORDVEC_VERSION "-0000000000000001-0\"");
}
END_TEST

START_TEST(as_many_as_a_choice_may_have) {
  char tag[ETAG_SIZE];
  struct etag_parts parts = {.count = ETAG_DIGESTS_MAX, .representation = "octet-stream", .rest = UINT64_MAX};
  for (size_t i = 0; i < ETAG_DIGESTS_MAX; i++) parts.digests[i] = i % 2 ? OTHER : DIGEST;
  etag_write(&parts, tag);
  etag_add_length(tag, UINT64_C(9999999999999));
  ck_assert_uint_lt(strlen(tag), sizeof tag);
  static const char end[] = "-ffffffffffffffff-9999999999999\"";
  ck_assert_str_eq(tag + strlen(tag) - strlen(end), end);
}
END_TEST

static const struct {
  const char *field;
  bool listed;
  uint64_t length;
} fields[] = {
    {LONG, true, 424},
    {TAG, true, ETAG_LENGTH_UNKNOWN},
    {"W/" LONG, true, 424}, /* a proxy that compresses makes it weak */
    {"\"x\", " LONG, true, 424},
    {"\"x\",W/\"y\"\t,\t" LONG " , \"z\"", true, 424},
    {" ,, " LONG ",", true, 424},
    {"\"a,b\", " LONG, true, 424}, /* a comma in a tag ends none */
    {"\"\", " LONG, true, 424},
    {"\"\xc3\xa4\", " LONG, true, 424},
    {"", false, 0},
    {"*", false, 0},
    {"*, " LONG, false, 0},
    {"w/" LONG, false, 0}, /* it is case-sensitive */
    {"W/ " LONG, false, 0},
    {DIGEST, false, 0},
    {"\"" DIGEST "\"", false, 0},
    {"\"x\" " LONG, false, 0},
    {"\"a b\", " LONG, false, 0},
    {"\"" DIGEST "-json-" WORDVEC_VERSION "-0123456789abcdef", false, 0}, /* no quote ends it */
    {"\"" DIGEST "-npy-" WORDVEC_VERSION "-0123456789abcdef-424\"", false, 0},
    {"\"" DIGEST "-json-" WORDVEC_VERSION "-0123456789abcdee-424\"", false, 0},
    {"\"" DIGEST "-json-" WORDVEC_VERSION "-0123456789abcdef-\"", false, 0},
    {"\"" DIGEST "-json-" WORDVEC_VERSION "-0123456789abcdef-4x\"", false, 0},
    {"\"" DIGEST "-json-" WORDVEC_VERSION "-0123456789abcdef_424\"", false, 0},
    {"\"" DIGEST "-json-" WORDVEC_VERSION "-0123456789abcdef-1000000000000000000\"", false, 0},
};

START_TEST(tags_of_a_list) {
  uint64_t length = 7;
  ck_assert_msg(etag_listed(fields[_i].field, TAG, &length) == fields[_i].listed, "%s", fields[_i].field);
  if (fields[_i].listed) ck_assert_uint_eq(length, fields[_i].length);
}
END_TEST

START_TEST(a_star_stands_alone) {
  ck_assert(etag_any("*"));
  ck_assert(etag_any(" * \t"));
  ck_assert(!etag_any(""));
  ck_assert(!etag_any("*, \"x\""));
  ck_assert(!etag_any("\"*\""));
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/etag", &tcase);
  tcase_add_test(tcase, parts_in_their_order);
  tcase_add_test(tcase, as_many_as_a_choice_may_have);
  tcase_add_loop_test(tcase, tags_of_a_list, 0, (int)(sizeof fields / sizeof fields[0]));
  tcase_add_test(tcase, a_star_stands_alone);
  return suite_run(suite);
}
