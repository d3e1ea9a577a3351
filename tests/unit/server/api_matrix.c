/* The rows of a layer: of all words and of some, with Keras' two rows before them, in pieces of every size; from one
 * model and from two. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "server/api.h"
#include "store/matrix/subwords_map.h"
#include "store/matrix/writer.h"
#include "tests/support/api_fixture.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

enum { DIM = 3 };

/* A second model that has some of the zoo's words, and a row for unknown ones. */
static struct api_fixture zoo;
static float floats[][DIM] = {{1, 2, 3}, {-4, 5, 6}, {7, 7, 8}};
static const struct fixture_word words[] = {{"dog", 3}, {"<unk>", 5}, {"cat", 3}};
static const float zeros[ZOO_DIM + DIM];

/* A model with n-grams of 3 characters in a few buckets. */
static void write_grams(const char *name, const char *known, float scale) {
  enum { BUCKETS = 5 };
  static float rows[BUCKETS][4];
  static const float *const slab[] = {&rows[0][0]};
  const struct writer_origin origin = {.source = "grams.bin", .source_format = "fasttext-bin"};
  struct subwords subwords = {.min = 3, .max = 3, .buckets = BUCKETS, .dim = DIM, .count = BUCKETS, .slabs = slab};
  struct writer *writer;
  struct problem problem;
  uint64_t size;
  uint32_t row;
  char digest[33];
  for (size_t i = 0; i < BUCKETS; i++)
    for (size_t d = 0; d < DIM; d++) rows[i][d] = scale * (float)(i * DIM + d + 1);
  subwords_shape(&subwords);
  ck_assert_int_eq(writer_open(zoo.store, name, false, &problem, &writer), STATUS_OK);
  ck_assert_int_eq(writer_add(writer, (struct word){known, strlen(known)}, floats[0], DIM, &problem, &row), STATUS_OK);
  ck_assert_int_eq(writer_add(writer, (struct word){"Cat", 3}, floats[1], DIM, &problem, &row), STATUS_OK);
  ck_assert_int_eq(writer_add_subwords(writer, &subwords, &problem), STATUS_OK);
  ck_assert_int_eq(writer_finish(writer, &origin, 1, &problem, &size, digest), STATUS_OK);
  writer_close(writer);
}

static void open_models(void) {
  api_fixture_open(&zoo);
  write_grams("grams", "dog", 0.5f);
  write_grams("more", "king", -3);
  struct fixture small = {.rows = 3, .dim = DIM, .words = words, .floats = &floats[0][0]};
  api_fixture_write(zoo.store, "small", &small);
  api_fixture_look(&zoo);
}

static void close_models(void) {
  api_fixture_close(&zoo);
}

/* The bytes of the stream, read once, in pieces of `room` at most; the caller's. */
static unsigned char *read_stream(size_t room, size_t *length) {
  struct stream *stream = zoo.reply.stream;
  ck_assert_ptr_nonnull(stream);
  *length = (size_t)stream->source.length;
  unsigned char *bytes = malloc(*length + 1);
  ck_assert_ptr_nonnull(bytes);
  for (size_t at = 0, got; at < *length; at += got) {
    size_t asked = *length - at < room ? *length - at : room;
    ck_assert(stream_read(stream, at, bytes + at, asked, &got));
    ck_assert_uint_le(got, asked);
  }
  return bytes;
}

/* Fails unless the stream is a .npy file of these rows. */
static void expect_rows(const float *const *rows, size_t count, size_t dim) {
  static const size_t rooms[] = {1, 7, 64, 1 << 16};
  char shape[96];
  snprintf(shape, sizeof shape, "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu,%zu), }", count, dim);
  ck_assert_str_eq(zoo.reply.content_type, "application/x-npy");
  for (size_t r = 0; r < sizeof rooms / sizeof rooms[0]; r++) {
    size_t length, head = 128;
    unsigned char *bytes = read_stream(rooms[r], &length);
    ck_assert_uint_eq(length, head + count * dim * sizeof(float));
    ck_assert_mem_eq(bytes + 10, shape, strlen(shape));
    for (size_t i = 0; i < count; i++)
      ck_assert_msg(memcmp(bytes + head + i * dim * sizeof(float), rows[i], dim * sizeof(float)) == 0, "row %zu", i);
    free(bytes);
  }
}

static void ask(const char *body) {
  api_fixture_body(&zoo, body, strlen(body));
  ck_assert_msg(api_fixture_call(&zoo, api_matrix), "%s: %s", body, zoo.refusal.detail);
}

static const float *row_of(size_t row) {
  return fixture_row(&zoo.zoo, row);
}

START_TEST(the_whole_matrix) {
  const float *rows[2 + ZOO_ROWS] = {zeros, zeros};
  for (size_t i = 0; i < ZOO_ROWS; i++) rows[2 + i] = row_of(i);
  api_fixture_query(&zoo, "model=zoo");
  ck_assert_msg(api_fixture_call(&zoo, api_matrix), "%s", zoo.refusal.detail);
  expect_rows(rows + 2, ZOO_ROWS, ZOO_DIM);
  ask("{\"model\":\"zoo\"}");
  expect_rows(rows + 2, ZOO_ROWS, ZOO_DIM);
  api_fixture_query(&zoo, "model=zoo&layout=keras");
  ck_assert_msg(api_fixture_call(&zoo, api_matrix), "%s", zoo.refusal.detail);
  expect_rows(rows, 2 + ZOO_ROWS, ZOO_DIM);
  const float *small[] = {zeros, floats[1], floats[0], floats[1], floats[2]};
  api_fixture_query(&zoo, "model=small&layout=keras&oov=unk");
  ck_assert_msg(api_fixture_call(&zoo, api_matrix), "%s", zoo.refusal.detail);
  expect_rows(small, 5, DIM);
}
END_TEST

START_TEST(some_words) {
  const float *rows[] = {row_of(ZOO_CAT),   zeros,           row_of(ZOO_BYTES),
                         row_of(ZOO_EMPTY), row_of(ZOO_CAT), row_of(ZOO_CLEF)};
  ask("{\"words\":[\"cat\",\"nosuch\",{\"word_bytes\":\"%ff%FEx\"},\"\",\"cat\",\"\\ud834\\udd1e\"],\"model\":"
      "\"zoo\"}");
  expect_rows(rows, 6, ZOO_DIM);
  ask("{\"words\":[],\"model\":\"zoo\"}");
  expect_rows(rows, 0, ZOO_DIM);
}
END_TEST

/* Making a piece holds up other connections. */
START_TEST(pieces_of_ngrams_are_short) {
  enum { WORDS = 2000, LETTERS = 11, MOST = 128 + (4096 / LETTERS + 1) * DIM * sizeof(float) };
  char *body = malloc(WORDS * (LETTERS + 3) + 100), *to = stpcpy(body, "{\"words\":[");
  unsigned char piece[MOST + 1];
  size_t got, whole = 128 + WORDS * DIM * sizeof(float);
  for (int i = 0; i < WORDS; i++) to += sprintf(to, "%s\"%0*d\"", i ? "," : "", LETTERS, i);
  strcpy(to, "],\"model\":\"grams\",\"oov\":\"subword\"}");
  ask(body);
  ck_assert_uint_eq(zoo.reply.stream->source.length, whole);
  for (size_t at = 0; at < whole; at += got) {
    ck_assert(stream_read(zoo.reply.stream, at, piece, sizeof piece, &got));
    ck_assert_uint_ge(got, 1);
    ck_assert_uint_le(got, MOST);
  }
  free(body);
}
END_TEST

START_TEST(unknown_words_by_policy) {
  const float *keras[] = {zeros, floats[1], floats[2], floats[1]};
  ask("{\"words\":[\"cat\",\"nosuch\"],\"model\":\"small\",\"oov\":\"unk\",\"layout\":\"keras\"}");
  expect_rows(keras, 4, DIM);
  keras[1] = zeros;
  ask("{\"words\":[\"cat\",\"<unk>\"],\"model\":\"small\",\"oov\":\"error\",\"layout\":\"keras\"}");
  expect_rows(keras, 4, DIM);
  for (int i = 0; i < 2; i++) {
    const char *body = i ? "{\"words\":[\"cat\",\"a\",\"dog\",\"b\"],\"model\":\"small\",\"oov\":\"error\"}"
                         : "{\"words\":[\"cat\",\"a\",\"dog\",\"b\"],\"model\":\"small\",\"oov\":\"null\"}";
    api_post_refused(&zoo, api_matrix, body, REFUSAL_INVALID, "#/words/1");
    ck_assert(refusal_names(&zoo.refusal, "#/words/3"));
    ck_assert_uint_eq(zoo.refusal.error_count, 2);
  }
  api_post_refused(&zoo, api_matrix, "{\"words\":[\"cat\"],\"model\":\"zoo\",\"oov\":\"unk\"}", REFUSAL_INVALID,
                   "#/oov");
}
END_TEST

/* What one model lacks is unknown in both. */
START_TEST(two_models) {
  float both[3][ZOO_DIM + DIM];
  const float *rows[] = {zeros, zeros, both[0], zeros, both[1]};
  memcpy(both[0], row_of(ZOO_CAT), ZOO_DIM * sizeof(float));
  memcpy(both[0] + ZOO_DIM, floats[2], sizeof floats[2]);
  memcpy(both[1], row_of(ZOO_DOG), ZOO_DIM * sizeof(float));
  memcpy(both[1] + ZOO_DIM, floats[0], sizeof floats[0]);
  ask("{\"words\":[\"cat\",\"king\",\"dog\"],\"model\":\"zoo,small\",\"layout\":\"keras\"}");
  expect_rows(rows, 5, ZOO_DIM + DIM);
  api_get_refused(&zoo, api_matrix, "model=zoo,small", REFUSAL_INVALID, "#/model");
}
END_TEST

/* Words of all kinds, one of them longer than its vector, in every case and under every policy: as /vectors has them.
 */
START_TEST(as_vectors_has_them) {
  static const char *const models[] = {"zoo", "small", "grams", "more,grams", "zoo,small", "grams,zoo"};
  static const char *const oov[] = {"error", "null", "zero", "unk", "mean", "subword"};
  static const char *const cases[] = {"exact", "fallback", "fold"};
  static const size_t rooms[] = {1, 11, 1000};
  char long_word[301], body[1024];
  int answered = 0;
  memset(long_word, 'q', sizeof long_word - 1);
  long_word[sizeof long_word - 1] = '\0';
  for (size_t i = 0; i < 6 * 6 * 3; i++) {
    snprintf(body, sizeof body,
             "{\"words\":[\"king\",\"cats\",\"cat\",\"\",\"%s\",\"x\",\"CAT\",\"caf\\u00e9\",\"dog\"],\"model\":\"%s\","
             "\"oov\":\"%s\",\"case\":\"%s\",\"format\":\"octet-stream\"}",
             long_word, models[i / 18], oov[i / 3 % 6], cases[i % 3]);
    api_fixture_body(&zoo, body, strlen(body));
    bool taken = api_fixture_call(&zoo, api_vectors);
    struct bytes *wanted = &zoo.reply.body;
    size_t length = wanted->length;
    unsigned char *expected = malloc(length + 1);
    ck_assert_ptr_nonnull(expected);
    if (taken) memcpy(expected, wanted->data, length);
    ck_assert_msg(api_fixture_call(&zoo, api_matrix) == taken, "%s: %s", body, zoo.refusal.detail);
    for (size_t r = 0; r < 3 && taken; r++) {
      size_t got;
      if (r > 0) ck_assert(api_fixture_call(&zoo, api_matrix)); /* a stream is read once */
      unsigned char *bytes = read_stream(rooms[r], &got);
      ck_assert_uint_eq(got, length);
      ck_assert_msg(memcmp(bytes, expected, length) == 0, "%s", body);
      free(bytes);
    }
    free(expected);
    answered += taken;
  }
  ck_assert_int_ge(answered, 6 * 3 * 2); /* at least with zeros and means */
}
END_TEST

START_TEST(sources_are_counted) {
  ask("{\"words\":[\"cat\",\"Dog\",\"nosuch\"],\"model\":\"small\"}");
  ck_assert_str_eq(zoo.reply.sources, "");
  ask("{\"words\":[\"cat\",\"Dog\",\"nosuch\",\"cat\"],\"model\":\"small\",\"case\":\"fallback\"}");
  ck_assert_str_eq(zoo.reply.sources, "exact=2, case=1, zero=1");
  ask("{\"words\":[\"dog\",\"dogs\"],\"model\":\"grams\",\"oov\":\"subword\"}");
  ck_assert_str_eq(zoo.reply.sources, "exact=1, subword=1");
}
END_TEST

START_TEST(as_octets) {
  size_t length;
  ask("{\"words\":[\"cat\"],\"model\":\"zoo\",\"layout\":\"keras\",\"format\":\"octet-stream\"}");
  ck_assert_str_eq(zoo.reply.shape, "3,5");
  ck_assert_str_eq(zoo.reply.dtype, "float32");
  unsigned char *bytes = read_stream(9, &length);
  ck_assert_uint_eq(length, 3 * ZOO_DIM * sizeof(float));
  ck_assert_mem_eq(bytes + 2 * ZOO_DIM * sizeof(float), row_of(ZOO_CAT), ZOO_DIM * sizeof(float));
  free(bytes);
}
END_TEST

START_TEST(as_json) {
  json_t *answer = api_post(&zoo, api_matrix,
                            "{\"words\":[\"cat\",\"nosuch\"],\"model\":\"zoo\",\"format\":\"json\",\"oov\":\"null\"}");
  expect_json(answer, "/shape", "[2,5]");
  expect_floats(answer, "/vectors/0", row_of(ZOO_CAT), ZOO_DIM);
  expect_null(answer, "/vectors/1");
  expect_integer(answer, "/indices/0", ZOO_CAT);
  expect_bool(answer, "/found/1", 0);
  expect_text(answer, "/sources/1", "null");
  json_decref(answer);
  answer = api_get(&zoo, api_matrix, "model=small&format=json&layout=keras&oov=unk");
  expect_json(answer, "/shape", "[5,3]");
  expect_floats(answer, "/vectors/0", zeros, DIM);
  expect_floats(answer, "/vectors/1", floats[1], DIM);
  expect_floats(answer, "/vectors/4", floats[2], DIM);
  ck_assert_ptr_null(json_object_get(answer, "indices"));
  json_decref(answer);
  zoo.service.limits.answer_floats = 14;
  api_get_refused(&zoo, api_matrix, "model=small&format=json&layout=keras", REFUSAL_INVALID, "#");
  zoo.service.limits.answer_floats = 15;
  json_decref(api_get(&zoo, api_matrix, "model=small&format=json&layout=keras"));
  api_fixture_query(&zoo, "model=zoo"); /* no limit of what is not held */
  ck_assert(api_fixture_call(&zoo, api_matrix));
}
END_TEST

START_TEST(what_is_refused) {
  api_get_refused(&zoo, api_matrix, "model=zoo&word=cat", REFUSAL_UNKNOWN_PARAMETER, NULL);
  api_get_refused(&zoo, api_matrix, "model=zoo&oov=zero", REFUSAL_INVALID, "#");
  api_get_refused(&zoo, api_matrix, "model=zoo&layout=torch", REFUSAL_INVALID, "#/layout");
  api_get_refused(&zoo, api_matrix, "", REFUSAL_MISSING_PARAMETER, NULL);
  api_get_refused(&zoo, api_matrix, "model=none", REFUSAL_NO_MODEL, NULL);
  api_post_refused(&zoo, api_matrix, "{\"model\":\"zoo\",\"words\":\"cat\"}", REFUSAL_INVALID, "#/words");
  api_post_refused(&zoo, api_matrix, "{\"model\":\"zoo\",\"words\":[[\"cat\"]]}", REFUSAL_INVALID, "#/words/0");
  api_post_refused(&zoo, api_matrix, "{\"model\":\"zoo\",\"indices\":[0]}", REFUSAL_UNKNOWN_PARAMETER, NULL);
  zoo.service.limits.matrix_words = 2;
  api_post_refused(&zoo, api_matrix, "{\"model\":\"zoo\",\"words\":[\"a\",\"b\",\"c\"]}", REFUSAL_INVALID, "#/words");
  ask("{\"model\":\"zoo\",\"words\":[\"a\",\"b\"]}");
}
END_TEST

/* A stream counts its block and its numbers, and holds its model when the file has been replaced. */
START_TEST(what_a_stream_keeps) {
  ask("{\"words\":[\"cat\",\"dog\"],\"model\":\"small\"}");
  ck_assert_uint_ge(zoo.reply.stream->taken, STREAM_BLOCK_BYTES + 2 * sizeof(uint32_t));
  ck_assert_uint_lt(zoo.reply.stream->taken, STREAM_BLOCK_BYTES + 4096);
  float other[][DIM] = {{9, 9, 9}};
  struct fixture replaced = {.rows = 1, .dim = DIM, .words = words, .floats = &other[0][0]};
  api_fixture_write(zoo.store, "small", &replaced);
  api_fixture_look(&zoo);
  const float *rows[] = {floats[2], floats[0]};
  expect_rows(rows, 2, DIM);
  zoo.service.answers.limit = atomic_load(&zoo.service.answers.used) + STREAM_BLOCK_BYTES / 2;
  struct stream *held = zoo.reply.stream;
  zoo.reply.stream = NULL;
  api_get_refused(&zoo, api_matrix, "model=zoo", REFUSAL_BUSY, NULL);
  stream_free(held);
  api_fixture_query(&zoo, "model=zoo");
  ck_assert(api_fixture_call(&zoo, api_matrix));
  zoo.service.answers.limit = STREAM_BLOCK_BYTES;
  api_get_refused(&zoo, api_matrix, "model=zoo", REFUSAL_INVALID, NULL);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_matrix", &tcase);
  scratch_open();
  tcase_add_checked_fixture(tcase, open_models, close_models);
  tcase_add_test(tcase, the_whole_matrix);
  tcase_add_test(tcase, some_words);
  tcase_add_test(tcase, pieces_of_ngrams_are_short);
  tcase_add_test(tcase, unknown_words_by_policy);
  tcase_add_test(tcase, two_models);
  tcase_add_test(tcase, as_vectors_has_them);
  tcase_add_test(tcase, sources_are_counted);
  tcase_add_test(tcase, as_octets);
  tcase_add_test(tcase, as_json);
  tcase_add_test(tcase, what_is_refused);
  tcase_add_test(tcase, what_a_stream_keeps);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
