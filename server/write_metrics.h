/* What the daemon counted and how it is, in Prometheus' text format, version 0.0.4. */
#ifndef WORDVEC_SERVER_WRITE_METRICS_H
#define WORDVEC_SERVER_WRITE_METRICS_H

#include "server/catalog.h"
#include "server/metrics.h"
#include "server/usage.h"
#include "store/bytes.h"
#include "store/search/scanner.h"

#define WRITE_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metrics_page {
  const struct metrics *metrics;
  const char *version, *commit, *kernel;
  size_t in_flight;
  size_t waiting; /* searches, for a pass */
  struct scanner_tally passes;
  uint64_t swaps[CATALOG_SWAPS];
  const struct catalog_model *models; /* [model_count] */
  size_t model_count;
  struct usage usage;
};

/* Fails as bytes_append() does. */
enum status write_metrics(struct bytes *out, const struct metrics_page *page) MUST_USE;

#endif
