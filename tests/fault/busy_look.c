/* A look at the store takes as long as reading a new file does, and SIGHUP does not wait for it: a key that was
 * withdrawn is refused at once. The file is as long as 256 GiB of nothing, with sums of its own that are right for
 * themselves, so that all of it is read. */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "tests/support/http_client.h"
#include "tests/support/suite.h"

#define KEY "first-key-0123456789"
#define LATER "later-key-0123456789"

enum { BLOCKS = 4096 };
static const uint64_t covered = (uint64_t)BLOCKS << 26;

static struct daemon served;
static char key_file[SCRATCH_PATH_MAX];

/* The sums of all blocks, wrong ones, and behind them what checksum.c puts at the end. */
static void put_large_file(void) {
  static struct {
    uint64_t sums[BLOCKS];
    struct {
      char magic[8];
      uint64_t covered, blocks, sum;
    } footer;
  } trailer = {.footer = {.magic = "WVECSUM1", .covered = covered, .blocks = BLOCKS}};
  char path[SCRATCH_PATH_MAX];
  trailer.footer.sum = XXH3_64bits(&trailer, sizeof trailer - sizeof trailer.footer.sum);
  snprintf(path, sizeof path, "%.900s/large.mdb", served.store);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || pwrite(fd, &trailer, sizeof trailer, (off_t)covered) != (ssize_t)sizeof trailer)
    support_fail("cannot write %s", path);
  close(fd);
}

/* Whether the daemon has the file open. */
static bool is_being_read(void) {
  char folder[64], to[SCRATCH_PATH_MAX];
  bool found = false;
  snprintf(folder, sizeof folder, "/proc/%d/fd", (int)served.pid);
  DIR *directory = opendir(folder);
  for (const struct dirent *item; directory && !found && (item = readdir(directory));) {
    ssize_t length = readlinkat(dirfd(directory), item->d_name, to, sizeof to - 1);
    to[length > 0 ? length : 0] = '\0';
    found = strstr(to, "/large.mdb") != NULL;
  }
  if (directory) closedir(directory);
  return found;
}

static long status_with(const char *field) {
  struct answer answer;
  client_send(served.port, &(struct client_request){.target = "/info", .headers = {field}}, &answer);
  long status = answer.status;
  answer_release(&answer);
  return status;
}

START_TEST(keys_do_not_wait_for_it) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  ck_assert_int_eq(status_with("Authorization: Bearer " KEY), 200);
  put_large_file();
  while (!is_being_read() && support_seconds() < deadline) support_pause();
  scratch_write(key_file, LATER "\n" LATER "x\n", strlen(LATER "\n" LATER "x\n"));
  kill(served.pid, SIGHUP);
  daemon_await_log(&served, "2 keys in force");
  ck_assert_int_eq(status_with("Authorization: Bearer " KEY), 401);
  ck_assert_int_eq(status_with("Authorization: Bearer " LATER), 200);
  ck_assert_msg(is_being_read(), "the look never began");
  ck_assert_msg(!daemon_log_has(&served, "large"), "a look was over before the keys were read");
  printf("busy look: keys read again while it lasted\n");
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/busy_look", &tcase);
  tcase_add_test(tcase, keys_do_not_wait_for_it);
  scratch_open();
  scratch_path(key_file, "keys");
  scratch_write(key_file, KEY "\n", strlen(KEY "\n"));
  daemon_prepare(&served);
  daemon_start(&served, "--api-key-file", key_file, NULL);
  int failed = suite_run(suite);
  daemon_stop(&served); /* does not wait for it, either */
  scratch_close();
  return failed;
}
