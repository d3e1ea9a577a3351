/* Reads parameters out of query strings and JSON objects alike. A query string is read where it lies: a look-up of one
 * word allocates nothing here. */
#include "server/params.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/percent.h"

/* A parameter as it was given: one of the two, or neither. */
struct given {
  json_t *json;
  const struct argument *argument;
};

/* ---- finding a parameter ---- */

void params_of_call(struct params *params, struct reading *reading) {
  params_of_object(params, reading, reading->body.root, "#");
}

void params_of_object(struct params *params, struct reading *reading, json_t *object, const char *pointer) {
  params->reading = reading;
  params->object = object;
  params->known_count = 0;
  /* By snprintf() this was half of what reading the parameters of GET /vector took. */
  size_t length = strnlen(pointer, sizeof params->pointer - 1);
  memcpy(params->pointer, pointer, length);
  params->pointer[length] = '\0';
}

const char *params_pointer(const struct params *params, const char *name, char out[POINTER_MAX]) {
  snprintf(out, POINTER_MAX, "%s/%s", params->pointer, name);
  return out;
}

static bool is_known(const struct params *params, const char *name) {
  for (size_t i = 0; i < params->known_count; i++)
    if (strcmp(params->known[i], name) == 0) return true;
  return false;
}

static void know(struct params *params, const char *name) {
  if (is_known(params, name)) return;
  assert(params->known_count < PARAMS_KNOWN_MAX);
  params->known[params->known_count++] = name;
}

/* The next argument of that name at or after `from`; NULL when there is none. */
static const struct argument *next_argument(const struct params *params, const char *name, size_t from) {
  const struct call *call = params->reading->call;
  for (size_t i = from; i < call->argument_count; i++)
    if (strcmp(call->arguments[i].name, name) == 0) return &call->arguments[i];
  return NULL;
}

static struct given look_up(struct params *params, const char *name) {
  know(params, name);
  if (params->object) {
    json_t *value = json_object_get(params->object, name);
    /* OpenAI's clients write null for what is left out. */
    bool left_out = params->reading->call->dialect != DIALECT_OWN && json_is_null(value);
    return (struct given){.json = left_out ? NULL : value};
  }
  return (struct given){.argument = next_argument(params, name, 0)};
}

/* As look_up(), for what cannot be given twice; the services of other dialects take the first. */
static struct given look_up_single(struct params *params, const char *name) {
  struct given given = look_up(params, name);
  const struct call *call = params->reading->call;
  if (call->dialect == DIALECT_OWN && given.argument &&
      next_argument(params, name, (size_t)(given.argument - call->arguments) + 1))
    reading_refuse(params->reading, REFUSAL_MALFORMED, "\"%s\" is given more than once", name);
  return given;
}

bool params_has(struct params *params, const char *name) {
  struct given given = look_up(params, name);
  return given.json || given.argument;
}

bool params_is_null(struct params *params, const char *name) {
  return json_is_null(look_up(params, name).json);
}

void params_finish(struct params *params) {
  char unknown[128] = "", known[368] = ""; /* together they leave room for a sentence in a detail */
  size_t used = 0;
  const struct call *call = params->reading->call;
  if (call->dialect != DIALECT_OWN) return;
  void *iterator = params->object ? json_object_iter(params->object) : NULL;
  for (size_t i = 0; params->object ? iterator != NULL : i < call->argument_count; i++) {
    const char *name = params->object ? json_object_iter_key(iterator) : call->arguments[i].name;
    if (params->object) iterator = json_object_iter_next(params->object, iterator);
    char quoted[REFUSAL_QUOTED];
    if (is_known(params, name)) continue;
    int added = snprintf(unknown + used, sizeof unknown - used, "%s%s", used ? ", " : "",
                         refusal_quote(quoted, name, strlen(name)));
    used += (size_t)added;
    if (used >= sizeof unknown) break;
  }
  if (used == 0) return;
  size_t listed = 0;
  for (size_t i = 0; i < params->known_count && listed < sizeof known; i++)
    listed += (size_t)snprintf(known + listed, sizeof known - listed, "%s%s", i ? ", " : "", params->known[i]);
  bool inside = strcmp(params->pointer, "#") != 0;
  reading_refuse(params->reading, REFUSAL_UNKNOWN_PARAMETER, "Unknown parameter %s%s%s; known are: %s", unknown,
                 inside ? " at " : "", inside ? params->pointer : "", known);
}

/* ---- single values ---- */

static const char *type_name(json_t *value) {
  switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a string";
    case JSON_INTEGER:
    case JSON_REAL: return "a number";
    case JSON_NULL: return "null";
    default: return "a boolean";
  }
}

/* Notes that a JSON value has the wrong type; false, for the caller to return. */
static bool wrong_type(struct reading *reading, const char *pointer, json_t *value, const char *wanted) {
  reading_invalid(reading, pointer, "%s where %s is expected", type_name(value), wanted);
  return false;
}

static bool wrong_text(struct reading *reading, const char *pointer, const struct argument *argument,
                       const char *wanted) {
  char quoted[REFUSAL_QUOTED];
  reading_invalid(reading, pointer, "%s is not %s", refusal_quote(quoted, argument->value, argument->length), wanted);
  return false;
}

bool params_text(struct params *params, const char *name, struct word *out) {
  struct given given = look_up_single(params, name);
  char pointer[POINTER_MAX];
  if (given.argument) {
    *out = (struct word){given.argument->value, given.argument->length};
    return true;
  }
  if (!given.json) return false;
  if (!json_is_string(given.json))
    return wrong_type(params->reading, params_pointer(params, name, pointer), given.json, "a string");
  *out = (struct word){json_string_value(given.json), json_string_length(given.json)};
  return true;
}

static bool has_high_bytes(const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    if ((unsigned char)bytes[i] >= 0x80) return true;
  return false;
}

bool params_decode(struct params *params, struct word encoded, const char *pointer, struct word *out) {
  /* Percent-encoded text is ASCII, and its percent signs stand before digits. A query string has been decoded once
   * already: what is not so there was pasted without encoding its percent signs again, and is the exact bytes. */
  if (has_high_bytes(encoded.bytes, encoded.length)) {
    *out = encoded;
    if (params->object) reading_invalid(params->reading, pointer, "word_bytes is ASCII: other bytes are written %%XX");
    return !params->object;
  }
  char *bytes = reading_alloc(params->reading, encoded.length, 1);
  if (!bytes) return false;
  size_t broken = percent_broken(encoded.bytes, encoded.length);
  if (broken < encoded.length && params->object) {
    reading_invalid(params->reading, pointer, "a %% without two hexadecimal digits at byte %zu", broken);
    return false;
  }
  *out = (struct word){bytes, percent_decode(encoded.bytes, encoded.length, false, bytes)};
  return true;
}

bool params_encoded(struct params *params, const char *name, struct word *out) {
  struct word encoded;
  char pointer[POINTER_MAX];
  return params_text(params, name, &encoded) &&
         params_decode(params, encoded, params_pointer(params, name, pointer), out);
}

/* The whole number that an argument spells; false when it spells none of 64 bits. */
static bool parse_integer(const struct argument *argument, int64_t *out) {
  const char *text = argument->value;
  size_t digits = strspn(text + (*text == '-'), "0123456789");
  if (digits == 0 || digits + (*text == '-') != argument->length) return false;
  char *end;
  errno = 0;
  *out = strtoll(text, &end, 10);
  return errno == 0;
}

/* The whole number of a JSON value. 3.0 is none: whoever writes it has floats where rows should be. */
static bool integer_of(json_t *value, int64_t *out) {
  if (!json_is_integer(value)) return false;
  *out = json_integer_value(value);
  return true;
}

/* Notes why a JSON value is no whole number. */
static bool no_integer(struct reading *reading, const char *pointer, json_t *value, const char *wanted) {
  if (!json_is_real(value)) return wrong_type(reading, pointer, value, wanted);
  reading_invalid(reading, pointer, "a number with a fraction (%.17g) where %s is expected", json_real_value(value),
                  wanted);
  return false;
}

bool params_integer(struct params *params, const char *name, int64_t low, int64_t high, int64_t *out) {
  static const char wanted[] = "a whole number";
  struct given given = look_up_single(params, name);
  char pointer[POINTER_MAX];
  int64_t value;
  params_pointer(params, name, pointer);
  if (!given.json && !given.argument) return false;
  if (given.argument && !parse_integer(given.argument, &value))
    return wrong_text(params->reading, pointer, given.argument, wanted);
  if (given.json && !integer_of(given.json, &value)) return no_integer(params->reading, pointer, given.json, wanted);
  if (value < low || value > high) {
    reading_invalid(params->reading, pointer, "%lld is not from %lld to %lld", (long long)value, (long long)low,
                    (long long)high);
    return false;
  }
  *out = value;
  return true;
}

static bool accept_row(struct reading *reading, const char *pointer, int64_t value, uint64_t *out) {
  if (value < 0) {
    reading_invalid(reading, pointer, "%lld is negative; rows count from 0", (long long)value);
    return false;
  }
  *out = (uint64_t)value;
  return true;
}

bool params_row_value(struct params *params, json_t *value, const char *pointer, uint64_t *out) {
  int64_t row;
  if (!integer_of(value, &row)) return no_integer(params->reading, pointer, value, "a row number");
  return accept_row(params->reading, pointer, row, out);
}

bool params_row(struct params *params, const char *name, uint64_t *out) {
  struct given given = look_up_single(params, name);
  char pointer[POINTER_MAX];
  int64_t row;
  params_pointer(params, name, pointer);
  if (given.json) return params_row_value(params, given.json, pointer, out);
  if (!given.argument) return false;
  if (!parse_integer(given.argument, &row)) return wrong_text(params->reading, pointer, given.argument, "a row number");
  return accept_row(params->reading, pointer, row, out);
}

/* The number that the `length` bytes at `text` spell as JSON would; they are followed by a byte that ends numbers. */
static bool parse_number(const char *text, size_t length, double *out) {
  if (length == 0 || strspn(text, "+-.0123456789eE") != length) return false;
  char *end;
  *out = strtod(text, &end);
  return end == text + length && isfinite(*out);
}

bool params_number(struct params *params, const char *name, double *out) {
  struct given given = look_up_single(params, name);
  char pointer[POINTER_MAX];
  params_pointer(params, name, pointer);
  if (given.argument && !parse_number(given.argument->value, given.argument->length, out))
    return wrong_text(params->reading, pointer, given.argument, "a number");
  if (given.json && !json_is_number(given.json)) return wrong_type(params->reading, pointer, given.json, "a number");
  if (given.json) *out = json_number_value(given.json);
  return given.json || given.argument;
}

bool params_bool(struct params *params, const char *name, bool *out) {
  static const char *const spellings[] = {"false", "true", "0", "1"};
  struct given given = look_up_single(params, name);
  char pointer[POINTER_MAX];
  params_pointer(params, name, pointer);
  if (given.json && !json_is_boolean(given.json))
    return wrong_type(params->reading, pointer, given.json, "true or false");
  if (given.json) *out = json_is_true(given.json);
  if (!given.argument) return given.json != NULL;
  for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
    if (given.argument->length != strlen(spellings[i]) || strcmp(given.argument->value, spellings[i]) != 0) continue;
    *out = i % 2 == 1;
    return true;
  }
  return wrong_text(params->reading, pointer, given.argument, "true or false");
}

bool params_choice(struct params *params, const char *name, const char *const *choices, size_t count, size_t *out) {
  struct word text;
  if (!params_text(params, name, &text)) return false;
  char listed[128] = "", quoted[REFUSAL_QUOTED], pointer[POINTER_MAX];
  size_t used = 0;
  for (size_t i = 0; i < count; i++) {
    if (text.length == strlen(choices[i]) && memcmp(text.bytes, choices[i], text.length) == 0) {
      *out = i;
      return true;
    }
    used += (size_t)snprintf(listed + used, sizeof listed - used, "%s%s", i ? ", " : "", choices[i]);
    assert(used < sizeof listed);
  }
  reading_invalid(params->reading, params_pointer(params, name, pointer), "%s is not one of: %s",
                  refusal_quote(quoted, text.bytes, text.length), listed);
  return false;
}

/* ---- lists ---- */

bool params_list(struct params *params, const char *name, bool one, struct params_list *out) {
  struct given given = look_up(params, name);
  *out = (struct params_list){.params = params, .name = name};
  if (given.argument) {
    const struct call *call = params->reading->call;
    for (const struct argument *at = given.argument; at;
         at = next_argument(params, name, (size_t)(at - call->arguments) + 1))
      out->count++;
    return true;
  }
  if (json_is_array(given.json)) {
    out->array = given.json;
    out->count = json_array_size(given.json);
    return true;
  }
  if (one && json_is_string(given.json)) {
    out->single = given.json;
    out->count = 1;
    return true;
  }
  if (given.json) {
    char pointer[POINTER_MAX];
    wrong_type(params->reading, params_pointer(params, name, pointer), given.json, "an array");
  }
  return false;
}

json_t *params_list_value(const struct params_list *list, size_t i) {
  return list->array ? json_array_get(list->array, i) : list->single;
}

void params_list_texts(const struct params_list *list, struct word *words) {
  const struct call *call = list->params->reading->call;
  const struct argument *at = next_argument(list->params, list->name, 0);
  for (size_t i = 0; i < list->count; i++) {
    words[i] = (struct word){at->value, at->length};
    at = next_argument(list->params, list->name, (size_t)(at - call->arguments) + 1);
  }
}

bool params_word_value(struct params *params, json_t *value, const char *pointer, struct word *out) {
  if (json_is_string(value)) {
    *out = (struct word){json_string_value(value), json_string_length(value)};
    return true;
  }
  json_t *encoded = json_is_object(value) && json_object_size(value) == 1 ? json_object_get(value, "word_bytes") : NULL;
  if (!json_is_string(encoded))
    return wrong_type(params->reading, pointer, value, "a word (a string, or {\"word_bytes\": \"%FF\"})");
  return params_decode(params, (struct word){json_string_value(encoded), json_string_length(encoded)}, pointer, out);
}

bool params_numbers_value(struct params *params, json_t *value, const char *pointer, double **out, size_t *count) {
  if (!json_is_array(value)) return wrong_type(params->reading, pointer, value, "an array of numbers");
  size_t size = json_array_size(value);
  double *numbers = reading_alloc(params->reading, size, sizeof *numbers);
  if (!numbers) return false;
  bool good = true;
  for (size_t i = 0; i < size; i++) {
    json_t *element = json_array_get(value, i);
    numbers[i] = json_number_value(element);
    if (json_is_number(element)) continue;
    char place[POINTER_MAX];
    snprintf(place, sizeof place, "%s/%zu", pointer, i);
    good = wrong_type(params->reading, place, element, "a number");
  }
  *out = numbers;
  *count = size;
  return good;
}

/* The numbers of one argument, appended to numbers[*count]. */
static bool split_numbers(struct params *params, const char *name, const struct argument *argument, double *numbers,
                          size_t *count) {
  const char *at = argument->value, *end = at + argument->length;
  for (;;) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    size_t length = (size_t)((comma ? comma : end) - at);
    if (!parse_number(at, length, &numbers[*count])) {
      char place[POINTER_MAX], quoted[REFUSAL_QUOTED];
      snprintf(place, sizeof place, "%s/%s/%zu", params->pointer, name, *count);
      reading_invalid(params->reading, place, "%s is not a number", refusal_quote(quoted, at, length));
      return false;
    }
    ++*count;
    if (!comma) return true;
    at += length + 1;
  }
}

bool params_numbers(struct params *params, const char *name, double **out, size_t *count) {
  struct given given = look_up(params, name);
  char pointer[POINTER_MAX];
  if (given.json) return params_numbers_value(params, given.json, params_pointer(params, name, pointer), out, count);
  if (!given.argument) return false;
  const struct call *call = params->reading->call;
  size_t room = 0;
  const struct argument *at;
  for (at = given.argument; at; at = next_argument(params, name, (size_t)(at - call->arguments) + 1))
    room += at->length / 2 + 1;
  double *numbers = reading_alloc(params->reading, room, sizeof *numbers);
  if (!numbers) return false;
  *count = 0;
  for (at = given.argument; at; at = next_argument(params, name, (size_t)(at - call->arguments) + 1))
    if (at->length > 0 && !split_numbers(params, name, at, numbers, count)) return false;
  *out = numbers;
  return true;
}
