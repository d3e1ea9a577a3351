/* Reading answers: JSON values by their pointer ("/neighbors/0/word"), each with an assertion of Check. */
#ifndef WORDVEC_TESTS_SUPPORT_JSON_EXPECT_H
#define WORDVEC_TESTS_SUPPORT_JSON_EXPECT_H

#include <jansson.h>
#include <stddef.h>

#include "tests/support/http_client.h"

/* The value at `pointer`; NULL when there is none. */
const json_t *json_at(const json_t *root, const char *pointer);

/* Each fails the test unless the value is there, of that type and equal. */
void expect_text(const json_t *root, const char *pointer, const char *text);
void expect_integer(const json_t *root, const char *pointer, long long value);
void expect_bool(const json_t *root, const char *pointer, int value);
void expect_null(const json_t *root, const char *pointer);
void expect_length(const json_t *root, const char *pointer, size_t length);
void expect_absent(const json_t *root, const char *pointer);

/* An array of `count` numbers that read back to exactly these float32 (the sign of zero included). */
void expect_floats(const json_t *root, const char *pointer, const float *values, size_t count);

/* An array of these integers, "[2,4,5]", compared as text. */
void expect_json(const json_t *root, const char *pointer, const char *json);

/* The answer's body as JSON, the caller's to json_decref(); fails unless the status is `status` and the type JSON. */
json_t *expect_answer(const struct answer *answer, long status);

/* The answer as problem+json of RFC 9457 with that status and code and every member that the contract names. */
json_t *expect_problem(const struct answer *answer, long status, const char *code);

/* Whether errors[] of a problem has an entry with that pointer. */
void expect_error_at(const json_t *problem, const char *pointer);

/* Request and expectation in one. */
json_t *get_json(unsigned port, long status, const char *target);
json_t *post_json(unsigned port, long status, const char *target, const char *body);
json_t *get_problem(unsigned port, long status, const char *code, const char *target);
json_t *post_problem(unsigned port, long status, const char *code, const char *target, const char *body);

#endif
