/* wordvec eval on the zoo, offline and by a daemon: what is counted, what is refused. What it finds is compared with
 * gensim in tests/oracle/eval.py. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

static const char *write_text(char path[SCRATCH_PATH_MAX], const char *name, const char *text) {
  scratch_path(path, "%s", name);
  scratch_write(path, text, strlen(text));
  return path;
}

/* Runs on the store and on the daemon: the same comes out. */
static void run_both(struct run *run, const char *flag, const char *path, const char *more) {
  struct run remote;
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%u", served.port);
  run_wordvec(run, "eval", "zoo", flag, path, more, "--store", served.store, NULL);
  run_wordvec(&remote, "eval", "zoo", flag, path, more, "--url", url, NULL);
  ck_assert_int_eq(run->code, remote.code);
  ck_assert_str_eq(run->out, remote.out);
  ck_assert_str_eq(run->err, remote.err);
  run_release(&remote);
}

/* left and right are the same vector, so that right - left + X is X, of which the zoo has the nearest. */
static char *nearest_to(const char *word) {
  struct run run;
  run_wordvec(&run, "neighbors", "--positive=right", "--positive", word, "--negative=left", "--k=1", "--format=tsv",
              "--store", served.store, NULL);
  char *nearest = strndup(run.out, strcspn(run.out, "\t"));
  run_release(&run);
  return nearest;
}

START_TEST(analogies) {
  char path[SCRATCH_PATH_MAX], text[512];
  char *cat = nearest_to("cat"), *mouse = nearest_to("mouse");
  struct run run;
  snprintf(text, sizeof text,
           ": animals\nLeft RIGHT cat %s\nleft right cat the\nleft right nobody cat\nthree words only\n\n"
           ": people\nleft right mouse %s\n: nobody\n",
           cat, mouse);
  write_text(path, "questions.txt", text);
  run_both(&run, "--analogies", path, "--format=tsv");
  ck_assert_int_eq(run.code, 0);
  ck_assert_str_eq(run.out,
                   "animals\t0.5\t1\t2\t3\t0.6666666666666666\npeople\t1\t1\t1\t1\t1\nnobody\t0\t0\t0\t0\t0\n"
                   "Total accuracy\t0.6666666666666666\t2\t3\t4\t0.75\n");
  ck_assert_ptr_nonnull(strstr(run.err, "1 line was left out"));
  run_release(&run);
  run_both(&run, "--analogies", path, "--format=json");
  json_t *answer = json_loads(run.out, 0, NULL);
  expect_text(answer, "/model", "zoo");
  expect_text(answer, "/sections/0/section", "animals");
  expect_json(answer, "/sections/0/incorrect", "[[\"LEFT\",\"RIGHT\",\"CAT\",\"THE\"]]");
  expect_length(answer, "/sections", 4);
  expect_text(answer, "/sections/3/section", "Total accuracy");
  expect_length(answer, "/sections/3/correct", 2);
  expect_integer(answer, "/sections/3/questions", 4);
  json_decref(answer);
  run_release(&run);
  run_both(&run, "--analogies", path, "--dummy4unknown");
  ck_assert_ptr_nonnull(strstr(run.out, "Total accuracy   50.00 %"));
  run_release(&run);
  run_both(&run, "--analogies", path, "--case-sensitive");
  const char *animals = strstr(run.out, "\nanimals ");
  ck_assert_ptr_nonnull(animals);
  ck_assert_int_eq(strncmp(animals + strspn(animals, "\nanimls "), "0.00 %        0      1          3   33.33 %\n", 41),
                   0);
  run_release(&run);
  free(cat);
  free(mouse);
}
END_TEST

START_TEST(pairs) {
  char path[SCRATCH_PATH_MAX];
  struct run run;
  write_text(path, "pairs.tsv", "# words\nleft\tRIGHT\t10\ncat\tdog\t7\nking\tqueen\t8\ncat\tnobody\t1\nno pair\n");
  run_both(&run, "--pairs", path, "--format=json");
  ck_assert_msg(run.code == 0, "%s", run.err);
  json_t *answer = json_loads(run.out, 0, NULL);
  expect_integer(answer, "/pairs", 3);
  expect_integer(answer, "/oov", 1);
  ck_assert_double_eq(json_number_value(json_at(answer, "/oov_ratio")), 25);
  ck_assert(json_is_real(json_at(answer, "/pearson/statistic")));
  ck_assert(json_is_real(json_at(answer, "/spearman/pvalue")));
  json_decref(answer);
  ck_assert_ptr_nonnull(strstr(run.err, "1 line was left out"));
  run_release(&run);
  run_both(&run, "--pairs", path, "--dummy4unknown");
  ck_assert_ptr_nonnull(strstr(run.out, "pairs            4\n"));
  run_release(&run);
}
END_TEST

START_TEST(what_cannot_be_scored) {
  static const struct {
    const char *flag, *text, *said;
  } cases[] = {
      {"--analogies", "cat dog king queen\n", "before the first section"},
      {"--analogies", ": empty\n", "no question"},
      {"--analogies", ": a\ncat \xFF\n", "line 2 is not UTF-8"},
      {"--pairs", "nobody\tnowhere\t3\n", "no pair"},
      {"--pairs", "", "no pair"},
  };
  char path[SCRATCH_PATH_MAX];
  struct run run;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    write_text(path, "bad", cases[i].text);
    run_both(&run, cases[i].flag, path, "--format=json");
    ck_assert_msg(run.code == 1, "%zu: %d", i, run.code);
    ck_assert_msg(strstr(run.err, cases[i].said) != NULL, "%zu: %s", i, run.err);
    ck_assert_uint_eq(run.out_length, 0);
    run_release(&run);
  }
  run_both(&run, "--analogies", "/nonexistent", "--format=json");
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "/nonexistent"));
  run_release(&run);
  run_wordvec(&run, "eval", "zoo", "--store", served.store, NULL);
  ck_assert_int_eq(run.code, 2);
  run_release(&run);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/eval", &tcase);
  tcase_add_test(tcase, analogies);
  tcase_add_test(tcase, pairs);
  tcase_add_test(tcase, what_cannot_be_scored);
  return suite_main_with_zoo(suite, &served, &zoo);
}
