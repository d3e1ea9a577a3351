/* Folded forms: known ones of each kind, bytes that are no text, and what must hold of every character. */
#include "store/case_fold.h"

#include <check.h>
#include <string.h>

#include "store/utf8.h"
#include "tests/support/effort.h"
#include "tests/support/suite.h"

/* From CaseFolding.txt, but for what is no UTF-8. Python's str.casefold() gives the same for all code points. */
static const struct {
  const char *word, *folded;
} known[] = {
    {"", ""},
    {"cat", "cat"},
    {"CAT-9_Z[@`{", "cat-9_z[@`{"},
    {"Stra\xC3\x9F"
     "e",
     "strasse"},
    {"STRASSE", "strasse"},
    {"\xE1\xBA\x9E", "ss"},                                   /* U+1E9E, the capital of it */
    {"\xC3\x84\xC3\xA4", "\xC3\xA4\xC3\xA4"},                 /* Ää */
    {"\xCE\xA3\xCF\x83\xCF\x82", "\xCF\x83\xCF\x83\xCF\x83"}, /* three sigmas, one of them final */
    {"\xD0\x9C\xD0\x98\xD0\xA0", "\xD0\xBC\xD0\xB8\xD1\x80"}, /* МИР */
    {"\xEF\xAC\x83", "ffi"},                                  /* U+FB03, a ligature */
    {"\xCE\x90", "\xCE\xB9\xCC\x88\xCC\x81"},                 /* U+0390: three times the bytes */
    {"\xE2\x84\xAA", "k"},                                    /* U+212A, the Kelvin sign: fewer bytes */
    {"I\xC4\xB0\xC4\xB1", "ii\xCC\x87\xC4\xB1"},              /* not as in Turkish */
    {"\xF0\x90\x90\x80", "\xF0\x90\x90\xA8"},                 /* U+10400 */
    {"\xEA\xAD\xB0", "\xE1\x8E\xA0"},                         /* U+AB70: Cherokee folds to capitals */
    {"E\xCC\x81", "e\xCC\x81"},                               /* an accent of its own stays one */
    {"\xC2\xA0\xE2\x80\x8B", "\xC2\xA0\xE2\x80\x8B"},         /* and spaces that cannot be seen */
    {"CAF\xC9", "caf\xC9"},                                   /* Latin-1 */
    {"\xC3"
     "A\xC3\x84\xFF\x80",
     "\xC3"
     "a\xC3\xA4\xFF\x80"}, /* cut off, whole, and no lead byte */
    {"\xED\xA0\x80\xF4\x90\x80\x80"
     "Z",
     "\xED\xA0\x80\xF4\x90\x80\x80"
     "z"}, /* a surrogate, beyond U+10FFFF */
};

static size_t fold_text(const char *text, char *out) {
  return case_fold(text, strlen(text), out);
}

START_TEST(known_forms) {
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    char out[128];
    size_t length = fold_text(known[i].word, out);
    ck_assert_uint_eq(length, strlen(known[i].folded));
    ck_assert_mem_eq(out, known[i].folded, length);
    ck_assert(case_fold_equals(known[i].word, strlen(known[i].word), known[i].folded, length));
  }
}
END_TEST

START_TEST(a_zero_byte_is_a_character) {
  char out[16];
  ck_assert_uint_eq(case_fold("A\0B", 3, out), 3);
  ck_assert_mem_eq(out, "a\0b", 3);
}
END_TEST

START_TEST(other_forms_are_not_equal) {
  ck_assert(!case_fold_equals("cat", 3, "ca", 2));
  ck_assert(!case_fold_equals("ca", 2, "cat", 3));
  ck_assert(!case_fold_equals("cat", 3, "cut", 3));
  ck_assert(!case_fold_equals("CAT", 3, "CAT", 3));
  ck_assert(!case_fold_equals("\xC3\x9F", 2, "s", 1));
  ck_assert(case_fold_equals("", 0, "", 0));
}
END_TEST

static size_t encode(uint32_t c, char out[4]) {
  if (c < 0x80) return out[0] = (char)c, 1;
  size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
  out[0] = (char)((0xF00u >> length & 0xFF) | c);
  return length;
}

START_TEST(every_character_grows_within_the_bound_and_folds_once) {
  uint32_t step = (uint32_t)(61 / effort(61)); /* under valgrind, one in 61 */
  for (uint32_t c = 0; c < 0x110000; c += step) {
    if (c >= 0xD800 && c < 0xE000) continue;
    char text[4], once[64], twice[64];
    size_t length = encode(c, text);
    size_t first = case_fold(text, length, once);
    bool bounded = first >= 1 && first <= CASE_FOLD_GROWTH * length && utf8_valid(once, first);
    size_t second = case_fold(once, first, twice);
    bool settled = first == second && memcmp(once, twice, first) == 0;
    if (!bounded || !settled || !case_fold_equals(text, length, once, first)) ck_abort_msg("U+%04X", c);
  }
}
END_TEST

START_TEST(the_version_is_of_unicode) {
  ck_assert_uint_ge(case_fold_version(), 0x0C0000);
  ck_assert_uint_lt(case_fold_version(), 0x400000);
}
END_TEST

int main(void) {
  TCase *cases;
  Suite *suite = suite_of("store/case_fold", &cases);
  tcase_add_test(cases, known_forms);
  tcase_add_test(cases, a_zero_byte_is_a_character);
  tcase_add_test(cases, other_forms_are_not_equal);
  tcase_add_test(cases, every_character_grows_within_the_bound_and_folds_once);
  tcase_add_test(cases, the_version_is_of_unicode);
  return suite_run(suite);
}
