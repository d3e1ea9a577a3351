/* Every form of the codes' dot product that this CPU can run gives the integer that a plain sum gives. */
#include "store/search/kernel.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/numbers.h"

enum { BLOCKS = 37, LINES_MOST = 17 };

/* Bytes of every kind, the extremes too; behind `dim` values the query is 0 and the blocks are not. */
static void try_dim(const struct kernel *kernel, uint32_t dim, int extreme) {
  struct numbers numbers = {dim};
  uint32_t lines = (dim + GRAPH_LINE - 1) / GRAPH_LINE;
  size_t length = (size_t)lines * GRAPH_LINE;
  int8_t *values = aligned_alloc(GRAPH_LINE, length);
  uint8_t *bytes = aligned_alloc(GRAPH_LINE, BLOCKS * length);
  ck_assert(values && bytes);
  memset(values, 0, length);
  struct gather_query query = {.values = values, .lines = lines};
  for (uint32_t i = 0; i < dim; i++) {
    values[i] = (int8_t)(extreme ? GRAPH_LARGEST : (int)numbers_below(&numbers, 2 * GRAPH_LARGEST + 1) - GRAPH_LARGEST);
    query.bias += GRAPH_ZERO * values[i];
  }
  for (size_t i = 0; i < BLOCKS * length; i++)
    bytes[i] =
        (uint8_t)(extreme ? GRAPH_ZERO + GRAPH_LARGEST : 1 + (int)numbers_below(&numbers, 2 * GRAPH_LARGEST + 1));
  const uint8_t *slabs[BLOCKS / 4 + 1];
  struct graph_blocks blocks = {.slabs = slabs, .slab_shift = 2, .block_bytes = length};
  for (size_t i = 0; i < BLOCKS / 4 + 1; i++) slabs[i] = bytes + i * 4 * length;
  for (size_t count = 0; count <= BLOCKS; count++) {
    uint32_t ids[BLOCKS];
    int32_t dots[BLOCKS];
    for (size_t i = 0; i < count; i++) ids[i] = numbers_below(&numbers, BLOCKS);
    kernel->gather(&query, &blocks, ids, count, dots);
    for (size_t i = 0; i < count; i++) {
      int64_t expected = 0;
      for (uint32_t j = 0; j < dim; j++) expected += values[j] * (bytes[ids[i] * length + j] - GRAPH_ZERO);
      ck_assert_int_eq(dots[i], expected);
    }
  }
  free(values);
  free(bytes);
}

START_TEST(forms_agree) {
  const struct kernel *kernels[KERNELS_MOST];
  size_t count = kernel_usable(kernels);
  for (size_t f = 0; f < count; f++)
    for (uint32_t dim = 1; dim <= LINES_MOST * GRAPH_LINE; dim += dim < 20 ? 1 : 53) {
      try_dim(kernels[f], dim, 0);
      try_dim(kernels[f], dim, 1);
    }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/search/gather");
  TCase *tcase = tcase_create("all");
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, forms_agree);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed > 0;
}
