/* The test's side of the preloaded shim. */
#include "tests/support/fault.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/scratch.h"

static const char *setting(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value && value[0] ? value : otherwise;
}

struct fault_plan *fault_open(void) {
  char path[SCRATCH_PATH_MAX];
  scratch_path(path, "fault.plan");
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof(struct fault_plan)) != 0) support_fail("%s: cannot be made", path);
  struct fault_plan *plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (plan == MAP_FAILED) support_fail("%s: cannot be mapped", path);
  setenv("WORDVEC_BINARY", setting("RELEASE_BINARY", "build/release/wordvec"), 1);
  setenv("FAULT_PLAN", path, 1);
  setenv("LD_PRELOAD", setting("FAULT_SHIM", "build/release/tests/fault/preload/shim.so"), 1);
  if (access(getenv("LD_PRELOAD"), R_OK) != 0) support_fail("there is no %s", getenv("LD_PRELOAD"));
  return plan;
}

void fault_arm(struct fault_plan *plan, uint32_t kinds, uint64_t first, uint64_t every, uint32_t variant) {
  fault_disarm(plan);
  plan->first = first;
  plan->every = every;
  plan->variant = variant;
  plan->last[0] = '\0';
  atomic_store(&plan->count, 0);
  atomic_store(&plan->injected, 0);
  atomic_store(&plan->kinds, kinds);
}

uint64_t fault_disarm(struct fault_plan *plan) {
  atomic_store(&plan->kinds, 0);
  return atomic_load(&plan->injected);
}

/* 12345 as "12,345". */
static const char *grouped(uint64_t number, char out[32]) {
  char digits[32];
  int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number), at = 0;
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0) out[at++] = ',';
    out[at++] = digits[i];
  }
  out[at] = '\0';
  return out;
}

void fault_tell(const char *what, const struct fault_tally *tally) {
  char injected[32], errors[32], right[32];
  printf("counts: %s%s injected, %s errors, %s right answers, 0 crashes\n", what, grouped(tally->injected, injected),
         grouped(tally->errors, errors), grouped(tally->right, right));
}
