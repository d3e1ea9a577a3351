/* Files of keys as they are read, and keys as they are judged: all that is right is found, and nothing else. */
#include "server/keys.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/numbers.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static char path[SCRATCH_PATH_MAX];

static void write_keys(const char *text) {
  scratch_write(path, text, strlen(text));
}

static struct keys *open_keys(const char *text) {
  struct problem problem;
  struct keys *keys;
  write_keys(text);
  ck_assert_msg(keys_open(path, &problem, &keys) == STATUS_OK, "%s", problem.text);
  return keys;
}

static enum keys_verdict judge(struct keys *keys, const char *value) {
  return keys_judge(keys, value, strlen(value));
}

#define K1 "0123456789abcdef"
#define K2 "another-key-that-is-longer~!\"$%&'()*+,/:;<=>?@[\\]^_`{|}"

START_TEST(lines_comments_and_spaces) {
  struct keys *keys = open_keys("# who: the web shop\n\n  \t\r\n" K1 "\r\n \t" K2 " \t\n#" K1 "x\n0123456789abcdeF");
  ck_assert_uint_eq(keys_count(keys), 3);
  ck_assert_int_eq(judge(keys, "Bearer " K1), KEYS_RIGHT);
  ck_assert_int_eq(judge(keys, "bEARER   " K2), KEYS_RIGHT);
  ck_assert_int_eq(judge(keys, "Bearer " K1 " \t"), KEYS_RIGHT);
  ck_assert_int_eq(judge(keys, "Bearer 0123456789abcdeF"), KEYS_RIGHT);
  ck_assert_int_eq(judge(keys, "Bearer " K1 "x"), KEYS_WRONG);
  ck_assert_int_eq(judge(keys, "Bearer 0123456789abcde"), KEYS_WRONG);
  ck_assert_int_eq(judge(keys, "Bearer 1123456789abcdef"), KEYS_WRONG);
  ck_assert_int_eq(judge(keys, "Bearer " K1 " " K1), KEYS_WRONG);
  ck_assert_int_eq(judge(keys, "Bearer "), KEYS_WRONG);
  ck_assert_int_eq(judge(keys, "Bearer"), KEYS_MISSING);
  ck_assert_int_eq(judge(keys, "Bearer" K1), KEYS_MISSING);
  ck_assert_int_eq(judge(keys, "Basic " K1), KEYS_MISSING);
  ck_assert_int_eq(judge(keys, K1), KEYS_MISSING);
  ck_assert_int_eq(judge(keys, ""), KEYS_MISSING);
  ck_assert_int_eq(keys_judge(keys, NULL, 0), KEYS_MISSING);
  keys_close(keys);
}
END_TEST

static const struct {
  const char *text;
  unsigned line; /* 0: the file as a whole */
  const char *what;
} malformed[] = {
    {"", 0, "holds no key"},
    {"\n# nothing\n", 0, "holds no key"},
    {K1 "\n# short\n0123456789abcde\n", 3, "16 to 512"},
    {K1 "\n0123456789abcdef 0123456789abcdef\n", 2, "visible ASCII"},
    {"0123456789\x7f"
     "abcdefg\n",
     1, "visible ASCII"},
    {"0123456789\xc3\xa9"
     "abcdef\n",
     1, "visible ASCII"},
};

START_TEST(what_is_malformed_names_its_line) {
  struct problem problem = {0};
  struct keys *keys = NULL;
  write_keys(malformed[_i].text);
  ck_assert_int_eq(keys_open(path, &problem, &keys), STATUS_BAD_ARGUMENT);
  ck_assert_ptr_null(keys);
  ck_assert_uint_eq(problem.position, malformed[_i].line);
  ck_assert_msg(strstr(problem.text, malformed[_i].what) != NULL, "%s", problem.text);
  ck_assert_ptr_nonnull(strstr(problem.text, path));
  ck_assert_ptr_null(strstr(problem.text, "0123456789")); /* a key may be what is wrong */
}
END_TEST

START_TEST(lengths_and_counts_have_limits) {
  enum { ROOM = (KEYS_MAX + 2) * 32 };
  struct problem problem;
  struct keys *keys = NULL;
  char longest[KEY_BYTES_MAX + 3], text[ROOM], header[KEY_BYTES_MAX + 16];
  memset(longest, 'k', sizeof longest);
  longest[KEY_BYTES_MAX] = '\0';
  keys = open_keys(longest);
  snprintf(header, sizeof header, "Bearer %s", longest);
  ck_assert_int_eq(judge(keys, header), KEYS_RIGHT);
  snprintf(header, sizeof header, "Bearer %sk", longest);
  ck_assert_int_eq(judge(keys, header), KEYS_WRONG);
  keys_close(keys);
  longest[KEY_BYTES_MAX] = 'k';
  longest[KEY_BYTES_MAX + 1] = '\0';
  write_keys(longest);
  ck_assert_int_eq(keys_open(path, &problem, &keys), STATUS_BAD_ARGUMENT);

  size_t used = 0;
  for (int i = 0; i < KEYS_MAX; i++) used += (size_t)snprintf(text + used, ROOM - used, "key-number-%08d\n", i);
  keys = open_keys(text);
  ck_assert_uint_eq(keys_count(keys), KEYS_MAX);
  ck_assert_int_eq(judge(keys, "Bearer key-number-00000000"), KEYS_RIGHT);
  ck_assert_int_eq(judge(keys, "Bearer key-number-00000063"), KEYS_RIGHT);
  ck_assert_int_eq(judge(keys, "Bearer key-number-00000064"), KEYS_WRONG);
  keys_close(keys);
  strcat(text, "key-number-00000064\n");
  write_keys(text);
  ck_assert_int_eq(keys_open(path, &problem, &keys), STATUS_BAD_ARGUMENT);
  ck_assert_uint_eq(problem.position, KEYS_MAX + 1);

  char *large = malloc(100000);
  memset(large, '#', 100000);
  scratch_write(path, large, 100000);
  free(large);
  ck_assert_int_eq(keys_open(path, &problem, &keys), STATUS_BAD_ARGUMENT);
  ck_assert_ptr_nonnull(strstr(problem.text, "64 KiB"));
}
END_TEST

START_TEST(files_that_cannot_be_read) {
  struct problem problem;
  struct keys *keys = NULL;
  unlink(path);
  ck_assert_int_eq(keys_open(path, &problem, &keys), STATUS_NOT_FOUND);
  ck_assert_ptr_nonnull(strstr(problem.text, path));
  mkdir(path, 0700);
  ck_assert_int_eq(keys_open(path, &problem, &keys), STATUS_IO);
  rmdir(path);
  ck_assert_ptr_null(keys);
}
END_TEST

START_TEST(who_else_may_read_it) {
  static const struct {
    mode_t mode;
    bool exposed;
  } cases[] = {{0600, false}, {0440, false}, {0444, true}, {0602, true}};
  struct problem problem;
  struct keys *keys = open_keys(K1);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    chmod(path, cases[i].mode);
    ck_assert_int_eq(keys_reload(keys, &problem), STATUS_OK);
    ck_assert_int_eq(keys_exposed(keys), cases[i].exposed);
  }
  chmod(path, 0600);
  keys_close(keys);
}
END_TEST

START_TEST(a_bad_file_leaves_the_keys_before) {
  struct problem problem;
  struct keys *keys = open_keys(K1);
  write_keys("short\n");
  ck_assert_int_eq(keys_reload(keys, &problem), STATUS_BAD_ARGUMENT);
  ck_assert_int_eq(judge(keys, "Bearer " K1), KEYS_RIGHT);
  write_keys(K2);
  ck_assert_int_eq(keys_reload(keys, &problem), STATUS_OK);
  ck_assert_int_eq(judge(keys, "Bearer " K1), KEYS_WRONG);
  ck_assert_int_eq(judge(keys, "Bearer " K2), KEYS_RIGHT);
  keys_close(keys);
}
END_TEST

/* Any key, whole, with one byte of it changed, cut by one and longer by one, among others, against strcmp(). */
START_TEST(a_match_is_a_match_and_nothing_else_is) {
  enum { ROUNDS = 200, MOST = 6 };
  struct numbers random = {20261126};
  for (int round = 0; round < ROUNDS; round++) {
    char keys_text[MOST][KEY_BYTES_MAX + 2], file[MOST * (KEY_BYTES_MAX + 2)], header[KEY_BYTES_MAX + 16];
    size_t count = 1 + numbers_below(&random, MOST), used = 0;
    for (size_t i = 0; i < count; i++) {
      size_t length = KEY_BYTES_MIN + numbers_below(&random, KEY_BYTES_MAX - KEY_BYTES_MIN);
      if (round % 2) length = KEY_BYTES_MIN + length % 3;
      for (size_t j = 0; j < length; j++) keys_text[i][j] = (char)('$' + numbers_below(&random, round % 2 ? 2 : 90));
      keys_text[i][length] = '\0';
      used += (size_t)snprintf(file + used, sizeof file - used, "%s\n", keys_text[i]);
    }
    struct keys *keys = open_keys(file);
    for (size_t i = 0; i < count; i++) {
      for (int change = 0; change < 4; change++) {
        char shown[KEY_BYTES_MAX + 2];
        size_t length = strlen(keys_text[i]);
        memcpy(shown, keys_text[i], length + 1);
        if (change == 1) shown[numbers_below(&random, (uint32_t)length)] ^= 1;
        if (change == 2) shown[length - 1] = '\0';
        if (change == 3 && length < KEY_BYTES_MAX) memcpy(shown + length, "$", 2);
        bool is_one = false;
        for (size_t j = 0; j < count; j++) is_one |= strcmp(shown, keys_text[j]) == 0;
        snprintf(header, sizeof header, "Bearer %s", shown);
        ck_assert_int_eq(judge(keys, header), is_one ? KEYS_RIGHT : KEYS_WRONG);
      }
    }
    keys_close(keys);
  }
}
END_TEST

/* ---- Other keys while requests are judged */

static struct keys *shared;
static atomic_bool stops;
static atomic_size_t wrong;

static void *judge_on(void *nothing) {
  while (!atomic_load(&stops))
    if (judge(shared, "Bearer " K1) != KEYS_RIGHT) atomic_fetch_add(&wrong, 1);
  return nothing;
}

START_TEST(a_key_that_stays_is_always_right) {
  enum { THREADS = 3, RELOADS = 50 };
  pthread_t threads[THREADS];
  struct problem problem;
  shared = open_keys(K1);
  for (int i = 0; i < THREADS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, judge_on, NULL), 0);
  for (int i = 0; i < RELOADS; i++) {
    write_keys(i % 2 ? K1 "\n" K2 "\n" : K2 "\n# moved\n" K1 "\n");
    ck_assert_int_eq(keys_reload(shared, &problem), STATUS_OK);
  }
  atomic_store(&stops, true);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  ck_assert_uint_eq(atomic_load(&wrong), 0);
  keys_close(shared);
}
END_TEST

START_TEST(a_client_shows_the_first) {
  struct problem problem;
  char *key = NULL;
  write_keys("# mine\n" K2 "\n" K1 "\n");
  ck_assert_int_eq(keys_read_first(path, &problem, &key), STATUS_OK);
  ck_assert_str_eq(key, K2);
  keys_forget(key);
  write_keys("# none\n");
  ck_assert_int_eq(keys_read_first(path, &problem, &key), STATUS_BAD_ARGUMENT);
  keys_forget(NULL);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/keys", &tcase);
  tcase_add_test(tcase, lines_comments_and_spaces);
  tcase_add_loop_test(tcase, what_is_malformed_names_its_line, 0, sizeof malformed / sizeof *malformed);
  tcase_add_test(tcase, lengths_and_counts_have_limits);
  tcase_add_test(tcase, files_that_cannot_be_read);
  tcase_add_test(tcase, who_else_may_read_it);
  tcase_add_test(tcase, a_bad_file_leaves_the_keys_before);
  tcase_add_test(tcase, a_match_is_a_match_and_nothing_else_is);
  tcase_add_test(tcase, a_key_that_stays_is_always_right);
  tcase_add_test(tcase, a_client_shows_the_first);
  scratch_open();
  scratch_path(path, "keys");
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
