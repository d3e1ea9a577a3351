/* How near two words are among all, in the shapes of the contract. */
#include "server/write_rank.h"

#include "server/write_parts.h"

/* `keys` of the second word, and of its exact bytes. */
static void begin(struct json_text *text, struct bytes *out, const struct rank_result *result,
                  const char *const keys[2]) {
  json_text_init(text, out);
  json_text_open(text, '{');
  write_terminated(text, "model", result->model);
  write_word(text, "word", "word_bytes", result->word);
  write_word(text, keys[0], keys[1], result->other);
  write_sources(text, &result->sources);
}

enum status write_rank(struct bytes *out, const struct rank_result *result) {
  static const char *const keys[] = {"other", "other_bytes"};
  struct json_text text;
  begin(&text, out, result, keys);
  write_unsigned(&text, "rank", result->closer + 1);
  json_text_close(&text, '}');
  return json_text_end(&text);
}

enum status write_closer_than(struct bytes *out, const struct rank_result *result) {
  static const char *const keys[] = {"than", "than_bytes"};
  struct json_text text;
  begin(&text, out, result, keys);
  json_text_key(&text, "words");
  write_hits(&text, result->vocabulary, result->join, result->hits, result->count);
  write_unsigned(&text, "count", result->closer);
  json_text_close(&text, '}');
  return json_text_end(&text);
}
