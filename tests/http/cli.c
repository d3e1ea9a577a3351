/* The command line: import, export, list, info, verify, healthcheck; exit codes, outputs, usage. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/support/json_expect.h"
#include "tests/support/process.h"
#include "tests/support/suite.h"

static const char small[] = "the 0.1 0.2 0.3\ncat 1 2 3\ndog -4 5.5 1e-05\n";

/* A new store folder for one test, and a file `name` in the scratch folder that holds `text`. */
static void prepare(char store[SCRATCH_PATH_MAX], char path[SCRATCH_PATH_MAX], const char *name, const char *text) {
  scratch_folder(store, "cli-store");
  char file[SCRATCH_PATH_MAX];
  scratch_folder(file, "input");
  scratch_path(path, "input/%s", name);
  scratch_write(path, text, strlen(text));
}

static void cleanup(void) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "cli-store");
  scratch_remove(path);
  scratch_path(path, "input");
  scratch_remove(path);
}

static bool exists(const char *store, const char *name) {
  char path[SCRATCH_PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/%s.mdb", store, name);
  return access(path, F_OK) == 0;
}

static void expect_usage(struct run *run) {
  ck_assert_msg(run->code == 2, "exit %d: %s", run->code, run->err);
  ck_assert_uint_eq(run->out_length, 0);
  ck_assert_uint_gt(strlen(run->err), 0);
  run_release(run);
}

START_TEST(help_and_version_everywhere) {
  static const char *const commands[] = {"import", "init",        "export", "serve",      "list",       "info",
                                         "verify", "healthcheck", "vector", "neighbors",  "lookup",     "index",
                                         "word",   "words",       "ask",    "similarity", "analogy",    "doesnt-match",
                                         "rank",   "closer-than", "mean",   "eval",       "completion", "manual"};
  enum { COMMANDS = sizeof commands / sizeof *commands };
  struct run run;
  run_wordvec(&run, "--version", NULL);
  ck_assert_int_eq(run.code, 0);
  ck_assert_ptr_nonnull(strstr(run.out, "wordvec"));
  run_release(&run);
  run_wordvec(&run, "--help", NULL);
  ck_assert_int_eq(run.code, 0);
  for (size_t i = 0; i < COMMANDS; i++) ck_assert_ptr_nonnull(strstr(run.out, commands[i]));
  run_release(&run);
  for (size_t i = 0; i < COMMANDS; i++) {
    run_wordvec(&run, commands[i], "--help", NULL);
    ck_assert_int_eq(run.code, 0);
    ck_assert_ptr_nonnull(strstr(run.out, commands[i]));
    run_release(&run);
    run_wordvec(&run, commands[i], "--version", NULL);
    ck_assert_int_eq(run.code, 0);
    run_release(&run);
  }
}
END_TEST

START_TEST(usage_errors) {
  struct run run;
  run_wordvec(&run, NULL);
  expect_usage(&run);
  run_wordvec(&run, "fly", NULL);
  expect_usage(&run);
  run_wordvec(&run, "import", NULL);
  expect_usage(&run);
  run_wordvec(&run, "import", "a", "b", NULL);
  expect_usage(&run);
  run_wordvec(&run, "import", "a", "--no-such-flag", NULL);
  expect_usage(&run);
  run_wordvec(&run, "import", "a", "--format", "docx", NULL);
  expect_usage(&run);
  run_wordvec(&run, "import", "a", "--limit", "many", NULL);
  expect_usage(&run);
  run_wordvec(&run, "import", "a", "--limit", "-1", NULL);
  expect_usage(&run);
  run_wordvec(&run, "import", "a", "--duplicates", "some", NULL);
  expect_usage(&run);
  run_wordvec(&run, "import", "a", "--name", "../a", NULL);
  expect_usage(&run);
  run_wordvec(&run, "import", "a", "--name", ".a", NULL);
  expect_usage(&run);
  run_wordvec(&run, "import", "a", "--store", NULL);
  expect_usage(&run);
  run_wordvec(&run, "info", NULL);
  expect_usage(&run);
  run_wordvec(&run, "init", "--rows", "3", "--dim", "2", NULL);
  expect_usage(&run);
  run_wordvec(&run, "init", "--rows", "3", "--name", "m", NULL);
  expect_usage(&run);
  run_wordvec(&run, "init", "--dim", "3", "--name", "m", NULL);
  expect_usage(&run);
  run_wordvec(&run, "init", "--dim", "3", "--rows", "2", "--name", "m", "--uniform", "0,1", "--normal", "0,1", NULL);
  expect_usage(&run);
  run_wordvec(&run, "init", "--dim", "3", "--rows", "2", "--name", "m", "--uniform", "0", NULL);
  expect_usage(&run);
  run_wordvec(&run, "init", "--dim", "3", "--rows", "2", "--name", "m", "--normal", "0,1,2", NULL);
  expect_usage(&run);
  run_wordvec(&run, "export", NULL);
  expect_usage(&run);
  run_wordvec(&run, "export", "a", "--format", "auto", NULL);
  expect_usage(&run);
  run_wordvec(&run, "verify", NULL);
  expect_usage(&run);
  run_wordvec(&run, "serve", "--listen", "nowhere", NULL);
  expect_usage(&run);
  run_wordvec(&run, "serve", "--listen", "127.0.0.1:99999", NULL);
  expect_usage(&run);
  run_wordvec(&run, "serve", "extra", NULL);
  expect_usage(&run);
  run_wordvec_with_input(&run, small, sizeof small - 1, "import", "-", NULL);
  expect_usage(&run);
}
END_TEST

START_TEST(import_says_what_it_did) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct run run;
  prepare(store, path, "small.txt", small);
  run_wordvec(&run, "import", path, "--store", store, NULL);
  ck_assert_int_eq(run.code, 0);
  static const char *const said[] = {"small", "3", "glove", "MB/s"};
  for (size_t i = 0; i < 4; i++) ck_assert_msg(strstr(run.out, said[i]) != NULL, "no %s in: %s", said[i], run.out);
  run_release(&run);
  ck_assert(exists(store, "small"));
}
END_TEST

START_TEST(the_report_as_json) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct run run;
  prepare(store, path, "a.txt", "the 1 2\ncat 3 4\nthe 5 6\nnan nan 1\ninf 1 inf\nbig 1 1e39\ncat 7 8\ndog 9 9\ncut 1");
  run_wordvec(&run, "import", path, "--store", store, "--report", "json", NULL);
  ck_assert_msg(run.code == 0, "%s", run.err);
  json_t *report = json_loadb(run.out, run.out_length, 0, NULL);
  ck_assert_msg(report != NULL, "not JSON: %s", run.out);
  expect_text(report, "/name", "a");
  expect_text(report, "/source_format", "glove");
  ck_assert(json_is_null(json_at(report, "/declared_rows")));
  ck_assert_int_eq(run.out[run.out_length - 1], '\n');
  expect_integer(report, "/rows", 3);
  expect_integer(report, "/dim", 2);
  expect_integer(report, "/skipped/duplicate/count", 2);
  expect_integer(report, "/skipped/not_finite/count", 3);
  expect_integer(report, "/skipped/cut_short/count", 1);
  ck_assert_ptr_nonnull(strstr(json_string_value(json_at(report, "/skipped/duplicate/first")), "3"));
  ck_assert_ptr_nonnull(strstr(json_string_value(json_at(report, "/skipped/cut_short/first")), "9"));
  ck_assert_uint_eq(json_string_length(json_at(report, "/digest")), 32);
  ck_assert(json_is_number(json_at(report, "/seconds")));
  ck_assert_int_gt(json_integer_value(json_at(report, "/file_size")), 0);
  json_decref(report);
  run_release(&run);
}
END_TEST

START_TEST(strict_makes_every_skip_an_error) {
  static const char *const texts[] = {"the 1 2\nthe 3 4\n", "the 1 2\ncat nan 2\n", "the 1 2\ncat 1",
                                      "9 2\nthe 1 2\ncat 3 4\n"};
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct run run;
    prepare(store, path, "strict.txt", texts[i]);
    run_wordvec(&run, "import", path, "--store", store, "--strict", NULL);
    ck_assert_msg(run.code == 1, "%zu: %d %s", i, run.code, run.err);
    ck_assert_uint_eq(run.out_length, 0);
    run_release(&run);
    ck_assert(!exists(store, "strict"));
    run_wordvec(&run, "import", path, "--store", store, "--force", NULL);
    ck_assert_msg(run.code == 0, "%zu: %d %s", i, run.code, run.err);
    run_release(&run);
    cleanup();
  }
}
END_TEST

START_TEST(matrices_that_are_none) {
  static const struct {
    const char *text, *said;
  } cases[] = {
      {"", ""},
      {"\n", ""},
      {"the 1 2\ncat 1 2 3\ndog 1 2\n", "2"},
      {"the 1 2\ncat 1\ndog 1 2\n", "2"},
      {"the 1 2\ncat x 2\ndog 1 2\n", "2"},
      {"\x80\x04\x95\x1a\x00\x00", ""},
      {"PK\x03\x04 not really a zip", ""},
      {"\x1f\x8b\x08 cut", ""},
  };
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct run run;
    prepare(store, path, "bad.txt", cases[i].text);
    run_wordvec(&run, "import", path, "--store", store, NULL);
    ck_assert_msg(run.code == 1, "%zu: %d %s", i, run.code, run.err);
    ck_assert_uint_eq(run.out_length, 0);
    ck_assert_msg(strstr(run.err, cases[i].said) != NULL, "%zu: %s", i, run.err);
    run_release(&run);
    ck_assert(!exists(store, "bad"));
    cleanup();
  }
  struct run run;
  run_wordvec(&run, "import", "/nonexistent/matrix.txt", "--store", "/nonexistent", NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "/nonexistent/matrix.txt"));
  run_release(&run);
}
END_TEST

START_TEST(a_word_beyond_65535_bytes_is_refused) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  char *text = malloc(70100);
  ck_assert_ptr_nonnull(text);
  memcpy(text, "the 1 2\n", 8);
  for (int round = 0; round < 2; round++) {
    size_t length = round ? 65535 : 70000;
    struct run run;
    memset(text + 8, 'w', length);
    strcpy(text + 8 + length, " 3 4\ndog 5 6\n");
    prepare(store, path, "long.txt", text);
    run_wordvec(&run, "import", path, "--store", store, NULL);
    ck_assert_msg(run.code == (round ? 0 : 1), "%zu: %d %s", length, run.code, run.err);
    if (!round) ck_assert_ptr_nonnull(strstr(run.err, "2")); /* the line */
    if (!round) ck_assert_uint_lt(strlen(run.err), 2000);
    run_release(&run);
  }
  free(text);
  run_wordvec_well("verify", "long", "--store", store, NULL);
}
END_TEST

START_TEST(names_come_from_files) {
  static const char *const files[][2] = {
      {"glove.6B.50d.txt", "glove.6B.50d"},
      {"a.vec", "a"},
      {"b.bin", "b"},
      {"c", "c"},
      {"d.txt.vec", "d"},
      {"e-_.1.txt", "e-_.1"},
  };
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    prepare(store, path, files[i][0], small);
    run_wordvec_well("import", path, "--store", store, NULL);
    ck_assert_msg(exists(store, files[i][1]), "%s does not give %s", files[i][0], files[i][1]);
  }
  struct run run;
  prepare(store, path, "a b.txt", small);
  run_wordvec(&run, "import", path, "--store", store, NULL);
  ck_assert_int_ne(run.code, 0);
  ck_assert_ptr_nonnull(strstr(run.err, "--name"));
  run_release(&run);
}
END_TEST

START_TEST(gzip_and_standard_input) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct run plain, packed, piped;
  prepare(store, path, "plain.txt", small);
  run_wordvec(&plain, "import", path, "--store", store, "--report", "json", NULL);
  scratch_path(path, "input/packed.txt.gz");
  gzFile file = gzopen(path, "wb");
  ck_assert_int_eq(gzwrite(file, small, sizeof small - 1), sizeof small - 1);
  ck_assert_int_eq(gzclose(file), Z_OK);
  run_wordvec(&packed, "import", path, "--store", store, "--report", "json", NULL);
  run_wordvec_with_input(&piped, small, sizeof small - 1, "import", "-", "--store", store, "--name", "piped",
                         "--report", "json", NULL);
  json_t *one = json_loads(plain.out, 0, NULL), *two = json_loads(packed.out, 0, NULL),
         *three = json_loads(piped.out, 0, NULL);
  const char *digest = json_string_value(json_at(one, "/digest"));
  ck_assert_ptr_nonnull(digest);
  expect_text(two, "/digest", digest);
  expect_text(three, "/digest", digest);
  expect_text(two, "/name", "packed");
  expect_text(three, "/name", "piped");
  json_decref(one), json_decref(two), json_decref(three);
  run_release(&plain), run_release(&packed), run_release(&piped);
}
END_TEST

START_TEST(gzip_from_standard_input) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct run run;
  prepare(store, path, "x.txt", small);
  scratch_path(path, "input/x.gz");
  gzFile file = gzopen(path, "wb");
  ck_assert_int_eq(gzwrite(file, small, sizeof small - 1), sizeof small - 1);
  ck_assert_int_eq(gzclose(file), Z_OK);
  size_t length;
  char *bytes = scratch_read(path, &length);
  run_wordvec_with_input(&run, bytes, length, "import", "-", "--store", store, "--name", "gz", NULL);
  ck_assert_msg(run.code == 0, "%s", run.err);
  run_release(&run);
  run_wordvec_with_input(&run, bytes, length - 12, "import", "-", "--store", store, "--name", "cut", NULL);
  ck_assert_msg(run.code == 1, "a truncated container: %d", run.code);
  run_release(&run);
  free(bytes);
}
END_TEST

START_TEST(a_name_that_exists_needs_force) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct run run;
  prepare(store, path, "twice.txt", small);
  run_wordvec_well("import", path, "--store", store, NULL);
  run_wordvec(&run, "import", path, "--store", store, NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "--force"));
  run_release(&run);
  run_wordvec_well("import", path, "--store", store, "--force", NULL);
}
END_TEST

START_TEST(limit_and_duplicates) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct run run;
  prepare(store, path, "d.txt", "the 1 2\ncat 3 4\nthe 5 6\ndog 7 8\n");
  run_wordvec(&run, "import", path, "--store", store, "--limit", "2", "--report", "json", NULL);
  json_t *report = json_loads(run.out, 0, NULL);
  expect_integer(report, "/rows", 2);
  json_decref(report);
  run_release(&run);
  run_wordvec(&run, "import", path, "--store", store, "--name", "e", "--duplicates", "error", NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "the"));
  run_release(&run);
  run_wordvec(&run, "import", path, "--store", store, "--name", "l", "--duplicates", "last", "--report", "json", NULL);
  report = json_loads(run.out, 0, NULL);
  expect_integer(report, "/rows", 3);
  json_decref(report);
  run_release(&run);
}
END_TEST

START_TEST(list_and_info) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct run run;
  prepare(store, path, "small.txt", small);
  run_wordvec(&run, "list", "--store", store, NULL);
  ck_assert_int_eq(run.code, 0);
  ck_assert_uint_eq(run.out_length == 0 || strstr(run.out, "small") == NULL, 1);
  run_release(&run);
  run_wordvec_well("import", path, "--store", store, NULL);
  run_wordvec_well("import", path, "--store", store, "--name", "other", NULL);
  run_wordvec(&run, "list", "--store", store, NULL);
  ck_assert_int_eq(run.code, 0);
  const char *other = strstr(run.out, "other"), *first = strstr(run.out, "small");
  ck_assert_ptr_nonnull(other);
  ck_assert_ptr_nonnull(first);
  ck_assert_msg(other < first, "not in order of names");
  run_release(&run);
  run_wordvec(&run, "info", "small", "--store", store, NULL);
  ck_assert_int_eq(run.code, 0);
  static const char *const said[] = {"small.txt", "glove", "rows", "dim", "digest"};
  for (size_t i = 0; i < 5; i++) ck_assert_msg(strstr(run.out, said[i]) != NULL, "no %s in: %s", said[i], run.out);
  run_release(&run);
  run_wordvec(&run, "info", "nobody", "--store", store, NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "nobody"));
  run_release(&run);
}
END_TEST

START_TEST(export_to_files_and_standard_output) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX], out[SCRATCH_PATH_MAX], again[SCRATCH_PATH_MAX];
  struct run run;
  size_t length;
  prepare(store, path, "small.txt", small);
  run_wordvec_well("import", path, "--store", store, NULL);
  run_wordvec(&run, "export", "small", "--store", store, "--output", "-", NULL);
  ck_assert_int_eq(run.code, 0);
  ck_assert_str_eq(run.out, "3 3\nthe 0.1 0.2 0.3\ncat 1.0 2.0 3.0\ndog -4.0 5.5 1e-05\n");
  ck_assert_ptr_nonnull(strstr(run.err, "small: 3 rows x 3  (word2vec-text)"));
  run_release(&run);
  scratch_path(out, "input/small.npy");
  scratch_path(again, "input/small.words.txt");
  run_wordvec(&run, "export", "small", "--store", store, "--format", "npy", "--output", out, NULL);
  ck_assert_msg(run.code == 0, "%s", run.err);
  ck_assert_ptr_nonnull(strstr(run.out, "small.npy"));
  ck_assert_ptr_nonnull(strstr(run.out, "small.words.txt"));
  run_release(&run);
  char *words = scratch_read(again, &length);
  ck_assert_str_eq(words, "the\ncat\ndog\n");
  free(words);
  run_wordvec(&run, "export", "small", "--store", store, "--format", "npy", "--output", out, NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "--force"));
  run_release(&run);
  run_wordvec(&run, "export", "small", "--store", store, "--format", "npy", "--output", "-", NULL);
  expect_usage(&run);
  run_wordvec(&run, "export", "nobody", "--store", store, "--output", "-", NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "nobody"));
  ck_assert_uint_eq(run.out_length, 0);
  run_release(&run);
  run_wordvec_well("import", out, "--store", store, "--name", "again", NULL);
}
END_TEST

START_TEST(init_makes_random_rows) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct run run;
  prepare(store, path, "words.txt", "cat\ndog\n");
  run_wordvec(&run, "init", "--rows", "4", "--dim", "2", "--seed", "1", "--name", "random", "--store", store, NULL);
  ck_assert_msg(run.code == 0, "%s", run.err);
  ck_assert_ptr_nonnull(strstr(run.out, "random: 4 rows x 2  (random)"));
  run_release(&run);
  run_wordvec(&run, "export", "random", "--store", store, "--output", "-", NULL);
  ck_assert_str_eq(run.out,
                   "4 2\n0 0.020292183 0.002043662\n1 0.00741057 -0.01086714\n2 0.019717842 -0.035642795\n"
                   "3 -0.042895477 -0.011881555\n");
  run_release(&run);
  run_wordvec_well("init", "--words", path, "--dim", "3", "--normal", "-1,0.5", "--name", "named", "--store", store,
                   NULL);
  run_wordvec(&run, "info", "named", "--store", store, NULL);
  ck_assert_ptr_nonnull(strstr(run.out, "seed 0, normal -1,0.5"));
  run_release(&run);
  run_wordvec(&run, "init", "--words", path, "--dim", "3", "--name", "named", "--store", store, NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_ptr_nonnull(strstr(run.err, "--force"));
  run_release(&run);
}
END_TEST

START_TEST(export_of_chosen_words) {
  static const char list[] = "dog\nxyzzy\nTHE\ndog\n";
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct run run;
  prepare(store, path, "small.txt", small);
  run_wordvec_well("import", path, "--store", store, NULL);
  run_wordvec_with_input(&run, list, sizeof list - 1, "export", "small", "--store", store, "--output", "-", "--words",
                         "-", "--oov", "zero", "--case", "fallback", NULL);
  ck_assert_int_eq(run.code, 0);
  ck_assert_str_eq(run.out, "3 3\ndog -4.0 5.5 1e-05\nxyzzy 0.0 0.0 0.0\nTHE 0.1 0.2 0.3\n");
  ck_assert_ptr_nonnull(strstr(run.err, "unknown   1, the first: \"xyzzy\""));
  ck_assert_ptr_nonnull(strstr(run.err, "repeated  1"));
  run_release(&run);
  run_wordvec_with_input(&run, list, sizeof list - 1, "export", "small", "--store", store, "--output", "-", "--words",
                         "-", NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_uint_eq(run.out_length, 0);
  ck_assert_ptr_nonnull(strstr(run.err, "line 2: the model has no word \"xyzzy\"; --oov"));
  run_release(&run);
}
END_TEST

START_TEST(export_names_what_does_not_fit) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct run run;
  prepare(store, path, "spaced.txt", "the 0.1 0.2\n. . . 0.3 0.4\n? ? 0.5 0.6\n");
  run_wordvec_well("import", path, "--store", store, NULL);
  run_wordvec(&run, "export", "spaced", "--store", store, "--format", "word2vec-binary", "--output", "-", NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_msg(strstr(run.err, "row 1 (\". . .\"): word2vec-binary cannot hold a space in a word"), "%s", run.err);
  ck_assert_uint_eq(run.out_length, 0);
  run_release(&run);
  run_wordvec(&run, "export", "spaced", "--store", store, "--format", "word2vec-binary", "--output", "-", "--misfits",
              "skip", NULL);
  ck_assert_int_eq(run.code, 0);
  ck_assert_uint_eq(run.out_length, 4 + 4 + 8 + 1);
  ck_assert_msg(strstr(run.err, "left out  2, the first: row 1: \". . .\": a space in a word"), "%s", run.err);
  run_release(&run);
}
END_TEST

START_TEST(the_store_by_its_environment_variable) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  prepare(store, path, "small.txt", small);
  setenv("WORDVEC_STORE", store, 1);
  run_wordvec_well("import", path, NULL);
  ck_assert(exists(store, "small"));
  run_wordvec_well("verify", "small", NULL);
}
END_TEST

START_TEST(verify_finds_damage_anywhere) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX], file[SCRATCH_PATH_MAX + 64];
  struct run run;
  prepare(store, path, "small.txt", small);
  run_wordvec_well("import", path, "--store", store, NULL);
  snprintf(file, sizeof file, "%s/small.mdb", store);
  run_wordvec(&run, "verify", file, NULL);
  ck_assert_msg(run.code == 0, "%s", run.err);
  run_release(&run);
  size_t length;
  char *bytes = scratch_read(file, &length);
  for (size_t i = 0; i < 12; i++) {
    size_t at = i * (length - 1) / 11;
    bytes[at] = (char)(bytes[at] ^ 0x10);
    scratch_write(file, bytes, length);
    bytes[at] = (char)(bytes[at] ^ 0x10);
    run_wordvec(&run, "verify", "small", "--store", store, NULL);
    ck_assert_msg(run.code == 1, "byte %zu of %zu: exit %d", at, length, run.code);
    ck_assert_ptr_nonnull(strstr(run.err, "small.mdb"));
    run_release(&run);
  }
  for (size_t cut = 0; cut < length; cut += length / 7) {
    scratch_write(file, bytes, cut);
    run_wordvec(&run, "verify", file, NULL);
    ck_assert_msg(run.code == 1, "%zu of %zu bytes: exit %d", cut, length, run.code);
    run_release(&run);
  }
  free(bytes);
  run_wordvec(&run, "verify", "nobody", "--store", store, NULL);
  ck_assert_int_eq(run.code, 1);
  run_release(&run);
}
END_TEST

START_TEST(healthcheck) {
  struct daemon daemon;
  struct run run;
  struct fixture zoo;
  char url[64];
  fixture_zoo(&zoo);
  daemon_prepare(&daemon);
  daemon_start(&daemon, NULL);
  snprintf(url, sizeof url, "http://127.0.0.1:%u", daemon.port);
  run_wordvec(&run, "healthcheck", "--url", url, NULL);
  ck_assert_int_eq(run.code, 1); /* no model yet */
  run_release(&run);
  suite_import(&daemon, "zoo", &zoo);
  daemon_await_ready(&daemon, 200);
  run_wordvec(&run, "healthcheck", "--url", url, NULL);
  ck_assert_msg(run.code == 0, "%s", run.err);
  run_release(&run);
  daemon_stop(&daemon);
  run_wordvec(&run, "healthcheck", "--url", url, NULL);
  ck_assert_int_eq(run.code, 1);
  ck_assert_uint_gt(strlen(run.err), 0);
  run_release(&run);
  fixture_release(&zoo);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/cli", &tcase);
  tcase_add_checked_fixture(tcase, NULL, cleanup);
  tcase_add_test(tcase, help_and_version_everywhere);
  tcase_add_test(tcase, usage_errors);
  tcase_add_test(tcase, import_says_what_it_did);
  tcase_add_test(tcase, the_report_as_json);
  tcase_add_test(tcase, strict_makes_every_skip_an_error);
  tcase_add_test(tcase, matrices_that_are_none);
  tcase_add_test(tcase, a_word_beyond_65535_bytes_is_refused);
  tcase_add_test(tcase, names_come_from_files);
  tcase_add_test(tcase, gzip_and_standard_input);
  tcase_add_test(tcase, gzip_from_standard_input);
  tcase_add_test(tcase, a_name_that_exists_needs_force);
  tcase_add_test(tcase, limit_and_duplicates);
  tcase_add_test(tcase, list_and_info);
  tcase_add_test(tcase, export_to_files_and_standard_output);
  tcase_add_test(tcase, init_makes_random_rows);
  tcase_add_test(tcase, export_of_chosen_words);
  tcase_add_test(tcase, export_names_what_does_not_fit);
  tcase_add_test(tcase, the_store_by_its_environment_variable);
  tcase_add_test(tcase, verify_finds_damage_anywhere);
  tcase_add_test(tcase, healthcheck);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
