/* The body of a request as a tree of jansson's: the one place where its parser meets untrusted bytes. */
#ifndef WORDVEC_SERVER_REQUEST_JSON_H
#define WORDVEC_SERVER_REQUEST_JSON_H

#include <stdbool.h>

#include "server/refusal.h"
#include "server/service.h"

struct json_t; /* jansson's, whose header only those who read requests include */

struct request_json {
  struct json_t *root;
  struct budget *budget;
  size_t taken; /* from the budget, for the tree */
};

/* To be called once, before threads would race to do it: keys are hashed with the system's random numbers. */
void request_json_seed(void);

/* What was left out of a text before it was given to the parser, so that errors can be told by their place in all of
 * it: `removed` bytes, of what was `original`, from its byte `at` on. */
struct request_json_cut {
  const char *original;
  size_t at;
  size_t removed;
};

/* Parses `length` bytes. Refused with the position, as REFUSAL_MALFORMED: what RFC 8259 does not allow, a byte-order
 * mark, duplicate keys, \u0000, lone surrogates, numbers that do not fit 64 bits, containers nested deeper than
 * limits.json_depth. REFUSAL_BUSY when what the tree may take is not left in service->parsing. */
bool request_json_parse(struct request_json *body, struct service *service, const char *bytes, size_t length,
                        struct refusal *refusal);
bool request_json_parse_cut(struct request_json *body, struct service *service, const char *bytes, size_t length,
                            const struct request_json_cut *cut, struct refusal *refusal);

/* Fills the REFUSAL_MALFORMED of a body, which tells the place of the byte `at` in it; returns false. */
bool request_json_refuse_at(struct refusal *refusal, const char *bytes, const char *at, const char *reason);

/* Gives the tree and its budget back; does nothing to a body that was never parsed and is all zero. */
void request_json_release(struct request_json *body);

/* An upper bound on the memory that a document takes as a tree, and that requests made of it take; exposed for its
 * test. *deep is where containers nest deeper than `depth`, or NULL. */
size_t request_json_estimate(const char *bytes, size_t length, size_t depth, const char **deep);

#endif
