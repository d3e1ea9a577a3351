/* Query strings as word2vec-api takes them. `model`, `oov` and `case` are this service's, and have defaults that make
 * the original's meaning: words that are not there are left out of sums. */
#include <stdint.h>

#include "server/request.h"
#include "store/search/cosmul.h"

enum { TOPN_DEFAULT = 10 };

/* Begins a request; words that are not there get `oov` unless it says otherwise. */
static void begin(struct params *params, struct reading *reading, enum oov_policy oov, struct word2vec_request *out) {
  *out = (struct word2vec_request){.policy = {.oov = oov}, .topn = TOPN_DEFAULT};
  params_of_call(params, reading);
  params_text(params, "model", &out->model);
  word_policy_read(params, &out->policy);
}

/* The words under a name that may be repeated; none is an error if they are `required`. */
static void read_words(struct params *params, const char *name, bool required, struct word_list *out) {
  struct params_list list;
  char pointer[POINTER_MAX];
  if (!params_list(params, name, false, &list)) {
    if (required) reading_invalid(params->reading, params_pointer(params, name, pointer), "is missing: give a word");
    return;
  }
  struct word *words = reading_alloc(params->reading, list.count, sizeof *words);
  if (!words) return;
  params_list_texts(&list, words);
  *out = (struct word_list){words, list.count};
}

/* One word: the first, as there, where several are given. */
static void read_word(struct params *params, const char *name, struct word_list *out) {
  read_words(params, name, true, out);
  if (out->count > 1) out->count = 1;
}

bool request_word2vec_similarity(struct reading *reading, struct word2vec_request *out) {
  struct params params;
  begin(&params, reading, OOV_ERROR, out);
  read_word(&params, "w1", &out->first);
  read_word(&params, "w2", &out->second);
  return request_finish(&params);
}

bool request_word2vec_n_similarity(struct reading *reading, struct word2vec_request *out) {
  struct params params;
  begin(&params, reading, OOV_NULL, out);
  read_words(&params, "ws1", true, &out->first);
  read_words(&params, "ws2", true, &out->second);
  return request_finish(&params);
}

bool request_word2vec_most_similar(struct reading *reading, struct word2vec_request *out) {
  struct params params;
  int64_t topn = TOPN_DEFAULT;
  begin(&params, reading, OOV_NULL, out);
  read_words(&params, "positive", false, &out->first);
  read_words(&params, "negative", false, &out->second);
  params_integer(&params, "topn", INT32_MIN, (int64_t)reading->call->service->limits.k, &topn);
  out->topn = topn > 0 ? (size_t)topn : 0;
  if (out->first.count == 0 && out->topn > 0) reading_invalid(reading, "#/positive", "is missing: give a word");
  if (out->first.count + out->second.count > COSMUL_FACTORS_MOST)
    reading_invalid(reading, "#/positive", "%zu words, with negative, where at most %d are allowed",
                    out->first.count + out->second.count, COSMUL_FACTORS_MOST);
  return request_finish(&params);
}

bool request_word2vec_model(struct reading *reading, struct word2vec_request *out) {
  struct params params;
  begin(&params, reading, OOV_NULL, out);
  read_word(&params, "word", &out->first);
  return request_finish(&params);
}

bool request_word2vec_word_set(struct reading *reading, struct word2vec_request *out) {
  struct params params;
  begin(&params, reading, OOV_NULL, out);
  return request_finish(&params);
}
