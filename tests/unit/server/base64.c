/* Base64 against the vectors of RFC 4648, section 10, and every length and digit by decoding it again. */
#include "server/base64.h"

#include <check.h>
#include <string.h>

#include "server/json_text.h"
#include "tests/support/numbers.h"
#include "tests/support/suite.h"

START_TEST(vectors_of_the_rfc) {
  static const char *const vectors[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    char text[16] = "";
    ck_assert_uint_eq(base64_length(strlen(vectors[i][0])), strlen(vectors[i][1]));
    base64_encode(vectors[i][0], strlen(vectors[i][0]), text);
    ck_assert_str_eq(text, vectors[i][1]);
  }
}
END_TEST

static unsigned value_of(char digit) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *at = digit ? strchr(digits, digit) : NULL;
  ck_assert_msg(at != NULL, "'%c' is no digit", digit);
  return (unsigned)(at - digits);
}

START_TEST(reads_back) {
  struct numbers numbers = {7};
  for (size_t length = 0; length < 200; length++) {
    unsigned char bytes[200];
    char text[272] = "";
    for (size_t i = 0; i < length; i++) bytes[i] = (unsigned char)numbers_next(&numbers);
    base64_encode(bytes, length, text);
    ck_assert_uint_eq(strlen(text), base64_length(length));
    size_t padding = (3 - length % 3) % 3;
    for (size_t i = 0; i < padding; i++) ck_assert_int_eq(text[strlen(text) - 1 - i], '=');
    for (size_t i = 0; i < length; i++) {
      const char *group = text + i / 3 * 4;
      unsigned first = value_of(group[i % 3]), second = value_of(group[i % 3 + 1]);
      unsigned shift = 2 * (unsigned)(i % 3) + 2;
      ck_assert_uint_eq((first << shift | second >> (6 - shift)) & 0xFF, bytes[i]);
    }
  }
}
END_TEST

START_TEST(as_a_json_string) {
  struct bytes out;
  struct json_text text;
  bytes_init(&out, 100);
  json_text_init(&text, &out);
  json_text_open(&text, '[');
  json_text_base64(&text, "foob", 4);
  json_text_base64(&text, "", 0);
  json_text_close(&text, ']');
  ck_assert_int_eq(json_text_end(&text), STATUS_OK);
  ck_assert_uint_eq(out.length, strlen("[\"Zm9vYg==\",\"\"]\n"));
  ck_assert_mem_eq(out.data, "[\"Zm9vYg==\",\"\"]\n", out.length);
  json_text_init(&text, &out);
  json_text_base64(&text, out.data, 80);
  ck_assert_int_eq(json_text_end(&text), STATUS_LIMIT);
  bytes_release(&out);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/base64", &tcase);
  tcase_add_test(tcase, vectors_of_the_rfc);
  tcase_add_test(tcase, reads_back);
  tcase_add_test(tcase, as_a_json_string);
  return suite_run(suite);
}
