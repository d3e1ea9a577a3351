/* Every n-th allocation, and every n-th system call, of a command fails: of the program's own and of its libraries', by
 * way of the preloaded shim. Each run ends well and has done its work, or exits with 1 and a line that says why; a
 * store is left with the version it had or with the whole new one, and with nothing beside it. Calls that are
 * interrupted, or do a part of their work, are noticed by nobody. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/matrix/model.h"
#include "tests/support/fault.h"
#include "tests/support/suite.h"

enum { RUNS_MOST = 150 /* of one command in one light: a longer sweep takes strides */, HIDDEN = 1 };

static struct fault_plan *plan;
static char source[SCRATCH_PATH_MAX], folder[SCRATCH_PATH_MAX], model_file[SCRATCH_PATH_MAX + 8],
    kept[SCRATCH_PATH_MAX], exported[SCRATCH_PATH_MAX];
static char old_digest[33], new_digest[33];

static const char *const import[] = {"import",    source, "--store",      folder, "--name",  "m",
                                     "--threads", "2",    "--duplicates", "last", "--force", NULL};
static const char *const verify[] = {"verify", "m", "--store", folder, NULL};
static const char *const list[] = {"list", "--store", folder, "--format", "json", NULL};
static const char *const neighbors[] = {"neighbors", "w1", "--store", folder, "--format", "json", NULL};
static const char *const export[] = {"export", "m", "--store", folder, "--output", exported, "--force", NULL};
static const char *const *const commands[] = {import, verify, list, neighbors, export};
enum { COMMANDS = sizeof commands / sizeof commands[0], IMPORT = 0, EXPORT = 4 };

static size_t files_in(const char *path, char *odd, size_t size) {
  size_t count = 0;
  DIR *listing = opendir(path);
  ck_assert_ptr_nonnull(listing);
  for (struct dirent *entry; (entry = readdir(listing));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    count++;
    if (strcmp(entry->d_name, "m.mdb") != 0) snprintf(odd, size, "%s", entry->d_name);
  }
  closedir(listing);
  return count;
}

static void digest_of_file(char out[33]) {
  struct problem problem;
  struct model *model;
  if (model_open(model_file, 1, &problem, &model) != STATUS_OK) support_fail("%s", problem.text);
  memcpy(out, model_info(model)->digest, 33);
  model_drop(model);
}

/* The store has one whole model, old or new. */
static void expect_store(const char *what, bool renewed, bool may_be_new) {
  char odd[300] = "", digest[33];
  size_t files = files_in(folder, odd, sizeof odd);
  /* What cannot be removed stays, hidden, for the next import to sweep. */
  ck_assert_msg(files == 1 || (odd[0] == '.' && files == 2), "%s: %s is left", what, odd);
  digest_of_file(digest);
  bool is_new = strcmp(digest, new_digest) == 0;
  ck_assert_msg(is_new || strcmp(digest, old_digest) == 0, "%s: neither version", what);
  ck_assert_msg(is_new == renewed || (is_new && may_be_new), "%s: the %s version", what, is_new ? "new" : "old");
}

static void restore(void) {
  char hidden[SCRATCH_PATH_MAX + 16];
  snprintf(hidden, sizeof hidden, "%s/.m.mdb.part", folder);
  unlink(hidden);
  unlink(model_file);
  if (link(kept, model_file) != 0) support_fail("%s: cannot be put back", model_file);
  unlink(exported);
}

/* Of one command without a fault: what it prints, and for an export what it writes. */
struct expected {
  struct run run;
  char *file;
  size_t file_length;
};

static bool writes_right(size_t command, const struct expected *expected) {
  if (command != EXPORT) return true;
  size_t length;
  char *file = scratch_read(exported, &length);
  bool right = length == expected->file_length && memcmp(file, expected->file, length) == 0;
  free(file);
  return right;
}

/* Nothing, or all of it. */
static bool export_is_sound(const struct expected *expected) {
  return access(exported, F_OK) != 0 || writes_right(EXPORT, expected);
}

static void judge(size_t command, uint64_t number, const struct run *run, const struct expected *expected,
                  struct fault_tally *tally) {
  char what[128];
  snprintf(what, sizeof what, "%s, number %llu, a %s", commands[command][0], (unsigned long long)number, plan->last);
  tally->injected += atomic_load(&plan->injected);
  ck_assert_msg(run->code == 0 || run->code == 1, "%s: exit %d: %s", what, run->code, run->err);
  if (run->code == 0)
    tally->right++;
  else
    tally->errors++;
  ck_assert_msg(run->code == 0 || strlen(run->err) > 10, "%s: it fails without a word", what);
  ck_assert_msg(run->code != 0 || writes_right(command, expected), "%s: another file", what);
  ck_assert_msg(command != EXPORT || export_is_sound(expected), "%s: half a file", what);
  if (command == IMPORT) {
    expect_store(what, run->code == 0, true);
    return;
  }
  expect_store(what, false, false);
  ck_assert_msg(run->code != 0 || strcmp(run->out, expected->run.out) == 0, "%s: %s", what, run->out);
}

static void run_it(size_t command, struct run *run) {
  if (command == IMPORT || command == EXPORT) restore();
  run_arguments(run, commands[command], NULL, 0);
}

static void expect(size_t command, struct expected *expected) {
  fault_disarm(plan);
  run_it(command, &expected->run);
  ck_assert_msg(expected->run.code == 0, "%s", expected->run.err);
  expected->file = scratch_read(exported, &expected->file_length);
}

static void release(struct expected *expected) {
  run_release(&expected->run);
  free(expected->file);
}

/* How many calls there are to fail: of a run in which none does. */
static uint64_t calls_of(size_t command, uint32_t kinds) {
  struct run run;
  fault_arm(plan, kinds, UINT64_MAX, 0, 0);
  run_it(command, &run);
  fault_disarm(plan);
  run_release(&run);
  return atomic_load(&plan->count);
}

static void sweep(size_t command, uint32_t kinds, uint32_t variant, uint64_t every, struct fault_tally *tally) {
  struct expected expected;
  restore();
  expect(command, &expected);
  uint64_t calls = calls_of(command, kinds), stride = (calls + RUNS_MOST - 1) / RUNS_MOST;
  if (stride == 0) stride = 1;
  for (uint64_t number = 1; number <= calls; number += stride) {
    struct run run;
    fault_arm(plan, kinds, number, every, variant);
    run_it(command, &run);
    fault_disarm(plan);
    judge(command, number, &run, &expected, tally);
    if (kinds == FAULT_DISK && run.code != 0)
      ck_assert_msg(strstr(run.err, "full") || strstr(run.err, "space") || strstr(run.err, "room"), "%llu, a %s: %s",
                    (unsigned long long)number, plan->last, run.err);
    run_release(&run);
  }
  release(&expected);
}

START_TEST(allocations_fail) {
  struct fault_tally tally = {0};
  for (size_t command = 0; command < COMMANDS; command++) sweep(command, FAULT_ALLOCATION, 0, 0, &tally);
  fault_tell("allocations of commands: ", &tally);
}
END_TEST

START_TEST(system_calls_fail) {
  struct fault_tally tally = {0};
  for (size_t command = 0; command < COMMANDS; command++) sweep(command, FAULT_CALL, (uint32_t)_i, 0, &tally);
  fault_tell("system calls of commands: ", &tally);
}
END_TEST

/* What other layouts are read with fails: zlib, libzip. */
static void import_layout(const char *path, uint32_t kinds, struct fault_tally *tally) {
  char store[SCRATCH_PATH_MAX], file[SCRATCH_PATH_MAX + 8], odd[300], right[64] = "";
  uint64_t injected = 1;
  scratch_folder(store, "layouts");
  snprintf(file, sizeof file, "%s/m.mdb", store);
  for (uint64_t number = 0; injected > 0 || number < 2; number++) {
    struct run run;
    fault_arm(plan, number > 0 ? kinds : 0, number, 0, 0);
    run_wordvec(&run, "import", path, "--store", store, "--name", "m", "--no-index", NULL);
    injected = fault_disarm(plan);
    const char *digest = strstr(run.out, "digest ");
    bool done = run.code == 0 && digest;
    if (number == 0 && done) snprintf(right, sizeof right, "%s", digest);
    ck_assert_msg(done ? strcmp(digest, right) == 0 : run.code == 1 && injected && strlen(run.err) > 10,
                  "%s, number %d, a %s: exit %d: %s%s", path, (int)number, plan->last, run.code, run.out, run.err);
    unlink(file);
    /* A file that could not be locked may be somebody's: it stays, hidden, for the next import. */
    ck_assert_msg(files_in(store, odd, sizeof odd) == 0 || odd[0] == '.', "%s, number %d, a %s: %s is left", path,
                  (int)number, plan->last, odd);
    tally->injected += injected;
    tally->right += injected && done;
    tally->errors += injected && !done;
    run_release(&run);
  }
}

START_TEST(layouts_are_imported_wholly_or_not_at_all) {
  struct fault_tally tally = {0};
  import_layout("tests/cases/gzip/input.txt", FAULT_ALLOCATION, &tally);
  import_layout("tests/cases/zip/input.zip", FAULT_ALLOCATION, &tally);
  import_layout("tests/cases/zip/input.zip", FAULT_CALL, &tally);
  import_layout("tests/cases/npy-words-beside/m.npy", FAULT_CALL, &tally);
  fault_tell("calls of imports of other layouts: ", &tally);
}
END_TEST

/* Without --force nothing replaces a model, whatever the system fails to say of it. */
START_TEST(names_that_are_taken_stay_taken) {
  static const char *const again[] = {"import", source, "--store", folder, "--name", "m", NULL};
  struct fault_tally tally = {0};
  uint64_t injected = 1;
  restore();
  for (uint64_t number = 1; injected > 0; number++) {
    struct run run;
    fault_arm(plan, FAULT_CALL, number, 0, 0);
    run_arguments(&run, again, NULL, 0);
    injected = fault_disarm(plan);
    tally.injected += injected;
    tally.errors += injected;
    ck_assert_msg(run.code == 1 && strlen(run.err) > 10, "number %d, a %s: exit %d: %s", (int)number, plan->last,
                  run.code, run.err);
    expect_store("an import without --force", false, false);
    run_release(&run);
  }
  fault_tell("system calls of an import of a taken name: ", &tally);
}
END_TEST

/* From the n-th write on there is no room. */
START_TEST(disks_are_full) {
  struct fault_tally tally = {0};
  sweep(IMPORT, FAULT_DISK, 0, 1, &tally);
  sweep(EXPORT, FAULT_DISK, 0, 1, &tally);
  ck_assert_uint_gt(tally.errors, 20);
  fault_tell("full disks: ", &tally);
}
END_TEST

START_TEST(interrupts_are_not_noticed) {
  struct fault_tally tally = {0};
  for (size_t command = 0; command < COMMANDS; command++)
    for (uint64_t every = 2; every < 8; every++) {
      struct expected expected;
      struct run run;
      restore();
      expect(command, &expected);
      fault_arm(plan, FAULT_INTERRUPT, 1, every, 0);
      run_it(command, &run);
      fault_disarm(plan);
      ck_assert_msg(run.code == 0, "%s, every %d: %s: %s", commands[command][0], (int)every, plan->last, run.err);
      judge(command, every, &run, &expected, &tally);
      run_release(&run);
      release(&expected);
    }
  fault_tell("interrupts and parts of work, of commands: ", &tally);
}
END_TEST

static void prepare_files(void) {
  struct fixture bulk;
  scratch_folder(folder, "models");
  scratch_path(source, "m.txt");
  scratch_path(kept, "kept.mdb");
  scratch_path(exported, "exported.txt");
  snprintf(model_file, sizeof model_file, "%s/m.mdb", folder);
  fixture_bulk(&bulk, 60, 4);
  fixture_write(&bulk, source);
  fixture_release(&bulk);
  run_wordvec_well("import", source, "--store", folder, "--name", "m", NULL);
  digest_of_file(old_digest);
  if (rename(model_file, kept) != 0) support_fail("rename");
  fixture_bulk(&bulk, 70, 4);
  fixture_write(&bulk, source);
  fixture_release(&bulk);
  run_wordvec_well("import", source, "--store", folder, "--name", "m", NULL);
  digest_of_file(new_digest);
  restore();
}

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/commands", &tcase);
  tcase_add_test(tcase, allocations_fail);
  tcase_add_loop_test(tcase, system_calls_fail, 0, 2);
  tcase_add_test(tcase, layouts_are_imported_wholly_or_not_at_all);
  tcase_add_test(tcase, names_that_are_taken_stay_taken);
  tcase_add_test(tcase, disks_are_full);
  tcase_add_test(tcase, interrupts_are_not_noticed);
  scratch_open();
  plan = fault_open();
  prepare_files();
  int failures = suite_run(suite);
  scratch_close();
  return failures;
}
