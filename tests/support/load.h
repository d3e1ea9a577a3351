/* Clients that ask without pause, each on a thread of its own, until they are told to stop. They keep a connection as
 * long as its answers allow, as HTTP/1.1 has it, and retry nothing: a request that gets no answer has failed. */
#ifndef WORDVEC_TESTS_SUPPORT_LOAD_H
#define WORDVEC_TESTS_SUPPORT_LOAD_H

#include "tests/support/http_client.h"

struct load;

struct load_options {
  unsigned port;
  unsigned clients;
  unsigned hasty;              /* that many of them open a connection for each request */
  unsigned dawdling;           /* and of those that many take their time between opening it and asking */
  unsigned pause_microseconds; /* between two requests of a client */
  const char *const *requests; /* [request_count], as they are sent; each client begins at another one */
  size_t request_count;
  /* Called before a request is sent; what it gives is shown to judge(). NULL: it gives 0. */
  size_t (*before)(void *context);
  /* Whether the answer to requests[request] is right; if not, `fault` says why. From many threads. */
  bool (*judge)(void *context, size_t request, size_t before, const struct answer *answer, char fault[256]);
  void *context;
};

struct load_result {
  size_t requests;
  size_t connections;
  size_t told_to_close; /* answers that ended their connection */
  size_t failures;
  char first[512]; /* what the first failure was */
};

struct load *load_start(const struct load_options *options);

/* How many have been answered until now. */
size_t load_answered(const struct load *load);

/* Each client finishes the request that it is at. Frees. */
void load_stop(struct load *load, struct load_result *result);

/* "GET TARGET", or a POST of JSON when `json` is not NULL, as it is sent; the caller's to free. */
char *load_request(const char *target, const char *json);

#endif
