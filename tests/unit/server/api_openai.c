/* What OpenAI's clients ask, without HTTP: inputs in every form, both encodings, words that are not there, models. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/matrix/checksum.h"
#include "tests/support/api_fixture.h"
#include "tests/support/json_expect.h"
#include "tests/support/metadata_sum.h"
#include "tests/support/suite.h"

enum { DIM = 3 };

/* Two models beside the zoo: a small one whose means are easy, and one to stand beside it. */
static struct api_fixture zoo;
static float floats[][DIM] = {{1, 2, 3}, {-4, 5, 6}, {7, 7, 7}, {0.5f, 0.25f, 0.125f}, {8, 0, 1}, {3, 3, 3}};
static const struct fixture_word words[] = {{"cat", 3}, {"dog", 3}, {"<unk>", 5}, {"u.s.", 4}, {"u.s", 3}, {"Cat", 3}};
static float wide[][2] = {{1, 0.5f}, {2, 4}};
static const struct fixture_word wide_words[] = {{"cat", 3}, {"dog", 3}};

static void open_models(void) {
  api_fixture_open(&zoo);
  struct fixture small = {.rows = 6, .dim = DIM, .words = words, .floats = &floats[0][0]};
  struct fixture other = {.rows = 2, .dim = 2, .words = wide_words, .floats = &wide[0][0]};
  api_fixture_write(zoo.store, "small", &small);
  api_fixture_write(zoo.store, "other", &other);
  api_fixture_look(&zoo);
  zoo.call.dialect = DIALECT_OPENAI;
}

static void close_models(void) {
  api_fixture_close(&zoo);
}

/* The answer to a request for `input`, with more members after it. */
static json_t *embed(const char *input, const char *more) {
  char body[1024];
  snprintf(body, sizeof body, "{\"model\":\"small\",\"input\":%s%s}", input, more);
  return api_post(&zoo, api_openai_embeddings, body);
}

static void refused(const char *input, const char *more, const char *pointer) {
  char body[1024];
  snprintf(body, sizeof body, "{\"model\":\"small\",\"input\":%s%s}", input, more);
  api_post_refused(&zoo, api_openai_embeddings, body, REFUSAL_INVALID, pointer);
}

START_TEST(one_text) {
  json_t *answer = embed("\"cat dog\"", "");
  ck_assert_uint_eq(json_object_size(answer), 4);
  expect_text(answer, "/object", "list");
  expect_text(answer, "/model", "small");
  expect_json(answer, "/usage", "{\"prompt_tokens\":2,\"total_tokens\":2}");
  expect_length(answer, "/data", 1);
  ck_assert_uint_eq(json_object_size(json_at(answer, "/data/0")), 3);
  expect_text(answer, "/data/0/object", "embedding");
  expect_integer(answer, "/data/0/index", 0);
  expect_floats(answer, "/data/0/embedding", (float[]){-1.5f, 3.5f, 4.5f}, DIM);
  json_decref(answer);
}
END_TEST

START_TEST(several_texts) {
  json_t *answer = embed("[\"dog\",\"cat  cat\\ndog!\"]", "");
  expect_length(answer, "/data", 2);
  expect_floats(answer, "/data/0/embedding", floats[1], DIM);
  expect_floats(answer, "/data/1/embedding", (float[]){-2 / 3.0f, 3, 4}, DIM);
  expect_integer(answer, "/data/1/index", 1);
  expect_integer(answer, "/usage/total_tokens", 4);
  json_decref(answer);
}
END_TEST

START_TEST(tokens_are_rows) {
  json_t *answer = embed("[1]", "");
  expect_length(answer, "/data", 1);
  expect_floats(answer, "/data/0/embedding", floats[1], DIM);
  json_decref(answer);
  answer = embed("[[0,1],[5],[4,4,4]]", "");
  expect_floats(answer, "/data/0/embedding", (float[]){-1.5f, 3.5f, 4.5f}, DIM);
  expect_floats(answer, "/data/1/embedding", floats[5], DIM);
  expect_floats(answer, "/data/2/embedding", floats[4], DIM);
  expect_integer(answer, "/usage/prompt_tokens", 6);
  json_decref(answer);
}
END_TEST

START_TEST(base64_is_little_endian_float32) {
  json_t *answer = embed("[\"cat\",\"Cat\"]", ",\"encoding_format\":\"base64\"");
  expect_text(answer, "/data/0/embedding", "AACAPwAAAEAAAEBA"); /* 1, 2, 3: numpy.float32([1, 2, 3]).tobytes() */
  expect_text(answer, "/data/1/embedding", "AABAQAAAQEAAAEBA");
  json_decref(answer);
  answer = embed("\"cat\"", ",\"encoding_format\":\"float\"");
  expect_floats(answer, "/data/0/embedding", floats[0], DIM);
  json_decref(answer);
}
END_TEST

/* As it stands before bare, and each exactly before in another case. */
START_TEST(which_form_of_a_piece) {
  static const struct {
    const char *input;
    size_t row;
  } cases[] = {{"\"u.s.\"", 3},  {"\"(u.s)\"", 4}, {"\"(u.s.)\"", 4}, {"\"Cat\"", 5},
               {"\"'Cat'\"", 5}, {"\"cat,\"", 0},  {"\"CAT\"", 0},    {"\"DOG!\"", 1},
               {"\"U.S.\"", 3},  {"\"(U.S)\"", 4}, {"\"(U.S.)\"", 4}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    json_t *answer = embed(cases[i].input, "");
    expect_floats(answer, "/data/0/embedding", floats[cases[i].row], DIM);
    json_decref(answer);
  }
  refused("\"DOG\"", ",\"case\":\"exact\"", "#/input");
  json_t *answer = embed("\"Cat\"", ",\"case\":\"fold\"");
  expect_floats(answer, "/data/0/embedding", floats[0], DIM);
  json_decref(answer);
}
END_TEST

/* Makes a store file one without folded forms: their key in LMDB, behind the flags of a large value and the length of
 * the key, becomes one that nobody reads. */
static void forget_forms(const char *path) {
  static const char node[] = {1, 0, 5, 0, 'i', 0, 0, 0, 0};
  enum { TRAILER = 8 + 32 }; /* of a file under 64 MiB */
  size_t length;
  char *bytes = scratch_read(path, &length);
  for (char *at = bytes; (at = memmem(at, length - (size_t)(at - bytes), node, sizeof node));) at[4] = 'j';
  struct problem problem;
  uint64_t size;
  metadata_sum_remove(bytes, length);
  scratch_write(path, bytes, length - TRAILER);
  int file = open(path, O_RDWR);
  ck_assert_int_eq(checksum_append(file, length - TRAILER, 1, path, &problem, &size), STATUS_OK);
  close(file);
  free(bytes);
}

START_TEST(files_without_folded_forms_find_what_is_written) {
  struct fixture older = {.rows = 6, .dim = DIM, .words = words, .floats = &floats[0][0]};
  char path[SCRATCH_PATH_MAX + 16];
  api_fixture_write(zoo.store, "older", &older);
  snprintf(path, sizeof path, "%s/older.mdb", zoo.store);
  forget_forms(path);
  api_fixture_look(&zoo);
  json_t *answer = api_post(&zoo, api_openai_embeddings, "{\"model\":\"older\",\"input\":\"Cat DOG\"}");
  expect_floats(answer, "/data/0/embedding", floats[5], DIM);
  json_decref(answer);
  api_post_refused(&zoo, api_openai_embeddings, "{\"model\":\"older\",\"input\":\"cat\",\"case\":\"fallback\"}",
                   REFUSAL_INVALID, "#/case");
}
END_TEST

START_TEST(unknown_words_are_left_out) {
  json_t *answer = embed("\"a cat , sat --- dog\"", "");
  expect_floats(answer, "/data/0/embedding", (float[]){-1.5f, 3.5f, 4.5f}, DIM);
  expect_integer(answer, "/usage/total_tokens", 6);
  json_decref(answer);
  refused("\"sat\"", "", "#/input");
  refused("[\"cat\",\"sat on\",\"dog\",\" \",\"...\"]", "", "#/input/1");
  ck_assert(refusal_names(&zoo.refusal, "#/input/3") && refusal_names(&zoo.refusal, "#/input/4"));
  ck_assert_uint_eq(zoo.refusal.error_count, 3);
}
END_TEST

START_TEST(unknown_words_by_policy) {
  json_t *answer = embed("[\"cat sat\",\"...\",\"sat\"]", ",\"oov\":\"zero\"");
  static const float zeros[DIM];
  expect_floats(answer, "/data/0/embedding", (float[]){0.5f, 1, 1.5f}, DIM);
  expect_floats(answer, "/data/1/embedding", zeros, DIM);
  expect_floats(answer, "/data/2/embedding", zeros, DIM);
  json_decref(answer);
  answer = embed("\"cat sat.\"", ",\"oov\":\"unk\"");
  expect_floats(answer, "/data/0/embedding", (float[]){4, 4.5f, 5}, DIM);
  json_decref(answer);
  refused("[\"cat\",\"dog sat\"]", ",\"oov\":\"error\"", "#/input/1");
  refused("\"cat\"", ",\"oov\":\"perhaps\"", "#/oov");
}
END_TEST

START_TEST(several_models) {
  json_t *answer = api_post(&zoo, api_openai_embeddings, "{\"model\":\"small,other\",\"input\":\"cat dog u.s.\"}");
  expect_text(answer, "/model", "small,other");
  expect_floats(answer, "/data/0/embedding", (float[]){-1.5f, 3.5f, 4.5f, 1.5f, 2.25f}, DIM + 2);
  json_decref(answer);
  api_post_refused(&zoo, api_openai_embeddings, "{\"model\":\"small,other\",\"input\":[1]}", REFUSAL_INVALID,
                   "#/input");
}
END_TEST

START_TEST(dimensions_are_the_models) {
  json_decref(embed("\"cat\"", ",\"dimensions\":3"));
  json_decref(embed("\"cat\"", ",\"dimensions\":null"));
  refused("\"cat\"", ",\"dimensions\":2", "#/dimensions");
  refused("\"cat\"", ",\"dimensions\":0", "#/dimensions");
  refused("\"cat\"", ",\"dimensions\":\"3\"", "#/dimensions");
}
END_TEST

START_TEST(what_is_not_known_is_ignored) {
  json_t *answer = embed("\"cat\"", ",\"user\":\"u\",\"no_such\":[1,2]");
  expect_floats(answer, "/data/0/embedding", floats[0], DIM);
  json_decref(answer);
}
END_TEST

START_TEST(bad_inputs) {
  static const char *const inputs[][2] = {{"\"\"", "#/input"},
                                          {"[]", "#/input"},
                                          {"[\"\"]", "#/input/0"},
                                          {"[[]]", "#/input/0"},
                                          {"[[1],[]]", "#/input/1"},
                                          {"7", "#/input"},
                                          {"{}", "#/input"},
                                          {"[null]", "#/input/0"},
                                          {"[\"cat\",7]", "#/input/1"},
                                          {"[1,\"cat\"]", "#/input/1"},
                                          {"[[1],\"cat\"]", "#/input/1"},
                                          {"[1.5]", "#/input/0"},
                                          {"[-1]", "#/input/0"},
                                          {"[6]", "#/input/0"},
                                          {"[[0],[1,6]]", "#/input/1/1"},
                                          {"[[\"cat\"]]", "#/input/0/0"},
                                          {"null", "#/input"},
                                          {"true", "#/input"}};
  for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) refused(inputs[i][0], "", inputs[i][1]);
  refused("\"cat\"", ",\"encoding_format\":\"base32\"", "#/encoding_format");
  refused("\"cat\"", ",\"encoding_format\":7", "#/encoding_format");
}
END_TEST

START_TEST(the_model_is_required) {
  api_post_refused(&zoo, api_openai_embeddings, "{\"input\":\"cat\"}", REFUSAL_INVALID, "#/model");
  api_post_refused(&zoo, api_openai_embeddings, "{\"input\":\"cat\",\"model\":null}", REFUSAL_INVALID, "#/model");
  api_post_refused(&zoo, api_openai_embeddings, "{\"model\":\"small\"}", REFUSAL_INVALID, "#/input");
  api_post_refused(&zoo, api_openai_embeddings, "{\"input\":\"cat\",\"model\":\"text-embedding-3-small\"}",
                   REFUSAL_NO_MODEL, NULL);
  api_post_refused(&zoo, api_openai_embeddings, "[]", REFUSAL_INVALID, "#");
}
END_TEST

START_TEST(an_answer_has_a_limit) {
  size_t before = zoo.service.limits.answer_floats;
  zoo.service.limits.answer_floats = 2 * DIM;
  json_decref(embed("[\"cat\",\"dog\"]", ""));
  refused("[\"cat\",\"dog\",\"cat\"]", "", "#/input");
  zoo.service.limits.answer_floats = before;
}
END_TEST

/* The mean is not summed in float32: the small number would be lost there. */
START_TEST(sums_are_exact) {
  static float large[][1] = {{16777216}, {1}, {-16777216}, {-0.0f}};
  static const struct fixture_word names[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}};
  struct fixture matrix = {.rows = 4, .dim = 1, .words = names, .floats = &large[0][0]};
  api_fixture_write(zoo.store, "large", &matrix);
  api_fixture_look(&zoo);
  json_t *answer = api_post(&zoo, api_openai_embeddings, "{\"model\":\"large\",\"input\":[\"a b c\",\"a b b\"]}");
  expect_floats(answer, "/data/0/embedding", (float[]){1 / 3.0f}, 1);
  expect_floats(answer, "/data/1/embedding", (float[]){(float)(16777218 / 3.0)}, 1);
  json_decref(answer);
  answer = api_post(&zoo, api_openai_embeddings, "{\"model\":\"large\",\"input\":[\"d\",\"d d\",\"d a\"]}");
  expect_floats(answer, "/data/0/embedding", (float[]){-0.0f}, 1);
  expect_floats(answer, "/data/1/embedding", (float[]){-0.0f}, 1);
  expect_floats(answer, "/data/2/embedding", (float[]){8388608}, 1);
  json_decref(answer);
}
END_TEST

/* Long texts are not taken apart on a thread that others wait for. */
START_TEST(long_texts_are_postponed) {
  static char text[1 << 16], body[sizeof text + 64];
  for (size_t i = 0; i + 5 < sizeof text; i += 4) memcpy(text + i, "cat ", 5);
  zoo.call.hurried = true;
  json_decref(embed("[\"cat\",\"dog\"]", ""));
  snprintf(body, sizeof body, "{\"model\":\"small\",\"input\":\"%s\"}", text);
  api_fixture_body(&zoo, body, strlen(body));
  ck_assert(!api_fixture_call(&zoo, api_openai_embeddings) && zoo.reply.postponed);
  zoo.call.hurried = false;
  json_t *answer = api_post(&zoo, api_openai_embeddings, body);
  expect_floats(answer, "/data/0/embedding", floats[0], DIM);
  json_decref(answer);
}
END_TEST

/* Vectors that are put together of several models are added up one by one, and not all kept until the last. */
START_TEST(long_texts_of_several_models_take_little_memory) {
  enum { TIMES = 4000 };
  static const char begin[] = "{\"model\":\"small,other\",\"input\":\"";
  char *body = malloc(sizeof begin + TIMES * 4 + 8), *to = body;
  ck_assert_ptr_nonnull(body);
  to += sprintf(to, "%s", begin);
  for (int i = 0; i < TIMES; i++) to += sprintf(to, "cat ");
  sprintf(to, "\"}");
  zoo.service.parsing.limit = 100000;
  json_t *answer = api_post(&zoo, api_openai_embeddings, body);
  expect_floats(answer, "/data/0/embedding", (float[]){1, 2, 3, 1, 0.5f}, DIM + 2);
  json_decref(answer);
  free(body);
}
END_TEST

START_TEST(models) {
  json_t *answer = api_get(&zoo, api_openai_models, "limit=3");
  expect_text(answer, "/object", "list");
  ck_assert_uint_ge(json_array_size(json_at(answer, "/data")), 3);
  expect_json(answer, "/data/0", "{\"id\":\"other\",\"object\":\"model\",\"created\":90123,\"owned_by\":\"wordvec\"}");
  json_decref(answer);
  zoo.call.rest = "zoo";
  answer = api_get(&zoo, api_openai_model, "");
  ck_assert_uint_eq(json_object_size(answer), 4);
  expect_text(answer, "/id", "zoo");
  json_decref(answer);
  static const char *const none[] = {"", "nosuch", "zoo/", "a/b"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    zoo.call.rest = none[i];
    api_get_refused(&zoo, api_openai_model, "", REFUSAL_NO_MODEL, NULL);
  }
}
END_TEST

int main(void) {
  scratch_open();
  TCase *tcase;
  Suite *suite = suite_of("server/api_openai", &tcase);
  tcase_add_checked_fixture(tcase, open_models, close_models);
  tcase_add_test(tcase, one_text);
  tcase_add_test(tcase, several_texts);
  tcase_add_test(tcase, tokens_are_rows);
  tcase_add_test(tcase, base64_is_little_endian_float32);
  tcase_add_test(tcase, which_form_of_a_piece);
  tcase_add_test(tcase, files_without_folded_forms_find_what_is_written);
  tcase_add_test(tcase, unknown_words_are_left_out);
  tcase_add_test(tcase, unknown_words_by_policy);
  tcase_add_test(tcase, several_models);
  tcase_add_test(tcase, dimensions_are_the_models);
  tcase_add_test(tcase, what_is_not_known_is_ignored);
  tcase_add_test(tcase, bad_inputs);
  tcase_add_test(tcase, the_model_is_required);
  tcase_add_test(tcase, an_answer_has_a_limit);
  tcase_add_test(tcase, sums_are_exact);
  tcase_add_test(tcase, long_texts_are_postponed);
  tcase_add_test(tcase, long_texts_of_several_models_take_little_memory);
  tcase_add_test(tcase, models);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
