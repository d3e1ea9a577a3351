/* Any bytes as a body with a list of words, for libFuzzer. What must hold: no sanitizer speaks; what is taken is what
 * jansson takes, with the same words; all memory is given back. */
#include "server/word_array.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "broken: %s\n", what);
  abort();
}

/* The list of a body that jansson takes; NULL when it does not, or has no list. */
static json_t *list_of(json_t *root) {
  json_t *words = json_object_get(root, "words");
  return json_is_array(words) ? words : NULL;
}

static void compare(struct word_array *array, const json_t *words) {
  struct word word;
  size_t i = 0;
  while (word_array_next(array, &word)) {
    const json_t *element = json_array_get(words, i++);
    if (json_is_string(element))
      demand(word.length == json_string_length(element) &&
                 memcmp(word.bytes, json_string_value(element), word.length) == 0,
             "the words are jansson's");
    else
      demand(json_object_get(element, "word_bytes") != NULL, "other words are encoded ones");
  }
  demand(i == json_array_size(words), "there are as many as in jansson's list");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct service service = {.limits = {.json_depth = 64, .body_bytes = 1 << 16}, .parsing = {.limit = 1 << 24}};
  struct call call = {.service = &service, .has_body = true, .body = data, .body_length = size};
  struct reading reading;
  struct refusal refusal;
  struct word_array array;
  if (size > 1 << 15) return 0;
  bool taken = word_array_begin(&reading, &call, SIZE_MAX, &array, &refusal);
  json_t *root = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
  if (taken) {
    demand(json_is_object(root), "what is taken is what jansson takes");
    compare(&array, list_of(root));
  } else if (json_is_object(root)) {
    demand(refusal.kind == REFUSAL_INVALID || refusal.kind == REFUSAL_MALFORMED, "only for what is in it");
    demand(refusal.kind == REFUSAL_INVALID || strstr(refusal.detail, "nested") || strstr(refusal.detail, "empty"),
           "what jansson takes is malformed only in its depth");
  }
  json_decref(root);
  reading_release(&reading);
  demand(atomic_load(&service.parsing.used) == 0, "all memory is given back");
  return 0;
}
