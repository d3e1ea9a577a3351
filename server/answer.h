/* An answer as a command reads it: the one place where the answers of daemons are parsed. */
#ifndef WORDVEC_SERVER_ANSWER_H
#define WORDVEC_SERVER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "store/bytes.h"
#include "store/matrix/vocabulary.h"

struct json_t;

struct answer {
  unsigned http_status;
  struct bytes body;   /* to be made before the answer is filled */
  struct json_t *root; /* what answer_parse() made of it; NULL before */
};

/* Frees what it holds; one that is all zero holds nothing. */
void answer_clear(struct answer *answer);

/* Reads the body as a JSON object. False: it is none. */
bool answer_parse(struct answer *answer);

/* Tells `out`, after `command`, what the object of a problem (RFC 9457) says: its detail, what it suggests, and what
 * else was wrong. */
void answer_complain(FILE *out, const char *command, const struct json_t *problem);

/* A member of an object, an element of an array; NULL where there is none. */
const struct json_t *answer_member(const struct json_t *object, const char *name);
const struct json_t *answer_element(const struct json_t *array, size_t i);
size_t answer_count(const struct json_t *array);
bool answer_element_size(const struct json_t *array, size_t i, size_t *value);
bool answer_element_number(const struct json_t *array, size_t i, double *value);

/* Members of an object. Each is false, and leaves *value, unless the member is there and of that type. */
bool answer_text(const struct json_t *object, const char *name, const char **value);
bool answer_size(const struct json_t *object, const char *name, size_t *value);
bool answer_number(const struct json_t *object, const char *name, double *value);

/* The word under `name`, or exactly under "NAME_bytes" where that is: appended to *text, which is borrowed by *word as
 * long as nothing else is appended. */
bool answer_word(const struct json_t *object, const char *name, struct bytes *text, struct word *word);

/* Bytes for a terminal: control characters and what is not UTF-8 are shown as \xNN. Appended to *text. */
enum status answer_show(struct bytes *text, const char *bytes, size_t length) MUST_USE;

#endif
