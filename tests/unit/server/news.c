/* What is kept is told in order, once. */
#include "server/news.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char told[256];

static void tell(void *context, bool failed, const char *model, const char *text) {
  ck_assert_ptr_eq(context, told);
  size_t used = strlen(told);
  snprintf(told + used, sizeof told - used, "%s%s: %s\n", failed ? "!" : "", model, text);
}

START_TEST(in_order_and_once) {
  struct news news = {0};
  char text[] = "one";
  told[0] = '\0';
  ck_assert(news_add(&news, false, "a", text));
  text[0] = 'x'; /* it was copied */
  ck_assert(news_add(&news, true, "", "two"));
  ck_assert(news_add(&news, false, "b", ""));
  ck_assert_str_eq(told, "");
  news_tell(&news, tell, told);
  ck_assert_str_eq(told, "a: one\n!: two\nb: \n");
  news_tell(&news, tell, told);
  ck_assert_str_eq(told, "a: one\n!: two\nb: \n");
}
END_TEST

START_TEST(used_again_and_without_a_listener) {
  struct news news = {0};
  told[0] = '\0';
  ck_assert(news_add(&news, false, "a", "one"));
  news_tell(&news, NULL, NULL);
  ck_assert(news_add(&news, false, "b", "two"));
  news_tell(&news, tell, told);
  ck_assert_str_eq(told, "b: two\n");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/news");
  TCase *tcase = tcase_create("news");
  tcase_add_test(tcase, in_order_and_once);
  tcase_add_test(tcase, used_again_and_without_a_listener);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
