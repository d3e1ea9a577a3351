/* What word2vec-api's clients ask, without HTTP: the values that it answers, and what becomes of words that are not
 * there. tests/oracle/word2vec.py compares with gensim. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/api_fixture.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct api_fixture zoo;

static void open_zoo(void) {
  api_fixture_open(&zoo);
  zoo.call.dialect = DIALECT_WORD2VEC;
}

static void close_zoo(void) {
  api_fixture_close(&zoo);
}

/* The answer as any JSON value, the caller's. */
static json_t *value_of(handler *answer, const char *query) {
  api_fixture_query(&zoo, query);
  ck_assert_msg(api_fixture_call(&zoo, answer), "%s: %s", query, zoo.refusal.detail);
  ck_assert_str_eq(zoo.reply.content_type, "application/json");
  json_t *value =
      json_loadb((const char *)zoo.reply.body.data, zoo.reply.body.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
  ck_assert_msg(value != NULL, "%s: no JSON", query);
  return value;
}

static const float *row(size_t index) {
  return fixture_row(&zoo.zoo, index);
}

static void expect_number(handler *answer, const char *query, double wanted) {
  json_t *value = value_of(answer, query);
  ck_assert_msg(json_is_real(value) && json_real_value(value) == wanted, "%s: %.17g, not %.17g", query,
                json_real_value(value), wanted);
  json_decref(value);
}

START_TEST(similarity) {
  expect_number(api_word2vec_similarity, "w1=cat&w2=dog", fixture_similarity(row(ZOO_CAT), row(ZOO_DOG), ZOO_DIM));
  expect_number(api_word2vec_similarity, "w2=left&w1=right&model=zoo&no_such=1", 1);
  /* The first of several, as there. */
  expect_number(api_word2vec_similarity, "w1=cat&w2=dog&w1=mouse",
                fixture_similarity(row(ZOO_CAT), row(ZOO_DOG), ZOO_DIM));
  expect_number(api_word2vec_similarity, "w1=cat&w2=zero", 0);
  expect_number(api_word2vec_similarity, "w1=CAT&w2=dog&case=fallback",
                fixture_similarity(row(ZOO_CAT), row(ZOO_DOG), ZOO_DIM));
  api_get_refused(&zoo, api_word2vec_similarity, "w1=cat&w2=caat", REFUSAL_NO_WORD, NULL);
  ck_assert_uint_eq(zoo.refusal.suggestion_count, 0);
  api_get_refused(&zoo, api_word2vec_similarity, "w1=cat", REFUSAL_INVALID, "#/w2");
  api_get_refused(&zoo, api_word2vec_similarity, "", REFUSAL_INVALID, "#/w1");
  ck_assert(refusal_names(&zoo.refusal, "#/w2"));
  api_get_refused(&zoo, api_word2vec_similarity, "w1=cat&w2=dog&model=nosuch", REFUSAL_NO_MODEL, NULL);
}
END_TEST

/* The mean of rows as they are. */
static void mean_of_rows(const size_t *rows, size_t count, float *mean) {
  for (size_t i = 0; i < ZOO_DIM; i++) {
    double sum = 0;
    for (size_t r = 0; r < count; r++) sum += (double)row(rows[r])[i];
    mean[i] = (float)(sum / (double)count);
  }
}

START_TEST(n_similarity) {
  float first[ZOO_DIM], second[ZOO_DIM];
  mean_of_rows((size_t[]){ZOO_CAT, ZOO_KING}, 2, first);
  mean_of_rows((size_t[]){ZOO_DOG, ZOO_QUEEN, ZOO_DOG}, 3, second);
  double wanted = fixture_similarity(first, second, ZOO_DIM);
  expect_number(api_word2vec_n_similarity, "ws1=cat&ws1=king&ws2=dog&ws2=queen&ws2=dog", wanted);
  /* Words that are not there are left out. */
  expect_number(api_word2vec_n_similarity, "ws1=cat&ws1=nosuch&ws1=king&ws2=dog&ws2=queen&ws2=dog&ws2=KING", wanted);
  api_get_refused(&zoo, api_word2vec_n_similarity, "ws1=nosuch&ws2=cat", REFUSAL_NO_WORD, NULL);
  ck_assert_ptr_nonnull(strstr(zoo.refusal.detail, "ws1"));
  api_get_refused(&zoo, api_word2vec_n_similarity, "ws1=cat&ws=dog", REFUSAL_INVALID, "#/ws2");
}
END_TEST

/* A word as it shows in JSON. */
static const char *text_of(size_t index) {
  return index == ZOO_BYTES ? "\xef\xbf\xbd\xef\xbf\xbdx" : zoo.zoo.words[index].bytes;
}

/* gensim's most_similar_cosmul, by hand. */
static double product(const size_t *positive, size_t positives, const size_t *negative, size_t negatives, size_t at) {
  double up = 1, down = 1;
  for (size_t i = 0; i < positives; i++) up *= (1 + fixture_similarity(row(positive[i]), row(at), ZOO_DIM)) / 2;
  for (size_t i = 0; i < negatives; i++) down *= (1 + fixture_similarity(row(negative[i]), row(at), ZOO_DIM)) / 2;
  return up / (down + 0.000001);
}

START_TEST(most_similar) {
  enum { TOPN = 6 };
  static const size_t positive[] = {ZOO_KING, ZOO_WOMAN}, negative[] = {ZOO_MAN};
  bool taken[ZOO_ROWS] = {[ZOO_KING] = true, [ZOO_WOMAN] = true, [ZOO_MAN] = true}; /* input words are left out */
  json_t *pairs =
      value_of(api_word2vec_most_similar, "positive=king&positive=nosuch&positive=woman&negative=man&topn=6");
  ck_assert_uint_eq(json_array_size(pairs), TOPN);
  for (size_t i = 0; i < TOPN; i++) {
    size_t best = ZOO_ROWS;
    double score = -1;
    for (size_t at = 0; at < ZOO_ROWS; at++) {
      double own = product(positive, 2, negative, 1, at);
      if (taken[at] || own <= score) continue;
      best = at;
      score = own;
    }
    taken[best] = true;
    const json_t *pair = json_array_get(pairs, i);
    ck_assert_uint_eq(json_array_size(pair), 2);
    ck_assert_str_eq(json_string_value(json_array_get(pair, 0)), text_of(best));
    ck_assert_double_eq_tol(json_real_value(json_array_get(pair, 1)), score, 1e-12);
  }
  json_decref(pairs);
}
END_TEST

START_TEST(most_similar_topn) {
  static const struct {
    const char *query;
    size_t count;
  } cases[] = {{"positive=cat", 10},
               {"positive=cat&topn=1", 1},
               {"positive=cat&topn=0", 0},
               {"positive=cat&topn=-3", 0},
               {"topn=0", 0},
               {"positive=cat&topn=1000", ZOO_ROWS - 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    json_t *pairs = value_of(api_word2vec_most_similar, cases[i].query);
    ck_assert_msg(json_is_array(pairs) && json_array_size(pairs) == cases[i].count, "%s", cases[i].query);
    json_decref(pairs);
  }
  api_get_refused(&zoo, api_word2vec_most_similar, "positive=cat&topn=1001", REFUSAL_INVALID, "#/topn");
  api_get_refused(&zoo, api_word2vec_most_similar, "positive=cat&topn=", REFUSAL_INVALID, "#/topn");
  api_get_refused(&zoo, api_word2vec_most_similar, "positive=cat&topn=2.5", REFUSAL_INVALID, "#/topn");
  api_get_refused(&zoo, api_word2vec_most_similar, "", REFUSAL_INVALID, "#/positive");
  api_get_refused(&zoo, api_word2vec_most_similar, "negative=cat", REFUSAL_INVALID, "#/positive");
  api_get_refused(&zoo, api_word2vec_most_similar, "positive=nosuch&negative=cat", REFUSAL_NO_WORD, NULL);
  api_get_refused(&zoo, api_word2vec_most_similar, "positive=cat&model=zoo,zoo", REFUSAL_INVALID, "#/model");
}
END_TEST

START_TEST(model) {
  json_t *text = value_of(api_word2vec_model, "word=right");
  /* The five little-endian floats of the row, in base64, decoded by hand. */
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *encoded = json_string_value(text);
  unsigned char bytes[24] = {0};
  ck_assert_uint_eq(strlen(encoded), 28); /* 20 bytes */
  ck_assert_int_eq(encoded[27], '=');
  for (size_t bit = 0; bit < 20 * 8; bit++) {
    unsigned digit = (unsigned)(strchr(digits, encoded[bit / 6]) - digits);
    if (digit >> (5 - bit % 6) & 1) bytes[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
  }
  ck_assert_mem_eq(bytes, row(ZOO_RIGHT), ZOO_DIM * sizeof(float));
  json_decref(text);
  static const char *const unknown[] = {"word=nosuch", "word=RIGHT"};
  for (size_t i = 0; i < 2; i++) {
    json_t *null = value_of(api_word2vec_model, unknown[i]); /* as there: no error */
    ck_assert(json_is_null(null));
    json_decref(null);
  }
  api_get_refused(&zoo, api_word2vec_model, "word=nosuch&oov=error", REFUSAL_NO_WORD, NULL);
  api_get_refused(&zoo, api_word2vec_model, "w=cat", REFUSAL_INVALID, "#/word");
}
END_TEST

START_TEST(word_set) {
  json_t *words = value_of(api_word2vec_word_set, "");
  ck_assert_uint_eq(json_array_size(words), ZOO_ROWS);
  for (size_t i = 0; i < ZOO_ROWS; i++) {
    const struct fixture_word *word = &zoo.zoo.words[i];
    const json_t *got = json_array_get(words, i);
    if (i == ZOO_BYTES)
      ck_assert_str_eq(json_string_value(got), text_of(i)); /* not UTF-8 */
    else
      ck_assert(json_string_length(got) == word->length &&
                memcmp(json_string_value(got), word->bytes, word->length) == 0);
  }
  json_decref(words);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *tcase;
  Suite *suite = suite_of("server/api_word2vec", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, similarity);
  tcase_add_test(tcase, n_similarity);
  tcase_add_test(tcase, most_similar);
  tcase_add_test(tcase, most_similar_topn);
  tcase_add_test(tcase, model);
  tcase_add_test(tcase, word_set);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
