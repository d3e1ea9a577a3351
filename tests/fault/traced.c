/* The same as tests/fault/commands.c by another instrument: strace has the kernel itself fail the n-th call of a kind,
 * so that those within libc and the loader fail, too. A sample, for each run takes long. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/matrix/model.h"
#include "tests/support/fault.h"
#include "tests/support/suite.h"

static char source[SCRATCH_PATH_MAX], folder[SCRATCH_PATH_MAX], model_file[SCRATCH_PATH_MAX + 8],
    kept[SCRATCH_PATH_MAX], trace[SCRATCH_PATH_MAX];
static char digests[2][33]; /* of the old and the new version */

static const struct {
  const char *call, *error;
} faults[] = {{"openat", "EMFILE"},     {"read", "EIO"},      {"pread64", "EIO"},    {"write", "ENOSPC"},
              {"pwrite64", "ENOSPC"},   {"mmap", "ENOMEM"},   {"newfstatat", "EIO"}, {"fallocate", "ENOSPC"},
              {"ftruncate", "EIO"},     {"fsync", "EIO"},     {"rename", "EIO"},     {"flock", "ENOLCK"},
              {"getdents64", "ENOMEM"}, {"clone3", "EAGAIN"}, {"statfs", "EIO"}};
enum { FAULTS = sizeof faults / sizeof faults[0] };

/* Which of the calls behind those of the loader, which is not ours: all at first, then ever fewer. */
static const int numbers[] = {1, 2, 3, 4, 6, 9, 14, 21, 32};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static const char *const import[] = {"import", source,      "--store", folder,    "--name",
                                     "m",      "--threads", "2",       "--force", NULL};
static const char *const list[] = {"list", "--store", folder, "--format", "json", NULL};
static const char *const neighbors[] = {"neighbors", "w1", "--store", folder, "--format", "json", NULL};
static const char *const *const commands[] = {import, list, neighbors};

static void digest_of_file(char out[33]) {
  struct problem problem;
  struct model *model;
  if (model_open(model_file, 1, &problem, &model) != STATUS_OK) support_fail("%s", problem.text);
  memcpy(out, model_info(model)->digest, 33);
  model_drop(model);
}

static void restore(void) {
  unlink(model_file);
  if (link(kept, model_file) != 0) support_fail("%s: cannot be put back", model_file);
}

static void trace_calls(const char *call, const char *injection) {
  char wrapper[SCRATCH_PATH_MAX + 256];
  snprintf(wrapper, sizeof wrapper, "strace -f --seccomp-bpf -qq -o %s -e trace=%s%s", trace, call, injection);
  setenv("WORDVEC_WRAPPER", wrapper, 1);
  unlink(trace);
}

/* How often a run that does nothing makes the call. */
static int calls_of_loader(const char *call) {
  char open[32];
  struct run run;
  int count = 0;
  trace_calls(call, "");
  run_wordvec(&run, "--version", NULL);
  run_release(&run);
  char *text = scratch_read(trace, NULL);
  snprintf(open, sizeof open, " %s(", call);
  for (const char *at = text; (at = strstr(at, open)); at++) count++;
  free(text);
  return count;
}

static bool was_injected(void) {
  char *text = scratch_read(trace, NULL);
  bool injected = strstr(text, "(INJECTED)") != NULL;
  free(text);
  return injected;
}

/* A write that fails may be that of the message. */
static bool is_explained(const struct run *run, const char *call) {
  return run->code == 1 && (strlen(run->err) > 10 || strcmp(call, "write") == 0);
}

static void expect_store(const char *what, int code, bool imports) {
  char digest[33];
  digest_of_file(digest);
  bool is_new = strcmp(digest, digests[1]) == 0;
  ck_assert_msg(is_new || strcmp(digest, digests[0]) == 0, "%s: neither version", what);
  ck_assert_msg(code != 0 || is_new == imports, "%s: the %s version", what, is_new ? "new" : "old");
  ck_assert_msg(imports || !is_new, "%s: the new version", what);
}

/* False: there is no such call. */
static bool fail_once(size_t command, size_t fault, int number, const char *right, struct fault_tally *tally) {
  char injection[128], what[128];
  struct run run;
  snprintf(what, sizeof what, "%s, %s number %d", commands[command][0], faults[fault].call, number);
  snprintf(injection, sizeof injection, " -e inject=%s:error=%s:when=%d", faults[fault].call, faults[fault].error,
           number);
  trace_calls(faults[fault].call, injection);
  restore();
  run_arguments(&run, commands[command], NULL, 0);
  bool injected = was_injected();
  ck_assert_msg(run.code == 0 || (injected && is_explained(&run, faults[fault].call)), "%s: exit %d: %s", what,
                run.code, run.err);
  ck_assert_msg(run.code != 0 || command == 0 || strcmp(run.out, right) == 0, "%s: %s", what, run.out);
  expect_store(what, run.code, command == 0);
  tally->injected += injected;
  tally->right += injected && run.code == 0;
  tally->errors += injected && run.code != 0;
  run_release(&run);
  return injected;
}

START_TEST(the_kernel_fails_calls) {
  struct fault_tally tally = {0};
  for (size_t command = 0; command < sizeof commands / sizeof commands[0]; command++) {
    struct run right;
    setenv("WORDVEC_WRAPPER", "", 1);
    restore();
    run_arguments(&right, commands[command], NULL, 0);
    ck_assert_int_eq(right.code, 0);
    for (size_t fault = 0; fault < FAULTS; fault++) {
      int loader = calls_of_loader(faults[fault].call);
      for (size_t i = 0; i < NUMBERS; i++)
        if (!fail_once(command, fault, loader + numbers[i], right.out, &tally)) break;
    }
    run_release(&right);
  }
  fault_tell("calls that the kernel fails: ", &tally);
}
END_TEST

static bool can_trace(void) {
  return system("strace -f --seccomp-bpf -qq -o /dev/null -e trace=none true 2>/dev/null") == 0;
}

static void prepare(void) {
  struct fixture bulk;
  scratch_folder(folder, "models");
  scratch_path(source, "m.txt");
  scratch_path(kept, "kept.mdb");
  scratch_path(trace, "trace");
  snprintf(model_file, sizeof model_file, "%s/m.mdb", folder);
  for (int version = 0; version < 2; version++) {
    fixture_bulk(&bulk, (size_t)(60 + version), 4);
    fixture_write(&bulk, source);
    fixture_release(&bulk);
    run_wordvec_well("import", source, "--store", folder, "--name", "m", "--force", NULL);
    digest_of_file(digests[version]);
    if (version == 0 && link(model_file, kept) != 0) support_fail("link");
  }
}

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/traced", &tcase);
  if (can_trace())
    tcase_add_test(tcase, the_kernel_fails_calls);
  else
    printf("skipped: fault/traced: strace is not there, or may not trace\n");
  const char *plain = getenv("RELEASE_BINARY");
  if (plain && *plain) setenv("WORDVEC_BINARY", plain, 1);
  scratch_open();
  prepare();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
