/* Codes in arrays. */
#include "tests/support/codes_fixture.h"

#include <stdlib.h>
#include <string.h>

static void *memory(size_t size) {
  void *data = NULL;
  if (posix_memalign(&data, CODES_FINE_UNIT, size > 0 ? size : 1) != 0) abort();
  memset(data, 0xA5, size);
  return data;
}

void codes_fixture_init(struct codes_fixture *fixture, const struct rows *rows, const struct kernel *kernel,
                        unsigned threads) {
  *fixture = (struct codes_fixture){.slab_count = rows->slab_count};
  if (codes_build_new(kernel, rows, &fixture->build) != STATUS_OK) abort();
  fixture->coarse = memory(rows->slab_count * sizeof *fixture->coarse);
  fixture->fine = memory(rows->slab_count * sizeof *fixture->fine);
  for (uint32_t slab = 0; slab < rows->slab_count; slab++) {
    uint32_t count = rows_in_slab(rows, slab);
    fixture->coarse[slab] = memory(codes_groups(count) * sizeof **fixture->coarse);
    fixture->fine[slab] = memory((size_t)count * codes_build_codes(fixture->build)->fine_bytes);
    codes_build_slab(fixture->build, rows, slab, threads, fixture->coarse[slab], fixture->fine[slab]);
  }
  fixture->codes = *codes_build_codes(fixture->build);
  fixture->codes.coarse = (const struct codes_coarse *const *)fixture->coarse;
  fixture->codes.fine = (const unsigned char *const *)fixture->fine;
}

void codes_fixture_release(struct codes_fixture *fixture) {
  for (uint32_t slab = 0; slab < fixture->slab_count; slab++) {
    free(fixture->coarse[slab]);
    free(fixture->fine[slab]);
  }
  free(fixture->coarse);
  free(fixture->fine);
  codes_build_free(fixture->build);
}
