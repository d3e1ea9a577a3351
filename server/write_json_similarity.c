/* The shapes of what /similarity, /mean and /doesnt-match answer. */
#include "server/write_json_similarity.h"

#include <math.h>

#include "server/write_parts.h"

enum { DOUBLE_SIZE = 22 /* bytes to set aside for a similarity */, SOURCE_SIZE = 8 };

static void write_number(struct json_text *text, double value) {
  if (isnan(value))
    json_text_null(text);
  else
    json_text_double(text, value);
}

static void write_numbers(struct json_text *text, const double *values, size_t count) {
  json_text_open(text, '[');
  for (size_t i = 0; i < count; i++) write_number(text, values[i]);
  json_text_close(text, ']');
}

static void write_named(struct json_text *text, const char *key, const char *bytes_key, const struct named_list *list) {
  if (list->single) {
    write_word(text, key, bytes_key, list->items[0].word);
    return;
  }
  json_text_key(text, key);
  json_text_open(text, '[');
  for (size_t i = 0; i < list->count; i++) write_word_value(text, list->items[i].word);
  json_text_close(text, ']');
}

/* How words were found: one value for each. */
typedef void how_found(struct json_text *text, const struct said *said, const struct found *found);

static void how_source(struct json_text *text, const struct said *said, const struct found *found) {
  (void)said;
  write_source(text, found->by);
}

static void how_matched(struct json_text *text, const struct said *said, const struct found *found) {
  write_matched(text, said->matched, found);
}

/* Of a list, or of the one that was asked for alone. */
static void write_how(struct json_text *text, const struct said *said, const struct named_list *list,
                      how_found *write) {
  if (!list->single) json_text_open(text, '[');
  for (size_t i = 0; i < list->count; i++) write(text, said, &list->items[i].found);
  if (!list->single) json_text_close(text, ']');
}

static void write_how_pair(struct json_text *text, const struct said *said, const struct pair_result *pair,
                           how_found *write) {
  json_text_open(text, '[');
  write_how(text, said, &pair->a, write);
  write_how(text, said, &pair->b, write);
  json_text_close(text, ']');
}

enum status write_json_pair(struct bytes *out, const struct pair_result *result) {
  struct json_text text;
  json_text_init(&text, out);
  json_text_open(&text, '{');
  write_terminated(&text, "model", result->model);
  write_named(&text, "a", "a_bytes", &result->a);
  write_named(&text, "b", "b_bytes", &result->b);
  json_text_key(&text, "similarity");
  write_number(&text, result->similarity);
  json_text_key(&text, "distance");
  write_number(&text, 1 - result->similarity);
  if (result->said.sources) {
    json_text_key(&text, "sources");
    write_how_pair(&text, &result->said, result, how_source);
  }
  if (result->said.matched) {
    json_text_key(&text, "matched");
    write_how_pair(&text, &result->said, result, how_matched);
  }
  json_text_close(&text, '}');
  return json_text_end(&text);
}

static void write_how_many(struct json_text *text, const char *key, const struct similarities_result *result,
                           how_found *write) {
  json_text_key(text, key);
  if (!result->matrix) {
    json_text_open(text, '[');
    for (size_t i = 0; i < result->count; i++) write_how_pair(text, &result->said, &result->pairs[i], write);
    json_text_close(text, ']');
    return;
  }
  json_text_open(text, '{');
  json_text_key(text, "words");
  write_how(text, &result->said, result->words, write);
  if (result->others) {
    json_text_key(text, "others");
    write_how(text, &result->said, result->others, write);
  }
  json_text_close(text, '}');
}

static void write_shape(struct json_text *text, size_t count, size_t width) {
  json_text_key(text, "shape");
  json_text_open(text, '[');
  json_text_unsigned(text, count);
  json_text_unsigned(text, width);
  json_text_close(text, ']');
}

enum status write_json_similarities(struct bytes *out, const struct similarities_result *result) {
  struct json_text text;
  json_text_init(&text, out);
  json_text_expect(&text, 256 + result->count * 2 + result->count * result->width * DOUBLE_SIZE);
  json_text_open(&text, '{');
  write_terminated(&text, "model", result->model);
  if (result->matrix) write_shape(&text, result->count, result->width);
  json_text_key(&text, "similarities");
  if (result->matrix) {
    json_text_open(&text, '[');
    for (size_t i = 0; i < result->count; i++) write_numbers(&text, result->values + i * result->width, result->width);
    json_text_close(&text, ']');
  } else {
    write_numbers(&text, result->values, result->count);
  }
  if (result->said.sources) write_how_many(&text, "sources", result, how_source);
  if (result->said.matched) write_how_many(&text, "matched", result, how_matched);
  json_text_close(&text, '}');
  return json_text_end(&text);
}

static void write_how_means(struct json_text *text, const char *key, const struct mean_result *result,
                            how_found *write) {
  json_text_key(text, key);
  if (result->batch) json_text_open(text, '[');
  for (size_t i = 0; i < result->count; i++) write_how(text, &result->said, &result->lists[i], write);
  if (result->batch) json_text_close(text, ']');
}

enum status write_json_mean(struct bytes *out, const struct mean_result *result) {
  const struct cached_rows uncached = {0};
  struct json_text text;
  json_text_init(&text, out);
  json_text_expect(&text, 256 + result->count * json_text_vector_size(result->dim));
  json_text_open(&text, '{');
  write_terminated(&text, "model", result->model);
  if (result->batch)
    write_shape(&text, result->count, result->dim);
  else
    write_unsigned(&text, "dim", result->dim);
  json_text_key(&text, result->batch ? "vectors" : "vector");
  if (result->batch) json_text_open(&text, '[');
  for (size_t i = 0; i < result->count; i++) write_found(&text, &uncached, &result->means[i], result->dim);
  if (result->batch) json_text_close(&text, ']');
  if (result->said.sources) write_how_means(&text, "sources", result, how_source);
  if (result->said.matched) write_how_means(&text, "matched", result, how_matched);
  json_text_close(&text, '}');
  return json_text_end(&text);
}

enum status write_json_doesnt_match(struct bytes *out, const struct doesnt_match_result *result) {
  const struct named *odd = &result->words.items[result->place];
  struct json_text text;
  json_text_init(&text, out);
  json_text_expect(&text, 256 + result->words.count * (DOUBLE_SIZE + SOURCE_SIZE));
  json_text_open(&text, '{');
  write_terminated(&text, "model", result->model);
  write_word(&text, "word", "word_bytes", odd->word);
  json_text_key(&text, "index");
  write_row_number(&text, odd->found.row);
  write_unsigned(&text, "position", result->place);
  json_text_key(&text, "similarities");
  write_numbers(&text, result->values, result->words.count);
  if (result->said.sources) {
    json_text_key(&text, "sources");
    write_how(&text, &result->said, &result->words, how_source);
  }
  if (result->said.matched) {
    json_text_key(&text, "matched");
    write_how(&text, &result->said, &result->words, how_matched);
  }
  json_text_close(&text, '}');
  return json_text_end(&text);
}
