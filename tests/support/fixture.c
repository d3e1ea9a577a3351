/* The matrices of the tests and their own arithmetic. */
#include "tests/support/fixture.h"

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/support/json_expect.h"
#include "tests/support/scratch.h"

#define WORD(text) \
  { text, sizeof(text) - 1 }
#define W10 "wwwwwwwwww"
#define W100 W10 W10 W10 W10 W10 W10 W10 W10 W10 W10

static const struct fixture_word zoo_words[ZOO_ROWS] = {
    [ZOO_THE] = WORD("the"),
    [ZOO_CAT] = WORD("cat"),
    [ZOO_DOG] = WORD("dog"),
    [ZOO_MOUSE] = WORD("mouse"),
    [ZOO_KITTEN] = WORD("kitten"),
    [ZOO_LEFT] = WORD("left"),
    [ZOO_RIGHT] = WORD("right"),
    [ZOO_ZERO] = WORD("zero"),
    [ZOO_ADDRESS] = WORD("at name@domain.com"),
    [ZOO_EMPTY] = WORD(""),
    [ZOO_BYTES] = WORD("\xff\xfex"),
    [ZOO_NAIVE] = WORD("na\xc3\xafve"),
    [ZOO_PLUS] = WORD("a+b"),
    [ZOO_PERCENT] = WORD("100%"),
    [ZOO_END] = WORD("</s>"),
    [ZOO_QUERY] = WORD("q&a=b#c?d/e"),
    [ZOO_NBSP] = WORD("\xc2\xa0"),
    [ZOO_TAB] = WORD("\t"),
    [ZOO_LONG] = WORD(W100 W100 W100 W100 W100 W100),
    [ZOO_CATERPILLAR] = WORD("caterpillar"),
    [ZOO_CAR] = WORD("car"),
    [ZOO_KING] = WORD("king"),
    [ZOO_QUEEN] = WORD("queen"),
    [ZOO_MAN] = WORD("man"),
    [ZOO_WOMAN] = WORD("woman"),
    [ZOO_CONTROL] = WORD("\x01"),
    [ZOO_QUOTE] = WORD("quo\"te\\back"),
    [ZOO_CLEF] = WORD("\xf0\x9d\x84\x9e"),
    [ZOO_NEL] = WORD("\xc2\x85"),
    [ZOO_NUL] = WORD("a\0b"),
};

static const struct fixture_word digit_words[] = {WORD("d0"), WORD("d1"), WORD("d2"), WORD("d3")};

static const float digit_floats[4][4] = {
    {0.1f, 1.0f, 1e-05f, 16777216.0f},
    {-0.0f, 0.0f, 3.4028235e38f, 1.17549435e-38f},
    {1e-45f, 1e16f, 123456.789f, -6.3681e-05f},
    {0.3f, -123.456f, 9.999999e9f, 8388609.0f},
};

static float *allocate(struct fixture *fixture, size_t rows, size_t dim) {
  *fixture = (struct fixture){.rows = rows, .dim = dim, .floats = calloc(rows * dim, sizeof(float))};
  if (!fixture->floats) support_fail("out of memory");
  return fixture->floats;
}

/* Four decimals in -1 … 1 from a linear congruential generator: the same on every machine. */
static void make_up(float *floats, size_t count) {
  uint64_t state = 42;
  for (size_t i = 0; i < count; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    floats[i] = (float)((double)((int)((state >> 33) % 20001) - 10000) / 10000.0);
  }
}

void fixture_zoo(struct fixture *fixture) {
  float *floats = allocate(fixture, ZOO_ROWS, ZOO_DIM);
  fixture->words = zoo_words;
  make_up(floats, ZOO_ROWS * ZOO_DIM);
  memcpy(floats + ZOO_RIGHT * ZOO_DIM, floats + ZOO_LEFT * ZOO_DIM, ZOO_DIM * sizeof(float));
  memset(floats + ZOO_ZERO * ZOO_DIM, 0, ZOO_DIM * sizeof(float));
}

void fixture_digits(struct fixture *fixture) {
  memcpy(allocate(fixture, 4, 4), digit_floats, sizeof digit_floats);
  fixture->words = digit_words;
}

void fixture_bulk(struct fixture *fixture, size_t rows, size_t dim) {
  enum { ROOM = 24 };
  make_up(allocate(fixture, rows, dim), rows * dim);
  struct fixture_word *words = calloc(rows, sizeof *words);
  fixture->texts = calloc(rows, ROOM);
  if (!words || !fixture->texts) support_fail("out of memory");
  for (size_t i = 0; i < rows; i++) {
    char *text = fixture->texts + i * ROOM;
    words[i] = (struct fixture_word){text, (size_t)snprintf(text, ROOM, "w%zu", i)};
  }
  fixture->words = words;
}

void fixture_release(struct fixture *fixture) {
  free(fixture->floats);
  if (fixture->texts) free((void *)fixture->words);
  free(fixture->texts);
}

void fixture_write(const struct fixture *fixture, const char *path) {
  FILE *file = fopen(path, "wb");
  if (!file) support_fail("cannot write %s", path);
  for (size_t row = 0; row < fixture->rows; row++) {
    fwrite(fixture->words[row].bytes, 1, fixture->words[row].length, file);
    for (size_t i = 0; i < fixture->dim; i++) fprintf(file, " %.9g", (double)fixture_row(fixture, row)[i]);
    fputc('\n', file);
  }
  if (fclose(file)) support_fail("cannot write %s", path);
}

const float *fixture_row(const struct fixture *fixture, size_t row) {
  return fixture->floats + row * fixture->dim;
}

void expect_zoo_word(const json_t *object, size_t row) {
  const struct fixture_word *word = &zoo_words[row];
  const json_t *text = json_at(object, "/word");
  ck_assert_msg(json_is_string(text), "no word");
  if (row == ZOO_BYTES) {
    expect_text(object, "/word", "\xef\xbf\xbd\xef\xbf\xbdx");
  } else {
    ck_assert_uint_eq(json_string_length(text), word->length);
    ck_assert_mem_eq(json_string_value(text), word->bytes, word->length);
  }
  const char *bytes = json_string_value(json_at(object, "/word_bytes"));
  const char *wanted = row == ZOO_BYTES ? "%ff%fex" : row == ZOO_NUL ? "a%00b" : NULL;
  ck_assert_msg((bytes != NULL) == (wanted != NULL), "row %zu: word_bytes is %s", row, bytes ? bytes : "missing");
  if (wanted) ck_assert_msg(strcasecmp(bytes, wanted) == 0, "word_bytes is %s, not %s", bytes, wanted);
}

/* Sixteen running sums, folded by halves. */
static double dot(const float *a, const float *b, size_t dim) {
  double lanes[16] = {0};
  for (size_t i = 0; i < dim; i++) lanes[i % 16] += (double)a[i] * (double)b[i];
  for (size_t half = 8; half > 0; half /= 2)
    for (size_t j = 0; j < half; j++) lanes[j] += lanes[j + half];
  return lanes[0];
}

double fixture_similarity(const float *a, const float *b, size_t dim) {
  double norms = sqrt(dot(a, a, dim)) * sqrt(dot(b, b, dim));
  return norms > 0 ? dot(a, b, dim) / norms : 0.0;
}

static int compare_hits(const void *left, const void *right) {
  const struct fixture_hit *a = left, *b = right;
  if (a->similarity != b->similarity) return a->similarity > b->similarity ? -1 : 1;
  return a->row < b->row ? -1 : 1;
}

static int is_among(size_t row, const size_t *rows, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (rows[i] == row) return 1;
  return 0;
}

size_t fixture_nearest(const struct fixture *fixture, const float *query, const size_t *excluded, size_t excluded_count,
                       size_t k, struct fixture_hit *hits) {
  struct fixture_hit *all = calloc(fixture->rows, sizeof *all);
  if (!all) support_fail("out of memory");
  size_t count = 0;
  for (size_t row = 0; row < fixture->rows; row++) {
    if (is_among(row, excluded, excluded_count)) continue;
    all[count++] = (struct fixture_hit){row, fixture_similarity(query, fixture_row(fixture, row), fixture->dim)};
  }
  qsort(all, count, sizeof *all, compare_hits);
  size_t found = count < k ? count : k;
  memcpy(hits, all, found * sizeof *hits);
  free(all);
  return found;
}

void expect_nearest(const json_t *answer, const struct fixture *fixture, const float *query, const size_t *excluded,
                    size_t excluded_count, size_t k) {
  struct fixture_hit *hits = calloc(k, sizeof *hits);
  if (!hits) support_fail("out of memory");
  size_t found = fixture_nearest(fixture, query, excluded, excluded_count, k, hits);
  expect_length(answer, "/neighbors", found);
  for (size_t i = 0; i < found; i++) {
    const json_t *hit = json_array_get(json_at(answer, "/neighbors"), i);
    expect_integer(hit, "/index", (long long)hits[i].row);
    const json_t *similarity = json_at(hit, "/similarity");
    ck_assert_msg(json_is_number(similarity), "hit %zu has no similarity", i);
    ck_assert_msg(json_number_value(similarity) == hits[i].similarity, "hit %zu: %.17g, not %.17g", i,
                  json_number_value(similarity), hits[i].similarity);
  }
  free(hits);
}
