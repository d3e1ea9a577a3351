/* The frame of an HTTP test program. */
#include "tests/support/suite.h"

#include <stdlib.h>

Suite *suite_of(const char *name, TCase **tcase) {
  Suite *suite = suite_create(name);
  *tcase = tcase_create(name);
  tcase_set_timeout(*tcase, 2 * SUPPORT_PATIENCE_SECONDS);
  suite_add_tcase(suite, *tcase);
  return suite;
}

int suite_run(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}

void suite_import(struct daemon *daemon, const char *name, const struct fixture *fixture) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "%s.txt", name);
  fixture_write(fixture, path);
  daemon_import(daemon, name, path);
}

int suite_main_with_zoo(Suite *suite, struct daemon *daemon, struct fixture *zoo) {
  scratch_open();
  fixture_zoo(zoo);
  daemon_prepare(daemon);
  suite_import(daemon, "zoo", zoo);
  daemon_start(daemon, NULL);
  daemon_await_ready(daemon, 200);
  int failed = suite_run(suite);
  daemon_stop(daemon);
  fixture_release(zoo);
  scratch_close();
  return failed;
}
