/* What a test tells the preloaded shim (tests/fault/preload/shim.c) to break in another process, in memory that both
 * have mapped: the file that FAULT_PLAN names in the environment. */
#ifndef WORDVEC_TESTS_SUPPORT_FAULT_PLAN_H
#define WORDVEC_TESTS_SUPPORT_FAULT_PLAN_H

#include <stdatomic.h>
#include <stdint.h>

enum {
  FAULT_ALLOCATION = 1, /* malloc and its kin give NULL */
  FAULT_CALL = 2,       /* a system call fails with an error that it may fail with, as `variant` chooses */
  FAULT_INTERRUPT = 4,  /* it fails with EINTR, or does a part of its work, as any may at any time */
  FAULT_DISK = 8        /* whatever takes room on a disk finds it full */
};

struct fault_plan {
  _Atomic uint32_t kinds; /* of calls that are counted; 0: none is, and none fails */
  uint64_t first;         /* the number, from 1, of the first that fails */
  uint64_t every;         /* behind it each `every`-th does, too; 0: none */
  uint32_t variant;
  _Atomic uint64_t count;    /* of calls since the plan was made */
  _Atomic uint64_t injected; /* how many failed */
  char only[32];             /* the name of the calls that count; empty: all of the kinds do */
  char last[32];             /* the name of the call that failed last */
};

#endif
