/* LMDB behind the store's terms: reserve and get, order, growth beyond the first map, errors. */
#include "store/matrix/lmdb.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static struct lmdb_span span(const char *text) {
  return (struct lmdb_span){text, strlen(text)};
}

static void put(struct lmdb *lmdb, const char *key, const char *value, bool append) {
  struct problem problem = {0};
  void *room;
  enum status status = lmdb_reserve(lmdb, span(key), strlen(value), append, &problem, &room);
  ck_assert_msg(status == STATUS_OK, "%s", problem.text);
  memcpy(room, value, strlen(value));
}

static struct mapping *mapping; /* of what is open for reading */

static struct lmdb *reopen(const char *path, uint64_t covered) {
  struct problem problem = {0};
  struct lmdb *lmdb = NULL;
  ck_assert_int_eq(truncate(path, (off_t)covered), 0); /* LMDB makes a file longer than what it has put in */
  int fd = open(path, O_RDONLY);
  ck_assert_msg(mapping_open(fd, covered, path, &problem, &mapping) == STATUS_OK, "%s", problem.text);
  ck_assert_msg(lmdb_open(mapping, covered, path, &problem, &lmdb) == STATUS_OK, "%s", problem.text);
  close(fd);
  return lmdb;
}

static void close_again(struct lmdb *lmdb) {
  lmdb_close(lmdb);
  mapping_close(mapping);
}

START_TEST(records_come_back_in_order) {
  char path[SCRATCH_PATH_MAX];
  struct lmdb *lmdb = NULL;
  struct lmdb_cursor *cursor = NULL;
  struct lmdb_record record;
  struct lmdb_span value;
  scratch_path(path, "order");
  ck_assert_int_eq(lmdb_create(path, NULL, &lmdb), STATUS_OK);
  put(lmdb, "b", "two", false);
  put(lmdb, "a", "one", false);
  ck_assert_int_eq(lmdb_commit(lmdb, NULL), STATUS_OK);
  ck_assert_int_eq(lmdb_commit(lmdb, NULL), STATUS_OK);
  put(lmdb, "c", "three", true);
  ck_assert_int_eq(lmdb_commit(lmdb, NULL), STATUS_OK);
  uint64_t size = lmdb_size(lmdb);
  lmdb_close(lmdb);
  lmdb = reopen(path, size);
  ck_assert_int_eq(lmdb_get(lmdb, span("b"), &value), STATUS_OK);
  ck_assert_uint_eq(value.length, 3);
  ck_assert_mem_eq(value.data, "two", 3);
  ck_assert_int_eq(lmdb_get(lmdb, span("bb"), &value), STATUS_NOT_FOUND);
  ck_assert_int_eq(lmdb_cursor_open(lmdb, &cursor), STATUS_OK);
  ck_assert_int_eq(lmdb_cursor_seek(cursor, span("aa"), &record), STATUS_OK);
  ck_assert_mem_eq(record.key.data, "b", 1);
  ck_assert_int_eq(lmdb_cursor_next(cursor, &record), STATUS_OK);
  ck_assert_mem_eq(record.value.data, "three", 5);
  ck_assert_int_eq(lmdb_cursor_next(cursor, &record), STATUS_NOT_FOUND);
  ck_assert_int_eq(lmdb_cursor_seek(cursor, span("d"), &record), STATUS_NOT_FOUND);
  lmdb_cursor_close(cursor);
  close_again(lmdb);
}
END_TEST

START_TEST(a_key_is_put_once) {
  char path[SCRATCH_PATH_MAX];
  struct lmdb *lmdb = NULL;
  struct problem problem = {0};
  void *room;
  scratch_path(path, "once");
  ck_assert_int_eq(lmdb_create(path, NULL, &lmdb), STATUS_OK);
  put(lmdb, "a", "one", false);
  ck_assert_int_eq(lmdb_reserve(lmdb, span("a"), 3, false, &problem, &room), STATUS_EXISTS);
  ck_assert_ptr_nonnull(strstr(problem.text, path));
  lmdb_close(lmdb);
  lmdb_close(NULL);
}
END_TEST

START_TEST(the_map_grows_with_the_file) {
  enum { VALUES = 6, SIZE = 40 << 20 };
  char path[SCRATCH_PATH_MAX], key[2] = "a";
  struct lmdb *lmdb = NULL;
  struct problem problem = {0};
  scratch_path(path, "growth");
  ck_assert_int_eq(lmdb_create(path, NULL, &lmdb), STATUS_OK);
  for (int i = 0; i < VALUES; i++) {
    void *room;
    key[0] = (char)('a' + i);
    enum status status = lmdb_reserve(lmdb, span(key), SIZE, false, &problem, &room);
    ck_assert_msg(status == STATUS_OK, "%s", problem.text);
    memset(room, i + 1, SIZE);
    ck_assert_int_eq(lmdb_commit(lmdb, &problem), STATUS_OK);
  }
  uint64_t size = lmdb_size(lmdb);
  ck_assert_uint_gt(size, (uint64_t)VALUES * SIZE);
  lmdb_close(lmdb);
  lmdb = reopen(path, size);
  for (int i = 0; i < VALUES; i++) {
    struct lmdb_span value;
    key[0] = (char)('a' + i);
    ck_assert_int_eq(lmdb_get(lmdb, span(key), &value), STATUS_OK);
    ck_assert_uint_eq(value.length, SIZE);
    ck_assert_int_eq(((const char *)value.data)[SIZE - 1], i + 1);
  }
  close_again(lmdb);
}
END_TEST

START_TEST(what_is_no_lmdb_file_is_refused) {
  char path[SCRATCH_PATH_MAX], page[8192] = "not LMDB";
  struct lmdb *lmdb = NULL;
  struct problem problem = {0};
  scratch_path(path, "foreign");
  scratch_write(path, page, sizeof page);
  int fd = open(path, O_RDONLY);
  ck_assert_int_eq(mapping_open(fd, sizeof page, "foreign", &problem, &mapping), STATUS_OK);
  ck_assert_int_eq(lmdb_open(mapping, sizeof page, "foreign", &problem, &lmdb), STATUS_FOREIGN);
  ck_assert_ptr_nonnull(strstr(problem.text, "foreign"));
  mapping_close(mapping);
  close(fd);
  scratch_path(path, "no/such/folder");
  ck_assert_int_ne(lmdb_create(path, &problem, &lmdb), STATUS_OK);
  ck_assert_ptr_nonnull(strstr(problem.text, path));
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/lmdb", &cases);
  tcase_add_test(cases, records_come_back_in_order);
  tcase_add_test(cases, a_key_is_put_once);
  tcase_add_test(cases, the_map_grows_with_the_file);
  tcase_add_test(cases, what_is_no_lmdb_file_is_refused);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
