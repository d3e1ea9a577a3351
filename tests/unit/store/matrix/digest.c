/* The digest is what FORMAT.md says: XXH3-128 over lengths, words and floats laid end to end. */
#include "store/matrix/digest.h"

#include <check.h>
#include <string.h>
#include <xxhash.h>

#include "tests/support/suite.h"

START_TEST(rows_are_laid_end_to_end) {
  const float rows[2][2] = {{1.5f, -0.0f}, {3e-45f, 7.0f}};
  unsigned char bytes[64], expected[16], got[16];
  size_t length = 0;
  const uint32_t cat = 3, empty = 0;
  memcpy(bytes + length, &cat, 4), length += 4;
  memcpy(bytes + length, "cat", 3), length += 3;
  memcpy(bytes + length, rows[0], 8), length += 8;
  memcpy(bytes + length, &empty, 4), length += 4;
  memcpy(bytes + length, rows[1], 8), length += 8;
  XXH128_hash_t hash = XXH3_128bits(bytes, length);
  for (int i = 0; i < 8; i++) {
    expected[i] = (unsigned char)(hash.high64 >> (56 - 8 * i));
    expected[8 + i] = (unsigned char)(hash.low64 >> (56 - 8 * i));
  }
  struct digest *digest;
  ck_assert_int_eq(digest_new(&digest), STATUS_OK);
  digest_add(digest, (struct word){"cat", 3}, rows[0], 2);
  digest_add(digest, (struct word){"", 0}, rows[1], 2);
  digest_result(digest, got);
  digest_free(digest);
  ck_assert_mem_eq(got, expected, sizeof got);
}
END_TEST

START_TEST(hex_has_32_lower_case_digits) {
  const unsigned char bytes[16] = {0x00, 0x0F, 0xA0, 0xFF};
  char text[33];
  digest_hex(bytes, text);
  ck_assert_str_eq(text, "000fa0ff000000000000000000000000");
}
END_TEST

int main(void) {
  TCase *cases;
  Suite *suite = suite_of("store/matrix/digest", &cases);
  tcase_add_test(cases, rows_are_laid_end_to_end);
  tcase_add_test(cases, hex_has_32_lower_case_digits);
  return suite_run(suite);
}
