/* Two words, of which the second is seen from the first. */
#include "server/request.h"
#include "server/request_terms.h"

enum { LIMIT_DEFAULT = 1000 };

/* `names` of the second word, and of its exact bytes. */
static void read_words(struct params *params, const char *const names[2], struct rank_request *out) {
  struct reading *reading = params->reading;
  *out = (struct rank_request){0};
  params_of_call(params, reading);
  request_common(params, false, &out->common);
  word_policy_read(params, &out->policy);
  terms_read_word(params, "word", "word_bytes", &out->word);
  terms_read_word(params, names[0], names[1], &out->other);
  bool word = params_has(params, "word") || params_has(params, "word_bytes");
  if (!word || (!params_has(params, names[0]) && !params_has(params, names[1])))
    reading_refuse(reading, REFUSAL_MISSING_PARAMETER, "Which words? Give word=cat and %s=dog", names[0]);
}

bool request_rank(struct reading *reading, struct rank_request *out) {
  static const char *const names[] = {"other", "other_bytes"};
  struct params params = {.reading = reading};
  read_words(&params, names, out);
  return request_finish(&params);
}

bool request_closer_than(struct reading *reading, struct rank_request *out) {
  static const char *const names[] = {"than", "than_bytes"};
  struct params params = {.reading = reading};
  int64_t most = (int64_t)reading->call->service->limits.k, limit = most < LIMIT_DEFAULT ? most : LIMIT_DEFAULT;
  read_words(&params, names, out);
  params_integer(&params, "limit", 1, most, &limit);
  out->limit = (size_t)limit;
  return request_finish(&params);
}
