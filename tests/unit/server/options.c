/* The command line: values and their precedence, what is refused and how, help. */
#include "server/options.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "server/options_table.h"

enum { ARGUMENTS_MAX = 16 };

struct outcome {
  int status;
  char *out, *err;
  struct options options;
};

/* What a test allocates, to be freed when it is over: options borrow the texts of their arguments. */
static void *kept[4096];
static size_t kept_count;

static void *keep(void *memory) {
  ck_assert_ptr_nonnull(memory);
  ck_assert_uint_lt(kept_count, sizeof kept / sizeof *kept);
  return kept[kept_count++] = memory;
}

static void free_kept(void) {
  while (kept_count > 0) free(kept[--kept_count]);
}

/* Each test begins without any variable of ours. */
static void clear_environment(void) {
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    for (size_t j = 0; j < command_table()[i].flag_count; j++)
      if (command_table()[i].flags[j].variable) unsetenv(command_table()[i].flags[j].variable);
}

/* Reads "wordvec" and the given arguments, up to NULL. */
static struct outcome read_all(const char *first, ...) {
  struct outcome outcome;
  char *arguments[ARGUMENTS_MAX + 1] = {keep(strdup("wordvec"))};
  int count = 1;
  va_list list;
  va_start(list, first);
  for (const char *text = first; text && count < ARGUMENTS_MAX; text = va_arg(list, const char *))
    arguments[count++] = keep(strdup(text));
  va_end(list);
  size_t out_size, err_size;
  FILE *out = open_memstream(&outcome.out, &out_size);
  FILE *err = open_memstream(&outcome.err, &err_size);
  outcome.status = options_read(count, arguments, out, err, &outcome.options);
  fclose(out);
  fclose(err);
  keep(outcome.out);
  keep(outcome.err);
  if (outcome.options.memory) keep(outcome.options.memory);
  return outcome;
}

static void expect_refused(struct outcome outcome, const char *named, const char *allowed) {
  ck_assert_int_eq(outcome.status, EXIT_USAGE);
  ck_assert_str_eq(outcome.out, "");
  ck_assert_msg(strstr(outcome.err, named) != NULL, "'%s' is not in: %s", named, outcome.err);
  ck_assert_msg(strstr(outcome.err, allowed) != NULL, "'%s' is not in: %s", allowed, outcome.err);
}

static void expect_url(const struct address *address, const char *expected) {
  char url[ADDRESS_URL_SIZE];
  address_url(address, url);
  ck_assert_str_eq(url, expected);
}

START_TEST(defaults_of_serve) {
  struct outcome outcome = read_all("serve", NULL);
  const struct serve_flags *serve = &outcome.options.serve;
  ck_assert_msg(outcome.status == -1, "%s", outcome.err);
  ck_assert_int_eq(outcome.options.command, COMMAND_SERVE);
  ck_assert_str_eq(outcome.options.store, "./store.d");
  ck_assert_uint_eq(outcome.options.threads, 0);
  expect_url(&serve->address, "http://127.0.0.1:8080");
  ck_assert(!serve->insecure_bind);
  ck_assert_ptr_null(serve->default_model);
  ck_assert_double_eq(serve->default_recall, 0);
  ck_assert_ptr_null(serve->fallback_store);
  ck_assert_str_eq(serve->kernel, "auto");
  ck_assert_int_eq(serve->sandbox, SANDBOX_AUTO);
  ck_assert_ptr_null(serve->cors_origins);
  ck_assert_ptr_null(outcome.options.api_key_file);
  ck_assert_int_eq(serve->log_format, LOG_TEXT);
  ck_assert_int_eq(serve->log_level, LOG_INFO);
  ck_assert_uint_eq(serve->slow_milliseconds, 1000);
  ck_assert_uint_eq(serve->limits.body_bytes, 1048576);
  ck_assert_uint_eq(serve->limits.matrix_words, 1000000);
  ck_assert_uint_eq(serve->limits.matrix_body_bytes, 32 << 20);
  ck_assert_uint_eq(serve->limits.answer_floats, 4194304);
  ck_assert_uint_eq(serve->limits.batch_queries, 1000);
  ck_assert_uint_eq(serve->limits.k, 1000);
  ck_assert_uint_eq(serve->limits.json_depth, 64);
  ck_assert_uint_eq(serve->limits.url_bytes, 8192);
  ck_assert_uint_eq(serve->limits.query_arguments, 256);
  ck_assert_uint_gt(serve->limits.parsing_bytes, 0);
  ck_assert_uint_gt(serve->limits.answer_bytes, 0);
  ck_assert_uint_eq(serve->limits.text_cache_bytes, 64 << 20);
  ck_assert_uint_gt(serve->limits.connections, 0);
  ck_assert_uint_eq(serve->limits.search_threads, 0);
  ck_assert_uint_eq(serve->limits.search_batch, 32);
  ck_assert_uint_gt(serve->limits.search_queue, 0);
  ck_assert_uint_gt(serve->limits.search_timeout_seconds, 0);
  ck_assert_uint_gt(serve->limits.timeout_seconds, 0);
  ck_assert_uint_eq(serve->limits.drain_delay_seconds, 0);
  ck_assert_uint_gt(serve->limits.drain_timeout_seconds, 0);
}
END_TEST

/* What a service manager says is for the daemon itself, and gone from the environment of what it might start. */
START_TEST(the_service_manager) {
  setenv("LISTEN_PID", "12", 1);
  setenv("LISTEN_FDS", "1", 1);
  setenv("LISTEN_FDNAMES", "x", 1);
  setenv("NOTIFY_SOCKET", "/run/n", 1);
  struct outcome outcome = read_all("serve", NULL);
  ck_assert_int_eq(outcome.status, -1);
  const struct serve_flags *serve = &outcome.options.serve;
  ck_assert_str_eq(serve->inherited.process, "12");
  ck_assert_str_eq(serve->inherited.count, "1");
  ck_assert_str_eq(serve->inherited.names, "x");
  ck_assert_str_eq(serve->notify_socket, "/run/n");
  ck_assert_ptr_null(getenv("LISTEN_PID"));
  ck_assert_ptr_null(getenv("LISTEN_FDS"));
  ck_assert_ptr_null(getenv("LISTEN_FDNAMES"));
  ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
  outcome = read_all("serve", NULL);
  ck_assert_ptr_null(outcome.options.serve.inherited.process);
  ck_assert_ptr_null(outcome.options.serve.notify_socket);
}
END_TEST

START_TEST(flag_before_variable_before_default) {
  setenv("WORDVEC_STORE", "from-variable", 1);
  setenv("WORDVEC_LIMIT_K", "77", 1);
  setenv("WORDVEC_LOG_FORMAT", "json", 1);
  setenv("WORDVEC_THREADS", "", 1); /* empty: as if not set */
  setenv("WORDVEC_DEFAULT_RECALL", "0.9", 1);
  struct outcome outcome = read_all("serve", "--store", "from-flag", NULL);
  ck_assert_msg(outcome.status == -1, "%s", outcome.err);
  ck_assert_str_eq(outcome.options.store, "from-flag");
  ck_assert_uint_eq(outcome.options.serve.limits.k, 77);
  ck_assert_double_eq(outcome.options.serve.default_recall, 0.9);
  ck_assert_int_eq(outcome.options.serve.log_format, LOG_JSON);
  ck_assert_uint_eq(outcome.options.threads, 0);
}
END_TEST

/* A bad variable does no harm where a flag goes before it, and is named where none does. */
START_TEST(bad_variables) {
  setenv("WORDVEC_THREADS", "many", 1);
  ck_assert_int_eq(read_all("serve", "--threads", "2", NULL).status, -1);
  expect_refused(read_all("serve", NULL), "WORDVEC_THREADS", "1 to 256");
  setenv("WORDVEC_THREADS", "3", 1);
  setenv("WORDVEC_INSECURE_BIND", "perhaps", 1);
  expect_refused(read_all("serve", NULL), "WORDVEC_INSECURE_BIND", "true");
}
END_TEST

START_TEST(switches_by_variable) {
  static const struct {
    const char *text;
    bool on;
  } cases[] = {{"1", true}, {"true", true}, {"Yes", true}, {"on", true}, {"0", false}, {"false", false}, {"no", false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    setenv("WORDVEC_INSECURE_BIND", cases[i].text, 1);
    ck_assert_int_eq(read_all("serve", NULL).options.serve.insecure_bind, cases[i].on);
  }
}
END_TEST

START_TEST(both_spellings_of_a_value) {
  struct outcome outcome = read_all("serve", "--listen=[::1]:0", "--threads", "7", "--insecure-bind",
                                    "--limit-body-bytes=2K", "--limit-answer-bytes", "3G", NULL);
  ck_assert_msg(outcome.status == -1, "%s", outcome.err);
  expect_url(&outcome.options.serve.address, "http://[::1]:0");
  ck_assert_uint_eq(outcome.options.serve.metrics_address.length, 0); /* none */
  ck_assert_uint_eq(outcome.options.threads, 7);
  ck_assert(outcome.options.serve.insecure_bind);
  ck_assert_uint_eq(outcome.options.serve.limits.body_bytes, 2048);
  ck_assert_uint_eq(outcome.options.serve.limits.answer_bytes, (size_t)3 << 30);
}
END_TEST

START_TEST(an_address_for_metrics) {
  struct outcome outcome = read_all("serve", "--metrics-listen", "[::1]:9100", NULL);
  ck_assert_msg(outcome.status == -1, "%s", outcome.err);
  expect_url(&outcome.options.serve.metrics_address, "http://[::1]:9100");
  expect_url(&outcome.options.serve.address, "http://127.0.0.1:8080");
}
END_TEST

START_TEST(operands_may_stand_anywhere) {
  struct outcome outcome = read_all("import", "--force", "a.txt", "--name", "b", NULL);
  ck_assert_msg(outcome.status == -1, "%s", outcome.err);
  ck_assert_str_eq(outcome.options.operand, "a.txt");
  ck_assert_str_eq(outcome.options.import.name, "b");
  ck_assert(outcome.options.import.force);
  outcome = read_all("import", "-", "--name", "b", NULL);
  ck_assert_str_eq(outcome.options.operand, "-");
  outcome = read_all("import", "--", "--force", NULL);
  ck_assert_str_eq(outcome.options.operand, "--force");
  ck_assert(!outcome.options.import.force);
}
END_TEST

START_TEST(choices_of_import) {
  struct outcome outcome =
      read_all("import", "x", "--format", "word2vec-binary", "--duplicates=error", "--encoding-errors", "replace",
               "--report=json", "--strict", "--no-index", "--limit", "4294967294", NULL);
  ck_assert_msg(outcome.status == -1, "%s", outcome.err);
  ck_assert_int_eq(outcome.options.import.format, IMPORT_WORD2VEC_BINARY);
  ck_assert_int_eq(outcome.options.import.duplicates, DUPLICATES_ERROR);
  ck_assert_int_eq(outcome.options.import.encoding, ENCODING_REPLACE);
  ck_assert_int_eq(outcome.options.import.report, REPORT_JSON);
  ck_assert(outcome.options.import.strict && outcome.options.import.no_index);
  ck_assert_uint_eq(outcome.options.import.limit, 4294967294u);
  outcome = read_all("import", "x", NULL);
  ck_assert_int_eq(outcome.options.import.format, IMPORT_AUTO);
  ck_assert_int_eq(outcome.options.import.duplicates, DUPLICATES_FIRST);
  ck_assert_int_eq(outcome.options.import.encoding, ENCODING_KEEP);
  ck_assert_int_eq(outcome.options.import.report, REPORT_TEXT);
  ck_assert_uint_eq(outcome.options.import.limit, 0);
}
END_TEST

START_TEST(every_import_format_is_known) {
  static const char *const names[] = {"auto",         "glove", "word2vec-text", "word2vec-binary", "fasttext-vec",
                                      "fasttext-bin", "npy"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
    ck_assert_int_eq(read_all("import", "x", "--format", names[i], NULL).options.import.format, (enum import_format)i);
}
END_TEST

START_TEST(parameters_of_a_request) {
  struct outcome outcome = read_all("neighbors", "cat", "--positive=king", "--k", "3", "", "--positive", "woman",
                                    "--weights=1,-2.5e-1", "--exact", NULL);
  const struct options *options = &outcome.options;
  static const char *const expected[][2] = {
      {"positive", "king"}, {"k", "3"}, {"positive", "woman"}, {"weights", "1,-2.5e-1"}, {"exact", "1"}};
  ck_assert_msg(outcome.status == -1, "%s", outcome.err);
  ck_assert_uint_eq(options->operand_count, 2);
  ck_assert_str_eq(options->operands[0], "cat");
  ck_assert_str_eq(options->operands[1], "");
  ck_assert_uint_eq(options->parameter_count, 5);
  for (size_t i = 0; i < 5; i++) {
    ck_assert_str_eq(options->parameters[i].flag->name, expected[i][0]);
    ck_assert_str_eq(options->parameters[i].text, expected[i][1]);
  }
  ck_assert_str_eq(options_parameter(options, "positive"), "king");
  ck_assert_ptr_null(options_parameter(options, "negative"));
}
END_TEST

/* What asks the store is under the limits that a daemon would be under here, but for what it says itself. */
START_TEST(the_daemon_that_would_be_asked) {
  setenv("WORDVEC_LIMIT_K", "77", 1);
  setenv("WORDVEC_STORE", "from-variable", 1);
  struct outcome outcome = read_all("vector", "cat", NULL);
  ck_assert_msg(outcome.status == -1, "%s", outcome.err);
  ck_assert_uint_eq(outcome.options.serve.limits.k, 77);
  ck_assert_uint_eq(outcome.options.serve.limits.body_bytes, 1048576);
  ck_assert_str_eq(outcome.options.store, "from-variable");
  ck_assert_ptr_null(outcome.options.url);
  ck_assert_str_eq(read_all("vector", "--store=from-flag", NULL).options.store, "from-flag");
  setenv("WORDVEC_URL", "http://from.variable", 1);
  ck_assert_str_eq(read_all("vector", NULL).options.url, "http://from.variable");
  ck_assert_ptr_null(read_all("vector", "--store=x", NULL).options.url);
  expect_refused(read_all("vector", "--store=x", "--url=http://a", NULL), "--url", "one of them");
}
END_TEST

/* Each with what the message must name and what it must allow. */
static const struct {
  const char *arguments[5];
  const char *named, *allowed;
} refused[] = {
    {{"serve", "--no-such-flag"}, "--no-such-flag", "wordvec serve --help"},
    {{"serve", "--no-such=flag"}, "--no-such", "wordvec serve --help"},
    {{"serve", "-x"}, "-x", "wordvec serve --help"},
    {{"serve", "--listen"}, "--listen", "value"},
    {{"serve", "--listen", "8080"}, "--listen", "127.0.0.1:8080"},
    {{"serve", "--sandbox=on"}, "--sandbox", "auto, off, required"},
    {{"serve", "--cors-origin", "example.com"}, "--cors-origin", "is no origin"},
    {{"serve", "--insecure-bind=yes"}, "--insecure-bind", "no value"},
    {{"serve", "--threads", "0"}, "--threads", "1 to 256"},
    {{"serve", "--threads", "257"}, "--threads", "1 to 256"},
    {{"serve", "--threads", "-1"}, "--threads", "1 to 256"},
    {{"serve", "--threads", "1.5"}, "--threads", "1 to 256"},
    {{"serve", "--threads", " 1"}, "--threads", "1 to 256"},
    {{"serve", "--threads", "1K"}, "--threads", "1 to 256"},
    {{"serve", "--threads", ""}, "--threads", "1 to 256"},
    {{"serve", "--threads", "99999999999999999999999"}, "--threads", "1 to 256"},
    {{"serve", "--limit-body-bytes", "0"}, "--limit-body-bytes", "from 1"},
    {{"serve", "--limit-body-bytes", "1T"}, "--limit-body-bytes", "K, M and G"},
    {{"serve", "--limit-body-bytes", "1MB"}, "--limit-body-bytes", "K, M and G"},
    {{"serve", "--limit-body-bytes", "18446744073709551615G"}, "--limit-body-bytes", "K, M and G"},
    {{"serve", "--log-format", "xml"}, "--log-format", "text, json, off"},
    {{"serve", "--kernel", "mmx"}, "--kernel", "auto, scalar, avx2, avx512, neon"},
    {{"serve", "--default-model", "../x"}, "--default-model", "letters, digits"},
    {{"serve", "--store", ""}, "--store", "not empty"},
    {{"serve", "--default-recall", "0"}, "--default-recall", "above 0"},
    {{"serve", "--default-recall", "1.01"}, "--default-recall", "at most 1"},
    {{"serve", "--default-recall", "0.9x"}, "--default-recall", "a number"},
    {{"serve", "--default-recall", "nan"}, "--default-recall", "a number"},
    {{"serve", "operand"}, "operand", "too many"},
    {{"import"}, "FILE", "missing"},
    {{"import", "a", "b"}, "'b'", "too many"},
    {{"import", "a", "--format=csv"}, "--format", "auto, glove"},
    {{"import", "a", "--name=.hidden"}, "--name", "letters, digits"},
    {{"import", "a", "--limit=0"}, "--limit", "from 1"},
    {{"info"}, "NAME", "missing"},
    {{"verify"}, "NAME|FILE", "missing"},
    {{"list", "x"}, "'x'", "too many"},
    {{"list", "--k=1"}, "--k", "wordvec list --help"},
    {{"neighbors", "--clip-start=1.5"}, "--clip-start", "a whole number"},
    {{"neighbors", "--clip-start=-"}, "--clip-start", "a whole number"},
    {{"neighbors", "--objective=best"}, "--objective", "cosadd, cosmul"},
    {{"mean", "--pre-normalize=yes"}, "--pre-normalize", "false, true"},
    {{"analogy", "a", "b", "c", "d"}, "'d'", "too many"},
    {{"closer-than", "a"}, "WORD THAN", "missing"},
    {{"neighbors", "--k=0"}, "--k", "1 to 1000000"},
    {{"neighbors", "--k=1.5"}, "--k", "1 to 1000000"},
    {{"neighbors", "--recall=much"}, "--recall", "a number"},
    {{"neighbors", "--recall=1,2"}, "--recall", "a number"},
    {{"neighbors", "--weights="}, "--weights", "commas"},
    {{"neighbors", "--weights=1,,2"}, "--weights", "commas"},
    {{"neighbors", "--weights=1,"}, "--weights", "commas"},
    {{"neighbors", "--weights=1, 2"}, "--weights", "commas"},
    {{"neighbors", "--vector=nan"}, "--vector", "commas"},
    {{"neighbors", "--vector=0x10"}, "--vector", "commas"},
    {{"neighbors", "--vector=1e999"}, "--vector", "commas"},
    {{"neighbors", "--exact=yes"}, "--exact", "no value"},
    {{"vector", "--oov=guess"}, "--oov", "error, null, zero"},
    {{"vector", "--timeout=0"}, "--timeout", "1 to 86400"},
    {{"words", "cat"}, "'cat'", "too many"},
    {{"ask"}, "ROUTE", "missing"},
    {{"ask", "/a", "b", "c"}, "'c'", "too many"},
    {{"servr"}, "servr", "serve"},
    {{"--verbose"}, "--verbose", "import"},
    {{""}, "''", "import"},
    {{NULL}, "command is missing", "import"},
};

START_TEST(mistakes_are_named) {
  const char *const *arguments = refused[_i].arguments;
  expect_refused(read_all(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], NULL),
                 refused[_i].named, refused[_i].allowed);
}
END_TEST

START_TEST(help_and_version) {
  struct outcome outcome = read_all("--help", NULL);
  ck_assert_int_eq(outcome.status, 0);
  for (size_t i = 0; i < COMMAND_COUNT; i++) ck_assert_ptr_nonnull(strstr(outcome.out, command_table()[i].name));
  ck_assert_str_eq(outcome.err, "");
  ck_assert_str_eq(read_all("-h", NULL).out, outcome.out);
  outcome = read_all("--version", NULL);
  ck_assert_int_eq(outcome.status, 0);
  ck_assert_int_eq(strncmp(outcome.out, "wordvec ", 8), 0);
  ck_assert_str_eq(read_all("serve", "--version", NULL).out, outcome.out);
}
END_TEST

/* Each command explains each of its flags, with default and variable, also where the rest of the line is wrong. */
START_TEST(help_of_a_command) {
  const struct command_table *command = &command_table()[_i];
  struct outcome outcome = read_all(command->name, "--help", "a", "b", NULL);
  ck_assert_int_eq(outcome.status, 0);
  ck_assert_str_eq(outcome.err, "");
  for (size_t i = 0; i < command->flag_count; i++) {
    const struct flag *flag = &command->flags[i];
    char wanted[128];
    snprintf(wanted, sizeof wanted, "\n  --%s", flag->name);
    ck_assert_msg(strstr(outcome.out, wanted) != NULL, "no %s in the help of %s", wanted, command->name);
    if (flag->variable) ck_assert_ptr_nonnull(strstr(outcome.out, flag->variable));
    if (flag->standard) ck_assert_ptr_nonnull(strstr(outcome.out, flag->standard));
  }
  for (const char *line = outcome.out; *line; line += strcspn(line, "\n"), line += *line == '\n')
    ck_assert_msg(strcspn(line, "\n") <= 90, "%.*s", (int)strcspn(line, "\n"), line);
}
END_TEST

/* Every flag of serve has its variable, named after it. */
START_TEST(variables_of_serve) {
  const struct command_table *serve = &command_table()[COMMAND_SERVE];
  for (size_t i = 0; i < serve->flag_count; i++) {
    char expected[64] = "WORDVEC_";
    size_t used = strlen(expected);
    for (const char *c = serve->flags[i].name; *c; c++) expected[used++] = *c == '-' ? '_' : (char)(*c - 'a' + 'A');
    expected[used] = '\0';
    ck_assert_ptr_nonnull(serve->flags[i].variable);
    ck_assert_str_eq(serve->flags[i].variable, expected);
  }
}
END_TEST

START_TEST(url_of_the_healthcheck) {
  ck_assert_str_eq(read_all("healthcheck", NULL).options.url_of_listen, "http://127.0.0.1:8080");
  setenv("WORDVEC_LISTEN", "0.0.0.0:9000", 1);
  ck_assert_str_eq(read_all("healthcheck", NULL).options.url_of_listen, "http://127.0.0.1:9000");
  setenv("WORDVEC_LISTEN", "[::]:9000", 1);
  ck_assert_str_eq(read_all("healthcheck", NULL).options.url_of_listen, "http://[::1]:9000");
  setenv("WORDVEC_URL", "http://from.variable", 1);
  ck_assert_str_eq(read_all("healthcheck", NULL).options.url, "http://from.variable");
  ck_assert_str_eq(read_all("healthcheck", "--url", "http://from.flag", NULL).options.url, "http://from.flag");
  unsetenv("WORDVEC_URL");
  setenv("WORDVEC_LISTEN", "nonsense", 1);
  expect_refused(read_all("healthcheck", NULL), "WORDVEC_LISTEN", "127.0.0.1:8080");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/options");
  TCase *tcase = tcase_create("options");
  tcase_add_checked_fixture(tcase, clear_environment, free_kept);
  tcase_add_test(tcase, defaults_of_serve);
  tcase_add_test(tcase, the_service_manager);
  tcase_add_test(tcase, flag_before_variable_before_default);
  tcase_add_test(tcase, bad_variables);
  tcase_add_test(tcase, switches_by_variable);
  tcase_add_test(tcase, both_spellings_of_a_value);
  tcase_add_test(tcase, an_address_for_metrics);
  tcase_add_test(tcase, operands_may_stand_anywhere);
  tcase_add_test(tcase, choices_of_import);
  tcase_add_test(tcase, every_import_format_is_known);
  tcase_add_test(tcase, parameters_of_a_request);
  tcase_add_test(tcase, the_daemon_that_would_be_asked);
  tcase_add_loop_test(tcase, mistakes_are_named, 0, sizeof refused / sizeof *refused);
  tcase_add_test(tcase, help_and_version);
  tcase_add_loop_test(tcase, help_of_a_command, 0, COMMAND_COUNT);
  tcase_add_test(tcase, variables_of_serve);
  tcase_add_test(tcase, url_of_the_healthcheck);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
