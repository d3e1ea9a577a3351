/* Keys and values that several answers have. */
#include "server/write_parts.h"

#include <string.h>

#include "server/percent.h"
#include "store/utf8.h"

/* Whether a client can get these bytes back from a JSON string: NUL is text, but no request may hold it. */
static bool is_plain(struct word word) {
  return !memchr(word.bytes, '\0', word.length) && utf8_valid(word.bytes, word.length);
}

static void write_percent_encoded(struct json_text *text, struct word word) {
  struct bytes encoded;
  bytes_init(&encoded, (size_t)3 * WORD_LENGTH_MAX);
  enum status status = percent_encode(&encoded, word.bytes, word.length);
  if (status == STATUS_OK) json_text_string(text, (const char *)encoded.data, encoded.length);
  if (text->status == STATUS_OK) text->status = status;
  bytes_release(&encoded);
}

void write_word(struct json_text *text, const char *key, const char *bytes_key, struct word word) {
  json_text_key(text, key);
  if (!word.bytes) {
    json_text_null(text);
    return;
  }
  json_text_string(text, word.bytes, word.length);
  if (is_plain(word)) return;
  json_text_key(text, bytes_key);
  write_percent_encoded(text, word);
}

void write_word_value(struct json_text *text, struct word word) {
  if (!word.bytes) {
    json_text_null(text);
  } else if (is_plain(word)) {
    json_text_string(text, word.bytes, word.length);
  } else {
    json_text_open(text, '{');
    json_text_key(text, "word_bytes");
    write_percent_encoded(text, word);
    json_text_close(text, '}');
  }
}

void write_terminated(struct json_text *text, const char *key, const char *value) {
  json_text_key(text, key);
  json_text_terminated(text, value);
}

void write_unsigned(struct json_text *text, const char *key, uint64_t value) {
  json_text_key(text, key);
  json_text_unsigned(text, value);
}

void write_or_null(struct json_text *text, const char *key, const char *value) {
  json_text_key(text, key);
  if (value)
    json_text_terminated(text, value);
  else
    json_text_null(text);
}

/* The vector of a row, from the cache where that has it: which keeps what is between the brackets. */
static void write_vector(struct json_text *text, const struct cached_rows *cached, uint32_t row, const float *vector,
                         uint32_t dim) {
  size_t size = json_text_vector_size(dim);
  char *to = cached->cache ? json_text_room(text, size) : NULL;
  size_t length = to ? text_cache_get(cached, row, to + 1, size - 2) : 0;
  if (length > 0) {
    to[0] = '[';
    to[length + 1] = ']';
    json_text_filled(text, length + 2);
    return;
  }
  size_t start = text->out->length + text->comma + 1;
  json_text_vector(text, vector, dim);
  /* What was made of a lost file would be found again when the same content is back. */
  bool lost = cached->model && model_lost(cached->model);
  if (cached->cache && text->status == STATUS_OK && !lost)
    text_cache_offer(cached, row, (const char *)text->out->data + start, text->out->length - 1 - start);
}

const char *found_name(enum found_by by) {
  static const char *const names[FOUND_COUNT] = {
      [FOUND_EXACT] = "exact", [FOUND_CASE] = "case", [FOUND_NULL] = "null",      [FOUND_ZERO] = "zero",
      [FOUND_UNK] = "unk",     [FOUND_MEAN] = "mean", [FOUND_SUBWORD] = "subword"};
  return names[by];
}

void write_source(struct json_text *text, enum found_by by) {
  const char *name = found_name(by);
  if (name)
    json_text_terminated(text, name);
  else
    json_text_null(text);
}

static void write_joined_row(struct json_text *text, const struct vocabulary *vocabulary, uint32_t first) {
  write_word(text, "word", "word_bytes", vocabulary_word(vocabulary, first));
  json_text_key(text, "index");
  json_text_null(text);
}

void write_hits(struct json_text *text, const struct vocabulary *vocabulary, const struct join *join,
                const struct hit *hits, size_t count) {
  json_text_open(text, '[');
  for (size_t i = 0; i < count; i++) {
    json_text_open(text, '{');
    if (join)
      write_joined_row(text, vocabulary, join_first(join, hits[i].row));
    else
      write_word_and_index(text, vocabulary, hits[i].row);
    write_double(text, "similarity", hits[i].similarity);
    json_text_close(text, '}');
  }
  json_text_close(text, ']');
}

void write_matched(struct json_text *text, const struct vocabulary *vocabulary, const struct found *found) {
  if (found->by != FOUND_CASE || found->row == FOUND_NO_ROW) {
    json_text_null(text);
    return;
  }
  struct word word = vocabulary_word(vocabulary, found->row);
  json_text_string(text, word.bytes, word.length);
}

static void write_source_list(struct json_text *text, const struct sources *sources) {
  json_text_key(text, "sources");
  json_text_open(text, '[');
  for (size_t i = 0; i < sources->count; i++) write_source(text, sources->found[i].by);
  json_text_close(text, ']');
  if (!sources->matched) return;
  json_text_key(text, "matched");
  json_text_open(text, '[');
  for (size_t i = 0; i < sources->count; i++) write_matched(text, sources->matched, &sources->found[i]);
  json_text_close(text, ']');
}

void write_sources(struct json_text *text, const struct sources *sources) {
  const struct found *found = sources->found;
  if (!found) return;
  if (sources->listed) {
    write_source_list(text, sources);
    return;
  }
  json_text_key(text, "source");
  write_source(text, found->by);
  if (sources->matched && found->by == FOUND_CASE && found->row != FOUND_NO_ROW)
    write_word(text, "matched", "matched_bytes", vocabulary_word(sources->matched, found->row));
}

void write_row_number(struct json_text *text, uint32_t row) {
  if (row == FOUND_NO_ROW)
    json_text_null(text);
  else
    json_text_unsigned(text, row);
}

void write_found(struct json_text *text, const struct cached_rows *cached, const struct found *found, uint32_t dim) {
  if (!found->vector)
    json_text_null(text);
  else if (found->row == FOUND_NO_ROW)
    json_text_vector(text, found->vector, dim);
  else
    write_vector(text, cached, found->row, found->vector, dim);
}

void write_double(struct json_text *text, const char *key, double value) {
  json_text_key(text, key);
  json_text_double(text, value);
}

void write_word_and_index(struct json_text *text, const struct vocabulary *vocabulary, uint32_t row) {
  write_word(text, "word", "word_bytes", vocabulary_word(vocabulary, row));
  write_unsigned(text, "index", row);
}
