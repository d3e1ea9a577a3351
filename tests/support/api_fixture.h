/* A service over a real small store, and calls of its handlers without HTTP between. To be opened in a checked fixture:
 * Check forks per test, and LMDB's transactions belong to no forked child. */
#ifndef WORDVEC_TESTS_SUPPORT_API_FIXTURE_H
#define WORDVEC_TESTS_SUPPORT_API_FIXTURE_H

#include <jansson.h>
#include <stdbool.h>

#include "server/call.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

enum { API_FIXTURE_ARGUMENTS = 16 };

struct api_fixture {
  char store[SCRATCH_PATH_MAX];
  struct fixture zoo;
  struct service service;
  struct argument arguments[API_FIXTURE_ARGUMENTS];
  char decoded[8192]; /* what the arguments point into */
  struct call call;   /* the next one; `accept` and the like may be set, and stay */
  struct reply reply; /* of the last one */
  struct refusal refusal;
};

/* Writes the matrix into the folder `store` as model `name`, replacing one of the name. */
void api_fixture_write(const char *store, const char *name, const struct fixture *matrix);

/* A service with the contract's default limits over a store with fixture_zoo() as "zoo". scratch_open() comes first. */
void api_fixture_open(struct api_fixture *fixture);
void api_fixture_close(struct api_fixture *fixture);

/* Makes the catalog look at the store again. */
void api_fixture_look(struct api_fixture *fixture);

/* Fills call with a query string ("word=cat&k=3", percent-encoded) or with a body. */
void api_fixture_query(struct api_fixture *fixture, const char *query);
void api_fixture_body(struct api_fixture *fixture, const char *bytes, size_t length);

/* With a query string and a .npy file for a body. */
void api_fixture_array(struct api_fixture *fixture, const char *query, const void *bytes, size_t length);

/* Calls the handler `answer` with what `call` is; its outcome is in reply or refusal. */
bool api_fixture_call(struct api_fixture *fixture, handler *answer);

/* The answer as JSON, the caller's; fails the test when the handler refuses. */
json_t *api_get(struct api_fixture *fixture, handler *answer, const char *query);
json_t *api_post(struct api_fixture *fixture, handler *answer, const char *body);

/* Fails the test unless the handler refuses in this kind and, with a pointer that is not NULL, names that place. */
void api_get_refused(struct api_fixture *fixture, handler *answer, const char *query, enum refusal_kind kind,
                     const char *pointer);
void api_post_refused(struct api_fixture *fixture, handler *answer, const char *body, enum refusal_kind kind,
                      const char *pointer);

/* Whether errors[] names the pointer. */
bool refusal_names(const struct refusal *refusal, const char *pointer);

#endif
