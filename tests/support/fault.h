/* Runs a plain build of wordvec ($RELEASE_BINARY) behind the preloaded shim, which breaks what a plan says. */
#ifndef WORDVEC_TESTS_SUPPORT_FAULT_H
#define WORDVEC_TESTS_SUPPORT_FAULT_H

#include "tests/support/fault_plan.h"
#include "tests/support/process.h"

/* Maps a new plan of nothing, and has all processes started from here on run behind the shim and follow it. To be
 * called once, behind scratch_open(). */
struct fault_plan *fault_open(void);

/* The plan from here on: calls of these kinds are counted anew, the `first` fails, and each `every`-th behind it. */
void fault_arm(struct fault_plan *plan, uint32_t kinds, uint64_t first, uint64_t every, uint32_t variant);

/* Nothing fails any more; how many failed. */
uint64_t fault_disarm(struct fault_plan *plan);

/* What came of many runs, and its line: "allocations: 12,345 injected, 11,900 errors, 445 right answers, 0 crashes". */
struct fault_tally {
  uint64_t injected, errors, right;
};

/* Prints it; `what` ends in ": ". */
void fault_tell(const char *what, const struct fault_tally *tally);

#endif
