/* The shapes that word2vec-api's clients read. */
#include "server/write_word2vec.h"

#include <string.h>

#include "server/json_text.h"

enum status write_word2vec_number(struct bytes *out, double value) {
  struct json_text text;
  json_text_init(&text, out);
  json_text_double(&text, value);
  return json_text_end(&text);
}

enum status write_word2vec_hits(struct bytes *out, const struct vocabulary *vocabulary, const struct hit *hits,
                                size_t count) {
  struct json_text text;
  json_text_init(&text, out);
  json_text_open(&text, '[');
  for (size_t i = 0; i < count; i++) {
    struct word word = vocabulary_word(vocabulary, hits[i].row);
    json_text_open(&text, '[');
    json_text_string(&text, word.bytes, word.length);
    json_text_double(&text, hits[i].similarity);
    json_text_close(&text, ']');
  }
  json_text_close(&text, ']');
  return json_text_end(&text);
}

enum status write_word2vec_vector(struct bytes *out, const float *vector, uint32_t dim) {
  struct json_text text;
  json_text_init(&text, out);
  if (vector)
    json_text_base64(&text, vector, dim * sizeof *vector);
  else
    json_text_null(&text);
  return json_text_end(&text);
}

enum status write_word2vec_words(struct bytes *out, const struct vocabulary *vocabulary) {
  enum { WORD_SIZE = 12 /* of most models' words on average, with quotes and comma */ };
  struct json_text text;
  uint32_t count = vocabulary_count(vocabulary);
  json_text_init(&text, out);
  json_text_expect(&text, (size_t)count * WORD_SIZE);
  json_text_open(&text, '[');
  for (uint32_t row = 0; row < count; row++) {
    struct word word = vocabulary_word(vocabulary, row);
    json_text_string(&text, word.bytes, word.length);
  }
  json_text_close(&text, ']');
  return json_text_end(&text);
}

/* The errors of parameters under their names; the first of those that several have. */
static void write_named(struct json_text *text, const struct refusal *refusal) {
  json_text_open(text, '{');
  for (size_t i = 0; i < refusal->error_count; i++) {
    const char *pointer = refusal->errors[i].pointer;
    bool repeats = false;
    for (size_t before = 0; before < i; before++) repeats |= strcmp(refusal->errors[before].pointer, pointer) == 0;
    if (repeats) continue;
    json_text_key(text, pointer + strspn(pointer, "#/"));
    json_text_terminated(text, refusal->errors[i].detail);
  }
  json_text_close(text, '}');
}

enum status write_word2vec_error(struct bytes *out, const struct refusal *refusal) {
  struct json_text text;
  json_text_init(&text, out);
  json_text_open(&text, '{');
  json_text_key(&text, "message");
  if (refusal->error_count > 0)
    write_named(&text, refusal);
  else
    json_text_terminated(&text, refusal->detail);
  json_text_close(&text, '}');
  return json_text_end(&text);
}
