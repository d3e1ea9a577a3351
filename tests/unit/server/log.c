/* Lines of the log as a reader of the descriptor sees them: whole, one a line, and valid in their format whatever a
 * client sends. */
#include "server/log.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[2];

static void open_pipe(void) {
  ck_assert_int_eq(pipe(ends), 0);
}

/* Everything written so far; the writing end is closed. */
static const char *written(void) {
  static char text[65536];
  close(ends[1]);
  size_t used = 0;
  ssize_t got;
  while ((got = read(ends[0], text + used, sizeof text - 1 - used)) > 0) used += (size_t)got;
  close(ends[0]);
  text[used] = '\0';
  return text;
}

static json_t *written_object(void) {
  const char *text = written();
  ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
  json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
  ck_assert_msg(object != NULL, "not JSON: %s", text);
  return object;
}

static const struct log_request request = {.id = "0123abcd",
                                           .method = "GET",
                                           .path = "/vector",
                                           .status = 404,
                                           .bytes = 1234,
                                           .microseconds = 56,
                                           .model = "glove"};

START_TEST(a_request_as_text) {
  struct log log = {.descriptor = ends[1], .format = LOG_TEXT};
  log_request(&log, &request);
  const char *line = written();
  ck_assert_ptr_nonnull(strstr(line, " GET /vector 404 1234B 56us glove 0123abcd\n"));
  ck_assert_int_eq(line[4], '-'); /* begins with the time */
  ck_assert_int_eq(line[10], 'T');
}
END_TEST

START_TEST(a_request_as_json) {
  struct log log = {.descriptor = ends[1], .format = LOG_JSON};
  log_request(&log, &request);
  json_t *object = written_object();
  const char *method, *path, *model, *event, *time, *id, *level;
  int status, bytes, microseconds;
  ck_assert_int_eq(json_unpack(object, "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i !}", "method", &method,
                               "path", &path, "model", &model, "event", &event, "time", &time, "request_id", &id,
                               "level", &level, "status", &status, "bytes", &bytes, "microseconds", &microseconds),
                   0);
  ck_assert_str_eq(method, "GET");
  ck_assert_str_eq(path, "/vector");
  ck_assert_str_eq(model, "glove");
  ck_assert_str_eq(event, "request");
  ck_assert_str_eq(id, "0123abcd");
  ck_assert_str_eq(level, "info");
  ck_assert_int_eq(status, 404);
  ck_assert_int_eq(bytes, 1234);
  ck_assert_int_eq(microseconds, 56);
  ck_assert_uint_eq(strlen(time), strlen("2026-01-01T00:00:00.000Z"));
  json_decref(object);
}
END_TEST

START_TEST(off_is_silent_on_requests_only) {
  struct log log = {.descriptor = ends[1], .format = LOG_OFF};
  log_request(&log, &request);
  log_event(&log, false, "start", "begun");
  log_listening(&log, "http://127.0.0.1:1");
  ck_assert_str_eq(written(), "begun\nlistening on http://127.0.0.1:1\n");
}
END_TEST

static const struct {
  const char *what;
  struct log log;
  struct log_request request;
  const char *level; /* of the line; NULL: there is none */
  bool slow;
} said[] = {
    {"a request", {.level = LOG_INFO}, {.status = 200}, "info", false},
    {"a refusal", {.level = LOG_INFO}, {.status = 404}, "info", false},
    {"a probe", {.level = LOG_INFO}, {.status = 200, .probe = true}, NULL, false},
    {"a probe, to debug", {.level = LOG_DEBUG}, {.status = 200, .probe = true}, "debug", false},
    {"a probe that fails", {.level = LOG_INFO}, {.status = 503, .probe = true}, "warning", false},
    {"a request among warnings", {.level = LOG_WARNING}, {.status = 200}, NULL, false},
    {"a failure among warnings", {.level = LOG_WARNING}, {.status = 500}, "warning", false},
    {"no answer among warnings", {.level = LOG_WARNING}, {.status = 0}, "warning", false},
    {"a failure among errors", {.level = LOG_ERROR}, {.status = 500}, NULL, false},
    {"not slow", {.slow_microseconds = 1000}, {.status = 200, .timing = {.total = 999}}, "info", false},
    {"slow", {.slow_microseconds = 1000}, {.status = 200, .timing = {.total = 1000}}, "warning", true},
    {"slow to be read", {.slow_microseconds = 1000}, {.status = 200, .microseconds = 9999}, "info", false},
    {"slow among warnings",
     {.level = LOG_WARNING, .slow_microseconds = 1000},
     {.status = 200, .timing = {.total = 1000}},
     "warning",
     true},
};

START_TEST(levels_and_slow_requests) {
  struct log log = said[_i].log;
  struct log_request line = said[_i].request;
  log.descriptor = ends[1];
  log.format = LOG_JSON;
  line.id = "1", line.method = "GET", line.path = "/x", line.model = "";
  line.timing.queue = 7, line.timing.search = 8;
  log_request(&log, &line);
  if (!said[_i].level) {
    ck_assert_str_eq(written(), "");
    return;
  }
  json_t *object = written_object(), *slow = json_object_get(object, "slow");
  ck_assert_str_eq(json_string_value(json_object_get(object, "level")), said[_i].level);
  ck_assert_msg((slow != NULL) == said[_i].slow, "%s", said[_i].what);
  if (slow) {
    ck_assert_int_eq(json_integer_value(json_object_get(slow, "total")), 1000);
    ck_assert_int_eq(json_integer_value(json_object_get(slow, "queue")), 7);
    ck_assert_int_eq(json_integer_value(json_object_get(slow, "search")), 8);
  }
  json_decref(object);
}
END_TEST

START_TEST(off_tells_slow_requests) {
  struct log log = {.descriptor = ends[1], .format = LOG_OFF, .slow_microseconds = 5};
  struct log_request slow = request;
  slow.timing = (struct server_timing){.total = 50, .waited = true, .queue = 2, .search = 40};
  log_request(&log, &slow);
  ck_assert_ptr_nonnull(
      strstr(written(), " GET /vector 404 1234B 56us glove 0123abcd slow: total 50us queue 2us search 40us\n"));
}
END_TEST

START_TEST(events_have_levels) {
  struct log log = {.descriptor = ends[1], .level = LOG_WARNING};
  log_event(&log, false, "start", "begun");
  log_listening(&log, "http://127.0.0.1:1");
  log_warning(&log, "limit", "less");
  log_event(&log, true, "stop", "broken");
  ck_assert_str_eq(written(), "warning: less\nerror: broken\n");
}
END_TEST

/* As the daemon has it: what was said before the end is written, whoever said it. */
START_TEST(through_the_queue) {
  struct log log = {.descriptor = ends[1]};
  ck_assert_int_eq(log_open(&log), STATUS_OK);
  log_event(&log, false, "start", "begun");
  log_request(&log, &request);
  log_event(&log, false, "stopped", "stopped");
  log_close(&log);
  log_event(&log, false, "late", "late");
  const char *text = written();
  ck_assert_mem_eq(text, "begun\n", 6);
  ck_assert_ptr_nonnull(strstr(text, " glove 0123abcd\nstopped\nlate\n"));
}
END_TEST

START_TEST(a_hostile_method_breaks_no_line) {
  struct log_request hostile = request;
  struct log log = {.descriptor = ends[1], .format = LOG_JSON};
  hostile.method = "\"\\\x01\xff\x7f";
  log_request(&log, &hostile);
  json_t *object = written_object();
  ck_assert_str_eq(json_string_value(json_object_get(object, "method")), "\"\\\x01\xEF\xBF\xBD\x7f");
  json_decref(object);
}
END_TEST

static const char hostile_event[] = "a\nb \"c\" \\ \x1b[31m \xff \xc3\xa9";

START_TEST(an_event_as_text_stays_on_its_line) {
  struct log log = {.descriptor = ends[1], .format = LOG_TEXT};
  log_event(&log, false, "model", "%s", hostile_event);
  log_event(&log, true, "model", "x");
  ck_assert_str_eq(written(), "a\\x0ab \"c\" \\ \\x1b[31m \xEF\xBF\xBD \xc3\xa9\nerror: x\n");
}
END_TEST

START_TEST(an_event_as_json) {
  struct log log = {.descriptor = ends[1], .format = LOG_JSON};
  log_event(&log, true, "model", "%s", hostile_event);
  json_t *object = written_object();
  ck_assert_str_eq(json_string_value(json_object_get(object, "message")),
                   "a\nb \"c\" \\ \x1b[31m \xEF\xBF\xBD \xc3\xa9");
  ck_assert_str_eq(json_string_value(json_object_get(object, "level")), "error");
  ck_assert_str_eq(json_string_value(json_object_get(object, "event")), "model");
  json_decref(object);
}
END_TEST

START_TEST(listening_as_json) {
  struct log log = {.descriptor = ends[1], .format = LOG_JSON};
  log_listening(&log, "http://[::1]:80");
  json_t *object = written_object();
  ck_assert_str_eq(json_string_value(json_object_get(object, "event")), "listening");
  ck_assert_str_eq(json_string_value(json_object_get(object, "url")), "http://[::1]:80");
  json_decref(object);
}
END_TEST

/* A text that is too long is cut; the line still ends, and is still JSON. */
START_TEST(long_events_are_cut) {
  static const char *const fillers[] = {"x", "\x01", "\"", "\xc3\xa9", "\xff"};
  for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++) {
    char text[5000] = "";
    while (strlen(text) < sizeof text - 8) strcat(text, fillers[i]);
    if (i > 0) open_pipe();
    struct log log = {.descriptor = ends[1], .format = LOG_JSON};
    log_event(&log, false, "model", "%s", text);
    json_decref(written_object());
  }
}
END_TEST

START_TEST(paths_are_made_plain) {
  char out[32];
  log_copy_path(out, sizeof out, "/vector?word=secret");
  ck_assert_str_eq(out, "/vector");
  log_copy_path(out, sizeof out, "/a%20\"\\\x01\x7f\xff b");
  ck_assert_str_eq(out, "/a%20%22%5C%01%7F%FF%20b");
  log_copy_path(out, 8, "/1234567890");
  ck_assert_str_eq(out, "/123456");
  log_copy_path(out, 8, "/1234\xff"); /* no half of an escape */
  ck_assert_str_eq(out, "/1234");
  log_copy_path(out, sizeof out, "");
  ck_assert_str_eq(out, "");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/log");
  TCase *tcase = tcase_create("log");
  tcase_add_checked_fixture(tcase, open_pipe, NULL);
  tcase_add_test(tcase, a_request_as_text);
  tcase_add_test(tcase, a_request_as_json);
  tcase_add_test(tcase, off_is_silent_on_requests_only);
  tcase_add_loop_test(tcase, levels_and_slow_requests, 0, (int)(sizeof said / sizeof said[0]));
  tcase_add_test(tcase, off_tells_slow_requests);
  tcase_add_test(tcase, events_have_levels);
  tcase_add_test(tcase, through_the_queue);
  tcase_add_test(tcase, a_hostile_method_breaks_no_line);
  tcase_add_test(tcase, an_event_as_text_stays_on_its_line);
  tcase_add_test(tcase, an_event_as_json);
  tcase_add_test(tcase, listening_as_json);
  tcase_add_test(tcase, long_events_are_cut);
  tcase_add_test(tcase, paths_are_made_plain);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
