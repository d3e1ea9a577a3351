/* The requests that are a few single values, and what all requests have in common. */
#include "server/request.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_DEFAULT = 100 };

/* `format` may stand in the query string beside a body, which is otherwise all there is. */
static bool format_of(struct params *params, size_t *format) {
  struct params query;
  params_of_object(&query, params->reading, NULL, "#");
  bool in_query = params_has(&query, "format"), in_body = params->object && params_has(params, "format");
  if (in_query && in_body)
    reading_refuse(params->reading, REFUSAL_MALFORMED, "\"format\" is given in the query string and in the body");
  return params_choice(in_body ? params : &query, "format", representation_names, REPRESENTATION_COUNT, format);
}

/* Which representation the answer takes. */
static void request_representation(struct params *params, enum representations has, struct request_common *out) {
  struct reading *reading = params->reading;
  size_t format = REPRESENTATION_JSON;
  params_has(params, "format");
  if (format_of(params, &format)) {
    out->representation = (enum representation)format;
    if (format != REPRESENTATION_JSON && has == REPRESENTATIONS_JSON)
      reading_refuse(reading, REFUSAL_NOT_ACCEPTABLE, "This route answers as JSON only");
    return;
  }
  struct refusal refusal;
  if (!representation_of_accept(reading->call->accept, has, &out->representation, &refusal))
    reading_refuse(reading, refusal.kind, "%s", refusal.detail);
}

void request_common(struct params *params, enum representations has, struct request_common *out) {
  params_text(params, "model", &out->model);
  request_representation(params, has, out);
}

bool request_finish(struct params *params) {
  params_finish(params);
  return reading_finish(params->reading);
}

bool request_plain(struct reading *reading, struct request_common *out) {
  struct params params;
  *out = (struct request_common){0};
  params_of_call(&params, reading);
  request_representation(&params, false, out);
  return request_finish(&params);
}

bool request_row(struct reading *reading, unsigned row_keys, bool has_binary, struct row_request *out) {
  struct params params;
  *out = (struct row_request){0};
  params_of_call(&params, reading);
  request_common(&params, has_binary, &out->common);
  bool words = row_keys & ROW_BY_WORD, indices = row_keys & ROW_BY_INDEX;
  bool word = words && params_has(&params, "word"), encoded = words && params_has(&params, "word_bytes");
  bool index = indices && params_has(&params, "index");
  if (word) params_text(&params, "word", &out->word);
  if (encoded) params_encoded(&params, "word_bytes", &out->word);
  if (index) out->by_index = params_row(&params, "index", &out->index);
  if (words) word_policy_read(&params, &out->policy);
  params_finish(&params);
  if (word + encoded + index > 1)
    reading_invalid(reading, "#", "%s",
                    indices ? "give one of word, word_bytes and index" : "give one of word and word_bytes");
  if (word + encoded + index == 0)
    reading_refuse(reading, REFUSAL_MISSING_PARAMETER, "Which row? Give %s",
                   !words     ? "index=5450"
                   : !indices ? "word=cat"
                              : "word=cat or index=5450");
  return reading_finish(reading);
}

bool request_words(struct reading *reading, struct words_request *out) {
  struct params params;
  int64_t most = (int64_t)reading->call->service->limits.words, limit = most < WORDS_DEFAULT ? most : WORDS_DEFAULT;
  *out = (struct words_request){.prefix = {"", 0}};
  params_of_call(&params, reading);
  request_common(&params, false, &out->common);
  params_text(&params, "prefix", &out->prefix);
  bool text = params_text(&params, "after", &out->after);
  bool encoded = params_has(&params, "after_bytes");
  if (text && encoded) reading_invalid(reading, "#", "give one of after and after_bytes");
  if (encoded) params_encoded(&params, "after_bytes", &out->after);
  out->has_after = text || encoded; /* after= is after the empty word */
  params_integer(&params, "limit", 1, most, &limit);
  out->limit = (size_t)limit;
  return request_finish(&params);
}
