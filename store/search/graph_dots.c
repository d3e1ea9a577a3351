/* Which form of the codes' dot product runs here. */
#include "store/search/graph_dots.h"

#include <stdbool.h>

#include "store/search/graph_dots_forms.h"

/* Slowest first. A form is used only where all before it are. */
static const struct graph_dots *const all[] = {
    &graph_dots_scalar,
#if defined(__x86_64__)
    &graph_dots_avx2,
    &graph_dots_vnni,
#elif defined(__aarch64__)
    &graph_dots_neon,
#endif
};

enum { FORM_COUNT = sizeof all / sizeof all[0] };

#if defined(__x86_64__)
static bool runs_here(const struct graph_dots *form) {
  if (form == &graph_dots_avx2) return __builtin_cpu_supports("avx2");
  if (form == &graph_dots_vnni) return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vnni");
  return true;
}
#else
static bool runs_here(const struct graph_dots *form) {
  (void)form;
  return true;
}
#endif

size_t graph_dots_usable(const struct graph_dots *const **forms) {
  size_t count = 1;
  while (count < FORM_COUNT && runs_here(all[count])) count++;
  *forms = all;
  return count;
}

const struct graph_dots *graph_dots_best(void) {
  const struct graph_dots *const *usable;
  size_t count = graph_dots_usable(&usable);
  return usable[count - 1];
}
