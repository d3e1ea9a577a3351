/* What the daemon counts of itself, for GET /metrics: fixed tables of counters, each of which is there from the start,
 * whatever clients send. Any thread counts at any time and waits for nobody.
 *
 * Every function takes NULL for the counters of a service that keeps none (a command that asks the store without a
 * daemon), counts nothing then and reads zeros. */
#ifndef WORDVEC_SERVER_METRICS_H
#define WORDVEC_SERVER_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/refusal.h"
#include "server/usage.h"

struct metrics;
struct route;

/* Also notes when the process began. STATUS_NO_MEMORY. */
enum status metrics_new(struct metrics **out) MUST_USE;
void metrics_free(struct metrics *metrics);

/* ---- one request */

/* How a word was found that a request looked up. */
enum metrics_lookup {
  METRICS_HIT,     /* as it is written */
  METRICS_CASE,    /* in another case */
  METRICS_SUBWORD, /* not, and its n-grams stand in */
  METRICS_UNKNOWN, /* not at all, whatever stands in */
  METRICS_LOOKUPS
};

/* What one request did, added up on its own thread. */
struct metrics_tally {
  uint64_t rows; /* vectors or neighbors that the answer holds */
  uint64_t lookups[METRICS_LOOKUPS];
};

/* A request that is over. */
struct metrics_request {
  const struct route *route; /* NULL: of none */
  const char *method;        /* as the client wrote it */
  unsigned status;           /* 0: it was not answered */
  uint64_t microseconds;
  unsigned reason; /* why it was refused; REASON_COUNT: it was not, or libmicrohttpd did, whose status says why */
  struct metrics_tally tally;
};

void metrics_count_request(struct metrics *metrics, const struct metrics_request *request);

/* ---- what is counted by itself */

/* A connection was accepted, or has ended. */
void metrics_count_connection(struct metrics *metrics, bool ended);

/* What searched for a request. */
enum metrics_search {
  METRICS_EXACT,       /* passes over the matrix; the wait for them counts */
  METRICS_APPROXIMATE, /* a walk through the graph */
  METRICS_SEARCHES
};
void metrics_count_search(struct metrics *metrics, enum metrics_search mode, uint64_t microseconds);

/* Lines of the log that were dropped as nobody took them off. */
void metrics_count_log_dropped(struct metrics *metrics, uint64_t lines);

/* A model that was given up as its file changed under it. */
void metrics_count_model_lost(struct metrics *metrics);

/* How many wait in each queue: gauges that backlogs keep. NULL for NULL. */
enum metrics_queue { METRICS_QUEUE_SEARCHES, METRICS_QUEUE_BATCHES, METRICS_QUEUE_SUGGESTIONS, METRICS_QUEUES };
atomic_size_t *metrics_queue(struct metrics *metrics, enum metrics_queue queue);

/* ---- reading: what was counted up to now. Counters that are read one after the other need not agree. */

enum metrics_method { METRICS_GET, METRICS_HEAD, METRICS_POST, METRICS_OPTIONS, METRICS_OTHER, METRICS_METHODS };

/* The codes that are told apart, by number from 0: "200", …, "other", "none"; NULL behind the last. */
const char *metrics_code(size_t code);
const char *metrics_method(enum metrics_method method);

/* Whether a route (by its number in the table; the one behind the last stands for paths of none) answers the method
 * with that code: counters of others do not exist, and their requests count as "other". */
bool metrics_has(const struct metrics *metrics, size_t route, enum metrics_method method, size_t code);
uint64_t metrics_requests(const struct metrics *metrics, size_t route, enum metrics_method method, size_t code);

/* Durations are told apart by upper bounds, which they reach or stay below. */
enum { METRICS_BOUNDS = 17 };
uint32_t metrics_bound(size_t i); /* microseconds */

struct metrics_histogram {
  uint64_t counts[METRICS_BOUNDS + 1]; /* between the bound before and this one; the last: above all */
  uint64_t microseconds;               /* their sum */
};
void metrics_route_durations(const struct metrics *metrics, size_t route, struct metrics_histogram *out);
void metrics_search_durations(const struct metrics *metrics, enum metrics_search mode, struct metrics_histogram *out);

struct metrics_totals {
  uint64_t rejected[REASON_COUNT];
  struct metrics_tally tally;
  uint64_t connections, connections_ended; /* the latter are among the former */
  uint64_t log_dropped, models_lost;
  size_t waiting[METRICS_QUEUES];
};
void metrics_totals(const struct metrics *metrics, struct metrics_totals *out);

/* What the process takes. Waits for others who ask. */
void metrics_usage(struct metrics *metrics, struct usage *out);

#endif
