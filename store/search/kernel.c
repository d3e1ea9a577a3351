/* Which form of the kernel runs here: asked of the CPU, and of the operating system that must save the wider
 * registers between threads. */
#include "store/search/kernel.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "store/search/kernel_forms.h"

/* Slowest first. A form is used only where all before it are, so that the usable ones are the head of this table. */
static const struct kernel *const forms[] = {
    &kernel_scalar,
#if defined(__x86_64__)
    &kernel_avx2,
    &kernel_avx512,
#elif defined(__aarch64__)
    &kernel_neon,
#endif
};

enum { FORM_COUNT = sizeof forms / sizeof forms[0] };

#if defined(__x86_64__)
/* Every flag that the Makefile gives a form's file is asked for. __builtin_cpu_supports() says yes only where XGETBV
 * shows that the registers are saved, too. */
static bool runs_here(const struct kernel *form) {
  if (form == &kernel_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (form == &kernel_avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  return true;
}
#else
/* Elsewhere a build holds nothing beyond its architecture's baseline. */
static bool runs_here(const struct kernel *form) {
  (void)form;
  return true;
}
#endif

size_t kernel_usable(const struct kernel *const **kernels) {
  size_t count = 1;
  while (count < FORM_COUNT && runs_here(forms[count])) count++;
  *kernels = forms;
  return count;
}

const struct kernel *kernel_best(void) {
  const struct kernel *const *usable;
  size_t count = kernel_usable(&usable);
  return usable[count - 1];
}

/* The names of the first `count` forms, "scalar, avx2"; cut short rather than overflowing. */
static void list_names(size_t count, char *text, size_t size) {
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < count && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", forms[i]->name);
}

enum status kernel_named(const char *name, struct problem *problem, const struct kernel **out) {
  const struct kernel *const *usable;
  size_t count = kernel_usable(&usable);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(usable[i]->name, name) != 0) continue;
    *out = usable[i];
    return STATUS_OK;
  }
  char names[128];
  list_names(count, names, sizeof names);
  for (size_t i = count; i < FORM_COUNT; i++)
    if (strcmp(forms[i]->name, name) == 0)
      return problem_set(problem, STATUS_UNSUPPORTED, 0, "this CPU cannot run the kernel \"%s\"; it can run: %s", name,
                         names);
  return problem_set(problem, STATUS_NOT_FOUND, 0, "this build has no kernel \"%.64s\"; this CPU can run: %s", name,
                     names);
}
