/* layout=keras: rows numbered as Keras' TextVectorization numbers words, in questions and in answers. */
#include "server/grid.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/api_fixture.h"
#include "tests/support/effort.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

enum { DIM = 3 };

static struct api_fixture zoo;
static float floats[][DIM] = {{1, 2, 3}, {-4, 5, 6}, {7, 7, 8}};
static const struct fixture_word words[] = {{"dog", 3}, {"<unk>", 5}, {"cat", 3}};
static const float zeros[ZOO_DIM] = {0};

static void open_models(void) {
  api_fixture_open(&zoo);
  struct fixture small = {.rows = 3, .dim = DIM, .words = words, .floats = &floats[0][0]};
  api_fixture_write(zoo.store, "small", &small);
  api_fixture_look(&zoo);
}

static void close_models(void) {
  api_fixture_close(&zoo);
}

START_TEST(numbers_of_a_question) {
  json_t *answer = api_post(
      &zoo, api_lookup, "{\"indices\":[[2,1,4],[0,3],[]],\"model\":\"small\",\"layout\":\"keras\",\"oov\":\"unk\"}");
  expect_json(answer, "/shape", "[3,3,3]");
  expect_floats(answer, "/vectors/0/0", floats[0], DIM);
  expect_floats(answer, "/vectors/0/1", floats[1], DIM);
  expect_floats(answer, "/vectors/0/2", floats[2], DIM);
  expect_floats(answer, "/vectors/1/0", zeros, DIM);
  expect_floats(answer, "/vectors/1/1", floats[1], DIM);
  expect_floats(answer, "/vectors/1/2", zeros, DIM);
  expect_json(answer, "/mask", "[[true,true,true],[false,true,false],[false,false,false]]");
  expect_json(answer, "/lengths", "[3,1,0]");
  expect_json(answer, "/sources", "[[\"exact\",\"unk\",\"exact\"],[null,\"exact\",null],[null,null,null]]");
  ck_assert_ptr_null(json_object_get(answer, "indices"));
  json_decref(answer);
}
END_TEST

START_TEST(what_stands_for_padding) {
  static const float halves[DIM] = {.5f, .5f, .5f};
  json_t *answer =
      api_post(&zoo, api_lookup, "{\"indices\":[0,2],\"model\":\"small\",\"layout\":\"keras\",\"value\":0.5}");
  expect_json(answer, "/shape", "[2,3]");
  expect_floats(answer, "/vectors/0", halves, DIM);
  expect_floats(answer, "/vectors/1", floats[0], DIM);
  json_decref(answer);
  answer =
      api_post(&zoo, api_lookup, "{\"indices\":[[0,2],[3]],\"model\":\"small\",\"layout\":\"keras\",\"pad_index\":4}");
  expect_floats(answer, "/vectors/0/0", floats[2], DIM);
  expect_floats(answer, "/vectors/1/1", floats[2], DIM);
  expect_json(answer, "/mask", "[[false,true],[true,false]]");
  json_decref(answer);
  answer = api_post(&zoo, api_vectors,
                    "{\"words\":[[\"cat\",\"dog\"],[]],\"model\":\"small\",\"layout\":\"keras\",\"pad_index\":0}");
  expect_floats(answer, "/vectors/1/0", zeros, DIM);
  json_decref(answer);
}
END_TEST

START_TEST(numbers_of_an_answer) {
  json_t *answer = api_post(&zoo, api_vectors,
                            "{\"words\":[[\"cat\",\"nosuch\"],[\"dog\"]],\"model\":\"small\",\"layout\":\"keras\"}");
  expect_json(answer, "/indices", "[[4,1],[2,0]]");
  expect_json(answer, "/found", "[[true,false],[true,false]]");
  json_decref(answer);
  answer = api_get(&zoo, api_vectors, "word=cat&word=nosuch&word=Cat&model=small&layout=keras&oov=unk&case=fallback");
  expect_json(answer, "/indices", "[4,1,4]");
  json_decref(answer);
  answer = api_get(&zoo, api_vectors, "word=cat&word=nosuch&model=small,zoo&layout=keras");
  expect_json(answer, "/indices", "[null,1]");
  json_decref(answer);
  answer = api_get(&zoo, api_vectors, "word=cat&word=nosuch&model=small&layout=rows");
  expect_json(answer, "/indices", "[2,null]");
  json_decref(answer);
}
END_TEST

START_TEST(an_unknown_word_by_policy) {
  json_t *answer =
      api_post(&zoo, api_lookup,
               "{\"indices\":[1],\"model\":\"small\",\"layout\":\"keras\",\"oov\":\"null\",\"format\":\"json\"}");
  expect_null(answer, "/vectors/0");
  expect_json(answer, "/sources", "[\"null\"]");
  json_decref(answer);
  answer = api_post(&zoo, api_lookup, "{\"indices\":[1],\"model\":\"small\",\"layout\":\"keras\"}");
  expect_floats(answer, "/vectors/0", zeros, DIM);
  expect_absent(answer, "/sources");
  json_decref(answer);
  answer = api_post(&zoo, api_lookup, "{\"indices\":[1],\"model\":\"small\",\"layout\":\"keras\",\"oov\":\"mean\"}");
  float mean[DIM];
  for (size_t d = 0; d < DIM; d++) mean[d] = (float)(((double)floats[0][d] + floats[1][d] + floats[2][d]) / 3);
  expect_floats(answer, "/vectors/0", mean, DIM);
  json_decref(answer);
  api_post_refused(&zoo, api_lookup, "{\"indices\":[[2,1]],\"model\":\"small\",\"layout\":\"keras\",\"oov\":\"error\"}",
                   REFUSAL_INVALID, "#/indices/0/1");
  api_post_refused(&zoo, api_lookup,
                   "{\"indices\":[1],\"model\":\"small\",\"layout\":\"keras\",\"oov\":\"null\",\"format\":\"npy\"}",
                   REFUSAL_INVALID, "#/indices/0");
  json_decref(api_post(&zoo, api_lookup, /* no unknown word is asked for */
                       "{\"indices\":[2],\"model\":\"small\",\"layout\":\"keras\",\"oov\":\"error\"}"));
}
END_TEST

START_TEST(what_is_refused) {
  static const struct {
    const char *body, *pointer;
  } cases[] = {{"{\"indices\":[4,5],\"layout\":\"keras\",\"model\":\"small\"}", "#/indices/1"},
               {"{\"indices\":[-1],\"layout\":\"keras\",\"model\":\"small\"}", "#/indices/0"},
               {"{\"indices\":[2],\"layout\":\"torch\",\"model\":\"small\"}", "#/layout"},
               {"{\"indices\":[2],\"oov\":\"zero\",\"model\":\"small\"}", "#/oov"},
               {"{\"indices\":[2],\"layout\":\"rows\",\"value\":1,\"model\":\"small\"}", "#/indices"},
               {"{\"indices\":[2],\"layout\":\"keras\",\"maxlen\":1,\"model\":\"small\"}", "#/indices"},
               {"{\"indices\":[0],\"layout\":\"keras\",\"pad_index\":1,\"model\":\"small\"}", "#/pad_index"},
               {"{\"indices\":[0],\"layout\":\"keras\",\"pad_index\":5,\"model\":\"small\"}", "#/pad_index"},
               {"{\"indices\":[1],\"layout\":\"keras\",\"oov\":\"unk\",\"model\":\"zoo\"}", "#/oov"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    api_post_refused(&zoo, api_lookup, cases[i].body, REFUSAL_INVALID, cases[i].pointer);
}
END_TEST

/* The vectors of the next call as bare floats; the caller's. */
static unsigned char *floats_of(handler *answer, const char *body, size_t *length) {
  api_fixture_body(&zoo, body, strlen(body));
  ck_assert_msg(api_fixture_call(&zoo, answer), "%s: %s", body, zoo.refusal.detail);
  *length = zoo.reply.body.length;
  unsigned char *copy = malloc(*length + 1);
  ck_assert_ptr_nonnull(copy);
  if (*length > 0) memcpy(copy, zoo.reply.body.data, *length);
  return copy;
}

/* Lines of random words: the numbers that /vectors gives them bring the same vectors out of /lookup, in which nothing
 * is left to pad. */
START_TEST(numbers_lead_back_to_vectors) {
  static const char *const some[] = {"cat", "dog", "nosuch", "king", "", "queen", "Cat", "na\xc3\xafve", "zzz"};
  static const char *const options[] = {"\"padding\":\"pre\",\"maxlen\":3", "\"truncating\":\"pre\",\"maxlen\":2",
                                        "\"maxlen\":6", "\"padding\":\"pre\""};
  srand(20240612);
  for (int round = 0; round < effort(500); round++) {
    char list[1024] = "[", body[2048];
    size_t used = 1;
    for (int line = rand() % 4; line >= 0; line--) {
      used += (size_t)sprintf(list + used, "[");
      for (int i = rand() % 5; i > 0; i--)
        used += (size_t)sprintf(list + used, "\"%s\"%s", some[rand() % 9], i > 1 ? "," : "");
      used += (size_t)sprintf(list + used, line > 0 ? "]," : "]]");
    }
    const char *option = options[rand() % 4];
    snprintf(body, sizeof body, "{\"words\":%s,\"model\":\"zoo\",\"layout\":\"keras\",\"oov\":\"mean\",%s}", list,
             option);
    json_t *answer = api_post(&zoo, api_vectors, body);
    char *indices = json_dumps(json_object_get(answer, "indices"), JSON_COMPACT);
    size_t wanted_length, length;
    zoo.call.accept = "application/octet-stream";
    unsigned char *wanted = floats_of(api_vectors, body, &wanted_length);
    snprintf(body, sizeof body, "{\"indices\":%s,\"model\":\"zoo\",\"layout\":\"keras\",\"oov\":\"mean\"}", indices);
    unsigned char *got = floats_of(api_lookup, body, &length);
    zoo.call.accept = NULL;
    ck_assert_uint_eq(length, wanted_length);
    ck_assert_msg(memcmp(got, wanted, length) == 0, "%s", body);
    json_t *again = api_post(&zoo, api_lookup, body);
    ck_assert_msg(json_equal(json_object_get(again, "mask"), json_object_get(answer, "mask")), "%s", body);
    ck_assert(json_equal(json_object_get(again, "lengths"), json_object_get(answer, "lengths")));
    json_decref(again);
    json_decref(answer);
    free(indices);
    free(wanted);
    free(got);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/grid", &tcase);
  scratch_open();
  tcase_add_checked_fixture(tcase, open_models, close_models);
  tcase_add_test(tcase, numbers_of_a_question);
  tcase_add_test(tcase, what_stands_for_padding);
  tcase_add_test(tcase, numbers_of_an_answer);
  tcase_add_test(tcase, an_unknown_word_by_policy);
  tcase_add_test(tcase, what_is_refused);
  tcase_add_test(tcase, numbers_lead_back_to_vectors);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
