/* Microseconds as the milliseconds of Server-Timing. */
#include "server/server_timing.h"

#include <check.h>

#include "tests/support/suite.h"

START_TEST(parts_and_digits) {
  static const struct {
    struct server_timing timing;
    const char *text;
  } cases[] = {
      {{.total = 0}, "total;dur=0.000"},
      {{.total = 7}, "total;dur=0.007"},
      {{.total = 120}, "total;dur=0.120"},
      {{.total = 1000}, "total;dur=1.000"},
      {{.total = 12345678}, "total;dur=12345.678"},
      {{.total = 5, .queue = 3}, "total;dur=0.005"},
      {{.total = 20010, .waited = true, .queue = 9, .search = 20000},
       "total;dur=20.010, queue;dur=0.009, search;dur=20.000"},
      {{.total = UINT64_MAX, .waited = true, .queue = UINT64_MAX, .search = UINT64_MAX},
       "total;dur=18446744073709551.615, queue;dur=18446744073709551.615, search;dur=18446744073709551.615"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[SERVER_TIMING_SIZE];
    server_timing_write(&cases[i].timing, text);
    ck_assert_str_eq(text, cases[i].text);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/server_timing", &tcase);
  tcase_add_test(tcase, parts_and_digits);
  return suite_run(suite);
}
