/* Heads as libmicrohttpd cuts them up, with and without bytes that no piece shows. */
#include "server/head.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* A head after it was cut up, '#' for NUL; `fields` are the names and values in it, by the place of their first byte,
 * and a name of NULL ends them. */
static const struct {
  const char *text;
  const char *names[3];
  const char *values[3];
  bool whole;
} heads[] = {
    {"GET#/a#HTTP/1.1##Host# a####", {"Host"}, {"a"}, true},
    {"GET#/a#HTTP/1.1#Host# a##", {"Host"}, {"a"}, true}, /* bare LFs */
    {"GET#  /a#HTTP/1.1##Host#a####", {"Host"}, {"a"}, true},
    {"GET#/a#HTTP/1.1##Host#a##X# \tb ####", {"Host", "X"}, {"a", "b "}, true},
    {"GET#/a#HTTP/1.1##Host#a##X######", {"Host", "X"}, {"a", "#"}, false}, /* "X:" and then ":" */
    {"GET#/a#HTTP/1.1##Host#a##X#####", {"Host", "X"}, {"a", "#"}, true},   /* "X:" */
    {"GET#/a#HTTP/1.1####", {NULL}, {NULL}, true},                          /* no field at all */
    {"GET#x#/a#HTTP/1.1##Host#a####", {"Host"}, {"a"}, false},              /* behind the method */
    {"GET#/a#b#HTTP/1.1##Host#a####", {"Host"}, {"a"}, false},              /* behind the target */
    {"GET#/a##HTTP/1.1##Host#a####", {"Host"}, {"a"}, false},               /* as little as a NUL */
    {"GET#/a#HTTP/1.1##Host#a#b####", {"Host"}, {"a"}, false},              /* behind the last value */
    {"GET#/a#HTTP/1.1##Host#a#####", {"Host"}, {"a"}, false},               /* a NUL alone, or the line ":" */
    {"GET#/a#HTTP/1.1##Host#a###", {"Host"}, {"a"}, false},                 /* the line ":" after bare LFs */
    {"GET#/a#HTTP/1.1##Host#a### c##", {"Host"}, {"a"}, false},             /* the line ": c" */
    {"GET#/a#HTTP/1.1##Length#1#x##X#b####", {"Length", "X"}, {"1", "b"}, false},
    {"GET#/a#HTTP/1.1##Length#1###X#b####", {"Length", "X"}, {"1", "b"}, false},
    {"GET#/a#HTTP/1.1##Host#a## folded##X#b####", {"Host", "X"}, {"a", "b"}, false},
    {"GET#/a#HTTP/1.1##Host#a## ####", {"Host"}, {"a"}, false}, /* a folded line of white space */
};

/* The piece at its first place behind `from`; "#" is the NUL behind the one there, an empty piece. */
static char *piece_in(char *from, const char *end, const char *piece) {
  if (strcmp(piece, "#") == 0) return from + 1;
  char *found = memmem(from, (size_t)(end - from), piece, strlen(piece));
  ck_assert_ptr_nonnull(found);
  return found;
}

START_TEST(every_byte_is_accounted_for) {
  char text[128];
  size_t length = strlen(heads[_i].text);
  memcpy(text, heads[_i].text, length + 1);
  char *end = text + length, *target = strchr(text, '/'), *version = strstr(text, "HTTP/1.1"), *at = version + 8;
  for (char *c = text; c < end; c++)
    if (*c == '#') *c = '\0';
  struct head head;
  head_begin(&head, text, target, strlen(target), version, length);
  for (size_t i = 0; i < 3 && heads[_i].names[i]; i++) {
    char *name = piece_in(at, end, heads[_i].names[i]);
    char *value = piece_in(name + strlen(name), end, heads[_i].values[i]);
    head_field(&head, name, strlen(name), value, strlen(value));
    at = value + strlen(value);
  }
  ck_assert_msg(head_is_whole(&head) == heads[_i].whole, "%s", heads[_i].text);
}
END_TEST

/* Folded lines are put together in a memory of their own. */
START_TEST(a_name_elsewhere_hides_something) {
  char text[] = "GET\0/a\0HTTP/1.1\0\0Host\0a\0\0\0", elsewhere[] = "Host";
  struct head head;
  head_begin(&head, text, text + 4, 2, text + 7, sizeof text);
  head_field(&head, elsewhere, 4, text + 22, 1);
  ck_assert(!head_is_whole(&head));
}
END_TEST

START_TEST(what_is_not_known_is_not_judged) {
  char text[] = "GET\0/a\0HTTP/1.1\0\0Host\0a\0\0\0", elsewhere[] = "";
  struct head head;
  head_begin(&head, text, text + 4, 2, elsewhere, sizeof text);
  head_field(&head, text + 17, 4, elsewhere, 0);
  ck_assert(head_is_whole(&head));
  ck_assert(head_layout_known("0.9.75"));
  ck_assert(!head_layout_known("1.0.1"));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/head");
  TCase *tcase = tcase_create("head");
  tcase_add_loop_test(tcase, every_byte_is_accounted_for, 0, sizeof heads / sizeof heads[0]);
  tcase_add_test(tcase, a_name_elsewhere_hides_something);
  tcase_add_test(tcase, what_is_not_known_is_not_judged);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
