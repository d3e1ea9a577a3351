/* Parses answers, and reads what commands need of them. What a daemon answers is taken for no more than bytes from
 * outside. */
#include "server/answer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "server/percent.h"
#include "store/utf8.h"

enum { NAME_SIZE = 64, SHOWN_MAX = 1 << 20 };

void answer_clear(struct answer *answer) {
  json_decref(answer->root);
  answer->root = NULL;
  bytes_release(&answer->body);
}

bool answer_parse(struct answer *answer) {
  if (answer->body.length == 0) return false;
  answer->root = json_loadb((const char *)answer->body.data, answer->body.length, JSON_ALLOW_NUL, NULL);
  if (json_is_object(answer->root)) return true;
  json_decref(answer->root);
  answer->root = NULL;
  return false;
}

const json_t *answer_member(const json_t *object, const char *name) {
  return json_object_get(object, name);
}

const json_t *answer_element(const json_t *array, size_t i) {
  return json_array_get(array, i);
}

size_t answer_count(const json_t *array) {
  return json_array_size(array);
}

static bool size_of(const json_t *value, size_t *out) {
  if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
  *out = (size_t)json_integer_value(value);
  return true;
}

bool answer_element_size(const json_t *array, size_t i, size_t *value) {
  return size_of(json_array_get(array, i), value);
}

static bool number_of(const json_t *value, double *out) {
  if (!json_is_number(value)) return false;
  *out = json_number_value(value);
  return true;
}

bool answer_element_number(const json_t *array, size_t i, double *value) {
  return number_of(json_array_get(array, i), value);
}

bool answer_text(const json_t *object, const char *name, const char **value) {
  const json_t *member = json_object_get(object, name);
  if (!json_is_string(member)) return false;
  *value = json_string_value(member);
  return true;
}

bool answer_size(const json_t *object, const char *name, size_t *value) {
  return size_of(json_object_get(object, name), value);
}

bool answer_number(const json_t *object, const char *name, double *value) {
  return number_of(json_object_get(object, name), value);
}

bool answer_word(const json_t *object, const char *name, struct bytes *text, struct word *word) {
  char key[NAME_SIZE];
  snprintf(key, sizeof key, "%s_bytes", name);
  const json_t *encoded = json_object_get(object, key);
  const json_t *member = json_is_string(encoded) ? encoded : json_object_get(object, name);
  if (!json_is_string(member)) return false;
  size_t length = json_string_length(member), start = text->length;
  if (bytes_reserve(text, length + 1) != STATUS_OK) return false;
  char *to = (char *)text->data + start;
  if (member == encoded)
    length = percent_decode(json_string_value(member), length, false, to);
  else
    memcpy(to, json_string_value(member), length);
  text->length += length;
  *word = (struct word){to, length};
  return true;
}

enum status answer_show(struct bytes *text, const char *bytes, size_t length) {
  static const char digits[] = "0123456789ABCDEF";
  enum status status = STATUS_OK;
  for (size_t i = 0, step; status == STATUS_OK && i < length; i += step) {
    uint32_t code_point;
    step = utf8_next(bytes + i, length - i, &code_point);
    /* U+0080 to U+009F are controls too. */
    bool shown = code_point != UTF8_ILL_FORMED && code_point >= 0x20 && (code_point < 0x7F || code_point > 0x9F);
    if (shown) {
      status = bytes_append(text, bytes + i, step);
      continue;
    }
    for (size_t b = 0; status == STATUS_OK && b < step; b++) {
      unsigned char byte = (unsigned char)bytes[i + b];
      char escape[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
      status = bytes_append(text, escape, sizeof escape);
    }
  }
  return status;
}

static void print_shown(FILE *out, const json_t *string) {
  struct bytes text;
  bytes_init(&text, SHOWN_MAX);
  if (answer_show(&text, json_string_value(string), json_string_length(string)) == STATUS_OK && text.length > 0)
    fwrite(text.data, 1, text.length, out);
  bytes_release(&text);
}

/* What there is to say beside the detail, which is the first error already. */
static void print_errors(FILE *out, const char *command, const json_t *errors) {
  for (size_t i = 1; i < json_array_size(errors); i++) {
    const json_t *error = json_array_get(errors, i);
    const json_t *pointer = json_object_get(error, "pointer"), *detail = json_object_get(error, "detail");
    if (!json_is_string(pointer) || !json_is_string(detail)) continue;
    fprintf(out, "wordvec %s: ", command);
    print_shown(out, pointer);
    fputs(": ", out);
    print_shown(out, detail);
    fputc('\n', out);
  }
}

/* The sentence of an error: a problem's detail, or as OpenAI or word2vec-api have it. */
static const json_t *sentence_of(const json_t *problem) {
  const json_t *detail = json_object_get(problem, "detail");
  if (!detail) detail = json_object_get(json_object_get(problem, "error"), "message");
  if (!detail) detail = json_object_get(problem, "message");
  void *first = json_is_object(detail) ? json_object_iter((json_t *)(uintptr_t)detail) : NULL;
  return first ? json_object_iter_value(first) : detail;
}

void answer_complain(FILE *out, const char *command, const json_t *problem) {
  const json_t *detail = sentence_of(problem), *suggestions = json_object_get(problem, "suggestions");
  fprintf(out, "wordvec %s: ", command);
  if (json_is_string(detail))
    print_shown(out, detail);
  else
    fputs("an error that says nothing", out);
  for (size_t i = 0; i < json_array_size(suggestions); i++) {
    const json_t *word = json_array_get(suggestions, i);
    if (!json_is_string(word)) continue;
    fputs(i == 0 ? "; there is " : ", ", out);
    print_shown(out, word);
  }
  fputc('\n', out);
  print_errors(out, command, json_object_get(problem, "errors"));
}
