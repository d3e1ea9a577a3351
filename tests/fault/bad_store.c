/* A store with one good file among twenty that are none: each is named in the log with what is wrong with it, and the
 * good one is served. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "store/matrix/checksum.h"
#include "tests/support/http_client.h"
#include "tests/support/store_fixture.h"
#include "tests/support/suite.h"

enum { PAGE = 4096, TRAILER = 40 };

static struct daemon served;
static char *good;
static size_t good_length;

static void path_of(char path[SCRATCH_PATH_MAX], const char *name) {
  snprintf(path, SCRATCH_PATH_MAX, "%.900s/%s.mdb", served.store, name);
}

static void put(const char *name, const void *bytes, size_t length) {
  char path[SCRATCH_PATH_MAX];
  path_of(path, name);
  scratch_write(path, bytes, length);
}

/* The good file with `length` other bytes at `at`. */
static void put_changed(const char *name, size_t at, const void *bytes, size_t length) {
  char *copy = malloc(good_length);
  memcpy(copy, good, good_length);
  memcpy(copy + at, bytes, length);
  put(name, copy, good_length);
  free(copy);
}

/* The same under sums made anew. */
static void put_changed_and_summed(const char *name, size_t at, const void *bytes, size_t length) {
  char path[SCRATCH_PATH_MAX];
  uint64_t size;
  put_changed(name, at, bytes, length);
  path_of(path, name);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (ftruncate(fd, (off_t)(good_length - TRAILER)) != 0 ||
      checksum_append(fd, good_length - TRAILER, 1, path, NULL, &size) != STATUS_OK)
    support_fail("cannot sum %s", path);
  close(fd);
}

static void put_link(const char *name, const char *to) {
  char path[SCRATCH_PATH_MAX];
  path_of(path, name);
  if (symlink(to, path) != 0) support_fail("cannot link %s", path);
}

static void put_socket(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char path[SCRATCH_PATH_MAX];
  path_of(path, name);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (snprintf(address.sun_path, sizeof address.sun_path, "%.107s", path) != (int)strlen(path) ||
      bind(fd, (const struct sockaddr *)&address, sizeof address) != 0)
    support_fail("cannot bind %s", path);
  close(fd);
}

static const struct {
  const char *name, *says;
} bad[] = {
    {"empty", "empty"},
    {"one-byte", "not a wordvec store file"},
    {"text", "not a wordvec store file"},
    {"zeros", "not a wordvec store file"},
    {"zip", "not a wordvec store file"},
    {"other-version", "format version 2"},
    {"other-order", "byte order"},
    {"other-lmdb", "another version of LMDB"},
    {"big-endian-lmdb", "byte order"},
    {"not-ours", "not a wordvec store"},
    {"cut", "cut short"},
    {"cut-trailer", "trailer"},
    {"flipped", "checksum"},
    {"longer", "trailer"},
    {"folder", "not a regular file"},
    {"fifo", "not a regular file"},
    {"socket", "cannot be opened"},
    {"circle", "cannot be opened"},
    {"nowhere", "cannot be opened"},
    {"device", "not a regular file"},
};
enum { BAD = sizeof bad / sizeof bad[0] };

static void put_all(void) {
  static const char zeros[3 * PAGE];
  char path[SCRATCH_PATH_MAX];
  const uint32_t two = 2;
  char *head = memmem(good, good_length, "wordvec", 8);
  if (!head) support_fail("the fixture has no head");
  size_t at = (size_t)(head - good);
  put("empty", "", 0);
  put("one-byte", "x", 1);
  put("text", "the 0.1 0.2\n", 12);
  put("zeros", zeros, sizeof zeros);
  put("zip", "PK\3\4 and so on, for longer than a head", 38);
  put_changed_and_summed("other-version", at + 8, &two, 4);
  put_changed_and_summed("other-order", at + 12, "\1\2\3\4", 4);
  put_changed_and_summed("other-lmdb", 20, &two, 4);
  put_changed("big-endian-lmdb", 16, "\xBE\xEF\xC0\xDE", 4);
  path_of(path, "big-endian-lmdb");
  if (truncate(path, (off_t)(good_length - TRAILER)) != 0) support_fail("cannot cut %s", path);
  put_changed_and_summed("not-ours", at, "elsewise", 8);
  put("cut", good, good_length / 2);
  put("cut-trailer", good, good_length - 1);
  put_changed("flipped", good_length / 2, "?!", 2);
  char *longer = calloc(1, good_length + 1);
  memcpy(longer, good, good_length);
  put("longer", longer, good_length + 1);
  free(longer);
  path_of(path, "folder");
  if (mkdir(path, 0700) != 0) support_fail("cannot make %s", path);
  path_of(path, "fifo");
  if (mkfifo(path, 0600) != 0) support_fail("cannot make %s", path);
  put_socket("socket");
  put_link("circle", "circle.mdb");
  put_link("nowhere", "/nowhere/at/all");
  put_link("device", "/dev/zero");
}

START_TEST(each_bad_file_is_named_and_the_good_one_served) {
  struct answer answer;
  size_t length;
  char *log = scratch_read(served.log, &length);
  for (size_t i = 0; i < BAD; i++) {
    char name[64];
    snprintf(name, sizeof name, "model %s: ", bad[i].name);
    const char *line = strstr(log, name);
    ck_assert_msg(line != NULL, "%s is not named in the log:\n%s", bad[i].name, log);
    const char *end = strchrnul(line, '\n');
    ck_assert_msg(memmem(line, (size_t)(end - line), bad[i].says, strlen(bad[i].says)) != NULL, "%.*s",
                  (int)(end - line), line);
  }
  free(log);
  client_get(served.port, "/models", &answer);
  ck_assert_int_eq(answer.status, 200);
  ck_assert_ptr_nonnull(strstr(answer.body, "\"good\""));
  for (size_t i = 0; i < BAD; i++) {
    char name[64];
    snprintf(name, sizeof name, "\"%s\"", bad[i].name);
    ck_assert_msg(!strstr(answer.body, name), "%s is served", name);
  }
  answer_release(&answer);
  client_get(served.port, "/vector?word=w1", &answer);
  ck_assert_int_eq(answer.status, 200);
  answer_release(&answer);
  printf("bad store: %d bad files named, 1 good one served\n", (int)BAD);
}
END_TEST

/* What opens and leaves nothing to be read is given up at once: a look that waited would never come to "good". */
START_TEST(another_look_finds_nothing_new) {
  char path[SCRATCH_PATH_MAX];
  size_t before, after;
  free(scratch_read(served.log, &before));
  path_of(path, "late");
  scratch_write(path, good, good_length);
  daemon_await_log(&served, "model late: serving");
  char *log = scratch_read(served.log, &after);
  for (char *line = log + before; (line = strstr(line, "model ")); line++)
    ck_assert_msg(strncmp(line, "model late", 10) == 0, "%s", line);
  free(log);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("fault/bad_store", &cases);
  tcase_add_test(cases, each_bad_file_is_named_and_the_good_one_served);
  tcase_add_test(cases, another_look_finds_nothing_new);
  char path[SCRATCH_PATH_MAX];
  daemon_prepare(&served);
  store_fixture_write(served.store, "good", &(struct store_fixture){.rows = 20, .dim = 5, .seed = 1});
  path_of(path, "good");
  good = scratch_read(path, &good_length);
  put_all();
  daemon_start(&served, NULL);
  daemon_await_ready(&served, 200);
  int failed = suite_run(suite);
  daemon_stop(&served);
  free(good);
  scratch_close();
  return failed;
}
