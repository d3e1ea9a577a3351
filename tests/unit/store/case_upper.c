/* Upper case: known forms of each kind, what is no text, and every character against Python's. */
#include "store/case_upper.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "tests/support/suite.h"

static const struct {
  const char *word, *upper;
} known[] = {
    {"", ""},
    {"cat", "CAT"},
    {"Cat-9_z[@`{", "CAT-9_Z[@`{"},
    {"stra\xC3\x9F"
     "e",
     "STRASSE"},
    {"\xC3\xA4\xC3\x84", "\xC3\x84\xC3\x84"},                 /* äÄ */
    {"\xC5\x89", "\xCA\xBCN"},                                /* U+0149: two characters */
    {"\xCE\x90", "\xCE\x99\xCC\x88\xCC\x81"},                 /* U+0390: three times the bytes */
    {"\xEF\xAC\x83", "FFI"},                                  /* U+FB03, a ligature */
    {"\xC4\xB1", "I"},                                        /* dotless i: fewer bytes */
    {"\xCF\x83\xCF\x82", "\xCE\xA3\xCE\xA3"},                 /* both sigmas */
    {"\xE1\xBE\xB3", "\xCE\x91\xCE\x99"},                     /* U+1FB3 */
    {"\xD0\xBC\xD0\xB8\xD1\x80", "\xD0\x9C\xD0\x98\xD0\xA0"}, /* мир */
    {"\xF0\x90\x90\xA8", "\xF0\x90\x90\x80"},                 /* U+10428 */
    {"caf\xE9", "CAF\xE9"},                                   /* Latin-1 */
    {"a\xC3", "A\xC3"},                                       /* cut off */
    {"\xED\xA0\x80z", "\xED\xA0\x80Z"},                       /* a surrogate */
};

START_TEST(known_forms) {
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    char out[128];
    size_t length = case_upper(known[i].word, strlen(known[i].word), out);
    ck_assert_uint_eq(length, strlen(known[i].upper));
    ck_assert_mem_eq(out, known[i].upper, length);
  }
  char out[9];
  ck_assert_uint_eq(case_upper("a\0b", 3, out), 3);
  ck_assert_mem_eq(out, "A\0B", 3);
}
END_TEST

static size_t encode(uint32_t c, char out[4]) {
  if (c < 0x80) return out[0] = (char)c, 1;
  if (c < 0x800) return out[0] = (char)(0xC0 | c >> 6), out[1] = (char)(0x80 | (c & 63)), 2;
  out[0] = (char)(0xE0 | c >> 12);
  out[1] = (char)(0x80 | (c >> 6 & 63));
  out[2] = (char)(0x80 | (c & 63));
  return 3;
}

/* FNV-1a of the UTF-8 of "".join(chr(c).upper() for c below 0x2C00), by Python 3.11, but for four characters that had
 * no upper case before Unicode 16. */
START_TEST(every_character_of_the_old_scripts) {
  static const uint32_t young[] = {0x19B, 0x264, 0x1C89, 0x1C8A};
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint32_t c = 0; c < 0x2C00; c++) {
    char word[4], out[3 * sizeof word];
    if (c == young[0] || c == young[1] || c == young[2] || c == young[3]) continue;
    size_t length = case_upper(word, encode(c, word), out);
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)out[i]) * 0x100000001b3u;
  }
  ck_assert_msg(hash == 0x10b3f37380742669u, "%#llx", (unsigned long long)hash);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/case_upper", &tcase);
  tcase_add_test(tcase, known_forms);
  tcase_add_test(tcase, every_character_of_the_old_scripts);
  return suite_run(suite);
}
