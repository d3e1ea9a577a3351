/* From the command line's parameters to JSON, and from there to what is sent. */
#include "server/question.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "server/options_table.h"
#include "server/percent.h"
#include "server/routes.h"
#include "store/utf8.h"

enum { NAME_SIZE = 64, TARGET_MAX = 1 << 24 };

static const char bytes_suffix[] = "_bytes";

/* ---- Values. All functions that make one give NULL without memory, which the setters take as failure. */

static bool is_plain(struct word word) {
  return !memchr(word.bytes, '\0', word.length) && utf8_valid(word.bytes, word.length);
}

static json_t *encoded_value(struct word word) {
  struct bytes encoded;
  bytes_init(&encoded, TARGET_MAX);
  json_t *value = NULL;
  if (percent_encode(&encoded, word.bytes, word.length) == STATUS_OK)
    value = json_stringn(encoded.data ? (const char *)encoded.data : "", encoded.length);
  bytes_release(&encoded);
  return value;
}

/* A word as an element of a list. */
static json_t *word_value(struct word word) {
  if (is_plain(word)) return json_stringn(word.bytes, word.length);
  json_t *object = json_object();
  if (json_object_set_new(object, "word_bytes", encoded_value(word)) == 0) return object;
  json_decref(object);
  return NULL;
}

static void set(struct question *question, json_t *object, const char *name, json_t *value) {
  /* Takes the value whatever comes of it; NULL for either is a failure. */
  if (json_object_set_new(object, name, value) != 0) question->failed = true;
}

static void append(struct question *question, json_t *array, json_t *value) {
  if (json_array_append_new(array, value) != 0) question->failed = true;
}

static void set_word(struct question *question, json_t *object, const char *name, struct word word) {
  char key[NAME_SIZE];
  if (is_plain(word)) {
    set(question, object, name, json_stringn(word.bytes, word.length));
    return;
  }
  snprintf(key, sizeof key, "%s%s", name, bytes_suffix);
  set(question, object, key, encoded_value(word));
}

/* The array under `name`, made when it is not there. */
static json_t *array_of(struct question *question, const char *name) {
  json_t *array = json_object_get(question->parameters, name);
  if (array) return array;
  set(question, question->parameters, name, json_array());
  return json_object_get(question->parameters, name);
}

/* ---- The command line's parameters */

/* Numbers with commas between, which options.c has read once already. */
static void append_numbers(struct question *question, json_t *array, const char *text) {
  for (char *end;; text = end + 1) {
    append(question, array, json_real(strtod(text, &end)));
    if (*end == '\0') return;
  }
}

static void put_parameter(struct question *question, const struct parameter *parameter) {
  char name[NAME_SIZE];
  snprintf(name, sizeof name, "%s", parameter->flag->name);
  for (char *at = name; *at; at++)
    if (*at == '-') *at = '_';
  const char *text = parameter->text;
  struct word word = {text, strlen(text)};
  json_t *object = question->parameters;
  switch (parameter->flag->kind) {
    case FLAG_ASK_SWITCH: set(question, object, name, json_true()); break;
    case FLAG_ASK_NUMBER: set(question, object, name, json_real(strtod(text, NULL))); break;
    case FLAG_ASK_INTEGER:
    case FLAG_ASK_SIGNED: set(question, object, name, json_integer(strtoll(text, NULL, 10))); break;
    case FLAG_ASK_BOOL: set(question, object, name, json_boolean(strcmp(text, "true") == 0)); break;
    case FLAG_ASK_NUMBERS: append_numbers(question, array_of(question, name), text); break;
    case FLAG_ASK_WORDS: append(question, array_of(question, name), word_value(word)); break;
    default: set_word(question, object, name, word); break;
  }
}

void question_begin(struct question *question, const char *path, const struct options *options) {
  *question = (struct question){.path = path, .parameters = json_object()};
  if (!question->parameters) question->failed = true;
  if (!options) return;
  if (options->ask.model) question_text(question, "model", options->ask.model);
  for (size_t i = 0; i < options->parameter_count; i++) put_parameter(question, &options->parameters[i]);
}

void question_release(struct question *question) {
  json_decref(question->parameters);
  question->parameters = NULL;
}

void question_text(struct question *question, const char *name, const char *text) {
  set_word(question, question->parameters, name, (struct word){text, strlen(text)});
}

void question_word(struct question *question, const char *name, struct word word) {
  set_word(question, question->parameters, name, word);
}

void question_integer(struct question *question, const char *name, uint64_t value) {
  set(question, question->parameters, name, json_integer((json_int_t)value));
}

void question_words(struct question *question, const char *name, const struct word *words, size_t count) {
  json_t *array = array_of(question, name);
  for (size_t i = 0; i < count; i++) append(question, array, word_value(words[i]));
}

void question_integers(struct question *question, const char *name, const uint64_t *values, size_t count) {
  json_t *array = array_of(question, name);
  for (size_t i = 0; i < count; i++) append(question, array, json_integer((json_int_t)values[i]));
}

void question_query(struct question *question, const char *const *names, const struct word *words, size_t count) {
  json_t *object = json_object();
  for (size_t i = 0; i < count; i++) set_word(question, object, names[i], words[i]);
  append(question, array_of(question, "queries"), object);
}

static json_t *list_of(struct question *question, const struct word *words, size_t count) {
  json_t *list = json_array();
  for (size_t i = 0; i < count; i++) append(question, list, word_value(words[i]));
  return list;
}

void question_query_list(struct question *question, const char *name, const struct word *words, size_t count) {
  json_t *object = json_object();
  set(question, object, name, list_of(question, words, count));
  append(question, array_of(question, "queries"), object);
}

static json_t *integers_of(struct question *question, const uint64_t *values, size_t count) {
  json_t *list = json_array();
  for (size_t i = 0; i < count; i++) append(question, list, json_integer((json_int_t)values[i]));
  return list;
}

void question_query_sum(struct question *question, const uint64_t *positive, size_t positive_count,
                        const uint64_t *negative, size_t negative_count) {
  json_t *object = json_object();
  set(question, object, "positive", integers_of(question, positive, positive_count));
  set(question, object, "negative", integers_of(question, negative, negative_count));
  append(question, array_of(question, "queries"), object);
}

void question_pair_of_rows(struct question *question, const uint32_t rows[2]) {
  const uint64_t wide[] = {rows[0], rows[1]};
  append(question, array_of(question, "pairs"), integers_of(question, wide, 2));
}

void question_pair(struct question *question, const struct word words[2]) {
  append(question, array_of(question, "pairs"), list_of(question, words, 2));
}

/* ---- As it is sent */

static enum status append_encoded(struct bytes *target, bool first, const char *name, json_t *value) {
  size_t length = strlen(name), suffix = strlen(bytes_suffix);
  char number[32];
  /* What is percent-encoded already stands in a query string as it is, under the name of the word itself. */
  bool encoded = length > suffix && strcmp(name + length - suffix, bytes_suffix) == 0;
  enum status status = bytes_append_text(target, first ? "?" : "&");
  if (status == STATUS_OK) status = bytes_append(target, name, encoded ? length - suffix : length);
  if (status == STATUS_OK) status = bytes_append_text(target, "=");
  if (status != STATUS_OK) return status;
  if (encoded) return bytes_append_text(target, json_string_value(value));
  if (json_is_string(value)) return percent_encode(target, json_string_value(value), json_string_length(value));
  if (json_is_integer(value))
    snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
  else if (json_is_real(value))
    snprintf(number, sizeof number, "%.17g", json_real_value(value));
  else
    snprintf(number, sizeof number, "%s", json_is_true(value) ? "true" : "false");
  return bytes_append_text(target, number);
}

static enum status append_query(struct bytes *target, json_t *parameters) {
  const char *name;
  json_t *value;
  enum status status = STATUS_OK;
  bool first = true;
  json_object_foreach(parameters, name, value) {
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
      status = append_encoded(target, first, name, json_is_array(value) ? json_array_get(value, i) : value);
      first = false;
    }
  }
  return status;
}

enum status question_encode(const struct question *question, struct question_text *out) {
  const char *rest;
  const struct route *route = route_find(question->path, &rest);
  bool post = route && (route->methods & ROUTE_POST);
  struct bytes target;
  char *body = NULL;
  if (question->failed) return STATUS_NO_MEMORY;
  bytes_init(&target, TARGET_MAX);
  enum status status = bytes_append_text(&target, question->path);
  if (status == STATUS_OK && !post) status = append_query(&target, question->parameters);
  if (status == STATUS_OK) status = bytes_append(&target, "", 1);
  if (status == STATUS_OK && post) {
    body = json_dumps(question->parameters, JSON_COMPACT);
    if (!body) status = STATUS_NO_MEMORY;
  }
  if (status != STATUS_OK) {
    bytes_release(&target);
    return status;
  }
  *out = (struct question_text){(char *)bytes_take(&target), body, body ? strlen(body) : 0};
  return STATUS_OK;
}

void question_text_release(struct question_text *text) {
  free(text->target);
  free(text->body);
  *text = (struct question_text){0};
}

size_t question_word_size(struct word word) {
  enum { AROUND = 40 /* {"word":{"word_bytes":""}}, */, ESCAPED = 6 /* \u0001 */ };
  return word.length * ESCAPED + AROUND;
}
