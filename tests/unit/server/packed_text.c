/* What is packed comes back, byte for byte, whatever its length; what cannot be packed is known. */
#include "server/packed_text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "store/float_text.h"
#include "tests/support/effort.h"
#include "tests/support/numbers.h"

enum { LENGTH_MOST = 300 };

/* Allocations of the exact size, so that a sanitizer sees what is read or written beyond them. */
static void check_round_trip(const char *text, size_t length) {
  uint8_t *packed = malloc(packed_text_size(length) + (length == 0));
  char *copy = malloc(length + 1), *exact = malloc(length + (length == 0));
  ck_assert(packed && copy && exact);
  memcpy(exact, text, length);
  memset(copy, '#', length + 1);
  ck_assert_msg(packed_text_can(exact, length), "%.*s", (int)length, text);
  packed_text_pack(exact, length, packed);
  packed_text_unpack(packed, length, copy);
  ck_assert_mem_eq(copy, text, length);
  ck_assert_int_eq(copy[length], '#');
  ck_assert_uint_le(packed_text_size(length), length / 2 + 16);
  free(packed);
  free(copy);
  free(exact);
}

START_TEST(every_length_comes_back) {
  static const char alphabet[] = "0123456789+,-.e";
  struct numbers numbers = {.state = 11};
  char text[LENGTH_MOST] = {0};
  for (size_t length = 0; length <= LENGTH_MOST; length++) {
    for (size_t i = 0; i < length; i++) text[i] = alphabet[numbers_below(&numbers, sizeof alphabet - 1)];
    check_round_trip(text, length);
  }
}
END_TEST

START_TEST(numbers_as_they_are_written_can_be_packed) {
  struct numbers numbers = {.state = 12};
  for (int round = 0; round < effort(2000); round++) {
    char text[16 * (FLOAT_TEXT_MAX + 1)];
    size_t length = 0;
    for (int i = 0; i < 16; i++) {
      length += float_text_write(text + length, numbers_float(&numbers, (enum flavour)(round % FLAVOUR_COUNT)));
      text[length++] = ',';
    }
    check_round_trip(text, length);
  }
}
END_TEST

/* One byte of all there are, at every place of two blocks: what is said to pack comes back, and letters, spaces and
 * brackets are not said to. */
START_TEST(what_cannot_be_packed_is_known) {
  char text[64];
  for (size_t place = 0; place < sizeof text; place++) {
    for (int byte = 0; byte < 256; byte++) {
      memset(text, '7', sizeof text);
      text[place] = (char)byte;
      if (packed_text_can(text, sizeof text))
        check_round_trip(text, sizeof text);
      else
        ck_assert_ptr_null(memchr("0123456789+,-.e", byte, 15));
    }
    for (const char *other = "[] aE/:x\n\377"; *other; other++) {
      text[place] = *other;
      ck_assert_msg(!packed_text_can(text, sizeof text), "%c", *other);
    }
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/packed_text");
  TCase *tcase = tcase_create("packed_text");
  tcase_add_test(tcase, every_length_comes_back);
  tcase_add_test(tcase, numbers_as_they_are_written_can_be_packed);
  tcase_add_test(tcase, what_cannot_be_packed_is_known);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}
