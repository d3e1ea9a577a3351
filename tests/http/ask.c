/* The commands that ask: the same from the store and from a daemon, in each format, with words of every kind. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/effort.h"
#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

enum { ARGUMENTS_MAX = ZOO_ROWS + 8 };

/* Runs `arguments` on the store and on the daemon: code and both outputs are the same. The one that is left is the
 * caller's. */
static void run_both(struct run *run, const char *const *arguments, const void *input, size_t length) {
  const char *all[ARGUMENTS_MAX + 3] = {0};
  char url[64];
  struct run remote;
  size_t count = 0;
  while (arguments[count] && count < ARGUMENTS_MAX) all[count] = arguments[count], count++;
  snprintf(url, sizeof url, "http://127.0.0.1:%u/", served.port);
  memmove(all + 3, all + 1, (count - 1) * sizeof *all);
  all[1] = "--store";
  all[2] = served.store;
  run_arguments(run, all, input, length);
  all[1] = "--url";
  all[2] = url;
  run_arguments(&remote, all, input, length);
  ck_assert_msg(run->code == remote.code, "%s: %d offline, %d by url: %s%s", arguments[0], run->code, remote.code,
                run->err, remote.err);
  ck_assert_msg(run->out_length == remote.out_length && memcmp(run->out, remote.out, run->out_length) == 0,
                "%s: offline\n%s\nby url\n%s", arguments[0], run->out, remote.out);
  ck_assert_str_eq(run->err, remote.err);
  run_release(&remote);
}

#define RUN(run, ...) run_both(run, (const char *const[]){__VA_ARGS__, NULL}, NULL, 0)
#define FEED(run, input, ...) run_both(run, (const char *const[]){__VA_ARGS__, NULL}, input, strlen(input))

static void expect_out(struct run *run, int code, const char *out) {
  ck_assert_msg(run->code == code, "exit %d: %s", run->code, run->err);
  ck_assert_str_eq(run->out, out);
  run_release(run);
}

/* "NUMBER NUMBER …" of a row of the zoo, each number as the contract writes it. */
static void expect_row(const char **at, char separator, size_t row) {
  for (size_t i = 0; i < ZOO_DIM; i++) {
    char *end;
    ck_assert_int_eq(*(*at)++, separator);
    ck_assert(strtof(*at, &end) == fixture_row(&zoo, row)[i]);
    *at = end;
  }
  ck_assert_int_eq(*(*at)++, '\n');
}

/* Of a table of cases: each is a process of its own or two, and under valgrind some tell as much as all. */
static size_t step(void) {
  return effort(100) == 1 ? 9 : 1;
}

/* A word may hold a NUL. */
static size_t count_lines(const struct run *run) {
  size_t lines = 0;
  for (size_t i = 0; i < run->out_length; i++) lines += run->out[i] == '\n';
  return lines;
}

START_TEST(a_vector_as_fasttext_prints_it) {
  struct run run;
  RUN(&run, "vector", "cat");
  ck_assert_int_eq(run.code, 0);
  ck_assert_int_eq(strncmp(run.out, "cat", 3), 0);
  const char *at = run.out + 3;
  expect_row(&at, ' ', ZOO_CAT);
  ck_assert_int_eq(*at, '\0');
  run_release(&run);
  RUN(&run, "vector", "dog", "the", "--format", "tsv");
  at = run.out + 3;
  expect_row(&at, '\t', ZOO_DOG);
  ck_assert_int_eq(strncmp(at, "the", 3), 0);
  at += 3;
  expect_row(&at, '\t', ZOO_THE);
  run_release(&run);
}
END_TEST

/* The words of the zoo as arguments: all but the one with a NUL, which no argument can hold. */
static size_t all_words(const char *words[ZOO_ROWS], size_t rows[ZOO_ROWS]) {
  size_t count = 0;
  for (size_t i = 0; i < ZOO_ROWS; i++) {
    if (i == ZOO_NUL) continue;
    rows[count] = i;
    words[count++] = zoo.words[i].bytes;
  }
  return count;
}

/* How a word stands in tsv; 600 bytes are enough for the longest. */
static const char *escaped(size_t row) {
  return row == ZOO_TAB ? "\\t" : row == ZOO_QUOTE ? "quo\"te\\\\back" : zoo.words[row].bytes;
}

START_TEST(words_are_bytes) {
  const char *arguments[ARGUMENTS_MAX] = {"vector", "--format", "tsv"};
  size_t rows[ZOO_ROWS];
  struct run run;
  size_t count = all_words(arguments + 3, rows);
  run_both(&run, arguments, NULL, 0);
  ck_assert_msg(run.code == 0, "%s", run.err);
  const char *at = run.out;
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(escaped(rows[i]));
    ck_assert_msg(strncmp(at, escaped(rows[i]), length) == 0, "row %zu at %s", rows[i], at);
    at += length;
    expect_row(&at, '\t', rows[i]);
  }
  ck_assert_int_eq(*at, '\0');
  run_release(&run);
  arguments[0] = "index";
  run_both(&run, arguments, NULL, 0);
  ck_assert_msg(run.code == 0, "%s", run.err);
  at = run.out;
  for (size_t i = 0; i < count; i++) {
    char line[1024];
    snprintf(line, sizeof line, "%s\t%zu\n", escaped(rows[i]), rows[i]);
    ck_assert_msg(strncmp(at, line, strlen(line)) == 0, "row %zu at %s", rows[i], at);
    at += strlen(line);
  }
  run_release(&run);
}
END_TEST

/* In a terminal nothing of a word is a control. */
START_TEST(what_people_see_of_bytes) {
  struct run run;
  RUN(&run, "word", "13", "17", "25", "10", "28", "29");
  expect_out(&run, 0, "100%  13\n\\x09  17\n\\x01  25\n\\xFF\\xFEx  10\n\\xC2\\x85  28\na\\x00b  29\n");
}
END_TEST

START_TEST(a_sum_with_any_words) {
  struct run run;
  struct fixture_hit hits[3];
  RUN(&run, "neighbors", "--positive", "\xff\xfex", "--positive=", "--weights", "1,1e-9", "--k=3", "--format=tsv");
  ck_assert_msg(run.code == 0, "%s", run.err);
  const size_t excluded[] = {ZOO_BYTES, ZOO_EMPTY};
  fixture_nearest(&zoo, fixture_row(&zoo, ZOO_BYTES), excluded, 2, 3, hits);
  const char *at = run.out;
  for (size_t i = 0; i < 3; i++) {
    char start[1024];
    int length = snprintf(start, sizeof start, "%s\t%zu\t", escaped(hits[i].row), hits[i].row);
    ck_assert_msg(strncmp(at, start, (size_t)length) == 0, "no %s at %s", start, at);
    ck_assert_double_eq_tol(strtod(at + length, NULL), hits[i].similarity, 1e-6);
    at = strchr(at, '\n') + 1;
  }
  run_release(&run);
}
END_TEST

/* json is what the route answers, for one word and for many. */
START_TEST(json_is_the_answer_itself) {
  static const struct {
    const char *const arguments[6];
    const char *target, *body;
  } cases[] = {
      {{"vector", "cat"}, "/vector?word=cat", NULL},
      {{"vector", "cat", "nobody"}, "/vectors", "{\"words\":[\"cat\",\"nobody\"]}"},
      {{"neighbors", "cat", "--k=2"}, "/neighbors?word=cat&k=2", NULL},
      {{"neighbors", "cat", "dog", "--k=2"},
       "/neighbors",
       "{\"k\":2,\"queries\":[{\"word\":\"cat\"},{\"word\":\"dog\"}]}"},
      {{"neighbors", "--index=3", "--exact"}, "/neighbors?index=3&exact=true", NULL},
      {{"neighbors", "--vector=1,-2e-1,.5,0,1"}, "/neighbors?vector=1,-0.2,0.5,0,1", NULL},
      {{"lookup", "0", "29"}, "/lookup", "{\"indices\":[0,29]}"},
      {{"index", "na\xc3\xafve"}, "/index?word=na%C3%AFve", NULL},
      {{"word", "2"}, "/word?index=2", NULL},
      {{"words", "--prefix=ca"}, "/words?prefix=ca&limit=1000", NULL},
      {{"analogy", "man", "king", "woman", "--k=2"}, "/analogy?a=man&b=king&c=woman&k=2", NULL},
      {{"rank", "cat", "dog"}, "/rank?word=cat&other=dog", NULL},
      {{"closer-than", "cat", "dog", "--limit=3"}, "/closer-than?word=cat&than=dog&limit=3", NULL},
      {{"neighbors", "cat", "--clip-start=-3", "--min-similarity=-1"},
       "/neighbors?word=cat&clip_start=-3&min_similarity=-1",
       NULL},
      {{"neighbors", "cat", "--candidates=dog", "--candidates=\xff\xfex", "--objective=cosmul"},
       "/neighbors",
       "{\"word\":\"cat\",\"candidates\":[\"dog\",{\"word_bytes\":\"%FF%FEx\"}],\"objective\":\"cosmul\"}"},
      {{"similarity", "cat", "dog"}, "/similarity?a=cat&b=dog", NULL},
      {{"similarity", "cat", "dog", "king"},
       "/similarity",
       "{\"words\":[\"cat\",\"dog\",\"king\"],\"others\":[\"cat\",\"dog\",\"king\"]}"},
      {{"similarity", "cat", "dog", "--others=king"}, "/similarity?word=cat&word=dog&other=king", NULL},
      {{"similarity", "cat", "--every-row"}, "/similarity?words=cat", NULL},
      {{"similarity", "--a=cat", "--a=dog", "--b=\xff\xfex"},
       "/similarity",
       "{\"a\":[\"cat\",\"dog\"],\"b\":[{\"word_bytes\":\"%FF%FEx\"}]}"},
      {{"mean", "cat", "dog", "--weights=1,2", "--pre-normalize=false"},
       "/mean",
       "{\"words\":[\"cat\",\"dog\"],\"weights\":[1,2],\"pre_normalize\":false}"},
      {{"doesnt-match", "cat", "dog", "king"}, "/doesnt-match?word=cat&word=dog&word=king", NULL},
      {{"list"}, "/models", NULL},
      {{"info", "zoo"}, "/models/zoo", NULL},
      {{"ask", "/words?prefix=ca&limit=2"}, "/words?prefix=ca&limit=2", NULL},
      {{"ask", "/lookup", "{\"indices\":[[1],[2,3]],\"padding\":\"pre\"}"},
       "/lookup",
       "{\"indices\":[[1],[2,3]],\"padding\":\"pre\"}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i += step()) {
    const char *arguments[ARGUMENTS_MAX] = {0};
    struct run run;
    struct answer answer;
    size_t count = 0;
    for (; cases[i].arguments[count]; count++) arguments[count] = cases[i].arguments[count];
    if (strcmp(arguments[0], "ask") != 0) arguments[count] = "--format=json";
    run_both(&run, arguments, NULL, 0);
    if (cases[i].body)
      client_post(served.port, cases[i].target, cases[i].body, &answer);
    else
      client_get(served.port, cases[i].target, &answer);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_msg(strcmp(run.out, answer.body) == 0, "%zu: %s\nagainst\n%s", i, run.out, answer.body);
    answer_release(&answer);
    run_release(&run);
  }
}
END_TEST

START_TEST(words_from_standard_input) {
  struct run run;
  FEED(&run, "cat\n\ndog\r\nthe", "index");
  expect_out(&run, 0, "cat  1\ndog  2\nthe  0\n");
  FEED(&run, "2\n1\n", "word", "-", "--format", "tsv");
  expect_out(&run, 0, "dog\t2\ncat\t1\n");
  FEED(&run, "cat\n", "neighbors", "--k=1", "--format=json");
  ck_assert_msg(run.code == 0, "%s", run.err);
  json_t *answer = json_loads(run.out, 0, NULL);
  expect_length(answer, "/results", 1); /* a batch, of one word too */
  json_decref(answer);
  run_release(&run);
  FEED(&run, "", "vector");
  expect_out(&run, 0, "");
}
END_TEST

/* Lines of several words, with tabs or spaces between. */
START_TEST(lines_of_words) {
  struct run run, one;
  char expected[512];
  FEED(&run, "man king woman\n at name@domain.com\tcat\tdog\n", "analogy", "--k=1", "--format=tsv");
  ck_assert_int_eq(run.code, 1); /* the second word has a space before it */
  ck_assert_ptr_nonnull(strstr(run.err, "\" at name@domain.com\" is not in zoo"));
  RUN(&one, "analogy", "man", "king", "woman", "--k=1", "--format=tsv");
  snprintf(expected, sizeof expected, "king - man + woman\t%s", one.out);
  run_release(&one);
  expect_out(&run, 1, expected);
  FEED(&run, "at name@domain.com\tcat\ncat  dog \n", "rank", "--format=tsv");
  ck_assert_msg(run.code == 0, "%s", run.err);
  ck_assert_int_eq(strncmp(run.out, "at name@domain.com\tcat\t", 23), 0);
  ck_assert_ptr_nonnull(strstr(run.out, "\ncat\tdog\t"));
  run_release(&run);
  FEED(&run, "cat dog\ncat\n", "rank");
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "line 2 of standard input has 1 word where 2"));
  run_release(&run);
}
END_TEST

START_TEST(ranks_fit_what_is_closer) {
  struct run run;
  RUN(&run, "rank", "cat", "dog", "--format=tsv");
  ck_assert_int_eq(strncmp(run.out, "cat\tdog\t", 8), 0);
  long rank = strtol(run.out + 8, NULL, 10);
  run_release(&run);
  RUN(&run, "closer-than", "cat", "dog", "--format=tsv");
  ck_assert_int_eq(run.code, 0);
  ck_assert_int_eq((long)count_lines(&run), rank - 1);
  run_release(&run);
  RUN(&run, "closer-than", "cat", "dog", "--limit=1");
  if (rank > 2) ck_assert_ptr_nonnull(strstr(run.err, "--limit gives more"));
  run_release(&run);
}
END_TEST

START_TEST(similarities) {
  struct run run, one;
  char expected[512];
  double cat_dog = fixture_similarity(fixture_row(&zoo, ZOO_CAT), fixture_row(&zoo, ZOO_DOG), ZOO_DIM);
  RUN(&one, "similarity", "cat", "dog", "--format=tsv");
  ck_assert_int_eq(strncmp(one.out, "cat\tdog\t", 8), 0);
  ck_assert_double_eq_tol(strtod(one.out + 8, NULL), cat_dog, 1e-12);
  FEED(&run, "cat dog\nleft\tright\n", "similarity", "--format=tsv");
  ck_assert_int_eq(strncmp(run.out, one.out, one.out_length), 0);
  ck_assert_int_eq(strncmp(run.out + one.out_length, "left\tright\t1", 12), 0);
  run_release(&run);
  run_release(&one);
  RUN(&run, "similarity", "cat", "left", "--others=dog", "--others=right");
  snprintf(expected, sizeof expected, "\ndog    %9.6f  ", cat_dog);
  ck_assert_msg(strstr(run.out, expected) && strstr(run.out, "\nright  "), "no %s in %s", expected, run.out);
  ck_assert_uint_eq(count_lines(&run), 3);
  run_release(&run);
  RUN(&run, "similarity", "cat", "--every-row", "--format=tsv");
  ck_assert_uint_eq(count_lines(&run), ZOO_ROWS);
  ck_assert_ptr_nonnull(strstr(run.out, "\ncat\t29\t"));
  run_release(&run);
  RUN(&run, "similarity", "--a=cat", "--a=dog", "--b=dog", "--b=cat");
  expect_out(&run, 0, "cat,dog  dog,cat  1.000000\n");
  RUN(&run, "similarity", "cat", "nobody", "--oov=null", "--format=tsv");
  expect_out(&run, 0, "cat\tnobody\t\n");
}
END_TEST

START_TEST(means_and_what_does_not_match) {
  struct run run, one;
  RUN(&one, "mean", "cat", "dog", "--pre-normalize=false");
  ck_assert_int_eq(one.code, 0);
  const char *at = one.out;
  for (size_t i = 0; i < ZOO_DIM; i++) {
    char *end;
    double mean = ((double)fixture_row(&zoo, ZOO_CAT)[i] + (double)fixture_row(&zoo, ZOO_DOG)[i]) / 2;
    ck_assert_double_eq_tol(strtod(at, &end), mean, 1e-6);
    ck_assert_int_eq(*end, i + 1 < ZOO_DIM ? ' ' : '\n');
    at = end + 1;
  }
  FEED(&run, "the\ncat dog\n", "mean", "--pre-normalize=false");
  ck_assert_int_eq(run.code, 0);
  ck_assert_str_eq(strchr(run.out, '\n') + 1, one.out);
  run_release(&run);
  run_release(&one);
  RUN(&one, "doesnt-match", "left", "right", "cat", "--format=tsv");
  ck_assert_str_eq(one.out, "cat\t1\n");
  FEED(&run, "left right cat\nleft right dog\n", "doesnt-match", "--format=tsv");
  expect_out(&run, 0, "cat\t1\ndog\t2\n");
  run_release(&one);
}
END_TEST

START_TEST(models_are_shown) {
  struct run run;
  char expected[256];
  RUN(&run, "info", "zoo", "--format=tsv");
  ck_assert_int_eq(run.code, 0);
  ck_assert_int_eq(strncmp(run.out, "name\tzoo\nrows\t30\ndim\t5\ndigest\t", 30), 0);
  snprintf(expected, sizeof expected, "%.32s", strstr(run.out, "digest\t") + 7);
  run_release(&run);
  RUN(&run, "list", "--format=tsv");
  ck_assert_int_eq(strncmp(run.out, "zoo\t30\t5\t", 9), 0);
  ck_assert_ptr_nonnull(strstr(run.out, expected));
  run_release(&run);
  run_wordvec(&run, "info", "nobody", "--store", served.store, NULL);
  ck_assert_ptr_nonnull(strstr(run.err, "nobody"));
  expect_out(&run, 1, "");
}
END_TEST

/* Several batches: more words than one answer has floats for, or one batch queries. */
START_TEST(any_number_of_words) {
  enum { WORDS = 2500 };
  static char input[WORDS * 4 + 1];
  struct run run;
  for (size_t i = 0; i < WORDS; i++) memcpy(input + 4 * i, i % 2 ? "cat\n" : "dog\n", 4);
  FEED(&run, input, "vector", "--format", "tsv");
  ck_assert_msg(run.code == 0, "%s", run.err);
  const char *at = run.out;
  for (size_t i = 0; i < WORDS; i++) {
    ck_assert_int_eq(strncmp(at, i % 2 ? "cat" : "dog", 3), 0);
    at += 3;
    expect_row(&at, '\t', i % 2 ? ZOO_CAT : ZOO_DOG);
  }
  ck_assert_int_eq(*at, '\0');
  run_release(&run);
  FEED(&run, input, "neighbors", "--k=1", "--format=json");
  ck_assert_msg(run.code == 0, "%s", run.err);
  static const size_t sizes[] = {1000, 1000, 500};
  at = run.out;
  for (size_t i = 0; i < 3; i++) {
    size_t length = strcspn(at, "\n");
    json_t *answer = json_loadb(at, length, 0, NULL);
    expect_length(answer, "/results", sizes[i]);
    json_decref(answer);
    at += length + 1;
  }
  ck_assert_int_eq(*at, '\0');
  run_release(&run);
}
END_TEST

START_TEST(unknown_words) {
  struct run run;
  RUN(&run, "vector", "kiten");
  ck_assert_int_eq(run.code, 1);
  ck_assert_str_eq(run.out, "");
  ck_assert_ptr_nonnull(strstr(run.err, "\"kiten\" is not in zoo; there is kitten"));
  run_release(&run);
  RUN(&run, "vector", "kiten", "cat");
  ck_assert_int_eq(run.code, 1);
  ck_assert_int_eq(strncmp(run.out, "kiten\ncat ", 10), 0);
  ck_assert_str_eq(run.err, "wordvec vector: \"kiten\" is not in zoo\n");
  run_release(&run);
  RUN(&run, "vector", "kiten", "cat", "--oov", "null");
  ck_assert_int_eq(run.code, 0);
  ck_assert_str_eq(run.err, "");
  run_release(&run);
  RUN(&run, "vector", "kiten", "--oov", "zero");
  expect_out(&run, 0, "kiten 0.0 0.0 0.0 0.0 0.0\n");
  RUN(&run, "neighbors", "kiten", "left", "--k=1", "--format=tsv");
  ck_assert_int_eq(run.code, 1);
  ck_assert_int_eq(strncmp(run.out, "left\tright\t6\t", 13), 0);
  ck_assert_ptr_nonnull(strstr(run.err, "\"kiten\" is not in zoo"));
  run_release(&run);
  RUN(&run, "index", "kiten", "cat");
  ck_assert_ptr_nonnull(strstr(run.err, "kitten"));
  expect_out(&run, 1, "cat  1\n");
  RUN(&run, "lookup", "1", "30");
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "#/indices/1"));
  run_release(&run);
}
END_TEST

START_TEST(every_word_is_listed) {
  struct run run;
  RUN(&run, "words", "--format=tsv");
  ck_assert_int_eq(run.code, 0);
  ck_assert_uint_eq(count_lines(&run), ZOO_ROWS);
  run_release(&run);
  RUN(&run, "words", "--prefix=ca", "--limit=2");
  expect_out(&run, 0, "car  20\ncat   1\n");
  RUN(&run, "words", "--after=the", "--limit=2", "--format=tsv");
  ck_assert_int_eq(strncmp(run.out, "woman\t24\nwwwww", 14), 0);
  run_release(&run);
}
END_TEST

/* A daemon with small limits is asked in pages and batches of its sizes. */
START_TEST(small_limits) {
  struct daemon small = {0};
  struct run run;
  char url[64];
  daemon_prepare(&small);
  suite_import(&small, "zoo", &zoo);
  daemon_start(&small, "--limit-words=3", "--limit-answer-floats=10", "--limit-batch-queries=2", NULL);
  daemon_await_ready(&small, 200);
  snprintf(url, sizeof url, "http://127.0.0.1:%u", small.port);
  static const char input[] = "cat\ndog\nthe\n";
  run_wordvec(&run, "words", "--format=tsv", "--url", url, NULL);
  ck_assert_uint_eq(count_lines(&run), ZOO_ROWS);
  run_release(&run);
  run_wordvec_with_input(&run, input, strlen(input), "vector", "--format=json", "--url", url, NULL);
  ck_assert_msg(run.code == 0, "%s", run.err);
  ck_assert_ptr_nonnull(strstr(run.out, "\"shape\":[2,5]"));
  ck_assert_ptr_nonnull(strstr(run.out, "\"shape\":[1,5]"));
  run_release(&run);
  run_wordvec_with_input(&run, input, strlen(input), "neighbors", "--k=1", "--url", url, NULL);
  ck_assert_msg(run.code == 0, "%s", run.err);
  run_release(&run);
  daemon_stop(&small);
}
END_TEST

START_TEST(which_model) {
  struct daemon store = {0};
  struct run run;
  char path[SCRATCH_PATH_MAX + 64];
  daemon_prepare(&store);
  run_wordvec(&run, "vector", "cat", "--store", store.store, NULL);
  ck_assert_ptr_nonnull(strstr(run.err, "wordvec import"));
  expect_out(&run, 1, "");
  suite_import(&store, "one", &zoo);
  run_wordvec(&run, "index", "cat", "--store", store.store, NULL);
  expect_out(&run, 0, "cat  1\n");
  /* Another file, which would be told of if it were opened. */
  snprintf(path, sizeof path, "%s/two.mdb", store.store);
  scratch_write(path, "damaged", 7);
  run_wordvec(&run, "index", "cat", "--store", store.store, "--model", "one", NULL);
  ck_assert_str_eq(run.err, "");
  expect_out(&run, 0, "cat  1\n");
  run_wordvec(&run, "index", "cat", "--store", store.store, NULL);
  ck_assert_ptr_nonnull(strstr(run.err, "--model. They are: one, two"));
  expect_out(&run, 1, "");
  setenv("WORDVEC_DEFAULT_MODEL", "one", 1);
  run_wordvec(&run, "index", "cat", "--store", store.store, NULL);
  expect_out(&run, 0, "cat  1\n");
  unsetenv("WORDVEC_DEFAULT_MODEL");
  run_wordvec(&run, "index", "cat", "--store", store.store, "--model", "two", NULL);
  ck_assert_ptr_nonnull(strstr(run.err, "two.mdb"));
  expect_out(&run, 1, "");
  run_wordvec(&run, "index", "cat", "--store", store.store, "--model", "three", NULL);
  ck_assert_ptr_nonnull(strstr(run.err, "no model three"));
  expect_out(&run, 1, "");
  suite_import(&store, "two", &zoo);
  run_wordvec(&run, "vector", "cat", "--store", store.store, "--model", "two,one", NULL);
  ck_assert_int_eq(strncmp(run.out, "cat", 3), 0);
  size_t numbers = 0;
  for (const char *at = run.out; (at = strchr(at, ' ')); at++) numbers++;
  ck_assert_uint_eq(numbers, 2 * ZOO_DIM);
  run_release(&run);
}
END_TEST

START_TEST(whom_it_asks) {
  struct run run;
  char url[64], variable[128];
  snprintf(url, sizeof url, "http://127.0.0.1:%u", served.port);
  run_wordvec(&run, "index", "cat", "--url", url, "--store", served.store, NULL);
  ck_assert_ptr_nonnull(strstr(run.err, "one of them"));
  expect_out(&run, 2, "");
  snprintf(variable, sizeof variable, "%s", url);
  setenv("WORDVEC_URL", variable, 1);
  run_wordvec(&run, "index", "cat", NULL);
  expect_out(&run, 0, "cat  1\n");
  run_wordvec(&run, "index", "cat", "--store", "/nonexistent", NULL);
  expect_out(&run, 1, "");
  unsetenv("WORDVEC_URL");
  run_wordvec(&run, "index", "cat", "--url", "http://127.0.0.1:1", NULL);
  ck_assert_ptr_nonnull(strstr(run.err, "no answer from http://127.0.0.1:1"));
  expect_out(&run, 1, "");
}
END_TEST

START_TEST(mistakes) {
  static const struct {
    const char *const arguments[5];
    int code;
    const char *said;
  } cases[] = {
      {{"neighbors", "cat", "--k=0"}, 2, "--k"},
      {{"neighbors", "cat", "--k=1001"}, 1, "1000"},
      {{"neighbors", "cat", "--weights=1,x"}, 2, "--weights"},
      {{"neighbors", "cat", "--positive=dog"}, 2, "not both"},
      {{"neighbors", "cat", "--recall=2"}, 1, "recall"},
      {{"vector", "cat", "--oov=guess"}, 2, "error, null"},
      {{"vector", "cat", "--format=xml"}, 2, "text, json, tsv"},
      {{"lookup", "cat"}, 1, "no row's number"},
      {{"word", "99999999999999999999"}, 1, "no row's number"},
      {{"words", "cat"}, 2, "too many"},
      {{"similarity", "cat"}, 2, "two words"},
      {{"similarity", "--a=cat"}, 2, "sets"},
      {{"similarity", "--others=cat"}, 2, "go with words"},
      {{"analogy", "cat", "dog"}, 2, "three words"},
      {{"rank", "cat"}, 2, "both"},
      {{"mean", "cat", "--weights=1,2"}, 1, "2 weights"},
      {{"info", "../zoo"}, 2, "letters, digits"},
      {{"ask"}, 2, "ROUTE"},
      {{"ask", "vector"}, 2, "begins with '/'"},
      {{"ask", "/nowhere"}, 1, "/nowhere"},
      {{"ask", "/vectors", "{"}, 1, "JSON"},
      {{"ask", "/vectors", ""}, 1, "empty"},
      {{"ask", "/vector", "{}"}, 1, "GET"},
      {{"ask", "/v1/embeddings", "{\"model\":\"none\",\"input\":\"cat\"}"}, 1, "no model \"none\""},
      {{"ask", "/word2vec/similarity?w1=kiten&w2=cat"}, 1, "kiten"},
      {{"ask", "/lookup", "{\"indices\":[-1,-2]}"}, 1, "#/indices/1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i += step()) {
    const char *arguments[8] = {0};
    struct run run;
    memcpy(arguments, cases[i].arguments, sizeof cases[i].arguments);
    size_t count = 0;
    while (arguments[count]) count++;
    arguments[count] = "--store";
    arguments[count + 1] = served.store;
    run_arguments(&run, arguments, NULL, 0);
    ck_assert_msg(run.code == cases[i].code, "%zu: exit %d: %s", i, run.code, run.err);
    ck_assert_msg(strstr(run.err, cases[i].said) != NULL, "%zu: %s", i, run.err);
    ck_assert_uint_eq(run.out_length, 0);
    run_release(&run);
  }
}
END_TEST

START_TEST(binary_answers_of_ask) {
  struct run run;
  struct answer answer;
  RUN(&run, "ask", "/vectors?word=cat&word=dog&format=npy");
  ck_assert_int_eq(run.code, 0);
  client_get(served.port, "/vectors?word=cat&word=dog&format=npy", &answer);
  ck_assert_uint_eq(run.out_length, answer.length);
  ck_assert_int_eq(memcmp(run.out, answer.body, answer.length), 0);
  answer_release(&answer);
  run_release(&run);
  RUN(&run, "ask", "/matrix"); /* a stream */
  client_get(served.port, "/matrix", &answer);
  ck_assert_int_eq(run.code, 0);
  ck_assert_uint_eq(run.out_length, answer.length);
  ck_assert_int_eq(memcmp(run.out, answer.body, answer.length), 0);
  answer_release(&answer);
  run_release(&run);
  FEED(&run, "{\"words\":[\"cat\"]}", "ask", "/vectors", "-");
  ck_assert_ptr_nonnull(strstr(run.out, "\"found\":[true]"));
  run_release(&run);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/ask", &tcase);
  tcase_add_test(tcase, a_vector_as_fasttext_prints_it);
  tcase_add_test(tcase, words_are_bytes);
  tcase_add_test(tcase, what_people_see_of_bytes);
  tcase_add_test(tcase, a_sum_with_any_words);
  tcase_add_test(tcase, json_is_the_answer_itself);
  tcase_add_test(tcase, words_from_standard_input);
  tcase_add_test(tcase, lines_of_words);
  tcase_add_test(tcase, ranks_fit_what_is_closer);
  tcase_add_test(tcase, similarities);
  tcase_add_test(tcase, means_and_what_does_not_match);
  tcase_add_test(tcase, models_are_shown);
  tcase_add_test(tcase, any_number_of_words);
  tcase_add_test(tcase, unknown_words);
  tcase_add_test(tcase, every_word_is_listed);
  tcase_add_test(tcase, small_limits);
  tcase_add_test(tcase, which_model);
  tcase_add_test(tcase, whom_it_asks);
  tcase_add_test(tcase, mistakes);
  tcase_add_test(tcase, binary_answers_of_ask);
  return suite_main_with_zoo(suite, &served, &zoo);
}
