/* Powers and scores of 3CosMul against their definition. */
#include "store/search/cosmul.h"

#include <check.h>
#include <math.h>

START_TEST(a_power_is_that_of_the_shifted_cosine) {
  static const double cosines[] = {-1, -0.75, -0.1, 0, 0.3, 0.999, 1};
  static const double weights[] = {0, 1, -1, 2, -2, 3, 17, 64, 65, 0.5, -0.5, 1.75, 1e-300};
  for (size_t i = 0; i < sizeof cosines / sizeof *cosines; i++)
    for (size_t j = 0; j < sizeof weights / sizeof *weights; j++) {
      double wanted = pow((1 + cosines[i]) / 2, fabs(weights[j])), got = cosmul_power(cosines[i], weights[j]);
      ck_assert_msg(fabs(got - wanted) <= 1e-14 * wanted, "%g ^ %g: %a instead of %a", cosines[i], weights[j], got,
                    wanted);
    }
}
END_TEST

/* Products of squares: no library has a say in it. */
START_TEST(whole_exponents_are_multiplied_out) {
  double base = (1 + 0.3) / 2;
  ck_assert_double_eq(cosmul_power(0.3, 1), base);
  ck_assert_double_eq(cosmul_power(0.3, -2), base * base);
  ck_assert_double_eq(cosmul_power(0.3, 3), base * (base * base));
  ck_assert_double_eq(cosmul_power(0.3, 5), base * ((base * base) * (base * base)));
}
END_TEST

/* Cosines pass 1 by an ulp or two, and weights may be as large as float32 are. */
START_TEST(a_power_is_never_beyond_its_range) {
  static const double weights[] = {0.5, 1, 2, 63, 1e38};
  double above = nextafter(nextafter(1, 2), 2), below = -above;
  for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
    ck_assert_double_eq(cosmul_power(above, weights[i]), 1);
    ck_assert_double_eq(cosmul_power(below, weights[i]), 0);
  }
  ck_assert_double_eq(cosmul_power(0.5, 1e38), 0);
  ck_assert_double_eq(cosmul_power(below, 0), 1);
}
END_TEST

START_TEST(a_score_is_never_infinite) {
  ck_assert_double_eq(cosmul_score(1, 0), 1 / 0.000001);
  ck_assert_double_eq(cosmul_score(0.5, 0.25), 0.5 / 0.250001);
  ck_assert_double_eq(cosmul_score(0, 0), 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/search/cosmul");
  TCase *tcase = tcase_create("cosmul");
  tcase_add_test(tcase, a_power_is_that_of_the_shifted_cosine);
  tcase_add_test(tcase, whole_exponents_are_multiplied_out);
  tcase_add_test(tcase, a_power_is_never_beyond_its_range);
  tcase_add_test(tcase, a_score_is_never_infinite);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}
