/* Which form of the kernel runs here: asked of the CPU, and of the operating system that must save the wider
 * registers between threads. */
#include "store/search/kernel.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "store/search/kernel_forms.h"

struct form {
  struct kernel kernel;
  bool (*runs_here)(void);
};

static bool always(void) {
  return true;
}

/* Every flag that the Makefile gives a form's file is asked for. __builtin_cpu_supports() says yes only where XGETBV
 * shows that the registers are saved, too. */
#if defined(__x86_64__)
static bool has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* Not every compiler knows this one's name: leaf 7, subleaf 1, bit 4 of EAX. */
static bool has_avxvnni(void) {
  unsigned a = 0, b, c, d;
  return has_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}

static bool has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}

static bool has_avx512vnni(void) {
  return has_avx512() && __builtin_cpu_supports("avx512vnni");
}
#elif defined(__aarch64__)
static bool has_dotprod(void) {
  const unsigned long asimddp = 1ul << 20; /* HWCAP_ASIMDDP */
  return (getauxval(AT_HWCAP) & asimddp) != 0;
}
#endif

/* Slowest first. */
static const struct form forms[] = {
    {{"scalar", "scalar", dots_scalar, coarse_scalar, fine_scalar, gather_scalar}, always},
#if defined(__x86_64__)
    {{"avx2", "avx2", dots_avx2, coarse_avx2, fine_avx2, gather_avx2}, has_avx2},
    {{"avx2", "avxvnni", dots_avx2, coarse_avxvnni, fine_avxvnni, gather_avxvnni}, has_avxvnni},
    {{"avx512", "avx2", dots_avx512, coarse_avx2, fine_avx2, gather_avx2}, has_avx512},
    {{"avx512", "avx512vnni", dots_avx512, coarse_avx512vnni, fine_avx512vnni, gather_avx512vnni}, has_avx512vnni},
#elif defined(__aarch64__)
    {{"neon", "neon", dots_neon, coarse_neon, fine_neon, gather_neon}, always},
    {{"neon", "dotprod", dots_neon, coarse_dotprod, fine_dotprod, gather_dotprod}, has_dotprod},
#endif
};

enum { FORM_COUNT = sizeof forms / sizeof forms[0] };
_Static_assert((int)FORM_COUNT <= (int)KERNELS_MOST, "callers have room for every form");

size_t kernel_usable(const struct kernel *kernels[KERNELS_MOST]) {
  size_t count = 0;
  for (size_t i = 0; i < FORM_COUNT; i++)
    if (forms[i].runs_here()) kernels[count++] = &forms[i].kernel;
  return count;
}

const struct kernel *kernel_best(void) {
  const struct kernel *usable[KERNELS_MOST];
  size_t count = kernel_usable(usable);
  return usable[count - 1];
}

/* The names of `count` kernels, "scalar, avx2", each once; cut short rather than overflowing. */
static void list_names(const struct kernel *const *kernels, size_t count, char *text, size_t size) {
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < count && used < size; i++)
    if (i == 0 || strcmp(kernels[i]->name, kernels[i - 1]->name) != 0)
      used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", kernels[i]->name);
}

enum status kernel_named(const char *name, struct problem *problem, const struct kernel **out) {
  const struct kernel *usable[KERNELS_MOST];
  size_t count = kernel_usable(usable);
  for (size_t i = count; i > 0; i--) {
    if (strcmp(usable[i - 1]->name, name) != 0) continue;
    *out = usable[i - 1];
    return STATUS_OK;
  }
  char names[128];
  list_names(usable, count, names, sizeof names);
  for (size_t i = 0; i < FORM_COUNT; i++)
    if (strcmp(forms[i].kernel.name, name) == 0)
      return problem_set(problem, STATUS_UNSUPPORTED, 0, "this CPU cannot run the kernel \"%s\"; it can run: %s", name,
                         names);
  return problem_set(problem, STATUS_NOT_FOUND, 0, "this build has no kernel \"%.64s\"; this CPU can run: %s", name,
                     names);
}
