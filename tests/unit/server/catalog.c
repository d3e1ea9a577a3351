/* The catalog over real small stores: what a look finds, when models change under it, and that whoever has acquired a
 * model keeps it. */
#include "server/catalog.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "store/matrix/writer.h"
#include "tests/support/effort.h"
#include "tests/support/scratch.h"

static char store[SCRATCH_PATH_MAX];
static struct catalog *catalog;

/* Everything that the last look told, as lines "MODEL: TEXT", failures with a '!' before them. */
static char told[8192];
static int told_count;
static uint64_t rows_when_told; /* of the model that was told of last, at that moment */

static uint64_t rows_of(const char *name);

static void tell(void *context, bool failed, const char *model, const char *text) {
  ck_assert_ptr_eq(context, told);
  size_t used = strlen(told);
  snprintf(told + used, sizeof told - used, "%s%s: %s\n", failed ? "!" : "", model, text);
  told_count++;
  rows_when_told = rows_of(model);
}

static void look_hard(bool insist) {
  told[0] = '\0';
  told_count = 0;
  catalog_refresh(catalog, insist, tell, told);
}

static void look(void) {
  look_hard(false);
}

static void write_model(const char *folder, const char *name, uint32_t rows) {
  static const struct writer_origin origin = {.source = "t", .source_format = "glove"};
  struct writer *writer;
  struct problem problem;
  uint64_t size;
  char digest[33];
  ck_assert_msg(writer_open(folder, name, true, &problem, &writer) == STATUS_OK, "%s", problem.text);
  for (uint32_t row = 0; row < rows; row++) {
    char word[16];
    uint32_t added;
    float vector[2] = {(float)row, 1};
    int length = snprintf(word, sizeof word, "w%u", row);
    ck_assert_int_eq(writer_add(writer, (struct word){word, (size_t)length}, vector, 2, &problem, &added), STATUS_OK);
  }
  ck_assert_msg(writer_finish(writer, &origin, 1, &problem, &size, digest) == STATUS_OK, "%s", problem.text);
  writer_close(writer);
}

static void write_junk(const char *name, const char *bytes) {
  char path[SCRATCH_PATH_MAX];
  snprintf(path, sizeof path, "%.900s/%s", store, name);
  scratch_write(path, bytes, strlen(bytes));
}

static void remove_file(const char *name) {
  char path[SCRATCH_PATH_MAX];
  snprintf(path, sizeof path, "%.900s/%s", store, name);
  ck_assert_int_eq(unlink(path), 0);
}

/* Rows of the model that is served under the name; 0: none. */
static uint64_t rows_of(const char *name) {
  struct model *model = catalog_acquire(catalog, name);
  uint64_t rows = model ? model_info(model)->rows : 0;
  model_drop(model);
  return rows;
}

static void set_up(void) {
  scratch_folder(store, "store");
  ck_assert_int_eq(catalog_new(store, 2, &catalog), STATUS_OK);
}

static void tear_down(void) {
  catalog_free(catalog);
  scratch_remove(store);
}

START_TEST(nothing_before_the_first_look) {
  write_model(store, "a", 1);
  ck_assert(!catalog_looked(catalog));
  ck_assert_uint_eq(catalog_count(catalog), 0);
  look();
  ck_assert(catalog_looked(catalog));
  ck_assert_uint_eq(catalog_count(catalog), 1);
}
END_TEST

START_TEST(an_empty_store) {
  char name[MODEL_NAME_MAX + 1];
  struct catalog_entry *entries;
  size_t count = 7;
  look();
  ck_assert_int_eq(told_count, 0);
  ck_assert_ptr_null(catalog_acquire(catalog, "a"));
  ck_assert_ptr_null(catalog_acquire_only(catalog, name));
  ck_assert_int_eq(catalog_list(catalog, &entries, &count), STATUS_OK);
  ck_assert_uint_eq(count, 0);
  catalog_list_free(entries, count);
}
END_TEST

START_TEST(a_store_that_comes_later) {
  ck_assert_int_eq(rmdir(store), 0);
  look();
  ck_assert_ptr_nonnull(strstr(told, store)); /* says which folder */
  ck_assert_ptr_null(strchr(told, '!'));      /* and not as a failure: a first start is like this */
  ck_assert(catalog_looked(catalog));
  look();
  ck_assert_int_eq(told_count, 0); /* once */
  write_model(store, "a", 3);
  look();
  ck_assert_uint_eq(rows_of("a"), 3);
}
END_TEST

START_TEST(models_come_are_replaced_and_go) {
  write_model(store, "a", 1);
  look();
  ck_assert_ptr_nonnull(strstr(told, "a: "));
  look();
  ck_assert_msg(told_count == 0, "%s", told); /* nothing new */

  write_model(store, "b", 2);
  write_model(store, "a", 5);
  look();
  ck_assert_int_eq(told_count, 2);
  ck_assert_uint_eq(rows_of("a"), 5);
  ck_assert_uint_eq(rows_of("b"), 2);

  remove_file("a.mdb");
  look();
  ck_assert_int_eq(told_count, 1);
  ck_assert_uint_eq(rows_of("a"), 0);
  ck_assert_uint_eq(rows_of("b"), 2);
}
END_TEST

/* A model that somebody reads outlives its replacement, its removal and the catalog. */
/* Whoever reads in the log of a new version gets it. */
START_TEST(what_is_told_is_so) {
  write_model(store, "a", 1);
  look();
  ck_assert_uint_eq(rows_when_told, 1);
  write_model(store, "a", 2);
  look();
  ck_assert_uint_eq(rows_when_told, 2);
  remove_file("a.mdb");
  look();
  ck_assert_int_eq(told_count, 1);
  ck_assert_uint_eq(rows_when_told, 0);
}
END_TEST

START_TEST(readers_keep_their_version) {
  write_model(store, "a", 3);
  look();
  struct model *first = catalog_acquire(catalog, "a");
  write_model(store, "a", 4);
  look();
  struct model *second = catalog_acquire(catalog, "a");
  remove_file("a.mdb");
  look();
  catalog_free(catalog);
  catalog = NULL;
  ck_assert_uint_eq(model_info(first)->rows, 3);
  ck_assert_uint_eq(model_info(second)->rows, 4);
  ck_assert_float_eq(rows_at(model_rows(first), 2)[0], 2);
  ck_assert_float_eq(rows_at(model_rows(second), 3)[0], 3);
  model_drop(first);
  model_drop(second);
}
END_TEST

START_TEST(the_only_model) {
  char name[MODEL_NAME_MAX + 1] = "";
  write_model(store, "single", 1);
  look();
  struct model *model = catalog_acquire_only(catalog, name);
  ck_assert_ptr_nonnull(model);
  ck_assert_str_eq(name, "single");
  model_drop(model);
  write_model(store, "second", 1);
  look();
  ck_assert_ptr_null(catalog_acquire_only(catalog, name));
}
END_TEST

START_TEST(the_list_is_in_order) {
  static const char *const names[] = {"b", "a-1", "a", "Z", "a.1", "0"};
  static const char *const sorted[] = {"0", "Z", "a", "a-1", "a.1", "b"};
  struct catalog_entry *entries;
  size_t count;
  for (size_t i = 0; i < 6; i++) write_model(store, names[i], (uint32_t)i + 1);
  write_junk("aa.mdb", "not a model");
  look();
  ck_assert_int_eq(catalog_list(catalog, &entries, &count), STATUS_OK);
  ck_assert_uint_eq(count, 6);
  for (size_t i = 0; i < 6; i++) ck_assert_str_eq(entries[i].name, sorted[i]);
  for (size_t i = 0; i < 6; i++) ck_assert_uint_eq(rows_of(names[i]), i + 1);
  catalog_list_free(entries, count);
}
END_TEST

static void expect_swaps(uint64_t swapped, uint64_t refused, uint64_t removed) {
  uint64_t swaps[CATALOG_SWAPS];
  catalog_swaps(catalog, swaps);
  ck_assert_uint_eq(swaps[CATALOG_SWAPPED], swapped);
  ck_assert_uint_eq(swaps[CATALOG_REFUSED], refused);
  ck_assert_uint_eq(swaps[CATALOG_REMOVED], removed);
}

static void expect_model(const struct catalog_model *model, const char *name, bool served, uint64_t swapped,
                         uint64_t refused) {
  ck_assert_str_eq(model->name, name);
  ck_assert_int_eq(model->model != NULL, served);
  ck_assert_uint_eq(model->swaps[CATALOG_SWAPPED], swapped);
  ck_assert_uint_eq(model->swaps[CATALOG_REFUSED], refused);
}

START_TEST(swaps_are_counted_of_each_model_and_of_all) {
  struct catalog_model *models;
  size_t count;
  expect_swaps(0, 0, 0);
  write_model(store, "b", 1);
  write_junk("a.mdb", "no model");
  write_junk("no name.mdb", "nor this");
  look();
  look(); /* which finds nothing new */
  expect_swaps(1, 1, 0);
  write_model(store, "b", 2);
  look();
  remove_file("b.mdb");
  write_junk("b.mdb", "damaged");
  look();
  expect_swaps(2, 2, 0);
  ck_assert_int_eq(catalog_models(catalog, &models, &count), STATUS_OK);
  ck_assert_uint_eq(count, 2);
  expect_model(&models[0], "b", true, 2, 1);
  expect_model(&models[1], "a", false, 0, 1);
  catalog_models_free(models, count);
  remove_file("a.mdb");
  remove_file("b.mdb");
  look();
  expect_swaps(2, 2, 1); /* a was never served */
  ck_assert_int_eq(catalog_models(catalog, &models, &count), STATUS_OK);
  ck_assert_uint_eq(count, 0);
  catalog_models_free(models, count);
}
END_TEST

START_TEST(a_bad_file_is_told_once_and_replaces_nothing) {
  write_model(store, "a", 3);
  look();
  remove_file("a.mdb");
  write_junk("a.mdb", "damaged");
  write_junk("b.mdb", "");
  look();
  ck_assert_ptr_nonnull(strstr(told, "!a: "));
  ck_assert_ptr_nonnull(strstr(told, "!b: "));
  ck_assert_uint_eq(rows_of("a"), 3); /* the version before */
  ck_assert_uint_eq(rows_of("b"), 0);
  ck_assert_uint_eq(catalog_count(catalog), 1);
  look();
  ck_assert_msg(told_count == 0, "%s", told);
  write_junk("b.mdb", "still no model, but another file");
  look();
  ck_assert_int_eq(told_count, 1);
  write_model(store, "b", 4);
  write_model(store, "a", 5);
  look();
  ck_assert_uint_eq(rows_of("a"), 5);
  ck_assert_uint_eq(rows_of("b"), 4);
}
END_TEST

/* Allows no descriptor beyond `free` that are not in use now. */
static void allow_descriptors(int free_ones, struct rlimit *before) {
  int lowest = dup(0);
  ck_assert_int_ge(lowest, 0);
  close(lowest);
  ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, before), 0);
  struct rlimit few = {(rlim_t)(lowest + free_ones), before->rlim_max};
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
}

START_TEST(a_reason_that_passes_is_tried_again) {
  struct rlimit before;
  write_model(store, "a", 3);
  allow_descriptors(1, &before); /* for the folder, and none for the file */
  look();
  ck_assert_int_eq(told_count, 1);
  ck_assert_ptr_nonnull(strstr(told, "!a: "));
  look();
  ck_assert_msg(told_count == 0, "%s", told); /* tried again, with nothing new to tell */
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
  look();
  ck_assert_ptr_nonnull(strstr(told, "serving"));
  ck_assert_uint_eq(rows_of("a"), 3);
}
END_TEST

/* Writes one byte of the store's a.mdb and gives the file the time of before, as a repair of its blocks would. */
static void change_unseen(char byte, char *old) {
  char path[SCRATCH_PATH_MAX];
  static const struct timespec times[2] = {{1000, 0}, {1000, 0}};
  snprintf(path, sizeof path, "%.900s/a.mdb", store);
  int descriptor = open(path, O_RDWR);
  ck_assert_int_ge(descriptor, 0);
  if (old) ck_assert_int_eq(pread(descriptor, old, 1, 5000), 1);
  ck_assert_int_eq(pwrite(descriptor, &byte, 1, 5000), 1);
  ck_assert_int_eq(futimens(descriptor, times), 0);
  close(descriptor);
}

START_TEST(what_is_damaged_is_tried_again_when_asked_to) {
  char old;
  write_model(store, "a", 3);
  change_unseen('!', &old);
  look();
  ck_assert_ptr_nonnull(strstr(told, "!a: "));
  look_hard(true);
  ck_assert_msg(told_count == 0, "%s", told);
  change_unseen(old, NULL);
  look();
  ck_assert_uint_eq(rows_of("a"), 0); /* nothing says that it has changed */
  look_hard(true);
  ck_assert_uint_eq(rows_of("a"), 3);
}
END_TEST

START_TEST(names_that_are_none) {
  char name[256] = "";
  memset(name, 'n', 129);
  strcpy(name + 129, ".mdb");
  write_junk("with space.mdb", "x");
  write_junk("_a.mdb", "x");
  write_junk(name, "x");
  look();
  ck_assert_int_eq(told_count, 3);
  ck_assert_ptr_nonnull(strstr(told, "'with space.mdb'"));
  ck_assert_ptr_nonnull(strstr(told, "'_a.mdb'"));
  look();
  ck_assert_msg(told_count == 0, "%s", told);
  ck_assert_uint_eq(catalog_count(catalog), 0);
}
END_TEST

START_TEST(what_is_no_candidate_is_not_mentioned) {
  char path[SCRATCH_PATH_MAX];
  write_junk(".a.mdb", "a temporary file");
  write_junk("a.mdb.tmp", "x");
  write_junk("README", "x");
  write_junk(".mdb", "x");
  snprintf(path, sizeof path, "%.900s/folder", store);
  ck_assert_int_eq(mkdir(path, 0700), 0);
  look();
  ck_assert_msg(told_count == 0, "%s", told);
  ck_assert_uint_eq(catalog_count(catalog), 0);
}
END_TEST

static void make_path(char path[SCRATCH_PATH_MAX], const char *name) {
  snprintf(path, SCRATCH_PATH_MAX, "%.900s/%s", store, name);
}

/* None of them is read, waited for or passed by in silence: a FIFO without a writer would hold up the look for good. */
START_TEST(what_is_no_file_is_told_once) {
  char path[SCRATCH_PATH_MAX], other[SCRATCH_PATH_MAX];
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  make_path(path, "folder.mdb");
  ck_assert_int_eq(mkdir(path, 0700), 0);
  make_path(path, "fifo.mdb");
  ck_assert_int_eq(mkfifo(path, 0600), 0);
  make_path(path, "nothing.mdb");
  ck_assert_int_eq(symlink("/nowhere/at/all", path), 0);
  make_path(path, "circle.mdb");
  make_path(other, "other.mdb");
  ck_assert_int_eq(symlink(other, path), 0);
  ck_assert_int_eq(symlink(path, other), 0);
  make_path(path, "socket.mdb");
  int bound = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ck_assert_int_lt(snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path), (int)sizeof address.sun_path);
  ck_assert_int_eq(bind(bound, (const struct sockaddr *)&address, sizeof address), 0);
  write_model(store, "good", 3);
  look();
  static const char *const lines[] = {"!folder: ", "!fifo: ", "!nothing: ", "!circle: ", "!other: ", "!socket: "};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) ck_assert_msg(strstr(told, lines[i]) != NULL, "%s", told);
  ck_assert_ptr_nonnull(strstr(told, "not a regular file"));
  ck_assert_uint_eq(catalog_count(catalog), 1);
  ck_assert_uint_eq(rows_of("good"), 3);
  look();
  ck_assert_msg(told_count == 0, "%s", told);
  close(bound);
}
END_TEST

START_TEST(a_model_whose_file_is_cut_is_lost_until_it_is_back) {
  if (!effort_mends_faults()) return;
  char path[SCRATCH_PATH_MAX], kept[SCRATCH_PATH_MAX];
  write_model(store, "a", 3);
  write_model(store, "b", 4);
  look();
  struct model *held = catalog_acquire(catalog, "a");
  make_path(path, "a.mdb");
  make_path(kept, "kept");
  ck_assert_int_eq(rename(path, kept), 0);
  write_model(store, "a", 3);
  look();
  ck_assert_ptr_nonnull(strstr(told, "replaced"));
  ck_assert(!catalog_lost(catalog, NULL));
  ck_assert_int_eq(truncate(path, 5000), 0);
  /* At once, before anybody looks at the folder. */
  ck_assert_ptr_null(catalog_acquire(catalog, "a"));
  ck_assert(catalog_lost(catalog, "a") && catalog_lost(catalog, NULL) && !catalog_lost(catalog, "b"));
  ck_assert(!catalog_lost(catalog, "c"));
  ck_assert_uint_eq(catalog_count(catalog), 1);
  struct catalog_entry *entries;
  size_t count;
  ck_assert_int_eq(catalog_list(catalog, &entries, &count), STATUS_OK);
  ck_assert_uint_eq(count, 1);
  ck_assert_str_eq(entries[0].name, "b");
  catalog_list_free(entries, count);
  look();
  ck_assert_msg(strstr(told, "!a: its file was cut short") && strstr(told, "import it again"), "%s", told);
  ck_assert(catalog_lost(catalog, "a"));
  look_hard(true);
  ck_assert_msg(told_count == 0, "%s", told);
  ck_assert_uint_eq(model_info(held)->rows, 3);
  ck_assert(!model_lost(held));
  model_drop(held);
  ck_assert_int_eq(rename(kept, path), 0);
  look();
  ck_assert_uint_eq(rows_of("a"), 3);
  ck_assert(!catalog_lost(catalog, NULL));
}
END_TEST

/* As after a disk that could not read for a while: the folder looks as before, and the map is lost all the same. */
START_TEST(a_lost_model_is_opened_again_though_its_file_looks_the_same) {
  if (!effort_mends_faults()) return;
  char path[SCRATCH_PATH_MAX];
  struct stat before;
  size_t length;
  write_model(store, "a", 3);
  look();
  make_path(path, "a.mdb");
  char *bytes = scratch_read(path, &length);
  ck_assert_int_eq(stat(path, &before), 0);
  ck_assert_int_eq(truncate(path, 0), 0);
  ck_assert_ptr_null(catalog_acquire(catalog, "a"));
  scratch_write(path, bytes, length);
  const struct timespec times[2] = {before.st_atim, before.st_mtim};
  ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
  ck_assert_ptr_null(catalog_acquire(catalog, "a"));
  look();
  ck_assert_msg(strstr(told, "!a: its file was cut short") && strstr(told, "a: serving"), "%s", told);
  ck_assert_uint_eq(rows_of("a"), 3);
  free(bytes);
}
END_TEST

/* A version that is renamed over another leaves that whole; one that is written into it does not. */
START_TEST(a_file_that_is_written_into_is_not_served_on) {
  char path[SCRATCH_PATH_MAX];
  write_model(store, "a", 3);
  look();
  make_path(path, "a.mdb");
  int fd = open(path, O_WRONLY);
  ck_assert_int_eq(pwrite(fd, "xxxxxxxx", 8, 9000), 8); /* within it: nothing that is read says so */
  close(fd);
  look();
  ck_assert_msg(strstr(told, "!a: its file was cut short, changed") != NULL, "%s", told);
  ck_assert_ptr_nonnull(strstr(told, "checksum"));
  ck_assert_ptr_null(catalog_acquire(catalog, "a"));
  ck_assert(catalog_lost(catalog, "a"));
  remove_file("a.mdb");
  look();
  ck_assert(!catalog_lost(catalog, NULL));
}
END_TEST

START_TEST(links_are_followed) {
  char path[SCRATCH_PATH_MAX], elsewhere[SCRATCH_PATH_MAX], target[SCRATCH_PATH_MAX];
  scratch_folder(elsewhere, "elsewhere");
  write_model(elsewhere, "x", 6);
  snprintf(target, sizeof target, "%.900s/x.mdb", elsewhere);
  snprintf(path, sizeof path, "%.900s/linked.mdb", store);
  ck_assert_int_eq(symlink(target, path), 0);
  look();
  ck_assert_uint_eq(rows_of("linked"), 6);
}
END_TEST

START_TEST(the_fallback_gives_way) {
  char sample[SCRATCH_PATH_MAX];
  scratch_folder(sample, "sample");
  write_model(sample, "sample", 2);
  write_junk("bad.mdb", "no model");
  ck_assert_int_eq(catalog_set_fallback(catalog, sample), STATUS_OK);
  look();
  ck_assert_uint_eq(rows_of("sample"), 2);
  ck_assert_uint_eq(catalog_count(catalog), 1);
  look();
  ck_assert_msg(told_count == 0, "%s", told);
  write_model(store, "real", 3);
  look();
  ck_assert_uint_eq(rows_of("sample"), 0);
  ck_assert_uint_eq(rows_of("real"), 3);
  ck_assert_uint_eq(catalog_count(catalog), 1);
  remove_file("real.mdb"); /* it does not come back */
  look();
  ck_assert_uint_eq(catalog_count(catalog), 0);
}
END_TEST

START_TEST(the_fallback_may_share_a_name) {
  char sample[SCRATCH_PATH_MAX];
  scratch_folder(sample, "sample");
  write_model(sample, "a", 2);
  write_junk("a.mdb", "no model");
  ck_assert_int_eq(catalog_set_fallback(catalog, sample), STATUS_OK);
  look();
  ck_assert_uint_eq(rows_of("a"), 2);
  write_model(store, "a", 3);
  look();
  ck_assert_uint_eq(rows_of("a"), 3);
  ck_assert_uint_eq(catalog_count(catalog), 1);
}
END_TEST

START_TEST(only_what_is_asked_for_is_opened) {
  static const char *const wanted[] = {"b", "nobody"};
  char(*names)[MODEL_NAME_MAX + 1];
  size_t count;
  write_model(store, "c", 3);
  write_model(store, "b", 2);
  write_junk("a.mdb", "junk");
  write_junk(".hidden.mdb", "junk");
  write_junk("-.mdb", "junk");
  ck_assert_int_eq(catalog_names(catalog, &names, &count), STATUS_OK);
  ck_assert_uint_eq(count, 3); /* nobody looked into them */
  ck_assert_str_eq(names[0], "a");
  ck_assert_str_eq(names[1], "b");
  ck_assert_str_eq(names[2], "c");
  free(names);
  told[0] = '\0';
  catalog_open_only(catalog, wanted, 2, tell, told);
  ck_assert_ptr_null(strchr(told, '!'));
  ck_assert_uint_eq(rows_of("b"), 2);
  ck_assert_uint_eq(catalog_count(catalog), 1);
  ck_assert(catalog_looked(catalog));
}
END_TEST

START_TEST(no_names_without_a_folder) {
  char(*names)[MODEL_NAME_MAX + 1];
  size_t count = 7;
  scratch_remove(store);
  ck_assert_int_eq(catalog_names(catalog, &names, &count), STATUS_OK);
  ck_assert_uint_eq(count, 0);
  free(names);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/catalog");
  TCase *tcase = tcase_create("catalog");
  tcase_set_timeout(tcase, SUPPORT_PATIENCE_SECONDS);
  tcase_add_checked_fixture(tcase, set_up, tear_down);
  tcase_add_test(tcase, nothing_before_the_first_look);
  tcase_add_test(tcase, an_empty_store);
  tcase_add_test(tcase, a_store_that_comes_later);
  tcase_add_test(tcase, models_come_are_replaced_and_go);
  tcase_add_test(tcase, what_is_told_is_so);
  tcase_add_test(tcase, readers_keep_their_version);
  tcase_add_test(tcase, the_only_model);
  tcase_add_test(tcase, the_list_is_in_order);
  tcase_add_test(tcase, swaps_are_counted_of_each_model_and_of_all);
  tcase_add_test(tcase, a_bad_file_is_told_once_and_replaces_nothing);
  tcase_add_test(tcase, a_reason_that_passes_is_tried_again);
  tcase_add_test(tcase, what_is_damaged_is_tried_again_when_asked_to);
  tcase_add_test(tcase, names_that_are_none);
  tcase_add_test(tcase, what_is_no_candidate_is_not_mentioned);
  tcase_add_test(tcase, what_is_no_file_is_told_once);
  tcase_add_test(tcase, a_model_whose_file_is_cut_is_lost_until_it_is_back);
  tcase_add_test(tcase, a_lost_model_is_opened_again_though_its_file_looks_the_same);
  tcase_add_test(tcase, a_file_that_is_written_into_is_not_served_on);
  tcase_add_test(tcase, links_are_followed);
  tcase_add_test(tcase, only_what_is_asked_for_is_opened);
  tcase_add_test(tcase, no_names_without_a_folder);
  tcase_add_test(tcase, the_fallback_gives_way);
  tcase_add_test(tcase, the_fallback_may_share_a_name);
  suite_add_tcase(suite, tcase);
  scratch_open();
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  scratch_close();
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
