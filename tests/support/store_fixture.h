/* Small store files that hold everything a store file can, made in milliseconds: an import derives codes and a graph of
 * large matrices only. */
#ifndef WORDVEC_TESTS_SUPPORT_STORE_FIXTURE_H
#define WORDVEC_TESTS_SUPPORT_STORE_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

struct store_fixture {
  uint32_t rows, dim;
  bool codes, graph, subwords;
  bool pruned;   /* of the subwords */
  unsigned seed; /* of the numbers */
};

enum { STORE_FIXTURE_BUCKETS = 300, STORE_FIXTURE_PRUNED = 40 };

/* Writes STORE/NAME.mdb, replacing what is there. Row i is the word "wI", "WI" for each third, which so has a folded
 * form; the last three are 600 bytes long and differ behind the 550th. Ends the process when that fails. */
void store_fixture_write(const char *store, const char *name, const struct store_fixture *shape);

#endif
