/* How often a test repeats itself on random input. */
#ifndef WORDVEC_TESTS_SUPPORT_EFFORT_H
#define WORDVEC_TESTS_SUPPORT_EFFORT_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* `full`, or a hundredth of it (at least 1) when TEST_EFFORT is set to anything: under valgrind and qemu every
 * instruction costs tens, and what they look for shows in few repetitions. */
static inline int effort(int full) {
  const char *chosen = getenv("TEST_EFFORT");
  int less = full / 100 > 0 ? full / 100 : 1;
  return chosen && *chosen ? less : full;
}

/* The same for what a daemon is given to do, so that it takes a while and not minutes: less where the daemon itself is
 * slow, behind a wrapper. */
static inline int effort_of_daemon(int full) {
  const char *wrapper = getenv("WORDVEC_WRAPPER");
  return wrapper && *wrapper ? effort(full) : full;
}

/* Whether to leave out this round of a loop test: with TEST_EFFORT all but each fifth, which still come by every case
 * of tables of two, four or eight. */
static inline bool effort_skips(int round) {
  return effort(100) < 100 && round % 5 != 0;
}

/* Whether a program goes on where it was after a handler has mended what it faulted at. Under valgrind it does not:
 * there the registers are those of some instruction before, unless it is asked to keep them up for each, which costs
 * all programs more than the few tests are worth that run everywhere else. */
static inline bool effort_mends_faults(void) {
  const char *wrapper = getenv("TEST_WRAPPER");
  return !wrapper || !strstr(wrapper, "valgrind");
}

#endif
