/* What a request took so far, as its answer tells it (Server-Timing, W3C Server Timing). */
#ifndef WORDVEC_SERVER_SERVER_TIMING_H
#define WORDVEC_SERVER_SERVER_TIMING_H

#include <stdbool.h>
#include <stdint.h>

/* Microseconds. */
struct server_timing {
  uint64_t total;  /* from the request line to the head of the answer */
  bool waited;     /* it left its thread: */
  uint64_t queue;  /* until another took it up */
  uint64_t search; /* until that was done */
};

enum { SERVER_TIMING_SIZE = 128 };

/* "total;dur=12.345, queue;dur=0.051, search;dur=12.107", in milliseconds; without what a request did not come by. */
void server_timing_write(const struct server_timing *timing, char out[SERVER_TIMING_SIZE]);

#endif
