/* Words that the vocabulary does not have as they are written: what each policy gives, and how answers say so. */
#include "server/lookup.h"

#include <check.h>
#include <string.h>

#include "server/api.h"
#include "store/matrix/subwords_map.h"
#include "store/matrix/writer.h"
#include "tests/support/api_fixture.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

enum { DIM = 3 };

/* Two models beside the zoo: one that has a row for unknown words, under two of its names. */
static struct api_fixture zoo;
static float floats[][DIM] = {{1, 2, 3}, {-4, 5, 6}, {7, 7, 7}, {0.5f, 0.25f, 0.125f}, {8, 9, 10}, {-1, 0, 1}};
static const struct fixture_word words[] = {{"cat", 3},
                                            {"UNK", 3},
                                            {"<unk>", 5},
                                            {"dog", 3},
                                            {"Dog", 3},
                                            {"Stra\xC3\x9F"
                                             "e",
                                             7}};

/* n-grams of 4 characters that all share one bucket, so that the mean over them is that bucket's row. */
static const float gram[4] = {0.5f, -2, 8, 0};

static void write_grams(void) {
  static const float *const slab[] = {gram};
  const struct writer_origin origin = {.source = "grams.bin", .source_format = "fasttext-bin"};
  struct subwords subwords = {.min = 4, .max = 4, .buckets = 1, .dim = DIM, .count = 1, .slabs = slab};
  struct word word = {"cat", 3};
  struct writer *writer;
  struct problem problem;
  uint64_t size;
  uint32_t row;
  char digest[33];
  subwords_shape(&subwords);
  ck_assert_int_eq(writer_open(zoo.store, "grams", false, &problem, &writer), STATUS_OK);
  ck_assert_int_eq(writer_add(writer, word, floats[0], DIM, &problem, &row), STATUS_OK);
  ck_assert_int_eq(writer_add_subwords(writer, &subwords, &problem), STATUS_OK);
  ck_assert_int_eq(writer_finish(writer, &origin, 1, &problem, &size, digest), STATUS_OK);
  writer_close(writer);
}

static void open_models(void) {
  api_fixture_open(&zoo);
  struct fixture small = {.rows = 6, .dim = DIM, .words = words, .floats = &floats[0][0]};
  api_fixture_write(zoo.store, "small", &small);
  write_grams();
  api_fixture_look(&zoo);
}

static void close_models(void) {
  api_fixture_close(&zoo);
}

/* Whether the floats under `pointer` are the first row, then the second. */
static void expect_joined(json_t *answer, const char *pointer, const float *first, size_t first_dim,
                          const float *second, size_t second_dim) {
  float both[ZOO_DIM + DIM];
  memcpy(both, first, first_dim * sizeof *both);
  memcpy(both + first_dim, second, second_dim * sizeof *both);
  expect_floats(answer, pointer, both, first_dim + second_dim);
}

START_TEST(answers_say_nothing_of_policies_unless_asked) {
  json_t *answer = api_get(&zoo, api_vector, "word=cat&model=small");
  ck_assert_uint_eq(json_object_size(answer), 5);
  json_decref(answer);
  answer = api_get(&zoo, api_vectors, "word=cat&word=nosuch&model=small");
  ck_assert_ptr_null(json_object_get(answer, "sources"));
  json_decref(answer);
}
END_TEST

/* What a request looked up is counted by how it was found, once a word. */
START_TEST(lookups_are_counted) {
  static const struct {
    handler *answer;
    const char *query;
    uint64_t lookups[METRICS_LOOKUPS];
  } cases[] = {
      {api_vector, "word=cat&model=small", {1, 0, 0, 0}},
      {api_vector, "index=0&model=small", {0, 0, 0, 0}}, /* no word */
      {api_vectors, "word=cat&word=nosuch&word=dog&model=small", {2, 0, 0, 1}},
      {api_vectors, "word=CAT&word=cat&word=STRASSE&case=fold&model=small", {1, 2, 0, 0}},
      {api_vectors, "word=nosuch&word=cat&oov=subword&model=grams", {1, 0, 1, 0}},
      {api_vectors, "word=nosuch&word=UNK&oov=unk&model=small", {1, 0, 0, 1}},
      {api_vectors, "word=cat&word=dog&oov=zero&model=small,zoo", {2, 0, 0, 0}},
      {api_matrix, "{\"words\":[\"cat\",\"nosuch\",\"dog\"],\"oov\":\"zero\",\"model\":\"small\"}", {2, 0, 0, 1}},
      {api_matrix, "{\"words\":[\"nosuch\",\"cat\"],\"oov\":\"subword\",\"model\":\"grams\"}", {1, 0, 1, 0}},
      {api_neighbors, "positive=cat&negative=dog&model=small", {2, 0, 0, 0}},
      {api_index, "word=dog&model=small", {1, 0, 0, 0}},
  };
  struct metrics_tally tally;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    tally = (struct metrics_tally){.rows = 0};
    if (cases[i].query[0] == '{')
      api_fixture_body(&zoo, cases[i].query, strlen(cases[i].query));
    else
      api_fixture_query(&zoo, cases[i].query);
    zoo.call.accept = cases[i].answer == api_matrix ? "application/x-npy" : NULL;
    zoo.call.tally = &tally;
    ck_assert_msg(api_fixture_call(&zoo, cases[i].answer), "%s: %s", cases[i].query, zoo.refusal.detail);
    for (size_t l = 0; l < METRICS_LOOKUPS; l++)
      ck_assert_msg(tally.lookups[l] == cases[i].lookups[l], "%s: %zu", cases[i].query, l);
  }
  api_fixture_query(&zoo, "word=nosuch&model=small");
  tally = (struct metrics_tally){.rows = 0};
  ck_assert(!api_fixture_call(&zoo, api_vector));
  ck_assert_uint_eq(tally.lookups[METRICS_UNKNOWN], 1);
  zoo.call.tally = NULL;
}
END_TEST

START_TEST(a_word_that_is_there_is_exact_under_every_policy) {
  static const char *const queries[] = {"oov=error", "oov=null",   "oov=zero",      "oov=unk",
                                        "oov=mean",  "case=exact", "case=fallback", "case=fold"};
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
    char query[64];
    snprintf(query, sizeof query, "word=cat&model=small&%s", queries[i]);
    json_t *answer = api_get(&zoo, api_vector, query);
    expect_text(answer, "/source", "exact");
    expect_integer(answer, "/index", 0);
    expect_floats(answer, "/vector", floats[0], DIM);
    json_decref(answer);
  }
}
END_TEST

START_TEST(error_refuses) {
  api_get_refused(&zoo, api_vector, "word=caat&model=zoo&oov=error", REFUSAL_NO_WORD, NULL);
  ck_assert_uint_ge(zoo.refusal.suggestion_count, 1);
  api_get_refused(&zoo, api_vectors, "model=small&word=cat&word=caat&oov=error", REFUSAL_INVALID, "#/words/1");
}
END_TEST

START_TEST(null_has_no_vector) {
  json_t *answer = api_get(&zoo, api_vector, "word=caat&model=small&oov=null");
  expect_text(answer, "/word", "caat");
  expect_text(answer, "/source", "null");
  expect_null(answer, "/index");
  expect_null(answer, "/vector");
  expect_integer(answer, "/dim", DIM);
  json_decref(answer);
  api_get_refused(&zoo, api_vector, "word=caat&model=small&oov=null&format=npy", REFUSAL_INVALID, "#/word");
}
END_TEST

START_TEST(zero_has_zeros) {
  static const float zeros[DIM];
  json_t *answer = api_get(&zoo, api_vector, "word=caat&model=small&oov=zero");
  expect_text(answer, "/source", "zero");
  expect_null(answer, "/index");
  expect_floats(answer, "/vector", zeros, DIM);
  json_decref(answer);
}
END_TEST

START_TEST(unk_has_the_row_of_the_first_name) {
  json_t *answer = api_get(&zoo, api_vector, "word=caat&model=small&oov=unk");
  expect_text(answer, "/word", "caat");
  expect_text(answer, "/source", "unk");
  expect_integer(answer, "/index", 2);
  expect_floats(answer, "/vector", floats[2], DIM);
  json_decref(answer);
  api_get_refused(&zoo, api_vector, "word=cat&model=zoo&oov=unk", REFUSAL_INVALID, "#/oov");
  ck_assert_ptr_nonnull(strstr(zoo.refusal.detail, "<unk>"));
  api_get_refused(&zoo, api_vectors, "word=cat&model=zoo&oov=unk", REFUSAL_INVALID, "#/oov");
}
END_TEST

START_TEST(mean_has_the_mean_of_all_rows) {
  float mean[DIM];
  for (size_t i = 0; i < DIM; i++) {
    double sum = 0;
    for (size_t row = 0; row < 6; row++) sum += (double)floats[row][i];
    mean[i] = (float)(sum / 6);
  }
  json_t *answer = api_get(&zoo, api_vector, "word=caat&model=small&oov=mean");
  expect_text(answer, "/source", "mean");
  expect_null(answer, "/index");
  expect_floats(answer, "/vector", mean, DIM);
  json_decref(answer);
}
END_TEST

START_TEST(subword_has_what_the_ngrams_give) {
  static const float zeros[DIM];
  json_t *answer = api_get(&zoo, api_vector, "word=cats&model=grams&oov=subword");
  expect_text(answer, "/source", "subword");
  expect_null(answer, "/index");
  expect_floats(answer, "/vector", gram, DIM);
  json_decref(answer);
  answer = api_get(&zoo, api_vector, "word=c&model=grams&oov=subword"); /* "<c>" is too short for one */
  expect_text(answer, "/source", "subword");
  expect_floats(answer, "/vector", zeros, DIM);
  json_decref(answer);
  answer = api_post(&zoo, api_vectors, "{\"model\":\"grams,grams\",\"words\":[\"cat\",\"cats\"],\"oov\":\"subword\"}");
  expect_json(answer, "/sources", "[\"exact\",\"subword\"]");
  expect_joined(answer, "/vectors/1", gram, DIM, gram, DIM);
  json_decref(answer);
}
END_TEST

/* One word may be as long as a body, and has as many n-grams. */
START_TEST(long_words_are_postponed) {
  enum { LETTERS = 100000 };
  static const struct {
    handler *answer;
    const char *before, *after;
  } cases[] = {{api_vectors, "{\"words\":[\"", "\"]"},
               {api_mean, "{\"words\":[\"", "\"]"},
               {api_doesnt_match, "{\"words\":[\"", "\"]"},
               {api_similarity, "{\"words\":[\"", "\"]"},
               {api_similarity, "{\"a\":\"x\",\"b\":\"", "\""}};
  char *body = malloc(LETTERS + 100);
  ck_assert_ptr_nonnull(body);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *to = stpcpy(body, cases[i].before);
    memset(to, 'x', LETTERS);
    sprintf(to + LETTERS, "%s,\"model\":\"grams\",\"oov\":\"subword\"}", cases[i].after);
    zoo.call.hurried = true;
    api_fixture_body(&zoo, body, strlen(body));
    ck_assert_msg(!api_fixture_call(&zoo, cases[i].answer) && zoo.reply.postponed, "case %zu", i);
    zoo.call.hurried = false;
    json_decref(api_post(&zoo, cases[i].answer, body));
  }
  /* What is too much anyway is not looked up first. */
  char *to = stpcpy(body, cases[0].before);
  memset(to, 'x', LETTERS);
  strcpy(to + LETTERS, "\"],\"model\":\"grams\",\"oov\":\"subword\"}");
  zoo.call.hurried = true;
  zoo.service.limits.answer_floats = DIM - 1;
  api_post_refused(&zoo, api_vectors, body, REFUSAL_INVALID, "#/words");
  free(body);
}
END_TEST

START_TEST(subwords_are_those_of_models_that_have_them) {
  api_get_refused(&zoo, api_vector, "word=cat&model=small&oov=subword", REFUSAL_INVALID, "#/oov");
  ck_assert_ptr_nonnull(strstr(zoo.refusal.detail, "n-grams"));
}
END_TEST

START_TEST(fallback_prefers_the_word_as_it_is_written) {
  json_t *answer = api_get(&zoo, api_vector, "word=Dog&model=small&case=fallback");
  expect_integer(answer, "/index", 4);
  expect_text(answer, "/source", "exact");
  ck_assert_ptr_null(json_object_get(answer, "matched"));
  json_decref(answer);
  answer = api_get(&zoo, api_vector, "word=DOG&model=small&case=fallback");
  expect_integer(answer, "/index", 3);
  expect_text(answer, "/word", "DOG");
  expect_text(answer, "/source", "case");
  expect_text(answer, "/matched", "dog");
  expect_floats(answer, "/vector", floats[3], DIM);
  json_decref(answer);
}
END_TEST

START_TEST(fold_takes_the_lowest_row) {
  json_t *answer = api_get(&zoo, api_vector, "word=Dog&model=small&case=fold");
  expect_integer(answer, "/index", 3);
  expect_text(answer, "/matched", "dog");
  json_decref(answer);
  answer = api_get(&zoo, api_index, "word=STRASSE&model=small&case=fold");
  expect_integer(answer, "/index", 5);
  expect_text(answer, "/matched",
              "Stra\xC3\x9F"
              "e");
  json_decref(answer);
  api_get_refused(&zoo, api_vector, "word=DOG&model=small", REFUSAL_NO_WORD, NULL);
  api_get_refused(&zoo, api_vector, "word=DOGS&model=small&case=fold", REFUSAL_NO_WORD, NULL);
}
END_TEST

START_TEST(a_grid_names_the_matching_forms) {
  json_t *answer = api_post(
      &zoo, api_vectors,
      "{\"model\":\"small\",\"words\":[[\"CAT\",\"caat\",\"Dog\"],[\"DOG\"]],\"case\":\"fallback\",\"oov\":\"mean\"}");
  expect_json(answer, "/sources", "[[\"case\",\"mean\",\"exact\"],[\"case\",null,null]]");
  expect_json(answer, "/matched", "[[\"cat\",null,null],[\"dog\",null,null]]");
  expect_json(answer, "/found", "[[true,false,true],[true,false,false]]");
  expect_json(answer, "/indices", "[[0,null,4],[3,null,null]]");
  json_decref(answer);
  answer = api_post(&zoo, api_vectors, "{\"model\":\"small,zoo\",\"words\":[\"CAT\",\"cat\"],\"case\":\"fold\"}");
  expect_json(answer, "/sources", "[\"case\",\"exact\"]");
  json_decref(answer);
}
END_TEST

START_TEST(a_grid_names_the_source_of_each_cell) {
  json_t *answer = api_post(&zoo, api_vectors,
                            "{\"model\":\"small\",\"words\":[[\"cat\",\"caat\",\"UNK\"],[\"dog\"]],\"oov\":\"unk\"}");
  expect_json(answer, "/sources", "[[\"exact\",\"unk\",\"exact\"],[\"exact\",null,null]]");
  expect_json(answer, "/indices", "[[0,2,1],[3,null,null]]");
  expect_json(answer, "/found", "[[true,false,true],[true,false,false]]");
  expect_json(answer, "/mask", "[[true,true,true],[true,false,false]]");
  expect_floats(answer, "/vectors/0/1", floats[2], DIM);
  json_decref(answer);
}
END_TEST

START_TEST(an_index_is_found_by_the_same_policies) {
  json_t *answer = api_get(&zoo, api_index, "word=caat&model=small&oov=unk");
  expect_integer(answer, "/index", 2);
  expect_text(answer, "/source", "unk");
  json_decref(answer);
  answer = api_get(&zoo, api_index, "word=caat&model=small&oov=null");
  expect_null(answer, "/index");
  json_decref(answer);
  api_get_refused(&zoo, api_word, "index=0&model=small&oov=unk", REFUSAL_UNKNOWN_PARAMETER, NULL);
}
END_TEST

START_TEST(several_models_give_one_vector) {
  json_t *answer = api_get(&zoo, api_vector, "word=dog&model=small,zoo");
  expect_text(answer, "/model", "small,zoo");
  expect_integer(answer, "/dim", DIM + ZOO_DIM);
  expect_null(answer, "/index");
  expect_joined(answer, "/vector", floats[3], DIM, fixture_row(&zoo.zoo, ZOO_DOG), ZOO_DIM);
  json_decref(answer);
  api_get_refused(&zoo, api_vector, "word=UNK&model=small,zoo", REFUSAL_NO_WORD, NULL);
  ck_assert_str_eq(zoo.refusal.detail, "\"UNK\" is not in each of small,zoo");
}
END_TEST

START_TEST(a_word_that_one_of_several_models_lacks_is_unknown) {
  static const float zeros[ZOO_DIM + DIM];
  json_t *answer = api_post(&zoo, api_vectors, "{\"model\":\"zoo,small\",\"words\":[[\"cat\",\"UNK\"],[\"the\"]]}");
  expect_json(answer, "/shape", "[2,2,8]");
  expect_json(answer, "/found", "[[true,false],[false,false]]");
  expect_null(answer, "/vectors/0/1");
  expect_null(answer, "/vectors/1/0");
  expect_floats(answer, "/vectors/1/1", zeros, ZOO_DIM + DIM);
  expect_joined(answer, "/vectors/0/0", fixture_row(&zoo.zoo, ZOO_CAT), ZOO_DIM, floats[0], DIM);
  json_decref(answer);
  answer = api_get(&zoo, api_vector, "word=the&model=zoo,small&oov=zero");
  expect_floats(answer, "/vector", zeros, ZOO_DIM + DIM);
  json_decref(answer);
  answer = api_get(&zoo, api_vector, "word=nosuch&model=small,small&oov=unk");
  expect_joined(answer, "/vector", floats[2], DIM, floats[2], DIM);
  json_decref(answer);
}
END_TEST

START_TEST(what_several_models_cannot_answer) {
  api_get_refused(&zoo, api_vector, "index=0&model=zoo,small", REFUSAL_INVALID, "#/index");
  api_get_refused(&zoo, api_vector, "word=cat&model=zoo,", REFUSAL_NO_MODEL, NULL);
  api_get_refused(&zoo, api_vector, "word=cat&model=zoo,zoo,zoo,zoo,zoo,zoo,zoo,zoo,zoo", REFUSAL_INVALID, "#/model");
  api_get_refused(&zoo, api_vector, "word=cat&model=zoo,small&oov=unk", REFUSAL_INVALID, "#/oov");
  api_get_refused(&zoo, api_words, "model=zoo,small", REFUSAL_INVALID, "#/model");
  api_post_refused(&zoo, api_lookup, "{\"indices\":[0],\"model\":\"zoo,small\"}", REFUSAL_INVALID, "#/model");
  api_post_refused(&zoo, api_vectors, "{\"words\":[[\"cat\"]],\"pad_index\":0,\"model\":\"zoo,small\"}",
                   REFUSAL_INVALID, "#/pad_index");
}
END_TEST

START_TEST(policies_that_do_not_exist) {
  api_get_refused(&zoo, api_vector, "word=cat&model=small&oov=guess", REFUSAL_INVALID, "#/oov");
  api_get_refused(&zoo, api_vector, "word=cat&model=small&case=upper", REFUSAL_INVALID, "#/case");
  api_get_refused(&zoo, api_vector, "word=cat&model=small&oov=zero&oov=null", REFUSAL_MALFORMED, NULL);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/lookup", &tcase);
  tcase_add_checked_fixture(tcase, open_models, close_models);
  tcase_add_test(tcase, answers_say_nothing_of_policies_unless_asked);
  tcase_add_test(tcase, lookups_are_counted);
  tcase_add_test(tcase, a_word_that_is_there_is_exact_under_every_policy);
  tcase_add_test(tcase, error_refuses);
  tcase_add_test(tcase, null_has_no_vector);
  tcase_add_test(tcase, zero_has_zeros);
  tcase_add_test(tcase, unk_has_the_row_of_the_first_name);
  tcase_add_test(tcase, mean_has_the_mean_of_all_rows);
  tcase_add_test(tcase, subword_has_what_the_ngrams_give);
  tcase_add_test(tcase, long_words_are_postponed);
  tcase_add_test(tcase, subwords_are_those_of_models_that_have_them);
  tcase_add_test(tcase, fallback_prefers_the_word_as_it_is_written);
  tcase_add_test(tcase, fold_takes_the_lowest_row);
  tcase_add_test(tcase, a_grid_names_the_matching_forms);
  tcase_add_test(tcase, a_grid_names_the_source_of_each_cell);
  tcase_add_test(tcase, an_index_is_found_by_the_same_policies);
  tcase_add_test(tcase, several_models_give_one_vector);
  tcase_add_test(tcase, a_word_that_one_of_several_models_lacks_is_unknown);
  tcase_add_test(tcase, what_several_models_cannot_answer);
  tcase_add_test(tcase, policies_that_do_not_exist);
  scratch_open(); /* without it the store would be in the root folder */
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
