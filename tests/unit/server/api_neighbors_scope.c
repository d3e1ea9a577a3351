/* GET and POST /neighbors and /analogy where not every row may be in the answer, where rows are compared by a product,
 * and where words are found by a policy. */
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
}

static void close_zoo(void) {
  api_fixture_close(&zoo);
}

static const float *row(size_t index) {
  return fixture_row(&zoo.zoo, index);
}

/* Rows first to end - 1 but for cat. */
static void expect_near_cat_within(const json_t *answer, size_t first, size_t end, size_t k) {
  size_t excluded[ZOO_ROWS + 1] = {ZOO_CAT}, count = 1;
  for (size_t i = 0; i < ZOO_ROWS; i++)
    if (i < first || i >= end) excluded[count++] = i;
  expect_nearest(answer, &zoo.zoo, row(ZOO_CAT), excluded, count, k);
}

/* What Python's rows[start:end] would be. */
START_TEST(ranges_are_slices) {
  static const struct {
    const char *query;
    size_t first, end;
  } cases[] = {
      {"restrict_vocab=10", 0, 10},
      {"restrict_vocab=30", 0, 30},
      {"restrict_vocab=1000", 0, 30},
      {"restrict_vocab=0", 0, 30},
      {"restrict_vocab=-4", 0, 26},
      {"clip_start=5", 5, 30},
      {"clip_end=7", 0, 7},
      {"clip_end=0", 0, 30},
      {"clip_start=3&clip_end=9", 3, 9},
      {"clip_start=-6&clip_end=-2", 24, 28},
      {"clip_start=-1000&clip_end=1000", 0, 30},
      {"clip_start=9&clip_end=9", 9, 9},
      {"clip_start=9&clip_end=3", 9, 9},
      {"clip_start=1000", 30, 30},
      {"clip_start=9223372036854775807", 30, 30},
      {"clip_start=12&clip_end=20&restrict_vocab=4", 0, 4},
      {"clip_start=12&clip_end=20&restrict_vocab=0", 12, 20},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char query[128];
    snprintf(query, sizeof query, "word=cat&k=4&%s", cases[i].query);
    json_t *answer = api_get(&zoo, api_neighbors, query);
    expect_bool(answer, "/exact", 1);
    expect_near_cat_within(answer, cases[i].first, cases[i].end, 4);
    json_decref(answer);
  }
}
END_TEST

START_TEST(null_is_pythons_none) {
  json_t *answer = api_post(&zoo, api_neighbors,
                            "{\"word\":\"cat\",\"k\":4,\"restrict_vocab\":null,\"clip_start\":3,\"clip_end\":null}");
  expect_near_cat_within(answer, 3, ZOO_ROWS, 4);
  json_decref(answer);
}
END_TEST

START_TEST(only_candidates_are_ranked) {
  size_t excluded[ZOO_ROWS], count = 0;
  for (size_t i = 0; i < ZOO_ROWS; i++)
    if (i != ZOO_DOG && i != ZOO_KING && i != ZOO_BYTES && i != ZOO_LEFT && i != ZOO_RIGHT) excluded[count++] = i;
  json_t *answer =
      api_post(&zoo, api_neighbors,
               "{\"word\":\"cat\",\"candidates\":[\"king\",\"dog\",21,\"cat\",{\"word_bytes\":\"%FF%FEx\"},"
               "\"right\",\"left\",2]}");
  expect_nearest(answer, &zoo.zoo, row(ZOO_CAT), excluded, count, 10);
  json_decref(answer);
  answer = api_get(&zoo, api_neighbors,
                   "word=cat&candidates=dog&candidates=king&candidates=%FF%FEx&candidates=left&candidates=right");
  expect_nearest(answer, &zoo.zoo, row(ZOO_CAT), excluded, count, 10);
  json_decref(answer);
  answer = api_post(&zoo, api_neighbors, "{\"word\":\"cat\",\"candidates\":\"cat\",\"include_query\":true}");
  expect_json(answer, "/neighbors/0/word", "\"cat\"");
  expect_length(answer, "/neighbors", 1);
  json_decref(answer);
  answer = api_post(&zoo, api_neighbors, "{\"word\":\"cat\",\"candidates\":[]}");
  expect_length(answer, "/neighbors", 0);
  json_decref(answer);
  answer = api_post(&zoo, api_neighbors, "{\"word\":\"cat\",\"candidates\":[\"dog\",\"king\"],\"clip_end\":5}");
  expect_length(answer, "/neighbors", 1);
  expect_text(answer, "/neighbors/0/word", "dog");
  json_decref(answer);
}
END_TEST

START_TEST(unknown_candidates_are_refused_or_left_out) {
  api_get_refused(&zoo, api_neighbors, "word=cat&candidates=dog&candidates=caat", REFUSAL_NO_WORD, NULL);
  json_t *answer = api_get(&zoo, api_neighbors, "word=cat&candidates=dog&candidates=caat&oov=null");
  expect_length(answer, "/neighbors", 1);
  expect_text(answer, "/neighbors/0/word", "dog");
  expect_text(answer, "/source", "exact");
  json_decref(answer);
  answer = api_get(&zoo, api_neighbors, "word=cat&candidates=caat&oov=zero");
  expect_length(answer, "/neighbors", 0);
  json_decref(answer);
}
END_TEST

START_TEST(a_least_similarity_leaves_the_rest_out) {
  struct fixture_hit hits[ZOO_ROWS];
  const size_t cat = ZOO_CAT;
  size_t count = fixture_nearest(&zoo.zoo, row(ZOO_CAT), &cat, 1, ZOO_ROWS, hits);
  for (size_t i = 0; i < count; i++) {
    char query[128];
    size_t wanted = i + 1;
    while (wanted < count && hits[wanted].similarity == hits[i].similarity) wanted++;
    snprintf(query, sizeof query, "word=cat&k=100&min_similarity=%.17g", hits[i].similarity);
    json_t *answer = api_get(&zoo, api_neighbors, query);
    expect_nearest(answer, &zoo.zoo, row(ZOO_CAT), &cat, 1, wanted);
    json_decref(answer);
  }
  json_t *answer = api_get(&zoo, api_neighbors, "word=cat&min_similarity=1e300");
  expect_length(answer, "/neighbors", 0);
  json_decref(answer);
}
END_TEST

/* The score of the paper for words with exponents, in the order of the terms. */
static double score(size_t of, const size_t *rows, const double *weights, size_t count) {
  double positive = 1, negative = 1;
  for (size_t i = 0; i < count; i++) {
    double base = (1 + fixture_similarity(row(rows[i]), row(of), ZOO_DIM)) / 2, exponent = fabs(weights[i]);
    double power = exponent == 1 ? base : exponent == 2 ? base * base : pow(base, exponent);
    if (weights[i] < 0)
      negative *= power;
    else
      positive *= power;
  }
  return positive / (negative + 0.000001);
}

static void expect_product(const json_t *answer, const size_t *rows, const double *weights, size_t count) {
  bool taken[ZOO_ROWS] = {false};
  for (size_t i = 0; i < count; i++) taken[rows[i]] = true;
  expect_text(answer, "/metric", "cosmul");
  expect_bool(answer, "/exact", 1);
  for (size_t place = 0; place < 5; place++) {
    size_t best = ZOO_ROWS;
    for (size_t i = 0; i < ZOO_ROWS; i++)
      if (!taken[i] && (best == ZOO_ROWS || score(i, rows, weights, count) > score(best, rows, weights, count)))
        best = i;
    const json_t *hit = json_array_get(json_at(answer, "/neighbors"), place);
    expect_integer(hit, "/index", (long long)best);
    ck_assert_double_eq(json_number_value(json_at(hit, "/similarity")), score(best, rows, weights, count));
    taken[best] = true;
  }
}

START_TEST(products_are_levys_and_goldbergs) {
  static const size_t rows[] = {ZOO_KING, ZOO_WOMAN, ZOO_MAN};
  static const double plain[] = {1, 1, -1}, weights[] = {2, 0.5, -0.5};
  json_t *answer =
      api_get(&zoo, api_neighbors, "positive=king&positive=woman&negative=man&objective=cosmul&k=5&recall=0.9");
  expect_product(answer, rows, plain, 3);
  json_decref(answer);
  answer =
      api_get(&zoo, api_neighbors, "positive=king&positive=woman&negative=man&objective=cosmul&k=5&weights=2,0.5,-0.5");
  expect_product(answer, rows, weights, 3);
  json_decref(answer);
  answer = api_get(&zoo, api_neighbors, "word=king&objective=cosmul&k=5");
  expect_product(answer, rows, plain, 1);
  json_decref(answer);
  answer = api_get(&zoo, api_analogy, "a=man&b=king&c=woman&objective=cosmul&k=5");
  expect_product(answer, rows, plain, 3);
  expect_text(answer, "/expression", "king - man + woman");
  json_decref(answer);
}
END_TEST

START_TEST(a_least_score_and_a_range_hold_for_products) {
  json_t *answer = api_get(&zoo, api_neighbors, "word=king&objective=cosmul&k=30&clip_start=20&clip_end=25");
  expect_length(answer, "/neighbors", 4);
  double third = json_number_value(json_at(answer, "/neighbors/2/similarity"));
  json_decref(answer);
  char query[160];
  snprintf(query, sizeof query, "word=king&objective=cosmul&k=30&clip_start=20&clip_end=25&min_similarity=%.17g",
           third);
  answer = api_get(&zoo, api_neighbors, query);
  expect_length(answer, "/neighbors", 3);
  json_decref(answer);
}
END_TEST

/* a is to b as c is to what. */
START_TEST(an_analogy_is_its_sum) {
  static const char *const bodies[] = {
      "{\"a\":\"man\",\"b\":\"king\",\"c\":\"woman\",\"k\":4}",
      "{\"a\":23,\"b\":21,\"c\":24,\"k\":4}",
      "{\"a\":{\"word_bytes\":\"m%61n\"},\"b\":\"king\",\"c_bytes\":\"wom%61n\",\"k\":4}",
  };
  json_t *sum = api_get(&zoo, api_neighbors, "positive=king&positive=woman&negative=man&k=4");
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    json_t *answer = api_post(&zoo, api_analogy, bodies[i]);
    expect_text(answer, "/expression", "king - man + woman");
    expect_text(answer, "/metric", "cosine");
    ck_assert(json_equal(json_at(answer, "/neighbors"), json_at(sum, "/neighbors")));
    ck_assert_uint_eq(json_object_size(answer), 5);
    json_decref(answer);
  }
  json_t *answer = api_get(&zoo, api_analogy, "a=man&b_bytes=k%2569ng&c=woman&k=4&oov=null");
  ck_assert(json_equal(json_at(answer, "/neighbors"), json_at(sum, "/neighbors")));
  expect_json(answer, "/sources", "[\"exact\",\"exact\",\"exact\"]");
  json_decref(answer);
  answer = api_get(&zoo, api_analogy, "a=%FF%FEx&b=king&c=woman&k=1");
  expect_text(answer, "/expression_bytes", "king%20-%20%FF%FEx%20%2B%20woman");
  json_decref(answer);
  json_decref(sum);
}
END_TEST

START_TEST(analogies_come_in_batches) {
  json_t *answer =
      api_post(&zoo, api_analogy,
               "{\"k\":2,\"queries\":[{\"a\":\"man\",\"b\":\"king\",\"c\":\"woman\"},"
               "{\"a\":\"man\",\"b\":\"caat\",\"c\":\"woman\"},"
               "{\"a\":\"man\",\"b\":\"caat\",\"c\":\"woman\",\"oov\":\"null\",\"objective\":\"cosmul\"}]}");
  expect_text(answer, "/results/0/expression", "king - man + woman");
  expect_absent(answer, "/results/0/sources");
  expect_text(answer, "/results/1/error/code", "word_not_found");
  expect_text(answer, "/results/2/expression", "caat - man + woman");
  expect_json(answer, "/results/2/sources", "[\"null\",\"exact\",\"exact\"]");
  expect_text(answer, "/results/2/metric", "cosmul");
  json_decref(answer);
}
END_TEST

START_TEST(words_left_out_leave_the_sum_of_the_others) {
  const size_t cat = ZOO_CAT;
  json_t *answer = api_get(&zoo, api_neighbors, "positive=caat&positive=cat&oov=null&k=4");
  expect_nearest(answer, &zoo.zoo, row(ZOO_CAT), &cat, 1, 4);
  expect_json(answer, "/sources", "[\"null\",\"exact\"]");
  json_decref(answer);
  answer = api_get(&zoo, api_neighbors, "positive=caat&positive=cat&oov=zero&k=4&case=exact");
  expect_json(answer, "/sources", "[\"zero\",\"exact\"]");
  expect_length(answer, "/neighbors", 4);
  json_decref(answer);
  answer = api_post(&zoo, api_neighbors, "{\"positive\":[\"cat\",[1,2,3,4,5],2],\"oov\":\"null\"}");
  expect_json(answer, "/sources", "[\"exact\",null,\"exact\"]");
  json_decref(answer);
  api_get_refused(&zoo, api_neighbors, "word=caat&oov=null", REFUSAL_INVALID, "#");
  api_get_refused(&zoo, api_neighbors, "positive=caat&negative=doog&oov=null", REFUSAL_INVALID, "#");
  api_get_refused(&zoo, api_neighbors, "positive=caat&negative=doog&oov=null&objective=cosmul", REFUSAL_INVALID, "#");
  api_get_refused(&zoo, api_neighbors, "word=cat&oov=unk", REFUSAL_INVALID, NULL); /* the zoo has no row for them */
}
END_TEST

START_TEST(words_in_another_case_are_named) {
  const size_t cat = ZOO_CAT;
  json_t *answer = api_get(&zoo, api_neighbors, "word=CAT&case=fallback&k=4");
  expect_nearest(answer, &zoo.zoo, row(ZOO_CAT), &cat, 1, 4);
  expect_text(answer, "/source", "case");
  expect_text(answer, "/matched", "cat");
  json_decref(answer);
  answer = api_get(&zoo, api_neighbors, "word=cat&case=fold&k=4");
  expect_text(answer, "/source", "exact");
  expect_absent(answer, "/matched");
  json_decref(answer);
  answer = api_get(&zoo, api_analogy, "a=Man&b=king&c=woman&case=fold&k=1&candidates=QUEEN");
  expect_text(answer, "/expression", "king - Man + woman");
  expect_json(answer, "/sources", "[\"exact\",\"exact\",\"case\"]");
  expect_json(answer, "/matched", "[null,null,\"man\"]");
  expect_text(answer, "/neighbors/0/word", "queen");
  json_decref(answer);
  answer = api_get(&zoo, api_rank, "word=CAT&other=dog&case=fold");
  expect_text(answer, "/word", "CAT");
  expect_json(answer, "/matched", "[\"cat\",null]");
  json_decref(answer);
}
END_TEST

/* The mean of all rows is of no row: it leaves none out. */
START_TEST(the_mean_stands_in) {
  const size_t cat = ZOO_CAT;
  float sum[ZOO_DIM];
  double mean[ZOO_DIM] = {0}, square = 0, cat_square = 0;
  for (size_t i = 0; i < ZOO_ROWS; i++)
    for (size_t j = 0; j < ZOO_DIM; j++) mean[j] += (double)row(i)[j] / ZOO_ROWS;
  for (size_t j = 0; j < ZOO_DIM; j++) {
    square += (double)(float)mean[j] * (double)(float)mean[j];
    cat_square += (double)row(ZOO_CAT)[j] * (double)row(ZOO_CAT)[j];
  }
  for (size_t j = 0; j < ZOO_DIM; j++)
    sum[j] = (float)(((double)row(ZOO_CAT)[j] / sqrt(cat_square) + (double)(float)mean[j] / sqrt(square)) / 2);
  json_t *answer = api_get(&zoo, api_neighbors, "positive=cat&positive=nosuch&oov=mean&k=1");
  struct fixture_hit best;
  fixture_nearest(&zoo.zoo, sum, &cat, 1, 1, &best);
  expect_integer(answer, "/neighbors/0/index", (long long)best.row);
  ck_assert_double_eq_tol(json_number_value(json_at(answer, "/neighbors/0/similarity")), best.similarity, 1e-6);
  json_decref(answer);
  answer = api_get(&zoo, api_neighbors, "word=nosuch&oov=mean&k=100");
  expect_length(answer, "/neighbors", ZOO_ROWS);
  json_decref(answer);
}
END_TEST

/* Defaults of a batch are for the queries that do not say otherwise; what they share is found once. */
START_TEST(scopes_of_a_batch) {
  json_t *answer =
      api_post(&zoo, api_neighbors,
               "{\"k\":4,\"candidates\":[\"dog\",\"mouse\"],\"oov\":\"null\",\"queries\":[{\"word\":\"cat\"},"
               "{\"word\":\"dog\"},{\"word\":\"cat\",\"candidates\":[\"king\"]},"
               "{\"word\":\"cat\",\"clip_start\":3},{\"word\":\"cat\",\"oov\":\"error\"}]}");
  expect_length(answer, "/results/0/neighbors", 2);
  expect_length(answer, "/results/1/neighbors", 1);
  expect_text(answer, "/results/1/neighbors/0/word", "mouse");
  expect_text(answer, "/results/2/neighbors/0/word", "king");
  expect_text(answer, "/results/3/neighbors/0/word", "mouse");
  expect_length(answer, "/results/3/neighbors", 1);
  expect_length(answer, "/results/4/neighbors", 2);
  json_decref(answer);
}
END_TEST

/* However the policies of a batch take turns, what its queries share takes memory once for each policy. */
START_TEST(candidates_are_kept_once_for_each_policy) {
  enum { CANDIDATES = 20000, QUERIES = 200 };
  char *body = malloc(CANDIDATES * 2 + QUERIES * 40 + 100), *to = stpcpy(body, "{\"candidates\":[1");
  for (int i = 1; i < CANDIDATES; i++) to = stpcpy(to, i % 2 ? ",2" : ",1");
  to = stpcpy(to, "],\"queries\":[");
  for (int i = 0; i < QUERIES; i++)
    to += sprintf(to, "%s{\"word\":\"cat\",\"oov\":\"%s\"}", i ? "," : "", i % 2 ? "zero" : "error");
  strcpy(to, "]}");
  zoo.service.parsing.limit = 10 << 20;
  json_t *answer = api_post(&zoo, api_neighbors, body);
  expect_length(answer, "/results", QUERIES);
  json_decref(answer);
  free(body);
}
END_TEST

START_TEST(what_is_refused) {
  static const struct {
    const char *body;
    enum refusal_kind kind;
    const char *pointer;
  } cases[] = {
      {"{\"word\":\"cat\",\"objective\":\"cosine\"}", REFUSAL_INVALID, "#/objective"},
      {"{\"word\":\"cat\",\"restrict_vocab\":1.5}", REFUSAL_INVALID, "#/restrict_vocab"},
      {"{\"word\":\"cat\",\"clip_start\":\"3\"}", REFUSAL_INVALID, "#/clip_start"},
      {"{\"word\":\"cat\",\"clip_start\":null}", REFUSAL_INVALID, "#/clip_start"},
      {"{\"word\":\"cat\",\"clip_end\":{}}", REFUSAL_INVALID, "#/clip_end"},
      {"{\"word\":\"cat\",\"min_similarity\":\"high\"}", REFUSAL_INVALID, "#/min_similarity"},
      {"{\"word\":\"cat\",\"candidates\":7}", REFUSAL_INVALID, "#/candidates"},
      {"{\"word\":\"cat\",\"candidates\":[\"dog\",30]}", REFUSAL_INVALID, "#/candidates/1"},
      {"{\"word\":\"cat\",\"candidates\":[[1,2,3,4,5]]}", REFUSAL_INVALID, "#/candidates/0"},
      {"{\"word\":\"cat\",\"candidates\":[null]}", REFUSAL_INVALID, "#/candidates/0"},
      {"{\"negative\":[\"cat\"],\"objective\":\"cosmul\"}", REFUSAL_INVALID, "#"},
      {"{\"word\":\"cat\",\"oov\":\"maybe\"}", REFUSAL_INVALID, "#/oov"},
      {"{\"word\":\"cat\",\"a\":\"dog\"}", REFUSAL_UNKNOWN_PARAMETER, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    api_post_refused(&zoo, api_neighbors, cases[i].body, cases[i].kind, cases[i].pointer);
  api_post_refused(&zoo, api_analogy, "{\"a\":\"cat\",\"b\":\"dog\"}", REFUSAL_MISSING_PARAMETER, NULL);
  api_post_refused(&zoo, api_analogy, "{\"a\":[1,2,3,4,5],\"b\":\"dog\",\"c\":\"cat\"}", REFUSAL_INVALID, "#/a");
  api_post_refused(&zoo, api_analogy, "{\"a\":\"cat\",\"b\":\"dog\",\"c\":\"cat\",\"c_bytes\":\"cat\"}",
                   REFUSAL_INVALID, "#/c");
  api_post_refused(&zoo, api_analogy, "{\"a\":\"cat\",\"b\":\"dog\",\"c\":30}", REFUSAL_INVALID, "#/c");
  api_post_refused(&zoo, api_analogy, "{\"word\":\"cat\",\"a\":\"cat\",\"b\":\"dog\",\"c\":\"cat\"}",
                   REFUSAL_UNKNOWN_PARAMETER, NULL);
  json_t *answer = api_post(&zoo, api_analogy, "{\"queries\":[{\"a\":\"cat\",\"b\":\"dog\",\"c\":31}]}");
  expect_text(answer, "/results/0/error/errors/0/pointer", "#/queries/0/c");
  json_decref(answer);
}
END_TEST

/* Each factor costs as much as a query. */
START_TEST(a_product_has_not_too_many_factors) {
  char body[1024] = "{\"objective\":\"cosmul\",\"positive\":[0";
  size_t used = strlen(body);
  for (int i = 1; i < 32; i++) used += (size_t)snprintf(body + used, sizeof body - used, ",%d", i % 5);
  snprintf(body + used, sizeof body - used, "]}");
  json_decref(api_post(&zoo, api_neighbors, body));
  snprintf(body + used, sizeof body - used, ",4]}");
  api_post_refused(&zoo, api_neighbors, body, REFUSAL_INVALID, "#");
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/api_neighbors_scope", &tcase);
  tcase_add_checked_fixture(tcase, open_zoo, close_zoo);
  tcase_add_test(tcase, ranges_are_slices);
  tcase_add_test(tcase, null_is_pythons_none);
  tcase_add_test(tcase, only_candidates_are_ranked);
  tcase_add_test(tcase, unknown_candidates_are_refused_or_left_out);
  tcase_add_test(tcase, a_least_similarity_leaves_the_rest_out);
  tcase_add_test(tcase, products_are_levys_and_goldbergs);
  tcase_add_test(tcase, a_least_score_and_a_range_hold_for_products);
  tcase_add_test(tcase, an_analogy_is_its_sum);
  tcase_add_test(tcase, analogies_come_in_batches);
  tcase_add_test(tcase, words_left_out_leave_the_sum_of_the_others);
  tcase_add_test(tcase, words_in_another_case_are_named);
  tcase_add_test(tcase, the_mean_stands_in);
  tcase_add_test(tcase, scopes_of_a_batch);
  tcase_add_test(tcase, candidates_are_kept_once_for_each_policy);
  tcase_add_test(tcase, what_is_refused);
  tcase_add_test(tcase, a_product_has_not_too_many_factors);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
