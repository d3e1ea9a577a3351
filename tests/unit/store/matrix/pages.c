/* LMDB's files read without LMDB: what LMDB itself reads in them, and never anything outside them. */
#include "store/matrix/pages.h"

#include <check.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/matrix/lmdb.h"
#include "tests/support/effort.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { RECORDS_MOST = 6000, KEY_MOST = 511, PAGE = 4096 };

struct file {
  char path[SCRATCH_PATH_MAX];
  unsigned char *bytes; /* on a multiple of a page, and nothing behind them */
  size_t length;
};

static struct lmdb_span span_of(MDB_val val) {
  return (struct lmdb_span){val.mv_data, val.mv_size};
}

static bool same(struct lmdb_span a, struct lmdb_span b) {
  return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

/* Keys of all lengths, many of them beginning alike; values that lie in leaves, and on pages of their own. */
static void write_records(struct lmdb *lmdb, int count) {
  for (int i = 0; i < count; i++) {
    char key[KEY_MOST];
    struct problem problem = {0};
    size_t key_length = 1 + (size_t)random() % (i % 20 == 0 ? KEY_MOST : 12);
    size_t length = (size_t)random() % (i % 50 == 0 ? 3 * PAGE : 40);
    void *value;
    for (size_t k = 0; k < key_length; k++) key[k] = (char)(random() % 3);
    enum status status = lmdb_reserve(lmdb, (struct lmdb_span){key, key_length}, length, false, &problem, &value);
    ck_assert_msg(status == STATUS_OK || status == STATUS_EXISTS, "%s", problem.text);
    for (size_t k = 0; status == STATUS_OK && k < length; k++) ((char *)value)[k] = (char)random();
    if (i % 1000 == 999) ck_assert_int_eq(lmdb_commit(lmdb, &problem), STATUS_OK);
  }
  ck_assert_int_eq(lmdb_commit(lmdb, NULL), STATUS_OK);
}

static void read_file(struct file *file) {
  char *read = scratch_read(file->path, &file->length);
  file->bytes = aligned_alloc(PAGE, (file->length + PAGE - 1) / PAGE * PAGE);
  memcpy(file->bytes, read, file->length);
  free(read);
}

static void make_file(struct file *file, int count) {
  struct lmdb *lmdb = NULL;
  scratch_path(file->path, "pages");
  unlink(file->path);
  ck_assert_int_eq(lmdb_create(file->path, NULL, &lmdb), STATUS_OK);
  write_records(lmdb, count);
  uint64_t size = lmdb_size(lmdb);
  lmdb_close(lmdb);
  ck_assert_int_eq(truncate(file->path, (off_t)size), 0);
  read_file(file);
}

static struct pages open_pages(const struct file *file) {
  struct pages pages = {0};
  struct problem problem = {0};
  ck_assert_msg(pages_open(file->bytes, file->length, "file", &problem, &pages) == STATUS_OK, "%s", problem.text);
  return pages;
}

static MDB_env *open_lmdb(const struct file *file, MDB_txn **txn, MDB_cursor **cursor) {
  MDB_env *env;
  MDB_dbi dbi;
  ck_assert_int_eq(mdb_env_create(&env), 0);
  ck_assert_int_eq(mdb_env_open(env, file->path, MDB_RDONLY | MDB_NOSUBDIR | MDB_NOLOCK, 0), 0);
  ck_assert_int_eq(mdb_txn_begin(env, NULL, MDB_RDONLY, txn), 0);
  ck_assert_int_eq(mdb_dbi_open(*txn, NULL, 0, &dbi), 0);
  ck_assert_int_eq(mdb_cursor_open(*txn, dbi, cursor), 0);
  return env;
}

/* What LMDB finds for a key, or behind it. */
static void expect_same_at(const struct pages *pages, MDB_cursor *cursor, struct lmdb_span key) {
  MDB_val at = {key.length, (void *)(uintptr_t)key.data}, there;
  struct pages_walk walk;
  struct lmdb_record record;
  struct lmdb_span value;
  int error = mdb_cursor_get(cursor, &at, &there, MDB_SET_RANGE);
  enum status status = pages_seek(pages, key, &walk, &record);
  ck_assert_int_eq(status, error == 0 ? STATUS_OK : STATUS_NOT_FOUND);
  if (error == 0) ck_assert(same(record.key, span_of(at)) && same(record.value, span_of(there)));
  bool is_there = error == 0 && same(span_of(at), key);
  ck_assert_int_eq(pages_get(pages, key, &value), is_there ? STATUS_OK : STATUS_NOT_FOUND);
  if (is_there) ck_assert(same(value, span_of(there)));
}

static const int counts[] = {0, 1, 3, 60, 500, RECORDS_MOST};

START_TEST(records_are_those_that_lmdb_reads) {
  struct file file;
  MDB_txn *txn;
  MDB_cursor *cursor;
  srandom(11 + (unsigned)_i);
  make_file(&file, counts[_i]);
  struct pages pages = open_pages(&file);
  MDB_env *env = open_lmdb(&file, &txn, &cursor);
  struct pages_walk walk;
  struct lmdb_record record;
  MDB_val key = {0}, value;
  int error = mdb_cursor_get(cursor, &key, &value, MDB_FIRST), seen = 0;
  enum status status = pages_seek(&pages, (struct lmdb_span){"", 0}, &walk, &record);
  for (; error == 0; seen++) {
    ck_assert_int_eq(status, STATUS_OK);
    ck_assert(same(record.key, span_of(key)) && same(record.value, span_of(value)));
    error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    status = pages_next(&pages, &walk, &record);
  }
  ck_assert_int_eq(error, MDB_NOTFOUND);
  ck_assert_int_eq(status, STATUS_NOT_FOUND);
  ck_assert_int_eq(pages_next(&pages, &walk, &record), STATUS_NOT_FOUND);
  ck_assert(seen <= counts[_i] && 2 * seen >= counts[_i]);
  for (int i = 0; i < effort(3000); i++) {
    char wanted[KEY_MOST];
    size_t length = 1 + (size_t)random() % (i % 10 == 0 ? KEY_MOST : 12);
    for (size_t k = 0; k < length; k++) wanted[k] = (char)(random() % 4);
    expect_same_at(&pages, cursor, (struct lmdb_span){wanted, length});
  }
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
  mdb_env_close(env);
  free(file.bytes);
}
END_TEST

/* Reads all there is, and looks up what it read. Values are touched at both ends. */
static unsigned read_all(const struct file *file) {
  struct pages pages;
  struct pages_walk walk;
  struct lmdb_record record;
  unsigned sum = 0;
  uint64_t left = 100000;
  if (pages_open(file->bytes, file->length, "file", NULL, &pages) != STATUS_OK) return 0;
  enum status status = pages_seek(&pages, (struct lmdb_span){"", 0}, &walk, &record);
  for (; status == STATUS_OK && left > 0; left--) {
    struct lmdb_span value;
    const unsigned char *bytes = record.value.data;
    if (record.value.length > 0) sum += bytes[0] + bytes[record.value.length - 1];
    if (pages_get(&pages, record.key, &value) == STATUS_OK) sum++;
    status = pages_next(&pages, &walk, &record);
  }
  ck_assert_msg(left > 0, "the walk does not end");
  return sum;
}

START_TEST(any_bytes_are_read_within_bounds) {
  struct file file;
  srandom(5);
  make_file(&file, 400);
  unsigned char *kept = malloc(file.length);
  memcpy(kept, file.bytes, file.length);
  ck_assert_uint_gt(read_all(&file), 0);
  for (int i = 0; i < effort(2000); i++) {
    memcpy(file.bytes, kept, file.length);
    for (int changes = 1 + (int)(random() % 20); changes > 0; changes--) {
      /* Most of what leads a walk lies at the beginning of a page, or is a node's head in it. */
      size_t page = (size_t)random() % (file.length / PAGE) * PAGE;
      size_t at = page + (size_t)random() % (random() % 2 ? 64 : PAGE);
      switch (random() % 4) {
        case 0: file.bytes[at] = (unsigned char)random(); break;
        case 1: memset(file.bytes + at, 0, PAGE - (at - page)); break;
        case 2: memset(file.bytes + at, 0xFF, 1); break;
        default: memcpy(file.bytes + page, kept + (size_t)random() % (file.length / PAGE) * PAGE, PAGE);
      }
    }
    read_all(&file);
  }
  free(kept);
  free(file.bytes);
}
END_TEST

/* The first record of the first leaf, and the leaf. */
static unsigned char *first_node(struct file *file, const struct pages *pages, unsigned char **leaf) {
  struct pages_walk walk;
  struct lmdb_record record;
  ck_assert_int_eq(pages_seek(pages, (struct lmdb_span){"", 0}, &walk, &record), STATUS_OK);
  *leaf = file->bytes + walk.levels[walk.depth - 1].number * pages->size;
  return (unsigned char *)(uintptr_t)record.key.data - 8;
}

/* What is put where in a node (or, from 100 on, in its leaf), `size` bytes of it. */
static const struct {
  int at, size;
  uint64_t value;
} leads[] = {
    {6, 2, 0xFFFF},       /* the length of its key */
    {0, 4, 0xFFFFFFFF},   /* of its value */
    {4, 2, 1},            /* a value elsewhere, on a page of a number that is none */
    {4, 2, 2},            /* a database in the database */
    {116, 2, 0xFFFE},     /* where the node begins */
    {116, 2, 0x0FFF},     /* at no even place */
    {112, 2, 0xFFFE},     /* how many nodes there are */
    {112, 2, 8},          /* fewer than none */
    {110, 2, 4},          /* no page of a tree */
    {110, 2, 1},          /* a branch, whose nodes lead to no page */
    {100, 8, 0xFFFFFFFF}, /* another page's number */
};

START_TEST(a_number_that_leads_outside_is_refused) {
  struct file file;
  struct lmdb_record record;
  struct pages_walk walk;
  unsigned char *leaf;
  srandom(9);
  make_file(&file, 400);
  struct pages pages = open_pages(&file);
  unsigned char *node = first_node(&file, &pages, &leaf);
  memcpy(leads[_i].at < 100 ? node + leads[_i].at : leaf + leads[_i].at - 100, &leads[_i].value,
         (size_t)leads[_i].size);
  ck_assert_int_eq(pages_seek(&pages, (struct lmdb_span){"", 0}, &walk, &record), STATUS_DAMAGED);
  free(file.bytes);
}
END_TEST

START_TEST(a_root_that_is_no_page_is_refused) {
  static const uint64_t roots[] = {0, 1, 1000, 1ull << 40, UINT64_MAX - 1};
  struct file file;
  struct lmdb_span value;
  srandom(9);
  make_file(&file, 60);
  struct pages pages = open_pages(&file);
  pages.root = roots[_i];
  ck_assert_int_eq(pages_get(&pages, (struct lmdb_span){"a", 1}, &value), STATUS_DAMAGED);
  free(file.bytes);
}
END_TEST

START_TEST(heads_are_judged) {
  struct file file;
  struct pages pages;
  struct problem problem = {0};
  srandom(3);
  make_file(&file, 60);
  static const struct {
    size_t at;
    unsigned char byte;
    enum status status;
  } changes[] = {
      {16, 0, STATUS_FOREIGN},        {20, 2, STATUS_UNSUPPORTED},
      {10, 1, STATUS_DAMAGED},        {41, 0x11, STATUS_DAMAGED},
      {41, 0, STATUS_DAMAGED},        {42, 1, STATUS_DAMAGED},
      {PAGE + 16, 0, STATUS_FOREIGN}, {PAGE + 20, 2, STATUS_UNSUPPORTED},
  };
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    unsigned char kept = file.bytes[changes[i].at];
    file.bytes[changes[i].at] = changes[i].byte;
    ck_assert_int_eq(pages_open(file.bytes, file.length, "the file", &problem, &pages), changes[i].status);
    ck_assert_ptr_nonnull(strstr(problem.text, "the file"));
    file.bytes[changes[i].at] = kept;
  }
  ck_assert_int_eq(pages_open(file.bytes, file.length - PAGE, "the file", &problem, &pages), STATUS_DAMAGED);
  ck_assert_int_eq(pages_open(file.bytes, file.length - 1, "the file", &problem, &pages), STATUS_DAMAGED);
  ck_assert_int_eq(pages_open(file.bytes, 100, "the file", &problem, &pages), STATUS_FOREIGN);
  ck_assert_int_eq(pages_open(file.bytes, file.length, "the file", &problem, &pages), STATUS_OK);
  free(file.bytes);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/pages", &cases);
  tcase_add_loop_test(cases, records_are_those_that_lmdb_reads, 0, (int)(sizeof counts / sizeof counts[0]));
  tcase_add_test(cases, any_bytes_are_read_within_bounds);
  tcase_add_loop_test(cases, a_number_that_leads_outside_is_refused, 0, (int)(sizeof leads / sizeof leads[0]));
  tcase_add_loop_test(cases, a_root_that_is_no_page_is_refused, 0, 5);
  tcase_add_test(cases, heads_are_judged);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
