/* What every request shares: the models, the kernel, the limits in force. Made once by cmd_serve, then read-only but
 * for the atomics and what the catalog guards itself. */
#ifndef WORDVEC_SERVER_SERVICE_H
#define WORDVEC_SERVER_SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/catalog.h"
#include "server/joins.h"
#include "server/keys.h"
#include "server/metrics.h"
#include "server/text_cache.h"
#include "store/budget.h"
#include "store/search/scanner.h"

/* Every limit has a flag and an environment variable (options_table.c) and shows in /info under the name it has here.
 */
struct limits {
  size_t body_bytes;        /* 1 MiB */
  size_t matrix_words;      /* 1,000,000: of one request to /matrix */
  size_t matrix_body_bytes; /* 32 MiB: of its body, where others may have body_bytes */
  size_t answer_floats;     /* 4,194,304, padding included */
  size_t batch_queries;     /* 1,000 */
  size_t k;                 /* 1,000 */
  size_t json_depth;        /* 64 */
  size_t url_bytes;         /* 8 KiB */
  size_t query_arguments;   /* 256 */
  size_t parsing_bytes;     /* over all requests: memory of bodies, of parsed JSON and of the work on them */
  size_t answer_bytes;      /* over all requests: memory of answers being written and sent */
  size_t words;             /* 1,000: of one page of /words */
  size_t text_cache_bytes;  /* 64 MiB: of the texts of rows that are kept */
  size_t connections;
  size_t search_threads;           /* --search-threads: that a pass over the matrix is split between */
  size_t search_batch;             /* 32: searches that are worked on at a time, and queries that share a pass */
  size_t search_queue;             /* 1,024: searches that wait for it */
  unsigned search_timeout_seconds; /* --search-timeout: how long they wait at most */
  unsigned timeout_seconds;        /* --timeout: an idle or stalled connection is closed */
  unsigned drain_delay_seconds;    /* --drain-delay: how long a stop lets connections in that are told to close */
  unsigned drain_timeout_seconds;  /* --drain-timeout: how long it then waits for requests in flight */
};

struct service {
  struct catalog *catalog;
  const struct kernel *kernel;
  struct scanner *scanner; /* of the kernel */
  struct limits limits;
  const char *default_model; /* NULL: none set */
  double default_recall;     /* of queries that do not say; 0: they are answered exactly */
  struct budget parsing;
  struct budget matrix_bodies; /* a share of it: few long bodies must not keep all others from being read */
  struct budget answers;
  struct text_cache *texts; /* NULL: none */
  struct joins *joins;      /* of models that are searched together */
  struct keys *keys;        /* that clients must show one of; NULL: everybody may ask */
  const char *cors_origins; /* as cors_check() has it; NULL: pages of other origins may not read answers */
  struct metrics *metrics;  /* NULL: nobody counts */
  atomic_size_t in_flight;  /* requests that have begun and are not answered wholly */
  atomic_bool draining;
};

/* Makes the budgets of the limits. */
void service_set_budgets(struct service *service);

#endif
