/* The frame of an HTTP test program. */
#ifndef WORDVEC_TESTS_SUPPORT_SUITE_H
#define WORDVEC_TESTS_SUPPORT_SUITE_H

#include <check.h>

#include "tests/support/daemon.h"
#include "tests/support/fixture.h"

/* A suite of one case with a generous time limit; add tests to *tcase. */
Suite *suite_of(const char *name, TCase **tcase);

/* Runs and frees the suite: 0, or 1 when a test failed. */
int suite_run(Suite *suite);

/* Prepares *daemon and imports `fixture` into its store as `name`, by way of a file NAME.txt. */
void suite_import(struct daemon *daemon, const char *name, const struct fixture *fixture);

/* The whole of a program that has one daemon serving fixture_zoo() as "zoo": scratch folder, import, start, tests,
 * stop. */
int suite_main_with_zoo(Suite *suite, struct daemon *daemon, struct fixture *zoo);

#endif
