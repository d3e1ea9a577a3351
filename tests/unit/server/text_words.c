/* The words of texts: white space and punctuation as Unicode has them, and every text taken apart without loss. */
#include "server/text_words.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/numbers.h"
#include "tests/support/suite.h"

/* The pieces of a text and their bare forms, "piece=bare|piece=bare". */
static void expect_pieces(const char *text, const char *wanted) {
  struct word rest = {text, strlen(text)}, piece;
  char got[512] = "";
  size_t used = 0;
  while (text_words_next(&rest, &piece)) {
    struct word bare = text_words_bare(piece);
    used += (size_t)snprintf(got + used, sizeof got - used, "%s%.*s=%.*s", used ? "|" : "", (int)piece.length,
                             piece.bytes, (int)bare.length, bare.bytes);
  }
  ck_assert_str_eq(got, wanted);
  ck_assert_uint_eq(rest.length, 0);
  ck_assert(!text_words_next(&rest, &piece));
}

START_TEST(pieces) {
  expect_pieces("", "");
  expect_pieces(" \t\r\n ", "");
  expect_pieces("cat", "cat=cat");
  expect_pieces("The cat  sat.", "The=The|cat=cat|sat.=sat");
  expect_pieces("\"Don't!\" (he said)", "\"Don't!\"=Don't|(he=he|said)=said");
  expect_pieces("u.s. $100 100% C++", "u.s.=u.s|$100=100|100%=100|C++=C");
  expect_pieces("a - b", "a=a|-=|b=b");
  expect_pieces("</s> state-of-the-art", "</s>=s|state-of-the-art=state-of-the-art");
}
END_TEST

START_TEST(unicode) {
  /* NBSP, ideographic space, line separator, NEL. */
  expect_pieces(
      "a\u00a0b\u3000c\u2028d\xc2\x85"
      "e",
      "a=a|b=b|c=c|d=d|e=e");
  /* Zero-width space and word joiner are no white space. */
  expect_pieces("a\u200bb\u2060", "a\u200bb\u2060=a\u200bb\u2060");
  expect_pieces("«été» “naïve”… ¿qué? 日本。", "«été»=été|“naïve”…=naïve|¿qué?=qué|日本。=日本");
  /* Symbols: currency, mathematics, a pictograph. */
  expect_pieces("€5 ≠x 😀hi😀 —", "€5=5|≠x=x|😀hi😀=hi|—=");
  /* A combining mark belongs to its letter. */
  expect_pieces("e\u0301!", "e\u0301!=e\u0301");
}
END_TEST

/* Every character of ASCII: the 32 that are printed and neither letters nor digits are stripped. */
START_TEST(ascii) {
  int stripped = 0;
  for (char c = 1; c > 0 && c < 127; c++) {
    char text[4] = {'a', c, 'a', '\0'};
    struct word rest = {text, 3}, piece, bare = text_words_bare((struct word){&text[1], 1});
    bool whole = text_words_next(&rest, &piece) && piece.length == 3;
    bool space = strchr("\t\n\v\f\r \x1c\x1d\x1e\x1f", c) != NULL;
    ck_assert_msg(whole == !space, "%d", c);
    bool punctuation = strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", c) != NULL;
    ck_assert_msg((bare.length == 0) == punctuation, "%d", c);
    stripped += bare.length == 0;
  }
  ck_assert_int_eq(stripped, 32);
}
END_TEST

/* Any bytes: pieces lie in the text in order, what is between them is white space, and bare forms lie in their piece.
 */
START_TEST(any_bytes) {
  static const char *const parts[] = {"a",    ".",      " ", "\n",      "\xc3", "\xa9", "\xe2\x80\x94",
                                      "\xff", "\u3000", "é", "\xf0\x9f"};
  struct numbers numbers = {11};
  for (int round = 0; round < 2000; round++) {
    char text[64] = "";
    uint32_t count = numbers_below(&numbers, 12);
    for (uint32_t i = 0; i < count; i++) strcat(text, parts[numbers_below(&numbers, sizeof parts / sizeof *parts)]);
    struct word rest = {text, strlen(text)}, piece;
    const char *at = text;
    while (text_words_next(&rest, &piece)) {
      ck_assert_uint_gt(piece.length, 0);
      ck_assert(piece.bytes >= at && piece.bytes + piece.length == rest.bytes);
      for (; at < piece.bytes; at++) ck_assert(*at == ' ' || *at == '\n' || strchr("\xe3\x80\x80", *at));
      struct word bare = text_words_bare(piece);
      ck_assert(bare.bytes >= piece.bytes && bare.bytes + bare.length <= piece.bytes + piece.length);
      at = rest.bytes;
    }
    ck_assert_ptr_eq(rest.bytes, text + strlen(text));
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/text_words", &tcase);
  tcase_add_test(tcase, pieces);
  tcase_add_test(tcase, unicode);
  tcase_add_test(tcase, ascii);
  tcase_add_test(tcase, any_bytes);
  return suite_run(suite);
}
