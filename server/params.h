/* One way of reading parameters, whether they came as a query string or as a JSON body.
 *
 * A struct params is one object of a request: the whole query string or body, or an object inside ("#/queries/3").
 * Readers mark the name as known and return true when the parameter is there and good; a bad one is noted in the
 * reading. params_finish() at the end refuses what was given and never asked for. */
#ifndef WORDVEC_SERVER_PARAMS_H
#define WORDVEC_SERVER_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/reading.h"
#include "store/matrix/vocabulary.h"

enum { PARAMS_KNOWN_MAX = 24 };

struct params {
  struct reading *reading;
  struct json_t *object;         /* NULL: the query string */
  char pointer[POINTER_MAX / 2]; /* of the object, "#": half, for what is inside it has longer ones */
  const char *known[PARAMS_KNOWN_MAX];
  size_t known_count;
};

/* The parameters of the call itself. */
void params_of_call(struct params *params, struct reading *reading);

/* An object inside the call's; its pointer is copied. */
void params_of_object(struct params *params, struct reading *reading, struct json_t *object, const char *pointer);

/* Whether the parameter is given at all. */
bool params_has(struct params *params, const char *name);

/* Whether null stands there, as None does where a parameter of Python's is left to its default. */
bool params_is_null(struct params *params, const char *name);

/* A string, as its bytes. */
bool params_text(struct params *params, const char *name, struct word *out);

/* A string that stands for other bytes, percent-encoded: the word under "word_bytes". */
bool params_encoded(struct params *params, const char *name, struct word *out);

/* A whole number from `low` to `high`, both included. */
bool params_integer(struct params *params, const char *name, int64_t low, int64_t high, int64_t *out);

/* A finite number. */
bool params_number(struct params *params, const char *name, double *out);

bool params_bool(struct params *params, const char *name, bool *out);

/* One of `count` strings: its position. */
bool params_choice(struct params *params, const char *name, const char *const *choices, size_t count, size_t *out);

/* An array of finite numbers; in a query string separated by commas, and the name may be repeated. */
bool params_numbers(struct params *params, const char *name, double **out, size_t *count);

/* A row number, whole and not negative. */
bool params_row(struct params *params, const char *name, uint64_t *out);

/* The pointer of a parameter, or of an element of it: "#/queries/3/positive/0". Returns `out`. */
const char *params_pointer(const struct params *params, const char *name, char out[POINTER_MAX]);

/* Lists whose elements callers judge themselves. */
struct params_list {
  struct params *params;
  const char *name;
  struct json_t *array;  /* NULL: a query string */
  struct json_t *single; /* a JSON string where a list of one is meant */
  size_t count;
};

/* The list under `name`: a JSON array, the repeated name of a query string, or if `one` a single JSON string. */
bool params_list(struct params *params, const char *name, bool one, struct params_list *out);

/* Element i of a JSON list; NULL when the list came from a query string. */
struct json_t *params_list_value(const struct params_list *list, size_t i);

/* The bytes of all elements of a list of a query string, in order, into words[count]. */
void params_list_texts(const struct params_list *list, struct word *words);

/* Undoes the percent-encoding of the value at `pointer`. */
bool params_decode(struct params *params, struct word encoded, const char *pointer, struct word *out);

/* A word in JSON: a string, or {"word_bytes": "…"}. */
bool params_word_value(struct params *params, struct json_t *value, const char *pointer, struct word *out);

/* A row number in JSON. */
bool params_row_value(struct params *params, struct json_t *value, const char *pointer, uint64_t *out);

/* A JSON array of finite numbers. */
bool params_numbers_value(struct params *params, struct json_t *value, const char *pointer, double **out,
                          size_t *count);

/* Refuses what was given and is not known, by name, and lists what is; in another service's dialect unknown names are
 * ignored, as there. */
void params_finish(struct params *params);

#endif
