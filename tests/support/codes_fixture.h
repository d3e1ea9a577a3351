/* Codes for a rows fixture, built as an import builds them. */
#ifndef WORDVEC_TESTS_SUPPORT_CODES_FIXTURE_H
#define WORDVEC_TESTS_SUPPORT_CODES_FIXTURE_H

#include "store/matrix/codes.h"
#include "store/search/codes_build.h"
#include "tests/support/rows_fixture.h"

struct codes_fixture {
  struct codes codes;
  struct codes_build *build;
  struct codes_coarse **coarse;
  unsigned char **fine;
  uint32_t slab_count;
};

/* Builds the codes of rows->count >= 1 rows; they are not put into `rows`. Every slab is an allocation that ends with
 * its last code. */
void codes_fixture_init(struct codes_fixture *fixture, const struct rows *rows, const struct kernel *kernel,
                        unsigned threads);
void codes_fixture_release(struct codes_fixture *fixture);

#endif
